import { lastOf, nextOf } from './half-edges.js'
import type { Surface } from './surface.js'

/** Twice the area, px², that every triangle keeps where vertices are moved or exchanged. */
export const LEAST_AREA = 0.5

/** What is wrong with a surface in (u, v): all zero when nothing is. */
export interface TopologyFaults {
  /** Triangles that are clockwise as seen. */
  flipped: number
  /** Triangles without area in the picture, or that use a vertex twice. */
  degenerate: number
  /** Triangles that are there already. */
  duplicate: number
  /** Edges with more than two faces, or two faces on the same side. */
  crowdedEdges: number
  /** Vertices that belong to no triangle. */
  unusedVertices: number
  /** Coordinates or indices that are no numbers or lead nowhere. */
  invalid: number
  /** 1 when there is no triangle at all. */
  empty: number
}

/** Counts what is wrong with a surface. Points and triangles as in {@link Surface}. */
export function findFaults(points: Float32Array, triangles: Uint32Array): TopologyFaults {
  const faults: TopologyFaults = { flipped: 0, degenerate: 0, duplicate: 0, crowdedEdges: 0, unusedVertices: 0, invalid: 0, empty: triangles.length === 0 ? 1 : 0 }
  const vertices = points.length / 3
  const used = new Uint8Array(vertices)
  for (const value of points) if (!Number.isFinite(value)) faults.invalid++
  const edges: number[] = []
  const faces: number[] = []
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = triangles.subarray(t, t + 3)
    if (!(a < vertices && b < vertices && c < vertices)) {
      faults.invalid++
      continue
    }
    used[a] = used[b] = used[c] = 1
    const area = seenArea(points, a, b, c)
    if (a === b || b === c || c === a || area === 0) faults.degenerate++
    else if (area < 0) faults.flipped++
    edges.push(a * vertices + b, b * vertices + c, c * vertices + a)
    const low = Math.min(a, b, c)
    const high = Math.max(a, b, c)
    faces.push(low * vertices + (a + b + c - low - high), high)
  }
  // a sound surface has each directed edge once: more than two faces at an edge, or two that face opposite ways, repeat one
  const sorted = Float64Array.from(edges).sort()
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) faults.crowdedEdges++
  const seen = new Map<number, Set<number>>()
  for (let i = 0; i < faces.length; i += 2) {
    let thirds = seen.get(faces[i])
    if (thirds === undefined) seen.set(faces[i], (thirds = new Set()))
    if (thirds.has(faces[i + 1])) faults.duplicate++
    thirds.add(faces[i + 1])
  }
  for (const mark of used) if (mark === 0) faults.unusedVertices++
  return faults
}

/** Whether a surface is sound: no fault of any kind. */
export function isSound(points: Float32Array, triangles: Uint32Array): boolean {
  return Object.values(findFaults(points, triangles)).every((count) => count === 0)
}

/** Twice a triangle's area in the picture, px²; positive when counter-clockwise as seen. */
export function seenArea(points: Float32Array, a: number, b: number, c: number): number {
  return (points[3 * b + 1] - points[3 * a + 1]) * (points[3 * c] - points[3 * a]) - (points[3 * b] - points[3 * a]) * (points[3 * c + 1] - points[3 * a + 1])
}

/** Drops vertices that no triangle uses; the rest keep their order. */
export function dropUnused(points: Float32Array, triangles: Uint32Array): Surface {
  const vertices = points.length / 3
  const renumbered = new Int32Array(vertices).fill(-1)
  for (const v of triangles) renumbered[v] = 0
  let count = 0
  for (let v = 0; v < vertices; v++) if (renumbered[v] === 0) renumbered[v] = count++
  if (count === vertices) return { points, triangles }
  const kept = new Float32Array(3 * count)
  for (let v = 0; v < vertices; v++) if (renumbered[v] >= 0) kept.set(points.subarray(3 * v, 3 * v + 3), 3 * renumbered[v])
  return { points: kept, triangles: triangles.map((v) => renumbered[v]) }
}

/** Drops what is turned over, closed or there twice; where an edge has more than two faces the later ones get vertices of their own. */
export function mend({ points, triangles }: Surface): Surface {
  /** The last half-edge that was kept of those that leave a vertex, and for each the one before it. */
  const last = new Int32Array(points.length / 3).fill(-1)
  const before = new Int32Array(triangles.length)
  const hasOwnVertices = new Uint8Array(triangles.length / 3)
  const grown: number[] = []
  const kept = new Uint32Array(triangles.length)
  let count = 0
  for (let t = 0; t < triangles.length; t += 3) {
    if (!(seenArea(points, triangles[t], triangles[t + 1], triangles[t + 2]) > 0)) continue
    let crowded = false
    let twice = false
    for (let e = t; e < t + 3; e++) {
      for (let f = last[triangles[e]]; f >= 0; f = before[f]) {
        if (triangles[nextOf(f)] !== triangles[nextOf(e)]) continue
        if (triangles[lastOf(f)] === triangles[lastOf(e)]) twice = true
        if (hasOwnVertices[Math.floor(f / 3)] === 0) crowded = true
      }
    }
    if (twice) continue
    if (crowded) hasOwnVertices[t / 3] = 1
    for (let e = t; e < t + 3; e++) {
      const v = triangles[e]
      before[e] = last[v]
      last[v] = e
      kept[count++] = crowded ? (points.length + grown.length) / 3 : v
      if (crowded) grown.push(points[3 * v], points[3 * v + 1], points[3 * v + 2])
    }
  }
  const all = new Float32Array(points.length + grown.length)
  all.set(points)
  all.set(grown, points.length)
  return dropUnused(all, kept.slice(0, count))
}
