import type { DepthRaster } from './raster.js'

/** Metres from which on a distance is a renderer's way to say "nothing was hit": Blender writes 1e10, Arnold and Houdini 1e30. */
const BACKGROUND = 1e9

/** The largest half float, which is what a larger distance becomes in a file of halves. */
const HALF_BACKGROUND = 65_504

/** The stored value from which on a float is no number but a renderer's background; Infinity where levels are whole. */
export function backgroundOf({ format, bitDepth }: Pick<DepthRaster, 'format' | 'bitDepth'>): number {
  if (format !== 'float') return Infinity
  return bitDepth === 16 ? HALF_BACKGROUND : BACKGROUND
}
