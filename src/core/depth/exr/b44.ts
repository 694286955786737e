import { damaged } from '../damage.js'
import { blockBytes, runsOf, samplesIn, SAMPLE_BYTES, type Block } from './block.js'

/** A shift from here on marks a square whose 16 values are one: 3 bytes instead of 14 (B44A). */
const FLAT_SHIFT = 13

/** Unpacks B44 and B44A: halves in squares of 4 × 4, other samples as they are; channel by channel. */
export function unb44(packed: Uint8Array, block: Block): Uint8Array {
  const out = new Uint8Array(blockBytes(block))
  const view = new DataView(out.buffer)
  const square = new Uint16Array(16)
  let from = 0
  const take = (bytes: number): number => {
    const at = from
    from += bytes
    if (from > packed.length) throw damaged('EXR', 'a block that ends too early (B44)')
    return at
  }

  const runs = [...runsOf(block)]
  for (const [channel, { type, xSampling }] of block.channels.entries()) {
    const lines = runs.filter((run) => run.channel === channel)
    const columns = samplesIn(block.x, block.width, xSampling)
    if (type !== 'half') {
      const bytes = columns * SAMPLE_BYTES[type]
      for (const { at } of lines) {
        const start = take(bytes)
        out.set(packed.subarray(start, start + bytes), at)
      }
      continue
    }
    for (let y = 0; y < lines.length; y += 4) {
      for (let x = 0; x < columns; x += 4) {
        const start = take(3)
        const flat = packed[start + 2] >> 2 >= FLAT_SHIFT
        if (!flat) take(11)
        unpackSquare(packed, start, flat, square)
        for (let row = 0; row < Math.min(4, lines.length - y); row++) {
          for (let column = 0; column < Math.min(4, columns - x); column++) {
            view.setUint16(lines[y + row].at + 2 * (x + column), square[row * 4 + column], true)
          }
        }
      }
    }
  }
  return out
}

/**
 * The first value in 16 bits, the others as 6-bit steps from the one above (first column) or to the left, in the order of the bits:
 * 4, 8, 12, then 1, 5, 9, 13, then 2, 6, … Values are halves put in the order of their size.
 */
function unpackSquare(packed: Uint8Array, at: number, flat: boolean, square: Uint16Array): void {
  const first = (packed[at] << 8) | packed[at + 1]
  if (flat) {
    square.fill(toHalfBits(first))
    return
  }
  const shift = packed[at + 2] >> 2
  const bias = 0x20 << shift
  const ordered = new Uint16Array(16)
  ordered[0] = first
  let bit = 22
  const step = (): number => {
    const byte = at + (bit >> 3)
    const wide = (packed[byte] << 8) | (packed[byte + 1] ?? 0)
    const six = (wide >> (10 - (bit & 7))) & 0x3f
    bit += 6
    return (six << shift) - bias
  }
  for (let row = 1; row < 4; row++) ordered[row * 4] = ordered[row * 4 - 4] + step()
  for (let column = 1; column < 4; column++) for (let row = 0; row < 4; row++) ordered[row * 4 + column] = ordered[row * 4 + column - 1] + step()
  for (let i = 0; i < 16; i++) square[i] = toHalfBits(ordered[i])
}

/** Back from the order of size: negative halves were turned over. */
function toHalfBits(ordered: number): number {
  return ordered & 0x8000 ? ordered & 0x7fff : ~ordered & 0xffff
}
