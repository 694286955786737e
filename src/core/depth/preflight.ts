import type { Settings } from '../options.js'
import type { CleanStep } from './clean/step.js'
import type { DisparityMap } from './convention.js'
import type { DepthRaster } from './decode.js'
import type { GrayPicture } from './picture.js'
import type { PreflightCheck } from './preflight/check.js'
import { checkCutout } from './preflight/cutout.js'
import { checkEncoding } from './preflight/encoding.js'
import { checkHoles } from './preflight/holes.js'
import { checkLayout, leanOf } from './preflight/layout.js'
import { checkColorChunks, checkLevels, checkMetres } from './preflight/levels.js'
import { checkPicture } from './preflight/picture.js'
import { checkSideBySide } from './preflight/side-by-side.js'
import { measureLevels } from './preflight/spread.js'
import { checkSurface } from './preflight/surface.js'
import { checkUnit } from './preflight/unit.js'
import { disparityRange } from './range.js'
import { shrink, thumbnailSize } from './preflight/thumbnail.js'

export type { CheckId, PreflightCheck } from './preflight/check.js'

/** The report on a map before baking. */
export interface PreflightReport {
  width: number
  height: number
  bitDepth: number
  /** Distinct levels; of float maps, out of 65,536 equal parts of their range (of distances from a camera, of its logarithm). */
  levels: number
  checks: PreflightCheck[]
  /** What was then done about it; absent where a map was only checked. */
  cleaned?: CleanStep[]
}

/** What pre-flight looks at. */
export interface PreflightInput {
  /** The map as stored. */
  raster: DepthRaster
  /** What it means, before any cleaning. */
  map: DisparityMap
  /** The colour picture at the map's size, if there is one. */
  picture: GrayPicture | null
}

/**
 * Looks a map over before anything is made of it. Nothing is changed and nothing is guessed on the artist's behalf:
 * each finding says what was found, why it matters and what to do, with the settings that would mend it.
 *
 * @example
 * preflight({ raster, map, picture: null }, settings).checks.map(({ id }) => id) // ['eight-bit', 'banded']
 */
export function preflight({ raster, map, picture }: PreflightInput, settings: Settings): PreflightReport {
  const { width, height, bitDepth } = raster
  const spread = measureLevels(raster, settings)
  const checks = [...checkSideBySide(raster), ...checkLevels(raster, spread, settings), ...checkColorChunks(raster, settings)]
  if (spread.levels > 1) {
    const thumbnail = shrink(map.disparity, width, height, thumbnailSize(width, height))
    const range = disparityRange(map.disparity)
    const lean = leanOf(thumbnail, range)
    checks.push(...checkMetres(raster, spread, lean, settings))
    checks.push(...checkUnit(raster, map, settings))
    checks.push(...checkHoles(raster, map, spread, settings))
    checks.push(...checkCutout(raster, map, settings))
    checks.push(...checkSurface(map, range, raster, spread, settings))
    const beside = picture === null ? [] : checkPicture(thumbnail, map, picture, settings)
    // Of a map that stands on its head the top is the bottom.
    if (!beside.some(({ id }) => id === 'upside-down')) checks.push(...checkLayout(lean, range, settings))
    checks.push(...checkEncoding(thumbnail, range, settings), ...beside)
  }
  return { width, height, bitDepth, levels: spread.levels, checks }
}
