import type { DisparityMap } from './convention.js'

/** A spike differs from the median of its neighbours by more than this share of the scale. */
export const SPIKE_HEIGHT = 0.05

/**
 * The median of a pixel's eight neighbours (of two, the lower: a value of the map) if the pixel is a spike, else NaN. A spike sticks out from the median by more than `spike` (disparity),
 * and out of the range of its neighbours by more than that range. One neighbour may be a spike too and is left aside.
 *
 * The second condition is what tells salt from rough ground and thin things: with the first alone, 1.7 % and .9 % of two clean terrains are spikes,
 * with both .09 % and .01 %, while .5 % of salt still counts as .42 % and more on each of 19 real maps.
 */
export function spikeMedian({ width, height, disparity }: DisparityMap, x: number, y: number, spike: number): number {
  const i = y * width + x
  const here = disparity[i]
  const inside = x > 0 && x < width - 1 && y > 0 && y < height - 1
  // Most pixels are settled by two neighbours: a spike is above, or below, all others but one.
  if (inside) {
    const left = disparity[i - 1] - here
    const right = disparity[i + 1] - here
    const above = disparity[i - width] - here
    const low = +(left < -spike) + +(right < -spike) + +(above < -spike)
    const high = +(left > spike) + +(right > spike) + +(above > spike)
    if (low === 0 && high === 0 && left === left && right === right && above === above) return NaN
  }
  if (here !== here) return NaN

  const around: number[] = []
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
      const value = disparity[v * width + u]
      if (value === value && (u !== x || v !== y)) around.push(value)
    }
  }
  if (around.length < 5) return NaN
  around.sort((a, b) => a - b)
  const median = around[(around.length - 1) >> 1]
  // At the border a thin line has a single neighbour of its own.
  const aside = around.length === 8 ? 1 : 0
  const [low, high] = [around[aside], around[around.length - 1 - aside]]
  const out = Math.max(here - high, low - here)
  return Math.abs(here - median) > spike && out > high - low ? median : NaN
}
