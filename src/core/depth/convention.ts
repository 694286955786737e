import { disparityAt, inverseDepth } from '../camera.js'
import { DepthMeshError } from '../errors.js'
import { holdsMetres, type Settings } from '../options.js'
import { backgroundOf } from './background.js'
import { isEmpty } from './gaps.js'
import { group } from './limits.js'
import type { DepthRaster } from './raster.js'

/** What the map says, whatever the file's convention was: 0 farthest … 1 nearest, linear in 1/depth (perspective) or in height (orthographic). */
export interface DisparityMap {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** width × height values, row 0 on top; NaN = nothing there. */
  disparity: Float32Array
  /** Perspective: metres of disparity 1. */
  near: number
  /** Perspective: metres of disparity 0. */
  far: number
  /** Orthographic: metres from disparity 0 to disparity 1. */
  relief: number
}

/** Alpha below this, of 255, means that nothing is there. */
export const HALF_OPAQUE = 128

/** Metres of a level, unless somebody says otherwise: sensors write millimetres. */
export const LEVEL_UNIT = 0.001

/** What elevation models store where nothing was measured, if their header does not say. */
const NO_DATA = [-9999, -32_768]

/** Floats that miss 0..1 by no more than this are levels with rounding errors; others are stretched. */
const LEVEL_TOLERANCE = 1e-3

/** `far` / `near` of a metric map with a single distance: a camera needs some room. */
const FLAT_ROOM = 1.001

/**
 * Gives stored samples their meaning.
 *
 * Levels: 0 is `far` (disparity 0), the top level `near` (disparity 1), linear in what `encoding` says; `levels`, then `gamma`, are undone first.
 * Floats outside 0..1 are stretched to it. Metres: near, far and relief come from the data; where a camera's ray hit nothing is the sky, as far as the farthest surface.
 *
 * ```
 * perspective   disparity   d = level            depth   d = (1/z − 1/far) / (1/near − 1/far),  z = far + (near − far) · level
 *               metric      the same, z = level × unit
 * orthographic  d = level; metric and tiles: d = (metres − lowest) / relief
 * ```
 *
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no surface is left.
 */
export function toDisparity(raster: DepthRaster, settings: Settings): DisparityMap {
  const { width, height } = raster
  if (width < 2 || height < 2) {
    throw new DepthMeshError('INPUT_NOTHING_TO_MESH', `expected at least 2 × 2 pixels, found ${width} × ${height}`, { hint: 'A surface needs pixels side by side: use the map at full size.' })
  }
  const map = holdsMetres(settings) ? fromMetres(raster, settings) : fromLevels(raster, settings)
  if (raster.alpha !== null) cutAway(map.disparity, raster.alpha)
  const cutFromBlack = settings.black === 'cut' && !holdsMetres(settings)
  if (!hasSurface(map, cutFromBlack)) throw holdsMetres(settings) ? noMetres(raster) : noSurface(raster, settings, map.disparity)
  return map
}

/**
 * Cuts the surface away where a picture is less than half opaque.
 *
 * @param alpha width × height values of `map`: bytes 0..255, or floats 0..1.
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when nothing is left.
 */
export function cutByAlpha(map: DisparityMap, alpha: Uint8Array | Float32Array): DisparityMap {
  const disparity = map.disparity.slice()
  cutAway(disparity, alpha)
  const cut = { ...map, disparity }
  if (hasSurface(cut, true)) return cut
  throw new DepthMeshError('INPUT_NOTHING_TO_MESH', 'expected a surface, found nothing that the alpha of the colour picture leaves standing', {
    hint: 'Less than half opaque means "nothing there": save the colour picture without alpha to keep all of it.',
  })
}

/** What black is unless somebody says otherwise: the farthest surface. */
export function isBlackFar({ black }: Pick<Settings, 'black'>): boolean {
  return black === null || black === 'far'
}

function fromLevels(raster: DepthRaster, settings: Settings): DisparityMap {
  const { width, height } = raster
  const { near, far, relief, gamma, white } = settings
  const isFar = isBlackFar(settings)
  const [low, high] = settings.levels ?? [0, 1]
  const background = backgroundOf(raster)
  const blackPoint = Math.fround(low) // as samples are rounded: a point of 0.2 meets level 51 of 255
  const [lowest, highest] = raster.format === 'float' ? floatRange(raster) : [0, 1]
  const stretched = raster.format === 'float' && settings.levels === null // then the lowest float is no black
  const asDepth = settings.encoding === 'depth' && settings.projection === 'perspective'
  const asStored = lowest === 0 && highest === 1 && low === 0 && high === 1 && gamma === 1 && white === 'near' && isFar && !asDepth
  if (asStored && raster.format === 'unorm') return { width, height, disparity: raster.samples.slice(), near, far, relief }
  const inverse = inverseDepth({ near, far })

  const disparity = eachSample(raster, (stored) => {
    if (!(Math.abs(stored) < background)) return NaN
    const level01 = (stored - lowest) / (highest - lowest)
    if (!isFar && (stretched ? stored === 0 : level01 <= blackPoint)) return NaN
    let level = (level01 - low) / (high - low)
    level = level < 0 ? 0 : level > 1 ? 1 : level
    if (gamma !== 1) level **= gamma
    if (white === 'far') level = 1 - level
    return asDepth ? disparityAt(far + (near - far) * level, inverse) : level
  })
  return { width, height, disparity, near, far, relief }
}

function fromMetres(raster: DepthRaster, settings: Settings): DisparityMap {
  const { width, height, samples } = raster
  const perspective = settings.projection === 'perspective'
  const tile = settings.encoding !== 'metric'
  const top = 2 ** raster.bitDepth - 1
  const unit = settings.unit ?? LEVEL_UNIT
  const metres = raster.format === 'float' ? (stored: number) => stored : (stored: number) => Math.round(stored * top) * unit
  const background = backgroundOf(raster)
  // 0 is "unknown" to sensors and renderers; a tile has its own word for that, and its sea lies at 0.
  const floor = perspective ? 0 : -background
  const isKnown = (stored: number): boolean => stored > floor && stored < background && (tile || perspective || (stored !== 0 && !NO_DATA.includes(stored)))

  const [lowest, highest] = rangeOf(samples, isKnown)
  if (lowest > highest) throw noMetres(raster)
  const low = metres(lowest)
  const high = metres(highest)

  if (perspective) {
    const near = low
    const far = high > low ? high : low * FLAT_ROOM
    const inverse = inverseDepth({ near, far })
    const sky = isBlackFar(settings) ? 0 : NaN
    const disparity = eachSample(raster, (stored) => {
      if (isKnown(stored)) return disparityAt(metres(stored), inverse)
      return stored >= background && stored < Infinity ? sky : NaN
    })
    return { width, height, disparity, near, far, relief: settings.relief }
  }
  const relief = high - low
  const inverseRelief = relief > 0 ? 1 / relief : 0
  const flip = settings.white === 'far' && relief > 0
  const disparity = eachSample(raster, (stored) => {
    if (!isKnown(stored)) return NaN
    const level = (metres(stored) - low) * inverseRelief
    return flip ? 1 - level : level
  })
  return { width, height, disparity, near: settings.near, far: settings.far, relief }
}

/** `meaning` of each sample. Where levels are fewer than pixels each level is asked once: 2048² with a gamma takes 12 ms instead of 200. */
function eachSample({ samples, format, bitDepth }: DepthRaster, meaning: (stored: number) => number): Float32Array {
  const out = new Float32Array(samples.length)
  if (format === 'unorm' && bitDepth <= 16 && samples.length > 2 ** bitDepth) {
    const top = 2 ** bitDepth - 1
    const table = new Float32Array(top + 1)
    for (let level = 0; level <= top; level++) table[level] = meaning(Math.fround(level / top))
    for (let i = 0; i < out.length; i++) out[i] = table[(samples[i] * top + 0.5) | 0]
  } else {
    for (let i = 0; i < out.length; i++) out[i] = meaning(samples[i])
  }
  return out
}

/** Lowest and highest of the samples that count; [Infinity, −Infinity] when none does. */
function rangeOf(samples: Float32Array, counts: (stored: number) => boolean): [number, number] {
  let lowest = Infinity
  let highest = -Infinity
  for (let i = 0; i < samples.length; i++) {
    const stored = samples[i]
    if ((stored < lowest || stored > highest) && counts(stored)) {
      if (stored < lowest) lowest = stored
      if (stored > highest) highest = stored
    }
  }
  return [lowest, highest]
}

/** What floats are stretched from: 0..1 if that is where they are. AI estimators write relative disparity in units of their own. */
function floatRange(raster: DepthRaster): [number, number] {
  const background = backgroundOf(raster)
  const [lowest, highest] = rangeOf(raster.samples, (stored) => Math.abs(stored) < background)
  if (lowest >= -LEVEL_TOLERANCE && highest <= 1 + LEVEL_TOLERANCE) return [0, 1]
  return highest > lowest ? [lowest, highest] : [lowest - 1, highest]
}

function cutAway(disparity: Float32Array, alpha: Uint8Array | Float32Array): void {
  if (alpha.length !== disparity.length) throw new DepthMeshError('INTERNAL', `expected alpha for ${disparity.length} pixels, got ${alpha.length}`)
  const half = alpha instanceof Uint8Array ? HALF_OPAQUE : 0.5
  for (let i = 0; i < disparity.length; i++) if (!(alpha[i] >= half)) disparity[i] = NaN
}

/** Whether three of some 2 × 2 pixels are there, which makes a triangle; or, where holes will be filled in, any pixel. */
function hasSurface({ disparity, width }: DisparityMap, needsTriangle: boolean): boolean {
  if (!needsTriangle) return !isEmpty(disparity)
  const there = (i: number): number => (Number.isNaN(disparity[i]) ? 0 : 1)
  for (let i = width; i < disparity.length; i++) {
    if (i % width !== 0 && there(i) + there(i - 1) + there(i - width) + there(i - width - 1) >= 3) return true
  }
  return false
}

function noMetres({ samples }: DepthRaster): DepthMeshError {
  const negative = samples.some((stored) => stored < 0)
  const found = `that all ${group(samples.length)} pixels are unknown (0, NaN, infinite${negative ? ' or negative' : ''})`
  return new DepthMeshError('INPUT_NOTHING_TO_MESH', `expected metres, found ${found}`, {
    hint: negative ? 'Distances grow away from the camera: turn the sign of Z round before saving.' : 'Check the pass or channel that was saved.',
  })
}

function noSurface({ samples, alpha }: DepthRaster, settings: Settings, disparity: Float32Array): DepthMeshError {
  const reasons: string[] = []
  if (!isBlackFar(settings)) reasons.push(`black, which "black": "${settings.black}" reads as ${settings.black === 'cut' ? 'nothing there' : 'unknown'}`)
  if (alpha !== null) reasons.push('transparent')
  if (samples.some(Number.isNaN)) reasons.push('not a number')
  const lone = disparity.reduce((sum, d) => sum + (Number.isNaN(d) ? 0 : 1), 0)
  const pixels = lone === 0 ? `that all ${group(samples.length)} pixels are` : `too few neighbours for a triangle (${group(lone)} of ${group(samples.length)} pixels); the rest are`
  return new DepthMeshError('INPUT_NOTHING_TO_MESH', `expected a surface, found ${pixels} ${reasons.join(' or ')}`, {
    hint: isBlackFar(settings) ? 'Check the export of the map.' : 'If black is the farthest surface, set "black": "far"; else check the export of the map.',
  })
}
