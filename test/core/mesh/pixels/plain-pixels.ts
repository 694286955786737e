import type { Fit } from '../../../../src/core/mesh/pixels/fit.js'
import { BATCH, DROPPED_BITS, SAMPLED_ABOVE, type PixelLoops } from '../../../../src/core/mesh/pixels/pixels.js'
import { coverTriangle, createSpans } from '../../../../src/core/mesh/pixels/spans.js'
import { solvePlainly } from '../refine/plain-solve.js'
import { createPlainInsertion } from './plain-insertion.js'

/** The pixel loops in plain TypeScript: what the compiled ones are held to. */
export function createPlainPixelLoops(disparity: Float32Array, width: number, height: number): PixelLoops {
  const spans = createSpans(height)
  const { bounds } = spans
  const corners = new Float64Array(9 * BATCH)
  const errors = new Float32Array(BATCH)
  const places = new Int32Array(BATCH)
  const sums = new Float64Array(10 * BATCH)
  const totals = new Float64Array(6)
  const scratch = new Float32Array(width * height)
  const histogram = new Uint32Array(1 << (32 - DROPPED_BITS))
  const float = new Float32Array(1)
  const bits = new Uint32Array(float.buffer)
  const sampled = height > SAMPLED_ABOVE ? 16 : 1
  /** Calls `visit` with every pixel of a triangle that holds something: its number, row, dx, dy from the first corner, and map − triangle. */
  const each = (c: ArrayLike<number>, from: number, visit: (i: number, y: number, dx: number, dy: number, off: number) => void): void => {
    const [ax, ay, az, bx, by, bz, cx, cy, cz] = Array.from({ length: 9 }, (_, k) => c[from + k])
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if (area === 0) return
    const zx = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
    const zy = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
    coverTriangle(spans, ax, ay, bx, by, cx, cy, width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      for (let x = bounds[2 * row]; x < bounds[2 * row + 1]; x++) {
        const dx = x + 0.5 - ax
        const dy = y + 0.5 - ay
        const off = disparity[y * width + x] - (az + dx * zx + dy * zy)
        if (off === off) visit(y * width + x, y, dx, dy, off)
      }
    }
  }
  let fit: Fit | undefined
  const plain: PixelLoops = {
    corners, errors, places, sums, totals, histogram, scratch,
    scan(count) {
      for (let t = 0; t < count; t++) {
        errors[t] = 0
        places[t] = 0
        each(corners, 9 * t, (i, _y, _dx, _dy, off) => {
          if (Math.fround(Math.abs(off)) <= errors[t]) return
          errors[t] = Math.abs(off)
          places[t] = i
        })
      }
    },
    solve: (surface, solving) => (fit = solvePlainly(surface, plain, solving, solving.changed && fit)),
    insertInto: (surface, map, model, jump) => createPlainInsertion(surface, map, plain, model, jump),
    moments(count) {
      sums.fill(0, 0, 10 * count)
      for (let t = 0; t < count; t++) {
        each(corners, 9 * t, (_i, _y, dx, dy, off) => {
          for (const [k, term] of [1, dx, dy, dx * dx, dx * dy, dy * dy, off, off * dx, off * dy, off * off].entries()) sums[10 * t + k] += term
        })
      }
    },
    squaredError(count, _enough, skip) {
      sums.fill(0, 0, count)
      for (let t = 0; t < count; t++) {
        each(corners, 9 * t, (_i, y, _dx, _dy, off) => {
          if (y % skip === 0) sums[t] += skip * off * off
        })
      }
      return sums.subarray(0, count).reduce((sum, own) => sum + own, 0)
    },
    compare(count, { pixelsPerDisparity, wNear, wFar }, exempt) {
      for (let t = 0; t < count; t++) {
        const [ax, ay, az, bx, by, bz, cx, cy, cz] = corners.subarray(9 * t, 9 * t + 9)
        const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        const [wa, wb, wc] = [az, bz, cz].map((z) => wFar + z * (wNear - wFar))
        each(corners, 9 * t, (i, y, dx, dy, off) => {
          totals[0]++
          totals[1] += off * off
          totals[2] = Math.max(totals[2], Math.abs(off))
          let pixels = Math.abs(off) * pixelsPerDisparity
          if (exempt && scratch[i] > 0) pixels = Math.min(pixels, scratch[i])
          totals[5] = Math.max(totals[5], pixels)
          const b = (dx * (cy - ay) - dy * (cx - ax)) / area
          const c = (dy * (bx - ax) - dx * (by - ay)) / area
          const w = (1 - b - c) * wa + b * wb + c * wc
          pixels = Math.max(pixels, Math.hypot((b * wb * (bx - ax) + c * wc * (cx - ax)) / w - dx, (b * wb * (by - ay) + c * wc * (cy - ay)) / w - dy))
          totals[3] += pixels * pixels
          totals[4] = Math.max(totals[4], pixels)
          if (y % sampled !== 0) return
          float[0] = pixels
          histogram[bits[0] >>> DROPPED_BITS]++
        })
      }
    },
    drape(count) {
      for (let t = 0; t < count; t++) {
        const [ax, ay, az, bx, by, bz, cx, cy, cz] = corners.subarray(9 * t, 9 * t + 9)
        const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        coverTriangle(spans, ax, ay, bx, by, cx, cy, width, height)
        for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
          for (let x = bounds[2 * row]; x < bounds[2 * row + 1]; x++) {
            const [dx, dy] = [x + 0.5 - ax, y + 0.5 - ay]
            const b = (dx * (cy - ay) - dy * (cx - ax)) / area
            const c = (dy * (bx - ax) - dx * (by - ay)) / area
            const z = az + b * (bz - az) + c * (cz - az)
            if (!(z <= scratch[y * width + x])) scratch[y * width + x] = z
          }
        }
      }
    },
  }
  return plain
}
