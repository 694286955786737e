/**
 * A value that is linear on a triangle, 0 at its first corner and `b` and `c` at the others, which lie at (bx, by) and (cx, cy) from there: by how much it grows by pixel. `area` is twice the triangle's,
 * bx · cy − by · cx.
 */

/** By pixel across. */
export function slopeAcross(b: number, c: number, by: number, cy: number, area: number): number {
  return (b * cy - c * by) / area
}

/** By pixel down. */
export function slopeDown(b: number, c: number, bx: number, cx: number, area: number): number {
  return (c * bx - b * cx) / area
}
