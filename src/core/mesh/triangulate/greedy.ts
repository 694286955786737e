import type { DisparityMap } from '../../depth/convention.js'
import type { PixelLoops } from '../pixels/pixels.js'
import type { Triangulation } from '../surface/delaunay.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'

/**
 * How much of the largest error a triangle must have to be split in the same round. 1 is the textbook's strict order, which looks at every
 * pixel some 60 times; in rounds it is 22 times. A triangle is split only while it is exactly as it was when its error was found, so
 * rounds change the order of insertions, hardly their choice: from .75 to .3 the RMS of no level changes by more than 1 %.
 */
const ROUND = 0.5

/** What errs by this share of the largest error is split before long. */
const SPLIT_ANYWAY = 0.5

/** The last stretch before a budget, as a share of it, in which the state with the smallest maximum is kept: the greedy maximum is not monotone. */
const BEST_OF = 0.005

/** What the surface looked like at a budget or an error bound. */
export interface Snapshot extends Surface {
  /** The largest error that counts, px, as the insertion saw it. */
  maxError: number
}

/** Where to stop and look: budgets that grow (triangles), or error bounds that fall (px). */
export type Stops = { budgets: readonly number[] } | { errors: readonly number[] }

/**
 * Greedy insertion (Garland & Heckbert 1995): the pixel of the largest error becomes a vertex of a Delaunay triangulation, again and again.
 *
 * @param surface what there is before the first insertion.
 * @param loops over the map's values, NaN where no error counts.
 * @param jump neighbours that differ by more are not extrapolated from.
 * @returns one snapshot a stop, coarse → fine.
 */
export function insertGreedily(surface: Triangulation, map: DisparityMap, loops: PixelLoops, model: ErrorModel, stops: Stops, jump: number): Snapshot[] {
  const insertion = loops.insertInto(surface, map, model, jump)
  const look = (maxError: number) => ({ vertexCount: insertion.vertexCount, triangles: insertion.triangles(), maxError })
  const snapshots: ReturnType<typeof look>[] = []
  const byBudget = 'budgets' in stops
  insertion.flush(Infinity)
  let max = insertion.largest()
  for (const goal of byBudget ? stops.budgets : stops.errors) {
    let best: ReturnType<typeof look> | undefined
    while (max > 0) {
      const left = byBudget ? Math.floor((goal - insertion.triangleCount) / 2) : Infinity
      if (byBudget ? left <= 0 : max <= goal) break
      const window = byBudget ? Math.ceil((goal * BEST_OF) / 2) : 0
      if (left <= window && (best === undefined || max < best.maxError)) best = look(max)
      // far from the budget whole rounds, towards it ever smaller ones
      const limit = left <= window ? Math.ceil(window / 8) : Math.min(Math.ceil(left / 2), left - window)
      insertion.split(Math.max(max * ROUND, byBudget ? 0 : goal), Math.min(limit, left))
      insertion.flush(Math.max(max * SPLIT_ANYWAY, byBudget ? 0 : goal))
      max = insertion.largest()
    }
    snapshots.push(best === undefined || max < best.maxError ? look(max) : best)
  }
  return snapshots.map(({ vertexCount, triangles, maxError }) => ({ points: insertion.points(vertexCount), triangles, maxError }))
}
