import { isTurned, trianglesAround, type Tangle } from './tangle.js'

/** Vertices as they are rounded, and what else they may be rounded to. */
export interface Movable<Place> {
  /** x, y, z per vertex. */
  readonly positions: Int32Array
  /** Where a vertex is. */
  placeOf(vertex: number): Place
  /** Where it may be, the nearest first. */
  placesFor(vertex: number): Iterable<Place>
  /** Brings it there. */
  put(vertex: number, place: Place): void
}

/** How many places are tried of a corner, the nearest first. */
const MOST_TRIED = 4000

/**
 * Moves corners of triangles that rounding turned over: each to the nearest of its places around which nothing is turned over; where there is none, to the one that leaves the least so.
 */
export function moveCorners<Place>(tangle: Tangle, turned: readonly number[], vertices: Movable<Place>): void {
  const corners = new Set(turned.flatMap((t) => Array.from(tangle.triangles.subarray(3 * t, 3 * t + 3))))
  for (const [vertex, triangles] of trianglesAround(tangle, corners)) {
    const countTurned = (): number => triangles.reduce((count, t) => count + (isTurned(tangle, t) ? 1 : 0), 0)
    let best = vertices.placeOf(vertex)
    let least = countTurned()
    if (least === 0) continue
    let tried = 0
    for (const place of vertices.placesFor(vertex)) {
      if (tried++ === MOST_TRIED) break
      vertices.put(vertex, place)
      const count = countTurned()
      if (count >= least) continue
      best = place
      least = count
      if (least === 0) break
    }
    vertices.put(vertex, best)
  }
}
