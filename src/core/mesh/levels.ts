import type { DisparityMap } from '../depth/convention.js'
import { DepthMeshError } from '../errors.js'
import type { Settings } from '../options.js'
import type { Backdrop } from './backdrop.js'
import { coverWith, pushBehind } from './behind.js'
import { measureError, type ErrorModel } from './error.js'
import { buildGridLods } from './grid.js'
import { buildFront } from './front.js'
import { refineSurface, type RefinableSurface } from './refine.js'
import { closeSolid } from './solid.js'
import { coverTriangle, createSpans } from './spans.js'
import { dropUnused } from './topology.js'
import { measureLevel, triangulateLevels, type Level, type LevelGoals, type PlaneMesh } from './triangulate.js'

/** One level's surfaces, in pixels and disparity. */
export interface LevelSurfaces {
  front: PlaneMesh
  /** On the backdrop's canvas; `null` where a level has no hidden layer. */
  backdrop: PlaneMesh | null
}

/** Share of a level's triangles that the hidden layer may take; what it leaves goes to the front. */
const BACKDROP_SHARE = 0.3

/** A hidden layer of fewer triangles than this is left out. */
const FEWEST_HIDDEN = 16

/** Share of a closed surface's triangles that its front gets at first. */
const FRONT_SHARE = 0.9

/** A front whose closed surface is too large shrinks by as much as that is, and a little more. */
const SHRINK = 0.97
const SOLID_ATTEMPTS = 8

/** Insertion also spends triangles beside the hidden layer, which are dropped; it is stopped at the budget times each of these, and the most that fits is kept. */
const OVERSHOOT = [1.6, 1.45, 1.3, 1.2, 1.1, 1]

/**
 * All surfaces of all levels, fine → coarse: what is seen and, where there is a backdrop, what is hidden, within each level's budget together.
 *
 * A grid is one sheet, without a hidden layer.
 *
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no pixel holds anything; `SETTINGS_INVALID` when a closed surface fits no budget.
 */
export async function buildLevels(map: DisparityMap, backdrop: Backdrop | null, settings: Settings, model: ErrorModel): Promise<LevelSurfaces[]> {
  const { lods } = settings
  if (settings.solid) return (await solidLevels(map, settings, model)).map((front) => ({ front, backdrop: null }))
  if (settings.topology === 'grid') return fallingOnly(buildGridLods(map, goalsOf(lods), model)).map((front) => ({ front, backdrop: null }))
  if (!Array.isArray(lods)) {
    const hidden = backdrop ? hiddenLevels(map, backdrop, goalsOf(lods), model) : []
    return (await buildFront(map, settings, model)).map((front, level) => ({ front, backdrop: hidden[level] && backdrop ? keepBehind(hidden[level], front, map, backdrop, model) : null }))
  }
  const shares = lods.map((budget) => Math.floor(budget * BACKDROP_SHARE)).filter((share) => share >= FEWEST_HIDDEN)
  const hidden = backdrop ? hiddenLevels(map, backdrop, { budgets: shares }, model) : []
  const budgets: number[] = []
  for (const [level, budget] of lods.entries()) budgets.push(Math.min(budget - trianglesOf(hidden[level]), (budgets.at(-1) ?? Infinity) - 1))
  // Levels that the map can't tell apart are left out of the chain: each front takes the backdrop of the smallest budget that it fits.
  const fronts = await buildFront(map, { ...settings, lods: budgets }, model)
  return fronts.map((front) => {
    const mesh = hidden[budgets.findLastIndex((budget) => trianglesOf(front) <= budget)]
    return { front, backdrop: mesh && backdrop ? keepBehind(mesh, front, map, backdrop, model) : null }
  })
}

/** The hidden layer behind the front surface of its level. */
function keepBehind(mesh: PlaneMesh, front: PlaneMesh, map: DisparityMap, backdrop: Backdrop, model: ErrorModel): PlaneMesh {
  const pushed = { points: mesh.points.slice(), triangles: mesh.triangles }
  pushBehind(pushed, coverWith(front, map), map, backdrop)
  return { ...pushed, ...errorsOf(pushed, backdrop.map, model) }
}

/** Closed surfaces, each with its back and sides within its budget. */
async function solidLevels(map: DisparityMap, settings: Settings, model: ErrorModel): Promise<PlaneMesh[]> {
  const { lods } = settings
  const build = async (wanted: Settings['lods']): Promise<PlaneMesh[]> => {
    const fronts = settings.topology === 'grid' ? buildGridLods(map, goalsOf(wanted), model) : await buildFront(map, { ...settings, lods: wanted }, model)
    return Promise.all(fronts.map((front) => closeSolid(front, map, settings)))
  }
  if (!Array.isArray(lods)) return fallingOnly(await build(lods))
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
  if (levels.length > 0) return fallingOnly(levels)
  throw new DepthMeshError('SETTINGS_INVALID', `lods: expected budgets that a closed surface of this map fits in, got ${JSON.stringify(lods)}`, {
    hint: 'Each edge of the outline takes three triangles more: use larger budgets, or "solid": false.',
  })
}

function fallingOnly(levels: readonly PlaneMesh[]): PlaneMesh[] {
  return levels.filter((level, i) => i === 0 || level.triangles.length < levels[i - 1].triangles.length)
}

function goalsOf(lods: Settings['lods']): LevelGoals {
  return Array.isArray(lods) ? { budgets: lods } : { errors: lods.error }
}

/**
 * The hidden layer at several budgets or error bounds. Beside the layer nothing is to be met: no error counts there, and no outline has to be
 * followed (held to its own ragged outline, the layer took ten times as long and left holes).
 */
function hiddenLevels(map: DisparityMap, backdrop: Backdrop, goals: LevelGoals, model: ErrorModel): PlaneMesh[] {
  const hidden = backdrop.map
  const keep = (mesh: RefinableSurface) => keepHidden(mesh, map, backdrop)
  const finish = (level: Level) => {
    const refined = refineSurface(level, hidden, level.loops, model)
    return measureLevel({ ...dropUnused(refined.points, keep(refined)), loops: level.loops }, hidden, model)
  }
  if ('errors' in goals) return triangulateLevels(hidden, goals, model).map(finish)
  const stops = [...new Set(goals.budgets.flatMap((budget) => OVERSHOOT.map((share) => Math.floor(budget * share))))].sort((a, b) => b - a)
  const levels = triangulateLevels(hidden, { budgets: stops }, model).map((level) => ({ level, triangles: level.triangles.length / 3 }))
  return goals.budgets.flatMap((budget) => {
    let i = levels.findIndex(({ triangles }) => triangles <= budget * OVERSHOOT[0])
    while (i >= 0 && i < levels.length) {
      const { level, triangles } = levels[i]
      let kept = keep(level).length / 3
      if (kept <= budget) {
        const finished = finish(level)
        // refinement turns edges, which can change how many triangles stay
        kept = trianglesOf(finished)
        if (kept <= budget) return [finished]
      }
      // about the same share of the next one will stay
      const fitting = (triangles * budget) / kept
      i = levels.findIndex((other, at) => at > i && other.triangles <= fitting)
    }
    return []
  })
}

/**
 * The triangles that are of use: they cover pixels of the hidden layer, and no more others at which they would stand in front of what is seen.
 * Those smaller than a pixel count by their middle.
 */
function keepHidden({ points, triangles }: RefinableSurface, map: DisparityMap, { map: hidden, left, top }: Backdrop): Uint32Array {
  const spans = createSpans(hidden.height)
  const isOfUse = (a: number, b: number, c: number): boolean => {
    const ax = points[a]
    const ay = points[a + 1]
    const bx = points[b]
    const by = points[b + 1]
    const cx = points[c]
    const cy = points[c + 1]
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    const rise = points[b + 2] - points[a + 2]
    const fall = points[c + 2] - points[a + 2]
    const zx = (rise * (cy - ay) - fall * (by - ay)) / area
    const zy = (fall * (bx - ax) - rise * (cx - ax)) / area
    coverTriangle(spans, ax, ay, bx, by, cx, cy, hidden.width, hidden.height)
    let useful = 0
    let harmful = 0
    let covered = 0
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      for (let x = spans.bounds[2 * row]; x < spans.bounds[2 * row + 1]; x++) {
        covered++
        const wanted = hidden.disparity[y * hidden.width + x]
        if (wanted === wanted) useful++
        else if (x >= left && y >= top && x < left + map.width && y < top + map.height) {
          const value = points[a + 2] + (x + 0.5 - ax) * zx + (y + 0.5 - ay) * zy
          if (value > map.disparity[(y - top) * map.width + x - left]) harmful++
        }
      }
    }
    if (covered === 0) return !Number.isNaN(hidden.disparity[Math.floor((ay + by + cy) / 3) * hidden.width + Math.floor((ax + bx + cx) / 3)])
    return useful > 0 && useful >= harmful
  }
  const kept = new Uint32Array(triangles.length)
  let count = 0
  for (let t = 0; t < triangles.length; t += 3) {
    if (!isOfUse(3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2])) continue
    kept.set(triangles.subarray(t, t + 3), count)
    count += 3
  }
  return kept.slice(0, count)
}

function errorsOf({ points, triangles }: RefinableSurface, map: DisparityMap, model: ErrorModel): Pick<PlaneMesh, 'maxError' | 'rmsError' | 'pixelError'> {
  const { maxError, rmsError, pixelError } = measureError(points, triangles, map, model)
  return { maxError, rmsError, pixelError }
}

function trianglesOf(mesh: PlaneMesh | null | undefined): number {
  return (mesh?.triangles.length ?? 0) / 3
}
