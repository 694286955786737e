import { DROPPED_BITS } from '../pixels/pixels.js'

/** What 99 of 100 of the floats stay below that are counted by their topmost bits (see `DROPPED_BITS`); 0 of none. */
export function percentile99(histogram: Uint32Array): number {
  let count = 0
  for (const n of histogram) count += n
  if (count === 0) return 0
  let left = Math.ceil(count * 0.99)
  let step = 0
  while (left > histogram[step]) left -= histogram[step++]
  return new Float32Array(Uint32Array.of((step + 1) << DROPPED_BITS).buffer)[0]
}

/** Takes errors one by one, and tells the largest and the 99th percentile, within 1.6 %. */
export class Tally {
  max = 0
  readonly #histogram = new Uint32Array(1 << (32 - DROPPED_BITS))
  readonly #error = new Float32Array(1)
  readonly #bits = new Uint32Array(this.#error.buffer)

  add(error: number): void {
    if (error > this.max) this.max = error
    this.#error[0] = error
    this.#histogram[this.#bits[0] >>> DROPPED_BITS]++
  }

  /** 0 of none. */
  get p99(): number {
    return Math.min(this.max, percentile99(this.#histogram))
  }
}
