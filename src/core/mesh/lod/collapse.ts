import { MeshoptSimplifier } from 'meshoptimizer'
import type { DisparityMap } from '../../depth/convention.js'
import { pause } from '../../pause.js'
import type { Surface } from '../surface/surface.js'
import { mend } from '../surface/topology.js'
import { turnSlivers } from './slivers.js'

/** What a disparity of 1 weighs against the picture's width. Novel views of three stereo pairs at 6k | 1.5k triangles: .15 25.69 | 23.56 dB, .25 25.67 | 23.78, .4 25.71 | 23.82. */
const DISPARITY_WEIGHT = 0.4

/**
 * Coarser levels out of a fine one by meshoptimizer's edge collapse. Where a surface is cut it keeps silhouettes far better than insertion does
 * with few triangles: lines around every part of a busy scene eat the budget up, collapse lets small parts melt together first.
 *
 * It turns some triangles over, closes some and joins some edges of three faces; all of that is mended here: slivers are turned where that bridges nothing (else a tunnel's smooth walls had cracks, at 25k triangles
 * 37.9 instead of 39.0 dB from `travel` away; a room 36.5 and 38.5), what then still can't be seen from the source view is dropped, crowded edges get vertices of their own.
 *
 * @param budgets triangles, falling.
 * @returns one surface a budget, sound, with vertices of the fine one; more than the budget where the surface has more pieces than triangles were asked for.
 */
export async function collapseLevels(fine: Surface, budgets: readonly number[], map: DisparityMap, cut: number, signal?: AbortSignal): Promise<Surface[]> {
  await MeshoptSimplifier.ready
  const { width, height } = map
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
  const levelOf = (budget: number): Surface => {
    let collapsed = collapse(budget)
    let level = mend({ points, triangles: turnSlivers({ points, triangles: collapsed }, map, cut) })
    // What mending drops may be spent again.
    const larger = collapse(Math.max(budget, 2 * budget - level.triangles.length / 3))
    const spent = mend({ points, triangles: turnSlivers({ points, triangles: larger }, map, cut) })
    if (spent.triangles.length <= 3 * budget && spent.triangles.length > level.triangles.length) {
      collapsed = larger
      level = spent
    }
    triangles = collapsed
    return level
  }
  const levels: Surface[] = []
  for (const budget of budgets) {
    levels.push(levelOf(budget))
    await pause(signal)
  }
  return levels
}
