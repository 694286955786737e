import type { DisparityMap } from '../../depth/convention.js'
import { meanSquaredSlip } from '../error/texture-slip.js'
import { gatherCorners } from '../pixels/batch.js'
import type { Fit } from '../pixels/fit.js'
import { BATCH, type PixelLoops } from '../pixels/pixels.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'

/** Pixels a triangle that are enough to tell which of two surfaces errs less, and the most rows to go on by. RMS of spheres at 1.5k against delatin: 200 .18, 100 .19, 50 .21, and with 100 a cliff of a room may go unseen; on terrain all are alike. */
const ENOUGH_PIXELS = 200
const MOST_SKIPPED = 8

/** Triangles that slip by less than this, px, are looked at for their distance alone: no level slips more for it, and the finest takes a sixth less time than with .02. */
const NEGLIGIBLE_SLIP = 0.1

/** Asks what triangles cost: the sum over their pixels of disparity error and slip, both squared, px². */
export interface Costs {
  /** Of each triangle of the surface, into `cost`; `fit` saves looking at pixels where it is this surface's. */
  ofAll(cost: Float64Array, fit?: Fit): void
  /** Makes this triangle, by its vertices, the `place`-th of those asked for by {@link ofTaken}. */
  take(place: number, a: number, b: number, c: number): void
  /** The sum over the first `count` taken; at least `enough` once it is past that. If it is less, `own` has each one's. */
  ofTaken(count: number, enough: number): number
  readonly own: Float64Array
  /** What a squared disparity of 1 costs, px². */
  readonly weight: number
}

/** Asks for the triangles of a surface, whose points may move and whose triangles may change. */
export function createCosts(surface: Surface, map: Pick<DisparityMap, 'width' | 'height'>, loops: PixelLoops, model: ErrorModel): Costs {
  return new SurfaceCosts(surface, loops, model, rowsToSkip(map, surface.triangles.length / 3))
}

/** (A class, since what is compiled for an object with functions of its own is compiled again for the next one.) */
class SurfaceCosts implements Costs {
  readonly weight: number
  private readonly slips = new Float64Array(BATCH)

  constructor(
    private readonly surface: Surface,
    private readonly loops: PixelLoops,
    private readonly model: ErrorModel,
    private readonly skip: number,
  ) {
    this.weight = model.pixelsPerDisparity * model.pixelsPerDisparity
  }

  get own(): Float64Array {
    return this.loops.sums
  }

  ofAll(cost: Float64Array, fit?: Fit): void {
    const { loops, weight, skip, model: { slip } } = this
    const { points, triangles } = this.surface
    const { corners, sums } = loops
    // (what was fitted at every row is no measure for what is looked at in some)
    const known = skip === 1 ? fit?.squares : undefined
    for (let from = 0; from < cost.length; from += BATCH) {
      const count = Math.min(BATCH, cost.length - from)
      if (slip || known === undefined) gatherCorners(corners, points, triangles, 3 * from, 3 * (from + count))
      if (known === undefined) loops.squaredError(count, Infinity, skip)
      for (let i = 0; i < count; i++) cost[from + i] = weight * (known === undefined ? sums[i] : known[from + i]) + (slip ? this.slipAt(9 * i) : 0)
    }
  }

  take(place: number, a: number, b: number, c: number): void {
    const { loops: { corners }, surface: { points } } = this
    const at = 9 * place
    corners[at] = points[3 * a]
    corners[at + 1] = points[3 * a + 1]
    corners[at + 2] = points[3 * a + 2]
    corners[at + 3] = points[3 * b]
    corners[at + 4] = points[3 * b + 1]
    corners[at + 5] = points[3 * b + 2]
    corners[at + 6] = points[3 * c]
    corners[at + 7] = points[3 * c + 1]
    corners[at + 8] = points[3 * c + 2]
  }

  ofTaken(count: number, enough: number): number {
    const { loops, slips, weight, skip } = this
    const { sums } = loops
    let sum = 0
    if (this.model.slip) for (let i = 0; i < count; i++) sum += slips[i] = this.slipAt(9 * i)
    if (sum > enough) return sum
    const left = (enough - sum) / weight
    const squares = loops.squaredError(count, left, skip)
    sum += weight * squares
    if (squares > left) return Math.max(sum, enough)
    for (let i = 0; i < count; i++) sums[i] = weight * sums[i] + slips[i]
    return sum
  }

  /** The sum of squared slips of the triangle in `corners` from `at`. */
  private slipAt(at: number): number {
    const { loops: { corners }, model: { wFar, wNear } } = this
    const wRange = wNear - wFar
    const ax = corners[at]
    const ay = corners[at + 1]
    const bx = corners[at + 3] - ax
    const by = corners[at + 4] - ay
    const cx = corners[at + 6] - ax
    const cy = corners[at + 7] - ay
    const wa = wFar + corners[at + 2] * wRange
    const wb = wFar + corners[at + 5] * wRange
    const wc = wFar + corners[at + 8] * wRange
    // an edge of length L slips by no more than ¼ L (ρ − 1): see edgeSlip
    const least = Math.min(wa, wb, wc)
    const range = Math.max(wa, wb, wc) - least
    const longest = Math.max(bx * bx + by * by, cx * cx + cy * cy, (cx - bx) * (cx - bx) + (cy - by) * (cy - by))
    const slightly = 4 * NEGLIGIBLE_SLIP * least
    if (longest * range * range < slightly * slightly) return 0
    return (Math.abs(bx * cy - by * cx) / 2) * meanSquaredSlip(bx, by, cx, cy, wa, wb, wc)
  }
}

/** What triangles cost together, px². */
export function sumOf(cost: Float64Array): number {
  let sum = 0
  for (let t = 0; t < cost.length; t++) sum += cost[t]
  return sum
}

/** How many rows of pixels to go on by where only which of two surfaces is better is asked: 1 looks at every row. */
function rowsToSkip({ width, height }: Pick<DisparityMap, 'width' | 'height'>, triangles: number): number {
  const pixels = (width * height) / Math.max(1, triangles)
  return Math.max(1, Math.min(MOST_SKIPPED, 2 ** Math.floor(Math.log2(pixels / ENOUGH_PIXELS))))
}
