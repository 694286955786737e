import { baseOf, coverSome, endOfRows, firstRow, lastOf, lengthOf, map, riseOf, startOf } from './triangle'

/** Draws triangles: at each pixel they cover `surface` (f32) keeps the largest of their disparities and its own; NaN counts for nothing. */
export function drape(corners: usize, count: i32, surface: usize): void {
  const lanes = f32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  while (count > 0) {
    const covered = coverSome(corners, count)
    let row = firstRow()
    for (let i = 0; i < covered; i++) {
      const slope = f32x4.splat(riseOf(i))
      for (const end = endOfRows(i); row < end; row += 16) {
        let address = surface + (startOf(row) - map)
        const last = surface + (lastOf(row) - map)
        const inside = f32x4.splat(<f32>lengthOf(row))
        const base = f32x4.splat(baseOf(row))
        let k = lanes
        do {
          const before = v128.load(address)
          const drawn = f32x4.pmax(f32x4.add(base, f32x4.mul(k, slope)), before)
          v128.store(address, v128.bitselect(drawn, before, f32x4.lt(k, inside)))
          k = f32x4.add(k, four)
          address += 16
        } while (address < last)
      }
    }
    corners += <usize>covered * 72
    count -= covered
  }
}
