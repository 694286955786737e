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
    row = cover(row, corners, skip, ends + (<usize>i << 3))
    corners += 72
    i++
  }
  return i
}

/** Where the top, the middle and the bottom corner are (bytes), by which of b < a, c < a, c < b holds of their y; each of the three mispredicted branches that this saves costs as much as a row. */
const byHeight = memory.data<u8>([
  0, 24, 48, 0, /* b < a */ 24, 0, 48, 0, /* c < a: with c ≥ b > a no triangle */ 0, 24, 48, 0, /* both */ 24, 48, 0, 0,
  /* c < b */ 0, 48, 24, 0, 24, 0, 48, 0, /* c < a, c < b */ 48, 0, 24, 0, /* all */ 48, 24, 0, 0,
])

/** Writes the rows of the triangle at `corners`, and where they end and how it rises to `end`. */
// @ts-ignore: decorator
@inline
function cover(row: usize, corners: usize, skip: i32, end: usize): usize {
  const x0 = load<f64>(corners), y0 = load<f64>(corners, 8), z0 = load<f64>(corners, 16)
  const by0 = load<f64>(corners, 32), cy0 = load<f64>(corners, 56)
  const dbx = load<f64>(corners, 24) - x0, dby = by0 - y0, dbz = load<f64>(corners, 40) - z0
  const dcx = load<f64>(corners, 48) - x0, dcy = cy0 - y0, dcz = load<f64>(corners, 64) - z0
  const doubled = dbx * dcy - dby * dcx
  const slopes = f64x2.div(f64x2(dbz * dcy - dcz * dby, dcz * dbx - dbz * dcx), f64x2.splat(doubled))
  const zx = f64x2.extract_lane(slopes, 0)
  const zy = f64x2.extract_lane(slopes, 1)
  store<f32>(end, <f32>zx, 4)

  const order = byHeight + ((<usize>(by0 < y0) << 2) | (<usize>(cy0 < y0) << 3) | (<usize>(cy0 < by0) << 4))
  const top = corners + <usize>load<u8>(order)
  const middle = corners + <usize>load<u8>(order, 1)
  const bottom = corners + <usize>load<u8>(order, 2)
  const ax = load<f64>(top), ay = load<f64>(top, 8)
  const bx = load<f64>(middle), by = load<f64>(middle, 8)
  const cx = load<f64>(bottom), cy = load<f64>(bottom, 8)
  const from = max(0, <i32>Math.ceil(ay - 0.5))
  const to = min(height, <i32>Math.ceil(cy - 0.5))
  if (from >= to || doubled == 0) {
    store<i32>(end, <i32>row)
    return row
  }
  const split = cy == by ? to : max(from, min(to, <i32>Math.ceil(by - 0.5)))
  // lane 0 is the long edge, lane 1 the short one: the upper, from `split` on the lower
  const upper = f64x2.div(f64x2(cx - ax, bx - ax), f64x2(cy - ay, by - ay))
  const lower = f64x2.replace_lane(upper, 1, (cx - bx) / (cy - by))
  const upperX = f64x2.splat(ax), lowerX = f64x2(ax, bx)
  const upperY = f64x2.splat(ay), lowerY = f64x2(ay, by)
  const longIsRight = -<i32>!((bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0)
  const half = f64x2.splat(0.5)
  // past 2⁵² the last bits of a float are its units
  const units = f64x2.splat(6755399441055744)
  const zero = i32x4.splat(0)
  const bound = i32x4.splat(width)
  const stride = <usize>width << 2
  const first = from + (skip - 1) & -skip
  const step = stride * <usize>skip
  let line = map + <usize>first * stride
  for (let number = first; number < to; number += skip) {
    const isLower = i32x4.splat(-<i32>(number >= split))
    const x = v128.bitselect(lowerX, upperX, isLower)
    const y = v128.bitselect(lowerY, upperY, isLower)
    const slope = v128.bitselect(lower, upper, isLower)
    const centre = <f64>number + 0.5
    const edges = f64x2.ceil(f64x2.sub(f64x2.add(x, f64x2.mul(f64x2.sub(f64x2.splat(centre), y), slope)), half))
    const columns = i32x4.min_s(i32x4.max_s(f64x2.add(edges, units), zero), bound)
    const long = i32x4.extract_lane(columns, 0)
    const short = i32x4.extract_lane(columns, 2)
    const swap = (long ^ short) & longIsRight
    const left = long ^ swap
    const right = short ^ swap
    store<i32>(row, <i32>(line + (<usize>left << 2)))
    store<i32>(row, right - left, 4)
    store<f32>(row, <f32>(z0 + (<f64>left + 0.5 - x0) * zx + (centre - y0) * zy), 8)
    store<i32>(row, number, 12)
    row += <usize>(right > left) << 4
    line += step
  }
  store<i32>(end, <i32>row)
  return row
}
