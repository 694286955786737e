import sharp from 'sharp'
import { DepthMeshError } from '../errors.js'

/** The colour picture in gray, laid over the map pixel by pixel. */
export interface GrayPicture {
  /** The map's size, pixels. */
  width: number
  height: number
  /** width × height gray levels, row 0 on top. */
  gray: Uint8Array
  /** Size of the picture itself, pixels. */
  sourceWidth: number
  sourceHeight: number
}

export interface GrayOptions {
  /** Size of the map that the picture belongs to, pixels. */
  width: number
  height: number
  /** Refuse pictures larger than this, pixels. */
  maxPixels: number
}

/**
 * Reads the colour picture in gray at the map's size: what pre-flight compares the map with, and what decides which side of a silhouette a pixel is on.
 *
 * @throws DepthMeshError `COLOR_UNREADABLE`
 */
export async function readGray(bytes: Uint8Array, options: GrayOptions): Promise<GrayPicture> {
  const { width, height, maxPixels } = options
  try {
    const image = sharp(bytes, { limitInputPixels: maxPixels })
    const { autoOrient } = await image.metadata()
    const gray = await image.autoOrient().removeAlpha().resize(width, height, { fit: 'fill', kernel: 'linear' }).greyscale().raw().toBuffer()
    return { width, height, gray: new Uint8Array(gray.buffer, gray.byteOffset, gray.byteLength), sourceWidth: autoOrient.width, sourceHeight: autoOrient.height }
  } catch (cause) {
    throw new DepthMeshError('COLOR_UNREADABLE', 'expected a readable colour picture', { hint: 'Save it again as PNG, JPEG, WebP, AVIF or TIFF.', cause })
  }
}
