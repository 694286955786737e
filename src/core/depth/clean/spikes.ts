import type { DisparityMap } from '../convention.js'
import { spikeMedian } from '../spike.js'

/** Replaces each spike by the median of its neighbours; every other pixel keeps its value. */
export function removeSpikes({ width, height, disparity }: DisparityMap): Float32Array {
  const mended = disparity.slice()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const median = spikeMedian(disparity, x, y, width, height)
      if (median === median) mended[y * width + x] = median
    }
  }
  return mended
}
