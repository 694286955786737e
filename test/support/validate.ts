import { validateBytes } from 'gltf-validator'
import { MeshoptDecoder } from 'meshoptimizer'

interface BufferView {
  buffer: number
  byteOffset?: number
  byteLength: number
  byteStride?: number
  extensions?: Record<string, MeshoptView>
}

interface MeshoptView {
  byteOffset: number
  byteLength: number
  byteStride: number
  count: number
  mode: string
  filter?: string
}

interface GltfJson {
  buffers?: { byteLength: number; extensions?: unknown }[]
  bufferViews?: BufferView[]
  extensionsUsed?: string[]
  extensionsRequired?: string[]
}

const COMPRESSIONS = ['EXT_meshopt_compression', 'KHR_meshopt_compression']

/**
 * What is wrong with a GLB, one line each, by gltf-validator; empty when it is valid. Looks at the file and, since compressed
 * bytes are opaque to the validator, at its uncompressed twin. Warnings count; information doesn't.
 *
 * @param beside the files that its pictures may be in
 *
 * @example
 * expect(await problemsIn(glb)).toEqual([])
 */
export async function problemsIn(glb: Uint8Array, beside: readonly { name: string; bytes: Uint8Array }[] = []): Promise<string[]> {
  const problems = await validate(glb, '', beside)
  const twin = await uncompressed(glb)
  if (twin !== glb) problems.push(...(await validate(twin, 'uncompressed: ', beside)))
  return problems
}

/** The same GLB with its meshopt-compressed buffer views decoded; the GLB itself where none is compressed. */
export async function uncompressed(glb: Uint8Array): Promise<Uint8Array> {
  await MeshoptDecoder.ready
  const { json, binary } = parseGlb(glb)
  const views = (json as GltfJson).bufferViews ?? []
  if (!views.some(({ extensions }) => extensions)) return glb
  const pieces: Uint8Array[] = []
  let length = 0
  for (const view of views) {
    const meshopt = Object.entries(view.extensions ?? {}).find(([name]) => COMPRESSIONS.includes(name))?.[1]
    let data = binary.subarray(view.byteOffset ?? 0, (view.byteOffset ?? 0) + view.byteLength)
    if (meshopt) {
      data = new Uint8Array(meshopt.count * meshopt.byteStride)
      const source = binary.subarray(meshopt.byteOffset, meshopt.byteOffset + meshopt.byteLength)
      MeshoptDecoder.decodeGltfBuffer(data, meshopt.count, meshopt.byteStride, source, meshopt.mode, meshopt.filter ?? 'NONE')
    }
    view.buffer = 0
    view.byteOffset = length
    view.byteLength = data.length
    delete view.extensions
    const padded = new Uint8Array(Math.ceil(data.length / 4) * 4)
    padded.set(data)
    pieces.push(padded)
    length += padded.length
  }
  const bin = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bin.set(piece, at)
    at += piece.length
  }
  const twin = json as GltfJson
  twin.buffers = [{ byteLength: length }]
  for (const list of ['extensionsUsed', 'extensionsRequired'] as const) {
    const kept = (twin[list] ?? []).filter((name) => !COMPRESSIONS.includes(name))
    if (kept.length > 0) twin[list] = kept
    else delete twin[list]
  }
  return buildGlb(twin, bin)
}

/** The two chunks of a GLB. */
export function parseGlb(glb: Uint8Array): { json: Record<string, unknown>; binary: Uint8Array } {
  const view = new DataView(glb.buffer, glb.byteOffset, glb.byteLength)
  const jsonLength = view.getUint32(12, true)
  const json = JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + jsonLength))) as Record<string, unknown>
  return { json, binary: glb.subarray(28 + jsonLength) }
}

function buildGlb(json: object, binary: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(json))
  const padded = Math.ceil(text.length / 4) * 4
  const glb = new Uint8Array(28 + padded + binary.length).fill(0x20)
  const view = new DataView(glb.buffer)
  for (const [at, value] of [[0, 0x46_54_6c_67], [4, 2], [8, glb.length], [12, padded], [16, 0x4e_4f_53_4a], [20 + padded, binary.length], [24 + padded, 0x00_4e_49_42]]) {
    view.setUint32(at, value, true)
  }
  glb.set(text, 20)
  glb.set(binary, 28 + padded)
  return glb
}

async function validate(glb: Uint8Array, prefix: string, beside: readonly { name: string; bytes: Uint8Array }[]): Promise<string[]> {
  const externalResourceFunction = async (uri: string): Promise<Uint8Array> => {
    const found = beside.find(({ name }) => name === decodeURIComponent(uri))
    if (!found) throw new Error(`no ${uri} beside it`)
    return found.bytes
  }
  const { issues } = await validateBytes(glb, { maxIssues: 100, format: 'glb', externalResourceFunction })
  const images = (parseGlb(glb).json.images ?? []) as { mimeType?: string }[]
  // gltf-validator knows EXT_texture_webp, but not EXT_texture_avif and KHR_texture_basisu, whose pictures it takes for damaged ones.
  const isUnknown = (pointer = '') => ['image/avif', 'image/ktx2'].includes(images[Number(/^\/images\/(\d+)/.exec(pointer)?.[1])]?.mimeType ?? '')
  return issues.messages
    .filter(({ severity, code, pointer }) => severity < 2 && !(isUnknown(pointer) && ['VALUE_NOT_IN_LIST', 'IMAGE_UNRECOGNIZED_FORMAT'].includes(code)))
    .map(({ severity, code, message, pointer }) => `${prefix}${severity === 0 ? 'error' : 'warning'} ${code} ${pointer ?? ''}: ${message}`)
}
