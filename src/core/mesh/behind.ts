import type { DisparityMap } from '../depth/convention.js'
import type { Backdrop } from './backdrop.js'
import type { RefinableSurface } from './refine.js'
import { coverTriangle, createSpans } from './spans.js'

/** Rounds in which the hidden layer is pushed back wherever it comes out in front; most is done in the first three. */
const ROUNDS = 12

/** How far behind the front surface the hidden layer has to stay, disparity: a third of what it is set back by. */
const CLEARANCE = 0.005

/**
 * Pushes the hidden layer's vertices back until it lies behind the front surface everywhere, also where its coarse triangles run past what they
 * are there for. Without this, spikes of it pierced the front of coarse levels.
 *
 * Each pixel is a bound Σ λᵢ zᵢ ≤ front on its triangle's vertices; what violates one is projected onto it (Kaczmarz), round by round.
 *
 * @param points of the hidden layer, on its canvas; changed in place.
 * @param front the level's front surface, as {@link coverWith} gives it.
 */
export function pushBehind({ points, triangles }: RefinableSurface, front: Float32Array, map: DisparityMap, { map: hidden, left, top, deepest }: Backdrop): void {
  const { width, height } = map
  const spans = createSpans(hidden.height)
  for (let round = 0; round < ROUNDS; round++) {
    let pushed = false
    for (let t = 0; t < triangles.length; t += 3) {
      const a = 3 * triangles[t]
      const b = 3 * triangles[t + 1]
      const c = 3 * triangles[t + 2]
      const ax = points[a]
      const ay = points[a + 1]
      const bx = points[b] - ax
      const by = points[b + 1] - ay
      const cx = points[c] - ax
      const cy = points[c + 1] - ay
      const area = bx * cy - by * cx
      coverTriangle(spans, ax, ay, points[b], points[b + 1], points[c], points[c + 1], hidden.width, hidden.height)
      for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
        if (y < top || y >= top + height) continue
        for (let x = Math.max(left, spans.bounds[2 * row]); x < Math.min(left + width, spans.bounds[2 * row + 1]); x++) {
          const limit = front[(y - top) * width + x - left] - CLEARANCE
          const px = x + 0.5 - ax
          const py = y + 0.5 - ay
          const lb = (px * cy - py * cx) / area
          const lc = (bx * py - by * px) / area
          const la = 1 - lb - lc
          const over = la * points[a + 2] + lb * points[b + 2] + lc * points[c + 2] - limit
          if (!(over > 1e-6)) continue
          const step = over / (la * la + lb * lb + lc * lc)
          points[a + 2] = Math.max(deepest, points[a + 2] - la * step)
          points[b + 2] = Math.max(deepest, points[b + 2] - lb * step)
          points[c + 2] = Math.max(deepest, points[c + 2] - lc * step)
          pushed = true
        }
      }
    }
    if (!pushed) return
  }
}

/** The farther of the map and a surface over it at each pixel: both are to stay in front of what is hidden. The map alone where the surface is open. */
export function coverWith(surface: RefinableSurface, map: DisparityMap): Float32Array {
  return meshDisparity(surface, map).map((value, i) => (value < map.disparity[i] ? value : map.disparity[i]))
}

/** A surface's disparity at each pixel centre it covers, the nearest where it lies over itself; NaN elsewhere. */
export function meshDisparity({ points, triangles }: RefinableSurface, { width, height }: Pick<DisparityMap, 'width' | 'height'>): Float32Array {
  const disparity = new Float32Array(width * height).fill(NaN)
  const spans = createSpans(height)
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const ax = points[a]
    const ay = points[a + 1]
    const bx = points[b] - ax
    const by = points[b + 1] - ay
    const cx = points[c] - ax
    const cy = points[c + 1] - ay
    const area = bx * cy - by * cx
    const rise = points[b + 2] - points[a + 2]
    const fall = points[c + 2] - points[a + 2]
    const zx = (rise * cy - fall * by) / area
    const zy = (fall * bx - rise * cx) / area
    coverTriangle(spans, ax, ay, points[b], points[b + 1], points[c], points[c + 1], width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      for (let x = spans.bounds[2 * row]; x < spans.bounds[2 * row + 1]; x++) {
        const value = points[a + 2] + (x + 0.5 - ax) * zx + (y + 0.5 - ay) * zy
        if (!(value <= disparity[y * width + x])) disparity[y * width + x] = value
      }
    }
  }
  return disparity
}
