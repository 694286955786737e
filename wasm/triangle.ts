// The triangle that is looked at, and the rows of pixels that triangles cover.

export let map: usize = 0
export let width: i32 = 0
export let height: i32 = 0

/** Rows of pixels of some triangles, each 16 bytes: where it begins in the map, how many pixels it has (> 0), the plane's disparity at the first (f32), its number. */
let rows: usize = 0

/** For each of those triangles where its rows end, and by how much its plane rises a column (f32). */
const ends = memory.data(8 * 128, 16)

/** So many rows are found before their pixels are looked at. */
const ENOUGH_ROWS = 160

/** `rowList`: room for the rows of one triangle and {@link ENOUGH_ROWS} more. */
export function useMap(address: usize, w: i32, h: i32, rowList: usize): void {
  map = address
  width = w
  height = h
  rows = rowList
}

export let aX: f64 = 0
export let aY: f64 = 0
export let aZ: f64 = 0
export let bX: f64 = 0
export let bY: f64 = 0
export let bZ: f64 = 0
export let cX: f64 = 0
export let cY: f64 = 0
export let cZ: f64 = 0
/** Twice its area, px². */
export let area: f64 = 0
/** By how much its plane rises a pixel. */
export let slopeX: f64 = 0
export let slopeY: f64 = 0

// @ts-ignore: decorator
@inline
export function take(ax: f64, ay: f64, az: f64, bx: f64, by: f64, bz: f64, cx: f64, cy: f64, cz: f64): void {
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
export function takeAt(corners: usize): void {
  take(load<f64>(corners), load<f64>(corners, 8), load<f64>(corners, 16), load<f64>(corners, 24), load<f64>(corners, 32), load<f64>(corners, 40), load<f64>(corners, 48), load<f64>(corners, 56), load<f64>(corners, 64))
}

/** Where the rows of the triangles last covered begin. */
// @ts-ignore: decorator
@inline
export function firstRow(): usize {
  return rows
}

/** Where the rows of the `i`-th triangle last covered end. */
// @ts-ignore: decorator
@inline
export function endOfRows(i: i32): usize {
  return load<i32>(ends + (<usize>i << 3))
}

/** By how much the plane of the `i`-th triangle last covered rises a column. */
// @ts-ignore: decorator
@inline
export function riseOf(i: i32): f32 {
  return load<f32>(ends + (<usize>i << 3), 4)
}

/** Where a row begins in the map. */
// @ts-ignore: decorator
@inline
export function startOf(row: usize): usize {
  return load<i32>(row)
}

/** Where it ends there. */
// @ts-ignore: decorator
@inline
export function lastOf(row: usize): usize {
  return startOf(row) + (<usize>lengthOf(row) << 2)
}

/** How many pixels it has. */
// @ts-ignore: decorator
@inline
export function lengthOf(row: usize): i32 {
  return load<i32>(row, 4)
}

/** The plane's disparity at its first pixel. */
// @ts-ignore: decorator
@inline
export function baseOf(row: usize): f32 {
  return load<f32>(row, 8)
}

/** Its number in the map. */
// @ts-ignore: decorator
@inline
export function numberOf(row: usize): i32 {
  return load<i32>(row, 12)
}

/** How far the centre of its first pixel lies right of `x`. */
// @ts-ignore: decorator
@inline
export function rightOf(row: usize, x: f64): f64 {
  return <f64>(<i32>((startOf(row) - map) >> 2) - numberOf(row) * width) + 0.5 - x
}

/** How far the centres of its pixels lie below `y`. */
// @ts-ignore: decorator
@inline
export function belowOf(row: usize, y: f64): f64 {
  return <f64>numberOf(row) + 0.5 - y
}

/** Finds the rows of some of `count` triangles (9 f64 each), as coverTriangle in spans.ts, of every `skip`-th row of the map (a power of two); how many of them. */
export function coverSome(corners: usize, count: i32, skip: i32 = 1): i32 {
  let row = rows
  const enough = rows + 16 * ENOUGH_ROWS
  count = min(count, 128)
  let i = 0
  while (i < count && row < enough) {
    takeAt(corners)
    row = cover(row, skip)
    const end = ends + (<usize>i << 3)
    store<i32>(end, <i32>row)
    store<f32>(end, <f32>slopeX, 4)
    corners += 72
    i++
  }
  return i
}

function cover(row: usize, skip: i32): usize {
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
  const first = max(0, <i32>Math.ceil(ay - 0.5))
  const end = min(height, <i32>Math.ceil(cy - 0.5))
  if (first >= end || area == 0) return row
  const split = cy == by ? end : max(first, min(end, <i32>Math.ceil(by - 0.5)))
  const longSlope = (cx - ax) / (cy - ay)
  const longIsLeft = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0
  if (first < split) row = fill(row, first, split, ax, ay, longSlope, ax, ay, (bx - ax) / (by - ay), longIsLeft, skip)
  if (split < end) row = fill(row, split, end, ax, ay, longSlope, bx, by, (cx - bx) / (cy - by), longIsLeft, skip)
  return row
}

// @ts-ignore: decorator
@inline
function fill(row: usize, from: i32, to: i32, longX: f64, longY: f64, longSlope: f64, shortX: f64, shortY: f64, shortSlope: f64, longIsLeft: bool, skip: i32): usize {
  // lane 0 is the left edge, lane 1 the right one
  const x = longIsLeft ? f64x2(longX, shortX) : f64x2(shortX, longX)
  const y = longIsLeft ? f64x2(longY, shortY) : f64x2(shortY, longY)
  const slope = longIsLeft ? f64x2(longSlope, shortSlope) : f64x2(shortSlope, longSlope)
  const half = f64x2.splat(0.5)
  // past 2⁵² the last bits of a float are its units
  const units = f64x2.splat(6755399441055744)
  const zero = i32x4.splat(0)
  const bound = i32x4.splat(width)
  const stride = <usize>width << 2
  const ax = aX, ay = aY, az = aZ, zx = slopeX, zy = slopeY
  const first = from + (skip - 1) & -skip
  const step = stride * <usize>skip
  let line = map + <usize>first * stride
  for (let number = first; number < to; number += skip) {
    const centre = <f64>number + 0.5
    const edges = f64x2.ceil(f64x2.sub(f64x2.add(x, f64x2.mul(f64x2.sub(f64x2.splat(centre), y), slope)), half))
    const columns = i32x4.min_s(i32x4.max_s(f64x2.add(edges, units), zero), bound)
    const left = i32x4.extract_lane(columns, 0)
    const right = i32x4.extract_lane(columns, 2)
    const address = line + (<usize>left << 2)
    store<i32>(row, <i32>address)
    store<i32>(row, right - left, 4)
    store<f32>(row, <f32>(az + (<f64>left + 0.5 - ax) * zx + (centre - ay) * zy), 8)
    store<i32>(row, number, 12)
    row += right > left ? 16 : 0
    line += step
  }
  return row
}
