import type { GLTF, JSONDocument } from '@gltf-transform/core'
import { MeshoptEncoder } from 'meshoptimizer'
import type { Filtered } from './packing.js'
import { joinGlb, ROOM_FOR_NAMES } from './pictures.js'

/** The extensions that meshopt's buffers are stored under, and the newest version of its vertex codec that each of them knows. */
const VERTEX_CODECS = { EXT_meshopt_compression: 0, KHR_meshopt_compression: 1 }
/** meshoptimizer's slowest, smallest setting; glTF-Transform uses 2. */
const VERTEX_LEVEL = 3
const ARRAY_BUFFER = 34_962
const ELEMENT_ARRAY_BUFFER = 34_963
const FLOAT = 5126
const COMPONENT_BYTES: Record<number, number> = { 5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, [FLOAT]: 4 }
const TYPE_COMPONENTS: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 }

export interface ContainerOptions {
  /** Compress vertices and indices with meshopt, under this extension. */
  meshopt: keyof typeof VERTEX_CODECS | null
  /** By accessor index: what the codec stores where that is not the accessor's own numbers. */
  stored: ReadonlyMap<number, Filtered>
  /** Pictures that lie beside the file, by image index: the URI that names each. */
  beside: ReadonlyMap<number, string>
}

type ViewLayout = Pick<GLTF.IBufferView, 'target' | 'byteStride'>
type CompressedPiece = Required<Pick<GLTF.IBufferView, 'buffer' | 'byteOffset' | 'byteLength'>>

/**
 * Lays a written glTF document out as one GLB: the last step, which glTF-Transform's writer can't do.
 *
 * - An accessor that repeats the first numbers of another one, as the UVs of a relief repeat its positions, points at the other's bytes.
 * - Every vertex attribute has a buffer view of its own (three uploads interleaved views of mixed types twice).
 * - meshopt at its smallest setting, through a filter where one makes the numbers of fewer; numbers made of the same bytes share these.
 * - Meshes in the document's order, each behind its pictures, so that a range of bytes is all that a mesh needs, and pictures are decoded while it arrives.
 */
export function layOutGlb({ json, resources }: JSONDocument, options: ContainerOptions): Uint8Array {
  const layout = new GlbLayout(json, Object.values(resources)[0] ?? new Uint8Array(0), options)
  for (const { primitives } of json.meshes ?? []) {
    for (const { material } of primitives) if (material !== undefined) layout.placePictures(material)
    for (const primitive of primitives) layout.placePrimitive(primitive)
  }
  return layout.finish()
}

class GlbLayout {
  /** What will be written: a copy of the document whose accessors and images are placed one by one. */
  private readonly json: GLTF.IGLTF
  private readonly views: GLTF.IBufferView[] = []
  private readonly placed = { accessors: new Set<number>(), images: new Set<number>() }
  private readonly storedPieces = new Map<Filtered['data'], CompressedPiece>()
  private readonly pieces: { at: number; data: Uint8Array }[] = []
  private length = 0
  private fallbackLength = 0

  constructor(
    private readonly written: GLTF.IGLTF,
    private readonly source: Uint8Array,
    private readonly options: ContainerOptions,
  ) {
    this.json = structuredClone(written)
  }

  placePrimitive({ indices, attributes: { POSITION: position, TEXCOORD_0: uv, ...others } }: GLTF.IMeshPrimitive): void {
    if (indices !== undefined) this.placeAccessor(indices, (index) => this.indexView(index))
    this.placeAccessor(position, (index) => this.attributeView(index))
    this.placeAccessor(uv, (index) => (repeats(index, position, this.written, this.source) ? this.viewOf(position) : this.attributeView(index)))
    for (const other of Object.values(others)) this.placeAccessor(other, (index) => this.attributeView(index))
  }

  placePictures(material: number): void {
    const { textures = [], images = [], materials = [] } = this.json
    const { pbrMetallicRoughness, normalTexture } = materials[material]
    for (const info of [pbrMetallicRoughness?.baseColorTexture, normalTexture]) {
      if (!info) continue
      const image = imageOf(textures[info.index])
      if (this.placed.images.has(image)) continue
      this.placed.images.add(image)
      const uri = this.options.beside.get(image)
      if (uri !== undefined) {
        delete images[image].bufferView
        images[image].uri = uri
        continue
      }
      const { byteOffset = 0, byteLength } = (this.written.bufferViews ?? [])[images[image].bufferView as number]
      images[image].bufferView = this.addView(this.source.subarray(byteOffset, byteOffset + byteLength))
    }
  }

  finish(): Uint8Array {
    const { json, options: { beside } } = this
    json.bufferViews = this.views
    json.buffers = [{ byteLength: this.length }]
    if (this.fallbackLength > 0) {
      const extension = this.options.meshopt as string
      json.buffers.push({ byteLength: this.fallbackLength, extensions: { [extension]: { fallback: true } } })
      json.extensionsUsed = [...(json.extensionsUsed ?? []), extension].sort()
      json.extensionsRequired = [...(json.extensionsRequired ?? []), extension].sort()
    }
    const binary = new Uint8Array(this.length)
    for (const { at, data } of this.pieces) binary.set(data, at)
    return joinGlb(json, binary, beside.size === 0 ? 0 : new TextEncoder().encode(JSON.stringify(json)).length + ROOM_FOR_NAMES)
  }

  private placeAccessor(index: number, place: (index: number) => number): void {
    if (this.placed.accessors.has(index)) return
    this.placed.accessors.add(index)
    const accessor = (this.json.accessors ?? [])[index]
    accessor.bufferView = place(index)
    delete accessor.byteOffset
  }

  private viewOf(index: number): number {
    return (this.json.accessors ?? [])[index].bufferView as number
  }

  private indexView(index: number): number {
    const { componentType, count } = (this.json.accessors ?? [])[index]
    const data = asViewed(elementsOf(index, this.written, this.source))
    const layout = { target: ELEMENT_ARRAY_BUFFER }
    if (!this.options.meshopt) return this.addView(data, layout)
    const byteStride = COMPONENT_BYTES[componentType]
    return this.addCompressed(data.length, MeshoptEncoder.encodeIndexBuffer(data, count, byteStride), layout, { mode: 'TRIANGLES', count, byteStride })
  }

  private attributeView(index: number): number {
    const accessor = (this.json.accessors ?? [])[index]
    const { count } = accessor
    const { meshopt } = this.options
    const stored = this.options.stored.get(index)
    if (meshopt && stored) return this.storedView(stored, count, meshopt)
    const byteStride = align(elementBytes(accessor))
    const data = asViewed(elementsOf(index, this.written, this.source), byteStride)
    const layout = { target: ARRAY_BUFFER, byteStride }
    if (!meshopt) return this.addView(data, layout)
    return this.addCompressed(data.length, MeshoptEncoder.encodeVertexBufferLevel(data, count, byteStride, VERTEX_LEVEL, VERTEX_CODECS[meshopt]), layout, { mode: 'ATTRIBUTES', count, byteStride })
  }

  /** A view that a filter makes of what is stored; what is stored once may be seen through several. */
  private storedView({ data, size, filter }: Filtered, count: number, meshopt: keyof typeof VERTEX_CODECS): number {
    const byteStride = size * data.BYTES_PER_ELEMENT
    const layout = { target: ARRAY_BUFFER, byteStride }
    let piece = this.storedPieces.get(data)
    if (!piece) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      piece = this.addEncoded(MeshoptEncoder.encodeVertexBufferLevel(bytes, count, byteStride, VERTEX_LEVEL, VERTEX_CODECS[meshopt]))
      this.storedPieces.set(data, piece)
    }
    return this.addDecoded(count * byteStride, piece, layout, { mode: 'ATTRIBUTES', ...(filter === 'NONE' ? {} : { filter }), count, byteStride })
  }

  private addView(data: Uint8Array, layout: ViewLayout = {}): number {
    return this.views.push({ buffer: 0, byteOffset: this.addPiece(data), byteLength: data.length, ...layout }) - 1
  }

  private addCompressed(byteLength: number, encoded: Uint8Array, layout: ViewLayout, meshopt: object): number {
    return this.addDecoded(byteLength, this.addEncoded(encoded), layout, meshopt)
  }

  private addEncoded(encoded: Uint8Array): CompressedPiece {
    return { buffer: 0, byteOffset: this.addPiece(encoded), byteLength: encoded.length }
  }

  /** A view of what a compressed piece becomes: `byteLength` bytes. */
  private addDecoded(byteLength: number, piece: CompressedPiece, layout: ViewLayout, meshopt: object): number {
    const view = { buffer: 1, byteOffset: this.fallbackLength, byteLength, ...layout, extensions: { [this.options.meshopt as string]: { ...piece, ...meshopt } } }
    this.fallbackLength += align(byteLength)
    return this.views.push(view) - 1
  }

  /** Where the piece begins in the binary chunk: at a multiple of four bytes. */
  private addPiece(data: Uint8Array): number {
    const at = this.length
    this.pieces.push({ at, data })
    this.length += align(data.length)
    return at
  }
}

/** The image of a texture, wherever its format's extension puts it. */
function imageOf({ source, extensions = {} }: GLTF.ITexture): number {
  const [named] = Object.values(extensions) as { source?: number }[]
  return (source ?? named?.source) as number
}

/** Bytes of an accessor of the written document: `size` of each element, `stride` from one to the next. */
interface Elements {
  data: Uint8Array
  count: number
  size: number
  stride: number
}

function elementsOf(index: number, { accessors = [], bufferViews = [] }: GLTF.IGLTF, source: Uint8Array): Elements {
  const accessor = accessors[index]
  const view = bufferViews[accessor.bufferView as number]
  const size = elementBytes(accessor)
  return { data: source.subarray((view.byteOffset ?? 0) + (accessor.byteOffset ?? 0)), count: accessor.count, size, stride: view.byteStride ?? size }
}

function elementBytes({ componentType, type }: GLTF.IAccessor): number {
  return COMPONENT_BYTES[componentType] * TYPE_COMPONENTS[type]
}

/** The elements as a view of their own, `to` bytes from one to the next. */
function asViewed({ data, count, size, stride }: Elements, to = size): Uint8Array {
  if (stride === to) return data.slice(0, count * to)
  const target = new Uint8Array(count * to)
  for (let i = 0; i < count; i++) for (let j = 0; j < size; j++) target[i * to + j] = data[i * stride + j]
  return target
}

/** Whether each element of accessor `index` is the beginning of the same element of accessor `other`. */
function repeats(index: number, other: number, written: GLTF.IGLTF, source: Uint8Array): boolean {
  const [part, whole] = [(written.accessors ?? [])[index], (written.accessors ?? [])[other]]
  if (part.componentType !== whole.componentType || part.count !== whole.count) return false
  const { data: a, count, size, stride: short } = elementsOf(index, written, source)
  const { data: b, stride: long } = elementsOf(other, written, source)
  for (let i = 0; i < count; i++) for (let j = 0; j < size; j++) if (a[i * short + j] !== b[i * long + j]) return false
  return true
}

function align(bytes: number): number {
  return Math.ceil(bytes / 4) * 4
}
