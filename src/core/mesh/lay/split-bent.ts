import { lastOf, linkTriangles, nextOf } from '../surface/half-edges.js'
import type { Surface } from '../surface/surface.js'
import type { Bend } from './bent-uvs.js'

/**
 * Splits edges along which a bent picture slips by more than `most` pixels, worst first, while there are triangles left for it. The surface stays as it is: a split edge gets a vertex
 * in its middle.
 *
 *        c                c
 *       / \              /|\
 *      /   \            / | \
 *     a─────b    →     a──m──b
 *      \   /            \ | /
 *       \ /              \|/
 *        d                d
 */
export function splitBent<Given extends Surface>(surface: Given, map: { width: number; height: number }, { bend, most, budget }: { bend: Bend; most: number; budget: number }): Given {
  const points = Array.from(surface.points)
  const triangles = Array.from(surface.triangles)
  const twins = Array.from(linkTriangles(surface.triangles, points.length / 3))
  const out = new Float64Array(2)
  /** What vertices wear: u px, v px. */
  const bent: number[] = []
  const wear = (vertex: number): void => {
    bend(points[3 * vertex] / map.width, points[3 * vertex + 1] / map.height, out)
    bent.push(out[0] * map.width, out[1] * map.height)
  }
  for (let vertex = 0; vertex < points.length / 3; vertex++) wear(vertex)
  /** At a share of the way from b to a: how far the mean of what they wear lies from what is there. */
  const edgeSlip = (a: number, b: number, share: number): number => {
    const rest = 1 - share
    bend((share * points[3 * a] + rest * points[3 * b]) / map.width, (share * points[3 * a + 1] + rest * points[3 * b + 1]) / map.height, out)
    return distance(out[0] * map.width - share * bent[2 * a] - rest * bent[2 * b], out[1] * map.height - share * bent[2 * a + 1] - rest * bent[2 * b + 1])
  }
  const lengthOf = (e: number): number => {
    const [a, b] = [3 * triangles[e], 3 * triangles[nextOf(e)]]
    return distance(points[a] - points[b], points[a + 1] - points[b + 1])
  }
  const areaOf = (e: number): number => {
    const [a, b, c] = [3 * triangles[e], 3 * triangles[nextOf(e)], 3 * triangles[lastOf(e)]]
    return Math.abs((points[b] - points[a]) * (points[c + 1] - points[a + 1]) - (points[b + 1] - points[a + 1]) * (points[c] - points[a])) / 2
  }
  /** What a triangle slips by in its middle, if this is its longest edge: that is the one to split. */
  const middleSlip = (e: number): number => {
    const [right, left] = [nextOf(e), lastOf(e)]
    if (lengthOf(e) < Math.max(lengthOf(right), lengthOf(left))) return 0
    const [a, b, c] = [triangles[e], triangles[right], triangles[left]]
    bend((points[3 * a] + points[3 * b] + points[3 * c]) / 3 / map.width, (points[3 * a + 1] + points[3 * b + 1] + points[3 * c + 1]) / 3 / map.height, out)
    return distance(out[0] * map.width - (bent[2 * a] + bent[2 * b] + bent[2 * c]) / 3, out[1] * map.height - (bent[2 * a + 1] + bent[2 * b + 1] + bent[2 * c + 1]) / 3)
  }
  /** Looked for in three places: a long edge may bend one way and back, so that its middle alone shows nothing. */
  const slipOf = (e: number): number => {
    const [a, b] = [triangles[e], triangles[nextOf(e)]]
    const along = Math.max(edgeSlip(a, b, 0.25), edgeSlip(a, b, 0.5), edgeSlip(a, b, 0.75))
    return Math.max(along, middleSlip(e), twins[e] < 0 ? 0 : middleSlip(twins[e]))
  }
  const link = (e: number, twin: number): void => {
    twins[e] = twin
    if (twin >= 0) twins[twin] = e
  }
  /** Edge e of a triangle a b c becomes a m; the new triangle is m b c. Gives the new half of the edge. */
  const splitTriangle = (e: number, m: number): number => {
    const [b, c] = [triangles[nextOf(e)], triangles[lastOf(e)]]
    const right = nextOf(e)
    const t = triangles.length
    triangles.push(m, b, c)
    twins.push(-1, -1, -1)
    link(t + 1, twins[right])
    triangles[right] = m
    link(right, t + 2)
    return t
  }
  /** Worst last, as slip times the area that shows it. An edge that has become another since it was queued is looked at again when its turn comes. */
  const queue: { edge: number; cost: number }[] = []
  const enqueue = (edge: number): void => {
    const slip = slipOf(edge)
    if (slip <= most) return
    const cost = slip * (areaOf(edge) + (twins[edge] < 0 ? 0 : areaOf(twins[edge])))
    let [low, high] = [0, queue.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (queue[middle].cost < cost) low = middle + 1
      else high = middle
    }
    queue.splice(low, 0, { edge, cost })
  }
  for (let e = 0; e < triangles.length; e++) if (twins[e] < e) enqueue(e)
  for (let worst = queue.pop(); worst !== undefined; worst = queue.pop()) {
    const e = worst.edge
    const twin = twins[e]
    if (slipOf(e) <= most) continue
    if (triangles.length / 3 + (twin < 0 ? 1 : 2) > budget) break
    const [a, b] = [triangles[e], triangles[nextOf(e)]]
    const m = points.length / 3
    for (let axis = 0; axis < 3; axis++) points.push((points[3 * a + axis] + points[3 * b + axis]) / 2)
    wear(m)
    const half = splitTriangle(e, m)
    const changed = [e, half, half + 1, half + 2]
    if (twin >= 0) {
      const other = splitTriangle(twin, m)
      link(e, other)
      link(twin, half)
      changed.push(other, other + 1, other + 2)
    }
    for (const edge of changed) enqueue(edge)
  }
  return { ...surface, points: Float32Array.from(points), triangles: Uint32Array.from(triangles) }
}

/** (`Math.hypot` takes five times as long.) */
function distance(x: number, y: number): number {
  return Math.sqrt(x * x + y * y)
}
