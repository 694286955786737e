import { lastOf, linkTriangles, nextOf } from '../mesh/half-edges.js'
import type { Mesh } from '../mesh/unproject.js'
import { volume } from './perspective.js'

/** Of 100,000 triangles of a 1024 px photo 50 are turned over, and none after three rounds. */
const ROUNDS = 8
/** Where more of the triangles than this share are turned over, and more than a few, what they are rounded to is too coarse for them. */
const MOST_TURNED = 0.05
const FEW = 100
/** How narrow float32 can't tell from nothing, as the camera sees it, per metre of depth: the sides of a closed surface lie along its rays. */
const EDGE_ON = 5e-7

/**
 * Sets right the triangles that rounding turned over, as the camera at the origin sees them: slivers, thinner than the rounding, one of whose corners came to lie on the other side of its
 * longest edge. That edge is turned; where it can't be, as nothing is on its other side or the corners it would join are joined already, triangles are closed.
 *
 * @param rounded x, y, z per vertex.
 * @returns the triangles, closed ones with three times the same vertex; `null` where some stay turned over.
 */
export function untangle({ positions, indices }: Pick<Mesh, 'positions' | 'indices'>, rounded: Int16Array): Uint32Array | null {
  const triangles = indices.slice()
  /** Which side of each triangle the camera sees, if any: no edge is turned between two sides. */
  const sides = Int8Array.from({ length: triangles.length / 3 }, (_, t) => sideOf(positions, cornersOf(triangles, t)))
  for (let round = 0; round < ROUNDS; round++) {
    const turned = turnedTriangles(triangles, sides, rounded)
    if (turned.length === 0) return triangles
    if (turned.length > Math.max(FEW, MOST_TURNED * sides.length)) return null
    const twins = linkTriangles(triangles, rounded.length / 3)
    const edges = new Edges(triangles, rounded.length / 3)
    const touched = new Set<number>()
    for (const t of turned) {
      if (touched.has(t)) continue
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
      if (c === d || changed.some((each) => touched.has(each) || sides[each] !== sides[t]) || (beyond === undefined && edges.has(c, d))) continue
      if (beyond === undefined) {
        triangles.set([a, d, c], 3 * t)
        triangles.set([d, b, c], 3 * u)
        edges.add(c, d)
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

/** 1 or −1, 0 where the camera sees a triangle's edge alone. */
function sideOf(p: Float32Array, [a, b, c]: [number, number, number]): number {
  const across = (to: number, axis: number): number => p[to + axis] / p[to + 2] - p[a + axis] / p[a + 2]
  const [bx, by, cx, cy] = [across(b, 0), across(b, 1), across(c, 0), across(c, 1)]
  return Math.abs(bx * cy - by * cx) < EDGE_ON * (Math.hypot(bx, by) + Math.hypot(cx, cy)) ? 0 : Math.sign(volume(p, a, b, c))
}

/** Which vertices are joined, as triangles were when it was made, and what was added since. */
class Edges {
  private readonly starts: Int32Array
  private readonly goals: Uint32Array
  private readonly added = new Set<number>()

  constructor(
    triangles: Uint32Array,
    private readonly count: number,
  ) {
    this.starts = new Int32Array(count + 1)
    for (const vertex of triangles) this.starts[vertex + 1]++
    for (let vertex = 0; vertex < count; vertex++) this.starts[vertex + 1] += this.starts[vertex]
    const filled = this.starts.slice(0, count)
    this.goals = new Uint32Array(triangles.length)
    for (let e = 0; e < triangles.length; e++) this.goals[filled[triangles[e]]++] = triangles[nextOf(e)]
  }

  has(a: number, b: number): boolean {
    return this.leads(a, b) || this.leads(b, a) || this.added.has(a * this.count + b) || this.added.has(b * this.count + a)
  }

  add(a: number, b: number): void {
    this.added.add(a * this.count + b)
  }

  private leads(a: number, b: number): boolean {
    return this.goals.subarray(this.starts[a], this.starts[a + 1]).includes(b)
  }
}
