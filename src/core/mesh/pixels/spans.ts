/**
 * Which pixels a triangle covers: one row of pixel centres after the other.
 *
 * Shared by everything that looks at a surface pixel by pixel. A pixel centre on an edge that two triangles share belongs to exactly
 * one of them: the crossing is computed from the same two points in the same order, and spans are closed on the left, open on the right.
 *
 *          a
 *         / \__          row y: from the first centre right of (or on) the left edge
 *        /·····\__              to the last centre left of the right edge
 *       /··········\
 *      b────────────c
 */
export interface Spans {
  /** The first row. */
  top: number
  /** How many rows. */
  rows: number
  /** First and one-past-last column of each row: `bounds[2i]`, `bounds[2i + 1]`. */
  bounds: Int32Array
}

/** Scratch for triangles up to `height` rows tall. */
export function createSpans(height: number): Spans {
  return { top: 0, rows: 0, bounds: new Int32Array(2 * height + 2) }
}

/**
 * Fills `spans` with the pixels of one triangle.
 */
export function coverTriangle(spans: Spans, ax: number, ay: number, bx: number, by: number, cx: number, cy: number, width: number, height: number): void {
  let swap: number
  if (by < ay || (by === ay && bx < ax)) {
    swap = ax; ax = bx; bx = swap
    swap = ay; ay = by; by = swap
  }
  if (cy < ay || (cy === ay && cx < ax)) {
    swap = ax; ax = cx; cx = swap
    swap = ay; ay = cy; cy = swap
  }
  if (cy < by || (cy === by && cx < bx)) {
    swap = bx; bx = cx; cx = swap
    swap = by; by = cy; cy = swap
  }
  // a above b above c; pixel y has its centre at y + ½
  const top = Math.max(0, Math.ceil(ay - 0.5))
  const bottom = Math.min(height, Math.ceil(cy - 0.5))
  const { bounds } = spans
  spans.top = top
  spans.rows = bottom > top ? bottom - top : 0
  const longSlope = cy > ay ? (cx - ax) / (cy - ay) : 0
  const upperSlope = by > ay ? (bx - ax) / (by - ay) : 0
  const lowerSlope = cy > by ? (cx - bx) / (cy - by) : 0
  const longIsLeft = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0
  for (let y = top, at = 0; y < bottom; y++) {
    const centre = y + 0.5
    const long = ax + (centre - ay) * longSlope
    const short = centre < by || cy === by ? ax + (centre - ay) * upperSlope : bx + (centre - by) * lowerSlope
    const left = longIsLeft ? long : short
    const right = longIsLeft ? short : long
    bounds[at++] = Math.max(0, Math.ceil(left - 0.5))
    bounds[at++] = Math.min(width, Math.ceil(right - 0.5))
  }
}
