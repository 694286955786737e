import { Texture, type Object3D } from 'three'
import type { GLTFLoaderPlugin, GLTFParser } from 'three/examples/jsm/loaders/GLTFLoader.js'
import type { DepthLod } from '../core/glb/manifest.js'
import { resolved } from './address.js'
import type { EarlyPictures } from './early-pictures.js'
import { texturesOf } from './textures.js'

/** Pixels in memory, as textures refer to them. */
export type Picture = Texture['source']

/** A picture that levels of several assets wear: loaded and decoded once, once on the GPU (three counts the textures of one source), freed with its last user. */
interface Shared {
  source: Promise<Picture>
  users: number
  stop: AbortController
}

/** Version of a picture that is to be uploaded once; 0 is never uploaded. Set instead of `needsUpdate`, which counts up. */
const UPLOADED = 1

/** By absolute URL. */
const shared = new Map<string, Shared>()
const sources = new WeakSet<Picture>()

/** Does anyone else use this picture? It is not closed with the texture then. */
export function isShared(source: Picture): boolean {
  return sources.has(source)
}

/**
 * The pictures that a level names, by absolute URL: taken from who has them already, else on their way from now on. Held until `signal` is aborted.
 *
 * Basis Universal is left to the loader, which knows how to transcode it.
 */
export function takePictures({ url, textures = [] }: DepthLod, signal: AbortSignal): Map<string, Promise<Picture>> {
  const names = textures.map((texture) => resolved(texture.url, url)).filter((name) => !name.endsWith('.ktx2'))
  return new Map(names.map((name) => [name, hold(name, fetchPicture, signal)]))
}

/** A level as some other loader has loaded it: three's `GLTFLoader` tells too what it was made from. */
export interface LoadedLevel {
  scene: Object3D
  parser?: Pick<GLTFParser, 'json' | 'associations'> | undefined
}

/** Lets the picture of a level that some other loader has loaded be the one that others wear, or theirs be its own; where the loader can't tell which picture that is, it stays. */
export async function sharePicture({ scene, parser }: LoadedLevel, { url, textures = [] }: DepthLod, signal: AbortSignal): Promise<Object3D> {
  if (parser === undefined || textures.length === 0) return scene
  const worn = new Map<Texture, string>()
  for (const texture of texturesOf(scene)) {
    const name = nameOf(texture, parser)
    if (name !== undefined) worn.set(texture, name)
  }
  for (const [texture, name] of worn) {
    const own = texture.source
    const source = await hold(resolved(name, url), () => Promise.resolve(own), signal).catch(() => own)
    texture.source = source
    if (source !== own) closePicture(own)
  }
  return scene
}

/** What a level calls the picture of a texture; nothing where it holds it. (With all levels in one GLB some may wear pictures of their own.) */
function nameOf(texture: Texture, { json, associations }: Pick<GLTFParser, 'json' | 'associations'>): string | undefined {
  const index = associations.get(texture)?.textures
  const image = index === undefined ? undefined : imageOf((json as GltfJson).textures?.[index])
  const uri = image === undefined ? undefined : (json as GltfJson).images?.[image]?.uri
  return uri?.startsWith('data:') === true ? undefined : uri
}

interface GltfTexture {
  source?: number
  sampler?: number
  name?: string
  extensions?: Record<string, { source?: number }>
}

/** What of a glTF document has to do with its pictures. */
export interface GltfJson {
  textures?: GltfTexture[]
  samplers?: object[]
  images?: { uri?: string; name?: string; bufferView?: number; mimeType?: string }[]
  bufferViews?: { buffer: number; byteOffset?: number; byteLength: number }[]
  materials?: { pbrMetallicRoughness?: { baseColorTexture?: { index: number } }; normalTexture?: { index: number } }[]
  extensionsUsed?: string[]
}

/** Of a texture, whatever its format. */
export function imageOf(texture: GltfTexture | undefined): number | undefined {
  return texture && (texture.source ?? Object.values(texture.extensions ?? {})[0]?.source)
}

/** The pictures of a level that are known before its loader begins. */
export interface KnownPictures {
  /** URL of the level. */
  url: string
  /** By absolute URL. */
  taken: ReadonlyMap<string, Promise<Picture>>
  /** Those in its GLB. */
  early: EarlyPictures
}

/** For `GLTFLoader.register`: gives the textures of a level the pictures that were taken for it, or decoded early. */
export class KnownTextures implements GLTFLoaderPlugin {
  readonly name = 'depthmesh'

  constructor(
    private readonly parser: GLTFParser,
    private readonly pictures: KnownPictures,
  ) {}

  /** Format extensions are asked for a texture before this one: what is taken for it is none of theirs. */
  beforeRoot(): null {
    for (const texture of this.#textures) {
      const image = imageOf(texture)
      if (image === undefined || !this.#knows(image)) continue
      delete texture.extensions
      texture.source = image
    }
    return null
  }

  loadTexture(index: number): Promise<Texture> | null {
    const { source: image } = this.#textures[index]
    if (image === undefined || !this.#knows(image)) return null
    const { taken, early, url } = this.pictures
    const { uri } = this.#images[image]
    if (uri !== undefined) return (taken.get(resolved(uri, url)) as Promise<Picture>).then((picture) => this.#wear(picture, index))
    // (What could not be decoded is the loader's to try, and to complain of.)
    return (early.take(image) as Promise<Picture>).then(
      (picture) => this.#wear(picture, index),
      () => this.parser.loadTextureImage(index, image, this.parser.textureLoader) as Promise<Texture>,
    )
  }

  /** Copies that were made for a texture transform marked the picture as new: it would be uploaded again for all. */
  async afterRoot(): Promise<void> {
    const { taken, early } = this.pictures
    for (const picture of await Promise.allSettled([...taken.values(), ...early.taken()])) if (picture.status === 'fulfilled') picture.value.version = UPLOADED
  }

  get #textures(): GltfTexture[] {
    return this.parser.json.textures ?? []
  }

  get #images(): NonNullable<GltfJson['images']> {
    return this.parser.json.images
  }

  #knows(image: number): boolean {
    const { taken, early, url } = this.pictures
    const { uri } = this.#images[image]
    // (Where the browser's bitmaps are broken, GLTFLoader has pictures loaded as elements.)
    const { isImageBitmapLoader } = this.parser.textureLoader as { isImageBitmapLoader?: boolean }
    return uri === undefined ? isImageBitmapLoader === true && early.has(image) : taken.has(resolved(uri, url))
  }

  #wear(picture: Picture, index: number): Texture {
    const { source: image = -1, name } = this.#textures[index]
    const texture = textureOf(picture)
    texture.name = name ?? this.#images[image]?.name ?? ''
    this.parser.associations.set(texture, { textures: index })
    return texture
  }
}

/** A texture as GLTFLoader makes them: edges clamped, mip levels, first row on top. */
export function textureOf(source: Picture): Texture {
  const texture = new Texture()
  texture.source = source
  texture.flipY = false
  texture.version = UPLOADED
  return texture
}

/** The picture that is known under this URL, else what `load` gives: counted until `signal` is aborted. */
function hold(url: string, load: (url: string, signal: AbortSignal) => Promise<Picture>, signal: AbortSignal): Promise<Picture> {
  let entry = shared.get(url)
  if (entry === undefined) {
    const stop = new AbortController()
    entry = { source: load(url, stop.signal), users: 0, stop }
    shared.set(url, entry)
    entry.source.then((source) => sources.add(source), () => forget(url, held))
  }
  const held = entry
  held.users++
  const release = (): void => {
    if (--held.users > 0) return
    forget(url, held)
    held.stop.abort()
    held.source.then(closePicture, () => {})
  }
  if (signal.aborted) release()
  else signal.addEventListener('abort', release, { once: true })
  return held.source
}

function forget(url: string, entry: Shared): void {
  if (shared.get(url) === entry) shared.delete(url)
}

async function fetchPicture(url: string, signal: AbortSignal): Promise<Picture> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url}: expected a picture, got ${response.status} ${response.statusText}`)
  return pictureFrom(await response.blob())
}

/** Decodes a picture as GLTFLoader does. */
export async function pictureFrom(file: Blob): Promise<Picture> {
  // (The class of sources has changed its name between releases of three.)
  const { source } = new Texture(await createImageBitmap(file, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' }))
  source.version = UPLOADED
  return source
}

export function closePicture(source: Picture): void {
  ;(source.data as Partial<ImageBitmap> | null)?.close?.()
}
