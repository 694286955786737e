/** Half the window in which an edge is looked at, pixels. */
export const EDGE_RADIUS = 3
/** Disparity within the window that makes an edge, as a share of the map's range: slopes stay below it. */
export const EDGE_STEP = 0.12
/** Part of an edge's height, from the far side, that counts as the middle of a ramp. */
const RAMP = [0.25, 0.75] as const

/**
 * Where an inner pixel (at least {@link EDGE_RADIUS} from the border) stands, judged by the cross of pixels around it:
 * at no edge, on one side of an edge, amid the ramp of a soft one, or where that is unknown.
 *
 * @param step rise that makes an edge, disparity
 */
export function placeAtEdge(disparity: Float32Array, i: number, width: number, step: number): 'nowhere' | 'side' | 'amid' | 'unknown' {
  let low = disparity[i]
  let high = low
  for (let k = 1; k <= EDGE_RADIUS; k++) {
    const [left, right, above, below] = [disparity[i - k], disparity[i + k], disparity[i - k * width], disparity[i + k * width]]
    low = Math.min(low, left, right, above, below)
    high = Math.max(high, left, right, above, below)
  }
  if (low !== low) return 'unknown'
  if (high - low <= step) return 'nowhere'
  const part = (disparity[i] - low) / (high - low)
  return part > RAMP[0] && part < RAMP[1] ? 'amid' : 'side'
}
