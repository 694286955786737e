import type { DisparityMap } from '../depth/convention.js'
import type { ErrorModel } from './error.js'
import type { PixelLoops } from './pixels.js'
import { costOfTriangle, rowsToSkip, type RefinableSurface } from './refine.js'
import { seenArea } from './topology.js'

/**
 * How far vertices are moved, pass by pass, as shares of a triangle's size; never less than a pixel, since vertices stand at pixel centres. Terrain of 1024² at
 * 6,000 triangles, refined before and after, RMS against insertion's: one pixel in one pass .74, two passes .71, these .70.
 */
const STRIDES = [1 / 4, 1 / 8, 1 / 16]

/** Vertices whose triangles have less than this share of the mean squared error stay where they are: with 0 half as much time again, RMS .5 % lower. */
const WORTH_A_LOOK = 0.3

/** A move must lower the squared error around a vertex by at least this share. */
const WORTH_A_MOVE = 1e-3

/** Twice the area, px², that every triangle must keep. */
const LEAST_AREA = 0.5

/**
 * Moves vertices to neighbouring pixel centres wherever that lowers the squared error that counts around them. Insertion puts each where the error was largest, which is not where it
 * does most for all pixels around it. Boundaries stay, and so does which vertices make a triangle.
 *
 * @param loops over the map's values, NaN where no error counts.
 */
export function moveVertices(surface: RefinableSurface, map: DisparityMap, loops: PixelLoops, model: ErrorModel): RefinableSurface {
  const { width, height, disparity } = map
  const { triangles } = surface
  const points = surface.points.slice()
  const vertices = points.length / 3
  const count = triangles.length / 3
  const { start, star, inner } = findStars(triangles, vertices)
  const skip = rowsToSkip(map, count)
  const cost = new Float64Array(count)
  const costOf = (t: number, enough: number): number => costOfTriangle(points, triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2], loops, model, enough, skip)
  let total = 0
  for (let t = 0; t < count; t++) total += cost[t] = costOf(t, Infinity)
  const least = (WORTH_A_LOOK * total) / Math.max(1, count)
  const size = Math.sqrt((width * height) / Math.max(1, count))
  for (const step of new Set(STRIDES.map((stride) => Math.max(1, Math.round(stride * size))))) {
    for (let v = 0; v < vertices; v++) {
      if (inner[v] === 0) continue
      const from = start[v]
      const end = start[v + 1]
      let before = 0
      for (let i = from; i < end; i++) before += cost[star[i]]
      if (before <= least * (end - from)) continue
      const x = points[3 * v]
      const y = points[3 * v + 1]
      const z = points[3 * v + 2]
      // the height over the map moves along
      const above = z - disparity[Math.floor(y) * width + Math.floor(x)]
      let best = before * (1 - WORTH_A_MOVE)
      let [bestX, bestY, bestZ] = [x, y, z]
      for (let side = 0; side < 4; side++) {
        // where one way is better the opposite is not
        if ((side === 2 && bestX !== x) || (side === 3 && bestY !== y)) continue
        const u = x + (side === 0 ? step : side === 2 ? -step : 0)
        const w = y + (side === 1 ? step : side === 3 ? -step : 0)
        if (u < 0 || w < 0 || u >= width || w >= height) continue
        const moved = disparity[Math.floor(w) * width + Math.floor(u)] + above
        if (Number.isNaN(moved)) continue
        points[3 * v] = u
        points[3 * v + 1] = w
        points[3 * v + 2] = moved < 0 ? 0 : moved > 1 ? 1 : moved
        let sum = 0
        for (let i = from; i < end && sum < best; i++) {
          const t = 3 * star[i]
          if (seenArea(points, triangles[t], triangles[t + 1], triangles[t + 2]) < LEAST_AREA) sum = Infinity
        }
        for (let i = from; i < end && sum < best; i++) sum += costOf(star[i], best - sum)
        if (sum >= best) continue
        best = sum
        bestX = u
        bestY = w
        bestZ = points[3 * v + 2]
      }
      points[3 * v] = bestX
      points[3 * v + 1] = bestY
      points[3 * v + 2] = bestZ
      if (bestX !== x || bestY !== y) for (let i = from; i < end; i++) cost[star[i]] = costOf(star[i], Infinity)
    }
  }
  return { points, triangles }
}

/** The triangles around every vertex, and which vertices they surround. */
function findStars(triangles: Uint32Array, vertices: number): { start: Int32Array; star: Int32Array; inner: Uint8Array } {
  const start = new Int32Array(vertices + 1)
  for (const v of triangles) start[v + 1]++
  for (let v = 0; v < vertices; v++) start[v + 1] += start[v]
  const filled = start.slice(0, vertices)
  const star = new Int32Array(triangles.length)
  // around a vertex that is surrounded, each of its neighbours comes next once and is the one before once
  const open = new Float64Array(vertices)
  for (let e = 0; e < triangles.length; e++) {
    const v = triangles[e]
    star[filled[v]++] = Math.floor(e / 3)
    open[v] += (triangles[e % 3 === 2 ? e - 2 : e + 1] + 1) ** 2 - (triangles[e % 3 === 0 ? e + 2 : e - 1] + 1) ** 2
  }
  return { start, star, inner: Uint8Array.from(open, (rest) => (rest === 0 ? 1 : 0)) }
}
