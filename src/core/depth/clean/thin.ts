import type { DisparityMap } from '../convention.js'
import { EDGE_RADIUS } from '../edge.js'
import { pixelsAround } from './around.js'

/** What is narrower than twice this and one pixel is thin. */
const RADIUS = 3
/** … where no thick thing of its depth is closer than this, pixels: corners of thick things are no thin things. */
const APART = 5
/** So many times as far in front of what is behind it a thin thing may be moved: one of 3 px that a Gaussian of 1.8 px has softened shows .6 of its height. */
const MOST = 1.5
/** … and no further than the nearest that is found so far away, pixels: the rest of it, where it is thicker, or what it is fixed to. */
const NEIGHBOURHOOD = 6
/** Part of an edge's height, from either side, between which its slope says how soft it is. */
const MIDDLE = [0.35, 0.65] as const
/** Softness that is believed, pixels (standard deviation): wider ramps than that are cut off by the window in which edges are looked at. */
const SOFTEST = 2
/** At most about this many edge pixels are asked for it. */
const SAMPLES = 4096

/**
 * Raises thin things, which softening has pushed back: a pole of 3 px hangs between itself and its background even at its middle. How much is missing shows when the snapped map
 * is softened again: where the map stands higher than that, the thing has to come forward. Thick things are back where they were, and so nothing moves.
 * No further, though, than what it is part of: tips of leaves would bend toward the viewer.
 *
 * @param map before snapping
 * @param snapped the map after snapping, changed in place
 * @param edges the pixels that were snapped
 * @param step rise that makes an edge, disparity
 * @returns 1 at the pixels of thin things
 */
export function raiseThin({ width, height, disparity }: DisparityMap, snapped: Float32Array, edges: readonly number[], step: number): Uint8Array {
  const kernel = gaussian(softness(disparity, width, edges))
  const reach = (kernel.length - 1) / 2
  const margin = Math.max(reach, NEIGHBOURHOOD)
  const scratch = new Float32Array(snapped.length)
  const behind = withoutThin({ width, height, disparity: snapped }, edges, scratch)
  const thin: number[] = []
  const isThin = new Uint8Array(snapped.length)
  for (let y = margin; y < height - margin; y++) {
    for (let x = margin; x < width - margin; x++) {
      const i = y * width + x
      if (!(snapped[i] - behind[i] > step)) continue
      isThin[i] = 1
      thin.push(i)
    }
  }
  // The snapped map, softened again at those pixels.
  const again = scratch
  for (const i of thin) {
    let sum = 0
    for (let v = -reach; v <= reach; v++) {
      let row = 0
      for (let u = -reach; u <= reach; u++) row += kernel[u + reach] * snapped[i + v * width + u]
      sum += kernel[v + reach] * row
    }
    again[i] = sum
  }
  const raised = new Float32Array(thin.length)
  for (let k = 0; k < thin.length; k++) {
    const i = thin[k]
    let shown = 0
    let expected = 0
    for (let v = -1; v <= 1; v++) {
      for (let u = -1; u <= 1; u++) {
        const j = i + v * width + u
        if (isThin[j] === 0 || Math.abs(snapped[j] - snapped[i]) > 2 * step) continue
        shown += disparity[j] - behind[i]
        expected += again[j] - behind[i]
      }
    }
    const times = expected > 0 && shown > expected ? Math.min(MOST, shown / expected) : 1
    raised[k] = times === 1 ? snapped[i] : Math.min(behind[i] + times * (snapped[i] - behind[i]), nearestAround(snapped, width, i, 2 * step))
  }
  for (let k = 0; k < thin.length; k++) snapped[thin[k]] = raised[k]
  return isThin
}

/** The nearest of what a pixel is part of, as far as it can be reached within {@link NEIGHBOURHOOD} by steps from pixel to pixel of at most `rise`. */
function nearestAround(disparity: Float32Array, width: number, i: number, rise: number): number {
  const side = 2 * NEIGHBOURHOOD + 1
  const corner = i - NEIGHBOURHOOD * width - NEIGHBOURHOOD
  const seen = new Uint8Array(side * side)
  const middle = NEIGHBOURHOOD * side + NEIGHBOURHOOD
  const waiting = [middle]
  seen[middle] = 1
  let nearest = disparity[i]
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const u = place % side
    const v = (place - u) / side
    const here = disparity[corner + v * width + u]
    if (here > nearest) nearest = here
    for (const [du, dv] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      if (u + du < 0 || v + dv < 0 || u + du >= side || v + dv >= side) continue
      const next = place + dv * side + du
      if (seen[next] === 1 || !(Math.abs(disparity[corner + (v + dv) * width + u + du] - here) <= rise)) continue
      seen[next] = 1
      waiting.push(next)
    }
  }
  return nearest
}

/** How soft the map's edges are: the standard deviation of a Gaussian that would have made them so, pixels; 0 where none tells. The median, so that slopes and thin things have no say. */
function softness(disparity: Float32Array, width: number, edges: readonly number[]): number {
  const found: number[] = []
  const stride = Math.max(1, Math.floor(edges.length / SAMPLES))
  for (let k = 0; k < edges.length; k += stride) {
    const i = edges[k]
    let low = Infinity
    let high = -Infinity
    for (let v = -EDGE_RADIUS; v <= EDGE_RADIUS; v++) {
      for (let u = -EDGE_RADIUS; u <= EDGE_RADIUS; u++) {
        const value = disparity[i + v * width + u]
        if (value < low) low = value
        if (value > high) high = value
      }
    }
    const part = (disparity[i] - low) / (high - low)
    if (!(part > MIDDLE[0] && part < MIDDLE[1])) continue
    const steepest = Math.hypot(disparity[i + 1] - disparity[i - 1], disparity[i + width] - disparity[i - width]) / 2
    // A step of height 1 that a Gaussian has softened rises by 1 / (σ √2π) at its middle.
    if (steepest > 0) found.push((high - low) / steepest / Math.sqrt(2 * Math.PI))
  }
  if (found.length === 0) return 0
  return Math.min(SOFTEST, Float64Array.from(found).sort()[found.length >> 1])
}

/** Each thin thing replaced by what is behind it: the farthest value around each pixel, of those the nearest. Right within {@link RADIUS} of an edge, where thin things are; Infinity far from any. */
function withoutThin({ width, height, disparity }: Pick<DisparityMap, 'width' | 'height' | 'disparity'>, edges: readonly number[], scratch: Float32Array): Float32Array {
  const behind = new Float32Array(disparity.length)
  const size = { width, height, around: pixelsAround(edges, { width, height }, 2 * RADIUS + APART) }
  extreme(disparity, scratch, size, { along: 1, radius: RADIUS, nearest: false })
  extreme(scratch, behind, size, { along: width, radius: RADIUS, nearest: false })
  extreme(behind, scratch, size, { along: 1, radius: APART, nearest: true })
  extreme(scratch, behind, size, { along: width, radius: APART, nearest: true })
  return behind
}

/** The farthest or the nearest value within `radius` in a row (`along` 1) or in a column (`along` width), at the pixels `around`. What is NaN does not count. */
function extreme(
  from: Float32Array,
  to: Float32Array,
  { width, height, around }: { width: number; height: number; around: Uint8Array },
  { along, radius, nearest }: { along: number; radius: number; nearest: boolean },
): void {
  const sign = nearest ? -1 : 1
  const last = along === 1 ? width - 1 : height - 1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      if (around[i] === 0) {
        to[i] = Infinity
        continue
      }
      const at = along === 1 ? x : y
      const start = i - Math.min(radius, at) * along
      const end = i + Math.min(radius, last - at) * along
      let least = Infinity
      for (let j = start; j <= end; j += along) {
        const value = sign * from[j]
        if (value < least) least = value
      }
      to[i] = sign * least
    }
  }
}

/** Weights that add up to 1, from −n to n. */
function gaussian(sigma: number): Float64Array {
  if (!(sigma > 0)) return Float64Array.of(1)
  const reach = Math.ceil(3 * sigma)
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / all)
}
