import type { Pixels } from './raster.js'

/** Bytes that are a number's highest and the one below it: R and G (three.js, engines), B and G (CARLA), A and B (three.js until 2024). */
const ORDERS = [[0, 1], [2, 1], [3, 2]] as const

/** A byte that turns over changes by more than this. */
const HALF = 128
/** Pairs of neighbours at which it does that are told from chance, at least … */
const ENOUGH = 64
/** … and by how many times they outnumber those at which the higher byte doesn't follow: at silhouettes it rarely does, in pictures hardly anywhere. */
const MORE = 2

/**
 * Whether the bytes of one number are spread over the channels of each pixel. Where a slope makes the lower byte turn over, the higher one counts on by one:
 *
 * ```
 * 12 250 │ 12 253 │ 13 0 │ 13 3
 * ```
 */
export function isPacked({ data, stride, top, width }: Pixels): boolean {
  if (top !== 255) return false
  return ORDERS.some(([high, low]) => {
    if (high >= stride) return false
    let follows = 0
    let others = 0
    const look = (at: number, before: number): void => {
      const turn = data[at + low] - data[before + low]
      if (Math.abs(turn) <= HALF) return
      if (data[at + high] - data[before + high] === -Math.sign(turn)) follows++
      else others++
    }
    for (let at = stride; at < data.length; at += stride) {
      if (at % (width * stride) !== 0) look(at, at - stride)
      if (at >= width * stride) look(at, at - width * stride)
    }
    return follows >= ENOUGH && follows > MORE * others
  })
}
