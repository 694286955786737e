import type { DisparityMap } from '../depth/convention.js'
import type { Pixels } from './backdrop-color.js'
import type { ErrorModel } from './error.js'
import type { RefinableSurface } from './refine.js'
import { coverTriangle, createSpans } from './spans.js'
import { edgeSlip } from './texture-slip.js'

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
  let corrected: Uint8Array | undefined
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
    corrected ??= pixels.slice()
    const area = bx * cy - by * cx
    const za = 1 / wa
    const zb = 1 / wb
    const zc = 1 / wc
    // β: k = λa·za + kb + kc, all affine in the place on the screen
    const kbx = (cy * zb) / area
    const kby = (-cx * zb) / area
    const kcx = (-by * zc) / area
    const kcy = (bx * zc) / area
    const kx = kbx + kcx - ((cy - by) * za) / area
    const ky = kby + kcy - ((bx - cx) * za) / area
    const ux = kbx * bx + kcx * cx
    const uy = kby * bx + kcy * cx
    const vx = kbx * by + kcx * cy
    const vy = kby * by + kcy * cy
    coverTriangle(spans, ax, ay, ax + bx, ay + by, ax + cx, ay + cy, width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      const start = spans.bounds[2 * row]
      const end = spans.bounds[2 * row + 1]
      const py = y + 0.5 - ay
      let px = start + 0.5 - ax
      for (let to = (y * width + start) * channels, last = (y * width + end) * channels; to < last; to += channels, px++) {
        const k = 1 / (za + px * kx + py * ky)
        const u = ax - 0.5 + (px * ux + py * uy) * k
        const v = ay - 0.5 + (px * vx + py * vy) * k
        // the bilinear mean of the four texels around (u, v)
        const x = u < 0 ? 0 : u > width - 1 ? width - 1 : u
        const y = v < 0 ? 0 : v > height - 1 ? height - 1 : v
        const x0 = x | 0
        const y0 = y | 0
        const fx = x - x0
        const fy = y - y0
        const here = (y0 * width + x0) * channels
        const right = x0 < width - 1 ? here + channels : here
        const down = y0 < height - 1 ? width * channels : 0
        const w00 = (1 - fx) * (1 - fy)
        const w01 = fx * (1 - fy)
        const w10 = (1 - fx) * fy
        const w11 = fx * fy
        for (let c = 0; c < channels; c++) {
          corrected[to + c] = pixels[here + c] * w00 + pixels[right + c] * w01 + pixels[here + down + c] * w10 + pixels[right + down + c] * w11 + 0.5
        }
      }
    }
  }
  return corrected ? { ...picture, pixels: corrected } : picture
}
