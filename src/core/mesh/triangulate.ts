import type { DisparityMap } from '../depth/convention.js'
import { traceContours } from './contour.js'
import type { Jumps } from './cut.js'
import { LATTICE, type Triangulation } from './delaunay.js'
import { measureError, type ErrorModel, type PixelError } from './error.js'
import { insertGreedily, type Snapshot, type Stops } from './greedy.js'
import { countContourVertices, createRectangle, EXACT_TOLERANCE, openSurface, type OpenSurface } from './open.js'

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

/** Share of a level's vertices that the contours may take before they are simplified further. */
const CONTOUR_SHARE = 0.5

/** By how much the tolerance grows until the contours fit. */
const TOLERANCE_STEP = 1.25

/**
 * The surface with the smallest error that counts for its triangles, at several budgets or error bounds at once.
 *
 * Without jumps one run of the insertion gives all levels. With them each level has silhouettes as simple as its budget asks for, and a run of its own.
 *
 * @param options `budgets`: triangles, falling; a level never has more. `errors`: bounds in source pixels, growing.
 * @returns fine → coarse. A budget that the map doesn't need is not used up.
 */
export function triangulate(map: DisparityMap, options: { budgets: readonly number[] } | { errors: readonly number[] }, model: ErrorModel, jumps?: Jumps): PlaneMesh[] {
  if (jumps === undefined || jumps.count === 0) {
    const stops: Stops = 'budgets' in options ? { budgets: options.budgets.toReversed() } : { errors: options.errors.toReversed() }
    const surface = createRectangle(map)
    const snapshots = insertGreedily(surface, map, map.disparity, model, stops, Infinity)
    return snapshots.map((snapshot) => toPlane(surface, snapshot, map, model)).toReversed()
  }
  const contours = traceContours(map.width, map.height, map.disparity, jumps)
  const fill = ({ surface, exempt }: OpenSurface, stops: Stops): PlaneMesh => {
    const counted = exempt === undefined ? map.disparity : map.disparity.map((value, i) => (exempt[i] > 0 ? NaN : value))
    const [snapshot] = insertGreedily(surface, map, counted, model, stops, jumps.threshold)
    return toPlane(surface, snapshot, map, model, exempt)
  }
  if ('errors' in options) {
    return options.errors.map((bound) => {
      const open = openSurface(map, contours, Math.max(EXACT_TOLERANCE, bound), jumps.threshold)
      return fill(open.surface.triangleCount > 0 ? open : openSurface(map, contours, EXACT_TOLERANCE, jumps.threshold), { errors: [bound] })
    })
  }
  let tolerance = EXACT_TOLERANCE
  const coarsest = Math.max(map.width, map.height) / 4
  return options.budgets.map((budget) => {
    // a triangulation has about half as many vertices as triangles; both sides of a contour have their own
    while (2 * countContourVertices(contours, tolerance) > (CONTOUR_SHARE * budget) / 2 && tolerance < coarsest) tolerance *= TOLERANCE_STEP
    let open = openSurface(map, contours, tolerance, jumps.threshold)
    // only islands that are smaller than the tolerance: then all of their detail, and the largest triangles of it
    if (open.surface.triangleCount === 0) open = openSurface(map, contours, EXACT_TOLERANCE, jumps.threshold)
    while (open.surface.triangleCount > budget) {
      tolerance *= TOLERANCE_STEP
      const simpler = openSurface(map, contours, tolerance, jumps.threshold)
      // more islands than triangles: the largest must do
      if (simpler.surface.triangleCount === 0 || tolerance > coarsest) return keepLargest(toPlane(open.surface, wholeSurface(open.surface), map, model, open.exempt), budget)
      open = simpler
    }
    return fill(open, { budgets: [budget] })
  })
}

/** The surface as it stands. */
function wholeSurface(surface: Triangulation): Snapshot {
  return { vertexCount: surface.vertexCount, tri: surface.tri.slice(0, 3 * surface.triangleCount), maxError: Infinity }
}

/** The `count` triangles that cover most of the picture. */
function keepLargest(mesh: PlaneMesh, count: number): PlaneMesh {
  const { points, triangles } = mesh
  const area = (t: number): number => {
    const [a, b, c] = [3 * triangles[3 * t], 3 * triangles[3 * t + 1], 3 * triangles[3 * t + 2]]
    return (points[b + 1] - points[a + 1]) * (points[c] - points[a]) - (points[b] - points[a]) * (points[c + 1] - points[a + 1])
  }
  const order = Array.from({ length: triangles.length / 3 }, (_, t) => t).sort((s, t) => area(t) - area(s) || s - t).slice(0, count).sort((s, t) => s - t)
  return { ...mesh, triangles: Uint32Array.from(order.flatMap((t) => [...triangles.subarray(3 * t, 3 * t + 3)])) }
}

function toPlane(surface: Triangulation, snapshot: Snapshot, map: DisparityMap, model: ErrorModel, exempt?: Float32Array): PlaneMesh {
  const points = new Float32Array(3 * snapshot.vertexCount)
  for (let i = 0; i < snapshot.vertexCount; i++) {
    points[3 * i] = surface.x[i] / LATTICE
    points[3 * i + 1] = surface.y[i] / LATTICE
    points[3 * i + 2] = surface.z[i]
  }
  const triangles = Uint32Array.from(snapshot.tri)
  const { covered: _, ...errors } = measureError(points, triangles, map, model, exempt)
  return { points, triangles, ...errors }
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
