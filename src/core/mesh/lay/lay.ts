import { edgeSlip } from '../error/texture-slip.js'
import { slopeAcross, slopeDown } from '../pixels/slope.js'
import type { ErrorScale } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'

/** Slip below this is left alone, texels of the picture that it is taken out of: resampling blurs by about as much. */
export const UNSEEN = 0.25

/**
 * What a triangle's texture has to show where, all in texels: at (x, y) the picture's place (ax + (px·ux + py·uy) / k, ay + (px·vx + py·vy) / k), with (px, py) = (x − ax, y − ay) and
 * k = za + px·kx + py·ky.
 *
 * Texture coordinates are linear in space: at a point with barycentrics β there they are Σ βᵢpᵢ, while the picture shows it at Σ βᵢzᵢpᵢ / Σ βᵢzᵢ.
 */
export interface Laying {
  /** The first corner, and the others from there. */
  ax: number
  ay: number
  bx: number
  by: number
  cx: number
  cy: number
  /** Disparity at the first corner, and by texel. */
  az: number
  zx: number
  zy: number
  /** Depth at the first corner, metres. */
  za: number
  kx: number
  ky: number
  ux: number
  uy: number
  vx: number
  vy: number
}

/** To be filled by {@link layTriangle}. */
export function createLaying(): Laying {
  return { ax: 0, ay: 0, bx: 0, by: 0, cx: 0, cy: 0, az: 0, zx: 0, zy: 0, za: 0, kx: 0, ky: 0, ux: 0, uy: 0, vx: 0, vy: 0 }
}

/**
 * Fills `laying` for the triangle whose indices begin at `t`.
 *
 * @param texels how many of them a pixel of the surface's canvas has, across and down.
 * @param unseen texels.
 * @returns whether the triangle slips by as much as `unseen` anywhere; if not, its part of the picture is left as it is.
 */
export function layTriangle(laying: Laying, { points, triangles }: Surface, t: number, model: Pick<ErrorScale, 'wNear' | 'wFar'>, { texels, unseen }: { texels: readonly [x: number, y: number]; unseen: number }): boolean {
  const wRange = model.wNear - model.wFar
  const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
  const [scaleX, scaleY] = texels
  const ax = points[a] * scaleX
  const ay = points[a + 1] * scaleY
  const bx = points[b] * scaleX - ax
  const by = points[b + 1] * scaleY - ay
  const cx = points[c] * scaleX - ax
  const cy = points[c + 1] * scaleY - ay
  const wa = model.wFar + points[a + 2] * wRange
  const wb = model.wFar + points[b + 2] * wRange
  const wc = model.wFar + points[c + 2] * wRange
  if (Math.max(edgeSlip(bx, by, wa, wb), edgeSlip(cx - bx, cy - by, wb, wc), edgeSlip(cx, cy, wa, wc)) < unseen) return false
  const area = bx * cy - by * cx
  const za = 1 / wa
  const zb = 1 / wb
  const zc = 1 / wc
  const kbx = (cy * zb) / area
  const kby = (-cx * zb) / area
  const kcx = (-by * zc) / area
  const kcy = (bx * zc) / area
  laying.ax = ax
  laying.ay = ay
  laying.bx = bx
  laying.by = by
  laying.cx = cx
  laying.cy = cy
  laying.az = points[a + 2]
  laying.zx = slopeAcross(points[b + 2] - points[a + 2], points[c + 2] - points[a + 2], by, cy, area)
  laying.zy = slopeDown(points[b + 2] - points[a + 2], points[c + 2] - points[a + 2], bx, cx, area)
  laying.za = za
  laying.kx = kbx + kcx - ((cy - by) * za) / area
  laying.ky = kby + kcy - ((bx - cx) * za) / area
  laying.ux = kbx * bx + kcx * cx
  laying.uy = kby * bx + kcy * cx
  laying.vx = kbx * by + kcx * cy
  laying.vy = kby * by + kcy * cy
  return true
}
