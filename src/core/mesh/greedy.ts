import type { DisparityMap } from '../depth/convention.js'
import { LATTICE, type Triangulation } from './delaunay.js'
import { edgeSlip, type ErrorModel } from './error.js'
import { coverTriangle, createSpans } from './spans.js'
import { extrapolate } from './sample.js'

/**
 * How much of the largest error a triangle must have to be split in the same round. 1 is the textbook's strict order, which looks at every
 * pixel some 60 times; in rounds it is TUNED times. A triangle is split only while it is exactly as it was when its error was found, so
 * rounds change the order of insertions, hardly their choice.
 */
const ROUND = 0.75

/** Errors below this are the file's rounding, not shape: half a step of a 16-bit map, disparity. */
const ROUNDING = 0.5 / 65535

/** How far a pixel centre may lie from a boundary for the boundary to be split beside it first, px: the outermost rows and columns, and along cuts. */
const BESIDE_BOUNDARY = 0.75

/** A boundary is not split closer to its ends than this, px. */
const FROM_ENDS = 0.45

/** Widens the rows of a triangle so that pixel centres on its edges are looked at from both sides, px. */
const ON_EDGE = 1e-7

/** The last stretch before a budget, as a share of it, in which the state with the smallest maximum is kept: the greedy maximum is not monotone. */
const BEST_OF = 0.005

/** What the surface looked like at a budget or an error bound. */
export interface Snapshot {
  vertexCount: number
  tri: Int32Array
  /** The largest error that counts, px, as the insertion saw it. */
  maxError: number
}

/** Where to stop and look: budgets that grow (triangles), or error bounds that fall (px). */
export type Stops = { budgets: readonly number[] } | { errors: readonly number[] }

/**
 * Greedy insertion (Garland & Heckbert 1995): the pixel of the largest error becomes a vertex of a Delaunay triangulation, again and again.
 *
 * @param surface what there is before the first insertion; grows in place.
 * @param disparity the map's values, NaN where no error counts.
 * @param jump neighbours that differ by more are not extrapolated from.
 * @returns one snapshot a stop, coarse → fine.
 */
export function insertGreedily(surface: Triangulation, map: DisparityMap, disparity: Float32Array, model: ErrorModel, stops: Stops, jump: number): Snapshot[] {
  const { width, height } = map
  const { pixelsPerDisparity, slip, wFar } = model
  const wRange = model.wNear - wFar
  const spans = createSpans(height)
  let error = new Float32Array(surface.dirty.length)
  let candidate = new Int32Array(surface.dirty.length)
  let keys = new Float64Array(1024)
  const bits = new Float32Array(1)
  const asInteger = new Uint32Array(bits.buffer)
  const floor = ROUNDING * Math.max(pixelsPerDisparity, Number.MIN_VALUE)
  const snapshots: Snapshot[] = []

  const scan = (t: number): void => {
    const { x, y, z, tri } = surface
    const a = tri[3 * t]
    const b = tri[3 * t + 1]
    const c = tri[3 * t + 2]
    const ax = x[a] / LATTICE
    const ay = y[a] / LATTICE
    const bx = x[b] / LATTICE
    const by = y[b] / LATTICE
    const cx = x[c] / LATTICE
    const cy = y[c] / LATTICE
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    coverTriangle(spans, ax, ay, bx, by, cx, cy, width, height, ON_EDGE)
    const { bounds } = spans
    const az = z[a]
    const bz = z[b] - az
    const cz = z[c] - az
    const zx = (bz * (cy - ay) - cz * (by - ay)) / area
    const zy = (cz * (bx - ax) - bz * (cx - ax)) / area
    let worst = 0
    let at = -1
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      const start = bounds[2 * row]
      let value = az + (start + 0.5 - ax) * zx + (y + 0.5 - ay) * zy
      for (let i = y * width + start, end = y * width + bounds[2 * row + 1]; i < end; i++) {
        const off = Math.abs(disparity[i] - value)
        if (off > worst) {
          worst = off
          at = i
        }
        value += zx
      }
    }
    worst = worst > ROUNDING ? worst * pixelsPerDisparity : 0
    if (slip && spans.rows > 0) {
      const wa = wFar + az * wRange
      const wb = wFar + z[b] * wRange
      const wc = wFar + z[c] * wRange
      const bound = Math.max(edgeSlip(bx - ax, by - ay, wa, wb), edgeSlip(cx - bx, cy - by, wb, wc), edgeSlip(ax - cx, ay - cy, wc, wa))
      if (bound > worst && bound > floor) {
        // (the plane's numerators, see measureError)
        const bu = wb * bx - wa * ax
        const cu = wc * cx - wa * ax
        const bv = wb * by - wa * ay
        const cv = wc * cy - wa * ay
        const pxx = (bu * (cy - ay) - cu * (by - ay)) / area
        const pxy = (cu * (bx - ax) - bu * (cx - ax)) / area
        const pyx = (bv * (cy - ay) - cv * (by - ay)) / area
        const pyy = (cv * (bx - ax) - bv * (cx - ax)) / area
        const wx = zx * wRange
        let square = worst * worst
        let found = -1
        for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
          const dy = y + 0.5 - ay
          const v = y + 0.5
          for (let column = bounds[2 * row], end = bounds[2 * row + 1]; column < end; column++) {
            const dx = column + 0.5 - ax
            const w = wa + dx * wx + dy * zy * wRange
            const slipX = wa * ax + dx * pxx + dy * pxy - (column + 0.5) * w
            const slipY = wa * ay + dx * pyx + dy * pyy - v * w
            const slipped = (slipX * slipX + slipY * slipY) / (w * w)
            if (slipped > square && disparity[y * width + column] >= 0) {
              square = slipped
              found = y * width + column
            }
          }
        }
        if (found >= 0) {
          worst = Math.sqrt(square)
          at = found
        }
      }
    }
    if (at >= 0) {
      // a vertex can't be improved by another one in its place (several disparities may meet at one pixel's edge)
      const px = LATTICE * (at % width) + LATTICE / 2
      const py = LATTICE * Math.floor(at / width) + LATTICE / 2
      const { x, y } = surface
      if ((px === x[a] && py === y[a]) || (px === x[b] && py === y[b]) || (px === x[c] && py === y[c])) worst = 0
    }
    error[t] = worst > floor ? worst : 0
    candidate[t] = at
  }

  const flush = (): void => {
    if (error.length < surface.dirty.length) {
      const largerError = new Float32Array(surface.dirty.length)
      largerError.set(error)
      error = largerError
      const largerCandidate = new Int32Array(surface.dirty.length)
      largerCandidate.set(candidate)
      candidate = largerCandidate
    }
    const { changed, dirty } = surface
    for (let i = 0; i < surface.changedCount; i++) {
      scan(changed[i])
      dirty[changed[i]] = 0
    }
    surface.changedCount = 0
  }

  /** Splits the surface at the candidate of triangle `t`, or first the boundary beside it. */
  const insert = (t: number): void => {
    const column = candidate[t] % width
    const row = Math.floor(candidate[t] / width)
    const px = LATTICE * column + LATTICE / 2
    const py = LATTICE * row + LATTICE / 2
    const { tri, twin, x, y } = surface
    for (let k = 0; k < 3; k++) {
      const e = 3 * t + k
      if (twin[e] >= 0) continue
      const a = tri[e]
      const b = tri[3 * t + (k === 2 ? 0 : k + 1)]
      const c = tri[3 * t + (k === 0 ? 2 : k - 1)]
      const ex = x[b] - x[a]
      const ey = y[b] - y[a]
      const length2 = ex * ex + ey * ey
      const far = surface.side(a, b, px, py)
      if (far * far > (BESIDE_BOUNDARY * LATTICE) ** 2 * length2) continue
      const along = ((px - x[a]) * ex + (py - y[a]) * ey) / length2
      const fromEnds = (FROM_ENDS * LATTICE) / Math.sqrt(length2)
      if (along < fromEnds || along > 1 - fromEnds) continue
      const qx = x[a] + Math.round(along * ex)
      const qy = y[a] + Math.round(along * ey)
      if (surface.side(b, c, qx, qy) <= 0 || surface.side(c, a, qx, qy) <= 0) continue
      surface.splitEdge(e, surface.addVertex(qx, qy, extrapolate(map, column, row, qx / LATTICE, qy / LATTICE, jump)))
      return
    }
    let onEdge = -1
    for (let k = 0; k < 3; k++) {
      if (surface.side(tri[3 * t + k], tri[3 * t + (k === 2 ? 0 : k + 1)], px, py) === 0) onEdge = 3 * t + k
    }
    const p = surface.addVertex(px, py, map.disparity[candidate[t]])
    if (onEdge >= 0) surface.splitEdge(onEdge, p)
    else surface.splitTriangle(t, p)
  }

  /** Sorts the triangles that err more than `above` into `keys`, worst last; ties: the lower number counts as worse. */
  const collect = (above: number): number => {
    const count = surface.triangleCount
    if (keys.length < count) keys = new Float64Array(surface.dirty.length)
    // 31 bits of a positive float sort like the float; 22 bits below them hold the triangle: 53 in all. Beyond 4M triangles the float loses bits.
    const room = 2 ** Math.max(22, Math.ceil(Math.log2(count + 1)))
    const drop = room / 2 ** 22
    let n = 0
    for (let t = 0; t < count; t++) {
      if (error[t] <= above) continue
      bits[0] = error[t]
      keys[n++] = Math.floor(asInteger[0] / drop) * room + (room - 1 - t)
    }
    keys.subarray(0, n).sort()
    for (let i = 0; i < n; i++) keys[i] = room - 1 - (keys[i] % room)
    return n
  }

  const largest = (): number => {
    let max = 0
    for (let t = 0; t < surface.triangleCount; t++) if (error[t] > max) max = error[t]
    return max
  }

  const snapshot = (maxError: number): Snapshot => ({ vertexCount: surface.vertexCount, tri: surface.tri.slice(0, 3 * surface.triangleCount), maxError })

  const goals = 'budgets' in stops ? stops.budgets : stops.errors
  const byBudget = 'budgets' in stops
  flush()
  let max = largest()
  for (const goal of goals) {
    let best: Snapshot | undefined
    while (max > 0) {
      const left = byBudget ? Math.floor((goal - surface.triangleCount) / 2) : Infinity
      if (byBudget ? left <= 0 : max <= goal) break
      const window = byBudget ? Math.ceil((goal * BEST_OF) / 2) : 0
      if (left <= window && (best === undefined || max < best.maxError)) best = snapshot(max)
      // far from the budget whole rounds, towards it ever smaller ones
      const limit = left <= window ? Math.ceil(window / 8) : Math.min(Math.ceil(left / 2), left - window)
      const n = collect(Math.max(max * ROUND, byBudget ? 0 : goal))
      for (let i = n - 1, done = 0; i >= 0 && done < Math.min(limit, left); i--) {
        if (surface.dirty[keys[i]] !== 0) continue
        insert(keys[i])
        done++
      }
      flush()
      max = largest()
    }
    snapshots.push(best === undefined || max < best.maxError ? snapshot(max) : best)
  }
  return snapshots
}
