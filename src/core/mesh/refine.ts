import type { DisparityMap } from '../depth/convention.js'
import { gatherCorners, type ErrorModel } from './error.js'
import { BATCH, type PixelLoops } from './pixels.js'
import { edgeSlip, meanSquaredSlip } from './texture-slip.js'
import { inTileOrder } from './tiles.js'
import { seenArea } from './topology.js'

/** Passes over all edges. The third still gains a tenth of what the first does, the fourth nothing that can be seen. */
const FLIP_PASSES = 3

/** A flip must lower the squared error of its two triangles by at least this share. */
const WORTH_A_FLIP = 1e-3

/** Edges whose two triangles have less than this share of the mean squared error are left as they are: with 0.05 a tenth more time, RMS .1 % lower. */
const WORTH_A_LOOK = 0.3

/** Steps of conjugate gradients: the RMS no longer changes in its third digit. */
const SOLVER_STEPS = 12

/** How strongly vertices hold to where they were, in pixels: enough for those that no pixel speaks for. */
const HOLD = 1e-3

/** Pixels a triangle that are enough to tell which of two surfaces errs less, and the most rows to go on by. RMS of spheres at 6k against delatin: 100 .25, 50 .30, 25 .35; on terrain all are alike. */
const ENOUGH_PIXELS = 50
const MOST_SKIPPED = 8

/** Texture slip below this, px, is not looked at. */
const NEGLIGIBLE_SLIP = 0.02

/** A surface while it is refined: u px, v px and disparity per vertex; triangles counter-clockwise as seen. */
export interface RefinableSurface {
  points: Float32Array
  triangles: Uint32Array
}

/**
 * Lowers the squared error of a surface without adding a triangle: first edges are turned where that helps, then all disparities are solved
 * for at once (least squares). Measured −16…−23 % RMS against plain greedy insertion.
 *
 * @param loops over the map's values, NaN where no error counts.
 */
export function refineSurface(surface: RefinableSurface, map: DisparityMap, loops: PixelLoops, model: ErrorModel): RefinableSurface {
  const refined = { points: surface.points.slice(), triangles: inTileOrder(surface, map) }
  flipEdges(refined, linkTriangles(refined.triangles, refined.points.length / 3), map, loops, model)
  solveDisparity(refined, map, loops)
  return refined
}

/** For each half-edge 3t + i the one on its other side, −1 at boundaries. */
export function linkTriangles(triangles: Uint32Array, vertexCount: number): Int32Array {
  // half-edges by their first vertex, as in a counting sort
  const start = new Int32Array(vertexCount + 1)
  for (const v of triangles) start[v + 1]++
  for (let v = 0; v < vertexCount; v++) start[v + 1] += start[v]
  const filled = start.slice(0, vertexCount)
  const leaving = new Int32Array(triangles.length)
  for (let e = 0; e < triangles.length; e++) leaving[filled[triangles[e]]++] = e
  const twin = new Int32Array(triangles.length).fill(-1)
  for (let e = 0; e < triangles.length; e++) {
    const a = triangles[e]
    const b = triangles[e % 3 === 2 ? e - 2 : e + 1]
    for (let i = start[b]; i < start[b + 1]; i++) {
      const f = leaving[i]
      if (triangles[f % 3 === 2 ? f - 2 : f + 1] === a) {
        twin[e] = f
        break
      }
    }
  }
  return twin
}

/** Turns every edge whose turning lowers the squared error that counts of its two triangles. */
function flipEdges({ points, triangles }: RefinableSurface, twin: Int32Array, map: DisparityMap, loops: PixelLoops, model: ErrorModel): void {
  const count = triangles.length / 3
  const skip = rowsToSkip(map, count)
  const cost = new Float64Array(count)
  let total = 0
  for (let t = 0; t < count; t++) {
    cost[t] = costOfTriangle(points, triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2], loops, model, Infinity, skip)
    total += cost[t]
  }
  const least = (WORTH_A_LOOK * 2 * total) / Math.max(1, count)
  let active = new Uint8Array(count).fill(1)
  for (let pass = 0; pass < FLIP_PASSES; pass++) {
    const touched = new Uint8Array(count)
    let flips = 0
    for (let e = 0; e < 3 * count; e++) {
      const f = twin[e]
      if (f < e) continue
      const t = (e / 3) | 0
      const u = (f / 3) | 0
      if ((active[t] | active[u] | touched[t] | touched[u]) === 0) continue
      const before = cost[t] + cost[u]
      if (before <= least) continue
      const next = e - 3 * t === 2 ? e - 2 : e + 1
      const last = e - 3 * t === 0 ? e + 2 : e - 1
      const fNext = f - 3 * u === 2 ? f - 2 : f + 1
      const fLast = f - 3 * u === 0 ? f + 2 : f - 1
      const a = triangles[e]
      const b = triangles[next]
      const p = triangles[last]
      const d = triangles[fLast]
      if (p === d || !(seenArea(points, a, d, p) > 0 && seenArea(points, d, b, p) > 0)) continue
      const goal = before * (1 - WORTH_A_FLIP)
      const costT = costOfTriangle(points, a, d, p, loops, model, goal, skip)
      if (costT >= goal) continue
      const costU = costOfTriangle(points, d, b, p, loops, model, goal - costT, skip)
      if (costT + costU >= goal) continue
      const bp = twin[next]
      const pa = twin[last]
      const ad = twin[fNext]
      const db = twin[fLast]
      triangles[3 * t] = a
      triangles[3 * t + 1] = d
      triangles[3 * t + 2] = p
      triangles[3 * u] = d
      triangles[3 * u + 1] = b
      triangles[3 * u + 2] = p
      link(twin, 3 * t, ad)
      link(twin, 3 * t + 1, 3 * u + 2)
      link(twin, 3 * t + 2, pa)
      link(twin, 3 * u, db)
      link(twin, 3 * u + 1, bp)
      cost[t] = costT
      cost[u] = costU
      touched[t] = touched[u] = 1
      flips++
    }
    if (flips === 0) break
    active = touched
  }
}

function link(twin: Int32Array, e: number, f: number): void {
  twin[e] = f
  if (f >= 0) twin[f] = e
}

/** How many rows of pixels to go on by where only which of two surfaces is better is asked: 1 looks at every row. */
export function rowsToSkip({ width, height }: Pick<DisparityMap, 'width' | 'height'>, triangles: number): number {
  const pixels = (width * height) / Math.max(1, triangles)
  return Math.max(1, Math.min(MOST_SKIPPED, 2 ** Math.floor(Math.log2(pixels / ENOUGH_PIXELS))))
}

/** The sum over a triangle's pixels of disparity error and slip, both squared, px², by every `skip`-th row; may stop once it is past `enough`. */
export function costOfTriangle(points: Float32Array, a: number, b: number, c: number, loops: PixelLoops, { pixelsPerDisparity, slip, wNear, wFar }: ErrorModel, enough: number, skip: number): number {
  const ax = points[3 * a]
  const ay = points[3 * a + 1]
  const az = points[3 * a + 2]
  const bx = points[3 * b]
  const by = points[3 * b + 1]
  const bz = points[3 * b + 2]
  const cx = points[3 * c]
  const cy = points[3 * c + 1]
  const cz = points[3 * c + 2]
  let sum = 0
  if (slip) {
    const wRange = wNear - wFar
    const wa = wFar + az * wRange
    const wb = wFar + bz * wRange
    const wc = wFar + cz * wRange
    if (Math.max(edgeSlip(bx - ax, by - ay, wa, wb), edgeSlip(cx - bx, cy - by, wb, wc), edgeSlip(ax - cx, ay - cy, wc, wa)) >= NEGLIGIBLE_SLIP) {
      const pixels = Math.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) / 2
      sum = pixels * meanSquaredSlip(bx - ax, by - ay, cx - ax, cy - ay, wa, wb, wc)
      if (sum > enough) return sum
    }
  }
  const weight = pixelsPerDisparity * pixelsPerDisparity
  return sum + weight * loops.squaredError(ax, ay, az, bx, by, bz, cx, cy, cz, (enough - sum) / weight, skip)
}

/** Moves all vertices up or down to where the squared distance from the map is smallest, within the range of the map. */
function solveDisparity({ points, triangles }: RefinableSurface, map: DisparityMap, loops: PixelLoops): void {
  const vertices = points.length / 3
  const count = triangles.length / 3
  // (1) Per triangle: Σλᵢλⱼ and Σλᵢ·(map − surface) over its pixels, from the sums of 1, x, y, x², xy, y² and of off, off·x, off·y: λ is affine.
  const local = new Float64Array(6 * count)
  const residual = new Float64Array(vertices)
  const diagonal = new Float64Array(vertices).fill(HOLD)
  const { corners, sums } = loops
  for (let t = 0; t < count; t++) {
    const at = 9 * (t % BATCH)
    if (at === 0) {
      const end = Math.min(count, t + BATCH)
      gatherCorners(corners, points, triangles, 3 * t, 3 * end)
      loops.moments(end - t)
    }
    const n = sums[at], sx = sums[at + 1], sy = sums[at + 2], sxx = sums[at + 3], sxy = sums[at + 4], syy = sums[at + 5]
    const r = sums[at + 6], rx = sums[at + 7], ry = sums[at + 8]
    if (n === 0) continue
    const a = triangles[3 * t]
    const b = triangles[3 * t + 1]
    const c = triangles[3 * t + 2]
    const bx = corners[at + 3] - corners[at]
    const by = corners[at + 4] - corners[at + 1]
    const cx = corners[at + 6] - corners[at]
    const cy = corners[at + 7] - corners[at + 1]
    const area = bx * cy - by * cx
    // λb = bX·dx + bY·dy, λc = cX·dx + cY·dy, λa = 1 − λb − λc
    const bX = cy / area
    const bY = -cx / area
    const cX = -by / area
    const cY = bx / area
    const sb = bX * sx + bY * sy
    const sc = cX * sx + cY * sy
    const bb = bX * bX * sxx + 2 * bX * bY * sxy + bY * bY * syy
    const cc = cX * cX * sxx + 2 * cX * cY * sxy + cY * cY * syy
    const bc = bX * cX * sxx + (bX * cY + bY * cX) * sxy + bY * cY * syy
    const ab = sb - bb - bc
    const ac = sc - cc - bc
    const aa = n - 2 * sb - 2 * sc + bb + cc + 2 * bc
    const rb = bX * rx + bY * ry
    const rc = cX * rx + cY * ry
    local[6 * t] = aa
    local[6 * t + 1] = bb
    local[6 * t + 2] = cc
    local[6 * t + 3] = ab
    local[6 * t + 4] = bc
    local[6 * t + 5] = ac
    diagonal[a] += aa
    diagonal[b] += bb
    diagonal[c] += cc
    residual[a] += r - rb - rc
    residual[b] += rb
    residual[c] += rc
  }

  // (2) Conjugate gradients for the change of every vertex, preconditioned by the diagonal.
  const change = new Float64Array(vertices)
  const direction = new Float64Array(vertices)
  const product = new Float64Array(vertices)
  let energy = 0
  for (let v = 0; v < vertices; v++) {
    direction[v] = residual[v] / diagonal[v]
    energy += residual[v] * direction[v]
  }
  const enough = energy * 1e-6
  for (let step = 0; step < SOLVER_STEPS && energy > enough; step++) {
    for (let v = 0; v < vertices; v++) product[v] = HOLD * direction[v]
    for (let t = 0, m = 0; t < 3 * count; t += 3, m += 6) {
      const a = triangles[t]
      const b = triangles[t + 1]
      const c = triangles[t + 2]
      const da = direction[a]
      const db = direction[b]
      const dc = direction[c]
      product[a] += local[m] * da + local[m + 3] * db + local[m + 5] * dc
      product[b] += local[m + 3] * da + local[m + 1] * db + local[m + 4] * dc
      product[c] += local[m + 5] * da + local[m + 4] * db + local[m + 2] * dc
    }
    let along = 0
    for (let v = 0; v < vertices; v++) along += direction[v] * product[v]
    if (!(along > 0)) break
    const stride = energy / along
    let next = 0
    for (let v = 0; v < vertices; v++) {
      change[v] += stride * direction[v]
      residual[v] -= stride * product[v]
      next += (residual[v] * residual[v]) / diagonal[v]
    }
    const keep = next / energy
    for (let v = 0; v < vertices; v++) direction[v] = residual[v] / diagonal[v] + keep * direction[v]
    energy = next
  }
  const [low, high] = rangeOf(map.disparity)
  for (let v = 0; v < vertices; v++) points[3 * v + 2] = Math.min(high, Math.max(low, points[3 * v + 2] + change[v]))
}

const ranges = new WeakMap<Float32Array, [number, number]>()

/** The smallest and the largest value; looked for once. */
function rangeOf(disparity: Float32Array): [number, number] {
  let range = ranges.get(disparity)
  if (range === undefined) {
    range = [Infinity, -Infinity]
    for (let i = 0; i < disparity.length; i++) {
      const value = disparity[i]
      if (value < range[0]) range[0] = value
      if (value > range[1]) range[1] = value
    }
    ranges.set(disparity, range)
  }
  return range
}
