import type { Relief } from './relief.js'

/** The mean depth of the square of 2 · `reach` + 1 pixels around each pixel of a surface, as far as it reaches; −Infinity where nothing is. */
export function meanDepth({ width, height, z }: Pick<Relief, 'width' | 'height' | 'z'>, reach: number): Float32Array {
  // Sums over all that lies above and to the left of a corner.
  const sums = new Float64Array((width + 1) * (height + 1))
  const counts = new Int32Array((width + 1) * (height + 1))
  for (let row = 0; row < height; row++) {
    let sum = 0
    let count = 0
    for (let column = 0; column < width; column++) {
      const value = z[row * width + column]
      if (value !== -Infinity) {
        sum += value
        count++
      }
      const at = (row + 1) * (width + 1) + column + 1
      sums[at] = sums[at - width - 1] + sum
      counts[at] = counts[at - width - 1] + count
    }
  }
  const means = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    const up = Math.max(0, row - reach) * (width + 1)
    const down = Math.min(height, row + reach + 1) * (width + 1)
    for (let column = 0; column < width; column++) {
      const i = row * width + column
      const from = Math.max(0, column - reach)
      const to = Math.min(width, column + reach + 1)
      const sum = sums[down + to] - sums[down + from] - sums[up + to] + sums[up + from]
      means[i] = z[i] === -Infinity ? -Infinity : sum / (counts[down + to] - counts[down + from] - counts[up + to] + counts[up + from])
    }
  }
  return means
}
