import type { DisparityMap } from '../depth/convention.js'
import { percentile99, type ErrorModel, type PixelError } from './error.js'
import { createLaying, layTriangle, UNSEEN } from './lay.js'
import { spreadMoved } from './moved.js'
import { BEHIND, nearestAt } from './nearest.js'
import { DROPPED_BITS } from './pixels.js'
import type { RefinableSurface } from './refine.js'
import { slopeAcross, slopeDown } from './slope.js'
import { coverTriangle, createSpans } from './spans.js'
import type { PlaneMesh } from './triangulate.js'

/**
 * Of a taller map slip is looked at in as many rows as come to about this many, evenly spread. Every row of 2752 × 1536 takes 8 % of the bake's time, these 4; the 99th percentile then differs by 1 to 5 %.
 */
const ROWS = 512

/** A texture of a level, out of which the slip of the level's own triangles is taken (see `correctSlip`). */
export interface LaidPicture {
  /** As the level wears it, texels. */
  width: number
  height: number
  /** How many times as fine the picture was while slip was taken out of it. */
  finer: number
}

/**
 * The error that counts, source pixels, of a level as it ships: the larger of parallax and of the slip that remains where each of these textures is laid as its triangles wear it.
 *
 * What remains is looked at, pixel by pixel, as a renderer shows it: of the four texels around the place where a pixel's texture coordinates lead each shows what was laid at its centre, and the pixel
 * their mean. So it slips by what was left alone (see {@link UNSEEN}), and by more where a texel lies on both sides of a cut, which slip differently. Where a surface lies over itself, what is seen counts.
 *
 * @param pictures none: the bare mesh's error, which any other picture shows.
 */
export function shippedError(front: PlaneMesh, map: DisparityMap, model: ErrorModel, pictures: readonly LaidPicture[]): Pick<PixelError, 'max' | 'p99'> {
  if (!model.slip || pictures.length === 0) return front.pixelError
  const found = pictures.map((picture) => measure(front, map, model, picture))
  return { max: Math.max(...found.map(({ max }) => max)), p99: Math.max(...found.map(({ p99 }) => p99)) }
}

function measure(front: PlaneMesh, map: DisparityMap, model: ErrorModel, picture: LaidPicture): Pick<PixelError, 'max' | 'p99'> {
  const { width, height, disparity } = map
  const { pixelsPerDisparity, wFar } = model
  const wRange = model.wNear - wFar
  const canvas = { width, height, wFar, wRange }
  const exempt = front.moved && spreadMoved(front.moved, disparity.length)

  const seen = front.folded ? nearestAt(front, map, [1, 1]) : undefined

  // (1) The largest parallax, anywhere.
  let max = 0
  eachRow(front, canvas, 1, ({ az, zx, zy }, at, end, dx, dy) => {
    for (let z = az + dx * zx + dy * zy; at < end; at++, z += zx) {
      let parallax = Math.abs(z - disparity[at]) * pixelsPerDisparity
      if (!(parallax > max) || (seen !== undefined && z < seen[at] - BEHIND)) continue
      if (exempt !== undefined && exempt[at] > 0) parallax = Math.min(parallax, exempt[at])
      if (parallax > max) max = parallax
    }
  })

  // (2) Slip, and what counts.
  const offsets = layOffsets(front, map, model, picture)
  const [texelsX, texelsY] = [picture.width / width, picture.height / height]
  const [lastX, lastY] = [picture.width - 1, picture.height - 1]
  const histogram = new Uint32Array(1 << (32 - DROPPED_BITS))
  const error = new Float32Array(1)
  const bits = new Uint32Array(error.buffer)
  eachRow(front, canvas, Math.max(1, Math.round(height / ROWS)), ({ ax, ay, az, zx, zy, uxBy, uyBy, vxBy, vyBy }, at, end, dx, dy) => {
    for (; at < end; at++, dx++) {
      const z = az + dx * zx + dy * zy
      let pixels = Math.abs(z - disparity[at]) * pixelsPerDisparity
      // (false for NaN: nothing is there)
      if (!(pixels >= 0) || (seen !== undefined && z < seen[at] - BEHIND)) continue
      if (exempt !== undefined && exempt[at] > 0 && exempt[at] < pixels) pixels = exempt[at]
      const k = 1 / (wFar + z * wRange)
      const right = (dx * uxBy + dy * uyBy) * k
      const down = (dx * vxBy + dy * vyBy) * k
      let slipX = right - dx
      let slipY = down - dy
      if (offsets !== null) {
        const u = Math.min(lastX, Math.max(0, (ax + right) * texelsX - 0.5))
        const v = Math.min(lastY, Math.max(0, (ay + down) * texelsY - 0.5))
        const x0 = u | 0
        const y0 = v | 0
        const here = 2 * (y0 * picture.width + x0)
        const beside = x0 < lastX ? 2 : 0
        const below = y0 < lastY ? 2 * picture.width : 0
        const w01 = (u - x0) * (1 - (v - y0))
        const w10 = (1 - (u - x0)) * (v - y0)
        const w11 = (u - x0) * (v - y0)
        const w00 = 1 - w01 - w10 - w11
        slipX += offsets[here] * w00 + offsets[here + beside] * w01 + offsets[here + below] * w10 + offsets[here + beside + below] * w11
        slipY += offsets[here + 1] * w00 + offsets[here + beside + 1] * w01 + offsets[here + below + 1] * w10 + offsets[here + beside + below + 1] * w11
      }
      const slip = Math.sqrt(slipX * slipX + slipY * slipY)
      if (slip > pixels) pixels = slip
      if (pixels > max) max = pixels
      error[0] = pixels
      histogram[bits[0] >>> DROPPED_BITS]++
    }
  })
  return { max, p99: Math.min(max, percentile99(histogram)) }
}

/** A triangle in the picture, as it is seen there: all that is linear from its first corner on. */
interface Seen {
  /** The corner: u px, v px, disparity. */
  ax: number
  ay: number
  az: number
  /** Disparity, by px. */
  zx: number
  zy: number
  /** Where texture coordinates lead from the corner, times inverse depth: u by px across and down, v so. */
  uxBy: number
  uyBy: number
  vxBy: number
  vyBy: number
}

/** A picture's size, pixels, and inverse depth by disparity: w = wFar + z · wRange. */
interface Canvas {
  width: number
  height: number
  wFar: number
  wRange: number
}

/** Hands over each triangle's rows of pixels, of every `every`-th row of the map: the first and the one past the last, and how far the first one's centre is from the triangle's corner. */
function eachRow({ points, triangles }: RefinableSurface, { width, height, wFar, wRange }: Canvas, every: number, visit: (seen: Seen, at: number, end: number, dx: number, dy: number) => void): void {
  const spans = createSpans(height)
  const seen: Seen = { ax: 0, ay: 0, az: 0, zx: 0, zy: 0, uxBy: 0, uyBy: 0, vxBy: 0, vyBy: 0 }
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    const bx = points[b] - points[a]
    const by = points[b + 1] - points[a + 1]
    const cx = points[c] - points[a]
    const cy = points[c + 1] - points[a + 1]
    const area = bx * cy - by * cx
    if (area === 0) continue
    seen.ax = points[a]
    seen.ay = points[a + 1]
    seen.az = points[a + 2]
    seen.zx = slopeAcross(points[b + 2] - seen.az, points[c + 2] - seen.az, by, cy, area)
    seen.zy = slopeDown(points[b + 2] - seen.az, points[c + 2] - seen.az, bx, cx, area)
    // texture coordinates lead to a + (λb·wb·b + λc·wc·c) / w, λ and w affine in the place
    const wb = wFar + points[b + 2] * wRange
    const wc = wFar + points[c + 2] * wRange
    seen.uxBy = slopeAcross(wb * bx, wc * cx, by, cy, area)
    seen.uyBy = slopeDown(wb * bx, wc * cx, bx, cx, area)
    seen.vxBy = slopeAcross(wb * by, wc * cy, by, cy, area)
    seen.vyBy = slopeDown(wb * by, wc * cy, bx, cx, area)
    coverTriangle(spans, seen.ax, seen.ay, points[b], points[b + 1], points[c], points[c + 1], width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      if (y % every !== 0) continue
      const start = spans.bounds[2 * row]
      visit(seen, y * width + start, y * width + spans.bounds[2 * row + 1], start + 0.5 - seen.ax, y + 0.5 - seen.ay)
    }
  }
}

/** How far from where it stands the picture's place is that each texel shows: x, y per texel, source pixels; `null` where no texel shows another. */
function layOffsets(front: PlaneMesh, map: DisparityMap, model: Pick<ErrorModel, 'wNear' | 'wFar'>, { width, height, finer }: LaidPicture): Float32Array | null {
  const texels = [width / map.width, height / map.height] as const
  const spans = createSpans(height)
  const laying = createLaying()
  const nearest = front.folded ? nearestAt(front, { width, height }, texels) : undefined
  let offsets: Float32Array | null = null
  for (let t = 0; t < front.triangles.length; t += 3) {
    if (!layTriangle(laying, front, t, model, { texels, unseen: UNSEEN / finer })) continue
    offsets ??= new Float32Array(2 * width * height)
    const { ax, ay, bx, by, cx, cy, az, zx, zy, za, kx, ky, ux, uy, vx, vy } = laying
    coverTriangle(spans, ax, ay, ax + bx, ay + by, ax + cx, ay + cy, width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      const py = y + 0.5 - ay
      let px = spans.bounds[2 * row] + 0.5 - ax
      for (let at = y * width + spans.bounds[2 * row], end = y * width + spans.bounds[2 * row + 1]; at < end; at++, px++) {
        if (nearest !== undefined && az + px * zx + py * zy < nearest[at] - BEHIND) continue
        const k = 1 / (za + px * kx + py * ky)
        offsets[2 * at] = ((px * ux + py * uy) * k - px) / texels[0]
        offsets[2 * at + 1] = ((px * vx + py * vy) * k - py) / texels[1]
      }
    }
  }
  return offsets
}
