import { inverseDepth, type SourceCamera } from '../camera.js'
import type { PackPlan } from './packing.js'

/**
 * How far rounding moves a perspective vertex against its picture in the source view, pixels, and its disparity by what a camera at `travel` sees of it. (14 bits lost 6.5 dB in the outermost ring.)
 * An eighth of the level's error is finer only where that is below .8 px: LOD 0 of clean renders. Of a room and of spheres of 2048 px it would be .009 px and take 15 % more bytes; against
 * the mesh before rounding a tenth of a pixel shows them at 60 and 56 dB, and costs .07 and .2 dB of 42 and 44 against their pictures (gltfpack -cc: 53 and 50 dB; .3 and .8).
 */
export const FINEST_PIXELS = 0.1
/** The whole range of disparity counts as so many pixels at least: metric maps of small pictures, whose range `travel` shows less of, keep their centimetres. */
const LEAST_PARALLAX = 96

/** Steps of 1/depth, 1/m, that are two tenths of a pixel of parallax, so that what is rounded to them is off by a tenth at most. */
export function finestDisparity(plan: PackPlan, camera: SourceCamera): number {
  return ((2 * FINEST_PIXELS) / Math.max(LEAST_PARALLAX, plan.parallax)) * inverseDepth(camera).range
}
