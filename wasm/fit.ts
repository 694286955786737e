// What refining asks of a triangle: how far it is from the map, and which way the map lies.

import { total } from './lanes'
import { baseOf, belowOf, coverSome, endOfRows, firstRow, lastOf, lengthOf, rightOf, riseOf, startOf } from './triangle'

/** The sum of the triangles' squared distances from the map, each triangle's own to `sums` (f64), by every `skip`-th row (a power of two); stops once it is past `enough`. */
export function squaredError(corners: usize, count: i32, sums: usize, enough: f64, skip: i32): f64 {
  const lanes = f32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  const weight = <f64>skip
  let sum: f64 = 0
  while (count > 0) {
    const covered = coverSome(corners, count, skip)
    let row = firstRow()
    for (let i = 0; i < covered; i++, sums += 8) {
      const slope = f32x4.splat(riseOf(i))
      let own: f64 = 0
      for (const end = endOfRows(i); row < end; row += 16) {
        let address = startOf(row)
        const last = lastOf(row)
        const inside = f32x4.splat(<f32>lengthOf(row))
        const base = f32x4.splat(baseOf(row))
        let k = lanes
        let squares = f32x4.splat(0)
        do {
          const off = f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))
          const kept = v128.and(off, v128.and(f32x4.eq(off, off), f32x4.lt(k, inside)))
          squares = f32x4.add(squares, f32x4.mul(kept, kept))
          k = f32x4.add(k, four)
          address += 16
        } while (address < last)
        own += total(squares)
        if (sum + own * weight > enough) return sum + own * weight
      }
      own *= weight
      store<f64>(sums, own)
      sum += own
    }
    corners += <usize>covered * 72
    count -= covered
  }
  return sum
}

/** For each triangle ten sums over its pixels (f64): 1, dx, dy, dx², dx·dy, dy², off, off·dx, off·dy, off²; dx and dy from its first corner, off = map − triangle. */
export function moments(corners: usize, count: i32, sums: usize): void {
  while (count > 0) {
    const covered = coverSome(corners, count)
    let row = firstRow()
    for (let i = 0; i < covered; i++, corners += 72, sums += 80) {
      const end = endOfRows(i)
      // where a pixel holds nothing, all pixels have to be counted one by one
      if (!sumRows(row, end, load<f64>(corners), load<f64>(corners, 8), riseOf(i), sums)) sumRowsWithGaps(row, end, load<f64>(corners), load<f64>(corners, 8), riseOf(i), sums)
      row = end
    }
    count -= covered
  }
}

/** So many rows are summed up as floats. */
const FLOAT_ROWS = 16

/** How many pixels there are and where follows from how long the rows are; false, where one of them holds nothing. */
// @ts-ignore: decorator
@inline
function sumRows(row: usize, end: usize, ax: f64, ay: f64, rise: f32, sums: usize): bool {
  const lanes = f32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  const slope = f32x4.splat(rise)
  let s: f64 = 0, sx: f64 = 0, sy: f64 = 0, sxx: f64 = 0, sxy: f64 = 0, syy: f64 = 0, r: f64 = 0, rx: f64 = 0, ry: f64 = 0, rr: f64 = 0
  while (row < end) {
    const stop = min(end, row + 16 * FLOAT_ROWS)
    let vr = f32x4.splat(0), vrx = f32x4.splat(0), vry = f32x4.splat(0), vrr = f32x4.splat(0)
    for (; row < stop; row += 16) {
      let address = startOf(row)
      const length = <f64>lengthOf(row)
      const last = lastOf(row)
      const inside = f32x4.splat(<f32>length)
      const dx = rightOf(row, ax)
      const dy = belowOf(row, ay)
      const base = f32x4.splat(baseOf(row))
      let k = lanes
      let vx = f32x4.add(lanes, f32x4.splat(<f32>dx))
      let own = f32x4.splat(0)
      do {
        const off = v128.and(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope))), f32x4.lt(k, inside))
        own = f32x4.add(own, off)
        vrx = f32x4.add(vrx, f32x4.mul(off, vx))
        vrr = f32x4.add(vrr, f32x4.mul(off, off))
        k = f32x4.add(k, four)
        vx = f32x4.add(vx, four)
        address += 16
      } while (address < last)
      vr = f32x4.add(vr, own)
      vry = f32x4.add(vry, f32x4.mul(own, f32x4.splat(<f32>dy)))
      // Σk and Σk² over 0 … length − 1
      const sumK = length * (length - 1) * 0.5
      const x = sumK + length * dx
      s += length
      sx += x
      sy += length * dy
      sxx += sumK * (2 * length - 1) * (1.0 / 3.0) + dx * (sumK + x)
      sxy += x * dy
      syy += length * dy * dy
    }
    r += total(vr)
    rx += total(vrx)
    ry += total(vry)
    rr += total(vrr)
  }
  storeSums(sums, s, sx, sy, sxx, sxy, syy, r, rx, ry, rr)
  return r == r
}

function sumRowsWithGaps(row: usize, end: usize, ax: f64, ay: f64, rise: f32, sums: usize): void {
  const lanes = f32x4(0, 1, 2, 3)
  const ones = f32x4.splat(1)
  const four = f32x4.splat(4)
  const slope = f32x4.splat(rise)
  let s: f64 = 0, sx: f64 = 0, sy: f64 = 0, sxx: f64 = 0, sxy: f64 = 0, syy: f64 = 0, r: f64 = 0, rx: f64 = 0, ry: f64 = 0, rr: f64 = 0
  for (; row < end; row += 16) {
    let address = startOf(row)
    const last = lastOf(row)
    const inside = f32x4.splat(<f32>lengthOf(row))
    const dx = rightOf(row, ax)
    const dy = belowOf(row, ay)
    const base = f32x4.splat(baseOf(row))
    let k = lanes
    // sums over k = column − first: small numbers, so that f32 is enough for a row
    let vn = f32x4.splat(0), vk = f32x4.splat(0), vkk = f32x4.splat(0), vr = f32x4.splat(0), vrk = f32x4.splat(0), vrr = f32x4.splat(0)
    do {
      const off = f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))
      const valid = v128.and(f32x4.eq(off, off), f32x4.lt(k, inside))
      const kept = v128.and(off, valid)
      const keptK = v128.and(k, valid)
      vn = f32x4.add(vn, v128.and(ones, valid))
      vk = f32x4.add(vk, keptK)
      vkk = f32x4.add(vkk, f32x4.mul(keptK, keptK))
      vr = f32x4.add(vr, kept)
      vrk = f32x4.add(vrk, f32x4.mul(kept, keptK))
      vrr = f32x4.add(vrr, f32x4.mul(kept, kept))
      k = f32x4.add(k, four)
      address += 16
    } while (address < last)
    const one = total(vn)
    const off = total(vr)
    const sumK = total(vk)
    const x = sumK + one * dx
    s += one
    sx += x
    sxx += total(vkk) + 2 * dx * sumK + one * dx * dx
    sy += one * dy
    sxy += x * dy
    syy += one * dy * dy
    r += off
    rx += total(vrk) + off * dx
    ry += off * dy
    rr += total(vrr)
  }
  storeSums(sums, s, sx, sy, sxx, sxy, syy, r, rx, ry, rr)
}

/** In the order that `moments` says. */
// @ts-ignore: decorator
@inline
function storeSums(sums: usize, s: f64, sx: f64, sy: f64, sxx: f64, sxy: f64, syy: f64, r: f64, rx: f64, ry: f64, rr: f64): void {
  store<f64>(sums, s)
  store<f64>(sums, sx, 8)
  store<f64>(sums, sy, 16)
  store<f64>(sums, sxx, 24)
  store<f64>(sums, sxy, 32)
  store<f64>(sums, syy, 40)
  store<f64>(sums, r, 48)
  store<f64>(sums, rx, 56)
  store<f64>(sums, ry, 64)
  store<f64>(sums, rr, 72)
}
