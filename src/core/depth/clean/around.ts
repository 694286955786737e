/** 1 at the pixels within `radius` of the given ones, in rows and columns: a square around each. */
export function pixelsAround(pixels: readonly number[], { width, height }: { width: number; height: number }, radius: number): Uint8Array {
  const around = new Uint8Array(width * height)
  for (const i of pixels) around[i] = 1
  for (let y = 0; y < height; y++) spread(around, y * width, 1, width, radius)
  for (let x = 0; x < width; x++) spread(around, x, width, height, radius)
  return around
}

/** Along `count` pixels, `step` apart. */
function spread(around: Uint8Array, start: number, step: number, count: number, radius: number): void {
  let last = -Infinity
  for (let k = 0, i = start; k < count; k++, i += step) {
    if (around[i] === 1) {
      // Back to what is reached already. (Only what has been passed is marked: it counts as no source of its own.)
      for (let back = Math.max(0, k - radius, last + 1); back < k; back++) around[start + back * step] = 1
      last = k
    } else if (k - last <= radius) around[i] = 1
  }
}
