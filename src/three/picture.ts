import { Texture } from 'three'

/** Pixels in memory, as textures refer to them. */
export type Picture = Texture['source']

/** Version of a picture that is to be uploaded once; 0 is never uploaded. Set instead of `needsUpdate`, which counts up. */
export const UPLOADED = 1

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

/** A texture as GLTFLoader makes them: edges clamped, mip levels, first row on top. */
export function textureOf(source: Picture): Texture {
  const texture = new Texture()
  texture.source = source
  texture.flipY = false
  texture.version = UPLOADED
  return texture
}
