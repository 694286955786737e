// How far triangles are from the map.

import { lanesOf, largest, total } from './lanes'
import { area, aX, aY, aZ, baseOf, belowOf, bX, bY, bZ, coverSome, cX, cY, cZ, endOfRows, firstRow, lastOf, lengthOf, map, numberOf, rightOf, riseOf, slopeX, slopeY, startOf, takeAt } from './triangle'

/**
 * Adds the pixels of all triangles to `totals` (f64): how many hold something, their squared distance from the map, the largest distance, and of the error
 * that counts, px, the squares and the largest, and the largest but for slip; `histogram` (u32) counts that error by the topmost bits of the float, of every `sampled`-th row.
 *
 * The error that counts: distance · `scale`; where `exempt` (f32 a pixel, 0: none of them) holds something smaller, that; and the texture slip where that
 * is larger. w = `far` + z · `range` is the inverse depth; `range` 0: nothing slips.
 */
export function compare(corners: usize, count: i32, totals: usize, histogram: usize, scale: f64, sampled: i32, droppedBits: i32, far: f64, range: f64, exempt: usize): void {
  if (range == 0 && exempt == 0) compareDistances(corners, count, totals, histogram, <f32>scale, sampled, droppedBits)
  else compareAll(corners, count, totals, histogram, <f32>scale, sampled, droppedBits, far, range, exempt)
}

function compareDistances(corners: usize, count: i32, sums: usize, histogram: usize, scale: f32, sampled: i32, droppedBits: i32): void {
  const lanes = f32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  let squaresSum = load<f64>(sums, 8)
  let best = f32x4.splat(<f32>load<f64>(sums, 16))
  // lanes that are valid are −1
  let ones = i32x4.splat(0)
  while (count > 0) {
    const covered = coverSome(corners, count)
    let row = firstRow()
    for (let i = 0; i < covered; i++) {
      const rise = riseOf(i)
      const slope = f32x4.splat(rise)
      for (const end = endOfRows(i); row < end; row += 16) {
        let address = startOf(row)
        const n = lengthOf(row)
        const last = lastOf(row)
        const inside = f32x4.splat(<f32>n)
        const first = baseOf(row)
        const base = f32x4.splat(first)
        if (numberOf(row) % sampled == 0) {
          for (let k = 0; k < n; k++) {
            const off = abs(load<f32>(address + (<usize>k << 2)) - (first + <f32>k * rise)) * scale
            if (off == off) countUp(histogram, reinterpret<i32>(off), droppedBits)
          }
        }
        let k = lanes
        let squares = f32x4.splat(0)
        do {
          const off = f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope))))
          const valid = v128.and(f32x4.eq(off, off), f32x4.lt(k, inside))
          const kept = v128.and(off, valid)
          squares = f32x4.add(squares, f32x4.mul(kept, kept))
          ones = i32x4.sub(ones, valid)
          best = f32x4.pmax(best, kept)
          k = f32x4.add(k, four)
          address += 16
        } while (address < last)
        squaresSum += total(squares)
      }
    }
    corners += <usize>covered * 72
    count -= covered
  }
  const farthest = <f64>largest(best)
  store<f64>(sums, load<f64>(sums) + lanesOf(ones))
  store<f64>(sums, squaresSum, 8)
  store<f64>(sums, farthest, 16)
  store<f64>(sums, squaresSum * <f64>scale * <f64>scale, 24)
  store<f64>(sums, farthest * <f64>scale, 32)
  store<f64>(sums, farthest * <f64>scale, 40)
}

function compareAll(corners: usize, count: i32, totals: usize, histogram: usize, scale: f32, sampled: i32, droppedBits: i32, far: f64, range: f64, exempt: usize): void {
  const lanes = f32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  const zero = f32x4.splat(0)
  const scales = f32x4.splat(scale)
  let squaresSum = load<f64>(totals, 8)
  let best = f32x4.splat(<f32>load<f64>(totals, 16))
  let pixelSquaresSum = load<f64>(totals, 24)
  let bestPixels = f32x4.splat(<f32>load<f64>(totals, 32))
  let bestParallax = f32x4.splat(<f32>load<f64>(totals, 40))
  let ones = i32x4.splat(0)
  while (count > 0) {
    const covered = coverSome(corners, count)
    let row = firstRow()
    for (let i = 0; i < covered; i++, corners += 72) {
      takeAt(corners)
      const ax = aX, ay = aY
      const bx = bX - ax, by = bY - ay, cx = cX - ax, cy = cY - ay
      // the picture is shown at a + (λb·wb·b + λc·wc·c) / w, λ and w affine in the place
      const wa = far + aZ * range
      const wb = far + bZ * range
      const wc = far + cZ * range
      const wx = slopeX * range
      const wy = slopeY * range
      const pxx = (wb * bx * cy - wc * cx * by) / area
      const pxy = (wc * cx * bx - wb * bx * cx) / area
      const pyx = (wb * by * cy - wc * cy * by) / area
      const pyy = (wc * cy * bx - wb * by * cx) / area
      const slope = f32x4.splat(<f32>slopeX)
      const wSlope = f32x4.splat(<f32>wx)
      const xSlope = f32x4.splat(<f32>pxx)
      const ySlope = f32x4.splat(<f32>pyx)
      for (const end = endOfRows(i); row < end; row += 16) {
        let address = startOf(row)
        const last = lastOf(row)
        const inside = f32x4.splat(<f32>lengthOf(row))
        const dx = rightOf(row, ax)
        const dy = belowOf(row, ay)
        const base = f32x4.splat(baseOf(row))
        const wBase = f32x4.splat(<f32>(wa + dx * wx + dy * wy))
        const xBase = f32x4.splat(<f32>(dx * pxx + dy * pxy))
        const yBase = f32x4.splat(<f32>(dx * pyx + dy * pyy))
        const left = f32x4.splat(<f32>dx)
        const down = f32x4.splat(<f32>dy)
        const counted = numberOf(row) % sampled == 0
        let k = lanes
        let squares = zero
        let pixelSquares = zero
        do {
          const off = f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope))))
          const valid = v128.and(f32x4.eq(off, off), f32x4.lt(k, inside))
          const kept = v128.and(off, valid)
          let pixels = f32x4.mul(kept, scales)
          if (exempt != 0) {
            const other = v128.load(exempt + (address - map))
            pixels = v128.bitselect(other, pixels, v128.and(f32x4.gt(other, zero), f32x4.lt(other, pixels)))
          }
          bestParallax = f32x4.pmax(bestParallax, pixels)
          if (range != 0) {
            const w = f32x4.add(wBase, f32x4.mul(k, wSlope))
            const slipX = f32x4.sub(f32x4.add(xBase, f32x4.mul(k, xSlope)), f32x4.mul(f32x4.add(left, k), w))
            const slipY = f32x4.sub(f32x4.add(yBase, f32x4.mul(k, ySlope)), f32x4.mul(down, w))
            const slip = f32x4.div(f32x4.sqrt(f32x4.add(f32x4.mul(slipX, slipX), f32x4.mul(slipY, slipY))), w)
            pixels = f32x4.max(pixels, v128.and(slip, valid))
          }
          squares = f32x4.add(squares, f32x4.mul(kept, kept))
          pixelSquares = f32x4.add(pixelSquares, f32x4.mul(pixels, pixels))
          best = f32x4.pmax(best, kept)
          bestPixels = f32x4.pmax(bestPixels, pixels)
          ones = i32x4.sub(ones, valid)
          if (counted) {
            if (i32x4.extract_lane(valid, 0) != 0) countUp(histogram, i32x4.extract_lane(pixels, 0), droppedBits)
            if (i32x4.extract_lane(valid, 1) != 0) countUp(histogram, i32x4.extract_lane(pixels, 1), droppedBits)
            if (i32x4.extract_lane(valid, 2) != 0) countUp(histogram, i32x4.extract_lane(pixels, 2), droppedBits)
            if (i32x4.extract_lane(valid, 3) != 0) countUp(histogram, i32x4.extract_lane(pixels, 3), droppedBits)
          }
          k = f32x4.add(k, four)
          address += 16
        } while (address < last)
        squaresSum += total(squares)
        pixelSquaresSum += total(pixelSquares)
      }
    }
    count -= covered
  }
  store<f64>(totals, load<f64>(totals) + lanesOf(ones))
  store<f64>(totals, squaresSum, 8)
  store<f64>(totals, <f64>largest(best), 16)
  store<f64>(totals, pixelSquaresSum, 24)
  store<f64>(totals, <f64>largest(bestPixels), 32)
  store<f64>(totals, <f64>largest(bestParallax), 40)
}

// @ts-ignore: decorator
@inline
function countUp(histogram: usize, bits: i32, droppedBits: i32): void {
  const step = histogram + (<usize>(<u32>bits >> droppedBits) << 2)
  store<u32>(step, load<u32>(step) + 1)
}
