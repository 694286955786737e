import { createHash } from 'node:crypto'
import type { DepthManifest } from '../core/glb/manifest.js'
import type { BakeResult } from '../core/pipeline.js'
import { CACHE_FORMAT } from './key.js'

/*
 * An entry on disk:
 *
 *   magic 8 | header length u32 | SHA-256 of the header 32 | header (JSON) | parts, one after the other
 *
 * The header holds the key, so that two whole entries that changed places are not served for each other, the manifest,
 * and of each part its name, length and SHA-256. Checksums find damage, not forgery: what is read is data alone, checked in its shape.
 */
const MAGIC = Buffer.from('dpthmsh\n', 'latin1')
const PREFIX = MAGIC.length + 4 + 32

interface Header {
  format: number
  key: string
  manifest: DepthManifest
  parts: { name: string; bytes: number; sha256: string }[]
}

/** The pieces of an entry's file, in order. */
export function encodeEntry(key: string, { manifest, files }: BakeResult): Uint8Array[] {
  const header: Header = { format: CACHE_FORMAT, key, manifest, parts: files.map(({ name, bytes }) => ({ name, bytes: bytes.length, sha256: sha256(bytes).toString('hex') })) }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return [Buffer.concat([MAGIC, length, sha256(json), json]), ...files.map(({ bytes }) => bytes)]
}

/** The result in an entry's file, or in a few words what is wrong with it. */
export function decodeEntry(entry: Buffer, key: string): BakeResult | string {
  try {
    return readEntry(entry, key)
  } catch {
    return 'it has another shape'
  }
}

function readEntry(entry: Buffer, key: string): BakeResult | string {
  if (entry.length < PREFIX) return 'it is cut off'
  if (!entry.subarray(0, MAGIC.length).equals(MAGIC)) return 'it is no cache entry'
  const end = PREFIX + entry.readUInt32LE(MAGIC.length)
  if (entry.length < end) return 'it is cut off'
  const json = entry.subarray(PREFIX, end)
  if (!sha256(json).equals(entry.subarray(MAGIC.length + 4, PREFIX))) return 'its header has another checksum'
  const header = JSON.parse(json.toString('utf8')) as Header
  if (header.format !== CACHE_FORMAT) return `it has format ${header.format}, not ${CACHE_FORMAT}`
  if (header.key !== key) return 'it belongs to another key'

  const files: BakeResult['files'] = []
  let at = end
  for (const part of header.parts) {
    const bytes = entry.subarray(at, at + part.bytes)
    at += part.bytes
    if (bytes.length !== part.bytes) return 'it is cut off'
    if (sha256(bytes).toString('hex') !== part.sha256) return `${part.name} has another checksum`
    files.push({ name: part.name, bytes })
  }
  if (at !== entry.length) return 'it has bytes left over'
  const fault = shapeFault(header.manifest, new Set(files.map(({ name }) => name)))
  return fault ?? { manifest: header.manifest, files }
}

/** Does the manifest point at the parts, and at nothing else? */
function shapeFault(manifest: DepthManifest, files: ReadonlySet<string>): string | undefined {
  for (const name of files) if (typeof name !== 'string' || /[/\\]|^\.*$/.test(name)) return 'a part has no plain file name'
  const assets = [manifest, ...(manifest.variants ?? [])]
  for (const asset of assets) {
    if (!Array.isArray(asset?.lods) || asset.lods.length === 0) return 'its manifest has no levels'
    for (const lod of asset.lods) if (!files.has(lod.url)) return 'its manifest names a part that is not there'
  }
  return undefined
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
