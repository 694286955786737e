import type { Surface } from '../surface/surface.js'
import { BATCH, type PixelLoops } from './pixels.js'

/** Hands a surface's triangles to the pixel loops, as many at a time as they hold. */
export function eachBatch({ corners }: PixelLoops, { points, triangles }: Surface, visit: (count: number) => void): void {
  for (let from = 0; from < triangles.length; from += 3 * BATCH) {
    const end = Math.min(triangles.length, from + 3 * BATCH)
    gatherCorners(corners, points, triangles, from, end)
    visit((end - from) / 3)
  }
}

/** Puts the corners of triangles, given by the range of their indices, where the pixel loops look for them, the first at `at`. */
export function gatherCorners(corners: Float64Array, points: Float32Array, triangles: Uint32Array, from: number, end: number, at = 0): void {
  for (let e = from; e < end; e++) {
    const p = 3 * triangles[e]
    corners[at++] = points[p]
    corners[at++] = points[p + 1]
    corners[at++] = points[p + 2]
  }
}
