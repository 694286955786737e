import type { DisparityMap } from '../depth/convention.js'
import { DEFAULT_TRAVEL, type Settings } from '../options.js'
import { BATCH, DROPPED_BITS, loopsOver, type Cost, type PixelLoops } from './pixels.js'

/**
 * What a deviation costs, in source pixels: the larger of
 * - the disparity error, as the parallax it shows when the camera has moved by `travel`, and
 * - the texture slip: renderers interpolate texture coordinates linearly in space, while the picture was projected. At a pixel with screen
 *   barycentrics λ they show the picture at Σ λᵢwᵢpᵢ / Σ λᵢwᵢ, w = 1/depth. A floor of two triangles slips by 88 px though its depth is exact.
 */
export interface ErrorModel extends Cost {
  /** Whether there is texture slip: perspective alone. */
  slip: boolean
  /** Orthographic: metres a disparity of 1 is high. Perspective: 0. */
  metresPerDisparity: number
}

/** The error that counts, in source pixels. */
export interface PixelError {
  max: number
  /** The largest parallax by itself, without slip, as measured: of a level in a chain too. */
  parallax: number
  rms: number
  /** 99 of 100 covered pixels err less. */
  p99: number
}

/** Every error of a surface, over every pixel it covers. */
export interface MeasuredError {
  /** Disparity. */
  maxError: number
  /** Disparity. */
  rmsError: number
  pixelError: PixelError
  /** How many pixels of the map that hold something the surface covers. */
  covered: number
}

/** How errors are counted under these settings. */
export function errorModel(map: DisparityMap, settings: Settings): ErrorModel {
  if (settings.projection === 'orthographic') {
    return { pixelsPerDisparity: (map.relief * map.width) / settings.width, wNear: 1, wFar: 1, slip: false, metresPerDisparity: map.relief }
  }
  const focal = map.height / 2 / Math.tan((settings.fovY * Math.PI) / 360)
  // a camera that may not move still deserves the right shape: it counts as the default
  const travel = settings.travel || DEFAULT_TRAVEL * map.near
  const wNear = 1 / map.near
  const wFar = 1 / map.far
  return { pixelsPerDisparity: focal * travel * (wNear - wFar), wNear, wFar, slip: wNear !== wFar, metresPerDisparity: 0 }
}

/** The largest distance along the view axis, metres, that a disparity error makes anywhere between near and far: farthest away in perspective. */
function errorInMetres(model: ErrorModel, disparityError: number): number {
  if (!model.slip) return disparityError * model.metresPerDisparity
  // 1/w(0) − 1/w(e), never more than the whole range
  return 1 / model.wFar - 1 / (model.wFar + Math.min(1, disparityError) * (model.wNear - model.wFar))
}

/** A surface's errors as the manifest tells them (see `LevelError`). */
export function levelError(model: ErrorModel, { maxError, pixelError }: { maxError: number; pixelError: Pick<PixelError, 'max' | 'p99'> }): { metres: number; pixels: number; p99: { metres: number; pixels: number } } {
  const disparity = pixelError.p99 / model.pixelsPerDisparity
  // slip of a view is no depth, and what is left of it is told as that of no more than there is; a picture that is bent on a relief slips by metres there
  const p99 = model.slip ? Math.min(maxError, disparity) : disparity
  return { metres: errorInMetres(model, maxError), pixels: pixelError.max, p99: { metres: errorInMetres(model, p99), pixels: pixelError.p99 } }
}

/** The errors of a level as they are published: of a relief, whose bent picture may slip by more than its heights err, `metres` are no less than `pixels` make there. Heights are not rounded by them. */
export function publishedError<Told extends { metres: number; pixels: number }>(model: ErrorModel, error: Told): Told {
  return model.slip ? error : { ...error, metres: Math.max(error.metres, (error.pixels / model.pixelsPerDisparity) * model.metresPerDisparity) }
}

/**
 * Compares a surface with the map at every pixel centre it covers.
 *
 * @param exempt pixels beside a simplified silhouette that lie on its other side; their error is the distance to the silhouette, px (0 elsewhere).
 */
export function measureError(points: Float32Array, triangles: Uint32Array, map: DisparityMap, model: ErrorModel, exempt?: Float32Array): MeasuredError {
  const loops = loopsOver(map)
  const { totals, histogram, scratch } = loops
  totals.fill(0)
  histogram.fill(0)
  if (exempt) scratch.set(exempt)
  eachBatch(loops, { points, triangles }, (count) => loops.compare(count, model, exempt !== undefined))
  const [covered, squares, maxError, pixelSquares, max, parallax] = totals
  const rms = (sum: number): number => (covered === 0 ? 0 : Math.sqrt(sum / covered))
  return { maxError, rmsError: rms(squares), pixelError: { max, parallax, rms: rms(pixelSquares), p99: Math.min(max, percentile99(histogram)) }, covered }
}

/** Hands a surface's triangles to the pixel loops, as many at a time as they hold. */
export function eachBatch({ corners }: PixelLoops, { points, triangles }: { points: Float32Array; triangles: Uint32Array }, visit: (count: number) => void): void {
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

/** What 99 of 100 of the floats stay below that are counted by their topmost bits (see `DROPPED_BITS`); 0 of none. */
function percentile99(histogram: Uint32Array): number {
  let count = 0
  for (const n of histogram) count += n
  if (count === 0) return 0
  let left = Math.ceil(count * 0.99)
  let step = 0
  while (left > histogram[step]) left -= histogram[step++]
  return new Float32Array(Uint32Array.of((step + 1) << DROPPED_BITS).buffer)[0]
}

/** Takes errors one by one, and tells the largest and the 99th percentile, within 1.6 %. */
export class Tally {
  max = 0
  readonly #histogram = new Uint32Array(1 << (32 - DROPPED_BITS))
  readonly #error = new Float32Array(1)
  readonly #bits = new Uint32Array(this.#error.buffer)

  add(error: number): void {
    if (error > this.max) this.max = error
    this.#error[0] = error
    this.#histogram[this.#bits[0] >>> DROPPED_BITS]++
  }

  /** 0 of none. */
  get p99(): number {
    return Math.min(this.max, percentile99(this.#histogram))
  }
}
