import type { DisparityMap } from '../convention.js'
import { spikeMedian } from '../spike.js'

/** Replaces each pixel that sticks out by more than `spike` (disparity) by the median of its neighbours; every other pixel keeps its value. */
export function removeSpikes(map: DisparityMap, spike: number): Float32Array {
  const { width, height, disparity } = map
  const mended = disparity.slice()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const median = spikeMedian(map, x, y, spike)
      if (median === median) mended[y * width + x] = median
    }
  }
  return mended
}
