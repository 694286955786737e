import type { DisparityMap } from '../../depth/convention.js'

/**
 * The map's value at a place within a pixel or on its border, linearly continued from the two pixels behind it.
 *
 * At the picture's edge and along cuts the surface reaches half a pixel beyond the last pixel centre: planes must stay planes there.
 * Where the pixel behind is nothing or lies across a jump, the pixel's own value holds. Never leaves what the two pixels' neighbourhood
 * can justify: 0..1.
 *
 * @param x, y the pixel.
 * @param u, v the place, px.
 * @param jump neighbours that differ by more are not continued.
 */
export function extrapolate(map: DisparityMap, x: number, y: number, u: number, v: number, jump: number): number {
  const { width, height, disparity } = map
  const here = disparity[y * width + x]
  const dx = u - (x + 0.5)
  const dy = v - (y + 0.5)
  let value = here
  if (dx !== 0) value += slope(here, disparity, y * width + x, dx > 0 ? -1 : 1, dx > 0 ? x > 0 : x < width - 1, jump) * Math.abs(dx)
  if (dy !== 0) value += slope(here, disparity, y * width + x, dy > 0 ? -width : width, dy > 0 ? y > 0 : y < height - 1, jump) * Math.abs(dy)
  return value < 0 ? 0 : value > 1 ? 1 : value
}

/** How much the map rises from the pixel behind to this one; 0 where that is unknown. */
function slope(here: number, disparity: Float32Array, i: number, behind: number, exists: boolean, jump: number): number {
  if (!exists) return 0
  const rise = here - disparity[i + behind]
  return Math.abs(rise) <= jump ? rise : 0
}
