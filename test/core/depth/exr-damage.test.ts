import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeDepth, DepthMeshError } from '../../../src/core/index.js'
import { unb44 } from '../../../src/core/depth/exr/b44.js'
import type { Block } from '../../../src/core/depth/exr/block.js'
import { undwa } from '../../../src/core/depth/exr/dwa.js'
import type { ExrChannel } from '../../../src/core/depth/exr/header.js'
import { unhuffman } from '../../../src/core/depth/exr/huffman.js'
import { unpiz } from '../../../src/core/depth/exr/piz.js'
import { unpxr24 } from '../../../src/core/depth/exr/pxr24.js'
import { unrle, unzip } from '../../../src/core/depth/exr/zip.js'
import { makeExr, type ExrChannelRecipe, type ExrPartRecipe } from '../../support/exr.js'

const EXPORT_AGAIN = 'Export it again, or copy it again from where it is whole.'

/** What a person reads of the damage. */
function damage(unpack: () => unknown): string {
  try {
    unpack()
  } catch (error) {
    expect(error).toBeInstanceOf(DepthMeshError)
    expect(error).toMatchObject({ code: 'INPUT_UNREADABLE', hint: EXPORT_AGAIN })
    return (error as DepthMeshError).message.replace('expected a sound EXR, found ', '')
  }
  throw new Error('expected damage to be found')
}

const channel = (name: string, type: ExrChannel['type']): ExrChannel => ({ name, type, linear: false, xSampling: 1, ySampling: 1 })
const block = (width: number, height: number, ...channels: ExrChannel[]): Block => ({ x: 0, y: 0, width, height, channels })
const bytes = (...values: number[]) => Uint8Array.from(values)

/** Little-endian 32-bit numbers, then bytes. */
function words(values: readonly number[], rest: Uint8Array = new Uint8Array()): Uint8Array {
  const head = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => head.writeUInt32LE(value, i * 4))
  return Buffer.concat([head, rest])
}

describe('a damaged block', () => {
  it('is found by RLE', () => {
    expect(damage(() => unrle(bytes(127, 5), 4))).toBe('a run of bytes that does not fit (RLE)')
    expect(damage(() => unrle(bytes(0xfd, 5), 4))).toBe('a run of bytes that does not fit (RLE)')
    expect(damage(() => unrle(bytes(1, 5), 4))).toBe('a block that unpacks to too little (RLE)')
    // What is right: 10 10 10 10, then 40 41 42 43, as differences.
    expect([...unrle(bytes(0xff, 10, 2, 128, 0xff, 158, 2, 129), 8)]).toEqual([10, 40, 10, 41, 10, 42, 10, 43])
  })

  it('is found by ZIP', () => {
    expect(damage(() => unzip(deflateSync(bytes(1, 2)), 4))).toBe('a block that unpacks to too little (ZIP)')
    expect(damage(() => unzip(deflateSync(new Uint8Array(64)), 4))).toMatch(/^a damaged block \(.+\)$/)
    const flipped = deflateSync(bytes(1, 2, 3, 4))
    flipped[flipped.length - 1]! ^= 1
    expect(damage(() => unzip(flipped, 4))).toBe('a damaged block (incorrect data check)')
  })

  it('is found by PXR24', () => {
    expect(damage(() => unpxr24(deflateSync(bytes(1, 2)), block(4, 1, channel('Z', 'float'))))).toBe('a block that unpacks to too little (ZIP)')
  })

  it('is found by B44', () => {
    expect(damage(() => unb44(bytes(1, 2, 3, 4, 5), block(4, 4, channel('Z', 'half'))))).toBe('a block that ends too early (B44)')
    expect(damage(() => unb44(bytes(1, 2, 3, 4, 5), block(4, 4, channel('Z', 'float'))))).toBe('a block that ends too early (B44)')
  })

  describe('is found by DWA', () => {
    const Z = channel('Z', 'float')
    const of = block(4, 1, Z)
    const rules = (...list: number[]) => Buffer.concat([Buffer.from([list.length + 2, 0]), Buffer.from(list)])
    const dwa = (packedSize: number, size: number, ...rest: Uint8Array[]) => {
      const head = Buffer.alloc(88)
      head.writeBigUInt64LE(2n, 0)
      head.writeBigUInt64LE(BigInt(size), 8)
      head.writeBigUInt64LE(BigInt(packedSize), 16)
      return Buffer.concat([head, ...rest])
    }
    it.each([
      ['a block that ends too early (DWA)', new Uint8Array(40)],
      ['a block that ends too early (DWA)', dwa(0, 16)],
      ['a block that ends too early (DWA)', dwa(999, 16, rules())],
      ['a broken list of channels (DWA)', dwa(0, 16, rules(0x5a))],
      ['a broken list of channels (DWA)', dwa(0, 16, rules(0x5a, 0x5a, 0x5a, 0x5a))],
      ['a broken list of channels (DWA)', dwa(0, 16, rules(0x5a, 0, 0))],
      ['a block of another size (DWA)', dwa(0, 15, rules())],
    ])('%s', (text, packed) => {
      expect(damage(() => undwa(packed, of, [Z]))).toBe(text)
    })
    it('nor taken for lossless where a rule of its own says otherwise', () => {
      const planes = deflateSync(new Uint8Array(16))
      const [float, lossyInAnyCase, lossyAsWritten] = [2, 0b101, 0b100]
      const isLossy = (suffix: string, flags: number, name: string) => {
        const one = block(4, 1, channel(name, 'float'))
        return undwa(dwa(planes.length, 16, rules(...Buffer.from(suffix), 0, flags, float), planes), one, one.channels) === null
      }
      expect(isLossy('Y', lossyAsWritten, 'left.Y')).toBe(true)
      expect(isLossy('Y', lossyAsWritten, 'y')).toBe(false)
      expect(isLossy('Y', lossyInAnyCase, 'y')).toBe(true)
      expect(isLossy('y', lossyInAnyCase, 'left.Y')).toBe(true)
      expect(isLossy('Y', lossyInAnyCase, 'Z')).toBe(false)
    })
    it('which is right otherwise, of several channels too', () => {
      // Stored channel after channel, wanted line after line: two lines of a pixel of N (a half) and one of Z.
      const planes = deflateSync(bytes(1, 2, 11, 12, 21, 22, 23, 24, 31, 32, 33, 34))
      const unpacked = undwa(dwa(planes.length, 12, rules(), planes), block(1, 2, channel('N', 'half'), Z), [Z])
      expect([...unpacked!]).toEqual([1, 2, 21, 22, 23, 24, 11, 12, 31, 32, 33, 34])
    })
    it('nor believed of a block that does not say how its channels are stored', () => {
      const planes = deflateSync(new Uint8Array(16))
      const packed = dwa(planes.length, 16, rules(), planes)
      expect(undwa(packed, of, [Z])).toEqual(new Uint8Array(16))
      packed.writeBigUInt64LE(1n, 0)
      expect(undwa(packed, of, [Z])).toBeNull()
    })
  })

  describe('is found by PIZ', () => {
    const Z = channel('Z', 'half')
    it.each([
      ['a block that ends too early (PIZ)', bytes(1, 0)],
      ['a broken table of values (PIZ)', bytes(0, 0, 0xff, 0xff, 0, 0, 0, 0)],
      ['a broken table of values (PIZ)', bytes(0, 0, 9, 0, 1, 2)],
      ['a broken table of values (PIZ)', Buffer.concat([bytes(0, 0, 0, 0x20), new Uint8Array(9000)])],
      ['a block that ends too early (PIZ)', bytes(1, 0, 0, 0, 9)],
      ['a block that ends too early (PIZ)', bytes(1, 0, 0, 0, 99, 0, 0, 0)],
    ])('%s', (text, packed) => {
      expect(damage(() => unpiz(packed, block(4, 1, Z)))).toBe(text)
    })
  })

  describe('is found in a Huffman code', () => {
    /** Bits as text, high bits first. */
    const bits = (text: string) => Uint8Array.from(text.replaceAll(' ', '').match(/.{1,8}/g) ?? [], (byte) => Number.parseInt(byte.padEnd(8, '0'), 2))
    const length = (bitsOfCode: number) => bitsOfCode.toString(2).padStart(6, '0')
    /** lowest symbol, highest symbol, code lengths, data. */
    const huffman = (lowest: number, highest: number, lengths: string, data: string, dataBits = data.length) => words([lowest, highest, 0, dataBits, 0], Buffer.concat([bits(lengths), bits(data)]))
    it.each([
      ['a block that ends too early (PIZ)', new Uint8Array(19)],
      ['a broken code table (PIZ)', huffman(5, 4, '', '')],
      ['a block that ends too early (PIZ)', huffman(0, 9, length(1), '')],
      ['a broken code table (PIZ)', huffman(0, 3, length(63) + '11111111', '')],
      ['a block that ends too early (PIZ)', huffman(0, 1, length(1) + length(1), '', 999)],
      ['a broken code table (PIZ)', huffman(0, 1, length(55) + length(1), '')],
      ['a broken code table (PIZ)', huffman(0, 2, length(1) + length(1) + length(1), '')],
      ['a code that is in no table (PIZ)', huffman(0, 1, length(2) + length(0), '11')],
      ['a code that is in no table (PIZ)', huffman(0, 1, length(15) + length(0), '000000000000001')],
      ['a run of values that does not fit (PIZ)', huffman(0, 1, length(1) + length(1), '1 00000001'.replace(' ', ''))],
      ['a block that unpacks to too little (PIZ)', huffman(0, 1, length(1) + length(1), '0')],
    ])('%s', (text, packed) => {
      expect(damage(() => unhuffman(packed, 4))).toBe(text)
    })
    it('which is right otherwise', () => {
      // 0 four times: once as it is, then "repeat three times".
      expect([...unhuffman(huffman(0, 1, length(1) + length(1), '0100000011'), 4)]).toEqual([0, 0, 0, 0])
    })
  })
})

describe('a file whose blocks do not fit its header', () => {
  const float = (name: string, type: ExrChannelRecipe['type'] = 'float'): ExrChannelRecipe => ({ name, type, sample: (x) => x })
  const part = (extra: Partial<ExrPartRecipe> = {}): ExrPartRecipe => ({ channels: [float('Z')], data: [0, 0, 7, 1], ...extra })
  const read = (file: Uint8Array) => decodeDepth(file, { channel: null, encoding: 'metric', maxPixels: 2 ** 26 })
  const refusal = async (file: Uint8Array) => {
    const error = await read(file).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'INPUT_UNREADABLE', hint: EXPORT_AGAIN })
    return (error as Error).message
  }
  /** Two lines of 8 pixels, each a block of its own: the table of blocks and the blocks are the last things in the file. */
  const two = Buffer.from(makeExr({ parts: [part()] }))
  const BLOCK = 8 + 8 * 4
  const tableAt = two.length - 2 * BLOCK - 2 * 8
  const edit = (file: Uint8Array, change: (copy: Buffer) => void) => {
    const copy = Buffer.from(file)
    change(copy)
    return copy
  }

  it('is named as cut off in its table of blocks', async () => {
    expect(await refusal(two.subarray(0, tableAt + 10))).toBe(`expected a whole EXR, found one that is cut off in its table of blocks, after ${tableAt + 10} bytes`)
  })

  it('is named as cut off in a block whose size can not be', async () => {
    for (const size of [-1, 33]) {
      const file = edit(two, (copy) => copy.writeInt32LE(size, two.length - 8 * 4 - 4))
      expect(await refusal(file)).toBe(`expected a whole EXR, found one that is cut off in block 2 of 2, after ${two.length} bytes`)
    }
  })

  it('is named when a block is not where it should be', async () => {
    expect(await refusal(edit(two, (copy) => copy.writeInt32LE(99, two.length - BLOCK)))).toBe('expected a sound EXR, found a block in a place that does not exist or is taken')
    expect(await refusal(edit(two, (copy) => copy.writeInt32LE(0, two.length - BLOCK)))).toBe('expected a sound EXR, found a block in a place that does not exist or is taken')
    const nowhere = 'expected a sound EXR, found a block in a place that does not exist or is taken'
    const groups = Buffer.from(makeExr({ parts: [part({ compression: 5, data: [0, 0, 7, 19] })] }))
    expect(await refusal(edit(groups, (copy) => copy.writeInt32LE(17, groups.length - 4 * 8 * 4 - 8))), 'the second group of 16 lines begins at line 16').toBe(nowhere)
    const tiles = Buffer.from(makeExr({ parts: [part({ tile: [4, 2] })] }))
    for (const [what, field, value] of [['column', 0, 2], ['column', 0, -1], ['row', 1, 1], ['row', 1, -1], ['level', 2, 1], ['level', 3, 1], ['a place that is taken', 0, 0]] as const) {
      expect(await refusal(edit(tiles, (copy) => copy.writeInt32LE(value, tiles.length - 4 * 2 * 4 - 20 + 4 * field))), `${what} ${value}`).toBe(nowhere)
    }
    const parts = makeExr({ parts: [part({ name: 'beauty', channels: [float('N.Q')] }), part({ name: 'depth' })] })
    expect(await refusal(edit(parts, (copy) => copy.writeInt32LE(0, parts.length - BLOCK - 4)))).toBe('expected a sound EXR, found a block that belongs to another part')
    const uncounted = edit(parts, (copy) => copy.write('chunkCounz', copy.indexOf('chunkCount')))
    expect(await refusal(uncounted)).toBe('expected a sound EXR, found a part that does not say how many blocks it has')
  })

  it('is named when a block has another size than its pixels', async () => {
    const typeAt = two.indexOf('Z\0', two.indexOf('chlist')) + 2
    expect(await refusal(edit(two, (copy) => copy.writeInt32LE(1, typeAt)))).toBe('expected a sound EXR, found a block that is larger than its pixels')
    const halves = Buffer.from(makeExr({ parts: [part({ channels: [float('Z', 'half')] })] }))
    expect(await refusal(edit(halves, (copy) => copy.writeInt32LE(2, typeAt)))).toBe('expected a sound EXR, found a block that is smaller than its pixels')
    const wide = edit(makeExr({ parts: [part({ channels: ['A', 'B', 'G', 'R', 'Z'].map((name) => float(name)), compression: 9, data: [0, 0, 3, 1] })] }), (copy) => {
      for (const name of ['dataWindow\0box2i\0', 'displayWindow\0box2i\0']) {
        copy.writeInt32LE(32_767, copy.indexOf(name) + name.length + 4 + 8)
        copy.writeInt32LE(255, copy.indexOf(name) + name.length + 4 + 12)
      }
    })
    expect(await refusal(wide)).toBe('expected a sound EXR, found a block of 167772160 bytes')
  })

  it('is named when its header goes on and on', async () => {
    expect(await refusal(edit(Buffer.concat([two.subarray(0, 8), Buffer.alloc(600, 'A')]), () => {}))).toBe('expected a sound EXR, found a header that is no list of attributes')
    const many = makeExr({ parts: Array.from({ length: 257 }, (_, i) => part({ name: `p${i}`, data: [0, 0, 0, 0] })) })
    expect(await refusal(many)).toBe('expected a sound EXR, found more than 256 parts')
  })
})
