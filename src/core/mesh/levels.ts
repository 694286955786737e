import type { DisparityMap } from '../depth/convention.js'
import type { Settings } from '../options.js'
import type { Backdrop } from './backdrop.js'
import type { ErrorModel } from './error.js'
import { buildGridLods } from './grid.js'
import { buildLods } from './lod.js'
import { refineSurface, type RefinableSurface } from './refine.js'
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

/** Insertion also spends triangles beside the hidden layer, which are dropped; it is stopped at the budget times each of these, and the most that fits is kept. */
const OVERSHOOT = [1.6, 1.45, 1.3, 1.2, 1.1, 1]

/**
 * All surfaces of all levels, fine → coarse: what is seen and, where there is a backdrop, what is hidden, within each level's budget together.
 *
 * A grid is one sheet, without a hidden layer.
 *
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no pixel holds anything.
 */
export async function buildLevels(map: DisparityMap, backdrop: Backdrop | null, settings: Settings, model: ErrorModel): Promise<LevelSurfaces[]> {
  const { lods } = settings
  if (settings.topology === 'grid') {
    const levels = buildGridLods(map, Array.isArray(lods) ? { budgets: lods } : { errors: lods.error }, model)
    return levels.filter((level, i) => i === 0 || level.triangles.length < levels[i - 1].triangles.length).map((front) => ({ front, backdrop: null }))
  }
  if (!Array.isArray(lods)) {
    const hidden = backdrop ? hiddenLevels(map, backdrop, { errors: lods.error }, model) : []
    return (await buildLods(map, settings, model)).map((front, level) => ({ front, backdrop: hidden[level] ?? null }))
  }
  const shares = lods.map((budget) => Math.floor(budget * BACKDROP_SHARE)).filter((share) => share >= FEWEST_HIDDEN)
  const hidden = backdrop ? hiddenLevels(map, backdrop, { budgets: shares }, model) : []
  const budgets: number[] = []
  for (const [level, budget] of lods.entries()) budgets.push(Math.min(budget - trianglesOf(hidden[level]), (budgets.at(-1) ?? Infinity) - 1))
  // Levels that the map can't tell apart are left out of the chain: each front takes the backdrop of the smallest budget that it fits.
  const fronts = await buildLods(map, { ...settings, lods: budgets }, model)
  return fronts.map((front) => ({ front, backdrop: hidden[budgets.findLastIndex((budget) => trianglesOf(front) <= budget)] ?? null }))
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
  const levels = triangulateLevels(hidden, { budgets: stops }, model).map((level) => ({ level, kept: keep(level).length / 3 }))
  return goals.budgets.flatMap((budget) => {
    // refinement turns edges, which can change how many triangles stay
    for (const { level, kept } of levels) {
      if (kept > budget) continue
      const finished = finish(level)
      if (trianglesOf(finished) <= budget) return [finished]
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
    const [ax, ay, bx, by, cx, cy] = [points[a], points[a + 1], points[b], points[b + 1], points[c], points[c + 1]]
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
        if (!Number.isNaN(hidden.disparity[y * hidden.width + x])) useful++
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

function trianglesOf(mesh: PlaneMesh | null | undefined): number {
  return (mesh?.triangles.length ?? 0) / 3
}
