import type { Settings } from '../../options.js'
import { percent, type PreflightCheck } from './check.js'
import type { Thumbnail } from './thumbnail.js'

/** Pixels of the small copy in a segment along a row or a column … */
const LENGTH = 25
/** … that start this far apart: along the line, and from line to line. */
const [ALONG, ACROSS] = [6, 4]
/** A segment is a slanted plane, or nearly one, when it rises by more than this part of the range … */
const RISE = 0.06
/** … and stays this close to a parabola. */
const SMOOTH = 0.004
/** Fewer slanted segments say nothing. */
const ENOUGH = 100
/** This part of them bends one way … */
const ONE_WAY = 0.9
/** … the middle one by at least this much, as bend over slope² … */
const BEND = 2.5
/** … and they agree on where depth would be infinite: the middle half lies within this part of the distance from there to the nearest level. */
const AGREEMENT = 0.5

/**
 * A guess at whether levels are linear in disparity or in depth. Planes are straight lines in disparity, whatever the view. A map that is linear in depth,
 * taken for disparity, bends all of them toward the camera, and all by one law:
 *
 * ```
 *   disparity  ·  slanted plane     depth taken for disparity   ·  ·      −bend / slope² = 2 / (pole − level)
 *            ·                                              ·             pole = far / (far − near) for every plane
 *          ·                                              ·
 * ```
 *
 * (and the other way round: away, with the pole at −near / (far − near), which the settings know). None of 17 real maps in perspective fires as it is.
 * Read as linear in depth with far = 4 and 10 × near, the finest ones do (a rendered room, a sensor, float stereo); 8-bit stereo and estimates do not, whose planes are too rough.
 */
export function checkEncoding({ width, height, values }: Thumbnail, range: number, { projection, encoding, near, far }: Settings): PreflightCheck[] {
  if (projection !== 'perspective' || (encoding !== 'disparity' && encoding !== 'depth') || range <= 0) return []
  const bends: number[] = []
  const poles: number[] = []
  const measure = (start: number, step: number) => {
    const { bend, level } = fitSlope(values, start, step, range)
    if (bend !== bend) return
    bends.push(bend)
    poles.push(level + (2 * range) / bend)
  }
  for (let y = 0; y < height; y += ACROSS) for (let x = 0; x + LENGTH <= width; x += ALONG) measure(y * width + x, 1)
  for (let x = 0; x < width; x += ACROSS) for (let y = 0; y + LENGTH <= height; y += ALONG) measure(y * width + x, width)
  if (bends.length < ENOUGH) return []

  const toward = bends.filter((bend) => bend > 0).length / bends.length
  const middle = quantile(bends, 0.5)
  const pole = quantile(poles, 0.5)
  const agree = (distance: number) => quantile(poles, 0.75) - quantile(poles, 0.25) <= AGREEMENT * distance
  if (encoding === 'disparity' && toward >= ONE_WAY && middle >= BEND && pole > 1 && agree(pole - 1)) {
    return [
      {
        id: 'encoding',
        severity: 'warning',
        value: middle,
        found: `${percent(toward)} of the slanted surfaces bend toward the camera, all by the law of a map that is linear in depth with far = ${(pole / (pole - 1)).toFixed(1)} × near`,
        why: 'Floors and walls are flat: in disparity they are straight. A map whose levels are taken for something else is as bad as no depth at all.',
        advice: 'If it is a renderer’s normalised Z pass, say so, and set "near" and "far" to its own.',
        settings: { encoding: 'depth' },
      },
    ]
  }
  const known = near / (far - near)
  if (encoding === 'depth' && toward <= 1 - ONE_WAY && middle <= -BEND && Math.abs(pole + known) <= AGREEMENT * known && agree(known)) {
    return [
      {
        id: 'encoding',
        severity: 'warning',
        value: middle,
        found: `${percent(1 - toward)} of the slanted surfaces bend away from the camera, all by the law of a map that is linear in disparity`,
        why: 'Floors and walls are flat: in disparity they are straight. A map whose levels are taken for something else is as bad as no depth at all.',
        advice: 'If it is disparity (1/depth), as AI estimators and stereo programs write it, say so.',
        settings: { encoding: 'disparity' },
      },
    ]
  }
  return []
}

/** The parabola through a segment: −bend / slope² in units of the range (positive: bulging toward near; NaN where it is no smooth slope), and its middle level. */
function fitSlope(values: Float32Array, start: number, step: number, range: number): { bend: number; level: number } {
  // Least squares on t = −12 … 12, whose odd sums vanish: Σ1 = n, Σt² = S2, Σt⁴ = S4.
  const half = (LENGTH - 1) / 2
  let [sum0, sum1, sum2] = [0, 0, 0]
  for (let k = 0; k < LENGTH; k++) {
    const value = values[start + k * step]
    const t = k - half
    sum0 += value
    sum1 += value * t
    sum2 += value * t * t
  }
  if (sum0 !== sum0) return NO_SLOPE
  const slope = sum1 / S2
  const curve = (LENGTH * sum2 - S2 * sum0) / (LENGTH * S4 - S2 * S2)
  const level = (sum0 - curve * S2) / LENGTH
  const rise = Math.abs(slope) * LENGTH
  // A top or a valley is no slanted plane.
  if (rise < RISE * range || Math.abs(curve) * LENGTH * LENGTH > 2 * rise) return NO_SLOPE
  for (let k = 0; k < LENGTH; k++) {
    const t = k - half
    if (Math.abs(values[start + k * step] - (level + slope * t + curve * t * t)) > SMOOTH * range) return NO_SLOPE
  }
  return { bend: (-2 * curve * range) / (slope * slope), level }
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]
}

const NO_SLOPE = { bend: NaN, level: NaN }
const [S2, S4] = [2, 4].map((power) => Array.from({ length: LENGTH }, (_, k) => (k - (LENGTH - 1) / 2) ** power).reduce((sum, value) => sum + value, 0))
