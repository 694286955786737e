/** Width and height of half the size, rounded up. */
export function halfSize({ width, height }: { width: number; height: number }): { width: number; height: number } {
  return { width: (width + 1) >> 1, height: (height + 1) >> 1 }
}

/** Means of 2×2 pixels, the next coarser level of a pyramid; what is NaN does not count, and where all four are, so is their mean. */
export function halve(values: Float32Array, { width, height }: { width: number; height: number }): Float32Array {
  const half = halfSize({ width, height })
  const means = new Float32Array(half.width * half.height)
  for (let y = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) {
      let [sum, count] = [0, 0]
      for (let v = 2 * y; v < Math.min(height, 2 * y + 2); v++) {
        for (let u = 2 * x; u < Math.min(width, 2 * x + 2); u++) {
          const value = values[v * width + u]
          if (value !== value) continue
          sum += value
          count++
        }
      }
      means[y * half.width + x] = count === 0 ? NaN : sum / count
    }
  }
  return means
}
