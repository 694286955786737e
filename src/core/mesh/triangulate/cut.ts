import type { DisparityMap } from '../../depth/convention.js'

/** Bits of {@link Jumps.flags}. */
export const JUMP_RIGHT = 1
export const JUMP_BELOW = 2

/**
 * A jump takes at least this share of what the map rises in all over the pixels around it; less is a slope. 4 px wide ramps (0.25) are still
 * opened, in their middle; wider ones stay a sheet, as every pair of neighbours would be an edge of its own.
 */
const SHARE_OF_RAMP = 0.22

/** How many pixels on either side of a pair belong to its ramp. */
const RAMP = 2

/** Where neighbouring pixels belong to different surfaces. */
export interface Jumps {
  /** Per pixel: {@link JUMP_RIGHT} between it and the one to its right, {@link JUMP_BELOW} between it and the one below. */
  flags: Uint8Array
  /** How many pairs of neighbours. */
  count: number
  /** The disparity from which a difference counts as a jump; Infinity when only "nothing there" cuts. */
  threshold: number
}

/**
 * Finds where the surface is to be opened: between neighbours that differ by more than `cut`, and around pixels that hold nothing.
 *
 * @param cut disparity (0..1); `false`: the surface stays one sheet wherever there is something.
 */
export function findJumps(map: DisparityMap, cut: number | false): Jumps {
  const { width, height, disparity } = map
  const threshold = cut === false ? Infinity : cut
  const flags = new Uint8Array(width * height)
  let count = 0
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const here = disparity[i]
      if (x + 1 < width && isJump(here, disparity[i + 1], threshold) && (here !== here || disparity[i + 1] !== disparity[i + 1] || isSteepest(disparity, i, 1, x, width))) {
        flags[i] |= JUMP_RIGHT
        count++
      }
      if (y + 1 < height && isJump(here, disparity[i + width], threshold) && (here !== here || disparity[i + width] !== disparity[i + width] || isSteepest(disparity, i, width, y, height))) {
        flags[i] |= JUMP_BELOW
        count++
      }
    }
  }
  return { flags, count, threshold }
}

function isJump(a: number, b: number, threshold: number): boolean {
  if (a !== a) return b === b
  return b !== b || Math.abs(a - b) > threshold
}

/** Whether the ramp that runs through pixel `i` and its neighbour crosses its middle between the two. */
function isSteepest(disparity: Float32Array, i: number, step: number, position: number, length: number): boolean {
  const a = disparity[i]
  const b = disparity[i + step]
  const low0 = Math.min(a, b)
  const high0 = Math.max(a, b)
  // the values at the two feet of the ramp: as far as the map keeps rising in the same direction
  let low = low0
  let high = high0
  const rising = b > a
  for (let k = 1; k <= RAMP && position - k >= 0; k++) {
    const value = disparity[i - k * step]
    if (rising ? !(value < low) : !(value > high)) break
    if (rising) low = value
    else high = value
  }
  for (let k = 2; k <= RAMP + 1 && position + k < length; k++) {
    const value = disparity[i + k * step]
    if (rising ? !(value > high) : !(value < low)) break
    if (rising) high = value
    else low = value
  }
  if (high0 - low0 < SHARE_OF_RAMP * (high - low)) return false
  const middle = (low + high) / 2
  return low0 <= middle && middle < high0
}
