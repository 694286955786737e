import { slopeAcross, slopeDown } from '../pixels/slope.js'
import { coverTriangle, createSpans } from '../pixels/spans.js'
import type { Surface } from '../surface/surface.js'

/** A triangle in the picture, as it is seen there: all that is linear from its first corner on. */
export interface SeenTriangle {
  /** The corner: u px, v px, disparity. */
  ax: number
  ay: number
  az: number
  /** Disparity, by px. */
  zx: number
  zy: number
  /** Where texture coordinates lead at the corner, px. */
  au: number
  av: number
  /** Where they lead from there, times inverse depth: u by px across and down, v so. */
  uxBy: number
  uyBy: number
  vxBy: number
  vyBy: number
}

/** A picture's size, pixels, and inverse depth by disparity: w = wFar + z · wRange. */
export interface SeenFrame {
  width: number
  height: number
  wFar: number
  wRange: number
}

/** Hands over a row of a triangle's pixels: the first and the one past the last, and how far the first one's centre is from the triangle's corner. */
export type VisitRow = (seen: SeenTriangle, at: number, end: number, dx: number, dy: number) => void

/** The distance of rows, evenly spread, that are about as many as this: all of a map that is not taller. */
export function everyEnough(height: number, rows: number): number {
  return Math.max(1, Math.round(height / rows))
}

/**
 * Visits each triangle's rows of pixels, of every `every`-th row of the map.
 *
 * @param worn where the texture coordinates of each vertex lead, u px, v px; without it where the vertex stands.
 */
export function eachSeenRow({ points, triangles }: Surface, { width, height, wFar, wRange }: SeenFrame, every: number, visit: VisitRow, worn?: Float32Array): void {
  const spans = createSpans(height)
  const seen: SeenTriangle = { ax: 0, ay: 0, az: 0, zx: 0, zy: 0, au: 0, av: 0, uxBy: 0, uyBy: 0, vxBy: 0, vyBy: 0 }
  const [places, stride] = worn ? [worn, 2] : [points, 3]
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]]
    const [az, bz, cz] = [points[3 * a + 2], points[3 * b + 2], points[3 * c + 2]]
    const ax = points[3 * a]
    const ay = points[3 * a + 1]
    const bx = points[3 * b] - ax
    const by = points[3 * b + 1] - ay
    const cx = points[3 * c] - ax
    const cy = points[3 * c + 1] - ay
    const area = bx * cy - by * cx
    if (area === 0) continue
    seen.ax = ax
    seen.ay = ay
    seen.az = az
    seen.zx = slopeAcross(bz - az, cz - az, by, cy, area)
    seen.zy = slopeDown(bz - az, cz - az, bx, cx, area)
    // texture coordinates lead to a + (λb·wb·b + λc·wc·c) / w, λ and w affine in the place
    const wb = wFar + bz * wRange
    const wc = wFar + cz * wRange
    seen.au = places[stride * a]
    seen.av = places[stride * a + 1]
    const bu = wb * (places[stride * b] - seen.au)
    const bv = wb * (places[stride * b + 1] - seen.av)
    const cu = wc * (places[stride * c] - seen.au)
    const cv = wc * (places[stride * c + 1] - seen.av)
    seen.uxBy = slopeAcross(bu, cu, by, cy, area)
    seen.uyBy = slopeDown(bu, cu, bx, cx, area)
    seen.vxBy = slopeAcross(bv, cv, by, cy, area)
    seen.vyBy = slopeDown(bv, cv, bx, cx, area)
    coverTriangle(spans, ax, ay, points[3 * b], points[3 * b + 1], points[3 * c], points[3 * c + 1], width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      if (y % every !== 0) continue
      const start = spans.bounds[2 * row]
      visit(seen, y * width + start, y * width + spans.bounds[2 * row + 1], start + 0.5 - ax, y + 0.5 - ay)
    }
  }
}
