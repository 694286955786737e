import { decodeExr } from './exr/decode.js'
import { decodePng } from './png.js'
import type { DecodeOptions, DepthRaster } from './raster.js'
import { sniffFormat } from './sniff.js'
import { decodeTiff } from './tiff.js'

export { DEFAULT_MAX_PIXELS } from './limits.js'
export type { DecodeOptions, DepthRaster } from './raster.js'

/**
 * Reads the samples of a depth map, exactly. The bytes decide what it is, not its name; colour management has no say.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE` (damaged), `INPUT_UNSUPPORTED` (sound, but no depth map as it stands), `INPUT_TOO_LARGE`.
 */
export async function decodeDepth(bytes: Uint8Array, options: DecodeOptions): Promise<DepthRaster> {
  const format = sniffFormat(bytes)
  if (format === 'tiff') return decodeTiff(bytes, options)
  if (format === 'exr') return decodeExr(bytes, options)
  return decodePng(bytes, options)
}
