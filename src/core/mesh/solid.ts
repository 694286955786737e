import { MeshoptSimplifier } from 'meshoptimizer'
import { depthAt, disparityAt, inverseDepth } from '../camera.js'
import type { DisparityMap } from '../depth/convention.js'
import type { Settings } from '../options.js'
import { lastOf, linkTriangles, nextOf } from './surface/half-edges.js'
import type { Surface } from './surface/surface.js'
import { dropUnused, isSound } from './surface/topology.js'
import type { PlaneMesh } from './triangulate/triangulate.js'

/** How far behind the deepest point the back lies: this share of the whole range of depth (perspective) or of disparity (a relief). Thick enough to print. */
const THICKNESS = 0.05

/** The sheet is flat and its outline locked: no error is possible, and what the simplifier takes for one is rounding. */
const NO_ERROR_BOUND = 1e6

/**
 * Closes the back and the sides: every edge has exactly two faces, also where the surface is cut, has holes or falls into pieces.
 *
 *       front ____/\___        a view from above; each boundary vertex has a partner on the back,
 *            |         |       on the same ray from the camera, or straight behind it on a relief,
 *       back |_________|       and the same place in the picture
 *
 * The back is flat, and as simple as its outline lets it be: `triangles` of the front become about triangles + 3 · boundary edges.
 */
export async function closeSolid(plane: PlaneMesh, map: DisparityMap, settings: Settings): Promise<PlaneMesh> {
  const { points, triangles } = splitFans(plane)
  const count = points.length / 3
  const twin = linkTriangles(triangles, count)

  // (1) The back: the front's outline, seen from behind.
  const flat = await simplestInside(points, triangles)
  const partner = new Int32Array(count).fill(-1)
  const closed: number[] = Array.from(points)
  const depth = backDisparity(points, map, settings)
  const behind = (vertex: number): number => {
    if (partner[vertex] < 0) {
      partner[vertex] = closed.length / 3
      closed.push(points[3 * vertex], points[3 * vertex + 1], depth)
    }
    return partner[vertex]
  }
  const faces: number[] = Array.from(triangles)
  for (let t = 0; t < flat.length; t += 3) faces.push(behind(flat[t]), behind(flat[t + 2]), behind(flat[t + 1]))

  // (2) The sides: two triangles behind each boundary edge.
  for (let e = 0; e < triangles.length; e++) {
    if (twin[e] >= 0) continue
    const a = triangles[e]
    const b = triangles[nextOf(e)]
    faces.push(b, a, behind(a), b, behind(a), behind(b))
  }
  return { ...plane, points: Float32Array.from(closed), triangles: Uint32Array.from(faces), folded: true }
}

/** Gives each fan of triangles around a vertex a vertex of its own, so that where two corners of an outline meet each has its own edge to the back. */
function splitFans({ points, triangles }: Surface): Surface {
  const twin = linkTriangles(triangles, points.length / 3)
  const corner = new Int32Array(triangles.length).fill(-1)
  const used = new Uint8Array(points.length / 3)
  const split: number[] = Array.from(points)
  for (let start = 0; start < triangles.length; start++) {
    if (corner[start] >= 0) continue
    const vertex = triangles[start]
    const id = used[vertex] === 0 ? vertex : split.length / 3
    if (used[vertex] === 1) split.push(points[3 * vertex], points[3 * vertex + 1], points[3 * vertex + 2])
    used[vertex] = 1
    // All corners that are reached across edges at this vertex, one way and then the other.
    for (let c = start; c >= 0 && corner[c] < 0; ) {
      corner[c] = id
      c = twin[lastOf(c)]
    }
    for (let c = start; ; ) {
      const across = twin[c]
      if (across < 0) break
      c = nextOf(across)
      if (corner[c] >= 0) break
      corner[c] = id
    }
  }
  return { points: Float32Array.from(split), triangles: Uint32Array.from(corner) }
}

/** Triangles with the same outline and no more inside than it takes, by meshoptimizer on the flat sheet; the front's own where that is not sound. */
async function simplestInside(points: Float32Array, triangles: Uint32Array): Promise<Uint32Array> {
  if (triangles.length === 0) return triangles
  await MeshoptSimplifier.ready
  const count = points.length / 3
  const sheet = points.map((value, i) => (i % 3 === 2 ? 0 : value))
  const outline = new Uint8Array(count)
  const twin = linkTriangles(triangles, count)
  triangles.forEach((vertex, e) => {
    if (twin[e] < 0) outline[vertex] = outline[triangles[nextOf(e)]] = 1
  })
  const [flat] = MeshoptSimplifier.simplifyWithAttributes(triangles, sheet, 3, new Float32Array(count), 1, [0], outline, 0, NO_ERROR_BOUND, ['ErrorAbsolute'])
  const used = dropUnused(sheet, flat)
  return flat.length > 0 && isSound(used.points, used.triangles) && hasSameOutline(triangles, flat, count) ? flat : triangles
}

function hasSameOutline(a: Uint32Array, b: Uint32Array, vertexCount: number): boolean {
  const outline = (triangles: Uint32Array) => {
    const twin = linkTriangles(triangles, vertexCount)
    return new Set(Array.from(triangles, (vertex, e) => (twin[e] < 0 ? vertex * vertexCount + triangles[nextOf(e)] : -1)))
  }
  const wanted = outline(a)
  const found = outline(b)
  return wanted.size === found.size && [...wanted].every((edge) => found.has(edge))
}

/** The disparity of the back; below 0 where it is behind `far` or below black. */
function backDisparity(points: Float32Array, { near, far }: DisparityMap, { projection }: Settings): number {
  let lowest = Infinity
  for (let i = 2; i < points.length; i += 3) lowest = Math.min(lowest, points[i])
  if (projection === 'orthographic') return lowest - THICKNESS
  const inverse = inverseDepth({ near, far })
  return disparityAt(depthAt(lowest, inverse) + THICKNESS * (far - near), inverse)
}
