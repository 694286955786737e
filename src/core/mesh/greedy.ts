import type { DisparityMap } from '../depth/convention.js'
import { LATTICE, type Triangulation } from './delaunay.js'
import type { ErrorModel } from './error.js'
import { BATCH, type PixelLoops } from './pixels.js'
import { extrapolate } from './sample.js'
import { edgeSlip, slipsMostAt } from './texture-slip.js'
import { sortByTile } from './tiles.js'

/**
 * How much of the largest error a triangle must have to be split in the same round. 1 is the textbook's strict order, which looks at every
 * pixel some 60 times; in rounds it is TUNED times. A triangle is split only while it is exactly as it was when its error was found, so
 * rounds change the order of insertions, hardly their choice.
 */
const ROUND = 0.75

/** What errs by this share of the largest error is split before long. */
const SPLIT_ANYWAY = 0.5

/** Errors below this are the file's rounding, not shape: half a step of a 16-bit map, disparity. */
const ROUNDING = 0.5 / 65535

/** How far a pixel centre may lie from a boundary for the boundary to be split beside it first, px: the outermost rows and columns, and along cuts. */
const BESIDE_BOUNDARY = 0.75

/** A boundary is not split closer to its ends than this, px. */
const FROM_ENDS = 0.45

/** Triangles queue in buckets by the topmost bits of their error: 3 of its mantissa, eight buckets a doubling. */
const BUCKET_SHIFT = 20

/** The last stretch before a budget, as a share of it, in which the state with the smallest maximum is kept: the greedy maximum is not monotone. */
const BEST_OF = 0.005

/** Fewer changed triangles than this are looked at as they come. */
const WORTH_SORTING = 256

/** Stands for the pixel of a triangle that is to be split where it slips most: that is looked for only then. */
const SLIPPING = -1

/** How far inside a triangle the pixel is looked for that slips most, px from the edge that does: the first that is inside and holds something. */
const INSIDE = [0.25, 0.75, 1.5, 3]

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
 * @param loops over the map's values, NaN where no error counts.
 * @param jump neighbours that differ by more are not extrapolated from.
 * @returns one snapshot a stop, coarse → fine.
 */
export function insertGreedily(surface: Triangulation, map: DisparityMap, loops: PixelLoops, model: ErrorModel, stops: Stops, jump: number): Snapshot[] {
  const { width } = map
  const floor = ROUNDING * Math.max(model.pixelsPerDisparity, Number.MIN_VALUE)
  const wRange = model.wNear - model.wFar
  const queue = createQueue(surface.dirty.length)
  /** Per triangle the pixel that it is to be split at: the one farthest from the map, or {@link SLIPPING}. */
  let candidate = new Int32Array(surface.dirty.length)
  const snapshots: Snapshot[] = []

  /** The triangles whose corners the loops are to scan, and how much they slip, px. */
  const scanned = new Int32Array(BATCH)
  const slipOf = new Float64Array(BATCH)

  /** Puts triangle `t` at a place of the loops' batch. */
  const gatherCorners = (t: number, place: number): void => {
    const { tri, x, y, z } = surface
    const { corners } = loops
    for (let e = 3 * t, at = 9 * place; e < 3 * t + 3; e++) {
      const v = tri[e]
      corners[at++] = x[v] / LATTICE
      corners[at++] = y[v] / LATTICE
      corners[at++] = z[v]
    }
  }

  /** The largest texture slip in a triangle of `corners`, px. */
  const largestSlip = (corners: Float64Array, at: number): number => {
    const ax = corners[at]
    const ay = corners[at + 1]
    const bx = corners[at + 3]
    const by = corners[at + 4]
    const cx = corners[at + 6]
    const cy = corners[at + 7]
    const wa = model.wFar + corners[at + 2] * wRange
    const wb = model.wFar + corners[at + 5] * wRange
    const wc = model.wFar + corners[at + 8] * wRange
    return Math.max(edgeSlip(bx - ax, by - ay, wa, wb), edgeSlip(cx - bx, cy - by, wb, wc), edgeSlip(ax - cx, ay - cy, wc, wa))
  }

  /** The pixel just inside triangle `t` at the place of its edges that slips most; −1 where none there holds something. */
  const slippingPixel = (t: number): number => {
    const { tri, x, y, z } = surface
    let worst = 0
    let edge = 0
    for (let k = 0; k < 3; k++) {
      const a = tri[3 * t + k]
      const b = tri[3 * t + (k === 2 ? 0 : k + 1)]
      const slipped = edgeSlip(x[b] - x[a], y[b] - y[a], model.wFar + z[a] * wRange, model.wFar + z[b] * wRange)
      if (slipped > worst) {
        worst = slipped
        edge = k
      }
    }
    const a = tri[3 * t + edge]
    const b = tri[3 * t + ((edge + 1) % 3)]
    const c = tri[3 * t + ((edge + 2) % 3)]
    const along = slipsMostAt(model.wFar + z[a] * wRange, model.wFar + z[b] * wRange)
    const qx = (x[a] + along * (x[b] - x[a])) / LATTICE
    const qy = (y[a] + along * (y[b] - y[a])) / LATTICE
    const dx = x[c] / LATTICE - qx
    const dy = y[c] / LATTICE - qy
    const length = Math.hypot(dx, dy)
    for (const inside of INSIDE) {
      const column = Math.floor(qx + (inside / length) * dx)
      const row = Math.floor(qy + (inside / length) * dy)
      const px = LATTICE * column + LATTICE / 2
      const py = LATTICE * row + LATTICE / 2
      if (column < 0 || row < 0 || column >= width || row >= map.height || Number.isNaN(map.disparity[row * width + column])) continue
      if (surface.side(a, b, px, py) >= 0 && surface.side(b, c, px, py) >= 0 && surface.side(c, a, px, py) >= 0) return row * width + column
    }
    return -1
  }

  /** Finds the worst error of every triangle that changed; past `enough` px, which is split anyway, of a large one some error will do. */
  const flush = (enough: number): void => {
    if (candidate.length < surface.dirty.length) {
      const larger = new Int32Array(surface.dirty.length)
      larger.set(candidate)
      candidate = larger
      queue.grow(surface.dirty.length)
    }
    const { changed, dirty, tri, x, y } = surface
    const { corners, errors, places } = loops
    if (surface.changedCount > WORTH_SORTING) sortByTile(changed, surface.changedCount, width, map.height, (t) => x[tri[3 * t]] / LATTICE, (t) => y[tri[3 * t]] / LATTICE)
    const scan = (count: number): void => {
      loops.scan(count, enough / model.pixelsPerDisparity)
      for (let i = 0; i < count; i++) {
        const t = scanned[i]
        const distance = errors[i] > ROUNDING ? errors[i] * model.pixelsPerDisparity : 0
        const slips = slipOf[i] > distance && slipOf[i] > floor
        candidate[t] = slips ? SLIPPING : places[i]
        const worst = slips ? slipOf[i] : distance
        queue.put(t, worst > floor ? worst : 0)
      }
    }
    let count = 0
    for (let i = 0; i < surface.changedCount; i++) {
      const t = changed[i]
      dirty[t] = 0
      gatherCorners(t, count)
      const slip = model.slip ? largestSlip(corners, 9 * count) : 0
      if (slip > floor && slip >= enough) {
        // will be split for that, however far it is from the map
        candidate[t] = SLIPPING
        queue.put(t, slip)
        continue
      }
      scanned[count] = t
      slipOf[count++] = slip
      if (count < BATCH) continue
      scan(count)
      count = 0
    }
    scan(count)
    surface.changedCount = 0
  }

  /** Splits the surface at the candidate of triangle `t`, or first the boundary beside it; false: there is nothing to gain. */
  const insert = (t: number): boolean => {
    const pixel = candidate[t] === SLIPPING ? slippingPixel(t) : candidate[t]
    if (pixel < 0) {
      // nothing slips where a pixel holds something: then by its distance alone
      gatherCorners(t, 0)
      loops.scan(1, Infinity)
      candidate[t] = loops.places[0]
      const distance = loops.errors[0] * model.pixelsPerDisparity
      queue.put(t, loops.errors[0] > ROUNDING && distance > floor ? distance : 0)
      return false
    }
    const column = pixel % width
    const row = Math.floor(pixel / width)
    const px = LATTICE * column + LATTICE / 2
    const py = LATTICE * row + LATTICE / 2
    const { tri, twin, x, y } = surface
    // a vertex can't be improved by another one in its place
    for (let e = 3 * t; e < 3 * t + 3; e++) {
      if (x[tri[e]] !== px || y[tri[e]] !== py) continue
      queue.put(t, 0)
      return false
    }
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
      return true
    }
    let onEdge = -1
    for (let k = 0; k < 3; k++) {
      if (surface.side(tri[3 * t + k], tri[3 * t + (k === 2 ? 0 : k + 1)], px, py) === 0) onEdge = 3 * t + k
    }
    const p = surface.addVertex(px, py, map.disparity[pixel])
    if (onEdge >= 0) surface.splitEdge(onEdge, p)
    else surface.splitTriangle(t, p)
    return true
  }

  const snapshot = (maxError: number): Snapshot => ({ vertexCount: surface.vertexCount, tri: surface.tri.slice(0, 3 * surface.triangleCount), maxError })

  const byBudget = 'budgets' in stops
  flush(Infinity)
  let max = queue.largest()
  for (const goal of byBudget ? stops.budgets : stops.errors) {
    let best: Snapshot | undefined
    while (max > 0) {
      const left = byBudget ? Math.floor((goal - surface.triangleCount) / 2) : Infinity
      if (byBudget ? left <= 0 : max <= goal) break
      const window = byBudget ? Math.ceil((goal * BEST_OF) / 2) : 0
      if (left <= window && (best === undefined || max < best.maxError)) best = snapshot(max)
      // far from the budget whole rounds, towards it ever smaller ones
      const limit = left <= window ? Math.ceil(window / 8) : Math.min(Math.ceil(left / 2), left - window)
      const most = Math.min(limit, left)
      const worst = queue.collect(Math.max(max * ROUND, byBudget ? 0 : goal), most)
      for (let i = 0, done = 0; i < worst.length && done < most; i++) {
        if (surface.dirty[worst[i]] !== 0) continue
        if (insert(worst[i])) done++
      }
      flush(Math.max(max * SPLIT_ANYWAY, byBudget ? 0 : goal))
      max = queue.largest()
    }
    snapshots.push(best === undefined || max < best.maxError ? snapshot(max) : best)
  }
  return snapshots
}

/** Triangles by their error: the worst are found without looking at the others. */
function createQueue(capacity: number) {
  const buckets = 1 << (32 - BUCKET_SHIFT - 1)
  const heads = new Int32Array(buckets).fill(-1)
  let error = new Float32Array(capacity)
  let asInteger = new Uint32Array(error.buffer)
  let after = new Int32Array(capacity)
  let before = new Int32Array(capacity)
  let top = 0
  return {
    grow(larger: number): void {
      const errors = new Float32Array(larger)
      errors.set(error)
      error = errors
      asInteger = new Uint32Array(error.buffer)
      const afters = new Int32Array(larger)
      afters.set(after)
      after = afters
      const befores = new Int32Array(larger)
      befores.set(before)
      before = befores
    },
    /** Gives triangle `t` its error; 0 takes it out. */
    put(t: number, value: number): void {
      if (error[t] > 0) {
        const bucket = asInteger[t] >>> BUCKET_SHIFT
        if (before[t] < 0) heads[bucket] = after[t]
        else after[before[t]] = after[t]
        if (after[t] >= 0) before[after[t]] = before[t]
      }
      error[t] = value
      if (!(error[t] > 0)) return
      const bucket = asInteger[t] >>> BUCKET_SHIFT
      before[t] = -1
      after[t] = heads[bucket]
      if (heads[bucket] >= 0) before[heads[bucket]] = t
      heads[bucket] = t
      if (bucket > top) top = bucket
    },
    largest(): number {
      while (top > 0 && heads[top] < 0) top--
      let max = 0
      for (let t = heads[top]; t >= 0; t = after[t]) if (error[t] > max) max = error[t]
      return max
    },
    /** Triangles that err more than `above`, worst first; of equals the lower number. Of more than `enough` those that err least may be left out. */
    collect(above: number, enough: number): Float64Array {
      const keys: number[] = []
      // 31 bits of a positive float sort like the float; 22 bits below them hold the triangle: 53 in all. Beyond 4M triangles the float loses bits.
      const room = 2 ** Math.max(22, Math.ceil(Math.log2(error.length + 1)))
      const drop = room / 2 ** 22
      for (let bucket = top; bucket >= 0 && keys.length < enough; bucket--) {
        let any = false
        for (let t = heads[bucket]; t >= 0; t = after[t]) {
          if (error[t] <= above) continue
          any = true
          keys.push(Math.floor((2 ** 31 - asInteger[t]) / drop) * room + t)
        }
        if (!any && bucket < top) break
      }
      const sorted = Float64Array.from(keys).sort()
      for (let i = 0; i < sorted.length; i++) sorted[i] %= room
      return sorted
    },
  }
}
