import type { DisparityMap } from '../../depth/convention.js'
import type { Fit } from '../pixels/fit.js'
import { MOST_AROUND, nextOf, walkAround } from '../surface/half-edges.js'
import type { Surface } from '../surface/surface.js'
import { LEAST_AREA, seenArea } from '../surface/topology.js'
import { sumOf, type Costs } from './cost.js'

/** Vertices whose triangles have less than this share of the mean squared error stay where they are. */
const WORTH_A_LOOK = 0.3

/** Those with less than this share are not tried beside: with .3 a tenth more time for perspective terrain of 1024², RMS 1 % lower at few triangles. */
const WORTH_A_STRIDE = 0.9

/** A move must promise to lower the squared error around a vertex by this share (with .05 a sixth of the gain is lost), and lower it by that. */
const WORTH_A_TRY = 0.02
const WORTH_A_MOVE = 1e-3

/** How much each way of moving resists, as a share of both ways' curvature: where a surface is nearly flat, going along it promises much and does nothing. */
const DAMPING = 0.01

/** How far a vertex is pulled at most, as a share of the way to its nearest neighbour; a pixel in any case, since vertices stand at pixel centres. */
const FARTHEST = 0.5

/** Where vertices are tried, one after the other: all of the way that they are pulled, half of it, and a stride right, down, left and up. */
const PULLED = 2
const PLACES = 6

/** What vertices are moved by. */
export interface Pulls {
  /** What the pixels say of the surface as it is. */
  fit: Fit
  costs: Costs
  /** Of each triangle; kept up to date. */
  cost: Float64Array
  /** Of each triangle whether its vertices are looked at. */
  active: Uint8Array
  /** Where pulling a vertex does not help it is tried this many pixels beside; 0: it stays. */
  stride: number
}

/**
 * Moves vertices to other pixel centres wherever that lowers the squared error that counts around them. Insertion puts each where the error was largest, which is not where it
 * does most for all pixels around it. Boundaries stay, and so does which vertices make a triangle.
 *
 * Where to is what least squares say (Gauss–Newton, each vertex by itself): moved by (dx, dy, dz) it changes a triangle's plane, of slopes sx and sy, by λ · (dz − sx·dx − sy·dy), so
 * that the same sums that say how far up it belongs say how far aside. Trying the four neighbouring places of every vertex gave the same RMS in five times the time.
 *
 * @param twin as from `linkTriangles`.
 * @returns of each triangle whether a vertex of it was moved.
 */
export function moveVertices({ points, triangles }: Surface, twin: Int32Array, { width, height, disparity }: DisparityMap, { fit, costs, cost, active, stride }: Pulls): Uint8Array {
  const vertices = points.length / 3
  const count = triangles.length / 3
  const changed = new Uint8Array(count)
  const pull = gatherPull({ points, triangles }, fit)
  const mean = sumOf(cost) / Math.max(1, count)
  const { own } = costs
  const leaving = new Int32Array(vertices)
  const degree = new Int32Array(vertices)
  for (let e = 0; e < triangles.length; e++) {
    leaving[triangles[e]] = e
    degree[triangles[e]]++
  }
  // of the vertex that is looked at: the half-edges that leave it
  const around = new Int32Array(MOST_AROUND)
  // and where those lead, the first again at the end
  const ring = new Int32Array(MOST_AROUND + 1)
  for (let v = 0; v < vertices; v++) {
    const n = degree[v]
    if (n === 0 || n > MOST_AROUND || walkAround(leaving[v], twin, around) !== n) continue
    let before = 0
    let isActive = 0
    for (let i = 0; i < n; i++) {
      const t = (around[i] / 3) | 0
      before += cost[t]
      isActive |= active[t]
    }
    if (isActive === 0 || before <= WORTH_A_LOOK * mean * n) continue
    for (let i = 0; i < n; i++) ring[i] = triangles[nextOf(around[i])]
    ring[n] = ring[0]

    // (1) Where it is pulled to. dz as good as it gets for any dx, dy: then two equations are left.
    const zz = pull[9 * v + 8]
    if (!(zz > 0)) continue
    const xz = pull[9 * v + 6] / zz
    const yz = pull[9 * v + 7] / zz
    const gz = pull[9 * v + 2]
    const gx = pull[9 * v] - gz * xz
    const gy = pull[9 * v + 1] - gz * yz
    const xx = pull[9 * v + 3] - xz * xz * zz
    const xy = pull[9 * v + 4] - xz * yz * zz
    const yy = pull[9 * v + 5] - yz * yz * zz
    const damping = DAMPING * (xx + yy)
    const determinant = (xx + damping) * (yy + damping) - xy * xy
    let dx = determinant > 0 ? (gx * (yy + damping) - gy * xy) / determinant : 0
    let dy = determinant > 0 ? (gy * (xx + damping) - gx * xy) / determinant : 0
    const x = points[3 * v]
    const y = points[3 * v + 1]
    const z = points[3 * v + 2]
    let nearest = Infinity
    for (let i = 0; i < n; i++) {
      const w = 3 * ring[i]
      nearest = Math.min(nearest, (points[w] - x) ** 2 + (points[w + 1] - y) ** 2)
    }
    const far = Math.max(1, FARTHEST * Math.sqrt(nearest)) / Math.sqrt(dx * dx + dy * dy)
    if (far < 1) {
      dx *= far
      dy *= far
    }
    const gain = costs.weight * (2 * (gx * dx + gy * dy) - xx * dx * dx - 2 * xy * dx * dy - yy * dy * dy)

    // (2) The first place where it does more.
    const goal = before * (1 - WORTH_A_MOVE)
    const end = stride > 0 && before > WORTH_A_STRIDE * mean * n ? PLACES : PULLED
    for (let place = gain > WORTH_A_TRY * before ? 0 : PULLED; place < end; place++) {
      let stepX: number
      let stepY: number
      if (place < PULLED) {
        stepX = Math.round(place === 0 ? dx : dx / 2)
        stepY = Math.round(place === 0 ? dy : dy / 2)
        if (stepX === 0 && stepY === 0) {
          if (place > 0) continue
          if (Math.abs(dx) > Math.abs(dy)) stepX = Math.sign(dx)
          else stepY = Math.sign(dy)
        }
      } else {
        stepX = place === 2 ? stride : place === 4 ? -stride : 0
        stepY = place === 3 ? stride : place === 5 ? -stride : 0
      }
      const u = x + stepX
      const w = y + stepY
      if (u < 0 || w < 0 || u >= width || w >= height) continue
      const there = disparity[Math.floor(w) * width + Math.floor(u)]
      // a stride takes its height over the map along
      const moved = place < PULLED ? z + gz / zz - xz * stepX - yz * stepY : z + there - disparity[Math.floor(y) * width + Math.floor(x)]
      if (Number.isNaN(there) || Number.isNaN(moved)) continue
      points[3 * v] = u
      points[3 * v + 1] = w
      points[3 * v + 2] = moved < 0 ? 0 : moved > 1 ? 1 : moved
      let isSound = true
      for (let i = 0; i < n && isSound; i++) {
        isSound = seenArea(points, v, ring[i], ring[i + 1]) >= LEAST_AREA
        costs.take(i, v, ring[i], ring[i + 1])
      }
      if (isSound && costs.ofTaken(n, goal) < goal) {
        for (let i = 0; i < n; i++) {
          const t = (around[i] / 3) | 0
          cost[t] = own[i]
          changed[t] = 1
        }
        break
      }
      points[3 * v] = x
      points[3 * v + 1] = y
      points[3 * v + 2] = z
    }
  }
  return changed
}

/**
 * Nine numbers a vertex for its move by m = (dx, dy, dz), from the triangles around it: what pulls it, Σ off · λ · s, and how stiffly it holds, Σ λ² · s sᵀ (xx, xy, yy, xz, yz, zz), for
 * s = (−sx, −sy, 1). The squared error changes by −2 pull · m + mᵀ stiffness m.
 */
function gatherPull({ points, triangles }: Surface, { local, rest }: Fit): Float64Array {
  const pull = new Float64Array(3 * points.length)
  for (let t = 0, m = 0; t < triangles.length; t += 3, m += 6) {
    const a = 3 * triangles[t]
    const b = 3 * triangles[t + 1]
    const c = 3 * triangles[t + 2]
    const bx = points[b] - points[a]
    const by = points[b + 1] - points[a + 1]
    const bz = points[b + 2] - points[a + 2]
    const cx = points[c] - points[a]
    const cy = points[c + 1] - points[a + 1]
    const cz = points[c + 2] - points[a + 2]
    const area = bx * cy - by * cx
    const sx = (bz * cy - cz * by) / area
    const sy = (cz * bx - bz * cx) / area
    add(pull, 3 * a, rest[t], local[m], sx, sy)
    add(pull, 3 * b, rest[t + 1], local[m + 1], sx, sy)
    add(pull, 3 * c, rest[t + 2], local[m + 2], sx, sy)
  }
  return pull
}

function add(pull: Float64Array, at: number, off: number, stiffness: number, sx: number, sy: number): void {
  pull[at] -= off * sx
  pull[at + 1] -= off * sy
  pull[at + 2] += off
  pull[at + 3] += stiffness * sx * sx
  pull[at + 4] += stiffness * sx * sy
  pull[at + 5] += stiffness * sy * sy
  pull[at + 6] -= stiffness * sx
  pull[at + 7] -= stiffness * sy
  pull[at + 8] += stiffness
}
