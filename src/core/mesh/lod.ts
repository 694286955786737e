import type { DisparityMap } from '../depth/convention.js'
import { DepthMeshError } from '../errors.js'
import type { Settings } from '../options.js'
import { findJumps } from './cut.js'
import type { ErrorModel } from './error.js'
import { dropUnused } from './topology.js'
import { triangulate, type PlaneMesh } from './triangulate.js'

/**
 * The chain of levels, fine → coarse: as many as the settings ask for and the map can tell apart; triangles strictly fall, errors never do.
 *
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no pixel holds anything.
 */
export async function buildLods(map: DisparityMap, settings: Settings, model: ErrorModel): Promise<PlaneMesh[]> {
  if (map.disparity.every(Number.isNaN)) {
    throw new DepthMeshError('INPUT_NOTHING_TO_MESH', 'expected at least one pixel that holds something, found none', { hint: 'Is the map all black, with "black": "cut" or "hole"?' })
  }
  const jumps = findJumps(map, settings.cut)
  const levels = triangulate(map, Array.isArray(settings.lods) ? { budgets: settings.lods } : { errors: settings.lods.error }, model, jumps)
  const chain: PlaneMesh[] = []
  for (const level of levels) {
    const finer = chain.at(-1)
    const sound = { ...level, ...dropUnused(level.points, level.triangles) }
    if (finer === undefined) chain.push(sound)
    else if (sound.triangles.length < finer.triangles.length) chain.push(neverBetter(sound, finer))
  }
  return chain
}

/** A coarser level claims no smaller error than a finer one: its measured error where that is larger, else the bound that the finer one gives. */
function neverBetter(level: PlaneMesh, finer: PlaneMesh): PlaneMesh {
  const { max, rms, p99 } = finer.pixelError
  return {
    ...level,
    maxError: Math.max(level.maxError, finer.maxError),
    rmsError: Math.max(level.rmsError, finer.rmsError),
    pixelError: { max: Math.max(level.pixelError.max, max), rms: Math.max(level.pixelError.rms, rms), p99: Math.max(level.pixelError.p99, p99) },
  }
}
