import type { Texture } from 'three'
import type { GLTFLoaderPlugin, GLTFParser } from 'three/examples/jsm/loaders/GLTFLoader.js'
import { resolved } from './address.js'
import type { EarlyPictures } from './early-pictures.js'
import { imageOf, type GltfJson, type GltfTexture } from './gltf-json.js'
import { textureOf, UPLOADED, type Picture } from './picture.js'

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
