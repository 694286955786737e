import { holdsMetres, type Settings } from '../../options.js'
import { backgroundOf } from '../background.js'
import type { DepthRaster } from '../decode.js'
import { percentileBin } from '../histogram.js'
import { isRelief, percent, type PreflightCheck } from './check.js'
import { LEANING } from './layout.js'

/** Bins of the histogram: one per 16-bit level. */
const BINS = 65536

// Thresholds were measured on 65 real maps.

/** Below this share of the scale between the 1st and the 99th percentile, a map has low contrast. */
const LOW_CONTRAST = 0.25
/** Fewer distinct levels than this are few. */
const FEW_LEVELS = 64
/** As many levels or more are enough for a shape, whatever part of the scale they are. */
const ENOUGH_LEVELS = 1024
/** A darkest percentile above this share of the scale is a lifted black. */
const LIFTED_BLACK = 0.06

/** How the stored levels are spread. Bins are 16-bit levels; of float maps, 65,536 equal parts of their range; of distances from a camera, of its logarithm. */
export interface LevelSpread {
  /** Distinct levels. */
  levels: number
  /** Samples that are a number. */
  known: number
  /** Share of the samples that are exactly 0. */
  zeros: number
  /** Share of the samples that are not a finite number. */
  unknown: number
  /** Share of the samples that say "nothing was hit", as renderers do. They count for nothing else. */
  background: number
  /** Lowest level, 0..1 of the scale; of floats, as stored. */
  bottom: number
  /** Largest level, 0..1 of the scale; of floats, as stored. */
  top: number
  /** 1st and 99th percentile of the levels, 0..1 of the scale. */
  p1: number
  p99: number
  /** 99th − 1st percentile of the levels without exact zeros, which may be holes; 0..1 of the scale. */
  range: number
  /** Bin → its place among the used bins, 0 for the lowest. */
  rank: Uint16Array
  /** The bin of a sample; 0 for what is not a finite number. */
  binOf(sample: number): number
  /** 16-bit levels that are all multiples of this: 257 or 256 give an 8-bit map away. */
  multiple: 1 | 256 | 257
}

/** Samples that are counted by one call: a function that is called often is compiled sooner than a long loop. */
const COUNTED = 2 ** 14

/**
 * Counts the levels of a map, in one pass over integers and two over floats.
 *
 * Distances from a camera are counted by their logarithm: an estimator may put the sky 10,000 m behind a scene of 10 m, which would be 65 equal parts of that.
 */
export function measureLevels(raster: DepthRaster, settings: Pick<Settings, 'encoding' | 'projection'>): LevelSpread {
  const { samples } = raster
  const beyond = backgroundOf(raster)
  const byRatio = isFloat(raster) && settings.encoding === 'metric' && settings.projection === 'perspective'
  const places = byRatio ? new Int32Array(samples.buffer, samples.byteOffset, samples.length) : samples
  const placeOf = byRatio ? bitsOf : (sample: number) => sample
  const floor = byRatio ? 0 : -Infinity
  const [bottomOf, topOf] = isFloat(raster) ? numberRange(samples, floor, beyond) : [0, 1]
  const [low, high] = [placeOf(bottomOf), placeOf(topOf)]
  const scale = high > low ? (BINS - 1) / (high - low) : 0
  const counts = new Uint32Array(BINS)
  let zeros = 0
  let unknown = 0
  let background = 0
  for (let start = 0; start < samples.length; start += COUNTED) {
    const end = start + COUNTED
    const counted = countLevels(samples.subarray(start, end), places.subarray(start, end), { low, scale, floor, beyond }, counts)
    zeros += counted.zeros
    unknown += counted.unknown
    background += counted.background
  }

  const rank = new Uint16Array(BINS)
  let levels = 0
  let of256 = true
  let of257 = true
  for (let bin = 0; bin < BINS; bin++) {
    if (counts[bin] === 0) continue
    rank[bin] = levels++
    if (bin % 256 !== 0) of256 = false
    if (bin % 257 !== 0) of257 = false
  }
  const [p1, p99] = [percentileBin(counts, 0.01) / (BINS - 1), percentileBin(counts, 0.99) / (BINS - 1)]
  const [bottom, top] = isFloat(raster) ? [bottomOf, topOf] : [firstUsed(counts) / (BINS - 1), lastUsed(counts) / (BINS - 1)]
  if (zeros > 0 && !byRatio) counts[(-low * scale + 0.5) | 0] -= zeros
  return {
    levels,
    known: samples.length - unknown - background,
    zeros: zeros / samples.length,
    unknown: unknown / samples.length,
    background: background / samples.length,
    bottom,
    top,
    p1,
    p99,
    range: (percentileBin(counts, 0.99) - percentileBin(counts, 0.01)) / (BINS - 1),
    rank,
    binOf: (sample) => (Math.abs(sample) < beyond && sample > floor ? ((placeOf(sample) - low) * scale + 0.5) | 0 : 0),
    multiple: of257 ? 257 : of256 ? 256 : 1,
  }
}

interface Bins {
  /** The place of the first bin. */
  low: number
  /** Bins a unit. */
  scale: number
  /** Samples have to be above this … */
  floor: number
  /** … and those from here on, in either direction, are background. */
  beyond: number
}

/** @param places where each sample lies among the bins: it stands for itself, or its bits do. */
function countLevels(samples: Float32Array, places: Float32Array | Int32Array, { low, scale, floor, beyond }: Bins, counts: Uint32Array): { zeros: number; unknown: number; background: number } {
  let zeros = 0
  let unknown = 0
  let background = 0
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]
    // Of NaN and the infinities alone, x − x is not 0.
    if (sample - sample !== 0) unknown++
    else if (sample >= beyond || sample <= -beyond) background++
    else {
      if (sample === 0) zeros++
      else if (sample < floor) unknown++
      if (sample > floor) counts[((places[i] - low) * scale + 0.5) | 0]++
    }
  }
  return { zeros, unknown, background }
}

const ONE_FLOAT = new Float32Array(1)
const ITS_BITS = new Int32Array(ONE_FLOAT.buffer)

/** The bits of a positive float, read as a whole number: exponent first, they grow nearly as its logarithm does, and cost nothing. */
function bitsOf(sample: number): number {
  ONE_FLOAT[0] = sample
  return ITS_BITS[0]
}

/** Whether samples are floats as stored (metres, or whatever the program wrote) and not levels of a scale. */
function isFloat(raster: DepthRaster): boolean {
  return raster.format === 'float'
}

/** Checks of the levels alone: flat, 8 bits in a 16-bit file, few levels, low contrast, lifted black. */
export function checkLevels(raster: DepthRaster, spread: LevelSpread, settings: Settings): PreflightCheck[] {
  const { levels, p1, p99, bottom, top } = spread
  if (levels <= 1) {
    return [
      {
        id: 'flat',
        severity: 'warning',
        value: 1,
        found: 'every pixel has the same level',
        why: 'The mesh will be a flat plane.',
        advice: 'Check that this is the file that was meant, and that depth was not clipped when it was saved.',
      },
    ]
  }

  const checks: PreflightCheck[] = []
  if (raster.bitDepth === 16 && !isFloat(raster) && spread.multiple > 1) {
    checks.push({
      id: 'eight-bit',
      severity: 'warning',
      value: levels,
      found: `8 bits in a 16-bit file: all levels are multiples of ${spread.multiple}, ${levels} of them`,
      why: 'Somewhere on the way the map was rounded to 256 levels, which shows as terraces on slopes.',
      advice: 'Export it again with a 16-bit pipeline from end to end. Until then the terraces are smoothed within half a level.',
    })
  }
  if (levels < FEW_LEVELS) {
    checks.push({
      id: 'few-levels',
      severity: 'warning',
      value: levels,
      found: `${levels} distinct levels`,
      why: `With fewer than ${FEW_LEVELS} levels, slopes turn into steps that no cleaning can undo.`,
      advice: 'Export it again with 16 bits, and use the whole range from black to white.',
    })
  }
  // Sensors use the low levels of 16 bits, and floats have no scale: contrast says nothing about either.
  if (settings.encoding !== 'disparity' && settings.encoding !== 'depth') return checks
  if (isFloat(raster)) return checks
  // A renderer's ends are its own, wherever the scene lies between them: other levels would move it.
  if (settings.encoding === 'depth' && (p99 - p1) * 2 ** raster.bitDepth >= ENOUGH_LEVELS) return checks
  if (p99 - p1 < LOW_CONTRAST && settings.levels === null) {
    // Peaks stay whole where they are no outliers: the highest mountain may be less than 1 % of its map.
    const stretch: [number, number] = top - bottom < LOW_CONTRAST ? [floor3(bottom), ceil3(top)] : [floor3(p1), ceil3(p99)]
    checks.push({
      id: 'low-contrast',
      severity: 'warning',
      value: p99 - p1,
      found: `98 % of the levels lie within ${percent(p99 - p1)} of the scale (${percent(p1)} to ${percent(p99)})`,
      ...(isRelief(settings)
        ? {
            why: `From its lowest to its highest place the surface will have ${percent(p99 - p1)} of the height that "relief" says, and few levels are left for its shape.`,
            advice: 'Stretch the levels, or, if they are heights in metres or parts of them, say so with "encoding": "metric".',
          }
        : {
            why: 'The surface will be almost flat between near and far, and few levels are left for its shape.',
            advice: 'Stretch the levels, or, if this is a sensor’s depth in millimetres, say so with "encoding": "metric".',
          }),
      settings: { levels: stretch },
    })
  } else if (p1 > LIFTED_BLACK && settings.levels === null) {
    checks.push({
      id: 'lifted-black',
      severity: 'info',
      value: p1,
      found: `99 % of the levels lie at ${percent(p1)} of the scale or above`,
      ...liftedBlack(p1, settings),
      settings: { levels: [floor3(p1), 1] },
    })
  }
  return checks
}

/** What it does that black is hardly in use: black is far or near, in a relief low or high. (A gorge may be darker than the 1st percentile: nothing is said of the last 1 %.) */
function liftedBlack(p1: number, settings: Settings): Pick<PreflightCheck, 'why' | 'advice'> {
  const { white, relief } = settings
  const advise = (end: string): string => `If the darkest surface is meant to be ${end}, stretch the levels: the 1 % that may be darker goes there with it.`
  if (isRelief(settings)) {
    const metres = Number((p1 * relief).toPrecision(2))
    const [end, lies] = white === 'near' ? ['low', `lies ${metres} m or more above its base`] : ['high', `stays ${metres} m or more below the height that "relief" says`]
    return { why: `Hardly anything in the map is as ${end} as black: 99 % of the surface ${lies}.`, advice: advise(`the ${end}est, as black is`) }
  }
  const [end, moved] = white === 'near' ? ['far', 'squeezed toward the camera'] : ['near', 'pushed away from the camera']
  return { why: `Hardly anything in the map reaches "${end}": the scene will be ${moved}.`, advice: advise(`at "${end}"`) }
}

/**
 * Floats beyond 1 are no share of a scale: most likely metres, which grow away from the camera. Estimators write disparity like this, too: read as that, a floor comes nearer downward.
 *
 * @param lean how much nearer the bottom of the map is than its top, as it is read
 */
export function checkMetres(raster: DepthRaster, { top }: LevelSpread, lean: number, settings: Settings): PreflightCheck[] {
  if (!isFloat(raster) || holdsMetres(settings) || top <= 1 || (!isRelief(settings) && lean > LEANING)) return []
  return [
    {
      id: 'metres',
      severity: 'warning',
      value: top,
      found: `floats up to ${Number(top.toPrecision(4))}, read as ${settings.encoding} and stretched to the full range`,
      ...(isRelief(settings)
        ? { why: 'Values like these are most often metres. Read as anything else, the surface is as high as "relief" says, whatever they say.', advice: 'If they are metres, say so.' }
        : { why: 'Values like these are most often metres. Read as anything else, what is near and what is far change places.', advice: 'If they are metres from the camera, say so.' }),
      settings: { encoding: 'metric' },
    },
  ]
}

/** A gamma that was baked in cannot be seen in the pixels; what the file says about colour is the only trace of it. */
export function checkColorChunks({ colourChunks }: DepthRaster, settings: Settings): PreflightCheck[] {
  if (colourChunks.length === 0 || settings.gamma !== 1 || holdsMetres(settings)) return []
  return [
    {
      id: 'color-chunks',
      severity: 'info',
      value: colourChunks.length,
      found: `the file was saved as a colour picture (${colourChunks.join(', ')})`,
      why: `Levels are read as they are stored. If the program bent them to look right on a screen, ${isRelief(settings) ? 'slopes come out too steep in dark places and too flat in bright ones' : 'near things come out too near and far ones squeezed'}.`,
      advice: 'Save it as data (linear, no colour management). If the levels were bent, "gamma": 2.2 straightens them.',
    },
  ]
}

/** Lowest and highest of the samples above `floor` that are neither infinite nor background. */
function numberRange(samples: Float32Array, floor: number, beyond: number): [number, number] {
  const lowest = Math.max(floor, -beyond)
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i]
    if (sample < low && sample > lowest) low = sample
    if (sample > high && sample < beyond) high = sample
  }
  return [low, high]
}

function firstUsed(counts: Uint32Array): number {
  let bin = 0
  while (bin < counts.length - 1 && counts[bin] === 0) bin++
  return bin
}

function lastUsed(counts: Uint32Array): number {
  let bin = counts.length - 1
  while (bin > 0 && counts[bin] === 0) bin--
  return bin
}

const floor3 = (share: number) => Math.floor(share * 1000) / 1000
const ceil3 = (share: number) => Math.min(1, Math.ceil(share * 1000) / 1000)
