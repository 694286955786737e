import type { DisparityMap } from '../../depth/convention.js'
import type { Fit } from '../pixels/fit.js'
import type { PixelLoops } from '../pixels/pixels.js'
import { lastOf, link, MOST_AROUND, nextOf, walkAround } from '../surface/half-edges.js'
import type { Surface } from '../surface/surface.js'
import { LEAST_AREA, seenArea } from '../surface/topology.js'
import { sumOf, type Costs } from './cost.js'

/** Most vertices that are exchanged at a time, as a share of all. */
const MOST_EXCHANGED = 0.08

/** Vertices of more triangles than this are not taken out. */
const MOST_TAKEN_OUT = 12

/** Vertices whose going would cost more than this, in mean costs of a triangle, are not asked about. */
const WORTH_A_LOOK = 2

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
export function exchangeVertices(surface: Surface, twin: Int32Array, { width, disparity }: DisparityMap, loops: PixelLoops, { fit, costs, cost }: Standing): Uint8Array {
  const { points, triangles } = surface
  const vertices = points.length / 3
  const count = triangles.length / 3
  const changed = new Uint8Array(count)
  const mean = sumOf(cost) / Math.max(1, count)
  const { leaving, into, loss, order } = leastFirst({ points, triangles }, twin, fit, costs.weight, WORTH_A_LOOK * mean)
  const dear = new Float64Array(count)
  let dearCount = 0
  for (let t = 0; t < count; t++) if (cost[t] > WORTH_A_VERTEX * mean) dear[dearCount++] = sortable(-cost[t], t)
  const dearest = inOrder(dear.subarray(0, dearCount))
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
      if (isBeside || !putInto(t, v, surface, width, disparity, loops)) continue
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
function putInto(t: number, v: number, { points, triangles }: Surface, width: number, disparity: Float32Array, loops: PixelLoops): boolean {
  const a = triangles[3 * t]
  const b = triangles[3 * t + 1]
  const c = triangles[3 * t + 2]
  const column = Math.floor((points[3 * a] + points[3 * b] + points[3 * c]) / 3)
  const row = Math.floor((points[3 * a + 1] + points[3 * b + 1] + points[3 * c + 1]) / 3)
  if (Number.isNaN(disparity[row * width + column])) return false
  points[3 * v] = column + 0.5
  points[3 * v + 1] = row + 0.5
  const areaA = seenArea(points, b, c, v)
  const areaB = seenArea(points, c, a, v)
  const areaC = seenArea(points, a, b, v)
  if (!(areaA >= LEAST_AREA && areaB >= LEAST_AREA && areaC >= LEAST_AREA)) return false
  const z = (areaA * points[3 * a + 2] + areaB * points[3 * b + 2] + areaC * points[3 * c + 2]) / (areaA + areaB + areaC)
  const { corners, sums } = loops
  // the sums of λ · off and λ² over its three triangles; λ is 1 there and falls to 0
  for (let i = 0; i < 3; i++) {
    const p = 3 * triangles[3 * t + i]
    const q = 3 * triangles[3 * t + (i === 2 ? 0 : i + 1)]
    const at = 9 * i
    corners[at] = points[3 * v]
    corners[at + 1] = points[3 * v + 1]
    corners[at + 2] = z
    corners[at + 3] = points[p]
    corners[at + 4] = points[p + 1]
    corners[at + 5] = points[p + 2]
    corners[at + 6] = points[q]
    corners[at + 7] = points[q + 1]
    corners[at + 8] = points[q + 2]
  }
  loops.moments(3)
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
function leastFirst({ points, triangles }: Surface, twin: Int32Array, { local, rest }: Fit, weight: number, limit: number): { order: Int32Array; loss: Float64Array; into: Int32Array; leaving: Int32Array } {
  const vertices = points.length / 3
  const leaving = new Int32Array(vertices).fill(-1)
  const degree = new Int32Array(vertices)
  const stiffness = new Float64Array(vertices)
  const pull = new Float64Array(vertices)
  for (let e = 0, m = 0; e < triangles.length; m += 6) {
    for (let k = 0; k < 3; k++, e++) {
      const v = triangles[e]
      leaving[v] = e
      degree[v]++
      stiffness[v] += local[m + k]
      pull[v] += rest[e]
    }
  }
  const loss = new Float64Array(vertices)
  const into = new Int32Array(vertices)
  const keys = new Float64Array(vertices)
  let count = 0
  const around = new Int32Array(MOST_TAKEN_OUT)
  // the ring of neighbours as seen from the vertex, twice
  const x = new Float64Array(2 * MOST_TAKEN_OUT)
  const y = new Float64Array(2 * MOST_TAKEN_OUT)
  const z = new Float64Array(2 * MOST_TAKEN_OUT)
  for (let v = 0; v < vertices; v++) {
    const n = degree[v]
    if (n === 0 || n > MOST_TAKEN_OUT || walkAround(leaving[v], twin, around) !== n) continue
    for (let i = 0; i < n; i++) {
      const w = 3 * triangles[nextOf(around[i])]
      x[i] = x[i + n] = points[w] - points[3 * v]
      y[i] = y[i + n] = points[w + 1] - points[3 * v + 1]
      z[i] = z[i + n] = points[w + 2] - points[3 * v + 2]
    }
    let least = limit
    for (let i = 0; i < n; i++) {
      // the side of the ring that is seen from the i-th neighbour behind the vertex, and how high the vertex would be on the way there
      let j = i + 1
      let near = x[i] * y[j] - y[i] * x[j]
      let side = near
      do {
        near = side
        j++
        side = x[i] * y[j] - y[i] * x[j]
      } while (side < 0 && j < i + n)
      const along = near / (near - side)
      const farX = x[j - 1] + along * (x[j] - x[j - 1])
      const farY = y[j - 1] + along * (y[j] - y[j - 1])
      const farZ = z[j - 1] + along * (z[j] - z[j - 1])
      const to = x[i] * x[i] + y[i] * y[i]
      const higher = z[i] + ((farZ - z[i]) * to) / (to - farX * x[i] - farY * y[i])
      const raised = Math.max(0, weight * higher * (higher * stiffness[v] - 2 * pull[v]))
      if (!(raised < least)) continue
      const costly = raised + weight * bend(n, i, x, y, z, (least - raised) / weight)
      if (!(costly < least)) continue
      least = costly
      into[v] = triangles[nextOf(around[i])]
    }
    if (least === limit) continue
    loss[v] = least
    keys[count++] = sortable(least, v)
  }
  return { order: inOrder(keys.subarray(0, count)), loss, into, leaving }
}

/**
 * How much the triangles around a vertex err more for bending elsewhere when they become a fan around the `i`-th of its `n` neighbours (x, y, z as seen from it, twice one after the other): squared disparity
 * over their pixels, roughly. Infinity where they overlap then, and once it is past `enough`.
 */
function bend(n: number, i: number, x: Float64Array, y: Float64Array, z: Float64Array, enough: number): number {
  let squares = 0
  let before = 0
  let sector = i
  for (let j = i + 1; j < i + n - 1; j++) {
    const area = (y[j] - y[i]) * (x[j + 1] - x[i]) - (x[j] - x[i]) * (y[j + 1] - y[i])
    if (!(area >= LEAST_AREA)) return Infinity
    if (j > i + 1) {
      // how high the surface stands now in the middle of the fan's edge: between neighbours `sector` and the next
      const midX = (x[i] + x[j]) / 2
      const midY = (y[i] + y[j]) / 2
      while (sector < i + n - 1 && !(y[sector] * midX >= x[sector] * midY && y[sector + 1] * midX <= x[sector + 1] * midY)) sector++
      const p = sector
      const q = sector + 1
      const height = ((midY * x[q] - midX * y[q]) * z[p] + (y[p] * midX - x[p] * midY) * z[q]) / (y[p] * x[q] - x[p] * y[q])
      const off = height - (z[i] + z[j]) / 2
      // a tent as high as that over both triangles beside the edge; `area` is twice theirs
      squares += (off * off * (before + area)) / 12
      if (squares >= enough) return Infinity
    }
    before = area
  }
  return squares
}

/** A number that sorts as a cost does, and as `index` where costs are alike: an integer below 2⁵³ of the topmost bits of the cost as a float and 24 bits of the index. */
function sortable(cost: number, index: number): number {
  FLOAT[0] = Math.abs(cost)
  const key = (BITS[0] >>> 3) * 2 ** 24
  return cost < 0 ? index - key : index + key
}
const FLOAT = new Float32Array(1)
const BITS = new Uint32Array(FLOAT.buffer)

/** The indices of sortable numbers, the least first; sorts them in place. */
function inOrder(keys: Float64Array): Int32Array {
  keys.sort()
  const indices = new Int32Array(keys.length)
  for (let i = 0; i < keys.length; i++) indices[i] = keys[i] - Math.floor(keys[i] / 2 ** 24) * 2 ** 24
  return indices
}
