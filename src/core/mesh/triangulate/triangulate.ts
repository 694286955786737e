import type { DisparityMap } from '../../depth/convention.js'
import { measureError, type PixelError } from '../error/error.js'
import { gatherMoved, type MovedPixels } from '../error/moved.js'
import { createPixelLoops, loopsOver, type PixelLoops } from '../pixels/pixels.js'
import { inTileOrder } from '../pixels/tiles.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'
import { dropUnused, seenArea } from '../surface/topology.js'
import { createRectangle } from './constraints.js'
import { findContours } from './contour.js'
import type { Jumps } from './cut.js'
import { insertGreedily, type Stops } from './greedy.js'
import { countContourVertices, EXACT_TOLERANCE, openSurface, type OpenSurface } from './open.js'

/** A surface with its errors. */
export interface PlaneMesh extends Surface {
  /** Largest vertical distance from the map at a pixel centre, disparity. */
  maxError: number
  /** Root mean square of the same, disparity. */
  rmsError: number
  /** The error that counts, source pixels, over every pixel covered: see {@link ErrorModel}. Of the bare mesh: as it ships it slips less (see `shippedError`). */
  pixelError: PixelError
  /** Pixels whose error is the distance to a silhouette, not its jump. */
  moved?: MovedPixels | undefined
  /** Whether it may lie over itself, as seen. */
  folded?: boolean | undefined
}

/**
 * Share of a level's triangles that the contours may take before the level is made coarser: both sides of each of their vertices take one.
 * At 6k | 1.5k triangles .55 gives 24.45 | 22.13 dB, .7 24.58 | 22.26, .85 24.56 | 22.01.
 */
const CONTOUR_SHARE = 0.7

/** By how much a level's coarseness grows until its contours fit. */
const COARSER = 1.25

/** A level before it is measured. */
export interface Level extends Surface {
  /** Over the map's values that this level is held to: NaN where there is nothing, or where a simplified silhouette passes on the wrong side of a pixel. */
  loops: PixelLoops
  /** How far such a pixel is from its surface, px; 0 elsewhere. */
  exempt?: Float32Array | undefined
}

/** Budgets in triangles, falling, or bounds of the error that counts in source pixels, growing. */
export type LevelGoals = { budgets: readonly number[] } | { errors: readonly number[] }

/**
 * The surface with the smallest error that counts for its triangles, at several budgets or error bounds at once.
 *
 * @param goals a level never has more triangles than its budget; what the map doesn't need is not used up.
 * @returns fine → coarse, one a goal.
 */
export function triangulate(map: DisparityMap, goals: LevelGoals, model: ErrorModel, jumps?: Jumps): PlaneMesh[] {
  return triangulateLevels(map, goals, model, jumps).map((level) => measureLevel(level, map, model))
}

/** A level with its errors. */
export function measureLevel({ points, triangles, exempt }: Surface & Pick<Level, 'exempt'>, map: DisparityMap, model: ErrorModel): PlaneMesh {
  const { maxError, rmsError, pixelError } = measureError(points, triangles, map, model, exempt)
  return { points, triangles, maxError, rmsError, pixelError, moved: gatherMoved(exempt) }
}

/**
 * {@link triangulate}, not yet measured.
 *
 * Without jumps one run of the insertion gives all levels. With them each level has silhouettes as simple as its budget asks for, and a run of its own.
 */
export function triangulateLevels(map: DisparityMap, goals: LevelGoals, model: ErrorModel, jumps?: Jumps): Level[] {
  return [...eachLevel(map, goals, model, jumps)]
}

/** {@link triangulateLevels}, for whoever has something to do between two of them. */
export function* eachLevel(map: DisparityMap, goals: LevelGoals, model: ErrorModel, jumps?: Jumps): Generator<Level, void> {
  if (jumps === undefined || jumps.count === 0) {
    const stops: Stops = 'budgets' in goals ? { budgets: goals.budgets.toReversed() } : { errors: goals.errors.toReversed() }
    const surface = createRectangle(map)
    const loops = loopsOver(map)
    const snapshots = insertGreedily(surface, map, loops, model, stops, Infinity)
    yield* snapshots.map((snapshot) => ({ ...inTileOrder(snapshot, map), loops })).toReversed()
    return
  }
  const loopsFor = (exempt: Float32Array | undefined): PixelLoops =>
    exempt === undefined ? loopsOver(map) : createPixelLoops(map.disparity.map((value, i) => (exempt[i] > 0 ? NaN : value)), map.width, map.height)
  const fill = ({ surface, exempt }: OpenSurface, stops: Stops): Level => {
    const loops = loopsFor(exempt)
    const [snapshot] = insertGreedily(surface, map, loops, model, stops, jumps.threshold)
    return { ...inTileOrder(snapshot, map), loops, exempt }
  }
  const openAt = (coarseness: number): OpenSurface => openSurface(map, findContours(map, jumps, coarseness), EXACT_TOLERANCE * coarseness, jumps.threshold)
  if ('errors' in goals) {
    for (const bound of goals.errors) {
      const open = openAt(Math.max(1, bound / EXACT_TOLERANCE))
      yield fill(open.surface.triangleCount > 0 ? open : openAt(1), { errors: [bound] })
    }
    return
  }
  let coarseness = 1
  const coarsest = Math.max(map.width, map.height)
  const levelOf = (budget: number): Level => {
    while (coarseness < coarsest && 2 * countContourVertices(findContours(map, jumps, coarseness), EXACT_TOLERANCE * coarseness) > CONTOUR_SHARE * budget) coarseness *= COARSER
    let open = openAt(coarseness)
    // only islands that are smaller than the tolerance: then all of their detail, and the largest triangles of it
    if (open.surface.triangleCount === 0) open = openAt(1)
    while (open.surface.triangleCount > budget) {
      coarseness *= COARSER
      const simpler = openAt(coarseness)
      // more islands than triangles: the largest must do
      if (simpler.surface.triangleCount === 0 || coarseness > coarsest) {
        return { ...keepLargest(open.surface.toSurface(), budget), loops: loopsFor(open.exempt), exempt: open.exempt }
      }
      open = simpler
    }
    return fill(open, { budgets: [budget] })
  }
  for (const budget of goals.budgets) yield levelOf(budget)
}

/** The `count` triangles that cover most of the picture. */
function keepLargest({ points, triangles }: Surface, count: number): Surface {
  const area = (t: number): number => seenArea(points, triangles[3 * t], triangles[3 * t + 1], triangles[3 * t + 2])
  const order = Array.from({ length: triangles.length / 3 }, (_, t) => t).sort((s, t) => area(t) - area(s) || s - t).slice(0, count).sort((s, t) => s - t)
  return dropUnused(points, Uint32Array.from(order.flatMap((t) => [...triangles.subarray(3 * t, 3 * t + 3)])))
}
