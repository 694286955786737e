/** Writes the bilinear mean at (u, v), in pixels of `from`, to `to`; beside the grid its outermost numbers go on. */
export function blend(from: ArrayLike<number>, { width, height }: { width: number; height: number }, channels: number, u: number, v: number, to: Uint8ClampedArray | Float32Array, at: number): void {
  const x = Math.min(Math.max(u - 0.5, 0), width - 1)
  const y = Math.min(Math.max(v - 0.5, 0), height - 1)
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const x1 = Math.min(x0 + 1, width - 1)
  const y1 = Math.min(y0 + 1, height - 1)
  const fx = x - x0
  const fy = y - y0
  for (let c = 0; c < channels; c++) {
    const upper = from[(y0 * width + x0) * channels + c] * (1 - fx) + from[(y0 * width + x1) * channels + c] * fx
    const lower = from[(y1 * width + x0) * channels + c] * (1 - fx) + from[(y1 * width + x1) * channels + c] * fx
    to[at + c] = upper * (1 - fy) + lower * fy
  }
}
