import type { DisparityMap } from '../convention.js'

export interface GuidedOptions {
  /** Half the window, pixels. */
  radius: number
  /** Variance, disparity², below which a window is smoothed and above which it is kept. */
  epsilon: number
}

/**
 * The map smoothed by a guided filter whose guide is the map itself (He, Sun & Tang, *Guided Image Filtering*, 2010): flat windows become their mean, windows with an edge stay.
 * Linear time whatever the radius. What is NaN stays NaN and weighs nothing.
 */
export function guidedSmooth({ width, height, disparity }: DisparityMap, { radius, epsilon }: GuidedOptions): Float32Array {
  const size = disparity.length
  const known = new Float32Array(size)
  const value = new Float32Array(size)
  const square = new Float32Array(size)
  for (let i = 0; i < size; i++) {
    const here = disparity[i]
    if (here !== here) continue
    known[i] = 1
    value[i] = here
    square[i] = here * here
  }
  const count = boxSum(known, width, height, radius)
  const slope = boxSum(value, width, height, radius)
  const offset = boxSum(square, width, height, radius)
  for (let i = 0; i < size; i++) {
    if (known[i] === 0) {
      slope[i] = 0
      offset[i] = 0
      continue
    }
    const mean = slope[i] / count[i]
    const variance = Math.max(0, offset[i] / count[i] - mean * mean)
    const keep = variance / (variance + epsilon)
    slope[i] = keep
    offset[i] = mean * (1 - keep)
  }
  const slopes = boxSum(slope, width, height, radius)
  const offsets = boxSum(offset, width, height, radius)
  for (let i = 0; i < size; i++) value[i] = known[i] === 0 ? NaN : (slopes[i] * disparity[i] + offsets[i]) / count[i]
  return value
}

/** Sums over (2 · radius + 1)² windows, cut off at the border: running sums down the columns, then along the row. */
function boxSum(values: Float32Array, width: number, height: number, radius: number): Float32Array {
  const sums = new Float32Array(values.length)
  const columns = new Float64Array(width)
  for (let y = 0; y < Math.min(radius, height); y++) for (let x = 0; x < width; x++) columns[x] += values[y * width + x]
  for (let y = 0; y < height; y++) {
    const enters = (y + radius) * width
    const leaves = (y - radius - 1) * width
    if (y + radius < height) for (let x = 0; x < width; x++) columns[x] += values[enters + x]
    if (y - radius - 1 >= 0) for (let x = 0; x < width; x++) columns[x] -= values[leaves + x]
    let sum = 0
    for (let x = 0; x < Math.min(radius, width); x++) sum += columns[x]
    const row = y * width
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += columns[x + radius]
      if (x - radius - 1 >= 0) sum -= columns[x - radius - 1]
      sums[row + x] = sum
    }
  }
  return sums
}
