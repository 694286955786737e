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

/** The triangles of a surface, neighbours in the picture one after the other. */
export function inTileOrder({ points, triangles }: RefinableSurface, { width, height }: Pick<DisparityMap, 'width' | 'height'>): Uint32Array {
  const order = new Int32Array(triangles.length / 3)
  for (let t = 0; t < order.length; t++) order[t] = t
  sortByTile(order, order.length, width, height, (t) => points[3 * triangles[3 * t]], (t) => points[3 * triangles[3 * t] + 1])
  const sorted = new Uint32Array(triangles.length)
  for (let i = 0; i < order.length; i++) {
    sorted[3 * i] = triangles[3 * order[i]]
    sorted[3 * i + 1] = triangles[3 * order[i] + 1]
    sorted[3 * i + 2] = triangles[3 * order[i] + 2]
  }
  return sorted
}
