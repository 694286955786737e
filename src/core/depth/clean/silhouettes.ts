import type { DisparityMap } from '../convention.js'
import { EDGE_RADIUS, isSlope } from '../edge.js'
import type { GrayPicture } from '../picture.js'
import { pixelsAround } from './around.js'
import { settleOutlines } from './outlines.js'
import { raiseSaggingRims } from './rims.js'
import { raiseThin } from './thin.js'

/**
 * Rise within the window, as a share of the map's range, from which an edge is made crisp, and how much more of a rise over twice the distance makes it a slope.
 * Both are wider than where pre-flight looks for soft silhouettes: where the large ones are soft the small ones are too (+.5 dB).
 */
const SNAP_STEP = 0.03
const SNAP_SLOPE = 1.8
/** In a small map, round things rise as fast: an edge is so many times as steep as a plane from far to near across all of the map. */
const STEEP = 3
/** Part of an edge's height, from either side, whose pixels stay as they are and say how bright that side is. */
const SHOULDER = 0.12
/** Gray levels between the two sides, beyond their scatter, from which the picture has a say … */
const CONTRAST = 12
/**
 * … and how much of one. Estimators displace silhouettes, which the picture shows: with maps displaced by 1.5 px twice this weight is worth .1 dB, where they are in place it costs that.
 * Without any, those lose .2 dB and these gain .1.
 */
const PICTURE_WEIGHT = 0.25

/** So far from what was snapped outlines settle, pixels. With 3 as many dB, for a tenth more of time. */
const REACH = 2

/**
 * Sharpens soft silhouettes: a pixel that hangs between front and back is given the disparity of the side it belongs to, the nearest or the farthest within 3 pixels.
 * (Not that of the closest pixel which counts as that side: it still hangs by a tenth of the height, .8 dB.)
 * Which side that is, the map says (which is nearer in disparity), and the picture, where both sides differ in brightness (which is nearer in gray).
 * Thin things are then raised to what they are part of ({@link raiseThin}), outlines settle between their surroundings ({@link settleOutlines}), and what sags in them is
 * raised ({@link raiseSaggingRims}).
 * Slopes keep their values, and so does all that is not thin and lies more than 2 pixels from what was snapped.
 *
 * From the second camera of three stereo pairs, textures without loss (one sheet; snapped; raised and settled too; without needles; the best value within 3 px told by the true map): blurred with
 * σ 2 px 22.1, 25.6, 25.9, 25.8 and 26.4 dB, a quarter of the size enlarged again 21.7, 24.8, 25.3, 25.3 and 25.9, crisp from the start 26.7.
 */
export function snapSilhouettes(map: DisparityMap, range: number, picture: GrayPicture | null): Float32Array {
  const { width, height, disparity } = map
  const snapped = disparity.slice()
  const R = EDGE_RADIUS
  const step = Math.max(SNAP_STEP, (STEEP * 2 * R) / Math.max(width, height)) * range
  const edges: number[] = []
  for (let y = R; y < height - R; y++) {
    for (let x = R; x < width - R; x++) {
      const i = y * width + x
      // Most pixels lie on no edge: their cross-section says so.
      const across = Math.abs(disparity[i + R] - disparity[i - R])
      const down = Math.abs(disparity[i + R * width] - disparity[i - R * width])
      if (!(across > step / 2) && !(down > step / 2)) continue
      const side = sideOf(map, picture, x, y, step)
      if (side !== side) continue
      snapped[i] = side
      edges.push(i)
    }
  }
  if (edges.length === 0) return snapped
  const thin = raiseThin(map, snapped, edges, step)
  const around = pixelsAround(edges, map, REACH)
  const settled = settleOutlines({ ...map, disparity: snapped }, { around, thin, picture })
  raiseSaggingRims({ ...map, disparity: settled }, around, step)
  return settled
}

/** The disparity of the side that a pixel belongs to; NaN where it stays as it is. */
function sideOf({ width, height, disparity }: DisparityMap, picture: GrayPicture | null, x: number, y: number, step: number): number {
  const R = EDGE_RADIUS
  const i = y * width + x
  let low = Infinity
  let high = -Infinity
  for (let v = -R; v <= R; v++) {
    for (let u = -R; u <= R; u++) {
      const value = disparity[i + v * width + u]
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  const rise = high - low
  const part = (disparity[i] - low) / rise
  if (!(rise > step) || !(part > SHOULDER && part < 1 - SHOULDER) || isSlope(disparity, x, y, width, height, SNAP_SLOPE)) return NaN
  const vote = picture === null ? part : part + voteOf(picture, disparity, i, { low, rise })
  return vote > 0.5 ? high : low
}

/** What the picture says about a pixel at an edge: above 0 that it looks like the near side, below that it looks like the far one; 0 where the two look alike. */
function voteOf({ gray, width }: GrayPicture, disparity: Float32Array, i: number, { low, rise }: { low: number; rise: number }): number {
  const R = EDGE_RADIUS
  let [farGray, nearGray, farSquares, nearSquares, farCount, nearCount] = [0, 0, 0, 0, 0, 0]
  for (let v = -R; v <= R; v++) {
    for (let u = -R; u <= R; u++) {
      const k = i + v * width + u
      const there = (disparity[k] - low) / rise
      if (there <= SHOULDER) {
        farGray += gray[k]
        farSquares += gray[k] ** 2
        farCount++
      } else if (there >= 1 - SHOULDER) {
        nearGray += gray[k]
        nearSquares += gray[k] ** 2
        nearCount++
      }
    }
  }
  const far = farGray / farCount
  const near = nearGray / nearCount
  const contrast = near - far
  const scatter = Math.sqrt(Math.max(0, nearSquares / nearCount - near ** 2)) + Math.sqrt(Math.max(0, farSquares / farCount - far ** 2))
  if (!(Math.abs(contrast) > CONTRAST + scatter)) return 0
  const likeNear = Math.min(1, Math.max(0, (gray[i] - far) / contrast))
  return PICTURE_WEIGHT * (likeNear - 0.5)
}
