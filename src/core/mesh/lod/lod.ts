import type { DisparityMap } from '../../depth/convention.js'
import { isEmpty } from '../../depth/gaps.js'
import { DepthMeshError } from '../../errors.js'
import type { Settings } from '../../options.js'
import { pause } from '../../pause.js'
import { refineSurface, type Effort } from '../refine/refine.js'
import type { ErrorModel } from '../surface/error-model.js'
import { dropUnused, mend } from '../surface/topology.js'
import { findJumps } from '../triangulate/cut.js'
import { eachLevel, measureLevel, type Level, type PlaneMesh } from '../triangulate/triangulate.js'
import { fallingChain } from './chain.js'
import { simplifySheet } from './simplify.js'

/** Sheets of up to this many pixels are simplified too: RMS −5 to −20 %, in half as much time again. */
const THOROUGH_PIXELS = 2 ** 19

/**
 * How often vertices are moved: of small maps and of levels of few triangles more than once, which lowers the RMS by 5 % more, the third time by 2, the fourth by 1; by 3 % more each where vertices are exchanged in between. At 1024² a second
 * time at 6,000 triangles takes a twentieth of delatin's time, at 25,000 an eighth.
 */
const MOST_MOVES = 3
const MORE_MOVES = 2
const FEW_TRIANGLES = 8000

/** Up to so many triangles vertices of a relief that are moved once are exchanged afterwards: at 25,000 the RMS falls by 2 % in a twentieth of delatin's time. With slip by 1 %; at 100,000 it takes a sixth. */
const EXCHANGED_AFTER = 30_000

/** Of maps that are cut: they have no vertices exchanged, and gain less. */
const FEW_WHERE_CUT = 3000

/**
 * Larger sheets are simplified only where they have a cliff that a level's triangles didn't suffice for: where it errs by more than this
 * (disparity), and by so many times its RMS error. There simplifying halves the RMS; smooth ground errs by 4 to 6 times its RMS and gains nothing.
 */
const UNRESOLVED_CLIFF = 0.03
const CLIFF_OVER_RMS = 7

/**
 * Most rounds of refining a simplified sheet, and of moving its vertices, and the part of its RMS that a round must take for another one. A room at 1,500 triangles: 352, 149, 64, 55, … 33
 * (10⁻⁴ of the range; meshoptimizer on the full grid 40, insertion 164), real terrain at 6,000: 244, 230, 226, moved 205, 196, 193 (286 and 357).
 */
const REFINING_ROUNDS = 8
const MOVING_ROUNDS = 4
const WORTH_A_ROUND = 0.03

/**
 * The chain of levels, fine → coarse: as many as the settings ask for and the map can tell apart; triangles strictly fall, errors never do.
 *
 * @param signal stops it between levels.
 * @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no pixel holds anything.
 */
export async function buildLods(map: DisparityMap, settings: Settings, model: ErrorModel, signal?: AbortSignal): Promise<PlaneMesh[]> {
  if (isEmpty(map.disparity)) {
    throw new DepthMeshError('INPUT_NOTHING_TO_MESH', 'expected at least one pixel that holds something, found none', { hint: 'Is the map all black, with "black": "cut" or "hole"?' })
  }
  const jumps = findJumps(map, settings.cut)
  const isCut = jumps.count > 0
  const { lods } = settings
  const goals = Array.isArray(lods) ? { budgets: lods } : { errors: lods.error }
  const insertedLevels: Level[] = []
  for (const level of eachLevel(map, goals, model, jumps)) {
    insertedLevels.push(level)
    await pause(signal)
  }
  const levels: PlaneMesh[] = []
  const thorough = isSmall(map)
  for (const [i, inserted] of insertedLevels.entries()) {
    await pause(signal)
    // (moving vertices trades the maximum for the mean, and a bound bounds the maximum)
    let level = measureLevel(refineLevel(inserted, map, model, Array.isArray(lods) ? effortFor(inserted.triangles.length / 3, map, model, isCut) : {}), map, model)
    const finer = levels.at(-1)
    const cliff = level.maxError > UNRESOLVED_CLIFF && level.maxError > CLIFF_OVER_RMS * level.rmsError
    if (!Array.isArray(lods)) {
      // least squares trades the maximum for the mean: a bound is a bound
      if (level.pixelError.max > lods.error[i]) level = measureLevel(inserted, map, model)
    } else if (finer !== undefined && !isCut && (cliff || (thorough && !model.slip))) {
      // (it knows nothing of slip, so a view is simplified for its cliffs alone)
      const simplified = await simplifySheet(finer, lods[i], map.width, map.height)
      if (simplified !== undefined) {
        const other = settle({ ...simplified, loops: inserted.loops }, map, model)
        if (other.pixelError.rms < level.pixelError.rms) level = other
      }
    }
    // beside cuts, one in 100,000 turned edges meets another between the same vertices
    levels.push({ ...level, ...(isCut ? mend(level) : dropUnused(level.points, level.triangles)) })
  }
  return fallingChain(levels)
}

/**
 * Refines a level, then with its vertices moved too, each until that gains little: the first turns of edges find the cliffs, the next have the disparities for it,
 * moved vertices stand on them.
 */
function settle(level: Level, map: DisparityMap, model: ErrorModel): PlaneMesh {
  let best = measureLevel(refineLevel(level, map, model), map, model)
  for (const [rounds, next] of [[REFINING_ROUNDS, (level: Level) => refineLevel(level, map, model)], [MOVING_ROUNDS, (level: Level) => refineLevel(level, map, model, { moves: MOST_MOVES, exchanges: MOST_MOVES, isCut: false })]] as const) {
    for (let round = 0; round < rounds; round++) {
      const other = measureLevel(next({ ...level, ...best }), map, model)
      const gain = 1 - other.pixelError.rms / best.pixelError.rms
      if (gain > 0) best = other
      if (!(gain > WORTH_A_ROUND)) break
    }
  }
  return best
}

/** How much is done for an inserted level of so many triangles. */
function effortFor(triangles: number, map: DisparityMap, { slip }: ErrorModel, isCut: boolean): Effort {
  const moves = isSmall(map) ? MOST_MOVES : triangles <= (isCut ? FEW_WHERE_CUT : FEW_TRIANGLES) ? MORE_MOVES : 1
  // not where a map is cut: three stereo pairs err less from where they were taken (+.3 and +.4 dB at 6,000 and 1,500 triangles), and more from beside (−.2)
  const isWorthAnother = isSmall(map) || (moves === 1 && triangles <= EXCHANGED_AFTER && !slip)
  return { moves, exchanges: isCut ? 0 : isWorthAnother ? moves : moves - 1, isCut }
}

function isSmall({ width, height }: DisparityMap): boolean {
  return width * height <= THOROUGH_PIXELS
}

function refineLevel(level: Level, map: DisparityMap, model: ErrorModel, effort: Effort = {}): Level {
  return { ...level, ...refineSurface(level, map, level.loops, model, effort) }
}
