import { lastOf, linkTriangles, nextOf } from '../mesh/surface/half-edges.js'
import type { Mesh } from '../mesh/unproject.js'
import { moveCorners, type Movable } from './move-corners.js'
import { close, isOpen, seenLength, tangleOf, turnedTriangles, type Tangle } from './tangle.js'

/** Of 100,000 triangles of a 1024 px photo 50 are turned over, and none after three rounds. */
const ROUNDS = 8
/** Where more of the triangles than are allowed are turned over, but no more than so many, they are too few to tell that what they are rounded to is too coarse for them. */
const FEW = 100
/** How often corners are moved: once, of nearly all levels that need it, twice of the others. */
const MOVES = 4
/** No more triangles than so many are set right by their corners, each of which has thousands of places: of surfaces ten times as dense as their map's pixels that would take minutes. */
const MOST_STUCK = 100

/**
 * Sets right the triangles that rounding turned over, as the camera at the origin sees them: slivers, thinner than the rounding, one of whose corners came to lie on the other side of its
 * longest edge. That edge is turned; where it can't be, as nothing is on its other side or the corners it would join are joined already, triangles are closed. Of one level in forty one to twelve triangles are left
 * whose edges turn each other back: their corners are moved, and what even that leaves is closed, if the surface is open.
 *
 * @param rounded what the mesh's vertices are rounded to; changes where they are moved.
 * @param mayTurn share of the triangles that may be turned over.
 * @returns the triangles, closed ones with three times the same vertex; `null` where more are turned over, more than {@link MOST_STUCK} can't be set right by their edges, or some of a closed surface stay turned over.
 */
export function untangle<Place>(mesh: Pick<Mesh, 'positions' | 'indices'>, rounded: Movable<Place>, mayTurn: number): Uint32Array | null {
  const tangle = tangleOf(mesh, rounded.positions)
  const most = Math.max(FEW, mayTurn * tangle.sides.length)
  for (let move = 0; move <= MOVES; move++) {
    let turned = turnedTriangles(tangle)
    for (let round = 0; round < ROUNDS && turned.length > 0; round++) {
      if (turned.length > most) return null
      setRight(tangle, turned)
      turned = turnedTriangles(tangle)
    }
    if (turned.length === 0) return tangle.triangles
    if (turned.length > MOST_STUCK) return null
    if (move < MOVES) moveCorners(tangle, turned, rounded)
    // A few in a million, of surfaces denser than their map's pixels. What they were to cover, those around them cover by now.
    else if (isOpen(tangle)) for (const t of turned) close(tangle, t)
    else return null
  }
  return tangle.triangles
}

/** Turns the longest edges of triangles, in the part of the mesh that has a corner with one of them. Nothing else is asked about then, and linking all of it for some 50 triangles would take the longest. */
function setRight(tangle: Tangle, turned: readonly number[]): void {
  const near = trianglesNear(tangle, turned)
  const part = { triangles: new Uint32Array(3 * near.length), rounded: tangle.rounded, sides: Int8Array.from(near, (t) => tangle.sides[t]) }
  near.forEach((t, i) => copyTriangle(tangle.triangles, t, part.triangles, i))
  const isTurned = new Set(turned)
  turnLongestEdges(part, Array.from(near.keys()).filter((i) => isTurned.has(near[i])))
  near.forEach((t, i) => copyTriangle(part.triangles, i, tangle.triangles, t))
}

function turnLongestEdges(tangle: Tangle, turned: readonly number[]): void {
  const { triangles, rounded, sides } = tangle
  const twins = linkTriangles(triangles, rounded.length / 3)
  const edges = new Edges(triangles, rounded.length / 3)
  const touched = new Set<number>()
  for (const t of turned) {
    if (touched.has(t)) continue
    const e = longestEdge(tangle, t)
    const f = twins[e]
    if (f < 0) {
      close(tangle, t)
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
      for (const closed of changed.slice(1)) close(tangle, closed)
    }
    for (const each of changed) touched.add(each)
  }
}

/** The triangles that have a corner with some of these, and these, in order. */
function trianglesNear({ triangles, rounded }: Tangle, some: readonly number[]): number[] {
  const isCorner = new Uint8Array(rounded.length / 3)
  for (const t of some) for (let e = 3 * t; e < 3 * t + 3; e++) isCorner[triangles[e]] = 1
  const near: number[] = []
  for (let e = 0; e < triangles.length; e += 3) if (isCorner[triangles[e]] + isCorner[triangles[e + 1]] + isCorner[triangles[e + 2]] > 0) near.push(e / 3)
  return near
}

function copyTriangle(from: Uint32Array, t: number, to: Uint32Array, u: number): void {
  for (let i = 0; i < 3; i++) to[3 * u + i] = from[3 * t + i]
}

/** As the camera sees it. */
function longestEdge(tangle: Tangle, t: number): number {
  const lengthOf = (e: number): number => seenLength(tangle, tangle.triangles[e], tangle.triangles[nextOf(e)])
  return [3 * t, 3 * t + 1, 3 * t + 2].reduce((longest, e) => (lengthOf(e) > lengthOf(longest) ? e : longest))
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
