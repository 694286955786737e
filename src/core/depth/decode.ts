import sharp from 'sharp'
import { DepthMeshError } from '../errors.js'

/** Largest picture that is read unless the caller says otherwise, pixels (8192²). */
export const DEFAULT_MAX_PIXELS = 2 ** 26

/** A depth map as stored: no meaning yet. */
export interface DepthRaster {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** width × height values, row 0 on top. Integers as level / (2^bitDepth − 1), 0..1; floats as stored. */
  samples: Float32Array
  /** Bits a stored sample has; 32 means float. */
  bitDepth: number
  source: 'png' | 'exr' | 'tiff'
}

export interface DecodeOptions {
  /** The channel that holds depth where a file has several. */
  channel: string | null
  /** Refuse pictures larger than this, pixels. */
  maxPixels: number
}

/**
 * Reads the samples of a depth map, exactly.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`, `INPUT_UNSUPPORTED`, `INPUT_TOO_LARGE`.
 */
export async function decodeDepth(bytes: Uint8Array, options: DecodeOptions): Promise<DepthRaster> {
  const image = sharp(bytes, { ignoreIcc: true, limitInputPixels: options.maxPixels })
  const { data, info } = await image
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new DepthMeshError('INPUT_UNREADABLE', 'expected a readable PNG', { hint: 'Save it again as a 16-bit gray PNG.', cause })
    })
  const levels = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
  const samples = new Float32Array(info.width * info.height)
  for (let i = 0; i < samples.length; i++) samples[i] = levels[i * info.channels] / 65535
  return { width: info.width, height: info.height, samples, bitDepth: 16, source: 'png' }
}
