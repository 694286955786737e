import type { DisparityMap } from './convention.js'

/**
 * The map scaled down to at most `size` pixels; itself where it is no larger. The centres of its outermost pixels lie on those of the map, since a surface reaches from one to the
 * other: the centre of pixel i is at ½ + i · (w − 1) / (w' − 1) of the map's pixels. Each is the mean of the map's pixels around it, and holds something where most of them do.
 */
export function shrinkMap(map: DisparityMap, size: number): DisparityMap {
  const scale = size / Math.max(map.width, map.height)
  if (scale >= 1) return map
  const columns = windows(map.width, Math.max(1, Math.round(map.width * scale)))
  const rows = windows(map.height, Math.max(1, Math.round(map.height * scale)))
  const disparity = new Float32Array(columns.length * rows.length)
  let at = 0
  for (const [top, bottom] of rows) {
    for (const [left, right] of columns) {
      let sum = 0
      let count = 0
      for (let v = top; v <= bottom; v++) {
        for (let i = v * map.width + left, last = v * map.width + right; i <= last; i++) {
          const value = map.disparity[i]
          if (value !== value) continue
          sum += value
          count++
        }
      }
      disparity[at++] = 2 * count >= (bottom - top + 1) * (right - left + 1) ? sum / count : NaN
    }
  }
  return { ...map, width: columns.length, height: rows.length, disparity }
}

/** For each of `to` pixels the first and the last of `from` that are its mean: as many on either side of its centre, none beyond the picture. */
function windows(from: number, to: number): [first: number, last: number][] {
  const step = to > 1 ? (from - 1) / (to - 1) : 0
  return Array.from({ length: to }, (_, i) => {
    const centre = to > 1 ? i * step : (from - 1) / 2
    const reach = Math.min(step / 2, centre, from - 1 - centre)
    // (Rounding must not empty the window of a pixel that lies on one of the map's.)
    const first = Math.min(Math.round(centre), Math.ceil(centre - reach))
    return [first, Math.max(first, Math.floor(centre + reach))]
  })
}
