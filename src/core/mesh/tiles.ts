import type { DisparityMap } from '../depth/convention.js'
import type { RefinableSurface } from './refine.js'

/** Side of a tile, px: its part of the map (16 kB) fits the processor's first cache. */
export const TILE = 64

/**
 * Sorts things by the tile of the picture that they lie in, so that what is looked at one after the other lies together in memory too.
 * Triangles come in the order of their insertion, all over the picture: a row of six pixels then waits for memory each time.
 *
 * @param order numbers of things; sorted in place, its first `count`; things of one tile keep their order.
 * @param u, v where thing `n` lies, px
 */
export function sortByTile(order: Int32Array, count: number, width: number, height: number, u: (n: number) => number, v: (n: number) => number): void {
  const across = Math.ceil(width / TILE) + 1
  const starts = new Int32Array(across * (Math.ceil(height / TILE) + 1) + 1)
  const tiles = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    tiles[i] = Math.floor(v(order[i]) / TILE) * across + Math.floor(u(order[i]) / TILE)
    starts[tiles[i] + 1]++
  }
  for (let tile = 1; tile < starts.length; tile++) starts[tile] += starts[tile - 1]
  const before = order.slice(0, count)
  for (let i = 0; i < count; i++) order[starts[tiles[i]]++] = before[i]
}

/** A surface with neighbours in the picture one after the other, triangles and vertices alike: looking at every vertex of every triangle takes half the time. */
export function inTileOrder({ points, triangles }: RefinableSurface, { width, height }: Pick<DisparityMap, 'width' | 'height'>): RefinableSurface {
  const order = new Int32Array(triangles.length / 3)
  for (let t = 0; t < order.length; t++) order[t] = t
  sortByTile(order, order.length, width, height, (t) => points[3 * triangles[3 * t]], (t) => points[3 * triangles[3 * t] + 1])
  const sorted = { points: new Float32Array(points.length), triangles: new Uint32Array(triangles.length) }
  // vertices as triangles come upon them; those of none last
  const numbers = new Int32Array(points.length / 3).fill(-1)
  let next = 0
  const numberOf = (v: number): number => {
    if (numbers[v] >= 0) return numbers[v]
    sorted.points[3 * next] = points[3 * v]
    sorted.points[3 * next + 1] = points[3 * v + 1]
    sorted.points[3 * next + 2] = points[3 * v + 2]
    return (numbers[v] = next++)
  }
  for (let i = 0; i < order.length; i++) for (let k = 0; k < 3; k++) sorted.triangles[3 * i + k] = numberOf(triangles[3 * order[i] + k])
  for (let v = 0; v < numbers.length; v++) numberOf(v)
  return sorted
}
