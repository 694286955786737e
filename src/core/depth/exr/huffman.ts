import { damaged } from '../damage.js'

/** Symbols: every 16-bit value, and one that says "repeat the last". */
const SYMBOLS = 2 ** 16 + 1

/** In the table of code lengths these are no lengths: 59 to 62 stand for 2 to 5 unused symbols, 63 for 6 and more. */
const SHORT_GAP = 59
const LONG_GAP = 63
const LONG_GAP_LEAST = 6

/** Codes up to so many bits are looked up at once; longer ones, which are rare by construction, bit by bit. */
const LOOKUP_BITS = 14

/** Longest code whose value is exact in a double. A longer one needs more samples than a picture may have. */
const MAX_CODE_BITS = 52

/** How codes are told apart: those of a length are consecutive, from `first` on; anything smaller belongs to a longer one. */
interface Codes {
  first: Float64Array
  /** Where the symbols of a length begin in `symbols`. */
  start: Int32Array
  count: Int32Array
  symbols: Int32Array
  /** By the next 14 bits: symbol · 64 + length, 0 where the code is longer. */
  lookup: Int32Array
}

/**
 * Unpacks `count` 16-bit values from OpenEXR's canonical Huffman code.
 *
 * ```
 * lowest symbol │ highest symbol │ (table size) │ bits of data │ 0 │ code lengths, 6 bits each │ codes
 *        4 bytes each, little-endian
 * ```
 */
export function unhuffman(packed: Uint8Array, count: number): Uint16Array {
  if (packed.length < 20) throw damaged('EXR', 'a block that ends too early (PIZ)')
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const lowest = view.getUint32(0, true)
  const highest = view.getUint32(4, true)
  const dataBits = view.getUint32(12, true)
  if (lowest > highest || highest >= SYMBOLS) throw damaged('EXR', 'a broken code table (PIZ)')

  const lengths = new Uint8Array(SYMBOLS)
  const dataAt = readLengths(packed, lowest, highest, lengths)
  if (dataBits > 8 * (packed.length - dataAt)) throw damaged('EXR', 'a block that ends too early (PIZ)')
  return decode(packed, dataAt, dataBits, buildCodes(lengths), highest, count)
}

function readLengths(packed: Uint8Array, lowest: number, highest: number, lengths: Uint8Array): number {
  let bit = 20 * 8
  const take = (bits: number): number => {
    let value = 0
    for (let i = 0; i < bits; i++, bit++) value = (value << 1) | ((packed[bit >> 3] >> (7 - (bit & 7))) & 1)
    if (bit > packed.length * 8) throw damaged('EXR', 'a block that ends too early (PIZ)')
    return value
  }
  for (let symbol = lowest; symbol <= highest; ) {
    const length = take(6)
    if (length < SHORT_GAP) lengths[symbol++] = length
    else symbol += length === LONG_GAP ? take(8) + LONG_GAP_LEAST : length - SHORT_GAP + 2
    if (symbol > highest + 1) throw damaged('EXR', 'a broken code table (PIZ)')
  }
  return (bit + 7) >> 3
}

/** The longest codes begin at 0; those one bit shorter where the longer ones, halved, end. */
function buildCodes(lengths: Uint8Array): Codes {
  const count = new Int32Array(LONG_GAP + 1)
  for (const length of lengths) count[length]++
  const first = new Float64Array(LONG_GAP + 1)
  const start = new Int32Array(LONG_GAP + 1)
  for (let length = LONG_GAP - 1, code = 0, at = 0; length > 0; length--) {
    if (count[length] > 0 && length > MAX_CODE_BITS) throw damaged('EXR', 'a broken code table (PIZ)')
    first[length] = code
    start[length] = at
    at += count[length]
    code = Math.floor((code + count[length]) / 2)
  }
  const symbols = new Int32Array(lengths.reduce((sum, length) => sum + (length > 0 ? 1 : 0), 0))
  const lookup = new Int32Array(2 ** LOOKUP_BITS)
  const next = start.slice()
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    const length = lengths[symbol]
    if (length === 0) continue
    const code = first[length] + next[length] - start[length]
    if (code >= 2 ** length) throw damaged('EXR', 'a broken code table (PIZ)')
    symbols[next[length]++] = symbol
    if (length <= LOOKUP_BITS) {
      const span = 2 ** (LOOKUP_BITS - length)
      lookup.fill(symbol * 64 + length, code * span, (code + 1) * span)
    }
  }
  return { first, start, count, symbols, lookup }
}

function decode(packed: Uint8Array, dataAt: number, dataBits: number, codes: Codes, repeat: number, count: number): Uint16Array {
  const { first, start, symbols, lookup } = codes
  const out = new Uint16Array(count)
  let to = 0
  let at = dataAt
  let buffer = 0 // the next `held` bits, at its low end
  let held = 0
  let left = dataBits
  /** Takes the next bits, zeros behind the end: `left` tells when that was too many. */
  const take = (bits: number): number => {
    while (held < bits) {
      buffer = ((buffer & 0xff_ffff) << 8) | (packed[at++] ?? 0)
      held += 8
    }
    held -= bits
    left -= bits
    return (buffer >>> held) & ((1 << bits) - 1)
  }

  while (left > 0 && to < count) {
    // (1) Which symbol is next?
    while (held < LOOKUP_BITS) {
      buffer = ((buffer & 0xff_ffff) << 8) | (packed[at++] ?? 0)
      held += 8
    }
    const entry = lookup[(buffer >>> (held - LOOKUP_BITS)) & (2 ** LOOKUP_BITS - 1)]
    let symbol: number
    if (entry !== 0) {
      held -= entry & 63
      left -= entry & 63
      symbol = entry >> 6
    } else {
      let length = LOOKUP_BITS
      let code = take(LOOKUP_BITS)
      do {
        if (++length > MAX_CODE_BITS) throw damaged('EXR', 'a code that is in no table (PIZ)')
        code = code * 2 + take(1)
      } while (codes.count[length] === 0 || code < first[length])
      const index = start[length] + code - first[length]
      if (index >= start[length] + codes.count[length]) throw damaged('EXR', 'a code that is in no table (PIZ)')
      symbol = symbols[index]
    }

    // (2) Write it, or repeat the last.
    if (symbol === repeat) {
      const times = take(8)
      if (to === 0 || to + times > count) throw damaged('EXR', 'a run of values that does not fit (PIZ)')
      out.fill(out[to - 1], to, to + times)
      to += times
    } else {
      out[to++] = symbol
    }
  }
  if (to !== count || left < 0) throw damaged('EXR', 'a block that unpacks to too little (PIZ)')
  return out
}
