import type { DisparityMap } from '../depth/convention.js'
import { DEFAULT_TRAVEL, type Settings } from '../options.js'
import { BATCH, DROPPED_BITS, type PixelLoops } from './pixels.js'
import { coverTriangle, createSpans } from './spans.js'

/**
 * What a deviation costs, in source pixels: the larger of
 * - the disparity error, as the parallax it shows when the camera has moved by `travel`, and
 * - the texture slip: renderers interpolate texture coordinates linearly in space, while the picture was projected. At a pixel with screen
 *   barycentrics λ they show the picture at Σ λᵢwᵢpᵢ / Σ λᵢwᵢ, w = 1/depth. A floor of two triangles slips by 88 px though its depth is exact.
 */
export interface ErrorModel {
  /** Source pixels that a disparity error of 1 shows as. */
  pixelsPerDisparity: number
  /** Inverse depth at disparity 1, 1/m; w(d) = wFar + d · (wNear − wFar). Orthographic: 1. */
  wNear: number
  /** Inverse depth at disparity 0, 1/m. Orthographic: 1. */
  wFar: number
  /** Whether there is texture slip: perspective alone. */
  slip: boolean
  /** Orthographic: metres a disparity of 1 is high. Perspective: 0. */
  metresPerDisparity: number
}

/** The error that counts, in source pixels. */
export interface PixelError {
  max: number
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
export function errorInMetres(model: ErrorModel, disparityError: number): number {
  if (!model.slip) return disparityError * model.metresPerDisparity
  // 1/w(0) − 1/w(e), never more than the whole range
  return 1 / model.wFar - 1 / (model.wFar + Math.min(1, disparityError) * (model.wNear - model.wFar))
}

/**
 * Compares a surface with the map at every pixel centre it covers.
 *
 * @param exempt pixels beside a simplified silhouette that lie on its other side; their error is the distance to the silhouette, px (0 elsewhere).
 */
export function measureError(points: Float32Array, triangles: Uint32Array, map: DisparityMap, model: ErrorModel, exempt?: Float32Array): MeasuredError {
  const { width, height, disparity } = map
  const { pixelsPerDisparity, slip, wFar } = model
  const wRange = model.wNear - wFar
  const spans = createSpans(height)
  const histogram = new Uint32Array(1 << (32 - DROPPED_BITS))
  const float = new Float32Array(1)
  const bits = new Uint32Array(float.buffer)
  let covered = 0
  let maxError = 0
  let squares = 0
  let maxPixels = 0
  let pixelSquares = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const a = triangles[t] * 3
    const b = triangles[t + 1] * 3
    const c = triangles[t + 2] * 3
    const ax = points[a]
    const ay = points[a + 1]
    const bx = points[b]
    const by = points[b + 1]
    const cx = points[c]
    const cy = points[c + 1]
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if (area === 0) continue
    coverTriangle(spans, ax, ay, bx, by, cx, cy, width, height)
    const az = points[a + 2]
    const bz = points[b + 2] - az
    const cz = points[c + 2] - az
    const zx = (bz * (cy - ay) - cz * (by - ay)) / area
    const zy = (cz * (bx - ax) - bz * (cx - ax)) / area
    // affine numerators of the perspective-correct picture position, relative to a
    let px = 0, pxx = 0, pxy = 0, py = 0, pyx = 0, pyy = 0
    if (slip) {
      const wa = wFar + az * wRange
      const wb = wFar + points[b + 2] * wRange
      const wc = wFar + points[c + 2] * wRange
      const bu = wb * bx - wa * ax
      const cu = wc * cx - wa * ax
      const bv = wb * by - wa * ay
      const cv = wc * cy - wa * ay
      px = wa * ax
      py = wa * ay
      pxx = (bu * (cy - ay) - cu * (by - ay)) / area
      pxy = (cu * (bx - ax) - bu * (cx - ax)) / area
      pyx = (bv * (cy - ay) - cv * (by - ay)) / area
      pyy = (cv * (bx - ax) - bv * (cx - ax)) / area
    }
    for (let row = 0; row < spans.rows; row++) {
      const y = spans.top + row + 0.5
      const start = spans.bounds[2 * row]
      const end = spans.bounds[2 * row + 1]
      const dy = y - ay
      for (let column = start, i = (spans.top + row) * width + start; column < end; column++, i++) {
        const expected = disparity[i]
        if (expected !== expected) continue
        const dx = column + 0.5 - ax
        const z = az + dx * zx + dy * zy
        const error = Math.abs(z - expected)
        if (error > maxError) maxError = error
        squares += error * error
        let pixels = error * pixelsPerDisparity
        if (exempt !== undefined && exempt[i] > 0 && exempt[i] < pixels) pixels = exempt[i]
        if (slip) {
          const w = wFar + z * wRange
          const slipX = (px + dx * pxx + dy * pxy) / w - column - 0.5
          const slipY = (py + dx * pyx + dy * pyy) / w - y
          const slipped = Math.sqrt(slipX * slipX + slipY * slipY)
          if (slipped > pixels) pixels = slipped
        }
        if (pixels > maxPixels) maxPixels = pixels
        pixelSquares += pixels * pixels
        covered++
        float[0] = pixels
        histogram[bits[0] >>> DROPPED_BITS]++
      }
    }
  }
  const p99 = Math.min(maxPixels, percentile99(histogram))
  return {
    maxError,
    rmsError: covered === 0 ? 0 : Math.sqrt(squares / covered),
    pixelError: { max: maxPixels, rms: covered === 0 ? 0 : Math.sqrt(pixelSquares / covered), p99 },
    covered,
  }
}

/** {@link measureError} where there is neither slip nor a silhouette to exempt: quicker, by the compiled loops. */
export function measureDisparity(points: Float32Array, triangles: Uint32Array, loops: PixelLoops, { pixelsPerDisparity }: ErrorModel): MeasuredError {
  const { corners, totals, histogram } = loops
  totals.fill(0)
  histogram.fill(0)
  for (let from = 0; from < triangles.length; from += 3 * BATCH) {
    const end = Math.min(triangles.length, from + 3 * BATCH)
    gatherCorners(corners, points, triangles, from, end)
    loops.compare((end - from) / 3, pixelsPerDisparity)
  }
  const [covered, squares, maxError] = totals
  const rmsError = covered === 0 ? 0 : Math.sqrt(squares / covered)
  const max = maxError * pixelsPerDisparity
  return { maxError, rmsError, pixelError: { max, rms: rmsError * pixelsPerDisparity, p99: Math.min(max, percentile99(histogram)) }, covered }
}

/** Puts the corners of triangles, given by the range of their indices, where the pixel loops look for them. */
export function gatherCorners(corners: Float64Array, points: Float32Array, triangles: Uint32Array, from: number, end: number): void {
  for (let e = from, at = 0; e < end; e++) {
    const p = 3 * triangles[e]
    corners[at++] = points[p]
    corners[at++] = points[p + 1]
    corners[at++] = points[p + 2]
  }
}

/** What 99 of 100 of the counted floats stay below; 0 of none. */
function percentile99(histogram: Uint32Array): number {
  let count = 0
  for (const n of histogram) count += n
  if (count === 0) return 0
  let left = Math.ceil(count * 0.99)
  let step = 0
  while (left > histogram[step]) left -= histogram[step++]
  return new Float32Array(Uint32Array.of((step + 1) << DROPPED_BITS).buffer)[0]
}
