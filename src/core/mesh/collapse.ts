import { MeshoptSimplifier } from 'meshoptimizer'
import type { DisparityMap } from '../depth/convention.js'
import type { RefinableSurface } from './refine.js'
import { dropUnused, seenArea } from './topology.js'

/** What a disparity of 1 weighs against the picture's width. Novel views of three stereo pairs at 25k | 6k | 1.5k triangles: .25 26.16 | 25.44 | 23.10 dB, .1 26.14 | 25.29 | 22.87. */
const DISPARITY_WEIGHT = 0.25

/**
 * Coarser levels out of a fine one by meshoptimizer's edge collapse. Where a surface is cut it keeps silhouettes far better than insertion does
 * with few triangles: lines around every part of a busy scene eat the budget up, collapse lets small parts melt together first.
 *
 * It turns some triangles over, closes some and joins some edges of three faces; all of that is mended here: what can't be seen from the source
 * view is dropped, crowded edges get vertices of their own.
 *
 * @param budgets triangles, falling.
 * @returns one surface a budget, sound, with vertices of the fine one; more than the budget where the surface has more pieces than triangles were asked for.
 */
export async function collapseLevels(fine: RefinableSurface, budgets: readonly number[], { width, height }: Pick<DisparityMap, 'width' | 'height'>): Promise<RefinableSurface[]> {
  await MeshoptSimplifier.ready
  const { points } = fine
  const count = points.length / 3
  const scaled = points.slice()
  const locked = new Uint8Array(count)
  for (let v = 0; v < count; v++) {
    scaled[3 * v + 2] *= DISPARITY_WEIGHT * width
    const [x, y] = [points[3 * v], points[3 * v + 1]]
    if ((x === 0 || x === width) && (y === 0 || y === height)) locked[v] = 1
  }
  let triangles = fine.triangles
  const collapse = (target: number): Uint32Array =>
    triangles.length <= 3 * target ? triangles : MeshoptSimplifier.simplifyWithAttributes(triangles, scaled, 3, new Float32Array(count), 1, [0], locked, 3 * Math.min(target, triangles.length / 3), 1e6, ['ErrorAbsolute'])[0]
  return budgets.map((budget) => {
    let collapsed = collapse(budget)
    let level = mend({ points, triangles: collapsed })
    // What mending drops may be spent again.
    const larger = collapse(Math.max(budget, 2 * budget - level.triangles.length / 3))
    const spent = mend({ points, triangles: larger })
    if (spent.triangles.length <= 3 * budget && spent.triangles.length > level.triangles.length) {
      collapsed = larger
      level = spent
    }
    triangles = collapsed
    return level
  })
}

/** Drops what is turned over, closed or there twice; where an edge has more than two faces the later ones get vertices of their own. */
function mend({ points, triangles }: RefinableSurface): RefinableSurface {
  const vertices = points.length / 3
  const grown = Array.from(points)
  const kept: number[] = []
  const seen = new Set<string>()
  const taken = new Set<number>()
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = [triangles[t], triangles[t + 1], triangles[t + 2]]
    const name = corners.toSorted((a, b) => a - b).join(' ')
    if (!(seenArea(points, corners[0], corners[1], corners[2]) > 0) || seen.has(name)) continue
    seen.add(name)
    const edges = corners.map((vertex, i) => vertex * vertices + corners[(i + 1) % 3])
    if (edges.some((edge) => taken.has(edge))) {
      for (const [i, vertex] of corners.entries()) {
        corners[i] = grown.length / 3
        grown.push(points[3 * vertex], points[3 * vertex + 1], points[3 * vertex + 2])
      }
    } else for (const edge of edges) taken.add(edge)
    kept.push(...corners)
  }
  return dropUnused(Float32Array.from(grown), Uint32Array.from(kept))
}
