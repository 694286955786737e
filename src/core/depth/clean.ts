import { depthAt, inverseDepth } from '../camera.js'
import { holdsMetres, type Settings } from '../options.js'
import { smoothBands } from './clean/bands.js'
import { guidedSmooth } from './clean/guided.js'
import { fillHoles } from './clean/holes.js'
import { smoothNoise } from './clean/noise.js'
import { snapSilhouettes } from './clean/silhouettes.js'
import { removeSpikes } from './clean/spikes.js'
import type { CleanStep, CleanStepName } from './clean/step.js'
import { HALF_OPAQUE, type DisparityMap } from './convention.js'
import type { DepthRaster } from './decode.js'
import type { GrayPicture } from './picture.js'
import type { CheckId, PreflightReport } from './preflight.js'
import { disparityRange, extentOf, grainScale } from './range.js'
import { SPIKE_HEIGHT } from './spike.js'

/** Standard deviation that is smoothed where the step is forced on a map without noticeable noise, as a share of the scale. */
const USUAL_NOISE = 0.008
/** The smooth form that `depthInfluence` blends toward: windows of 1 % of the longer side, edges kept from 3 % of the range on. */
const INFLUENCE = { radius: 0.01, epsilon: 9e-4 }

export interface CleanInput {
  map: DisparityMap
  /** The map as stored. */
  raster: DepthRaster
  /** What pre-flight found: under `"auto"` a step is taken only where its check fired. */
  report: PreflightReport
  /** The colour picture at the map's size, if there is one. */
  picture: GrayPicture | null
}

export interface CleanResult {
  /** The very map that came in when nothing was done. */
  map: DisparityMap
  steps: CleanStep[]
}

/** The check that calls for a step. */
const CHECK_OF: Record<CleanStepName, CheckId | null> = { spikes: 'spikes', noise: 'noise', bands: 'banded', holes: null, silhouettes: 'soft-silhouettes' }

/**
 * Mends a map where it needs mending, and says what was done. A map whose checks are silent comes back as it is, to the bit.
 * Pixels that hold nothing (`"black": "cut"`, transparent ones) still hold nothing afterwards.
 *
 * @example
 * const { map, steps } = cleanDepth({ map, raster, report: preflight({ raster, map, picture }, settings), picture }, settings)
 */
export function cleanDepth({ map: given, raster, report, picture }: CleanInput, settings: Settings): CleanResult {
  let map = given
  const steps: CleanStep[] = []
  // A picture that lies elsewhere is no guide.
  const guide = report.checks.some(({ id }) => id === 'mirrored' || id === 'upside-down' || id === 'misaligned') ? null : picture
  const take = (step: CleanStep['step'], disparity: Float32Array, done: (pixels: string) => string) => {
    const pixels = countChanged(map.disparity, disparity)
    if (pixels === 0) return
    steps.push({ step, pixels, done: done(`${pixels.toLocaleString('en-US')} pixels (${((100 * pixels) / disparity.length).toFixed(1)} %)`) })
    map = { ...map, disparity }
  }

  // (1) Grain. What noise there was has no terraces any more.
  if (wanted('spikes', settings, report)) {
    const spike = SPIKE_HEIGHT * grainScale(map.disparity, settings)
    take('spikes', removeSpikes(map, spike), (pixels) => `replaced ${pixels} that stuck out by the median of their neighbours`)
    if (holdsMetres(settings)) map = fitRange(map, settings)
  }
  const noisy = wanted('noise', settings, report)
  if (noisy) {
    const sigma = (report.checks.find(({ id }) => id === 'noise')?.value ?? USUAL_NOISE) * grainScale(map.disparity, settings)
    take('noise', smoothNoise(map, sigma), (pixels) => `smoothed noise in ${pixels}`)
  } else if (wanted('bands', settings, report)) take('bands', smoothBands(map), (pixels) => `smoothed terraces in ${pixels}, each within half a level`)

  // (2) Holes, once their surroundings are clean.
  const holes = wanted('holes', settings, report) ? findHoles(map, raster, settings) : null
  if (holes !== null) take('holes', fillHoles(map, holes, { sensor: settings.encoding === 'metric', picture: guide }), (pixels) => `filled ${pixels} that were unknown`)

  // (3) Shape.
  if (wanted('silhouettes', settings, report)) {
    take('silhouettes', snapSilhouettes(map, disparityRange(map.disparity), guide), (pixels) => `snapped ${pixels} at soft silhouettes to one side${guide === null ? '' : ', guided by the picture'}`)
  }
  if (settings.depthInfluence < 1) {
    take('influence', blendToSmooth(map, settings.depthInfluence), (pixels) => `blended ${pixels} toward the map’s smooth form (depthInfluence ${settings.depthInfluence})`)
  }
  return { map, steps }
}

/** Whether the settings, or under "auto" the report, call for a step. */
function wanted(step: CleanStepName, { clean }: Settings, report: PreflightReport): boolean {
  const choice = typeof clean === 'object' ? (clean[step] ?? 'auto') : clean
  if (choice !== 'auto') return choice
  const check = CHECK_OF[step]
  return check === null || report.checks.some(({ id }) => id === check)
}

/** Unknown pixels that are to be filled (1), or null if there are none. What was cut away on purpose is not unknown. */
function findHoles({ disparity }: DisparityMap, { alpha }: DepthRaster, { black, encoding, clean }: Settings): Uint8Array | null {
  const asked = typeof clean === 'object' && clean.holes === true
  if (black === 'cut' || (black !== 'hole' && encoding !== 'metric' && !asked)) return null
  let holes: Uint8Array | null = null
  for (let i = 0; i < disparity.length; i++) {
    if (disparity[i] === disparity[i] || (alpha !== null && alpha[i] < HALF_OPAQUE)) continue
    holes ??= new Uint8Array(disparity.length)
    holes[i] = 1
  }
  return holes
}

/** A map in metres whose 0..1 reaches again from its farthest to its nearest pixel, after spikes that lay beyond are gone. */
function fitRange(map: DisparityMap, { projection }: Settings): DisparityMap {
  const { lowest: low, highest: high } = extentOf(map.disparity)
  if (!(high > low) || (low === 0 && high === 1)) return map
  const disparity = map.disparity.map((value) => (value - low) / (high - low))
  if (projection === 'orthographic') return { ...map, disparity, relief: map.relief * (high - low) }
  const inverse = inverseDepth(map)
  return { ...map, disparity, near: depthAt(high, inverse), far: depthAt(low, inverse) }
}

function blendToSmooth(map: DisparityMap, influence: number): Float32Array {
  const radius = Math.max(4, Math.round(INFLUENCE.radius * Math.max(map.width, map.height)))
  const smooth = guidedSmooth(map, { radius, epsilon: INFLUENCE.epsilon })
  for (let i = 0; i < smooth.length; i++) smooth[i] += influence * (map.disparity[i] - smooth[i])
  return smooth
}

function countChanged(before: Float32Array, after: Float32Array): number {
  let changed = 0
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i] && (before[i] === before[i] || after[i] === after[i])) changed++
  return changed
}
