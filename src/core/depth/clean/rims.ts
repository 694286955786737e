import type { DisparityMap } from '../convention.js'

/** Half the window in which a pixel's two sides are told apart, pixels. */
const RADIUS = 2
/** Part of the step from which silhouettes are snapped by which a pixel sags at least. Below that it is no needle but shape: raised too, enlarged maps lose another .01 dB and blurred ones .03. */
const SAG = 0.5
/** Neighbours of the same side that a pixel has at least; else it is a tip. */
const FEWEST = 2

/**
 * Raises single pixels of a silhouette's near side that sag below all of their neighbours on that side, to the lowest of them. From a moved camera they would stand out of the outline as needles.
 * A median leaves them where front and back are as many in its window, and the few pixels that hang between them are its middle.
 *
 * @param map after its outlines have settled; changed in place
 * @param around 1 where it may be changed
 * @param step disparity, from which a rise is a silhouette
 */
export function raiseSaggingRims({ width, height, disparity }: DisparityMap, around: Uint8Array, step: number): void {
  const raised: { pixel: number; value: number }[] = []
  for (let y = RADIUS; y < height - RADIUS; y++) {
    for (let x = RADIUS; x < width - RADIUS; x++) {
      const i = y * width + x
      if (around[i] === 0) continue
      let low = Infinity
      let high = -Infinity
      for (let v = -RADIUS; v <= RADIUS; v++) {
        for (let k = i + v * width - RADIUS, end = k + 2 * RADIUS; k <= end; k++) {
          if (disparity[k] < low) low = disparity[k]
          if (disparity[k] > high) high = disparity[k]
        }
      }
      const middle = (low + high) / 2
      if (!(high - low > step) || !(disparity[i] > middle)) continue
      let lowest = Infinity
      let count = 0
      for (let v = -1; v <= 1; v++) {
        for (let k = i + v * width - 1, end = k + 2; k <= end; k++) {
          if (k === i || !(disparity[k] > middle)) continue
          if (disparity[k] < lowest) lowest = disparity[k]
          count++
        }
      }
      if (count >= FEWEST && disparity[i] < lowest - SAG * step) raised.push({ pixel: i, value: lowest })
    }
  }
  for (const { pixel, value } of raised) disparity[pixel] = value
}
