import type { Bend } from './bent-uvs.js'
import { linkTriangles, type RefinableSurface } from './refine.js'

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
export function splitBent<Surface extends RefinableSurface>(surface: Surface, map: { width: number; height: number }, { bend, most, budget }: { bend: Bend; most: number; budget: number }): Surface {
  const points = Array.from(surface.points)
  const triangles = Array.from(surface.triangles)
  const twins = Array.from(linkTriangles(surface.triangles, points.length / 3))
  const out = new Float64Array(2)
  const bentAt = (x: number, y: number): [u: number, v: number] => {
    bend(x / map.width, y / map.height, out)
    return [out[0] * map.width, out[1] * map.height]
  }
  const bent = Array.from({ length: points.length / 3 }, (_, i) => bentAt(points[3 * i], points[3 * i + 1]))
  const next = (e: number) => (e % 3 === 2 ? e - 2 : e + 1)
  const slipOf = (e: number): number => {
    const [a, b] = [triangles[e], triangles[next(e)]]
    const [u, v] = bentAt((points[3 * a] + points[3 * b]) / 2, (points[3 * a + 1] + points[3 * b + 1]) / 2)
    return Math.hypot(u - (bent[a][0] + bent[b][0]) / 2, v - (bent[a][1] + bent[b][1]) / 2)
  }
  const link = (e: number, twin: number): void => {
    twins[e] = twin
    if (twin >= 0) twins[twin] = e
  }
  /** Edge e of a triangle a b c becomes a m; the new triangle is m b c. Gives the new half of the edge. */
  const splitTriangle = (e: number, m: number): number => {
    const [b, c] = [triangles[next(e)], triangles[next(next(e))]]
    const right = next(e)
    const t = triangles.length
    triangles.push(m, b, c)
    twins.push(-1, -1, -1)
    link(t + 1, twins[right])
    triangles[right] = m
    link(right, t + 2)
    return t
  }
  /** Worst last. An edge that has become another since it was queued is looked at again when its turn comes. */
  const queue: { edge: number; slip: number }[] = []
  const enqueue = (edge: number): void => {
    const slip = slipOf(edge)
    if (slip <= most) return
    let [low, high] = [0, queue.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (queue[middle].slip < slip) low = middle + 1
      else high = middle
    }
    queue.splice(low, 0, { edge, slip })
  }
  for (let e = 0; e < triangles.length; e++) if (twins[e] < e) enqueue(e)
  for (let worst = queue.pop(); worst !== undefined; worst = queue.pop()) {
    const e = worst.edge
    const twin = twins[e]
    if (slipOf(e) <= most) continue
    if (triangles.length / 3 + (twin < 0 ? 1 : 2) > budget) break
    const [a, b] = [triangles[e], triangles[next(e)]]
    const m = points.length / 3
    for (let axis = 0; axis < 3; axis++) points.push((points[3 * a + axis] + points[3 * b + axis]) / 2)
    bent.push(bentAt(points[3 * m], points[3 * m + 1]))
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
