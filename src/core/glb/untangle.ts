import { lastOf, linkTriangles, nextOf } from '../mesh/half-edges.js'
import type { Mesh } from '../mesh/unproject.js'
import { volume } from './perspective.js'

/** Of 100,000 triangles of a 1024 px photo 50 are turned over, and none after three rounds. */
const ROUNDS = 8

/**
 * Sets right the triangles that rounding turned over, as the camera at the origin sees them: slivers, thinner than the rounding, one of whose corners came to lie on the other side of its
 * longest edge. That edge is turned; where it can't be, as nothing is on its other side or the corners it would join are joined already, triangles are closed.
 *
 * @param rounded x, y, z per vertex.
 * @returns the triangles, closed ones with three times the same vertex; `null` where some stay turned over.
 */
export function untangle({ positions, indices }: Pick<Mesh, 'positions' | 'indices'>, rounded: Int16Array): Uint32Array | null {
  const triangles = indices.slice()
  /** Which side of each triangle the camera sees: no edge is turned between two sides. */
  const sides = Int8Array.from({ length: triangles.length / 3 }, (_, t) => Math.sign(volume(positions, ...cornersOf(triangles, t))))
  for (let round = 0; round < ROUNDS; round++) {
    const turned = turnedTriangles(triangles, sides, rounded)
    if (turned.length === 0) return triangles
    const twins = linkTriangles(triangles, rounded.length / 3)
    const touched = new Set<number>()
    for (const t of turned) {
      const e = longestEdge(triangles, t, rounded)
      const f = twins[e]
      if (f < 0) {
        close(triangles, t)
        touched.add(t)
        continue
      }
      const u = (f / 3) | 0
      const [a, b, c, d] = [triangles[e], triangles[nextOf(e)], triangles[lastOf(e)], triangles[lastOf(f)]]
      // Where one end of the edge has no other triangle than these two and a third, that end is left out.
      const beyond = [nextOf(e), lastOf(e)].find((side) => twins[side] >= 0 && triangles[lastOf(twins[side])] === d)
      const changed = beyond === undefined ? [t, u] : [t, u, (twins[beyond] / 3) | 0]
      if (c === d || changed.some((each) => touched.has(each) || sides[each] !== sides[t]) || (beyond === undefined && isEdge(triangles, c, d))) continue
      if (beyond === undefined) {
        triangles.set([a, d, c], 3 * t)
        triangles.set([d, b, c], 3 * u)
      } else {
        triangles.set(beyond === nextOf(e) ? [a, d, c] : [d, b, c], 3 * t)
        for (const closed of changed.slice(1)) close(triangles, closed)
      }
      for (const each of changed) touched.add(each)
    }
  }
  return turnedTriangles(triangles, sides, rounded).length === 0 ? triangles : null
}

function turnedTriangles(triangles: Uint32Array, sides: Int8Array, rounded: Int16Array): number[] {
  const turned: number[] = []
  for (let t = 0; t < sides.length; t++) if (volume(rounded, ...cornersOf(triangles, t)) * sides[t] < 0) turned.push(t)
  return turned
}

/** Gives a triangle the same vertex three times. */
function close(triangles: Uint32Array, t: number): void {
  triangles.fill(triangles[3 * t], 3 * t, 3 * t + 3)
}

/** Where the corners' numbers begin. */
function cornersOf(triangles: Uint32Array, t: number): [number, number, number] {
  return [triangles[3 * t] * 3, triangles[3 * t + 1] * 3, triangles[3 * t + 2] * 3]
}

/** As the camera sees it. */
function longestEdge(triangles: Uint32Array, t: number, rounded: Int16Array): number {
  const seen = (vertex: number, axis: number): number => rounded[vertex * 3 + axis] / rounded[vertex * 3 + 2]
  const lengthOf = (e: number): number => Math.hypot(seen(triangles[e], 0) - seen(triangles[nextOf(e)], 0), seen(triangles[e], 1) - seen(triangles[nextOf(e)], 1))
  return [3 * t, 3 * t + 1, 3 * t + 2].reduce((longest, e) => (lengthOf(e) > lengthOf(longest) ? e : longest))
}

/** Whether an edge joins two vertices already. (All triangles are looked at, for the few edges that are turned.) */
function isEdge(triangles: Uint32Array, a: number, b: number): boolean {
  for (let e = 0; e < triangles.length; e++) {
    const next = triangles[nextOf(e)]
    if ((triangles[e] === a && next === b) || (triangles[e] === b && next === a)) return true
  }
  return false
}
