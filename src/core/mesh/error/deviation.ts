import type { DisparityMap } from '../../depth/convention.js'
import { meshDisparity } from '../pixels/drape.js'
import type { ErrorModel } from '../surface/error-model.js'

/** How far around a pixel a place that fits is looked for, pixels: what errs more is all alike, and 8 px is a wrong surface. */
const FARTHEST = 8

/** How far a surface lies from its map, pixel by pixel. */
export interface Deviation {
  width: number
  height: number
  /** Source pixels, up to {@link FARTHEST}, beyond that infinite; NaN where neither surface nor map holds anything. */
  pixels: Float32Array
  /** Root mean square, source pixels; what is infinite counts as {@link FARTHEST}. */
  rms: number
  /** 99 of 100 pixels err less, source pixels. */
  p99: number
  /** Share of pixels that err by more than one. */
  overOne: number
}

/**
 * Compares a surface with its map at every pixel centre: how far, in source pixels, is the nearest place of the map that lies as deep?
 *
 * A difference in depth counts as the parallax that it shows when the camera has moved by `travel` (see {@link ErrorModel}); a silhouette that runs two
 * pixels beside the map's counts as two pixels, and not as the jump it stands at. Where the surface is open over something, the question is asked the other way round.
 */
export function deviation(points: Float32Array, triangles: Uint32Array, map: DisparityMap, { pixelsPerDisparity }: Pick<ErrorModel, 'pixelsPerDisparity'>): Deviation {
  const { width, height, disparity } = map
  const surface = meshDisparity({ points, triangles }, map)
  const pixels = new Float32Array(width * height)
  const ring = offsetsByDistance()
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const covered = surface[i] === surface[i]
      if (!covered && disparity[i] !== disparity[i]) {
        pixels[i] = NaN
        continue
      }
      let best = Math.abs(surface[i] - disparity[i]) * pixelsPerDisparity
      if (best !== best) best = Infinity
      if (best > 1) {
        const [own, others] = covered ? [surface[i], disparity] : [disparity[i], surface]
        for (const { dx, dy, distance } of ring) {
          if (distance >= best) break
          const u = x + dx
          const v = y + dy
          if (u < 0 || v < 0 || u >= width || v >= height) continue
          const parallax = Math.abs(own - others[v * width + u]) * pixelsPerDisparity
          // false for NaN: nothing is there
          if (parallax < best) best = Math.max(distance, parallax)
        }
      }
      pixels[i] = best > FARTHEST ? Infinity : best
    }
  }
  return { width, height, pixels, ...statistics(pixels) }
}

/** Pixels around one, nearest first. */
function offsetsByDistance(): { dx: number; dy: number; distance: number }[] {
  const offsets: { dx: number; dy: number; distance: number }[] = []
  for (let dy = -FARTHEST; dy <= FARTHEST; dy++) {
    for (let dx = -FARTHEST; dx <= FARTHEST; dx++) {
      const distance = Math.hypot(dx, dy)
      if (distance > 0 && distance <= FARTHEST) offsets.push({ dx, dy, distance })
    }
  }
  return offsets.sort((a, b) => a.distance - b.distance || a.dy - b.dy || a.dx - b.dx)
}

/** Steps of a pixel that the 99th percentile is exact to. */
const STEPS = 64

function statistics(pixels: Float32Array): Pick<Deviation, 'rms' | 'p99' | 'overOne'> {
  const histogram = new Uint32Array(FARTHEST * STEPS + 1)
  let count = 0
  let squares = 0
  let overOne = 0
  for (const value of pixels) {
    if (value !== value) continue
    const bounded = Math.min(FARTHEST, value)
    count++
    squares += bounded * bounded
    if (bounded > 1) overOne++
    histogram[Math.ceil(bounded * STEPS)]++
  }
  let p99 = 0
  for (let below = histogram[0]; below < count * 0.99; below += histogram[p99]) p99++
  return { rms: Math.sqrt(squares / Math.max(1, count)), p99: p99 / STEPS, overOne: overOne / Math.max(1, count) }
}
