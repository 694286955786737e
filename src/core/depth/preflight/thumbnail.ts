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
export function shrink(values: Float32Array | Uint8Array, width: number, height: number, to: { width: number; height: number }): Thumbnail {
  const sums = new Float32Array(to.width * to.height)
  const counts = new Uint32Array(to.width * to.height)
  const ends = Uint32Array.from({ length: to.width }, (_, block) => Math.ceil(((block + 1) * width) / to.width))
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * to.height) / height) * to.width
    addRow(values, y * width, ends, sums, counts, row)
  }
  for (let i = 0; i < sums.length; i++) sums[i] /= counts[i]
  return { width: to.width, height: to.height, values: sums }
}

/** Adds a row to the blocks it crosses. The columns of a block stand side by side, so that each is summed up in a register: half the time of looking a block up for every pixel. */
function addRow(values: Float32Array | Uint8Array, start: number, ends: Uint32Array, sums: Float32Array, counts: Uint32Array, row: number): void {
  for (let block = 0, i = start; block < ends.length; block++) {
    const end = start + ends[block]
    let sum = 0
    let known = 0
    for (; i < end; i++) {
      const value = values[i]
      if (value !== value) continue
      sum += value
      known++
    }
    sums[row + block] += sum
    counts[row + block] += known
  }
}
