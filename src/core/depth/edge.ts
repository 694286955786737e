import type { DisparityMap } from './convention.js'

/** Half the window in which an edge is looked at, pixels. */
export const EDGE_RADIUS = 3
/** Disparity within the window that makes an edge, as a share of the map's range. */
export const EDGE_STEP = 0.12
/** Part of an edge's height, from the far side, that counts as the middle of a ramp. */
const RAMP = [0.25, 0.75] as const
/** On a slope, twice the distance gives twice the difference; at an edge it gives hardly more. From this on it is a slope. */
const SLOPE = 1.6

/**
 * Where an inner pixel (at least {@link EDGE_RADIUS} from the border) stands, judged by the cross of pixels around it:
 * at no edge, on one side of an edge, amid the ramp of a soft one, or where that is unknown.
 *
 * @param step rise that makes an edge, disparity
 */
export function placeAtEdge({ disparity, width, height }: Pick<DisparityMap, 'disparity' | 'width' | 'height'>, x: number, y: number, step: number): 'nowhere' | 'side' | 'amid' | 'unknown' {
  const i = y * width + x
  let low = disparity[i]
  let high = low
  for (let k = 1; k <= EDGE_RADIUS; k++) {
    const left = disparity[i - k]
    const right = disparity[i + k]
    const above = disparity[i - k * width]
    const below = disparity[i + k * width]
    low = Math.min(low, left, right, above, below)
    high = Math.max(high, left, right, above, below)
  }
  if (low !== low) return 'unknown'
  if (high - low <= step || isSlope(disparity, x, y, width, height)) return 'nowhere'
  const part = (disparity[i] - low) / (high - low)
  return part > RAMP[0] && part < RAMP[1] ? 'amid' : 'side'
}

/** Whether the rise goes on beyond the window, as on a slope that is seen at a slant, or on anything round in a small map. At the border nobody can tell, and nothing is an edge. */
export function isSlope(disparity: Float32Array, x: number, y: number, width: number, height: number, ratio = SLOPE): boolean {
  const i = y * width + x
  const across = Math.abs(disparity[i + EDGE_RADIUS] - disparity[i - EDGE_RADIUS])
  const down = Math.abs(disparity[i + EDGE_RADIUS * width] - disparity[i - EDGE_RADIUS * width])
  const along = across > down ? 1 : width
  const room = across > down ? Math.min(x, width - 1 - x) : Math.min(y, height - 1 - y)
  if (room < 2 * EDGE_RADIUS) return true
  return Math.abs(disparity[i + 2 * EDGE_RADIUS * along] - disparity[i - 2 * EDGE_RADIUS * along]) > ratio * Math.max(across, down)
}
