import type { DisparityMap } from '../../depth/convention.js'
import type { PixelError } from '../error/error.js'
import { spreadMoved } from '../error/moved.js'
import { Tally } from '../error/tally.js'
import { BEHIND, nearestAt } from '../pixels/nearest.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { PlaneMesh } from '../triangulate/triangulate.js'
import type { Bend } from './bent-uvs.js'
import { eachSeenRow, everyEnough, type SeenTriangle } from './seen-rows.js'

/** A bend is looked up in so many cells along the longer side, linearly in between: of 1024 px within .01 px of what it is. */
const CELLS = 256

/** Slip changes slowly from row to row: of 1024 px every 4th takes 3 % of the bake's time, every other one 5. */
const ENOUGH_ROWS = 256

/** Newton's steps from a place to where what it wears belongs. After one of less than a cell, of 1024 px 4 px, what is left is some .02 px. */
const MOST_STEPS = 3

/** How far what a place of a surface wears lies from what belongs there, pixels of the map: `x`, `y` the place, `u`, `v` what it wears. */
export type BentSlip = (x: number, y: number, u: number, v: number) => number

/** What is off at a level that wears a bent picture, source pixels. */
export interface BentError {
  /** The error that counts. */
  error: Pick<PixelError, 'max' | 'p99'>
  /** What 99 of 100 pixels slip by. */
  slip: number
}

/**
 * The error that counts, source pixels, of a level that wears a picture which is bent into its own: the larger of parallax and of how far the picture slips, pixel by pixel. Renderers interpolate texture coordinates
 * linearly inside each triangle, while the picture bends there too.
 *
 * @param front of a relief.
 * @param uvs as they are stored, two numbers a vertex.
 */
export function bentError(front: PlaneMesh, map: DisparityMap, model: ErrorModel, { uvs, slipAt }: { uvs: Float32Array; slipAt: BentSlip }): BentError {
  const { width, height, disparity } = map
  const { pixelsPerDisparity } = model
  const exempt = front.moved && spreadMoved(front.moved, disparity.length)
  const nearest = front.folded ? nearestAt(front, map, [1, 1]) : undefined
  const worn = uvs.map((share, i) => share * (i % 2 === 0 ? width : height))
  const [errors, slips] = [new Tally(), new Tally()]
  const frame = { width, height, wFar: 1, wRange: 0 }
  const look = ({ ax, ay, az, zx, zy, au, av, uxBy, uyBy, vxBy, vyBy }: SeenTriangle, at: number, end: number, dx: number, dy: number): void => {
    for (; at < end; at++, dx++) {
      const z = az + dx * zx + dy * zy
      let pixels = Math.abs(z - disparity[at]) * pixelsPerDisparity
      // (false for NaN: nothing is there)
      if (!(pixels >= 0) || (nearest !== undefined && z < nearest[at] - BEHIND)) continue
      if (exempt !== undefined && exempt[at] > 0 && exempt[at] < pixels) pixels = exempt[at]
      const slip = slipAt(ax + dx, ay + dy, au + dx * uxBy + dy * uyBy, av + dx * vxBy + dy * vyBy)
      slips.add(slip)
      errors.add(Math.max(pixels, slip))
    }
  }
  eachSeenRow(front, frame, everyEnough(height, ENOUGH_ROWS), look, worn)
  // (Parallax alone has been looked at everywhere.)
  return { error: { max: Math.max(errors.max, front.pixelError.max), p99: errors.p99 }, slip: slips.p99 }
}

/** How far a bend's picture slips, anywhere on a map of this size, pixels: it is asked for millions of places, so a grid of them stands for it. */
export function slipOfBend(bend: Bend, { width, height }: { width: number; height: number }): BentSlip {
  const cell = Math.max(1, Math.max(width, height) / CELLS)
  const [columns, rows] = [Math.ceil(width / cell), Math.ceil(height / cell)]
  const stride = 2 * (columns + 1)
  const leads = new Float32Array(stride * (rows + 1))
  const out = new Float64Array(2)
  for (let row = 0, i = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++, i += 2) {
      bend((column * cell) / width, (row * cell) / height, out)
      leads[i] = out[0] * width
      leads[i + 1] = out[1] * height
    }
  }
  const perPixel = 1 / cell
  return (x, y, u, v) => {
    let atX = x * perPixel
    let atY = y * perPixel
    for (let step = 0; step < MOST_STEPS; step++) {
      const column = Math.max(0, Math.min(columns - 1, Math.floor(atX)))
      const row = Math.max(0, Math.min(rows - 1, Math.floor(atY)))
      const fx = atX - column
      const fy = atY - row
      const top = row * stride + 2 * column
      const bottom = top + stride
      // by how much u and v grow from one edge of the cell to the other: across, in its upper and its lower one, and down
      const uTop = leads[top + 2] - leads[top]
      const vTop = leads[top + 3] - leads[top + 1]
      const uTwist = leads[bottom + 2] - leads[bottom] - uTop
      const vTwist = leads[bottom + 3] - leads[bottom + 1] - vTop
      const ux = uTop + uTwist * fy
      const vx = vTop + vTwist * fy
      const uy = leads[bottom] - leads[top] + uTwist * fx
      const vy = leads[bottom + 1] - leads[top + 1] + vTwist * fx
      const offU = u - (leads[top] + uTop * fx + uy * fy)
      const offV = v - (leads[top + 1] + vTop * fx + vy * fy)
      const moveX = (offU * vy - offV * uy) / (ux * vy - uy * vx)
      const moveY = (offV * ux - offU * vx) / (ux * vy - uy * vx)
      atX += moveX
      atY += moveY
      if (moveX * moveX + moveY * moveY <= 1) break
    }
    const dx = atX * cell - x
    const dy = atY * cell - y
    return Math.sqrt(dx * dx + dy * dy)
  }
}
