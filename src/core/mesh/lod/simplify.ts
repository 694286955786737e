import { MeshoptSimplifier } from 'meshoptimizer'
import { LATTICE, Triangulation } from '../surface/delaunay.js'
import type { Surface } from '../surface/surface.js'

/**
 * What a disparity of 1 weighs against the picture's width when triangles are taken out. RMS at 6k | 1.5k triangles of a scene with jumps,
 * against plain insertion: × .25 .41 | .34, × .1 .22 | .28, × .05 .18 | .29 (and 1.7 | .57 in a room, where × .1 gives .24 at 1.5k).
 */
const DISPARITY_WEIGHT = 0.1

/** How often to ask for fewer triangles when too many vertices stayed. */
const ATTEMPTS = 4

/** Points are inserted in stripes this high, px, to and fro: each search starts beside the last point. */
const STRIPE = 16

/**
 * Which vertices of a surface to keep so that at most `budget` triangles remain, by meshoptimizer's quadric edge collapse: it keeps cliffs
 * better than insertion does where triangles are few.
 *
 * Its triangles are not used: it folds some over in the picture (4–90 a level, now and then three on an edge). The vertices are triangulated
 * anew, which is sound by construction; turning edges afterwards finds the cliffs again.
 *
 * @param surface one sheet over the whole picture.
 * @returns undefined when the vertices don't fit the budget.
 */
export async function simplifySheet({ points, triangles }: Surface, budget: number, width: number, height: number): Promise<Surface | undefined> {
  await MeshoptSimplifier.ready
  // (1) Disparity in pixels; the picture's corners must stay.
  const count = points.length / 3
  const scaled = points.slice()
  const locked = new Uint8Array(count)
  const corners = [-1, -1, -1, -1]
  for (let v = 0; v < count; v++) {
    scaled[3 * v + 2] *= DISPARITY_WEIGHT * width
    const right = points[3 * v] === width
    const bottom = points[3 * v + 1] === height
    if (!(right || points[3 * v] === 0) || !(bottom || points[3 * v + 1] === 0)) continue
    // counter-clockwise from the top left, as seen
    corners[right ? (bottom ? 2 : 3) : bottom ? 1 : 0] = v
    locked[v] = 1
  }
  // (2) Which vertices stay. Where triangles folded over there are more of them than so many sound triangles have: then once more, for fewer.
  let target = Math.min(budget, triangles.length / 3)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [kept] = MeshoptSimplifier.simplifyWithAttributes(triangles, scaled, 3, new Float32Array(count), 1, [0], locked, 3 * target, 1e6, ['ErrorAbsolute'])
    const surface = triangulateVertices(points, kept, corners)
    if (surface.triangleCount <= budget) return surface.toSurface()
    target -= surface.triangleCount - budget
    if (target < 2) break
  }
  return undefined
}

/** The Delaunay triangulation of the vertices that some triangles use. */
function triangulateVertices(points: Float32Array, kept: Uint32Array, corners: readonly number[]): Triangulation {
  const count = points.length / 3
  const stays = new Uint8Array(count)
  for (const v of kept) stays[v] = 1
  for (const v of corners) stays[v] = 0
  const order: number[] = []
  for (let v = 0; v < count; v++) if (stays[v] === 1) order.push(v)
  const stripe = (v: number): number => Math.floor(points[3 * v + 1] / STRIPE)
  order.sort((a, b) => stripe(a) - stripe(b) || (stripe(a) % 2 === 0 ? points[3 * a] - points[3 * b] : points[3 * b] - points[3 * a]) || a - b)

  const surface = new Triangulation(order.length + 4, 2 * order.length + 4)
  for (const v of corners) surface.addVertex(points[3 * v] * LATTICE, points[3 * v + 1] * LATTICE, points[3 * v + 2])
  surface.setTriangle(surface.addTriangle(), 0, 1, 2, -1, -1, -1)
  surface.setTriangle(surface.addTriangle(), 0, 2, 3, 2, -1, -1)
  let near = 0
  for (const v of order) near = surface.insert(points[3 * v] * LATTICE, points[3 * v + 1] * LATTICE, points[3 * v + 2], near)
  return surface
}
