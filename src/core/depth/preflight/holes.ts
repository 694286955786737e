import type { Settings } from '../../options.js'
import { isBlackFar, type DisparityMap } from '../convention.js'
import type { DepthRaster } from '../decode.js'
import { labelAreas } from '../areas.js'
import { isRefused, isRelief, percent, type PreflightCheck } from './check.js'
import type { LevelSpread } from './spread.js'

/** More black than this share of the map is looked at. */
const MANY_ZEROS = 0.01
/** This part of a hole's border breaks off: all of it in stereo and sensor maps. A black back wall has floor and ceiling run into it: of seven in seeded scenes, most of them hidden behind spheres, .86–.94 breaks off, and all of one. */
const RISING_BORDER = 0.95
/** A hole's border is at least this far above black: of the largest level … */
const BORDER_OF_SCALE = 0.025
/** … and of the range between the 1st and the 99th percentile. A dark background fades into black; a hole breaks off. */
const BORDER_OF_RANGE = 0.08
/** From this share of black on, a map may be sparse … */
const SPARSE_ZEROS = 0.6
/** … if its known pixels fall into more islands than this. Both together: 2 of 2 lidar maps, none of 63 others. */
const SPARSE_ISLANDS = 1000

/** Unknown pixels: black that is no surface, lidar-like sparseness, values that are no number; and the sky of maps in metres. */
export function checkHoles(raster: DepthRaster, map: DisparityMap, spread: LevelSpread, settings: Settings): PreflightCheck[] {
  const metric = settings.encoding === 'metric'
  const isSky = metric && !isRelief(settings) && isBlackFar(settings)
  const sparse = sparsePoints(raster, spread, settings)
  if (sparse) return [sparse]

  const sky = isSky && settings.black === null && spread.background > 0 ? [skyOf(spread.background)] : []
  const blank = (metric ? spread.zeros : 0) + spread.unknown + (isSky ? 0 : spread.background)
  if (blank > 0 || (settings.black === 'hole' && spread.zeros > 0)) return [...sky, unknownPixels(blank, spread, settings)]

  // Who says what black is has answered already. (In metres black is unknown: there is none left here.)
  if (settings.black !== null || spread.zeros <= MANY_ZEROS) return sky
  const holes = findBlackHoles(raster, map, borderStep(spread)).pixels / raster.samples.length
  return holes > MANY_ZEROS ? [blackHoles(holes, settings)] : []
}

/** A map that is hardly there; `null` where it is dense enough. */
function sparsePoints({ width, height, samples }: DepthRaster, { zeros }: LevelSpread, { black, encoding }: Settings): PreflightCheck | null {
  if (zeros <= SPARSE_ZEROS) return null
  const islands = labelAreas(width, height, (i) => samples[i] !== 0).count
  if (islands <= SPARSE_ISLANDS) return null
  return {
    id: 'sparse',
    severity: 'warning',
    value: zeros,
    found: `${percent(zeros)} of the pixels are black, the rest lie in ${islands.toLocaleString('en-US')} islands`,
    why: 'This looks like a lidar’s sparse points: most of the surface would be made up between them.',
    advice: 'Densify the map first (depth completion), or let depthmesh fill it in and look at the result closely.',
    ...(black === 'hole' || encoding === 'metric' ? {} : { settings: { black: 'hole' } }),
  }
}

/**
 * Pixels that are known to be unknown.
 *
 * @param blank share of those that are so whatever black means
 */
function unknownPixels(blank: number, { zeros }: LevelSpread, settings: Settings): PreflightCheck {
  const hole = settings.black === 'hole' || (settings.encoding === 'metric' && settings.black !== 'cut')
  const filled = hole && !isRefused('holes', settings)
  return {
    id: 'unknown',
    severity: 'info',
    value: blank > 0 ? blank : zeros,
    found: blank > 0 ? `${percent(blank)} of the pixels are unknown` : `${percent(zeros)} of the pixels are black, which stands for unknown`,
    why: filled ? 'They are filled in from around.' : 'They are left open.',
    advice: filled ? 'To leave them open instead, set "black": "cut".' : hole ? 'To fill them in instead, let "clean" do it.' : 'To fill them in instead, set "black": "hole".',
    ...(filled || settings.black === 'cut' ? {} : { settings: hole ? { clean: { holes: 'auto' } } : { black: 'hole' } }),
  }
}

/** Black that looks unknown, where nobody has said what black is. */
function blackHoles(share: number, settings: Settings): PreflightCheck {
  return {
    id: 'holes',
    severity: 'warning',
    value: share,
    found: `${percent(share)} of the pixels are black and break off from their surroundings`,
    why: `These look like unknown pixels. Taken for depth, each becomes ${extreme(settings).shape}.`,
    advice: `Say what black is: unknown ("hole", to be filled in), nothing ("cut"), or ${extreme(settings).surface} after all ("far").`,
    settings: { black: 'hole' },
  }
}

/** Where a renderer's rays hit nothing, in metres. */
function skyOf(share: number): PreflightCheck {
  return {
    id: 'sky',
    severity: 'info',
    value: share,
    found: `${percent(share)} of the pixels are a renderer’s background, where its rays hit nothing`,
    why: 'They are put as far away as the farthest surface, as a sky is.',
    advice: 'To leave them open instead, set "black": "cut".',
  }
}

/** What a black pixel is that is taken for depth, and black as a surface. */
function extreme(settings: Settings): { shape: string; surface: string } {
  const { white } = settings
  if (isRelief(settings)) return white === 'near' ? { shape: 'a pit down to the base', surface: 'the lowest surface' } : { shape: 'a tower of the full height', surface: 'the highest surface' }
  return white === 'near' ? { shape: 'a pit that reaches to "far"', surface: 'the farthest surface' } : { shape: 'a spike that reaches to "near"', surface: 'the nearest surface' }
}

/** How far a hole's border stands above black, as a share of the scale. */
export function borderStep({ top, range }: LevelSpread): number {
  return Math.max(BORDER_OF_SCALE * top, BORDER_OF_RANGE * range)
}

/**
 * The black areas whose border rises by `step` or more along nearly all of its length: how many pixels, and whether a pixel is in one.
 * Each area is judged by itself: a map with a black sky may have holes too. What alpha has cut away is no hole.
 */
export function findBlackHoles({ width, height, samples }: DepthRaster, { disparity }: DisparityMap, step: number): { pixels: number; has(i: number): boolean } {
  const { labels, count, runs } = labelAreas(width, height, (i) => samples[i] === 0 && disparity[i] === disparity[i])
  const area = new Uint32Array(count)
  const border = new Uint32Array(count)
  const rising = new Uint32Array(count)
  const look = (label: number, outside: number) => {
    if (labels[outside] >= 0) return
    border[label]++
    if (samples[outside] > step) rising[label]++
  }
  for (let run = 0; run < runs.starts.length; run++) {
    const [start, end] = [runs.starts[run], runs.ends[run]]
    const label = labels[start]
    area[label] += end - start
    if (start % width > 0) look(label, start - 1)
    if (end % width > 0) look(label, end)
    if (start >= width) for (let i = start - width; i < end - width; i++) look(label, i)
    if (end + width <= samples.length) for (let i = start + width; i < end + width; i++) look(label, i)
  }
  let pixels = 0
  for (let label = 0; label < count; label++) if (rising[label] >= RISING_BORDER * border[label]) pixels += area[label]
  return { pixels, has: (i) => labels[i] >= 0 && rising[labels[i]] >= RISING_BORDER * border[labels[i]] }
}
