/** Side of a tile, px: its part of the map (16 kB) fits the processor's first cache. */
const TILE = 64

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
