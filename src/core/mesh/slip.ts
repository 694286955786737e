import type { DisparityMap } from '../depth/convention.js'
import type { Pixels } from './backdrop-color.js'
import type { ErrorModel } from './error.js'
import { edgeSlip } from './error.js'
import type { RefinableSurface } from './refine.js'
import { coverTriangle, createSpans } from './spans.js'

/** Slip below this is left alone, texels: resampling the picture blurs by about as much. */
const UNSEEN = 0.25

/**
 * The picture as a level's own triangles have to wear it.
 *
 * Renderers interpolate texture coordinates linearly in space, while the picture was projected: inside a triangle whose corners differ in depth
 * the picture slips (see `ErrorModel`). At a point with barycentrics β in space, texture coordinates are Σ βᵢpᵢ, while the picture shows it
 * at Σ βᵢzᵢpᵢ / Σ βᵢzᵢ. As every level brings a texture of its own, what belongs there is put there: the slip is gone, at no triangle's
 * cost. Along an edge both sides move alike, so that nothing tears.
 *
 * @param picture of the whole canvas, at any size.
 * @param surface in pixels of the canvas and disparity.
 * @param canvas its size, pixels.
 * @returns the picture itself where nothing slips by a quarter of a texel.
 */
export function correctSlip<P extends Pixels>(picture: P, { points, triangles }: RefinableSurface, canvas: Pick<DisparityMap, 'width' | 'height'>, model: ErrorModel): P {
  const { wFar } = model
  const wRange = model.wNear - wFar
  if (!model.slip) return picture
  const { width, height, channels, pixels } = picture
  const scaleX = width / canvas.width
  const scaleY = height / canvas.height
  const spans = createSpans(height)
  let corrected: Uint8ClampedArray | undefined
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    const ax = points[a] * scaleX
    const ay = points[a + 1] * scaleY
    const bx = points[b] * scaleX - ax
    const by = points[b + 1] * scaleY - ay
    const cx = points[c] * scaleX - ax
    const cy = points[c + 1] * scaleY - ay
    const wa = wFar + points[a + 2] * wRange
    const wb = wFar + points[b + 2] * wRange
    const wc = wFar + points[c + 2] * wRange
    if (Math.max(edgeSlip(bx, by, wa, wb), edgeSlip(cx - bx, cy - by, wb, wc), edgeSlip(cx, cy, wa, wc)) < UNSEEN) continue
    corrected ??= new Uint8ClampedArray(pixels)
    const area = bx * cy - by * cx
    const za = 1 / wa
    const zb = 1 / wb
    const zc = 1 / wc
    coverTriangle(spans, ax, ay, ax + bx, ay + by, ax + cx, ay + cy, width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      const py = y + 0.5 - ay
      for (let x = spans.bounds[2 * row]; x < spans.bounds[2 * row + 1]; x++) {
        const px = x + 0.5 - ax
        const kb = ((px * cy - py * cx) / area) * zb
        const kc = ((bx * py - by * px) / area) * zc
        const k = (1 - (px * cy - py * cx + bx * py - by * px) / area) * za + kb + kc
        blend(pixels, width, height, channels, ax + (kb * bx + kc * cx) / k, ay + (kb * by + kc * cy) / k, corrected, (y * width + x) * channels)
      }
    }
  }
  return corrected ? { ...picture, pixels: new Uint8Array(corrected.buffer) } : picture
}

/** Writes the bilinear mean of the picture at (u, v) texels to `to`. */
function blend(from: Uint8Array, width: number, height: number, channels: number, u: number, v: number, to: Uint8ClampedArray, at: number): void {
  const x = Math.min(Math.max(u - 0.5, 0), width - 1)
  const y = Math.min(Math.max(v - 0.5, 0), height - 1)
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const fx = x - x0
  const fy = y - y0
  const here = (y0 * width + x0) * channels
  const right = x0 + 1 < width ? channels : 0
  const below = y0 + 1 < height ? width * channels : 0
  for (let c = 0; c < channels; c++) {
    const upper = from[here + c] * (1 - fx) + from[here + right + c] * fx
    const lower = from[here + below + c] * (1 - fx) + from[here + below + right + c] * fx
    to[at + c] = upper * (1 - fy) + lower * fy
  }
}
