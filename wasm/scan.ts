import { baseOf, coverSome, endOfRows, firstRow, lastOf, lengthOf, map, riseOf, startOf } from './triangle'

/** Triangles of twice this area, px², or more are first looked at in every fourth row. */
const LARGE: f64 = 2 * 1024
const STRIDE: usize = 4

/** For each of `count` triangles (9 f64: x, y, z of its corners) the largest distance from the map (f32), and at which pixel: see `PixelLoops`. */
export function scan(corners: usize, count: i32, errors: usize, places: usize, enough: f32): void {
  const lanes = f32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  while (count > 0) {
    const covered = coverSome(corners, count)
    let row = firstRow()
    for (let i = 0; i < covered; i++, corners += 72, errors += 4, places += 4) {
      const end = endOfRows(i)
      const slope = f32x4.splat(riseOf(i))
      let best = f32x4.splat(0)
      let bestAt = i32x4.splat(<i32>map)
      let stride: usize = isLarge(corners) ? STRIDE : 1
      for (;;) {
        for (let at = row; at < end; at += stride << 4) {
          let address = startOf(at)
          const last = lastOf(at)
          const width = f32x4.splat(<f32>lengthOf(at))
          const base = f32x4.splat(baseOf(at))
          let k = lanes
          do {
            const off = v128.and(f32x4.abs(f32x4.sub(v128.load(address), f32x4.add(base, f32x4.mul(k, slope)))), f32x4.lt(k, width))
            // neither takes NaN
            bestAt = v128.bitselect(i32x4.splat(<i32>address), bestAt, f32x4.gt(off, best))
            best = f32x4.pmax(best, off)
            k = f32x4.add(k, four)
            address += 16
          } while (address < last)
        }
        if (stride == 1 || i32x4.bitmask(f32x4.ge(best, f32x4.splat(enough))) != 0) break
        stride = 1
      }
      row = end
      const largest = f32x4.max(best, i32x4.shuffle(best, best, 2, 3, 0, 1))
      const all = f32x4.max(largest, i32x4.shuffle(largest, largest, 1, 0, 3, 2))
      store<f32>(errors, f32x4.extract_lane(all, 0))
      // the first pixel of those
      const pixels = i32x4.add(i32x4.shr_u(i32x4.sub(bestAt, i32x4.splat(<i32>map)), 2), i32x4(0, 1, 2, 3))
      const candidates = v128.bitselect(pixels, i32x4.splat(i32.MAX_VALUE), f32x4.eq(best, all))
      const lower = i32x4.min_s(candidates, i32x4.shuffle(candidates, candidates, 2, 3, 0, 1))
      store<i32>(places, min(i32x4.extract_lane(lower, 0), i32x4.extract_lane(lower, 1)))
    }
    count -= covered
  }
}

// @ts-ignore: decorator
@inline
function isLarge(corners: usize): bool {
  const ax = load<f64>(corners), ay = load<f64>(corners, 8)
  return Math.abs((load<f64>(corners, 24) - ax) * (load<f64>(corners, 56) - ay) - (load<f64>(corners, 32) - ay) * (load<f64>(corners, 48) - ax)) >= LARGE
}
