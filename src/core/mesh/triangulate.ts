import type { DisparityMap } from '../depth/convention.js'
import { LATTICE, Triangulation } from './delaunay.js'
import { measureError, type ErrorModel, type PixelError } from './error.js'
import { insertGreedily, type Snapshot, type Stops } from './greedy.js'
import { extrapolate } from './sample.js'

/** A surface over the picture. */
export interface PlaneMesh {
  /** u px, v px, disparity per vertex. Pixel (x, y) has its centre at (x + ½, y + ½); the picture's edges are 0, width and height. */
  points: Float32Array
  /** Three vertices per triangle, counter-clockwise as seen from the camera (v grows downward). */
  triangles: Uint32Array
  /** Largest vertical distance from the map at a pixel centre, disparity. */
  maxError: number
  /** Root mean square of the same, disparity. */
  rmsError: number
  /** The error that counts, source pixels, over every pixel covered: see {@link ErrorModel}. */
  pixelError: PixelError
}

/**
 * The surface with the smallest error that counts for its triangles, at several budgets or error bounds at once.
 *
 * @param options `budgets`: triangles, falling; a level never has more. `errors`: bounds in source pixels, growing.
 * @returns fine → coarse. A budget that the map doesn't need is not used up.
 */
export function triangulate(map: DisparityMap, options: { budgets: readonly number[] } | { errors: readonly number[] }, model: ErrorModel): PlaneMesh[] {
  const stops: Stops = 'budgets' in options ? { budgets: options.budgets.toReversed() } : { errors: options.errors.toReversed() }
  const surface = createRectangle(map)
  return insertGreedily(surface, map, map.disparity, model, stops, Infinity)
    .map((snapshot) => toPlane(surface, snapshot, map, model))
    .toReversed()
}

function createRectangle(map: DisparityMap): Triangulation {
  const { width, height } = map
  const surface = new Triangulation(64, 64)
  const corner = (right: number, bottom: number) => {
    const value = extrapolate(map, right * (width - 1), bottom * (height - 1), right * width, bottom * height, Infinity)
    return surface.addVertex(right * width * LATTICE, bottom * height * LATTICE, Number.isNaN(value) ? 0 : value)
  }
  const a = corner(0, 0)
  const b = corner(0, 1)
  const c = corner(1, 1)
  const d = corner(1, 0)
  surface.setTriangle(surface.addTriangle(), a, b, c, -1, -1, -1)
  surface.setTriangle(surface.addTriangle(), a, c, d, 2, -1, -1)
  return surface
}

function toPlane(surface: Triangulation, snapshot: Snapshot, map: DisparityMap, model: ErrorModel): PlaneMesh {
  const points = new Float32Array(3 * snapshot.vertexCount)
  for (let i = 0; i < snapshot.vertexCount; i++) {
    points[3 * i] = surface.x[i] / LATTICE
    points[3 * i + 1] = surface.y[i] / LATTICE
    points[3 * i + 2] = surface.z[i]
  }
  const triangles = Uint32Array.from(snapshot.tri).filter((_, i, all) => {
    const t = i - (i % 3)
    const u = (points[3 * all[t]] + points[3 * all[t + 1]] + points[3 * all[t + 2]]) / 3
    const v = (points[3 * all[t] + 1] + points[3 * all[t + 1] + 1] + points[3 * all[t + 2] + 1]) / 3
    return !Number.isNaN(map.disparity[Math.floor(v) * map.width + Math.floor(u)])
  })
  return { points, triangles, ...measureError(points, triangles, map, model) }
}

/** Even quads, as pairs of triangles, within a budget. */
export function triangulateGrid(map: DisparityMap, budget: number): PlaneMesh {
  const { width, height, disparity } = map
  const cells = Math.max(1, budget / 2)
  const columns = Math.max(1, Math.min(width - 1, Math.floor(Math.sqrt((cells * width) / height))))
  const rows = Math.max(1, Math.min(height - 1, Math.floor(cells / columns)))
  const points = new Float32Array((columns + 1) * (rows + 1) * 3)
  for (let j = 0, at = 0; j <= rows; j++) {
    const y = Math.round((j * (height - 1)) / rows)
    for (let i = 0; i <= columns; i++) {
      const x = Math.round((i * (width - 1)) / columns)
      points[at++] = i === 0 ? 0 : i === columns ? width : x + 0.5
      points[at++] = j === 0 ? 0 : j === rows ? height : y + 0.5
      points[at++] = disparity[y * width + x]
    }
  }
  const triangles: number[] = []
  const known = (index: number) => !Number.isNaN(points[index * 3 + 2])
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const a = j * (columns + 1) + i
      const b = a + 1
      const c = a + columns + 1
      const d = c + 1
      if (known(a) && known(c) && known(b)) triangles.push(a, c, b)
      if (known(b) && known(c) && known(d)) triangles.push(b, c, d)
    }
  }
  return { points, triangles: Uint32Array.from(triangles), maxError: 0, rmsError: 0, pixelError: { max: 0, rms: 0, p99: 0 } }
}
