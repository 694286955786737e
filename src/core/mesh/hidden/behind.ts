import type { DisparityMap } from '../../depth/convention.js'
import { meshDisparity } from '../pixels/drape.js'
import { slopeAcross, slopeDown } from '../pixels/slope.js'
import { coverTriangle, createSpans } from '../pixels/spans.js'
import type { Surface } from '../surface/surface.js'
import { CLEARANCE, type Backdrop } from './backdrop.js'
import { eachEdgePlace, isThin } from './thin.js'

/** Rounds for those triangles of the hidden layer of which a corner can't go back any farther. */
const ROUNDS = 12

/** By how much a triangle may be nearer than that, disparity: what rounding alone leaves. */
const TOO_NEAR = 1e-6

/**
 * Pushes the hidden layer's vertices back until it lies behind the front surface everywhere, also where its coarse triangles run past what they
 * are there for. Without this, spikes of it pierced the front of coarse levels.
 *
 * Each pixel is a bound Σ λᵢ zᵢ ≤ front on its triangle's vertices; what violates one is projected onto it (Kaczmarz). As vertices only ever go back,
 * a bound that is met stays met: one pass does, but where a corner is held at the farthest place allowed.
 *
 * @param points of the hidden layer, on its canvas; changed in place.
 * @param front the level's front surface, as {@link coverWith} gives it.
 */
export function pushBehind({ points, triangles }: Surface, front: Float32Array, map: DisparityMap, { map: hidden, left, top, deepest }: Backdrop): void {
  const { width, height } = map
  const spans = createSpans(hidden.height)
  const { bounds } = spans
  /** Whether all of the triangle's bounds are met afterwards. */
  const push = (t: number): boolean => {
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
    let met = true
    let az = points[a + 2]
    let bz = points[b + 2]
    let cz = points[c + 2]
    // disparity, by px across and down from the first corner
    let zx = slopeAcross(bz - az, cz - az, by, cy, area)
    let zy = slopeDown(bz - az, cz - az, bx, cx, area)
    /** Pushes the corners until the triangle, which is too near by `over` at (dx, dy) from its first corner, is not. */
    const pushBy = (over: number, dx: number, dy: number): void => {
      const lb = (dx * cy - dy * cx) / area
      const lc = (bx * dy - by * dx) / area
      const la = 1 - lb - lc
      const step = over / (la * la + lb * lb + lc * lc)
      az = Math.max(deepest, az - la * step)
      bz = Math.max(deepest, bz - lb * step)
      cz = Math.max(deepest, cz - lc * step)
      zx = slopeAcross(bz - az, cz - az, by, cy, area)
      zy = slopeDown(bz - az, cz - az, bx, cx, area)
      if (az === deepest || bz === deepest || cz === deepest) met = false
    }
    coverTriangle(spans, ax, ay, points[b], points[b + 1], points[c], points[c + 1], hidden.width, hidden.height)
    for (let row = Math.max(0, top - spans.top), y = spans.top + row; row < spans.rows && y < top + height; row++, y++) {
      const dy = y + 0.5 - ay
      const start = Math.max(left, bounds[2 * row])
      const end = Math.min(left + width, bounds[2 * row + 1])
      const toFront = (y - top) * width - left
      for (let x = start; x < end; x++) {
        // (What stays the same from one push to the next, in constants: as variables that a function changes, looking takes three times as long.)
        const [slope, atRow] = [zx, az + dy * zy - (ax - 0.5) * zx + CLEARANCE]
        while (x < end && !(atRow + x * slope - front[toFront + x] > TOO_NEAR)) x++
        if (x < end) pushBy(atRow + x * slope - front[toFront + x], x + 0.5 - ax, dy)
      }
    }
    if (isThin(area, ax, ay, points[b], points[b + 1], points[c], points[c + 1])) {
      eachEdgePlace(ax, ay, points[b], points[b + 1], points[c], points[c + 1], (u, v) => {
        const [x, y] = [Math.floor(u), Math.floor(v)]
        if (x < left || y < top || x >= left + width || y >= top + height) return
        const over = az + (u - ax) * zx + (v - ay) * zy - front[(y - top) * width + x - left] + CLEARANCE
        if (over > TOO_NEAR) pushBy(over, u - ax, v - ay)
      })
    }
    points[a + 2] = az
    points[b + 2] = bz
    points[c + 2] = cz
    return met
  }
  let held: number[] = []
  for (let t = 0; t < triangles.length; t += 3) if (!push(t)) held.push(t)
  for (let round = 1; round < ROUNDS && held.length > 0; round++) held = held.filter((t) => !push(t))
}

/** The farther of the map and a surface over it at each pixel: both are to stay in front of what is hidden. The map alone where the surface is open. */
export function coverWith(surface: Surface, map: DisparityMap): Float32Array {
  const nearest = meshDisparity(surface, map)
  for (let i = 0; i < nearest.length; i++) if (!(nearest[i] < map.disparity[i])) nearest[i] = map.disparity[i]
  return nearest
}
