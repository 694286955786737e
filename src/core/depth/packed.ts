import type { Pixels } from './raster.js'

/** Bytes that are a number's highest and the one below it: R and G (three.js, engines), B and G (CARLA), A and B (three.js until 2024). */
const ORDERS = [[0, 1], [2, 1], [3, 2]] as const

/** On a slope a byte changes evenly from pixel to pixel, except by 256 where it turns over: it bends by more than this, … */
const TURN = 128
/** … while the number that both bytes make bends by no more than this. */
const SMOOTH = 16
/** Places where that is so are told from chance if there are at least as many … */
const ENOUGH = 64
/** … and they are this part of the bends. The others are silhouettes. */
const MOST = 0.5

/**
 * Whether the bytes of one number are spread over the channels of each pixel. Where a slope makes the lower byte turn over, the higher one counts on:
 *
 * ```
 * 12 248 │ 12 252 │ 13 0 │ 13 4
 * ```
 */
export function isPacked({ data, stride, top, width }: Pixels): boolean {
  if (top !== 255) return false
  return ORDERS.some(([high, low]) => {
    if (high >= stride) return false
    let even = 0
    let bends = 0
    const look = (at: number, step: number): void => {
      const bend = (byte: number): number => data[at - step + byte] - 2 * data[at + byte] + data[at + step + byte]
      const below = bend(low)
      if (Math.abs(below) <= TURN) return
      bends++
      if (Math.abs(256 * bend(high) + below) <= SMOOTH) even++
    }
    const row = width * stride
    for (let at = row; at < data.length - row; at += stride) {
      look(at, stride)
      look(at, row)
    }
    return even >= ENOUGH && even >= MOST * bends
  })
}
