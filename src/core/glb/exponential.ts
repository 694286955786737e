import type { PackedNumbers } from './packing.js'

/** Mantissas of the exponential filter have 24 bits, one of them a sign. */
export const MANTISSA_LIMIT = 2 ** 23 - 1
/** Pixel centres lie at i + ½ and the picture's edges at whole pixels: both are whole numbers of half pixels. */
export const LATTICE = 2
/** Farthest that a float32 lies from its lattice point, half pixels (measured 3e-4 on 8192 px). */
export const ON_LATTICE = 0.01
/** Exponent of places off the lattice, as silhouettes have: eighths of a pixel, a sixteenth off at most. */
const OFF_LATTICE = -3

/** Floats of few bits, as they are and as the filter stores them. */
export class Exponential {
  readonly values: Float32Array
  private readonly encoded: Int32Array
  private fits = true

  constructor(length: number) {
    this.values = new Float32Array(length)
    this.encoded = new Int32Array(length)
  }

  /** mantissa · 2^exponent. */
  set(at: number, mantissa: number, exponent: number): void {
    this.values[at] = mantissa * 2 ** exponent
    this.encoded[at] = (exponent << 24) | (mantissa & 0xff_ff_ff)
    if (Math.abs(mantissa) > MANTISSA_LIMIT) this.fits = false
  }

  /** A place in the picture, pixels from its edge, as a pixel index: whole at pixel centres, halves at the edges, down to eighths in between. */
  setPixel(at: number, pixels: number): void {
    const index = pixels - 0.5
    let exponent = 0
    while (exponent > OFF_LATTICE && Math.abs(index * 2 ** -exponent - Math.round(index * 2 ** -exponent)) > ON_LATTICE) exponent--
    this.set(at, Math.round(index * 2 ** -exponent), exponent)
  }

  /** @param size of them a vertex. Without the filter where a mantissa is too long for it. */
  numbers(size: number): PackedNumbers {
    return { values: this.values, stored: this.fits ? { data: this.encoded, size, filter: 'EXPONENTIAL' } : null }
  }
}

/** Whether a place in the picture, pixels, is a whole number of half pixels. */
export function isOnLattice(pixels: number): boolean {
  const halves = pixels * LATTICE
  return Math.abs(halves - Math.round(halves)) <= ON_LATTICE
}
