import { EXRLoader } from 'three/addons/loaders/EXRLoader.js'
import { FloatType } from 'three'
import { describe, expect, it } from 'vitest'
import { decodeDepth } from '../../../src/core/index.js'

/**
 * PIZ as an encoder would write it: a wavelet that wraps round (more than 16,384 distinct values) and codes of very different lengths, which smooth pictures never need.
 * Three's loader, which knows nothing of this decoder, reads the same files and has to agree.
 */
function makePiz(width: number, height: number, bits: (i: number) => number, unary: number): Uint8Array {
  const words = Uint16Array.from({ length: width * height }, (_, i) => bits(i))
  const used = [...new Set([0, ...words])].sort((a, b) => a - b)
  const rank = new Map(used.map((value, i) => [value, i]))
  const coded = Uint16Array.from(words, (word) => rank.get(word)!)
  wavelet(coded, width, height, used.length <= 2 ** 14)

  const map = new Uint8Array(8192)
  for (const value of used) if (value > 0) map[value >> 3] |= 1 << (value & 7)
  const lowest = map.findIndex((byte) => byte > 0)
  const highest = map.findLastIndex((byte) => byte > 0)
  const packed = huffman(coded, unary)
  const head = Buffer.alloc(4)
  head.writeUInt16LE(lowest, 0)
  head.writeUInt16LE(highest, 2)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(packed.length)
  return container(width, height, Buffer.concat([head, map.subarray(lowest, highest + 1), size, packed]))
}

/** Fine to coarse; the inverse of what the decoder does. */
function wavelet(words: Uint16Array, width: number, height: number, plain: boolean): void {
  const pair = (i: number, j: number): void => {
    const [a, b] = [words[i], words[j]]
    if (plain) {
      const [signedA, signedB] = [(a << 16) >> 16, (b << 16) >> 16]
      words[i] = (signedA + signedB) >> 1
      words[j] = signedA - signedB
    } else {
      const shifted = (a + 0x8000) & 0xffff
      const difference = shifted - b
      words[i] = ((shifted + b) >> 1) + (difference < 0 ? 0x8000 : 0)
      words[j] = difference
    }
  }
  for (let p = 1; 2 * p <= Math.min(width, height); p *= 2) {
    let y = 0
    for (; y + 2 * p <= height; y += 2 * p) {
      let x = 0
      for (; x + 2 * p <= width; x += 2 * p) {
        const a = y * width + x
        pair(a, a + p)
        pair(a + p * width, a + p * width + p)
        pair(a, a + p * width)
        pair(a + p, a + p * width + p)
      }
      if (width & p) pair(y * width + x, (y + p) * width + x)
    }
    if (height & p) for (let x = 0; x + 2 * p <= width; x += 2 * p) pair(y * width + x, y * width + x + p)
  }
}

/** The `unary` most frequent words have codes of 1, 2, 3 … bits, all others the rest of the code space, evenly. */
function huffman(words: Uint16Array, unary: number): Buffer {
  const counts = new Map<number, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const byUse = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([symbol]) => symbol)
  const lowest = Math.min(...byUse)
  const repeat = Math.max(...byUse) + 1
  const others = byUse.length + 1 - unary
  const depth = Math.floor(Math.log2(others))
  const shallow = 2 ** (depth + 1) - others
  const lengths = new Map([...byUse, repeat].map((symbol, i) => [symbol, i < unary ? i + 1 : unary + depth + (i - unary < shallow ? 0 : 1)]))

  // Canonical: the longest codes from 0 on, shorter ones from where the longer ones, halved, end.
  const codes = new Map<number, number>()
  for (let length = 58, code = 0; length > 0; length--) {
    for (const symbol of [...lengths.keys()].filter((symbol) => lengths.get(symbol) === length).sort((a, b) => a - b)) codes.set(symbol, code++)
    code /= 2
  }
  const table: string[] = []
  for (let symbol = lowest; symbol <= repeat; ) {
    let gap = 0
    while (symbol + gap <= repeat && !lengths.has(symbol + gap) && gap < 261) gap++
    if (gap >= 6) table.push(binary(63, 6), binary(gap - 6, 8))
    else if (gap >= 2) table.push(binary(57 + gap, 6))
    else if (gap === 1) table.push(binary(0, 6))
    else table.push(binary(lengths.get(symbol)!, 6))
    symbol += Math.max(gap, 1)
  }
  const data: string[] = []
  for (let i = 0; i < words.length; ) {
    let run = 0
    while (run < 255 && i + run + 1 < words.length && words[i + run + 1] === words[i]) run++
    data.push(binary(codes.get(words[i])!, lengths.get(words[i])!))
    if (run > 8) data.push(binary(codes.get(repeat)!, lengths.get(repeat)!), binary(run, 8))
    i += run > 8 ? run + 1 : 1
  }
  const head = Buffer.alloc(20)
  head.writeUInt32LE(lowest, 0)
  head.writeUInt32LE(repeat, 4)
  const bits = data.join('')
  head.writeUInt32LE(bits.length, 12)
  return Buffer.concat([head, bytesOf(table.join('')), bytesOf(bits)])
}

const binary = (value: number, bits: number): string => value.toString(2).padStart(bits, '0')
const bytesOf = (bits: string): Buffer => Buffer.from((bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)))

/** One part, one block of at most 32 lines, one channel Z of halves. */
function container(width: number, height: number, block: Uint8Array): Uint8Array {
  const int = (...values: number[]): Buffer => Buffer.from(Int32Array.from(values).buffer)
  const attribute = (name: string, type: string, value: Uint8Array): Buffer => Buffer.concat([Buffer.from(`${name}\0${type}\0`), int(value.length), value])
  const head = Buffer.concat([
    int(0x01312f76, 2),
    attribute('channels', 'chlist', Buffer.concat([Buffer.from('Y\0'), int(1, 0, 1, 1), Buffer.alloc(1)])),
    attribute('compression', 'compression', Buffer.of(4)),
    attribute('dataWindow', 'box2i', int(0, 0, width - 1, height - 1)),
    attribute('displayWindow', 'box2i', int(0, 0, width - 1, height - 1)),
    attribute('lineOrder', 'lineOrder', Buffer.of(0)),
    attribute('pixelAspectRatio', 'float', Buffer.from(Float32Array.of(1).buffer)),
    Buffer.alloc(1),
  ])
  return Buffer.concat([head, int(head.length + 8, 0), int(0, block.length), block])
}

describe('PIZ', () => {
  const noise = (i: number): number => (Math.imul(i + 1, 2_654_435_761) >>> 13) & 0x3fff
  const rare = (every: number) => (i: number): number => (noise(i) % every === 0 ? noise(i) : 0x3c00)
  it.each([
    ['a smooth picture', 61, 31, (i: number) => 0x3c00 + (i >> 4), 3],
    ['long runs', 64, 32, (i: number) => (i < 1500 ? 0x3c00 : 0x3c01), 1],
    ['negative halves', 256, 32, (i: number) => (i % 64 < 20 ? 0xbc00 : 0x3c00), 2],
    ['codes longer than the lookup', 97, 29, rare(60), 14],
    ['codes of more than 30 bits', 97, 32, rare(60), 26],
    ['values that wrap round', 1024, 32, (i: number) => Math.floor(i * 0.6), 6],
  ])('is read to the bit, as three reads it: %s', async (_, width, height, bits, unary) => {
    const file = makePiz(width, height, bits, unary)
    const raster = await decodeDepth(file, { channel: null, encoding: 'metric', maxPixels: 2 ** 20 })
    const half = (word: number): number => {
      const exponent = (word >> 10) & 31
      return (word & 0x8000 ? -1 : 1) * (exponent === 0 ? (word & 1023) * 2 ** -24 : (1 + (word & 1023) / 1024) * 2 ** (exponent - 15))
    }
    expect([...raster.samples]).toEqual(Array.from({ length: width * height }, (_, i) => half(bits(i))))

    if (unary > 20) return // three gives up on such codes
    const loader = new EXRLoader()
    loader.setDataType(FloatType)
    const { data } = loader.parse(new Uint8Array(file).buffer)
    const channels = data!.length / raster.samples.length
    // Three stores the bottom line first.
    const theirs = Array.from({ length: width * height }, (_, i) => data![((height - 1 - Math.floor(i / width)) * width + (i % width)) * channels])
    expect(theirs).toEqual([...raster.samples])
  })
})
