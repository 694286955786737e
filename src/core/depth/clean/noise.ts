import type { DisparityMap } from '../convention.js'
import { guidedSmooth } from './guided.js'

/** Half the window, pixels. */
const RADIUS = 2
/**
 * Passes of the filter. Mean over 8 real maps with noise of .8 % and .5 % of salt, the salt removed first: one pass with radius 4 and ε 4e-4 1.30 steps and 10.3°,
 * three with radius 2 and ε at the noise's variance 1.13 steps and 7.8°. A 3×3 median in front costs .5 steps: it wipes out what is fine in terrains.
 */
const PASSES = 3

/**
 * Smooths noise and keeps edges: a self-guided filter, three times over.
 *
 * @param sigma standard deviation of the noise, disparity: what varies less is smoothed, what varies more is shape
 */
export function smoothNoise(map: DisparityMap, sigma: number): Float32Array {
  let { disparity } = map
  for (let pass = 0; pass < PASSES; pass++) disparity = guidedSmooth({ ...map, disparity }, { radius: RADIUS, epsilon: sigma * sigma })
  return disparity
}
