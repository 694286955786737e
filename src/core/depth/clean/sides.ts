import type { Areas } from '../areas.js'
import type { DisparityMap } from '../convention.js'
import type { GrayPicture } from '../picture.js'

/** Gap between the disparities around a hole from which it lies across a silhouette. With .03 and .06 the same maps gain as much, and smooth ones lose (moon 2.2 → 2.8 steps). */
const GAP = 0.12
/** Gray levels within which two pixels look alike. Mean RMS in the holes of six maps, steps: with 10 and with 25 6.8; the nearest side without asking the picture 8.0, a ramp 8.5. */
const ALIKE = 16
/** Weight of a pixel that looks altogether different: where nothing looks alike, the nearest decides. */
const UNLIKE = 1e-4
/** Pixels. A longer border is that of no blot, and would take long. */
const LONGEST_BORDER = 400

/**
 * Holes that lie across a silhouette, filled with one side or the other and no ramp between them. The picture decides which: a pixel belongs to the side whose border looks like it,
 * near pixels counting for more. It is then given the mean of that side's border, weighted by 1 / distance².
 * From the second camera of three stereo pairs, 25,000 triangles: 26.17 → 26.34 dB.
 *
 * @param filled the map with its holes filled from all around, changed in place
 */
export function chooseSides({ width, disparity }: DisparityMap, filled: Float32Array, { labels, count, runs }: Areas, { gray }: GrayPicture): void {
  const alike = Float64Array.from({ length: 256 }, (_, difference) => Math.exp((-difference * difference) / (2 * ALIKE * ALIKE)) + UNLIKE)
  const borders = bordersOf(disparity, width, labels, count)
  const levels = borders.map((border) => (border.length > LONGEST_BORDER ? NaN : middleOfGap(border, disparity)))
  for (let run = 0; run < runs.starts.length; run++) {
    const area = labels[runs.starts[run]]
    const middle = levels[area]
    if (middle !== middle) continue
    const border = borders[area]
    for (let i = runs.starts[run]; i < runs.ends[run]; i++) {
      const [x, y] = [i % width, Math.floor(i / width)]
      let [nearLook, farLook, nearSum, farSum, nearWeight, farWeight] = [0, 0, 0, 0, 0, 0]
      for (const k of border) {
        const [dx, dy] = [(k % width) - x, Math.floor(k / width) - y]
        const weight = 1 / (dx * dx + dy * dy)
        const look = weight * alike[Math.abs(gray[i] - gray[k])]
        if (disparity[k] > middle) {
          nearLook += look
          nearSum += weight * disparity[k]
          nearWeight += weight
        } else {
          farLook += look
          farSum += weight * disparity[k]
          farWeight += weight
        }
      }
      filled[i] = nearLook > farLook ? nearSum / nearWeight : farSum / farWeight
    }
  }
}

/** The known pixels on the four sides of each area's pixels. */
function bordersOf(disparity: Float32Array, width: number, labels: Int32Array, count: number): number[][] {
  const borders = Array.from({ length: count }, () => new Set<number>())
  for (let i = 0; i < disparity.length; i++) {
    if (disparity[i] !== disparity[i]) continue
    const x = i % width
    for (const hole of [x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width]) {
      if (hole >= 0 && hole < labels.length && labels[hole] >= 0) borders[labels[hole]].add(i)
    }
  }
  return borders.map((border) => [...border])
}

/** The disparity amid the widest gap between those of a border; NaN where they all lie together. */
function middleOfGap(border: readonly number[], disparity: Float32Array): number {
  const sorted = Float32Array.from(border, (i) => disparity[i]).sort()
  let widest = GAP
  let middle = NaN
  for (let k = 1; k < sorted.length; k++) {
    const gap = sorted[k] - sorted[k - 1]
    if (gap < widest) continue
    widest = gap
    middle = (sorted[k] + sorted[k - 1]) / 2
  }
  return middle
}
