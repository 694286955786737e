/** Seeded uniform numbers, 0..1 (mulberry32). */
export function seededRandom(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Spreads small numbers over 32 bits: seeds 1, 2, 3 begin alike otherwise. */
export function scatter(seed: number): number {
  let hash = Math.imul(seed ^ (seed >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return (hash ^ (hash >>> 16)) >>> 0
}
