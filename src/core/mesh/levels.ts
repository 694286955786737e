import type { DisparityMap } from '../depth/convention.js'
import { DepthMeshError } from '../errors.js'
import type { Settings } from '../options.js'
import { pause } from '../pause.js'
import { buildGridLods } from './grid.js'
import { ringOf, type Backdrop } from './hidden/backdrop.js'
import { coverWith, pushBehind } from './hidden/behind.js'
import { hiddenLevels } from './hidden/hidden.js'
import { recede } from './hidden/recede.js'
import { fallingChain } from './lod/chain.js'
import { buildFront, type LevelOptions } from './lod/front.js'
import { meshDisparity } from './pixels/drape.js'
import { closeSolid } from './solid.js'
import type { ErrorModel } from './surface/error-model.js'
import type { Surface } from './surface/surface.js'
import type { LevelGoals, PlaneMesh } from './triangulate/triangulate.js'

/** One level's surfaces, in pixels and disparity. */
export interface LevelSurfaces {
  front: PlaneMesh
  /** On the backdrop's canvas; `null` where a level has no hidden layer. */
  backdrop: Surface | null
}

/**
 * Share of a level's triangles that the hidden layer may take; what it leaves goes to the front. The finest level has enough of them to cover it to the pixel. Of coarser
 * ones, three stereo pairs at 6k | 1.5k triangles: .3 25.71 | 23.82 dB, .17 25.82 | 23.85, .1 25.45 | 23.51.
 */
const BACKDROP_SHARE = { finest: 0.3, coarser: 0.17 }

/** So many triangles a coarse hidden layer gets in any case, up to the finest one's share: with 85 the skirt of a plain wall has gaps. */
const ENOUGH_HIDDEN = 200

/** A hidden layer of fewer triangles than this is left out. */
const FEWEST_HIDDEN = 16

/** A front needs as many triangles: those of the whole picture. Levels that would have fewer are left out. */
const FEWEST_SEEN = 2

/** How far before an edge the farther side ends, texels: up to there a renderer mixes nothing else into it. */
const HALF_A_TEXEL = 0.5
/** Never more than this share of the ring in which it overlaps the hidden layer, however coarse a picture was asked for. */
const MOST_OF_RING = 0.5
/** By how much it may come to lie elsewhere there, source pixels: with .75 the largest error of some levels grows, without a bound from 2.4 to 9 px. */
const MOST_BEND = 0.5

/** Share of a closed surface's triangles that its front gets at first. */
const FRONT_SHARE = 0.9

/** A front whose closed surface is too large shrinks by as much as that is, and a little more. */
const SHRINK = 0.97
const SOLID_ATTEMPTS = 8

export interface SurfaceOptions extends LevelOptions {
  /** The longer side of a level's picture, pixels, by the triangles of all levels; without it the finest one's. */
  textureSize?: ((level: number, triangles: readonly number[]) => number) | undefined
}

/**
 * All surfaces of all levels, fine → coarse: what is seen and, where there is a backdrop, what is hidden, within each level's budget together.
 *
 * A grid is one sheet, without a hidden layer.
 *
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no pixel holds anything; `SETTINGS_INVALID` when a closed surface fits no budget.
 */
export async function buildLevels(map: DisparityMap, backdrop: Backdrop | null, settings: Settings, model: ErrorModel, options: SurfaceOptions = {}): Promise<LevelSurfaces[]> {
  const { lods } = settings
  const { signal, textureSize } = options
  if (settings.solid) return (await solidLevels(map, settings, model, signal)).map((front) => ({ front, backdrop: null }))
  if (settings.topology === 'grid') return (await gridLevels(map, settings, model, signal)).map((front) => ({ front, backdrop: null }))
  if (!Array.isArray(lods)) {
    const hidden = backdrop ? await hiddenLevels(backdrop, goalsOf(lods), model, signal) : []
    return withHidden(await buildFront(map, settings, model, { signal }), (_, level) => hidden[level], { map, model, backdrop, settings, signal, textureSize })
  }
  const shares = lods.map((budget, level) => Math.floor(Math.min(BACKDROP_SHARE.finest * budget, level === 0 ? Infinity : Math.max(BACKDROP_SHARE.coarser * budget, ENOUGH_HIDDEN)))).filter((share) => share >= FEWEST_HIDDEN)
  const hidden = backdrop ? await hiddenLevels(backdrop, { budgets: shares }, model, signal) : []
  const budgets: number[] = []
  for (const [level, budget] of lods.entries()) {
    const most = Math.min(Math.max(FEWEST_SEEN, budget - trianglesOf(hidden[level])), (budgets.at(-1) ?? Infinity) - 1)
    if (most >= FEWEST_SEEN) budgets.push(most)
  }
  // Levels that the map can't tell apart are left out of the chain: each front takes the backdrop of the smallest budget that it fits.
  const fronts = await buildFront(map, { ...settings, lods: budgets }, model, options)
  return withHidden(fronts, (front) => hidden[budgets.findLastIndex((budget) => trianglesOf(front) <= budget)], { map, model, backdrop, settings, signal, textureSize })
}

interface Hiding {
  map: DisparityMap
  model: ErrorModel
  backdrop: Backdrop | null
  settings: Settings
  signal: AbortSignal | undefined
  textureSize: SurfaceOptions['textureSize']
}

/** Each front with the hidden layer that is its own, if there is one. */
async function withHidden(fronts: readonly PlaneMesh[], hiddenOf: (front: PlaneMesh, level: number) => Surface | undefined, { map, model, backdrop, settings, signal, textureSize }: Hiding): Promise<LevelSurfaces[]> {
  const triangles = fronts.map((front, level) => trianglesOf(front) + trianglesOf(hiddenOf(front, level)))
  const levels: LevelSurfaces[] = []
  for (const [level, front] of fronts.entries()) {
    await pause(signal)
    const hidden = hiddenOf(front, level)
    if (!hidden || !backdrop) {
      levels.push({ front, backdrop: null })
      continue
    }
    const texel = texelOf(map, textureSize ? textureSize(level, triangles) : settings.texture.size)
    const by = Math.min(HALF_A_TEXEL * Math.max(1, texel), MOST_OF_RING * ringOf(map))
    const shown = settings.cut === false ? front : recede(front, meshDisparity(front, map), map, { cut: settings.cut, by, bend: MOST_BEND / model.pixelsPerDisparity })
    levels.push({ front: shown, backdrop: keepBehind(hidden, shown, map, backdrop) })
  }
  return levels
}

/** Of a level's picture, pixels of the map; less than 1 where that could be larger than the map. */
function texelOf({ width, height }: DisparityMap, textureSize: number): number {
  return Math.max(width, height) / textureSize
}

/** The hidden layer behind the front surface of its level. */
function keepBehind({ points, triangles }: Surface, front: Surface, map: DisparityMap, backdrop: Backdrop): Surface {
  const pushed = { points: points.slice(), triangles }
  pushBehind(pushed, coverWith(front, map), map, backdrop)
  return pushed
}

/** Even quads; where the map holds so little that no quad has all of its corners, what insertion makes of it. */
async function gridLevels(map: DisparityMap, settings: Settings, model: ErrorModel, signal: AbortSignal | undefined): Promise<PlaneMesh[]> {
  const { lods } = settings
  const grids: PlaneMesh[] = []
  for (const goal of Array.isArray(lods) ? lods.map((budget) => ({ budgets: [budget] })) : lods.error.map((error) => ({ errors: [error] }))) {
    grids.push(...buildGridLods(map, goal, model))
    await pause(signal)
  }
  const levels = fallingChain(grids)
  return levels.length > 0 ? levels : buildFront(map, settings, model, { signal })
}

/** Closed surfaces, each with its back and sides within its budget. */
async function solidLevels(map: DisparityMap, settings: Settings, model: ErrorModel, signal: AbortSignal | undefined): Promise<PlaneMesh[]> {
  const { lods } = settings
  const build = async (wanted: Settings['lods']): Promise<PlaneMesh[]> => {
    const fronts = settings.topology === 'grid' ? await gridLevels(map, { ...settings, lods: wanted }, model, signal) : await buildFront(map, { ...settings, lods: wanted }, model, { signal })
    await pause(signal)
    return Promise.all(fronts.map((front) => closeSolid(front, map, settings)))
  }
  if (!Array.isArray(lods)) return fallingChain(await build(lods))
  const levels: PlaneMesh[] = []
  for (const budget of lods) {
    // How long the outline is shows only when the front is there: begin with most of the budget, and shrink it until all fits.
    let front = Math.max(2, Math.floor(budget * FRONT_SHARE))
    for (let attempt = 0; attempt < SOLID_ATTEMPTS; attempt++) {
      const [solid] = await build([front])
      if (trianglesOf(solid) === 0) break
      if (trianglesOf(solid) <= budget) {
        levels.push(solid)
        break
      }
      front = Math.max(2, Math.floor(Math.min(front - 1, (SHRINK * front * budget) / trianglesOf(solid))))
    }
  }
  if (levels.length > 0) return fallingChain(levels)
  throw new DepthMeshError('SETTINGS_INVALID', `lods: expected budgets that a closed surface of this map fits in, got ${JSON.stringify(lods)}`, {
    hint: 'Each edge of the outline takes three triangles more: use larger budgets, or "solid": false.',
  })
}

function goalsOf(lods: Settings['lods']): LevelGoals {
  return Array.isArray(lods) ? { budgets: lods } : { errors: lods.error }
}

function trianglesOf(mesh: Surface | null | undefined): number {
  return (mesh?.triangles.length ?? 0) / 3
}
