import type { DisparityMap } from '../../depth/convention.js'
import type { Settings } from '../../options.js'
import { pause } from '../../pause.js'
import type { Contrast } from '../error/contrast.js'
import { measureError } from '../error/error.js'
import { gatherMoved } from '../error/moved.js'
import { meshDisparity } from '../pixels/drape.js'
import { createPixelLoops } from '../pixels/pixels.js'
import { refineSurface } from '../refine/refine.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'
import { mend } from '../surface/topology.js'
import { findJumps } from '../triangulate/cut.js'
import type { PlaneMesh } from '../triangulate/triangulate.js'
import { fallingChain } from './chain.js'
import { collapseLevels } from './collapse.js'
import { buildLods } from './lod.js'

export interface LevelOptions {
  /** Of the picture on the surface, `null` where there is none. */
  contrast?: Contrast | null | undefined
  /** Stops between levels. */
  signal?: AbortSignal | undefined
}

/** Collapse begins with a surface of at least this many triangles, where the map has that much to say. */
const FINE = 25_000

/** An error larger than this is simply wrong, and not the more so the larger it is: source pixels. */
const PLAINLY_WRONG = 4

/**
 * A pixel that a collapsed surface misses by more than this many cut thresholds has no surface of its own any more. With the others solved for, three stereo pairs at
 * 6k | 1.5k triangles: 25.68 | 23.81 dB from the second camera; with those that err by up to 1 threshold 25.65 | 23.71, without 25.63 | 23.65.
 */
const MELTED = 4

/**
 * How much the 99th percentile of the error that counts, the bare mesh's, weighs in the choice between inserted and collapsed: the power of it that the root of the sum of bounded errors is multiplied by; half a pixel is
 * as good as none. What is collapsed knows nothing of slip, so it has to show clearly less that is wrong to make up for that.
 *
 * Of 39 levels of 13 photos ten were chosen that look worse than the other by .09 to 1.24 dB from `travel` away, .12 dB in the mean of all, when there was none to ask but the map; asked of the picture (see `Contrast`), seven, by
 * .09 to .27 dB, .027 in the mean. With no weight there are four, .017 in the mean, but a painted canyon loses .25 and .59 dB at 6,000 and 1,500 triangles, so .25 at 6,000; with .1 and more a photo loses .28.
 */
const PERCENTILE_POWER = { picture: 0.09, none: 0.115 }
/** Of that percentile, source pixels. */
const HALF_A_PIXEL = 0.5

/** How far from where it belongs a simplified silhouette is looked for, pixels. */
const SILHOUETTE_SEARCH = 12

/**
 * The visible surface at every level, fine → coarse: inserted ({@link buildLods}) and, where it is cut, collapsed out of the finest; of both
 * what shows less that is wrong ({@link leastWrong}).
 *
 * Mean of three stereo pairs from the second camera at 25k | 6k | 1.5k triangles: inserted 25.93 | 24.42 | 20.17 dB, collapsed 26.19 | 25.54 | 23.23.
 *
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no pixel holds anything.
 */
export async function buildFront(map: DisparityMap, settings: Settings, model: ErrorModel, { contrast = null, signal }: LevelOptions = {}): Promise<PlaneMesh[]> {
  const { lods, cut } = settings
  if (!Array.isArray(lods) || cut === false || findJumps(map, cut).count === 0) return buildLods(map, settings, model, signal)
  const budgets = lods[0] < FINE ? [FINE, ...lods] : lods
  const inserted = await buildLods(map, { ...settings, lods: budgets }, model, signal)
  const collapsed = await collapseLevels(inserted[0], lods, map, cut, signal)
  const levels: PlaneMesh[] = []
  for (const [level, budget] of lods.entries()) {
    await pause(signal)
    const own = inserted.find(({ triangles }) => triangles.length / 3 <= budget)
    const candidates: PlaneMesh[] = own ? [own] : []
    if (own !== inserted[0]) {
      const other = settle(collapsed[level], map, cut, model)
      if (other.triangles.length > 0 && other.triangles.length <= 3 * budget) candidates.push(measured(other, map, cut, model))
    }
    if (candidates.length === 0) continue
    levels.push(leastWrong(candidates, map, model, contrast))
  }
  const chain = fallingChain(levels)
  // budgets too small for any of it: what insertion makes of them
  return chain.length > 0 ? chain : buildLods(map, settings, model, signal)
}

/** A collapsed surface with its edges turned and its disparities solved for, but for the pixels whose part of it melted into another. */
function settle(surface: Surface, map: DisparityMap, cut: number, model: ErrorModel): Surface {
  if (surface.triangles.length === 0) return surface
  const drawn = meshDisparity(surface, map)
  const kept = map.disparity.map((value, i) => (Math.abs(drawn[i] - value) <= MELTED * cut ? value : NaN))
  // where it lies over itself, a turned edge may meet another between the same vertices
  return mend(refineSurface(surface, map, createPixelLoops(kept, map.width, map.height), model))
}

/** Of several surfaces that which shows the least that is wrong: as the picture changes by it or, without one, in pixels. */
function leastWrong(surfaces: readonly PlaneMesh[], map: DisparityMap, model: ErrorModel, contrast: Contrast | null): PlaneMesh {
  if (surfaces.length === 1) return surfaces[0]
  const slips = (surface: PlaneMesh, power: number): number => Math.max(HALF_A_PIXEL, surface.pixelError.p99) ** power
  const score = (surface: PlaneMesh): number =>
    contrast
      ? Math.sqrt(visibleError(surface, map, model, contrast)) * slips(surface, PERCENTILE_POWER.picture)
      : Math.sqrt(wrongness(surface, map, model)) * slips(surface, PERCENTILE_POWER.none)
  const scored = surfaces.map((surface) => ({ surface, score: score(surface) }))
  return scored.reduce((a, b) => (b.score < a.score ? b : a)).surface
}

/** Sum of squared gray levels that a camera `travel` away sees the surface differ by from the map, both with the picture on them. Open places differ by as much as there is to differ by. */
function visibleError(surface: Surface, map: DisparityMap, model: ErrorModel, { width, height, step, perPixel, most }: Contrast): number {
  const disparity = meshDisparity(surface, map)
  let sum = 0
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0, at = y * step * map.width; x < width; x++, i++, at += step) {
      const here = disparity[at]
      const wanted = map.disparity[at]
      // what covers a place that holds nothing is as wrong as what leaves a place open
      if (Number.isNaN(wanted) && Number.isNaN(here)) continue
      const error = Math.abs(here - wanted) * model.pixelsPerDisparity
      const difference = error * error * perPixel[i]
      sum += difference < most[i] ? difference : most[i]
    }
  }
  return sum
}

/** Sum of squared errors over the map's pixels, px², that of a pixel bounded: see {@link PLAINLY_WRONG}. Open places are plainly wrong. */
function wrongness(surface: Surface, map: DisparityMap, model: ErrorModel): number {
  const disparity = meshDisparity(surface, map)
  let sum = 0
  for (let i = 0; i < disparity.length; i++) {
    const wanted = map.disparity[i]
    // what covers a place that holds nothing is as wrong as what leaves a place open
    if (Number.isNaN(wanted) && Number.isNaN(disparity[i])) continue
    const error = Math.abs(disparity[i] - wanted) * model.pixelsPerDisparity
    sum += error < PLAINLY_WRONG ? error * error : PLAINLY_WRONG * PLAINLY_WRONG
  }
  return sum
}

/** With its errors; a pixel on the wrong side of a silhouette errs by its distance from the right one. */
function measured({ points, triangles }: Surface, map: DisparityMap, cut: number, model: ErrorModel): PlaneMesh {
  const exempt = findMoved(meshDisparity({ points, triangles }, map), map, cut)
  const { maxError, rmsError, pixelError } = measureError(points, triangles, map, model, exempt)
  return { points, triangles, maxError, rmsError, pixelError, moved: gatherMoved(exempt), folded: true }
}

/** For each pixel whose surface belongs to another side of a silhouette how far that side is, px; 0 elsewhere, and where there is none near. */
function findMoved(disparity: Float32Array, { width, height, disparity: wanted }: DisparityMap, cut: number): Float32Array {
  const moved = new Float32Array(disparity.length)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const here = disparity[i]
      if (Number.isNaN(here) || Math.abs(here - wanted[i]) <= cut) continue
      let nearest = Infinity
      for (let reach = 1; reach <= SILHOUETTE_SEARCH && reach < nearest; reach++) {
        for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
          const step = Math.abs(v - y) === reach ? 1 : 2 * reach
          for (let u = x - reach; u <= x + reach; u += step) {
            if (u >= 0 && u < width && Math.abs(wanted[v * width + u] - here) <= cut) nearest = Math.min(nearest, Math.hypot(u - x, v - y))
          }
        }
      }
      if (nearest <= SILHOUETTE_SEARCH) moved[i] = nearest
    }
  }
  return moved
}
