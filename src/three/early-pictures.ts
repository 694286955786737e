import { SRGBColorSpace, type Texture, type WebGLRenderer } from 'three'
import { imageOf, type GltfJson } from './gltf-json.js'
import { closePicture, pictureFrom, textureOf, type Picture } from './picture.js'

const MAGIC = 0x46_54_6c_67
const JSON_CHUNK = 0x4e_4f_53_4a
/** Header of the file, and of a chunk, bytes. */
const [FILE_HEADER, CHUNK_HEADER] = [12, 8]
/** glTF's words for how baked levels are sampled, which are three's defaults: linear, over mip levels, to the edge. */
const SAMPLED = { magFilter: 9729, minFilter: 9987, wrapS: 33_071, wrapT: 33_071 }
const REPEAT = 10_497
/** Basis Universal is the loader's to transcode. */
const DECODED = ['image/webp', 'image/avif', 'image/jpeg', 'image/png']

interface Awaited {
  image: number
  mimeType: string
  /** Bytes of the file. */
  start: number
  end: number
  isColor: boolean
}

/**
 * The pictures in a GLB, decoded as soon as their bytes are there, and on the GPU, where renderers are known, while the meshes still arrive behind them.
 *
 * What can't be read is left to the loader, and to its complaint.
 */
export class EarlyPictures {
  /** In order; unknown until the head of the file is there. */
  #awaited: Awaited[] | undefined
  readonly #pictures = new Map<number, Promise<Picture>>()
  readonly #taken = new Set<number>()
  readonly #uploaded: Texture[] = []
  #closed = false

  /** @param renderers who will draw them, as far as is known when they are decoded */
  constructor(private readonly renderers: () => Iterable<WebGLRenderer> = () => []) {}

  /** Looks at what has come: the file up to here. */
  look(file: Uint8Array<ArrayBuffer>): void {
    this.#awaited ??= locate(file)
    for (const next of this.#awaited ?? []) {
      if (file.length < next.end) break
      if (this.#pictures.has(next.image)) continue
      const picture = pictureFrom(new Blob([file.slice(next.start, next.end)], { type: next.mimeType }))
      this.#pictures.set(next.image, picture)
      picture.then((picture) => this.#settle(picture, next.isColor)).catch(() => {})
    }
  }

  has(image: number): boolean {
    return this.#pictures.has(image)
  }

  /** The picture of an image of the file: whoever takes it will close it. */
  take(image: number): Promise<Picture> | undefined {
    this.#taken.add(image)
    return this.#pictures.get(image)
  }

  /** Those that were taken. */
  taken(): Promise<Picture>[] {
    return [...this.#pictures].filter(([image]) => this.#taken.has(image)).map(([, picture]) => picture)
  }

  /** The scene is there: its textures stay on the GPU, what stood for them until now does not count any more. */
  handOver(textures: Iterable<Texture>): void {
    for (const texture of textures) this.#upload(texture)
    this.#end((image) => !this.#taken.has(image))
  }

  /** Nobody wants them. */
  close(): void {
    this.#end(() => true)
  }

  #end(unwanted: (image: number) => boolean): void {
    this.#closed = true
    for (const texture of this.#uploaded.splice(0)) texture.dispose()
    for (const [image, picture] of this.#pictures) if (unwanted(image)) picture.then(closePicture, () => {})
  }

  #settle(picture: Picture, isColor: boolean): void {
    const renderers = [...this.renderers()]
    if (renderers.length === 0 || this.#closed) return
    const texture = textureOf(picture)
    if (isColor) texture.colorSpace = SRGBColorSpace
    this.#uploaded.push(texture)
    this.#upload(texture)
    // (Else it waits for the next frame, 8 ms on average.)
    for (const renderer of renderers) renderer.getContext().flush()
  }

  /** What a renderer does not take now, the frame that needs it will say. */
  #upload(texture: Texture): void {
    for (const renderer of this.renderers()) {
      try {
        renderer.initTexture(texture)
      } catch {}
    }
  }
}

/** Where its pictures lie, as far as that can be told: what is odd about a file is the loader's to say. */
function locate(file: Uint8Array<ArrayBuffer>): Awaited[] | undefined {
  try {
    return picturesIn(file)
  } catch {
    return []
  }
}

/** Where in the file its pictures lie; nothing until that can be told. */
function picturesIn(file: Uint8Array<ArrayBuffer>): Awaited[] | undefined {
  if (file.length < FILE_HEADER + CHUNK_HEADER) return undefined
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const length = view.getUint32(FILE_HEADER, true)
  const start = FILE_HEADER + CHUNK_HEADER
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(FILE_HEADER + 4, true) !== JSON_CHUNK) return []
  if (file.length < start + length) return undefined
  const json = JSON.parse(new TextDecoder().decode(file.subarray(start, start + length))) as GltfJson
  // (Of a file with all levels the loader takes the finest alone.)
  if (json.extensionsUsed?.includes('MSFT_lod') === true) return []
  return awaitedPictures(json, start + length + CHUNK_HEADER)
}

/** @param binary where its binary chunk begins, bytes */
function awaitedPictures({ textures = [], samplers = [], images = [], bufferViews = [], materials = [] }: GltfJson, binary: number): Awaited[] {
  const colors = new Set(materials.map(({ pbrMetallicRoughness }) => imageOf(textures[pbrMetallicRoughness?.baseColorTexture?.index ?? -1])))
  const normals = new Set(materials.map(({ normalTexture }) => imageOf(textures[normalTexture?.index ?? -1])))
  const awaited = images.flatMap(({ bufferView = -1, mimeType = '' }, image): Awaited[] => {
    const view = bufferViews[bufferView]
    const worn = textures.filter((texture) => imageOf(texture) === image)
    const usual = worn.every(({ sampler = -1 }) => JSON.stringify({ ...SAMPLED, wrapS: REPEAT, wrapT: REPEAT, ...samplers[sampler] }) === JSON.stringify(SAMPLED))
    if (!view || view.buffer !== 0 || !usual || colors.has(image) === normals.has(image) || !DECODED.includes(mimeType)) return []
    const start = binary + (view.byteOffset ?? 0)
    return [{ image, mimeType, start, end: start + view.byteLength, isColor: colors.has(image) }]
  })
  return awaited.toSorted((a, b) => a.end - b.end)
}
