import { holdsMetres, type Settings } from '../options.js'

/** At most about this many values are sorted: the percentiles are then those of the map to a tenth of a percent, in 1 ms. */
const SAMPLES = 2 ** 14

/** The 99th less the 1st percentile of disparities; 0 where nothing is known. */
export function disparityRange(disparity: Float32Array): number {
  const stride = Math.max(1, Math.floor(disparity.length / SAMPLES))
  const picked = new Float32Array(Math.ceil(disparity.length / stride))
  let count = 0
  for (let i = 0; i < disparity.length; i += stride) if (disparity[i] === disparity[i]) picked[count++] = disparity[i]
  if (count === 0) return 0
  const sorted = picked.subarray(0, count).sort()
  return sorted[Math.floor(0.99 * (count - 1))] - sorted[Math.floor(0.01 * (count - 1))]
}

/** The lowest and the highest of the values that are known; Infinity and −Infinity where none is. */
export function extentOf(values: Float32Array): { lowest: number; highest: number } {
  let lowest = Infinity
  let highest = -Infinity
  for (let i = 0; i < values.length; i++) {
    if (values[i] < lowest) lowest = values[i]
    if (values[i] > highest) highest = values[i]
  }
  return { lowest, highest }
}

/**
 * The disparity that grain is measured against. Levels have a scale of their own. Metres have not: their 0..1 hangs on the nearest pixel,
 * and a single one that flies before the lens would make all others look smooth.
 */
export function grainScale(disparity: Float32Array, settings: Settings): number {
  return holdsMetres(settings) ? Math.max(disparityRange(disparity), Number.MIN_VALUE) : 1
}
