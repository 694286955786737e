import { damaged } from '../damage.js'
import { blockBytes, runsOf, samplesIn, SAMPLE_BYTES, type Block } from './block.js'
import { unhuffman } from './huffman.js'

/** Bytes of the map that says which 16-bit values occur. */
const MAP_BYTES = 2 ** 13

/** Below so many distinct values the wavelet has spare bits and is plain integer arithmetic; from here on it wraps round. */
const PLAIN_VALUES = 2 ** 14

/** Unpacks PIZ: a wavelet over 16-bit words, of which those that occur are numbered consecutively, in a Huffman code. */
export function unpiz(packed: Uint8Array, block: Block): Uint8Array {
  // (1) The values that occur.
  if (packed.length < 4) throw damaged('EXR', 'a block that ends too early (PIZ)')
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const lowest = view.getUint16(0, true)
  const highest = view.getUint16(2, true)
  let at = 4
  const used = new Uint8Array(MAP_BYTES)
  if (lowest <= highest) {
    if (highest >= MAP_BYTES || at + highest - lowest + 5 > packed.length) throw damaged('EXR', 'a broken table of values (PIZ)')
    used.set(packed.subarray(at, at + highest - lowest + 1), lowest)
    at += highest - lowest + 1
  }
  const { values, count } = listValues(used)

  // (2) The words, channel after channel.
  if (at + 4 > packed.length) throw damaged('EXR', 'a block that ends too early (PIZ)')
  const size = view.getUint32(at, true)
  at += 4
  if (size > packed.length - at) throw damaged('EXR', 'a block that ends too early (PIZ)')
  const bytes = blockBytes(block)
  const words = unhuffman(packed.subarray(at, at + size), bytes / 2)

  // (3) The wavelet of each channel, a float or whole number as two interleaved pictures of words.
  const starts: number[] = []
  let start = 0
  for (const { type, xSampling, ySampling } of block.channels) {
    const columns = samplesIn(block.x, block.width, xSampling)
    const rows = samplesIn(block.y, block.height, ySampling)
    const step = SAMPLE_BYTES[type] / 2
    for (let word = 0; word < step; word++) unwavelet(words, { at: start + word, columns, rows, step, plain: count <= PLAIN_VALUES })
    starts.push(start)
    start += columns * rows * step
  }
  for (let i = 0; i < words.length; i++) words[i] = values[words[i]]

  // (4) From channel after channel to line after line.
  const out = new Uint8Array(bytes)
  const outView = new DataView(out.buffer)
  for (const { channel, count, at: to } of runsOf(block)) {
    const run = count * (SAMPLE_BYTES[block.channels[channel].type] / 2)
    for (let i = 0; i < run; i++) outView.setUint16(to + 2 * i, words[starts[channel] + i], true)
    starts[channel] += run
  }
  return out
}

/** The values that occur, in order; 0 always counts as one of them. */
function listValues(used: Uint8Array): { values: Uint16Array; count: number } {
  const values = new Uint16Array(2 ** 16)
  let count = 0
  for (let value = 0; value < values.length; value++) if (value === 0 || (used[value >> 3] >> (value & 7)) & 1) values[count++] = value
  return { values, count }
}

interface Plane {
  /** Index of the first word. */
  at: number
  columns: number
  rows: number
  /** Words from one column to the next. */
  step: number
  plain: boolean
}

/**
 * Undoes a two-dimensional Haar wavelet in place, coarse to fine. At each size `p` a square of four comes from its mean and three differences:
 *
 * ```
 * mean ─ right      a ─ b
 *   │      │    →   │   │     p apart
 * down ─ both       c ─ d
 * ```
 */
function unwavelet(words: Uint16Array, { at, columns, rows, step, plain }: Plane): void {
  const row = columns * step
  const pair = plain ? plainPair : wrappingPair
  let size = 1
  while (size * 2 <= Math.min(columns, rows)) size *= 2
  for (let p = size >> 1; p >= 1; p >>= 1) {
    const across = p * step
    const down = p * row
    let y = 0
    for (; y + 2 * p <= rows; y += 2 * p) {
      let x = 0
      for (; x + 2 * p <= columns; x += 2 * p) {
        const a = at + y * row + x * step
        pair(words, a, a + down)
        pair(words, a + across, a + down + across)
        pair(words, a, a + across)
        pair(words, a + down, a + down + across)
      }
      if (columns & p) pair(words, at + y * row + x * step, at + y * row + x * step + down)
    }
    if (rows & p) for (let x = 0; x + 2 * p <= columns; x += 2 * p) pair(words, at + y * row + x * step, at + y * row + x * step + across)
  }
}

/** Mean and difference at `i` and `j` → the two values. */
function plainPair(words: Uint16Array, i: number, j: number): void {
  const difference = (words[j] << 16) >> 16
  const a = ((words[i] << 16) >> 16) + (difference & 1) + (difference >> 1)
  words[i] = a
  words[j] = a - difference
}

/** The same, modulo 65536. */
function wrappingPair(words: Uint16Array, i: number, j: number): void {
  const difference = words[j]
  const b = (words[i] - (difference >> 1)) & 0xffff
  words[i] = difference + b - 0x8000
  words[j] = b
}
