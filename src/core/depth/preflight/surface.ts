import type { Settings } from '../../options.js'
import type { DisparityMap } from '../convention.js'
import type { DepthRaster } from '../decode.js'
import { percentileBin } from '../histogram.js'
import { grainScale } from '../range.js'
import { SPIKE_HEIGHT, spikeMedian } from '../spike.js'
import { isRefused, percent, type PreflightCheck } from './check.js'
import { checkSilhouettes } from './silhouettes.js'
import type { LevelSpread } from './spread.js'
import { strideOf } from './stride.js'

/** One 8-bit step, the unit of the thresholds: they were measured on 65 real maps at 0..255. */
const STEP = 1 / 255

/**
 * Median response, in steps, of the mask 1 −2 1 / −2 4 −2 / 1 −2 1, over 6, above which a map is noisy. The mask is blind to slopes and to bends
 * along one axis (Immerkær, *Fast Noise Variance Estimation*, 1996), so that a rough terrain stays below: 19 clean maps give 0–.5, with noise of .8 % they give 1.2–1.5.
 * (Tried: pixel − mean of 4 neighbours; two clean terrains are as high as noisy maps.)
 */
const NOISE_MEDIAN = 0.8
/** Or its 75th percentile, steps: noise that spares the clipped half of a map. Clean maps give 0–1.2, noisy ones 2.0–2.7. */
const NOISE_UPPER = 1.6
/** From the 75th percentile of |x| to its median, for Gaussian noise. */
const UPPER_TO_MEDIAN = 0.5864
/** From the median of |x| to the standard deviation, for Gaussian noise. */
const MEDIAN_TO_SIGMA = 1.4826
/** Share of spikes above which they are a fault. 19 clean maps have at most .09 %, with .5 % of salt .42 % and more. */
const MANY_SPIKES = 0.002

/** Median run of one level along a row, pixels, from which a map is banded … */
const BAND_RUN = 3
/** … with this share of pixels like their right neighbour … */
const BAND_FLAT = 0.55
/** … in 8 bits, or fewer levels than this … */
const BAND_LEVELS = 512
/** … where at least this share of the steps is exactly one level. Below it terraces are not from rounding: a terrain whose own steps are steeper gets worse. */
const BAND_SINGLE_STEPS = 0.5
/** Neighbouring levels further apart than this, of 65,536, were not rounded but painted: the flat layers of a paper theatre. */
const BAND_STEP = 1024

/** Checks of the surface: noise, spikes, terraces, soft silhouettes; each only where cleaning would be allowed to mend it. */
export function checkSurface(map: DisparityMap, range: number, raster: DepthRaster, spread: LevelSpread, settings: Settings): PreflightCheck[] {
  const stride = strideOf(map)
  return [
    ...checkGrain(map, stride, settings),
    ...(isRefused('bands', settings) ? [] : checkBands(map, raster, spread, stride)),
    ...(settings.projection !== 'perspective' || isRefused('silhouettes', settings) ? [] : checkSilhouettes(map, range)),
  ]
}

function checkGrain(map: DisparityMap, stride: number, settings: Settings): PreflightCheck[] {
  const unit = grainScale(map.disparity, settings)
  const { width, height, disparity } = map
  // Bins of 1/32 step; the last one holds everything from 16 steps on.
  const counts = new Uint32Array(513)
  const scale = 32 / (STEP * unit)
  let spikes = 0
  let seen = 0
  for (let y = 1; y < height - 1; y += stride) {
    for (let x = 1; x < width - 1; x += stride) {
      const i = y * width + x
      const sides = disparity[i - 1] + disparity[i + 1] + disparity[i - width] + disparity[i + width]
      const corners = disparity[i - width - 1] + disparity[i - width + 1] + disparity[i + width - 1] + disparity[i + width + 1]
      const bend = Math.abs(4 * disparity[i] - 2 * sides + corners) / 6
      if (bend !== bend) continue
      seen++
      counts[Math.min(512, (bend * scale) | 0)]++
      const median = spikeMedian(map, x, y, SPIKE_HEIGHT * unit)
      if (median === median) spikes++
    }
  }
  const median = percentileBin(counts, 0.5) / 32
  const upper = percentileBin(counts, 0.75) / 32
  const sigma = Math.max(median, upper * UPPER_TO_MEDIAN) * MEDIAN_TO_SIGMA
  const checks: PreflightCheck[] = []
  if ((median > NOISE_MEDIAN || upper > NOISE_UPPER) && !isRefused('noise', settings)) {
    checks.push({
      id: 'noise',
      severity: 'warning',
      value: sigma * STEP,
      found: `noise with a standard deviation of about ${(sigma * STEP * 100).toFixed(1)} % of the scale (${sigma.toFixed(1)} of 255 levels)`,
      why: 'Noise becomes a sandpaper surface, and triangles are spent on it.',
      advice: 'It is smoothed with an edge-preserving filter. If it is real roughness (gravel, bark), "clean": { "noise": false } keeps it.',
    })
  }
  if (spikes > MANY_SPIKES * seen && !isRefused('spikes', settings)) {
    checks.push({
      id: 'spikes',
      severity: 'warning',
      value: spikes / seen,
      found: `${percent(spikes / seen)} of the pixels stick out from their neighbours by more than 5 % of the scale`,
      why: 'Each becomes a needle in the surface.',
      advice: 'They are replaced by the median of their neighbours. If they are thin real things (wires, grass), "clean": { "spikes": false } keeps them.',
    })
  }
  return checks
}

function checkBands({ disparity }: DisparityMap, { width, height, samples, bitDepth }: DepthRaster, spread: LevelSpread, stride: number): PreflightCheck[] {
  if (spread.levels < 2 || (bitDepth > 8 && spread.levels >= BAND_LEVELS)) return []
  const { rank, binOf } = spread
  const runs = new Uint32Array(256)
  let same = 0
  let steps = 0
  let single = 0
  for (let y = 0; y < height; y += stride) {
    // What is unknown ends a run without being a step; its run is cut short and does not count.
    let before = -1
    let run = 0
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      const level = disparity[i] === disparity[i] ? binOf(samples[i]) : -1
      if (level === before) {
        if (level >= 0) same++
        run++
        continue
      }
      if (level >= 0 && before >= 0) {
        steps++
        if (Math.abs(rank[level] - rank[before]) === 1 && Math.abs(level - before) <= BAND_STEP) single++
        runs[Math.min(255, run)]++
      }
      before = level
      run = 1
    }
  }
  const median = percentileBin(runs, 0.5)
  if (steps === 0 || median < BAND_RUN || same < BAND_FLAT * (same + steps) || single < BAND_SINGLE_STEPS * steps) return []
  return [
    {
      id: 'banded',
      severity: 'info',
      value: median,
      found: `terraces: ${spread.levels} levels in runs of ${median} pixels and more`,
      why: 'Slopes were rounded to steps, which show when light falls across them.',
      advice: 'The steps are smoothed within half a level, so that the surface still says what the map says. A 16-bit map would not need it.',
    },
  ]
}
