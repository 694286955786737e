import type { Valley } from './valley.js'

export interface Place {
  x: number
  y: number
  z: number
}

export interface Ring extends Place {
  index: number
}

/** Metres from the start to the first ring, and between rings. */
const FIRST = 150
const SPACING = 74
const MOTES_BETWEEN = 5
export const RING_RADIUS = 4.6

/** Where the rings of a run hang; the same seed gives the same course. */
export function ringAt(index: number, seed: number, valley: Valley): Ring {
  const z = -(FIRST + index * SPACING)
  // The first two hang straight ahead, then they spread.
  const spread = Math.min(1, Math.max(0, (index - 1) / 5))
  const x = valley.middle(z) + (random(seed, index, 1) * 2 - 1) * 21 * spread
  const y = valley.height(x, z) + RING_RADIUS + 1.5 + random(seed, index, 2) * 12 * spread + 3 * (1 - spread)
  return { index, x, y, z }
}

/** The nearest place along the way that is half-way between two rings: where something large may stand across it. */
export function betweenRings(z: number): number {
  return -(FIRST + (Math.round((-z - FIRST) / SPACING - 0.5) + 0.5) * SPACING)
}

/** Small lights on the way to a ring, on a bow that dips toward the ground. */
export function motesBefore(ring: Ring, seed: number, valley: Valley): Place[] {
  const from = ring.index === 0 ? { x: valley.middle(0), y: valley.height(0, 0) + 9, z: -40 } : ringAt(ring.index - 1, seed, valley)
  return Array.from({ length: MOTES_BETWEEN }, (_, i) => {
    const t = (i + 1) / (MOTES_BETWEEN + 1)
    const smooth = t * t * (3 - 2 * t)
    const x = from.x + (ring.x - from.x) * smooth
    const z = from.z + (ring.z - from.z) * t
    const dip = Math.sin(Math.PI * t) * 4 * random(seed, ring.index, 3)
    return { x, y: Math.max(valley.height(x, z) + 2.2, from.y + (ring.y - from.y) * smooth - dip), z }
  })
}

/** 0..1 from three whole numbers. */
export function random(a: number, b: number, c: number): number {
  let h = Math.imul(a + 11, 374761393) ^ Math.imul(b + 7, 668265263) ^ Math.imul(c + 3, 2246822519)
  h = Math.imul(h ^ (h >>> 13), 1274126177)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}
