import type { DisparityMap } from '../../depth/convention.js'
import { lastOf, linkTriangles, nextOf } from '../surface/half-edges.js'
import type { Surface } from '../surface/surface.js'
import { seenArea } from '../surface/topology.js'

/** Rounds of turning: with one edge turned, the sliver beside it may be turned too. A third round turns hardly any. */
const ROUNDS = 2

/** How far a corner may have come to lie beyond its triangle's longest edge, pixels: what is folded over by more hides something. */
const FOLDED = 2

/** The new triangles have to lie as deep as the map, to this many cut thresholds: none is to bridge a silhouette. */
const LEVEL_WITH_MAP = 0.5

/**
 * Turns the longest edge of triangles that are turned over or closed, as seen from the source view, wherever both triangles at that edge are sound afterwards.
 *
 *      a ──c── b            a ── c ── b      The sliver abc, whose corner c came to lie on its longest edge ab or beyond: where it is dropped a slit is
 *       ╲     ╱      ▶       ╲   │   ╱       left, through which a camera that has moved sees what lies behind, or nothing.
 *         ╲ ╱                  ╲ │ ╱
 *          d                     d
 *
 * @returns the triangles, as many as came in; what can't be turned is as it was.
 */
export function turnSlivers({ points, triangles }: Surface, map: DisparityMap, cut: number): Uint32Array {
  const turned = triangles.slice()
  const count = points.length / 3
  const tolerance = LEVEL_WITH_MAP * cut
  for (let round = 0; round < ROUNDS; round++) {
    const slivers: number[] = []
    for (let t = 0; t < turned.length; t += 3) if (!(seenArea(points, turned[t], turned[t + 1], turned[t + 2]) > 0)) slivers.push(t)
    if (slivers.length === 0) break
    const twin = linkTriangles(turned, count)
    // which corners of slivers are joined to what (all edges would take ten times as long)
    const isCorner = new Uint8Array(count)
    for (const t of slivers) isCorner[turned[t]] = isCorner[turned[t + 1]] = isCorner[turned[t + 2]] = 1
    const joined = new Set<number>()
    for (let e = 0; e < turned.length; e++) {
      const start = turned[e]
      const end = turned[nextOf(e)]
      if (isCorner[start] === 1 || isCorner[end] === 1) joined.add(start * count + end)
    }
    const touched = new Set<number>()
    for (const t of slivers) {
      const [e, length] = longestEdge(points, turned, t)
      const f = twin[e]
      if (f < 0 || -seenArea(points, turned[t], turned[t + 1], turned[t + 2]) > FOLDED * length) continue
      const u = f - (f % 3)
      const [a, b, c, d] = [turned[e], turned[nextOf(e)], turned[lastOf(e)], turned[lastOf(f)]]
      if (touched.has(t) || touched.has(u) || c === d || joined.has(c * count + d) || joined.has(d * count + c)) continue
      if (!(seenArea(points, a, d, c) > 0 && seenArea(points, d, b, c) > 0)) continue
      if ([[c, d], [a, d, c], [d, b, c]].some((corners) => !(deviation(points, corners, map) <= tolerance))) continue
      turned.set([a, d, c], t)
      turned.set([d, b, c], u)
      joined.add(c * count + d)
      joined.add(d * count + c)
      touched.add(t)
      touched.add(u)
    }
    if (touched.size === 0) break
  }
  return turned
}

/** How much the mean of some vertices differs from the map there, disparity. */
function deviation(points: Float32Array, vertices: readonly number[], { width, height, disparity }: DisparityMap): number {
  const mean = (axis: number): number => vertices.reduce((sum, v) => sum + points[3 * v + axis], 0) / vertices.length
  const x = Math.min(width - 1, Math.floor(mean(0)))
  const y = Math.min(height - 1, Math.floor(mean(1)))
  return Math.abs(mean(2) - disparity[y * width + x])
}

/** As seen from the source view, and how long it is, pixels. */
function longestEdge(points: Float32Array, triangles: Uint32Array, t: number): [edge: number, length: number] {
  let longest = t
  let most = -1
  for (let e = t; e < t + 3; e++) {
    const [p, q] = [3 * triangles[e], 3 * triangles[nextOf(e)]]
    const length = Math.hypot(points[p] - points[q], points[p + 1] - points[q + 1])
    if (length > most) [longest, most] = [e, length]
  }
  return [longest, most]
}
