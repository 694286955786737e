import sharp from 'sharp'
import { DepthMeshError } from '../errors.js'
import type { Settings } from '../options.js'

/** A picture ready to be packed. */
export interface EncodedImage {
  bytes: Uint8Array
  mimeType: string
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
}

/** Scales the colour picture to at most `size` pixels on its longer side and encodes it. */
export async function encodeColor(color: Uint8Array, size: number, texture: Settings['texture']): Promise<EncodedImage> {
  const { data, info } = await sharp(color)
    .autoOrient()
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .webp({ quality: texture.quality })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new DepthMeshError('COLOR_UNREADABLE', 'expected a readable picture', { hint: 'Save it again as PNG or JPEG.', cause })
    })
  return { bytes: data, mimeType: 'image/webp', width: info.width, height: info.height }
}
