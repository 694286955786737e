import { depthAt } from '../../camera.js'
import type { DisparityMap } from '../../depth/convention.js'
import { eachBatch } from '../pixels/batch.js'
import { loopsOver } from '../pixels/pixels.js'
import type { ErrorModel } from '../surface/error-model.js'
import { percentile99 } from './tally.js'

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

/** How far a level deviates from the map: along the view axis at the surface, metres, and in the source view, pixels. `p99` never exceeds the rest. */
export interface LevelError {
  /** The largest anywhere. */
  metres: number
  /** The largest anywhere. */
  pixels: number
  /** What 99 of 100 pixels of the surface stay below. */
  p99: { metres: number; pixels: number }
}

/** The largest distance along the view axis, metres, that a disparity error makes anywhere between near and far: farthest away in perspective. */
function errorInMetres(model: ErrorModel, disparityError: number): number {
  if (!model.slip) return disparityError * model.metresPerDisparity
  const inverse = { far: model.wFar, range: model.wNear - model.wFar }
  // (never more than the whole range)
  return depthAt(0, inverse) - depthAt(Math.min(1, disparityError), inverse)
}

/** A surface's errors as the manifest tells them. */
export function levelError(model: ErrorModel, { maxError, pixelError }: { maxError: number; pixelError: Pick<PixelError, 'max' | 'p99'> }): LevelError {
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
