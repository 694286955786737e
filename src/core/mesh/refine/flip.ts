import { lastOf, link, nextOf } from '../surface/half-edges.js'
import type { Surface } from '../surface/surface.js'
import { seenArea } from '../surface/topology.js'
import { sumOf, type Costs } from './cost.js'

/** A flip must lower the squared error of its two triangles by at least this share. */
const WORTH_A_FLIP = 1e-3

/** Edges whose two triangles have less than this share of the mean squared error are left as they are: with 0.05 a tenth more time, RMS .1 % lower. */
const WORTH_A_LOOK = 0.5

/**
 * Turning an edge lifts a tent off the surface: where its squared height times twice the area of both triangles is more than this many times what they cost, pixels aren't asked. From 48 on the tent errs by
 * more than it could mend (with 24 the RMS is .1 % higher, with 12 .3 %).
 */
const HOPELESS = 48

/**
 * Turns every edge whose turning lowers the squared error that counts of its two triangles.
 *
 * @param twin as from `linkTriangles`; kept up to date.
 * @param cost of each triangle; kept up to date.
 * @param active of each triangle whether its edges are looked at.
 * @param passes over all edges; from the second on over those of triangles that the one before has turned.
 * @param isWhole whether every pixel of the map counts: then edges are passed over that are hopeless by what they lift.
 * @returns of each triangle whether it was turned.
 */
export function flipEdges({ points, triangles }: Surface, twin: Int32Array, costs: Costs, cost: Float64Array, active: Uint8Array, passes: number, isWhole = false): Uint8Array {
  const count = triangles.length / 3
  const least = (WORTH_A_LOOK * 2 * sumOf(cost)) / Math.max(1, count)
  const { own } = costs
  const changed = new Uint8Array(count)
  for (let pass = 0; pass < passes; pass++) {
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
      const next = nextOf(e)
      const last = lastOf(e)
      const fNext = nextOf(f)
      const fLast = lastOf(f)
      const a = triangles[e]
      const b = triangles[next]
      const p = triangles[last]
      const d = triangles[fLast]
      const atA = seenArea(points, a, d, p)
      const atB = seenArea(points, d, b, p)
      if (p === d || !(atA > 0 && atB > 0)) continue
      // the turned edge runs higher or lower than this one where they cross, and the surface with it, as a tent over both triangles: ‖off − tent‖ ≥ ‖tent‖ − ‖off‖
      const atP = seenArea(points, a, b, p)
      const along = atA / (atA + atB)
      const across = atP / (atA + atB)
      const rise = points[3 * a + 2] + along * (points[3 * b + 2] - points[3 * a + 2]) - points[3 * p + 2] - across * (points[3 * d + 2] - points[3 * p + 2])
      if (isWhole && costs.weight * rise * rise * (atA + atB) > HOPELESS * before) continue
      costs.take(0, a, d, p)
      costs.take(1, d, b, p)
      const goal = before * (1 - WORTH_A_FLIP)
      if (costs.ofTaken(2, goal) >= goal) continue
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
      cost[t] = own[0]
      cost[u] = own[1]
      touched[t] = touched[u] = changed[t] = changed[u] = 1
      flips++
    }
    if (flips === 0) break
    active = touched
  }
  return changed
}
