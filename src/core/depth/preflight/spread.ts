import type { Settings } from '../../options.js'
import { backgroundOf } from '../background.js'
import type { DepthRaster } from '../decode.js'
import { percentileBin } from '../histogram.js'

/** Bins of the histogram: one per 16-bit level. */
const BINS = 65536

/** Samples that are counted by one call: a function that is called often is compiled sooner than a long loop. */
const COUNTED = 2 ** 14

/** How the stored levels are spread. Bins are 16-bit levels; of float maps, 65,536 equal parts of their range; of distances from a camera, of its logarithm. */
export interface LevelSpread {
  /** Distinct levels. */
  levels: number
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

/**
 * Counts the levels of a map, in one pass over integers and two over floats.
 *
 * Distances from a camera are counted by their logarithm: an estimator may put the sky 10,000 m behind a scene of 10 m, which would be 65 equal parts of that.
 */
export function measureLevels(raster: DepthRaster, settings: Pick<Settings, 'encoding' | 'projection'>): LevelSpread {
  const { samples } = raster
  const isFloat = raster.format === 'float'
  const beyond = backgroundOf(raster)
  const byRatio = isFloat && settings.encoding === 'metric' && settings.projection === 'perspective'
  const places = byRatio ? new Int32Array(samples.buffer, samples.byteOffset, samples.length) : samples
  const placeOf = byRatio ? bitsOf : (sample: number) => sample
  const floor = byRatio ? 0 : -Infinity
  const [bottomOf, topOf] = isFloat ? numberRange(samples, floor, beyond) : [0, 1]
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
  const [bottom, top] = isFloat ? [bottomOf, topOf] : [firstUsed(counts) / (BINS - 1), lastUsed(counts) / (BINS - 1)]
  if (zeros > 0 && !byRatio) counts[(-low * scale + 0.5) | 0] -= zeros
  return {
    levels,
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
