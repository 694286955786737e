import type { DisparityMap } from '../../depth/convention.js'
import type { Fit } from '../pixels/fit.js'
import type { PixelLoops } from '../pixels/pixels.js'
import type { Surface } from '../surface/surface.js'

/** Steps of conjugate gradients: the RMS no longer changes in its third digit. */
export const ENOUGH_STEPS = 8

/**
 * Moves all vertices up or down to where the squared distance from the map is smallest, within the range of the map. In WebAssembly; the same in plain TypeScript is test/core/mesh/refine/plain-solve.ts.
 *
 * @param steps of conjugate gradients; {@link ENOUGH_STEPS} are enough, 2 come near, with 0 nothing moves.
 * @param changed of each triangle whether it has changed since the last time, which was of this surface: only those are looked at.
 */
export function solveDisparity(surface: Surface, map: DisparityMap, loops: PixelLoops, steps: number, changed?: Uint8Array): Fit {
  const [low, high] = rangeOf(map.disparity)
  return loops.solve(surface, { steps, low, high, changed })
}

const ranges = new WeakMap<Float32Array, [number, number]>()

/** The smallest and the largest value, of nothing all there may be; looked for once. */
function rangeOf(disparity: Float32Array): [number, number] {
  let range = ranges.get(disparity)
  if (range === undefined) {
    let lowest = Infinity
    let highest = -Infinity
    for (let i = 0; i < disparity.length; i++) {
      const value = disparity[i]
      if (value < lowest) lowest = value
      if (value > highest) highest = value
    }
    range = lowest > highest ? [0, 1] : [lowest, highest]
    ranges.set(disparity, range)
  }
  return range
}
