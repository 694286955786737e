import type { DisparityMap } from '../depth/convention.js'
import { hasGaps } from '../depth/gaps.js'
import type { ErrorModel } from './surface/error-model.js'
import type { Surface } from './surface/surface.js'
import { dropUnused } from './surface/topology.js'
import { measureLevel, type LevelGoals, type PlaneMesh } from './triangulate/triangulate.js'

/** Halvings of the search for the largest grid that fits: beyond 2⁻²⁰ of the picture nothing changes. */
const HALVINGS = 20

/**
 * Levels of even quads, as pairs of triangles, for people who sculpt on: one sheet, never cut.
 *
 * @param goals budgets are never exceeded, and met as closely as even quads can; for error bounds the coarsest grid that keeps them, or the
 *   finest there is.
 * @returns fine → coarse, one a goal.
 */
export function buildGridLods(map: DisparityMap, goals: LevelGoals, model: ErrorModel): PlaneMesh[] {
  const finest = finestGrid(map).columns * finestGrid(map).rows
  const measured = (cells: number): PlaneMesh => {
    const { points, triangles } = triangulateGrid(map, 2 * cells)
    return measureLevel(dropUnused(points, triangles), map, model)
  }
  /** The last number of cells between 1 and `finest` that is good, found by halving; 1 when none is. */
  const search = (isGood: (cells: number) => boolean): number => {
    let good = 1
    let bad = finest + 1
    for (let i = 0; i < HALVINGS && bad - good > 1; i++) {
      const middle = Math.floor(Math.sqrt(good * bad))
      const next = middle > good ? middle : good + 1
      if (isGood(next)) good = next
      else bad = next
    }
    return good
  }
  if ('budgets' in goals) {
    // Where the map holds nothing there are no triangles: more cells fit then.
    return goals.budgets.map((budget) => {
      if (!hasGaps(map.disparity)) return measured(Math.max(1, Math.floor(budget / 2)))
      return measured(search((cells) => triangulateGrid(map, 2 * cells).triangles.length / 3 <= budget))
    })
  }
  return goals.errors.map((bound) => {
    const tooCoarse = search((cells) => measured(cells).pixelError.max > bound)
    const level = measured(tooCoarse)
    return level.pixelError.max <= bound ? level : measured(Math.min(finest, tooCoarse + 1))
  })
}

/**
 * Even quads, as pairs of triangles, within a budget. Vertices beside nothing are NaN and belong to no triangle.
 *
 * @param budget triangles; `Infinity`: a vertex for every pixel, row by row.
 */
export function triangulateGrid(map: DisparityMap, budget: number): Surface {
  const { width, height } = map
  const { columns, rows } = gridSize(width, height, Math.max(1, budget / 2))
  const points = new Float32Array((columns + 1) * (rows + 1) * 3)
  for (let j = 0, at = 0; j <= rows; j++) {
    const v = place(j, rows, height)
    for (let i = 0; i <= columns; i++) {
      const u = place(i, columns, width)
      points[at++] = u
      points[at++] = v
      points[at++] = sampleAt(map, u, v)
    }
  }
  const triangles = new Uint32Array(columns * rows * 6)
  let count = 0
  const add = (a: number, b: number, c: number) => {
    if (Number.isNaN(points[a * 3 + 2] + points[b * 3 + 2] + points[c * 3 + 2])) return
    triangles[count++] = a
    triangles[count++] = b
    triangles[count++] = c
  }
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const a = j * (columns + 1) + i
      const c = a + columns + 1
      add(a, c, a + 1)
      add(a + 1, c, c + 1)
    }
  }
  return { points, triangles: triangles.slice(0, count) }
}

/** The most cells within the limit whose sides are as equal as possible: of the two nearest shapes the one with more cells. */
function gridSize(width: number, height: number, cells: number): { columns: number; rows: number } {
  const finest = finestGrid({ width, height })
  if (cells >= finest.columns * finest.rows) return finest
  const clamp = (value: number, most: number) => Math.max(1, Math.min(most, value))
  const square = Math.sqrt((cells * width) / height)
  let best = { columns: 1, rows: 1 }
  for (const wanted of [Math.floor(square), Math.ceil(square)]) {
    const columns = clamp(Math.min(wanted, Math.floor(cells)), finest.columns)
    const rows = clamp(Math.floor(cells / columns), finest.rows)
    if (columns * rows > best.columns * best.rows) best = { columns, rows }
  }
  return best
}

/** A vertex for every pixel. */
function finestGrid({ width, height }: Pick<DisparityMap, 'width' | 'height'>): { columns: number; rows: number } {
  return { columns: Math.max(1, width - 1), rows: Math.max(1, height - 1) }
}

/** Where the i-th of `count` + 1 lines lies across `size` pixels: evenly from edge to edge; on pixel centres, and the edges, where there is one for each. */
export function place(i: number, count: number, size: number): number {
  if (i === 0) return 0
  if (i === count) return size
  return count === size - 1 ? i + 0.5 : (i * size) / count
}

/** The map between its pixel centres, bilinear; beside nothing the mean of what there is, NaN where the pixel itself is nothing. */
function sampleAt({ width, height, disparity }: DisparityMap, u: number, v: number): number {
  if (Number.isNaN(disparity[Math.min(height - 1, Math.floor(v)) * width + Math.min(width - 1, Math.floor(u))])) return NaN
  const x = Math.min(Math.max(u - 0.5, 0), width - 1)
  const y = Math.min(Math.max(v - 0.5, 0), height - 1)
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const fx = x - x0
  const fy = y - y0
  let sum = 0
  let weights = 0
  for (let corner = 0; corner < 4; corner++) {
    const right = corner & 1
    const below = corner >> 1
    const weight = (right ? fx : 1 - fx) * (below ? fy : 1 - fy)
    const value = weight > 0 ? disparity[(y0 + below) * width + x0 + right] : NaN
    if (Number.isNaN(value)) continue
    sum += weight * value
    weights += weight
  }
  return weights > 0 ? sum / weights : NaN
}
