import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DepthMeshError, type DecodeOptions, type DepthRaster } from '../../../src/core/index.js'
import { decode as decodeFile, refusal as refusalOf } from '../../support/decode.js'
import { makeExr, type ExrChannelRecipe, type ExrPartRecipe } from '../../support/exr.js'

const decode = (bytes: Uint8Array, options: Partial<DecodeOptions> = {}) => decodeFile(bytes, { encoding: 'metric', ...options })
const refusal = (bytes: Uint8Array, options: Partial<DecodeOptions> = {}) => refusalOf(bytes, { encoding: 'metric', ...options })

const depth = (x: number, y: number) => 2 + x / 8 + y / 64
const float = (name: string, sample = depth): ExrChannelRecipe => ({ name, type: 'float', sample })
const part = (extra: Partial<ExrPartRecipe> = {}): ExrPartRecipe => ({ channels: [float('Z')], data: [0, 0, 40, 36], ...extra })
const exr = (...parts: Partial<ExrPartRecipe>[]) => makeExr({ parts: parts.length === 0 ? [part()] : parts.map(part) })

/** Fails unless each pixel of the frame holds what `sample` says of it. */
function expectSamples({ samples, width, height }: DepthRaster, sample: (x: number, y: number) => number): void {
  const expected = Float32Array.from({ length: width * height }, (_, i) => sample(i % width, Math.floor(i / width)))
  expect(samples).toEqual(expected)
}

describe('decoding an EXR', () => {
  it.each([
    ['lines without compression', {}],
    ['RLE', { compression: 1 }],
    ['ZIPS', { compression: 2 }],
    ['ZIP', { compression: 3 }],
    ['ZIP, lines from the bottom up', { compression: 3, decreasing: true }],
    ['tiles without compression', { tile: [16, 16] as const }],
    ['tiles with RLE', { tile: [16, 8] as const, compression: 1 }],
    ['tiles with ZIP', { tile: [13, 64] as const, compression: 3 }],
    ['the finest of several levels of tiles', { tile: [16, 8] as const, mipmap: true }],
    ['what PIZ would not shrink', { compression: 4 }],
  ])('keeps every float: %s', async (_, extra) => {
    const raster = await decode(exr(extra))
    expect(raster).toMatchObject({ width: 41, height: 37, format: 'float', bitDepth: 32, source: 'exr', channel: 'Z', channels: ['Z'], alpha: null, colourChunks: [] })
    expectSamples(raster, depth)
  })

  it('keeps every float of runs that RLE shrinks, and of what lies between them', async () => {
    const runs = (x: number, y: number) => (x < 200 ? 2 : x % 50 < 25 ? depth(x, y) : 7)
    const file = (compression: number) => exr({ channels: [float('Z', runs)], data: [0, 0, 299, 3], compression })
    expect(file(1).length).toBeLessThan(0.8 * file(0).length)
    expectSamples(await decode(file(1)), runs)
  })

  it('keeps NaN, infinities and negatives', async () => {
    const odd = [NaN, Infinity, -Infinity, -1.5, 1e30, 0]
    const raster = await decode(exr({ channels: [float('Z', (x) => odd[x % 6])], compression: 2 }))
    expectSamples(raster, (x) => odd[x % 6])
  })

  it('reads halves, all 65,536 of them', async () => {
    const raster = await decode(exr({ channels: [{ name: 'Z', type: 'half', sample: (x, y) => y * 256 + x }], data: [0, 0, 255, 255], compression: 3 }))
    expect(raster.bitDepth).toBe(16)
    const half = (bits: number) => raster.samples[bits]
    expect([0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0x3c01, 0x7bff, 0x7c00, 0xc000, 0xfc00].map(half)).toEqual([
      0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, 1 + 2 ** -10, 65_504, Infinity, -2, -Infinity,
    ])
    expect(half(0x7c01)).toBeNaN()
    for (let bits = 1; bits < 0x7c00; bits++) expect(half(bits) > half(bits - 1), `bits ${bits}`).toBe(true)
  })

  it('reads whole numbers as levels', async () => {
    const raster = await decode(exr({ channels: [{ name: 'Z', type: 'uint', sample: (x) => 1_000_000 + x }] }))
    expect(raster).toMatchObject({ format: 'unorm', bitDepth: 32 })
    expect(Math.round(raster.samples[40] * 0xffff_ffff)).toBe(1_000_040)
  })

  it('fills the frame: what was cropped is NaN, what lies beyond it is left out', async () => {
    const raster = await decode(exr({ data: [7, -5, 40, 20], display: [0, 0, 31, 31], compression: 3 }))
    expect(raster).toMatchObject({ width: 32, height: 32 })
    expectSamples(raster, (x, y) => (x >= 7 && y <= 20 ? depth(x, y) : NaN))
  })

  it.each(['Z-half-piz', 'RGBAZ-float-piz', 'Z-half-pxr24', 'Z-float-pxr24', 'Z-half-b44a', 'Z-half-dwaa', 'RGBAZ-float-dwab'])('reads what OpenEXR itself wrote: %s', async (name) => {
    const raster = await decode(readFileSync(new URL(`../../fixtures/exr/${name}.exr`, import.meta.url)))
    expect(raster).toMatchObject({ channel: 'Z', width: 77, height: 63 })
    // Relative: float and half are exact to their rounding, PXR24 keeps 16 bits of fraction, B44 about 8; DWA keeps Z whole.
    const tolerance = name.includes('b44') ? 0.01 : name === 'Z-float-pxr24' ? 2 ** -15 : name.includes('half') ? 2 ** -11 : 2 ** -22
    for (let y = 0; y < 53; y++) {
      for (let x = 0; x < 67; x++) {
        const metres = 1.5 + 0.37 * Math.sin(0.13 * x) * Math.cos(0.21 * y) + 0.01 * x + 0.003 * y
        expect(Math.abs(raster.samples[y * 77 + x] - metres)).toBeLessThanOrEqual(metres * tolerance)
      }
    }
  })
})

describe('the channel that holds depth', () => {
  const colour = ['A', 'B', 'G', 'R'].map((name, i) => float(name, () => i))
  it.each([
    ['Z beside RGBA', [...colour, float('Z')], 'Z'],
    ['Blender’s Z pass', [float('ViewLayer.Combined.B', () => 0), float('ViewLayer.Depth.Z'), float('ViewLayer.Normal.X', () => 0), float('ViewLayer.Normal.Z', () => 0)], 'ViewLayer.Depth.Z'],
    ['depth.V', [...colour, float('depth.V')], 'depth.V'],
    ['Unreal’s WorldDepth layer', [...colour, float('FinalImageWorldDepth.G', () => 0), float('FinalImageWorldDepth.R')], 'FinalImageWorldDepth.R'],
    ['a channel called depth', [float('N.X', () => 0), float('N.Z', () => 0), float('depth')], 'depth'],
    ['Z before a layer called depth', [float('depth.V', () => 0), float('Z')], 'Z'],
    ['the Z of the default view', [float('Z'), float('left.Z', () => 0)], 'Z'],
    ['Y alone', [float('Y')], 'Y'],
    ['Y beside A', [float('A', () => 1), float('Y')], 'Y'],
    ['R alone', [float('R')], 'R'],
    ['R beside A', [float('A', () => 1), float('R')], 'R'],
    ['the layer of a part called depth', [float('A', () => 1), float('V')], 'V', 'depth'],
    ['the only channel there is', [float('beauty')], 'beauty'],
    ['R, G and B that agree', [float('A', () => 1), float('B'), float('G'), float('R')], 'R'],
  ])('is found: %s', async (_, channels, expected, name = 'beauty') => {
    const raster = await decode(exr({ channels, name }))
    expect(raster.channel).toBe(expected)
    expect(raster.channels).toEqual(channels.map(({ name }) => name))
    expectSamples(raster, depth)
  })

  it('is found in whatever part it is', async () => {
    const file = exr({ name: 'rgba', channels: colour, compression: 3 }, { name: 'depth', channels: [float('Z')], tile: [16, 16], compression: 3 })
    const raster = await decode(file)
    expect(raster).toMatchObject({ channel: 'depth.Z', channels: ['rgba.A', 'rgba.B', 'rgba.G', 'rgba.R', 'depth.Z'] })
    expectSamples(raster, depth)
    expectSamples(await decode(file, { channel: 'rgba.G' }), () => 2)
    expect(await decode(exr({ name: 'depth' })), 'the name of the only part says nothing').toMatchObject({ channel: 'Z', channels: ['Z'] })
  })

  it('is the one that the settings name', async () => {
    const file = exr({ channels: [...colour, float('Z')] })
    expectSamples(await decode(file, { channel: 'g' }), () => 2)
    expect(await refusal(file, { channel: 'depth.V' })).toBe(
      'INPUT_UNSUPPORTED: expected the channel "depth.V", found A, B, G, R, Z. Say which channel holds depth: "channel": "…" in the settings.',
    )
  })

  it.each([0, 3])('is found beside channels with fewer samples than pixels, wherever the picture begins (compression %i)', async (compression) => {
    const fewer: ExrChannelRecipe = { ...float('BY', () => -1), sampling: 2 }
    for (const data of [[0, 0, 8, 6], [1, 1, 8, 6], [-3, -5, 6, 4]] as const) {
      const raster = await decode(exr({ channels: [fewer, float('Z')], data, compression }))
      expectSamples(raster, (x, y) => depth(data[0] + x, data[1] + y))
    }
  })

  it('is not a normal’s, and not guessed among strangers', async () => {
    const names = Array.from({ length: 14 }, (_, i) => `c${String(i).padStart(2, '0')}`)
    expect(await refusal(exr({ channels: names.map((name) => float(name)) }))).toContain('expected a channel called Z, depth.Z, Y or R, found c00, c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11 and 2 more')
    for (const layer of ['N.', '']) {
      const vector = ['X', 'Y', 'Z'].map((axis) => layer + axis)
      expect(await refusal(exr({ channels: vector.map((name) => float(name)) }))).toContain(`found ${vector.join(', ')}`)
    }
    expect(await refusal(exr({ channels: [float('G'), float('R')] })), 'a picture without blue').toContain('found G, R')
  })

  it('is asked for when there is only a picture in colour', async () => {
    expect(await refusal(exr({ channels: colour }))).toBe(
      'INPUT_UNSUPPORTED: expected a channel for depth, found a picture in colour (A, B, G, R). Save the Z pass too, or say which channel holds depth: "channel": "R".',
    )
  })
})

describe('an EXR that is not read', () => {
  it('says how to save it instead', async () => {
    const lossy = readFileSync(new URL('../../fixtures/exr/Y-half-dwaa.exr', import.meta.url))
    expect(await refusal(lossy)).toBe(
      'INPUT_UNSUPPORTED: expected an EXR with NONE, RLE, ZIPS, ZIP, PIZ, PXR24 or B44 compression, found Y in DWAA compression, which is lossy. Save it again with ZIP compression: it is lossless, and small for depth.',
    )
    const logarithmic = (type: 'half' | 'float') => {
      const file = Buffer.from(exr({ compression: 6, channels: [{ name: 'Z', type, sample: () => 0x3c00 }] }))
      file[file.indexOf('Z\0') + 2 + 4] = 1
      return file
    }
    expect(await refusal(logarithmic('half'))).toContain('found B44 compression in logarithms')
    expectSamples(await decode(logarithmic('float')), () => 0x3c00)
    const newer = Buffer.from(exr())
    newer[newer.indexOf('compression\0compression\0') + 28] = 77
    expect(await refusal(newer)).toContain('found a compression that is newer than this program')
    expect(await refusal(exr({ type: 'deepscanline' }))).toBe('INPUT_UNSUPPORTED: expected a flat EXR, found a deep one (many samples a pixel). Flatten it (Nuke: DeepToImage), or render with deep output off.')
    expect(await refusal(exr({ channels: [{ name: 'Z', type: 'float', sample: depth, sampling: 2 }] }))).toContain('expected a channel at full size, found Z with one sample for 2 × 2 pixels. Save the Z pass at full size, or name another channel.')
    const version1 = exr()
    version1[4] = 1
    expect(await refusal(version1)).toBe('INPUT_UNSUPPORTED: expected OpenEXR 2, found version 1. Save it again as EXR with 32-bit float or half, ZIP.')
  })

  it('is refused by its size before anything is allocated', async () => {
    expect(await refusal(makeExr({ parts: [part({ data: [0, 0, 1, 1], display: [0, 0, 59_999, 59_999] })] }))).toContain('INPUT_TOO_LARGE: expected at most 67,108,864 pixels, found 60,000 × 60,000')
    const cropped = Buffer.from(makeExr({ parts: [part({ data: [0, 0, 1, 1], display: [0, 0, 1, 1] })] }))
    cropped.writeInt32LE(2 ** 29, cropped.indexOf('dataWindow\0') + 'dataWindow\0box2i\0'.length + 4 + 8)
    expect(await refusal(cropped)).toContain('INPUT_TOO_LARGE')
  })
})

describe('a broken EXR', () => {
  const sound = exr({ compression: 3 })

  it('is named as cut off, with the place', async () => {
    expect(await refusal(sound.subarray(0, 60))).toBe('INPUT_UNREADABLE: expected a whole EXR, found one that is cut off in its header, after 60 bytes. Export it again, or copy it again from where it is whole.')
    expect(await refusal(sound.subarray(0, sound.length - 5))).toMatch(/found one that is cut off in block 3 of 3, after [\d,]+ bytes/)
    const plain = exr({ data: [0, 0, 7, 2] })
    expect(await refusal(plain.subarray(0, plain.length - 8 * 4 - 3))).toMatch(/found one that is cut off in block 3 of 3, after [\d,]+ bytes/)
    const header = Buffer.from(sound).indexOf('lineOrder') + 40
    expect(await refusal(sound.subarray(0, header))).toMatch(/cut off in its (header|table of blocks)/)
  })

  it('is named as unfinished when blocks are missing', async () => {
    const unfinished = Buffer.from(exr({ data: [0, 0, 7, 1] }))
    const table = unfinished.length - 2 * (8 + 32) - 16
    unfinished.fill(0, table + 8, table + 16)
    expect(await refusal(unfinished)).toContain('found an unfinished picture (the table of blocks has gaps): the render was stopped early')
  })

  it('is named as damaged, with what is wrong', async () => {
    const edit = (bytes: Uint8Array, after: string, offset: number, value: number) => {
      const copy = Buffer.from(bytes)
      copy.writeInt32LE(value, copy.indexOf(after) + after.length + offset)
      return copy
    }
    expect(await refusal(edit(sound, 'dataWindow\0box2i\0', 4 + 8, -1))).toContain('found a window from 0, 0 to -1, 36')
    expect(await refusal(edit(sound, 'Z\0', 0, 7))).toContain('found a channel "Z" of an unknown kind')
    expect(await refusal(Buffer.from(Buffer.from(sound).toString('latin1').replace('dataWindow', 'dataWindov'), 'latin1'))).toContain('found a header without "dataWindow"')
    expect(await refusal(exr({ channels: [] }))).toContain('found a picture without channels')
    expect(await refusal(edit(exr({ tile: [16, 16] }), 'tiledesc\0', 4, 0))).toContain('found tiles of 0 × 16 pixels')
    expect(await refusal(edit(exr({ tile: [16, 16] }), 'tiledesc\0', 4 + 5, 3 << 24))).toContain('found tiles in levels of an unknown kind (3)')
    const flipped = Buffer.from(sound)
    flipped[flipped.length - 20] ^= 0xff
    expect(await refusal(flipped)).toMatch(/found a damaged block \(.+\)/)
  })

  it.each([
    ['ZIP', sound],
    ['RLE', exr({ compression: 1 })],
    ['tiles in two parts', exr({ name: 'a', channels: [float('R')] }, { name: 'b', tile: [16, 16], compression: 3 })],
    ...['Z-half-piz', 'Z-half-pxr24', 'Z-half-b44a', 'Z-half-dwaa'].map((name): [string, Uint8Array] => [name, readFileSync(new URL(`../../fixtures/exr/${name}.exr`, import.meta.url))]),
  ])('always ends, in samples or in a refusal: %s', async (_, file) => {
    let random = 1
    const next = (below: number): number => {
      random = (random * 48_271) % 0x7fff_ffff
      return random % below
    }
    for (let round = 0; round < 150; round++) {
      const damaged = Uint8Array.from(file)
      for (let i = 0; i <= next(4); i++) damaged[next(round % 2 === 0 ? Math.min(700, file.length) : file.length)] = next(256)
      const outcome = await decode(damaged, { maxPixels: 2 ** 20 }).catch((reason: unknown) => reason)
      if (outcome instanceof Error) expect(outcome, String(outcome.stack)).toBeInstanceOf(DepthMeshError)
    }
    for (let size = 4; size < file.length; size += Math.ceil(file.length / 100)) {
      expect(await decode(file.subarray(0, size)).catch((reason: unknown) => reason), `cut after ${size} bytes`).toBeInstanceOf(DepthMeshError)
    }
  })
})
