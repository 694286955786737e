import type { DisparityMap } from '../depth/convention.js'
import type { Settings } from '../options.js'
import type { ErrorModel } from './error.js'
import { triangulate, type PlaneMesh } from './triangulate.js'

/**
 * The chain of levels, fine → coarse: as many as the settings ask for and the map can tell apart; triangles strictly fall, errors never do.
 */
export async function buildLods(map: DisparityMap, settings: Settings, model: ErrorModel): Promise<PlaneMesh[]> {
  const levels = triangulate(map, Array.isArray(settings.lods) ? { budgets: settings.lods } : { errors: settings.lods.error }, model)
  return levels.filter((level, i) => i === 0 || level.triangles.length < levels[i - 1].triangles.length)
}
