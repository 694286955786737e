import type { DisparityMap } from '../convention.js'
import type { GrayPicture } from '../picture.js'

/** Half the window, pixels, and the standard deviation of its weights. */
const RADIUS = 4
const NEARBY = 3
/** The same at thin things, which are outnumbered in a window of 9 px: one of 2 px keeps its place. */
const NEARBY_THIN = 1
/** Gray levels within which two pixels look alike, and the weight of one that looks altogether different. */
const ALIKE = 30
const UNLIKE = 0.5
/** Bins between a window's farthest and nearest value. */
const BINS = 32

/**
 * Settles the outlines of a map whose pixels were snapped one by one: each pixel around them is given the weighted median of its surroundings, near pixels that look like it counting for most.
 * A median takes one side or the other and seldom what lies between, so outlines stay crisp; teeth, specks and the second outline where snapped pixels meet those that still hung a little are gone.
 *
 * @param map after snapping
 * @param where.around 1 at the pixels that may settle
 * @param where.thin 1 at the pixels of thin things
 */
export function settleOutlines(
  { width, height, disparity }: DisparityMap,
  { around, thin, picture }: { around: Uint8Array; thin: Uint8Array; picture: GrayPicture | null },
): Float32Array {
  const settled = disparity.slice()
  const offsets: number[] = []
  const distances: number[] = []
  for (let v = -RADIUS; v <= RADIUS; v++) {
    for (let u = -RADIUS; u <= RADIUS; u++) {
      offsets.push(v * width + u)
      distances.push(Math.hypot(u, v))
    }
  }
  const count = offsets.length
  const usual = Float64Array.from(distances, (distance) => Math.exp(-(distance ** 2) / (2 * NEARBY ** 2)))
  const atThin = Float64Array.from(distances, (distance) => Math.exp(-(distance ** 2) / (2 * NEARBY_THIN ** 2)))
  const alike = Float64Array.from({ length: 256 }, (_, difference) => Math.exp((-difference * difference) / (2 * ALIKE * ALIKE)) + UNLIKE)
  const gray = picture?.gray ?? null
  const values = new Float64Array(count)
  const weights = new Float64Array(count)
  const binOf = new Uint8Array(count)
  const bins = new Float64Array(BINS + 1)
  for (let y = RADIUS; y < height - RADIUS; y++) {
    for (let x = RADIUS; x < width - RADIUS; x++) {
      const i = y * width + x
      if (around[i] === 0 || disparity[i] !== disparity[i]) continue
      const nearness = thin[i] === 0 ? usual : atThin
      let low = Infinity
      let high = -Infinity
      let known = 0
      let all = 0
      for (let k = 0; k < count; k++) {
        const j = i + offsets[k]
        const value = disparity[j]
        if (value !== value) continue
        if (value < low) low = value
        if (value > high) high = value
        const weight = gray === null ? nearness[k] : nearness[k] * alike[Math.abs(gray[i] - gray[j])]
        values[known] = value
        weights[known++] = weight
        all += weight
      }
      if (!(high > low)) continue
      // The bin in which the median lies, and the mean of what lies in it.
      const scale = BINS / (high - low)
      bins.fill(0)
      for (let k = 0; k < known; k++) {
        binOf[k] = (values[k] - low) * scale
        bins[binOf[k]] += weights[k]
      }
      let bin = 0
      for (let sum = bins[0]; sum < all / 2 && bin < BINS; ) sum += bins[++bin]
      let sum = 0
      for (let k = 0; k < known; k++) if (binOf[k] === bin) sum += values[k] * weights[k]
      settled[i] = sum / bins[bin]
    }
  }
  return settled
}
