/** Longer side of the small copies that layout and picture checks look at, pixels. */
export const THUMBNAIL_SIDE = 480

/** A small copy of a map or a picture. */
export interface Thumbnail {
  width: number
  height: number
  /** width × height values; NaN where the whole block is. */
  values: Float32Array
}

/** Size of the small copy of a map. */
export function thumbnailSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Block means; what is NaN does not count. */
export function shrink(values: ArrayLike<number>, width: number, height: number, to: { width: number; height: number }): Thumbnail {
  const sums = new Float32Array(to.width * to.height)
  const counts = new Uint32Array(to.width * to.height)
  const column = new Uint32Array(width)
  for (let x = 0; x < width; x++) column[x] = Math.floor((x * to.width) / width)
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * to.height) / height) * to.width
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x]
      if (value !== value) continue
      const at = row + column[x]
      sums[at] += value
      counts[at]++
    }
  }
  for (let i = 0; i < sums.length; i++) sums[i] = counts[i] === 0 ? NaN : sums[i] / counts[i]
  return { width: to.width, height: to.height, values: sums }
}
