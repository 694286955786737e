// The pixel loops of src/core/mesh/pixels.ts in AssemblyScript, four pixels at a time. Compiled by scripts/build-wasm.js into
// src/core/mesh/pixels-wasm.ts; the plain version in pixels.ts is the reference that the tests compare this one with.
//
// Memory: the host puts the map (f32, row after row, 16 bytes of padding behind it) and its arrays behind `freeFrom()` and passes addresses.

let map: usize = 0
let width: i32 = 0
let height: i32 = 0

export function freeFrom(): usize {
  return __heap_base
}

export function useMap(address: usize, w: i32, h: i32): void {
  map = address
  width = w
  height = h
}

// --- rows of a triangle: as coverTriangle in spans.ts -------------------------------------------------------------------------------------

let topX: f64 = 0
let topY: f64 = 0
let middleX: f64 = 0
let middleY: f64 = 0
let bottomY: f64 = 0
let longSlope: f64 = 0
let upperSlope: f64 = 0
let lowerSlope: f64 = 0
let longIsLeft: bool = false
let flatBottom: bool = false
let firstRow: i32 = 0
let endRow: i32 = 0
let widen: f64 = 0
let start: i32 = 0
let end: i32 = 0

function cover(ax: f64, ay: f64, bx: f64, by: f64, cx: f64, cy: f64, margin: f64): void {
  let swap: f64
  if (by < ay || (by == ay && bx < ax)) {
    swap = ax; ax = bx; bx = swap
    swap = ay; ay = by; by = swap
  }
  if (cy < ay || (cy == ay && cx < ax)) {
    swap = ax; ax = cx; cx = swap
    swap = ay; ay = cy; cy = swap
  }
  if (cy < by || (cy == by && cx < bx)) {
    swap = bx; bx = cx; cx = swap
    swap = by; by = cy; cy = swap
  }
  topX = ax
  topY = ay
  middleX = bx
  middleY = by
  bottomY = cy
  widen = margin
  longSlope = cy > ay ? (cx - ax) / (cy - ay) : 0
  upperSlope = by > ay ? (bx - ax) / (by - ay) : 0
  lowerSlope = cy > by ? (cx - bx) / (cy - by) : 0
  longIsLeft = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0
  flatBottom = cy == by
  firstRow = max(0, <i32>Math.ceil(ay - 0.5 - margin))
  endRow = min(height, <i32>Math.ceil(cy - 0.5 + margin))
}

// @ts-ignore: decorator
@inline
function row(y: i32): void {
  const centre = Math.min(Math.max(<f64>y + 0.5, topY), bottomY)
  const long = topX + (centre - topY) * longSlope
  const short = centre < middleY || flatBottom ? topX + (centre - topY) * upperSlope : middleX + (centre - middleY) * lowerSlope
  const left = longIsLeft ? long : short
  const right = longIsLeft ? short : long
  start = max(0, <i32>Math.ceil(left - 0.5 - widen))
  end = min(width, <i32>Math.ceil(right - 0.5 + widen))
}

// --- the loops ------------------------------------------------------------------------------------------------------------------------

/** For each of `count` triangles (9 f64: x, y, z of its corners) the largest distance from the map (f32) and the pixel it is at (i32, −1: none). */
export function scan(corners: usize, count: i32, errors: usize, where: usize, margin: f64): void {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  for (let t = 0; t < count; t++, corners += 72, errors += 4, where += 4) {
    const ax = load<f64>(corners)
    const ay = load<f64>(corners, 8)
    const az = load<f64>(corners, 16)
    const bx = load<f64>(corners, 24)
    const by = load<f64>(corners, 32)
    const bz = load<f64>(corners, 40) - az
    const cx = load<f64>(corners, 48)
    const cy = load<f64>(corners, 56)
    const cz = load<f64>(corners, 64) - az
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    const zx = (bz * (cy - ay) - cz * (by - ay)) / area
    const zy = (cz * (bx - ax) - bz * (cx - ax)) / area
    cover(ax, ay, bx, by, cx, cy, margin)
    let best = f32x4.splat(0)
    let place = i32x4.splat(-1)
    const slope = f32x4.splat(<f32>zx)
    for (let y = firstRow; y < endRow; y++) {
      row(y)
      let n = end - start
      if (n <= 0) continue
      const base = f32x4.splat(<f32>(az + (<f64>start + 0.5 - ax) * zx + (<f64>y + 0.5 - ay) * zy))
      let i = y * width + start
      let address = map + (<usize>i << 2)
      let at = i32x4.add(i32x4.splat(i), laneNumbers)
      let k = lanes
      while (n > 0) {
        const value = f32x4.add(base, f32x4.mul(k, slope))
        const off = f32x4.abs(f32x4.sub(v128.load(address), value))
        let worse = f32x4.gt(off, best)
        if (n < 4) worse = v128.and(worse, i32x4.lt_s(laneNumbers, i32x4.splat(n)))
        best = v128.bitselect(off, best, worse)
        place = v128.bitselect(at, place, worse)
        at = i32x4.add(at, i32x4.splat(4))
        k = f32x4.add(k, f32x4.splat(4))
        address += 16
        n -= 4
      }
    }
    let worst = f32x4.extract_lane(best, 0)
    let pixel = i32x4.extract_lane(place, 0)
    let off = f32x4.extract_lane(best, 1)
    let p = i32x4.extract_lane(place, 1)
    if (off > worst || (off == worst && p >= 0 && p < pixel)) { worst = off; pixel = p }
    off = f32x4.extract_lane(best, 2)
    p = i32x4.extract_lane(place, 2)
    if (off > worst || (off == worst && p >= 0 && p < pixel)) { worst = off; pixel = p }
    off = f32x4.extract_lane(best, 3)
    p = i32x4.extract_lane(place, 3)
    if (off > worst || (off == worst && p >= 0 && p < pixel)) { worst = off; pixel = p }
    store<f32>(errors, worst)
    store<i32>(where, pixel)
  }
}

/** The sum of squared distances of one triangle from the map; stops once it is past `enough`. */
export function squaredError(ax: f64, ay: f64, az: f64, bx: f64, by: f64, bz: f64, cx: f64, cy: f64, cz: f64, enough: f64): f64 {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  bz -= az
  cz -= az
  const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
  const zx = (bz * (cy - ay) - cz * (by - ay)) / area
  const zy = (cz * (bx - ax) - bz * (cx - ax)) / area
  cover(ax, ay, bx, by, cx, cy, 0)
  const slope = f32x4.splat(<f32>zx)
  let sum: f64 = 0
  for (let y = firstRow; y < endRow; y++) {
    row(y)
    let n = end - start
    if (n <= 0) continue
    const base = f32x4.splat(<f32>(az + (<f64>start + 0.5 - ax) * zx + (<f64>y + 0.5 - ay) * zy))
    let address = map + (<usize>(y * width + start) << 2)
    let k = lanes
    let squares = f32x4.splat(0)
    while (n > 0) {
      const off = f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))
      let valid = f32x4.eq(off, off)
      if (n < 4) valid = v128.and(valid, i32x4.lt_s(laneNumbers, i32x4.splat(n)))
      const kept = v128.and(off, valid)
      squares = f32x4.add(squares, f32x4.mul(kept, kept))
      k = f32x4.add(k, f32x4.splat(4))
      address += 16
      n -= 4
    }
    sum += total(squares)
    if (sum > enough) return sum
  }
  return sum
}

// @ts-ignore: decorator
@inline
function total(v: v128): f64 {
  return <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) + <f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3)
}

/** For each triangle nine sums over its pixels (f64): 1, dx, dy, dx², dx·dy, dy², off, off·dx, off·dy; dx and dy from its first corner, off = map − triangle. */
export function moments(corners: usize, count: i32, sums: usize): void {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  for (let t = 0; t < count; t++, corners += 72, sums += 72) {
    const ax = load<f64>(corners)
    const ay = load<f64>(corners, 8)
    const az = load<f64>(corners, 16)
    const bx = load<f64>(corners, 24)
    const by = load<f64>(corners, 32)
    const bz = load<f64>(corners, 40) - az
    const cx = load<f64>(corners, 48)
    const cy = load<f64>(corners, 56)
    const cz = load<f64>(corners, 64) - az
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    const zx = (bz * (cy - ay) - cz * (by - ay)) / area
    const zy = (cz * (bx - ax) - bz * (cx - ax)) / area
    cover(ax, ay, bx, by, cx, cy, 0)
    const slope = f32x4.splat(<f32>zx)
    let s: f64 = 0, sx: f64 = 0, sy: f64 = 0, sxx: f64 = 0, sxy: f64 = 0, syy: f64 = 0, r: f64 = 0, rx: f64 = 0, ry: f64 = 0
    for (let y = firstRow; y < endRow; y++) {
      row(y)
      let n = end - start
      if (n <= 0) continue
      const dx = <f64>start + 0.5 - ax
      const dy = <f64>y + 0.5 - ay
      const base = f32x4.splat(<f32>(az + dx * zx + dy * zy))
      let address = map + (<usize>(y * width + start) << 2)
      let k = lanes
      // sums over k = column − start: small numbers, so that f32 is enough for a row
      let vn = f32x4.splat(0), vk = f32x4.splat(0), vkk = f32x4.splat(0), vr = f32x4.splat(0), vrk = f32x4.splat(0)
      while (n > 0) {
        const off = f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))
        let valid = f32x4.eq(off, off)
        if (n < 4) valid = v128.and(valid, i32x4.lt_s(laneNumbers, i32x4.splat(n)))
        const kept = v128.and(off, valid)
        const keptK = v128.and(k, valid)
        vn = f32x4.add(vn, v128.and(f32x4.splat(1), valid))
        vk = f32x4.add(vk, keptK)
        vkk = f32x4.add(vkk, f32x4.mul(keptK, keptK))
        vr = f32x4.add(vr, kept)
        vrk = f32x4.add(vrk, f32x4.mul(kept, keptK))
        k = f32x4.add(k, f32x4.splat(4))
        address += 16
        n -= 4
      }
      const one = total(vn)
      const off = total(vr)
      const x = total(vk) + one * dx
      const xx = total(vkk) + 2 * dx * total(vk) + one * dx * dx
      s += one
      sx += x
      sxx += xx
      sy += one * dy
      sxy += x * dy
      syy += one * dy * dy
      r += off
      rx += total(vrk) + off * dx
      ry += off * dy
    }
    store<f64>(sums, s)
    store<f64>(sums, sx, 8)
    store<f64>(sums, sy, 16)
    store<f64>(sums, sxx, 24)
    store<f64>(sums, sxy, 32)
    store<f64>(sums, syy, 40)
    store<f64>(sums, r, 48)
    store<f64>(sums, rx, 56)
    store<f64>(sums, ry, 64)
  }
}

/**
 * Over the pixels of all triangles: at `sums` (f64) how many hold something, their squared distance from the map, and the largest distance;
 * `histogram` (u32) counts distance · `scale` by the topmost bits of the float, of every `sampled`-th row.
 */
export function compare(corners: usize, count: i32, sums: usize, histogram: usize, scale: f32, sampled: i32, droppedBits: i32): void {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  let covered = load<f64>(sums)
  let squaresSum = load<f64>(sums, 8)
  let best = f32x4.splat(<f32>load<f64>(sums, 16))
  for (let t = 0; t < count; t++, corners += 72) {
    const ax = load<f64>(corners)
    const ay = load<f64>(corners, 8)
    const az = load<f64>(corners, 16)
    const bx = load<f64>(corners, 24)
    const by = load<f64>(corners, 32)
    const bz = load<f64>(corners, 40) - az
    const cx = load<f64>(corners, 48)
    const cy = load<f64>(corners, 56)
    const cz = load<f64>(corners, 64) - az
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if (area == 0) continue
    const zx = (bz * (cy - ay) - cz * (by - ay)) / area
    const zy = (cz * (bx - ax) - bz * (cx - ax)) / area
    cover(ax, ay, bx, by, cx, cy, 0)
    const slope = f32x4.splat(<f32>zx)
    for (let y = firstRow; y < endRow; y++) {
      row(y)
      let n = end - start
      if (n <= 0) continue
      const first = az + (<f64>start + 0.5 - ax) * zx + (<f64>y + 0.5 - ay) * zy
      const base = f32x4.splat(<f32>first)
      let address = map + (<usize>(y * width + start) << 2)
      if (y % sampled == 0) {
        for (let i = 0; i < n; i++) {
          const off = abs(load<f32>(address + (<usize>i << 2)) - (<f32>first + <f32>i * <f32>zx)) * scale
          if (off != off) continue
          const step = histogram + (<usize>(reinterpret<u32>(off) >> droppedBits) << 2)
          store<u32>(step, load<u32>(step) + 1)
        }
      }
      let k = lanes
      let squares = f32x4.splat(0)
      let ones = f32x4.splat(0)
      while (n > 0) {
        const off = f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope))))
        let valid = f32x4.eq(off, off)
        if (n < 4) valid = v128.and(valid, i32x4.lt_s(laneNumbers, i32x4.splat(n)))
        const kept = v128.and(off, valid)
        squares = f32x4.add(squares, f32x4.mul(kept, kept))
        ones = f32x4.add(ones, v128.and(f32x4.splat(1), valid))
        best = f32x4.max(best, kept)
        k = f32x4.add(k, f32x4.splat(4))
        address += 16
        n -= 4
      }
      squaresSum += total(squares)
      covered += total(ones)
    }
  }
  store<f64>(sums, covered)
  store<f64>(sums, squaresSum, 8)
  store<f64>(sums, <f64>max(max(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)), max(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3))), 16)
}
