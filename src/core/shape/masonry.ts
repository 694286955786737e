import { clamp, smoothstep } from './numbers.js'
import type { Noise } from './noise.js'

/** A wall of blocks in courses. Metres. */
export interface Masonry {
  /** Height of a course, and mean length of a block. */
  course: number
  block: number
  /** Width of the joints. */
  joint: number
}

/** A place in a wall. */
export interface BlockSpot {
  /** 0 in a joint .. 1 on the face of a block. */
  face: number
  /** 0..1, the same all over a block. */
  tone: number
}

const spot: BlockSpot = { face: 1, tone: 0 }

/** The block at a place, `u` metres along the wall, `v` up; the object is used again by the next call. */
export function blockAt({ course, block, joint }: Masonry, noise: Noise, u: number, v: number): BlockSpot {
  const row = Math.floor(v / course)
  const shift = 0.5 * (row % 2) + 0.3 * (noise.tone(row, 81) - 0.5)
  const at = u / block + shift
  // Blocks differ in length: the joint between two is moved to either side.
  const left = Math.floor(at)
  const move = (k: number): number => k + 0.34 * (noise.tone(k, row, 82) - 0.5)
  const k = at < move(left) ? left - 1 : at > move(left + 1) ? left + 1 : left
  const fromSide = Math.min(at - move(k), move(k + 1) - at) * block
  const fromEdge = Math.min(v / course - row, row + 1 - v / course) * course
  spot.face = smoothstep(0.2 * joint, joint, fromSide) * smoothstep(0.2 * joint, joint, fromEdge)
  spot.tone = clamp(noise.tone(k, row, 83), 0, 1)
  return spot
}
