import type { DisparityMap } from '../depth/convention.js'
import { sumOf, type Costs } from './cost.js'
import { lastOf, link, MOST_AROUND, nextOf, walkAround } from './half-edges.js'
import { LEAST_AREA } from './move.js'
import type { PixelLoops } from './pixels.js'
import type { RefinableSurface } from './refine.js'
import type { Fit } from './solve.js'
import { seenArea } from './topology.js'

/** Most vertices that are exchanged at a time, as a share of all. */
const MOST_EXCHANGED = 0.08

/** Vertices of more triangles than this are not taken out. */
const MOST_TAKEN_OUT = 12

/** Vertices whose going would cost more than this, in mean costs of a triangle, are not asked about. */
const WORTH_A_LOOK = 3

/** Triangles that cost less than this, in mean costs of a triangle, get no vertex. */
const WORTH_A_VERTEX = 1.5

/** What a vertex gains before anything around it has moved, against what a vertex costs that goes: both look worse than they are once edges are turned and vertices moved. */
const PROMISE = 1.9

/** What vertices are exchanged by. */
export interface Standing {
  /** What the pixels say of the surface as it is. Of the triangles that change it says nothing any more. */
  fit: Fit
  costs: Costs
  /** Of each triangle; kept up to date. */
  cost: Float64Array
}

/**
 * Takes out the vertices that do least, and puts each in again in the middle of a triangle that costs most. Insertion goes by the largest error, one pixel of a triangle; how much a triangle errs in all
 * shows only afterwards.
 *
 * What a vertex does is first estimated from the sums over pixels: without it the surface there is h lower, so that it errs by h² Σλ² − 2h Σλ·off more. Pixels are asked of the least alone.
 *
 * @param twin as from `linkTriangles`; kept up to date.
 * @returns of each triangle whether it was changed.
 */
export function exchangeVertices({ points, triangles }: RefinableSurface, twin: Int32Array, { width, disparity }: DisparityMap, loops: PixelLoops, { fit, costs, cost }: Standing): Uint8Array {
  const vertices = points.length / 3
  const count = triangles.length / 3
  const changed = new Uint8Array(count)
  const mean = sumOf(cost) / Math.max(1, count)
  const { leaving, into, loss, order } = leastFirst({ points, triangles }, twin, fit, costs.weight, WORTH_A_LOOK * mean)
  const dear = new Uint32Array(count)
  let dearCount = 0
  for (let t = 0; t < count; t++) if (cost[t] > WORTH_A_VERTEX * mean) dear[dearCount++] = t
  const dearest = dear.subarray(0, dearCount).sort((s, t) => cost[t] - cost[s] || s - t)
  const around = new Int32Array(MOST_AROUND)
  const beside = new Int32Array(MOST_AROUND)
  const most = Math.ceil(MOST_EXCHANGED * vertices)
  let exchanged = 0
  let next = 0
  for (const v of order) {
    while (next < dearCount && changed[dearest[next]] === 1) next++
    if (exchanged === most || next === dearCount || PROMISE * cost[dearest[next]] <= loss[v]) break
    // (1) What its going costs: its triangles become a fan around the neighbour `to`.
    if (changed[(leaving[v] / 3) | 0] === 1) continue
    const n = walkAround(leaving[v], twin, around)
    const to = into[v]
    let before = 0
    let isOld = true
    let fan = 0
    let leavingTo = -1
    for (let i = 0; i < n; i++) {
      const t = (around[i] / 3) | 0
      before += cost[t]
      if (changed[t] === 1) isOld = false
      const b = triangles[nextOf(around[i])]
      const c = triangles[lastOf(around[i])]
      if (b === to) leavingTo = nextOf(around[i])
      if (b === to || c === to) continue
      costs.take(fan++, to, b, c)
    }
    if (!isOld || !meetTwice(triangles, twin, around, n, leavingTo, beside)) continue
    const highest = before + PROMISE * cost[dearest[next]]
    const without = costs.ofTaken(fan, highest)
    if (without >= highest) continue
    const costsOfFan = costs.own.slice(0, fan)

    // (2) Where it does more.
    const [x, y, z] = [points[3 * v], points[3 * v + 1], points[3 * v + 2]]
    let found = -1
    for (; next < dearCount && found < 0; next++) {
      const t = dearest[next]
      if (changed[t] === 1) continue
      if (PROMISE * cost[t] <= without - before) break
      let isBeside = false
      for (let i = 0; i < n; i++) if (((around[i] / 3) | 0) === t) isBeside = true
      if (isBeside || !putInto(t, v, { points, triangles }, width, disparity, loops)) continue
      const [a, b, c] = [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]]
      costs.take(0, a, b, v)
      costs.take(1, b, c, v)
      costs.take(2, c, a, v)
      const goal = cost[t] - (without - before) / PROMISE
      if (costs.ofTaken(3, goal) < goal) found = t
    }
    if (found < 0) {
      points[3 * v] = x
      points[3 * v + 1] = y
      points[3 * v + 2] = z
      continue
    }
    // (3) Both.
    const [ab, bc, ca] = [costs.own[0], costs.own[1], costs.own[2]]
    const free: number[] = []
    fan = 0
    for (let i = 0; i < n; i++) {
      const e = around[i]
      const t = (e / 3) | 0
      changed[t] = 1
      const isFirst = triangles[nextOf(e)] === to
      if (!isFirst && triangles[lastOf(e)] !== to) {
        triangles[e] = to
        cost[t] = costsOfFan[fan++]
        continue
      }
      free.push(t)
      // what lies beyond its other two sides meets
      const outside = twin[nextOf(e)]
      const inside = isFirst ? twin[lastOf(e)] : twin[e]
      link(twin, inside, outside)
    }
    const t = found
    const [t1, t2] = free
    const [a, b, c] = [triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2]]
    const [beyondB, beyondC] = [twin[3 * t + 1], twin[3 * t + 2]]
    triangles.set([a, b, v], 3 * t)
    triangles.set([b, c, v], 3 * t1)
    triangles.set([c, a, v], 3 * t2)
    link(twin, 3 * t1, beyondB)
    link(twin, 3 * t2, beyondC)
    link(twin, 3 * t + 1, 3 * t1 + 2)
    link(twin, 3 * t1 + 1, 3 * t2 + 2)
    link(twin, 3 * t2 + 1, 3 * t + 2)
    cost[t] = ab
    cost[t1] = bc
    cost[t2] = ca
    changed[t] = changed[t1] = changed[t2] = 1
    exchanged++
  }
  return changed
}

/** Whether a vertex, whose `n` triangles are `around`, and its neighbour that `first` leaves have two neighbours in common: then it can go there. Not to a boundary. */
function meetTwice(triangles: Uint32Array, twin: Int32Array, around: Int32Array, n: number, first: number, beside: Int32Array): boolean {
  const others = walkAround(first, twin, beside)
  let common = 0
  for (let k = 0; k < others; k++) {
    const w = triangles[nextOf(beside[k])]
    for (let i = 0; i < n; i++) if (triangles[nextOf(around[i])] === w) common++
  }
  return common === 2
}

/** Puts vertex `v` at the pixel in the middle of triangle `t`, at the height that is best there; says whether it can stand there. */
function putInto(t: number, v: number, { points, triangles }: RefinableSurface, width: number, disparity: Float32Array, { corners, sums, moments }: PixelLoops): boolean {
  const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
  const column = Math.floor((points[a] + points[b] + points[c]) / 3)
  const row = Math.floor((points[a + 1] + points[b + 1] + points[c + 1]) / 3)
  if (Number.isNaN(disparity[row * width + column])) return false
  points[3 * v] = column + 0.5
  points[3 * v + 1] = row + 0.5
  const areaA = seenArea(points, b / 3, c / 3, v)
  const areaB = seenArea(points, c / 3, a / 3, v)
  const areaC = seenArea(points, a / 3, b / 3, v)
  if (!(areaA >= LEAST_AREA && areaB >= LEAST_AREA && areaC >= LEAST_AREA)) return false
  const z = (areaA * points[a + 2] + areaB * points[b + 2] + areaC * points[c + 2]) / (areaA + areaB + areaC)
  // the sums of λ · off and λ² over its three triangles; λ is 1 there and falls to 0
  let at = 0
  for (const [p, q] of [[a, b], [b, c], [c, a]]) {
    corners[at++] = points[3 * v]
    corners[at++] = points[3 * v + 1]
    corners[at++] = z
    for (let k = 0; k < 3; k++) corners[at++] = points[p + k]
    for (let k = 0; k < 3; k++) corners[at++] = points[q + k]
  }
  moments(3)
  let off = 0
  let stiffness = 0
  for (let i = 0, m = 0, k = 0; i < 3; i++, m += 10, k += 9) {
    const px = corners[k + 3] - corners[k]
    const py = corners[k + 4] - corners[k + 1]
    const qx = corners[k + 6] - corners[k]
    const qy = corners[k + 7] - corners[k + 1]
    const area = px * qy - py * qx
    const X = (py - qy) / area
    const Y = (qx - px) / area
    off += sums[m + 6] + X * sums[m + 7] + Y * sums[m + 8]
    stiffness += sums[m] + 2 * (X * sums[m + 1] + Y * sums[m + 2]) + X * X * sums[m + 3] + 2 * X * Y * sums[m + 4] + Y * Y * sums[m + 5]
  }
  if (!(stiffness > 0)) return false
  points[3 * v + 2] = Math.min(1, Math.max(0, z + off / stiffness))
  return true
}

/** The vertices whose going would cost less than `limit`, least first; of each what that is, the neighbour that its triangles would go to, and a half-edge that leaves it. */
function leastFirst({ points, triangles }: RefinableSurface, twin: Int32Array, { local, rest }: Fit, weight: number, limit: number): { order: Uint32Array; loss: Float64Array; into: Int32Array; leaving: Int32Array } {
  const vertices = points.length / 3
  const leaving = new Int32Array(vertices).fill(-1)
  const degree = new Int32Array(vertices)
  const stiffness = new Float64Array(vertices)
  const pull = new Float64Array(vertices)
  for (let e = 0; e < triangles.length; e++) {
    const v = triangles[e]
    leaving[v] = e
    degree[v]++
    stiffness[v] += local[2 * e - (e % 3)]
    pull[v] += rest[e]
  }
  const loss = new Float64Array(vertices)
  const into = new Int32Array(vertices)
  const order = new Uint32Array(vertices)
  let count = 0
  const around = new Int32Array(MOST_TAKEN_OUT)
  const ring = new Int32Array(MOST_TAKEN_OUT)
  /** What the `n` triangles around `v` cost more for bending elsewhere when they become a fan around the `i`-th of the ring; Infinity where they overlap then. */
  const bentBy = (v: number, n: number, i: number): number => {
    const to = ring[i]
    let squares = 0
    let areaBefore = 0
    for (let j = i + 1; j < i + n - 1; j++) {
      const q = ring[j % n]
      const area = seenArea(points, to, q, ring[(j + 1) % n])
      if (!(area >= LEAST_AREA)) return Infinity
      if (j > i + 1) {
        // the middle of the fan's edge, and how high the surface stands there now
        const x = (points[3 * to] + points[3 * q]) / 2
        const y = (points[3 * to + 1] + points[3 * q + 1]) / 2
        const z = (points[3 * to + 2] + points[3 * q + 2]) / 2
        const off = heightAt(v, n, x, y) - z
        squares += (off * off * (areaBefore + area)) / 12
      }
      areaBefore = area
    }
    return weight * squares
  }
  const heightAt = (v: number, n: number, x: number, y: number): number => {
    const vx = points[3 * v]
    const vy = points[3 * v + 1]
    const dx = x - vx
    const dy = y - vy
    let k = n - 1
    let before = (points[3 * ring[k] + 1] - vy) * dx - (points[3 * ring[k]] - vx) * dy
    for (let j = 0; j < n; j++) {
      const side = (points[3 * ring[j] + 1] - vy) * dx - (points[3 * ring[j]] - vx) * dy
      // it lies between the ring's k-th and j-th
      if (before <= 0 === false && side <= 0) {
        const p = 3 * ring[k]
        const q = 3 * ring[j]
        const px = points[p] - vx
        const py = points[p + 1] - vy
        const qx = points[q] - vx
        const qy = points[q + 1] - vy
        const area = py * qx - px * qy
        return points[3 * v + 2] + ((dy * qx - dx * qy) * (points[p + 2] - points[3 * v + 2]) + (py * dx - px * dy) * (points[q + 2] - points[3 * v + 2])) / area
      }
      k = j
      before = side
    }
    return points[3 * v + 2]
  }
  for (let v = 0; v < vertices; v++) {
    const n = degree[v]
    if (n === 0 || n > MOST_TAKEN_OUT || walkAround(leaving[v], twin, around) !== n) continue
    for (let i = 0; i < n; i++) ring[i] = triangles[nextOf(around[i])]
    const x = points[3 * v]
    const y = points[3 * v + 1]
    let least = limit
    for (let i = 0; i < n; i++) {
      const to = ring[i]
      const toX = points[3 * to]
      const toY = points[3 * to + 1]
      const dx = x - toX
      const dy = y - toY
      // the side of the ring that is seen from there behind the vertex
      let from = i
      let near = 0
      let side = 0
      let end = i
      do {
        from = end
        near = side
        end = end + 1 === n ? 0 : end + 1
        side = (points[3 * ring[end] + 1] - toY) * dx - (points[3 * ring[end]] - toX) * dy
      } while (side > 0 && end !== i)
      const p = 3 * ring[from]
      const q = 3 * ring[end]
      const along = near / (near - side)
      const farX = points[p] + along * (points[q] - points[p]) - toX
      const farY = points[p + 1] + along * (points[q + 1] - points[p + 1]) - toY
      const far = points[p + 2] + along * (points[q + 2] - points[p + 2])
      const higher = points[3 * to + 2] + ((far - points[3 * to + 2]) * (dx * dx + dy * dy)) / (farX * dx + farY * dy) - points[3 * v + 2]
      const costly = weight * higher * (higher * stiffness[v] - 2 * pull[v])
      if (!(costly < least)) continue
      const all = Math.max(0, costly) + bentBy(v, n, i)
      if (!(all < least)) continue
      least = all
      into[v] = to
    }
    if (least === limit) continue
    loss[v] = least
    order[count++] = v
  }
  return { order: order.subarray(0, count).sort((v, w) => loss[v] - loss[w] || v - w), loss, into, leaving }
}
