import type { DepthManifest } from '../core/glb/manifest.js'
import type { BakedFile, BakeResult, PreparedMap } from '../core/pipeline.js'
import { CACHE_FORMAT } from './key.js'
import { sha256 } from './sha256.js'

/*
 * An entry on disk:
 *
 *   magic 8 | header length u32 | SHA-256 of the header 32 | header (JSON) | parts, one after the other
 *
 * The header holds the key, so that two whole entries that changed places are not served for each other, the manifest of a bake
 * or what there is to say of a prepared map, and of each part its name, length and SHA-256. Checksums find damage, not forgery: what is read is data alone, checked in its shape.
 */
const MAGIC = Buffer.from('dpthmsh\n', 'latin1')
const PREFIX = MAGIC.length + 4 + 32

/** A prepared map but for its disparity, which is the entry's one part: little-endian floats, row 0 on top. */
type MapHeader = Omit<PreparedMap['map'], 'disparity'> & Pick<PreparedMap, 'report'>

type Content = { kind: 'bake'; manifest: DepthManifest } | { kind: 'map'; manifest: MapHeader }

type Header = Content & {
  format: number
  key: string
  parts: { name: string; bytes: number; sha256: string }[]
}

/** What an entry's file holds. */
export type Entry = Content & { files: BakedFile[] }

/** The pieces of an entry's file, in order. */
export async function encodeEntry(key: string, { files, ...content }: Entry): Promise<Uint8Array[]> {
  const parts = await Promise.all(files.map(async ({ name, bytes }) => ({ name, bytes: bytes.length, sha256: (await sha256(bytes)).toString('hex') })))
  const header: Header = { ...content, format: CACHE_FORMAT, key, parts }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return [Buffer.concat([MAGIC, length, await sha256(json), json]), ...files.map(({ bytes }) => bytes)]
}

/** What is in an entry's file, or in a few words what is wrong with it. */
export async function decodeEntry(entry: Buffer, key: string): Promise<Entry | string> {
  try {
    return await readEntry(entry, key)
  } catch {
    return 'it has another shape'
  }
}

/** A bake's result as an entry, and back. */
export const bakeEntry = {
  of: ({ manifest, files }: BakeResult): Entry => ({ kind: 'bake', manifest, files }),
  from: (entry: Entry): BakeResult | null => (entry.kind === 'bake' ? { manifest: entry.manifest, files: entry.files } : null),
}

/** A prepared map as an entry, and back. */
export const mapEntry = {
  of({ map: { disparity, ...map }, report }: PreparedMap): Entry {
    return { kind: 'map', manifest: { ...map, report }, files: [{ name: 'disparity', bytes: new Uint8Array(disparity.buffer, disparity.byteOffset, disparity.byteLength) }] }
  },
  from(entry: Entry): PreparedMap | null {
    if (entry.kind !== 'map') return null
    const { report, ...map } = entry.manifest
    // Copied: floats must start at a multiple of 4, and a part starts where the header ends.
    return { map: { ...map, disparity: new Float32Array(new Uint8Array(entry.files[0].bytes).buffer) }, report }
  },
}

async function readEntry(entry: Buffer, key: string): Promise<Entry | string> {
  if (entry.length < PREFIX) return 'it is cut off'
  if (!entry.subarray(0, MAGIC.length).equals(MAGIC)) return 'it is no cache entry'
  const end = PREFIX + entry.readUInt32LE(MAGIC.length)
  if (entry.length < end) return 'it is cut off'
  const json = entry.subarray(PREFIX, end)
  if (!(await sha256(json)).equals(entry.subarray(MAGIC.length + 4, PREFIX))) return 'its header has another checksum'
  const header = JSON.parse(json.toString('utf8')) as Header
  if (header.format !== CACHE_FORMAT) return `it has format ${header.format}, not ${CACHE_FORMAT}`
  if (header.key !== key) return 'it belongs to another key'

  const files: BakedFile[] = []
  let at = end
  for (const part of header.parts) {
    const bytes = entry.subarray(at, at + part.bytes)
    at += part.bytes
    if (bytes.length !== part.bytes) return 'it is cut off'
    if ((await sha256(bytes)).toString('hex') !== part.sha256) return `${part.name} has another checksum`
    files.push({ name: part.name, bytes })
  }
  if (at !== entry.length) return 'it has bytes left over'
  const fault = header.kind === 'map' ? mapFault(header.manifest, files) : manifestFault(header.manifest, new Set(files.map(({ name }) => name)))
  return fault ?? { ...contentOf(header), files }
}

function contentOf(header: Header): Content {
  return header.kind === 'map' ? { kind: 'map', manifest: header.manifest } : { kind: 'bake', manifest: header.manifest }
}

/** Is there a value a pixel? */
function mapFault({ width, height }: MapHeader, files: readonly BakedFile[]): string | undefined {
  return files.length === 1 && files[0].bytes.length === width * height * Float32Array.BYTES_PER_ELEMENT ? undefined : 'its map has another size'
}

/** Does the manifest point at the parts, and at nothing else? */
function manifestFault(manifest: DepthManifest, files: ReadonlySet<string>): string | undefined {
  for (const name of files) if (typeof name !== 'string' || /[/\\]|^\.*$/.test(name)) return 'a part has no plain file name'
  const assets = [manifest, ...(manifest.variants ?? [])]
  for (const asset of assets) {
    if (!Array.isArray(asset?.lods) || asset.lods.length === 0) return 'its manifest has no levels'
    for (const { url } of asset.lods.flatMap(({ url, textures = [] }) => [{ url }, ...textures])) if (!files.has(url)) return 'its manifest names a part that is not there'
  }
  return undefined
}
