import type { GLTF, JSONDocument } from '@gltf-transform/core'
import { MeshoptEncoder } from 'meshoptimizer'

/** `EXT_meshopt_compression`: codec version 0 of vertex data. */
const EXT_MESHOPT = 'EXT_meshopt_compression'
const VERTEX_CODEC = 0
/** meshoptimizer's slowest, smallest setting; glTF-Transform uses 2. */
const VERTEX_LEVEL = 3
const ARRAY_BUFFER = 34_962
const ELEMENT_ARRAY_BUFFER = 34_963
const FLOAT = 5126
const COMPONENT_BYTES: Record<number, number> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, [FLOAT]: 4 }
const TYPE_COMPONENTS: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 }

export interface ContainerOptions {
  /** Compress vertices and indices with `EXT_meshopt_compression`. */
  meshopt: boolean
  /** Float accessors that the exponential filter can hold exactly, by accessor index: exponent << 24 | mantissa per component. */
  exponential: ReadonlyMap<number, Int32Array>
}

type ViewLayout = Pick<GLTF.IBufferView, 'target' | 'byteStride'>

/**
 * Lays a written glTF document out as one GLB: the last step, which glTF-Transform's writer can't do.
 *
 * - An accessor that repeats the first numbers of another one, as the UVs of a relief repeat its positions, points at the other's bytes.
 * - Every vertex attribute has a buffer view of its own (three uploads interleaved views of mixed types twice).
 * - meshopt at its smallest setting, with the exponential filter where floats have few bits.
 */
export function layOutGlb({ json: written, resources }: JSONDocument, options: ContainerOptions): Uint8Array {
  const json = structuredClone(written)
  const source = Object.values(resources)[0] ?? new Uint8Array(0)
  const out = new Chunks()
  const views: GLTF.IBufferView[] = []
  let fallbackBytes = 0

  const addView = (data: Uint8Array, layout: ViewLayout = {}): number => {
    views.push({ buffer: 0, byteOffset: out.add(data), byteLength: data.length, ...layout })
    return views.length - 1
  }
  const addCompressed = (byteLength: number, encoded: Uint8Array, layout: ViewLayout, meshopt: object): number => {
    const compressed = { buffer: 0, byteOffset: out.add(encoded), byteLength: encoded.length, ...meshopt }
    views.push({ buffer: 1, byteOffset: fallbackBytes, byteLength, ...layout, extensions: { [EXT_MESHOPT]: compressed } })
    fallbackBytes += align(byteLength)
    return views.length - 1
  }

  // (1) Geometry, primitive by primitive.
  const accessors = json.accessors ?? []
  const placed = new Set<number>()
  const placeIndices = (index: number) => {
    const accessor = accessors[index]
    const data = tight(index, written, source)
    const size = COMPONENT_BYTES[accessor.componentType]
    const layout = { target: ELEMENT_ARRAY_BUFFER }
    accessor.bufferView = options.meshopt
      ? addCompressed(data.length, MeshoptEncoder.encodeIndexBuffer(data, accessor.count, size), layout, { mode: 'TRIANGLES', count: accessor.count, byteStride: size })
      : addView(data, layout)
    delete accessor.byteOffset
  }
  const placeAttribute = (index: number) => {
    const accessor = accessors[index]
    const size = elementBytes(accessor)
    const stride = align(size)
    const data = strided(tight(index, written, source), accessor.count, size, stride)
    const layout = { target: ARRAY_BUFFER, byteStride: stride }
    const exponential = options.exponential.get(index)
    const stored = exponential ? new Uint8Array(exponential.buffer, exponential.byteOffset, exponential.byteLength) : data
    const meshopt = { mode: 'ATTRIBUTES', ...(exponential ? { filter: 'EXPONENTIAL' } : {}), count: accessor.count, byteStride: stride }
    accessor.bufferView = options.meshopt
      ? addCompressed(data.length, MeshoptEncoder.encodeVertexBufferLevel(stored, accessor.count, stride, VERTEX_LEVEL, VERTEX_CODEC), layout, meshopt)
      : addView(data, layout)
    delete accessor.byteOffset
  }
  for (const mesh of json.meshes ?? []) {
    for (const primitive of mesh.primitives) {
      const { POSITION: position, TEXCOORD_0: uv, ...others } = primitive.attributes
      for (const [index, place] of [[primitive.indices, placeIndices], [position, placeAttribute]] as const) {
        if (index !== undefined && !placed.has(index)) place(index)
        if (index !== undefined) placed.add(index)
      }
      if (uv !== undefined && !placed.has(uv)) {
        if (repeats(uv, position, written, source)) accessors[uv].bufferView = accessors[position].bufferView as number
        else placeAttribute(uv)
        delete accessors[uv].byteOffset
        placed.add(uv)
      }
      for (const index of Object.values(others)) {
        if (!placed.has(index)) placeAttribute(index)
        placed.add(index)
      }
    }
  }

  // (2) Pictures.
  const oldViews = json.bufferViews ?? []
  for (const image of json.images ?? []) {
    if (image.bufferView === undefined) continue
    const { byteOffset = 0, byteLength } = oldViews[image.bufferView]
    image.bufferView = addView(source.subarray(byteOffset, byteOffset + byteLength))
  }

  // (3) The document.
  json.bufferViews = views
  json.buffers = [{ byteLength: out.length }]
  if (fallbackBytes > 0) {
    json.buffers.push({ byteLength: fallbackBytes, extensions: { [EXT_MESHOPT]: { fallback: true } } })
    json.extensionsUsed = [...(json.extensionsUsed ?? []), EXT_MESHOPT].sort()
    json.extensionsRequired = [...(json.extensionsRequired ?? []), EXT_MESHOPT].sort()
  }
  return glb(json, out.join())
}

/** Bytes of an accessor of the written document, without padding between elements. */
function tight(index: number, { accessors = [], bufferViews = [] }: GLTF.IGLTF, source: Uint8Array): Uint8Array {
  const accessor = accessors[index]
  const view = bufferViews[accessor.bufferView as number]
  const size = elementBytes(accessor)
  return strided(source.subarray((view.byteOffset ?? 0) + (accessor.byteOffset ?? 0)), accessor.count, view.byteStride ?? size, size)
}

function elementBytes({ componentType, type }: GLTF.IAccessor): number {
  return COMPONENT_BYTES[componentType] * TYPE_COMPONENTS[type]
}

/** Elements of `from` bytes as elements of `to` bytes. */
function strided(data: Uint8Array, count: number, from: number, to: number): Uint8Array {
  if (from === to) return data.slice(0, count * to)
  const target = new Uint8Array(count * to)
  for (let i = 0; i < count; i++) target.set(data.subarray(i * from, i * from + Math.min(from, to)), i * to)
  return target
}

/** Whether each element of accessor `index` is the beginning of the same element of accessor `other`. */
function repeats(index: number, other: number, written: GLTF.IGLTF, source: Uint8Array): boolean {
  const [part, whole] = [(written.accessors ?? [])[index], (written.accessors ?? [])[other]]
  if (part.componentType !== whole.componentType || part.count !== whole.count) return false
  const [short, long] = [elementBytes(part), elementBytes(whole)]
  const [a, b] = [tight(index, written, source), tight(other, written, source)]
  for (let i = 0; i < part.count; i++) for (let j = 0; j < short; j++) if (a[i * short + j] !== b[i * long + j]) return false
  return true
}

/** A GLB of one JSON and one binary chunk. */
function glb(json: GLTF.IGLTF, binary: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(json))
  const textBytes = align(text.length)
  const file = new Uint8Array(12 + 8 + textBytes + 8 + binary.length)
  const header = new DataView(file.buffer)
  header.setUint32(0, 0x46_54_6c_67, true) // glTF
  header.setUint32(4, 2, true)
  header.setUint32(8, file.length, true)
  header.setUint32(12, textBytes, true)
  header.setUint32(16, 0x4e_4f_53_4a, true) // JSON
  file.fill(0x20, 20, 20 + textBytes).set(text, 20)
  header.setUint32(20 + textBytes, binary.length, true)
  header.setUint32(24 + textBytes, 0x00_4e_49_42, true) // BIN
  file.set(binary, 28 + textBytes)
  return file
}

/** Pieces of the binary chunk, each at a multiple of four bytes. */
class Chunks {
  length = 0
  private readonly pieces: { at: number; data: Uint8Array }[] = []

  /** Where the piece begins. */
  add(data: Uint8Array): number {
    const at = this.length
    this.pieces.push({ at, data })
    this.length += align(data.length)
    return at
  }

  join(): Uint8Array {
    const all = new Uint8Array(this.length)
    for (const { at, data } of this.pieces) all.set(data, at)
    return all
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 4) * 4
}
