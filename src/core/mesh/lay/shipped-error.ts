import type { DisparityMap } from '../../depth/convention.js'
import type { PixelError } from '../error/error.js'
import { spreadMoved } from '../error/moved.js'
import { Tally } from '../error/tally.js'
import { BEHIND, nearestAt } from '../pixels/nearest.js'
import { coverTriangle, createSpans } from '../pixels/spans.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { PlaneMesh } from '../triangulate/triangulate.js'
import { createLaying, layTriangle, UNSEEN } from './lay.js'
import { eachSeenRow, everyEnough } from './seen-rows.js'

/**
 * Of a taller map slip is looked at in as many rows as come to about this many, evenly spread. Every row of 2752 × 1536 takes 8 % of the bake's time, these 4; the 99th percentile then differs by 1 to 5 %.
 */
const ENOUGH_ROWS = 512

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
  const frame = { width, height, wFar, wRange }
  const exempt = front.moved && spreadMoved(front.moved, disparity.length)

  const seen = front.folded ? nearestAt(front, map, [1, 1]) : undefined

  // (1) The largest parallax, anywhere.
  const max = seen === undefined ? front.pixelError.parallax : largestParallax(front, map, model, { seen, exempt })

  // (2) Slip, and what counts.
  const offsets = layOffsets(front, map, model, picture)
  const [texelsX, texelsY] = [picture.width / width, picture.height / height]
  const [lastX, lastY] = [picture.width - 1, picture.height - 1]
  const errors = new Tally()
  eachSeenRow(front, frame, everyEnough(height, ENOUGH_ROWS), ({ ax, ay, az, zx, zy, uxBy, uyBy, vxBy, vyBy }, at, end, dx, dy) => {
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
      errors.add(slip > pixels ? slip : pixels)
    }
  })
  return { max: Math.max(max, errors.max), p99: errors.p99 }
}

/** Of what is seen of a surface that lies over itself. */
function largestParallax(front: PlaneMesh, { width, height, disparity }: DisparityMap, { pixelsPerDisparity, wNear, wFar }: ErrorModel, { seen, exempt }: { seen: Float32Array; exempt: Float32Array | undefined }): number {
  let max = 0
  eachSeenRow(front, { width, height, wFar, wRange: wNear - wFar }, 1, ({ az, zx, zy }, at, end, dx, dy) => {
    for (let z = az + dx * zx + dy * zy; at < end; at++, z += zx) {
      let parallax = Math.abs(z - disparity[at]) * pixelsPerDisparity
      if (!(parallax > max) || z < seen[at] - BEHIND) continue
      if (exempt !== undefined && exempt[at] > 0) parallax = Math.min(parallax, exempt[at])
      if (parallax > max) max = parallax
    }
  })
  return max
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
