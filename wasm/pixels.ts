// The pixel loops of src/core/mesh/pixels.ts in AssemblyScript, four pixels at a time. Compiled by scripts/build-wasm.js into
// src/core/mesh/pixels-wasm.ts; test/core/mesh/plain-pixels.ts is the reference that they are held to.
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

// --- the triangle that is looked at ------------------------------------------------------------------------------------------------------

let aX: f64 = 0
let aY: f64 = 0
let aZ: f64 = 0
let bX: f64 = 0
let bY: f64 = 0
let bZ: f64 = 0
let cX: f64 = 0
let cY: f64 = 0
let cZ: f64 = 0
/** Twice its area, px². */
let area: f64 = 0
/** By how much its plane rises a pixel. */
let slopeX: f64 = 0
let slopeY: f64 = 0

function take(ax: f64, ay: f64, az: f64, bx: f64, by: f64, bz: f64, cx: f64, cy: f64, cz: f64): void {
  aX = ax
  aY = ay
  aZ = az
  bX = bx
  bY = by
  bZ = bz
  cX = cx
  cY = cy
  cZ = cz
  area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
  slopeX = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
  slopeY = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
}

/** Nine f64. */
function takeAt(corners: usize): void {
  take(load<f64>(corners), load<f64>(corners, 8), load<f64>(corners, 16), load<f64>(corners, 24), load<f64>(corners, 32), load<f64>(corners, 40), load<f64>(corners, 48), load<f64>(corners, 56), load<f64>(corners, 64))
}

// --- rows of a triangle: as coverTriangle in spans.ts -------------------------------------------------------------------------------------

let topX: f64 = 0
let topY: f64 = 0
let shortX: f64 = 0
let shortY: f64 = 0
let middleX: f64 = 0
let middleY: f64 = 0
let longSlope: f64 = 0
let shortSlope: f64 = 0
let lowerSlope: f64 = 0
let longIsLeft: bool = false
let firstRow: i32 = 0
let splitRow: i32 = 0
let endRow: i32 = 0

function cover(): void {
  let ax = aX, ay = aY, bx = bX, by = bY, cx = cX, cy = cY
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
  topX = shortX = ax
  topY = shortY = ay
  middleX = bx
  middleY = by
  longSlope = cy > ay ? (cx - ax) / (cy - ay) : 0
  shortSlope = by > ay ? (bx - ax) / (by - ay) : 0
  lowerSlope = cy > by ? (cx - bx) / (cy - by) : 0
  longIsLeft = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0
  firstRow = max(0, <i32>Math.ceil(ay - 0.5))
  endRow = min(height, <i32>Math.ceil(cy - 0.5))
  splitRow = cy == by ? endRow : <i32>Math.ceil(by - 0.5)
}

/** From the row of the middle corner on the lower short edge bounds the triangle. */
function useLower(): void {
  shortX = middleX
  shortY = middleY
  shortSlope = lowerSlope
}

/** A whole f64 as i32: past 2⁵² the last bits of a float are its units. A cast checks its range each time. */
// @ts-ignore: decorator
@inline
function whole(x: f64): i32 {
  return <i32>reinterpret<i64>(x + 6755399441055744.0)
}

/** First column and one past the last of a row, in the upper and the lower half of the result. */
// @ts-ignore: decorator
@inline
function row(y: i32): i64 {
  if (y >= splitRow) useLower()
  const centre = <f64>y + 0.5
  const long = topX + (centre - topY) * longSlope
  const short = shortX + (centre - shortY) * shortSlope
  const left = max(0, whole(Math.ceil((longIsLeft ? long : short) - 0.5)))
  const right = min(width, whole(Math.ceil((longIsLeft ? short : long) - 0.5)))
  return (<i64>left << 32) | <i64>right
}

// --- the loops ------------------------------------------------------------------------------------------------------------------------

/** Triangles of twice this area, px², or more are first looked at in every fourth row. */
const LARGE: f64 = 2 * 1024
const STRIDE: i32 = 4

/**
 * For each of `count` triangles (9 f64: x, y, z of its corners) the largest distance from the map (f32). Of a large one some distance
 * past `enough` may do: it is to be split anyway.
 */
export function scan(corners: usize, count: i32, errors: usize, enough: f32): void {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  for (let t = 0; t < count; t++, corners += 72, errors += 4) {
    takeAt(corners)
    const ax = aX, ay = aY, az = aZ, zx = slopeX, zy = slopeY
    let best = f32x4.splat(0)
    const slope = f32x4.splat(<f32>zx)
    let stride = Math.abs(area) >= LARGE ? STRIDE : 1
    for (;;) {
      cover()
      for (let y = firstRow, last = endRow; y < last; y += stride) {
        const columns = row(y)
        const start = <i32>(columns >> 32)
        let n = <i32>columns - start
        const base = f32x4.splat(<f32>(az + (<f64>start + 0.5 - ax) * zx + (<f64>y + 0.5 - ay) * zy))
        let address = map + (<usize>(y * width + start) << 2)
        let k = lanes
        while (n >= 4) {
          // pmax gives its first operand where the second is NaN
          best = f32x4.pmax(best, f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))))
          k = f32x4.add(k, four)
          address += 16
          n -= 4
        }
        if (n > 0) {
          const off = f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope))))
          best = f32x4.pmax(best, v128.and(off, i32x4.lt_s(laneNumbers, i32x4.splat(n))))
        }
      }
      if (stride == 1 || i32x4.bitmask(f32x4.ge(best, f32x4.splat(enough))) != 0) break
      stride = 1
    }
    store<f32>(errors, largestLane(best))
  }
}

/** The first pixel of a triangle (9 f64) that is as far from the map as `scan` found; −1: none. */
export function locate(corners: usize, error: f32): i32 {
  takeAt(corners)
  const ax = aX, ay = aY, az = aZ, zx = slopeX, zy = slopeY
  cover()
  const lanes = f32x4(0, 1, 2, 3)
  const slope = f32x4.splat(<f32>zx)
  const wanted = f32x4.splat(error)
  for (let y = firstRow; y < endRow; y++) {
    const columns = row(y)
    const start = <i32>(columns >> 32)
    const n = <i32>columns - start
    const base = f32x4.splat(<f32>(az + (<f64>start + 0.5 - ax) * zx + (<f64>y + 0.5 - ay) * zy))
    const address = map + (<usize>(y * width + start) << 2)
    let k = lanes
    for (let i = 0; i < n; i += 4) {
      const off = f32x4.abs(f32x4.sub(v128.load(address + (<usize>i << 2)), f32x4.add(base, f32x4.mul(k, slope))))
      const found = i32x4.bitmask(f32x4.eq(off, wanted))
      if (found != 0) {
        const lane = ctz(found)
        if (i + lane < n) return y * width + start + i + lane
      }
      k = f32x4.add(k, f32x4.splat(4))
    }
  }
  return -1
}

/** The sum of squared distances of one triangle from the map; stops once it is past `enough`. */
export function squaredError(ax: f64, ay: f64, az: f64, bx: f64, by: f64, bz: f64, cx: f64, cy: f64, cz: f64, enough: f64): f64 {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  take(ax, ay, az, bx, by, bz, cx, cy, cz)
  const zx = slopeX, zy = slopeY
  cover()
  const slope = f32x4.splat(<f32>zx)
  let sum: f64 = 0
  for (let y = firstRow; y < endRow; y++) {
    const columns = row(y)
    const start = <i32>(columns >> 32)
    let n = <i32>columns - start
    if (n <= 0) continue
    const base = f32x4.splat(<f32>(az + (<f64>start + 0.5 - ax) * zx + (<f64>y + 0.5 - ay) * zy))
    let address = map + (<usize>(y * width + start) << 2)
    let k = lanes
    let squares = f32x4.splat(0)
    while (n >= 4) {
      const off = f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))
      const kept = v128.and(off, f32x4.eq(off, off))
      squares = f32x4.add(squares, f32x4.mul(kept, kept))
      k = f32x4.add(k, four)
      address += 16
      n -= 4
    }
    if (n > 0) {
      const off = f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))
      const kept = v128.and(off, v128.and(f32x4.eq(off, off), i32x4.lt_s(laneNumbers, i32x4.splat(n))))
      squares = f32x4.add(squares, f32x4.mul(kept, kept))
    }
    sum += total(squares)
    if (sum > enough) return sum
  }
  return sum
}

// @ts-ignore: decorator
@inline
function total(v: v128): f64 {
  const pairs = f32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1))
  return <f64>(f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1))
}

/** For each triangle nine sums over its pixels (f64): 1, dx, dy, dx², dx·dy, dy², off, off·dx, off·dy; dx and dy from its first corner, off = map − triangle. */
export function moments(corners: usize, count: i32, sums: usize): void {
  const lanes = f32x4(0, 1, 2, 3)
  const ones = f32x4.splat(1)
  const four = f32x4.splat(4)
  const laneNumbers = i32x4(0, 1, 2, 3)
  for (let t = 0; t < count; t++, corners += 72, sums += 72) {
    takeAt(corners)
    const ax = aX, ay = aY, az = aZ, zx = slopeX, zy = slopeY
    cover()
    const slope = f32x4.splat(<f32>zx)
    let s: f64 = 0, sx: f64 = 0, sy: f64 = 0, sxx: f64 = 0, sxy: f64 = 0, syy: f64 = 0, r: f64 = 0, rx: f64 = 0, ry: f64 = 0
    for (let y = firstRow; y < endRow; y++) {
      const columns = row(y)
      const start = <i32>(columns >> 32)
      let n = <i32>columns - start
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
        vn = f32x4.add(vn, v128.and(ones, valid))
        vk = f32x4.add(vk, keptK)
        vkk = f32x4.add(vkk, f32x4.mul(keptK, keptK))
        vr = f32x4.add(vr, kept)
        vrk = f32x4.add(vrk, f32x4.mul(kept, keptK))
        k = f32x4.add(k, four)
        address += 16
        n -= 4
      }
      const one = total(vn)
      const off = total(vr)
      const sumK = total(vk)
      const x = sumK + one * dx
      const xx = total(vkk) + 2 * dx * sumK + one * dx * dx
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
 * Adds the pixels of all triangles to `totals` (f64): how many hold something, their squared distance from the map, the largest distance, and of the error
 * that counts, px, the squares and the largest; `histogram` (u32) counts that error by the topmost bits of the float, of every `sampled`-th row.
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
  const laneNumbers = i32x4(0, 1, 2, 3)
  let covered = load<f64>(sums)
  let squaresSum = load<f64>(sums, 8)
  let best = f32x4.splat(<f32>load<f64>(sums, 16))
  // lanes that are valid are −1
  let ones = i32x4.splat(0)
  const four = f32x4.splat(4)
  for (let t = 0; t < count; t++, corners += 72) {
    takeAt(corners)
    if (area == 0) continue
    const ax = aX, ay = aY, az = aZ, zx = slopeX, zy = slopeY
    cover()
    const slope = f32x4.splat(<f32>zx)
    for (let y = firstRow; y < endRow; y++) {
      const columns = row(y)
      const start = <i32>(columns >> 32)
      let n = <i32>columns - start
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
      while (n >= 4) {
        const off = f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope))))
        const valid = f32x4.eq(off, off)
        const kept = v128.and(off, valid)
        squares = f32x4.add(squares, f32x4.mul(kept, kept))
        ones = i32x4.sub(ones, valid)
        best = f32x4.pmax(best, kept)
        k = f32x4.add(k, four)
        address += 16
        n -= 4
      }
      if (n > 0) {
        const off = f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope))))
        const valid = v128.and(f32x4.eq(off, off), i32x4.lt_s(laneNumbers, i32x4.splat(n)))
        const kept = v128.and(off, valid)
        squares = f32x4.add(squares, f32x4.mul(kept, kept))
        ones = i32x4.sub(ones, valid)
        best = f32x4.pmax(best, kept)
      }
      squaresSum += total(squares)
    }
  }
  covered += <f64>i32x4.extract_lane(ones, 0) + <f64>i32x4.extract_lane(ones, 1) + <f64>i32x4.extract_lane(ones, 2) + <f64>i32x4.extract_lane(ones, 3)
  store<f64>(sums, covered)
  const largest = <f64>largestLane(best)
  store<f64>(sums, squaresSum, 8)
  store<f64>(sums, largest, 16)
  store<f64>(sums, squaresSum * <f64>scale * <f64>scale, 24)
  store<f64>(sums, largest * <f64>scale, 32)
}

// @ts-ignore: decorator
@inline
function largestLane(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)))
}

function compareAll(corners: usize, count: i32, totals: usize, histogram: usize, scale: f32, sampled: i32, droppedBits: i32, far: f64, range: f64, exempt: usize): void {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  const zero = f32x4.splat(0)
  const scales = f32x4.splat(scale)
  let squaresSum = load<f64>(totals, 8)
  let best = f32x4.splat(<f32>load<f64>(totals, 16))
  let pixelSquaresSum = load<f64>(totals, 24)
  let bestPixels = f32x4.splat(<f32>load<f64>(totals, 32))
  let ones = i32x4.splat(0)
  for (let t = 0; t < count; t++, corners += 72) {
    takeAt(corners)
    if (area == 0) continue
    const ax = aX, ay = aY, az = aZ, zx = slopeX, zy = slopeY
    const bx = bX - ax, by = bY - ay, cx = cX - ax, cy = cY - ay
    // the picture is shown at a + (λb·wb·b + λc·wc·c) / w, λ and w affine in the place
    const wa = far + az * range
    const wb = far + bZ * range
    const wc = far + cZ * range
    const wx = zx * range
    const wy = zy * range
    const pxx = (wb * bx * cy - wc * cx * by) / area
    const pxy = (wc * cx * bx - wb * bx * cx) / area
    const pyx = (wb * by * cy - wc * cy * by) / area
    const pyy = (wc * cy * bx - wb * by * cx) / area
    cover()
    const slope = f32x4.splat(<f32>zx)
    const wSlope = f32x4.splat(<f32>wx)
    const xSlope = f32x4.splat(<f32>pxx)
    const ySlope = f32x4.splat(<f32>pyx)
    for (let y = firstRow; y < endRow; y++) {
      const columns = row(y)
      const start = <i32>(columns >> 32)
      const n = <i32>columns - start
      if (n <= 0) continue
      const dx = <f64>start + 0.5 - ax
      const dy = <f64>y + 0.5 - ay
      const base = f32x4.splat(<f32>(az + dx * zx + dy * zy))
      const wBase = f32x4.splat(<f32>(wa + dx * wx + dy * wy))
      const xBase = f32x4.splat(<f32>(dx * pxx + dy * pxy))
      const yBase = f32x4.splat(<f32>(dx * pyx + dy * pyy))
      const left = f32x4.splat(<f32>dx)
      const down = f32x4.splat(<f32>dy)
      const address = map + (<usize>(y * width + start) << 2)
      const exemptRow = exempt + (<usize>(y * width + start) << 2)
      const counted = y % sampled == 0
      let k = lanes
      let squares = zero
      let pixelSquares = zero
      for (let i = 0; i < n; i += 4) {
        const off = f32x4.abs(f32x4.sub(v128.load(address + (<usize>i << 2)), f32x4.add(base, f32x4.mul(k, slope))))
        let valid = f32x4.eq(off, off)
        if (n - i < 4) valid = v128.and(valid, i32x4.lt_s(laneNumbers, i32x4.splat(n - i)))
        const kept = v128.and(off, valid)
        let pixels = f32x4.mul(kept, scales)
        if (exempt != 0) {
          const other = v128.load(exemptRow + (<usize>i << 2))
          pixels = v128.bitselect(other, pixels, v128.and(f32x4.gt(other, zero), f32x4.lt(other, pixels)))
        }
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
        k = f32x4.add(k, f32x4.splat(4))
      }
      squaresSum += total(squares)
      pixelSquaresSum += total(pixelSquares)
    }
  }
  const covered = <f64>i32x4.extract_lane(ones, 0) + <f64>i32x4.extract_lane(ones, 1) + <f64>i32x4.extract_lane(ones, 2) + <f64>i32x4.extract_lane(ones, 3)
  store<f64>(totals, load<f64>(totals) + covered)
  store<f64>(totals, squaresSum, 8)
  store<f64>(totals, <f64>largestLane(best), 16)
  store<f64>(totals, pixelSquaresSum, 24)
  store<f64>(totals, <f64>largestLane(bestPixels), 32)
}

// @ts-ignore: decorator
@inline
function countUp(histogram: usize, bits: i32, droppedBits: i32): void {
  const step = histogram + (<usize>(<u32>bits >> droppedBits) << 2)
  store<u32>(step, load<u32>(step) + 1)
}

/** Draws triangles: at each pixel they cover `surface` (f32) keeps the largest of their disparities and its own; NaN counts for nothing. */
export function drape(corners: usize, count: i32, surface: usize): void {
  const lanes = f32x4(0, 1, 2, 3)
  const laneNumbers = i32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  for (let t = 0; t < count; t++, corners += 72) {
    takeAt(corners)
    if (area == 0) continue
    const ax = aX, ay = aY, az = aZ, zx = slopeX, zy = slopeY
    cover()
    const slope = f32x4.splat(<f32>zx)
    for (let y = firstRow; y < endRow; y++) {
      const columns = row(y)
      const start = <i32>(columns >> 32)
      let n = <i32>columns - start
      const base = f32x4.splat(<f32>(az + (<f64>start + 0.5 - ax) * zx + (<f64>y + 0.5 - ay) * zy))
      let address = surface + (<usize>(y * width + start) << 2)
      let k = lanes
      for (; n > 0; n -= 4) {
        const before = v128.load(address)
        const drawn = f32x4.pmax(f32x4.add(base, f32x4.mul(k, slope)), before)
        v128.store(address, n >= 4 ? drawn : v128.bitselect(drawn, before, i32x4.lt_s(laneNumbers, i32x4.splat(n))))
        k = f32x4.add(k, four)
        address += 16
      }
    }
  }
}

