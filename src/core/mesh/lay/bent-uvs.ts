import type { Surface } from '../surface/surface.js'

/** Where a place of a surface's own picture lies in the picture that it wears: writes u, v to `out`. All 0..1, origin top left. */
export type Bend = (u: number, v: number, out: Float64Array) => void

/**
 * UVs into a picture that is bent into a surface's own, instead of UVs into a bent copy: two numbers a vertex, 0..1, origin top left.
 *
 * @param surface in pixels of the map.
 * @param map its size, pixels.
 * @param step UVs are rounded to pixel centres and parts of pixels as large as this: a power of two. They take a third of a byte a triangle less for each bit.
 */
export function bendUvs({ points }: Pick<Surface, 'points'>, { width, height }: { width: number; height: number }, { bend, step }: { bend: Bend; step: number }): Float32Array {
  const uvs = new Float32Array((2 * points.length) / 3)
  const out = new Float64Array(2)
  const rounded = (share: number, pixels: number): number => (Math.round((share * pixels - 0.5) / step) * step + 0.5) / pixels
  for (let i = 0, p = 0; p < points.length; i += 2, p += 3) {
    bend(points[p] / width, points[p + 1] / height, out)
    uvs[i] = rounded(out[0], width)
    uvs[i + 1] = rounded(out[1], height)
  }
  return uvs
}
