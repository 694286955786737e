/** Pixels beside a simplified silhouette that lie on its other side: few of a map's, so only those are kept. */
export interface MovedPixels {
  /** Row · width + column. */
  at: Uint32Array
  /** How far the silhouette is from each, px. */
  distances: Float32Array
}

/** Picks them out of what holds a distance for each pixel of the map, 0 elsewhere; `undefined` where there is none. */
export function gatherMoved(exempt: Float32Array | undefined): MovedPixels | undefined {
  if (exempt === undefined) return undefined
  // (whole numbers are compared faster; none of the distances is negative)
  const bits = new Int32Array(exempt.buffer, exempt.byteOffset, exempt.length)
  let count = 0
  for (let i = 0; i < bits.length; i++) if (bits[i] !== 0) count++
  if (count === 0) return undefined
  const moved = { at: new Uint32Array(count), distances: new Float32Array(count) }
  for (let i = 0, next = 0; next < count; i++) {
    if (bits[i] === 0) continue
    moved.at[next] = i
    moved.distances[next++] = exempt[i]
  }
  return moved
}

/** A distance for each pixel of a map again. */
export function spreadMoved({ at, distances }: MovedPixels, pixels: number): Float32Array {
  const exempt = new Float32Array(pixels)
  for (let i = 0; i < at.length; i++) exempt[at[i]] = distances[i]
  return exempt
}
