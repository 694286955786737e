import type { DisparityMap } from '../../depth/convention.js'
import type { Pixels } from '../hidden/backdrop-color.js'
import { BEHIND, nearestAt } from '../pixels/nearest.js'
import { coverTriangle, createSpans } from '../pixels/spans.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'
import type { PlaneMesh } from '../triangulate/triangulate.js'
import { createLaying, layTriangle, UNSEEN } from './lay.js'

/**
 * The picture as a level's own triangles have to wear it.
 *
 * Renderers interpolate texture coordinates linearly in space, while the picture was projected: inside a triangle whose corners differ in depth
 * the picture slips (see `ErrorModel`). At a point with barycentrics β in space, texture coordinates are Σ βᵢpᵢ, while the picture shows it
 * at Σ βᵢzᵢpᵢ / Σ βᵢzᵢ. As every level brings a texture of its own, what belongs there is put there: the slip is gone, at no triangle's
 * cost. Along an edge both sides move alike, so that nothing tears. Where the surface lies over itself, the nearest part of it decides.
 *
 * @param picture of the whole canvas, at any size.
 * @param surface in pixels of the canvas and disparity.
 * @param canvas its size, pixels.
 * @returns the picture itself where nothing slips by a quarter of a texel.
 */
export function correctSlip<P extends Pixels>(picture: P, surface: Surface & Pick<PlaneMesh, 'folded'>, canvas: Pick<DisparityMap, 'width' | 'height'>, model: ErrorModel): P {
  if (!model.slip) return picture
  const { width, height, channels, pixels } = picture
  const texels = [width / canvas.width, height / canvas.height] as const
  const spans = createSpans(height)
  const laying = createLaying()
  let corrected: Uint8Array | undefined
  const nearest = surface.folded ? nearestAt(surface, picture, texels) : undefined
  for (let t = 0; t < surface.triangles.length; t += 3) {
    if (!layTriangle(laying, surface, t, model, { texels, unseen: UNSEEN })) continue
    corrected ??= pixels.slice()
    const { ax, ay, bx, by, cx, cy, az, zx, zy, za, kx, ky, ux, uy, vx, vy } = laying
    coverTriangle(spans, ax, ay, ax + bx, ay + by, ax + cx, ay + cy, width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      const start = spans.bounds[2 * row]
      const end = spans.bounds[2 * row + 1]
      const py = y + 0.5 - ay
      let px = start + 0.5 - ax
      for (let at = y * width + start, to = at * channels, last = (y * width + end) * channels; to < last; at++, to += channels, px++) {
        if (nearest !== undefined && az + px * zx + py * zy < nearest[at] - BEHIND) continue
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
        // (A loop over the channels takes half as long again.)
        corrected[to] = pixels[here] * w00 + pixels[right] * w01 + pixels[here + down] * w10 + pixels[right + down] * w11 + 0.5
        corrected[to + 1] = pixels[here + 1] * w00 + pixels[right + 1] * w01 + pixels[here + down + 1] * w10 + pixels[right + down + 1] * w11 + 0.5
        corrected[to + 2] = pixels[here + 2] * w00 + pixels[right + 2] * w01 + pixels[here + down + 2] * w10 + pixels[right + down + 2] * w11 + 0.5
        if (channels === 4) corrected[to + 3] = pixels[here + 3] * w00 + pixels[right + 3] * w01 + pixels[here + down + 3] * w10 + pixels[right + down + 3] * w11 + 0.5
      }
    }
  }
  return corrected ? { ...picture, pixels: corrected } : picture
}
