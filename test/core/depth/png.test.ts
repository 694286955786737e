import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { DecodeOptions } from '../../../src/core/index.js'
import { decode, refusal } from '../../support/decode.js'
import { makePng, pngChunk, pngHeader, pngOf } from '../../support/png.js'

/** Stored levels, as whole numbers; fails where a sample is not exactly one. */
async function levels(bytes: Uint8Array, options: Partial<DecodeOptions> = {}): Promise<number[]> {
  const { samples, bitDepth } = await decode(bytes, options)
  const top = 2 ** bitDepth - 1
  return Array.from(samples, (sample) => {
    const level = Math.round(sample * top)
    expect(Math.fround(level / top)).toBe(sample)
    return level
  })
}

const gray16 = (extra: Partial<Parameters<typeof makePng>[0]> = {}) =>
  makePng({ width: 256, height: 256, bitDepth: 16, colourType: 0, pixel: (x, y) => y * 256 + x, ...extra })

describe('decoding a PNG', () => {
  it('keeps each of the 65,536 levels of 16-bit gray', async () => {
    const raster = await decode(gray16())
    expect(raster).toMatchObject({ width: 256, height: 256, format: 'unorm', bitDepth: 16, source: 'png', channel: 'gray', channels: ['gray'], alpha: null, colourChunks: [] })
    for (let i = 0; i < 65_536; i++) expect(Math.fround(i / 65_535) === raster.samples[i], `level ${i}`).toBe(true)
  })

  it.each([1, 2, 4, 8] as const)('reads %i-bit gray as stored, and says how many bits there are', async (bitDepth) => {
    const top = 2 ** bitDepth - 1
    const png = makePng({ width: 300, height: 3, bitDepth, colourType: 0, pixel: (x) => x & top })
    const raster = await decode(png)
    expect(raster.bitDepth).toBe(bitDepth)
    expect([...raster.samples]).toEqual(Array.from({ length: 900 }, (_, i) => Math.fround(((i % 300) & top) / top)))
  })

  it('reports what speaks of gamma and colour, and lets it change nothing', async () => {
    const gamma = Buffer.alloc(4)
    gamma.writeUInt32BE(45_455)
    const profile = Buffer.concat([Buffer.from('gamma 1.8\0\0'), deflateSync(Buffer.from('no profile at all'))])
    const transparent = Uint8Array.of(0, 7)
    const chunks = [pngChunk('gAMA', gamma), pngChunk('iCCP', profile), pngChunk('tRNS', transparent), pngChunk('zTXt', Buffer.concat([Buffer.from('bomb\0\0'), deflateSync(Buffer.alloc(50_000_000))]))]
    const raster = await decode(gray16({ chunks }))
    expect(raster.colourChunks).toEqual(['gAMA 0.45455', 'iCCP'])
    expect(raster.alpha).toBeNull()
    expect(raster.samples).toEqual((await decode(gray16())).samples)
  })

  it('reads colour whose channels agree, at 8 and at 16 bits, and palettes by their colours', async () => {
    const rgb8 = makePng({ width: 16, height: 16, bitDepth: 8, colourType: 2, pixel: (x, y) => [y * 16 + x, y * 16 + x, y * 16 + x] })
    expect(await levels(rgb8)).toEqual(Array.from({ length: 256 }, (_, i) => i))
    const rgba16 = makePng({ width: 64, height: 64, bitDepth: 16, colourType: 6, pixel: (x, y) => [y * 1000 + x, y * 1000 + x, y * 1000 + x, 65_535] })
    expect((await levels(rgba16)).slice(64 * 63)).toEqual(Array.from({ length: 64 }, (_, x) => 63_000 + x))
    const palette = pngChunk('PLTE', Uint8Array.from({ length: 48 }, (_, i) => 200 - Math.floor(i / 3)))
    const indexed = makePng({ width: 16, height: 2, bitDepth: 4, colourType: 3, chunks: [palette], pixel: (x) => x })
    expect(await decode(indexed)).toMatchObject({ bitDepth: 8, channel: 'rgb' })
    expect((await levels(indexed)).slice(0, 16)).toEqual(Array.from({ length: 16 }, (_, i) => 200 - i))
  })

  it('keeps the levels under alpha, and alpha beside them', async () => {
    const png = makePng({ width: 4, height: 2, bitDepth: 16, colourType: 4, pixel: (x, y) => [1000 * x + y, x < 2 ? 65_535 : 0] })
    const raster = await decode(png)
    expect([...raster.alpha!]).toEqual([255, 255, 0, 0, 255, 255, 0, 0])
    expect(await levels(png)).toEqual([0, 1000, 2000, 3000, 1, 1001, 2001, 3001])
  })

  it('keeps the upper 8 of 16 bits of alpha', async () => {
    const stored = [0x7fff, 0x8000, 0x00ff, 0xffff]
    const png = makePng({ width: 4, height: 1, bitDepth: 16, colourType: 4, pixel: (x) => [x, stored[x]!] })
    expect([...(await decode(png)).alpha!]).toEqual([127, 128, 0, 255])
  })

  it('reads a palette whose entries are transparent', async () => {
    const chunks = [pngChunk('PLTE', Uint8Array.of(0, 0, 0, 90, 90, 90, 200, 200, 200)), pngChunk('tRNS', Uint8Array.of(0))]
    const png = makePng({ width: 3, height: 2, bitDepth: 2, colourType: 3, chunks, pixel: (x) => x })
    expect(await levels(png)).toEqual([0, 90, 200, 0, 90, 200])
    expect([...(await decode(png)).alpha!]).toEqual([0, 255, 255, 0, 255, 255])
  })

  it.each([
    ['8-bit gray', 8, 0], ['16-bit gray', 16, 0], ['1-bit gray', 1, 0], ['16-bit gray with alpha', 16, 4], ['8-bit RGB', 8, 2], ['16-bit RGB with alpha', 16, 6],
  ] as const)('undoes every filter, above and at the first row: %s', async (_, bitDepth, colourType) => {
    const top = 2 ** bitDepth - 1
    const level = (x: number, y: number) => Math.imul(x * 7919 + y * 104_729 + x * y, 40_503) & top
    const rows = [[0], [1], [2], [3], [4], [0, 1, 2, 3, 4, 4, 3, 2, 1, 2, 0, 3, 1, 4, 2]]
    for (const [width, filters] of [1, 2, 3, 37].flatMap((width) => rows.map((filters) => [width, filters] as const))) {
      const pixel = (x: number, y: number) => [level(x, y), ...(colourType === 2 || colourType === 6 ? [level(x, y), level(x, y)] : []), ...(colourType >= 4 ? [level(y, x)] : [])]
      const png = makePng({ width, height: 30, bitDepth, colourType, filters, pixel })
      expect(await levels(png), `${width} wide, ${filters}`).toEqual(Array.from({ length: width * 30 }, (_, i) => level(i % width, Math.floor(i / width))))
    }
  })

  it('reads what libpng wrote and reads: filters chosen row by row, interlaced or not', async () => {
    const [width, height] = [123, 77]
    const stored = Uint16Array.from({ length: width * height }, (_, i) => 30_000 + 20_000 * Math.sin((i % width) / 9) * Math.cos(i / width / 7) + ((i * 48_271) % (i % 7 === 0 ? 4001 : 3)))
    for (const progressive of [false, true]) {
      const png = await sharp(stored, { raw: { width, height, channels: 1 } }).toColourspace('grey16').png({ progressive, adaptiveFiltering: true }).toBuffer()
      expect(await levels(png)).toEqual([...stored])
    }
  })

  it('reads interlaced pictures of any size', async () => {
    for (const [width, height] of [[1, 1], [3, 2], [5, 9], [64, 33]]) {
      const stored = Uint16Array.from({ length: width * height }, (_, i) => i * 31)
      const png = await sharp(stored, { raw: { width, height, channels: 1 } }).toColourspace('grey16').png({ progressive: true }).toBuffer()
      expect(await levels(png)).toEqual([...stored])
    }
  })

  it.each([['transparent', 0], ['opaque', 255]])('takes no notice of an alpha that is %s everywhere', async (_, value) => {
    expect((await decode(makePng({ width: 4, height: 4, bitDepth: 8, colourType: 6, pixel: (x) => [x, x, x, value] }))).alpha).toBeNull()
  })

  it('refuses channels that differ by a single step of a single pixel, until one is named', async () => {
    const png = makePng({ width: 16, height: 16, bitDepth: 8, colourType: 2, pixel: (x, y) => [100 + y + (x === 3 && y === 5 ? 1 : 0), 100 + y, 100 + y] })
    expect(await refusal(png)).toBe(
      'INPUT_UNSUPPORTED: expected gray, found channels that differ by up to 1 of 255. ' +
        'Say which channel holds depth: "channel": "g" where gray was only rounded in a colour space, else "r" or "b"; or save the map as gray.',
    )
    expect((await levels(png, { channel: 'g' })).slice(0, 32)).toEqual([...Array<number>(16).fill(100), ...Array<number>(16).fill(101)])
  })

  it('reads the channel that the settings name', async () => {
    const png = makePng({ width: 4, height: 2, bitDepth: 16, colourType: 2, pixel: (x, y) => [x, 1000 + y, 50_000] })
    expect(await levels(png, { channel: 'r' })).toEqual([0, 1, 2, 3, 0, 1, 2, 3])
    expect(await levels(png, { channel: 'G' })).toEqual([1000, 1000, 1000, 1000, 1001, 1001, 1001, 1001])
    expect((await decode(gray16(), { channel: 'b' })).samples).toEqual((await decode(gray16())).samples)
    expect(await refusal(png, { channel: 'Z' })).toBe('INPUT_UNSUPPORTED: expected the channel "Z", found r, g, b. Set "channel" to one of "r", "g", "b".')
    const transparent = makePng({ width: 2, height: 2, bitDepth: 8, colourType: 4, pixel: (x) => [x, 255 * x] })
    for (const gray of [gray16(), transparent]) expect(await refusal(gray, { channel: 'Z' })).toBe('INPUT_UNSUPPORTED: expected the channel "Z", found gray alone. Remove "channel" from the settings.')
  })
})

describe('a colour picture under the name of a depth map', () => {
  it('is refused with the way out when its channels differ a little', async () => {
    const png = makePng({ width: 64, height: 64, bitDepth: 8, colourType: 2, pixel: (x) => [x, x + 2, x] })
    expect(await refusal(png)).toBe(
      'INPUT_UNSUPPORTED: expected gray, found channels that differ by up to 2 of 255. ' +
        'Say which channel holds depth: "channel": "g" where gray was only rounded in a colour space, else "r" or "b"; or save the map as gray.',
    )
  })

  it('says the difference in steps of 8 bits, whatever its bits and whichever channel is off', async () => {
    for (const odd of [0, 1, 2]) {
      const png = makePng({ width: 64, height: 64, bitDepth: 16, colourType: 2, pixel: (x) => [0, 1, 2].map((channel) => 257 * x + (channel === odd ? 0 : 10 * 256)) })
      expect(await refusal(png)).toContain('expected gray, found channels that differ by up to 10 of 255.')
    }
  })

  it('is recognised as false colour', async () => {
    const png = makePng({ width: 256, height: 8, bitDepth: 8, colourType: 2, pixel: (x) => [x, Math.abs(2 * x - 255), 255 - x] })
    expect(await refusal(png)).toMatch(/^INPUT_UNSUPPORTED: expected gray, found depth in false colour \(about \d+ colours, channels that differ by up to 25\d of 255\)\. The colour ramp is for looking at: export the values themselves as a 16-bit gray PNG \(switch the colour map off\)\. If one channel does hold depth, name it: "channel": "r"\.$/)
  })

  it('is recognised as a picture in colour', async () => {
    const png = makePng({ width: 64, height: 64, bitDepth: 8, colourType: 2, pixel: (x, y) => [4 * x, 4 * y, (x * y) & 255] })
    expect(await refusal(png)).toMatch(
      /^INPUT_UNSUPPORTED: expected gray, found a picture in colour \(channels that differ by up to 2\d\d of 255\)\. The colour picture belongs in canyon\.color\.png, its depth in canyon\.depth\.png\. If one channel does hold depth, name it: "channel": "r"\.$/,
    )
  })

  describe('that stands beside its map, as estimators save both to be looked at', () => {
    const photo = (x: number, y: number) => [4 * x, 4 * y, (x * y) & 255]
    const gray = (x: number) => [3 * x, 3 * x, 3 * x]
    const ramp = (x: number) => [4 * x, Math.abs(8 * x - 255), 255 - 4 * x]
    const pair = (gap: number, map: (x: number) => number[]) =>
      makePng({ width: 128 + gap, height: 48, bitDepth: 8, colourType: 2, pixel: (x, y) => (x < 64 ? photo(x, y) : x < 64 + gap ? [255, 255, 255] : map(x - 64 - gap)) })

    it('is recognised by the white stripe between them', async () => {
      expect(await refusal(pair(50 - 28, gray))).toBe(
        'INPUT_UNSUPPORTED: expected gray, found a picture and its map side by side. ' +
          'Save the map alone, in gray (--pred-only --grayscale in Depth Anything’s run.py), or cut it out: it is 64 × 48 pixels from x = 86 on.',
      )
      expect(await refusal(pair(22, ramp))).toBe(
        'INPUT_UNSUPPORTED: expected gray, found a picture and its map side by side. Save the map alone, in gray (--pred-only --grayscale in Depth Anything’s run.py).',
      )
    })

    it('is recognised by its gray half where nothing stands between them', async () => {
      expect(await refusal(pair(0, gray))).toContain('found a picture and its map side by side. Save the map alone, in gray (--pred-only --grayscale in Depth Anything’s run.py), or cut it out: it is 64 × 48 pixels from x = 64 on.')
    })
  })

  const hill = (x: number, y: number) => 1234.5 + 800 * Math.sin(x / 20) * Math.cos(y / 30)
  const tile = (packed: (metres: number) => number) =>
    makePng({
      width: 128,
      height: 128,
      bitDepth: 8,
      colourType: 2,
      pixel: (x, y) => {
        const v = x === 5 && y === 0 ? 0 : Math.round(packed(hill(x, y)))
        return [v >> 16, (v >> 8) & 255, v & 255]
      },
    })
  it.each([
    ['terrain-rgb' as const, 'Mapbox Terrain-RGB', tile((metres) => (metres + 10_000) * 10), 0.05],
    ['terrarium' as const, 'Terrarium', tile((metres) => (metres + 32_768) * 256), 0.5 / 256],
  ])('is recognised as %s, and read as metres when told so', async (encoding, name, png, tolerance) => {
    expect(await refusal(png)).toBe(
      `INPUT_UNSUPPORTED: expected gray, found heights packed into R, G and B, as ${name} tiles have them. Set "encoding": "${encoding}" and "projection": "orthographic".`,
    )
    const raster = await decode(png, { encoding })
    expect(raster).toMatchObject({ format: 'float', bitDepth: 24, channel: 'rgb' })
    expect(raster.samples[5], 'no data').toBeNaN()
    for (const [x, y] of [[0, 0], [127, 3], [64, 64]]) expect(Math.abs(raster.samples[y * 128 + x] - hill(x, y))).toBeLessThan(tolerance + 1e-3)
  })

  it.each([
    ['three.js and engines', (v: number) => [v >> 16, (v >> 8) & 255, v & 255]],
    ['CARLA', (v: number) => [v & 255, (v >> 8) & 255, v >> 16]],
    ['three.js until 2024', (v: number) => [0, v & 255, (v >> 8) & 255, v >> 16]],
  ])('is recognised as depth that is packed into channels, as by %s', async (_, pack) => {
    // A floor that comes nearer downward, and a box on it.
    const depth = (x: number, y: number) => Math.round(2 ** 24 * (x > 40 && x < 70 && y > 30 && y < 60 ? 0.2 : 0.9 - y / 1800))
    const png = makePng({ width: 128, height: 96, bitDepth: 8, colourType: pack(0).length === 4 ? 6 : 2, pixel: (x, y) => pack(depth(x, y)) })
    expect(await refusal(png)).toBe(
      'INPUT_UNSUPPORTED: expected gray, found depth packed into the bytes of several channels. Unpack it into one number a pixel (three.js: unpackRGBAToDepth; CARLA: ColorConverter.Depth), and save that as float TIFF or 16-bit gray PNG.',
    )
  })

  it('is needed for elevation tiles', async () => {
    expect(await refusal(gray16(), { encoding: 'terrarium' })).toBe(
      'INPUT_UNSUPPORTED: expected 8-bit R, G and B that pack a height (encoding "terrarium"), found gray. For gray levels use "encoding": "disparity", "depth" or "metric".',
    )
    const gray8 = makePng({ width: 4, height: 4, bitDepth: 8, colourType: 0, pixel: (x) => x })
    expect(await refusal(gray8, { encoding: 'terrarium' })).toContain('(encoding "terrarium"), found gray. For gray levels')
    const wide = makePng({ width: 4, height: 4, bitDepth: 16, colourType: 2, pixel: () => [1, 2, 3] })
    expect(await refusal(wide, { encoding: 'terrain-rgb' })).toContain('(encoding "terrain-rgb"), found colour of 16 bits. For gray levels')
  })
})

describe('a broken PNG', () => {
  const sound = gray16()
  const spoilt = (at: number, value: number) => Uint8Array.from(sound, (byte, i) => (i === at ? value : byte))

  it('is named as cut off, with the chunk and the size', async () => {
    expect(await refusal(sound.subarray(0, 5))).toBe('INPUT_UNREADABLE: expected a PNG, TIFF or EXR, found a PNG that is cut off after 5 bytes. Export or copy it again.')
    expect(await refusal(sound.subarray(0, 20))).toContain('found one that is cut off in or after its IHDR chunk, after 20 bytes')
    expect(await refusal(sound.subarray(0, 5000))).toBe(
      'INPUT_UNREADABLE: expected a whole PNG, found one that is cut off in or after its IDAT chunk, after 5,000 bytes. Export it again, or copy it again from where it is whole.',
    )
    expect(await refusal(sound.subarray(0, -12)), 'all but IEND').toContain('cut off in or after its IDAT chunk')
  })

  it('is named as damaged, with the chunk and the place', async () => {
    expect(await refusal(spoilt(100, 0x55))).toBe(
      'INPUT_UNREADABLE: expected a sound PNG, found a damaged IDAT chunk at byte 33 (its check sum is wrong). Export it again, or copy it again from where it is whole.',
    )
    expect(await refusal(pngOf(pngHeader(4, 4, 16, 0), pngChunk('IEND')))).toContain('found no pixel data (IDAT)')
    expect(await refusal(pngOf(pngChunk('IDAT'), pngChunk('IEND')))).toContain('found IDAT where the header (IHDR) should stand')
    expect(await refusal(pngOf(pngHeader(4, 4, 16, 0), pngHeader(4, 4, 16, 0)))).toContain('found a second header (IHDR)')
    expect(await refusal(pngOf(pngHeader(4, 4, 16, 0), pngChunk('IDAT'), pngChunk('tEXt'), pngChunk('IDAT')))).toContain('found pixel data (IDAT) in two places')
    expect(await refusal(pngOf(pngHeader(4, 4, 8, 3), pngChunk('IDAT')))).toContain('found a palette picture without its palette (PLTE)')
    expect(await refusal(pngOf(pngHeader(4, 4, 8, 3), pngChunk('PLTE', new Uint8Array(4))))).toContain('found a broken palette (PLTE)')
    expect(await refusal(pngOf(pngHeader(4, 4, 8, 0), Uint8Array.of(0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0)))).toContain('found no chunk where one should begin, at byte 33')
  })

  it('is refused by its header where PNG has no such thing', async () => {
    expect(await refusal(pngOf(pngHeader(0, 4, 8, 0)))).toContain('found a header that says 0 × 4 pixels')
    expect(await refusal(pngOf(pngHeader(4, 4, 3, 0)))).toContain('found a header that says 3 bits for gray, which PNG does not have')
    expect(await refusal(pngOf(pngHeader(4, 4, 8, 5)))).toContain('found a header with colour type 5, which PNG does not have')
    expect(await refusal(pngOf(pngHeader(4, 4, 8, 0, 2)))).toContain('found a header with a compression, filter or interlacing that PNG does not have')
  })

  it('is refused when its pixel data are fewer, more or other than its header says, check sums or not', async () => {
    expect(await refusal(gray16({ spoil: (raw) => raw.subarray(0, raw.length / 2) }))).toContain('found pixel data for 128 of 256 rows')
    expect(await refusal(gray16({ spoil: (raw) => Buffer.concat([raw, raw]) }))).toContain('found more pixel data than the 256 × 256 pixels of its header need')
    const packed = deflateSync(new Uint8Array(4 * 9))
    packed[packed.length - 1] ^= 1
    expect(await refusal(pngOf(pngHeader(4, 4, 16, 0), pngChunk('IDAT', packed), pngChunk('IEND')))).toContain('found damaged pixel data (incorrect data check)')
    const filter9 = gray16({ spoil: (raw) => raw.map((byte, i) => (i === 0 ? 9 : byte)) })
    expect(await refusal(filter9)).toContain('expected a sound PNG, found a row with filter 9, which PNG does not have. Export it again')
    const colours = pngChunk('PLTE', Uint8Array.of(0, 0, 0, 90, 90, 90, 200, 200, 200))
    expect(await refusal(makePng({ width: 4, height: 1, bitDepth: 2, colourType: 3, chunks: [colours], pixel: (x) => x }))).toContain('found a pixel of colour 3 in a palette of 3')
  })

  it('is refused when it needs what only one maker understands', async () => {
    expect(await refusal(pngOf(pngChunk('CgBI', new Uint8Array(4)), pngHeader(4, 4, 8, 6)))).toBe(
      'INPUT_UNSUPPORTED: expected a standard PNG, found one that Xcode packed for iOS (CgBI). Use the original, or unpack it: xcrun pngcrush -revert-iphone-optimizations in.png out.png.',
    )
    expect(await refusal(pngOf(pngHeader(4, 4, 8, 0), pngChunk('ABCD')))).toBe(
      'INPUT_UNSUPPORTED: expected a standard PNG, found one with an unknown critical chunk (ABCD). Save it again from a paint program.',
    )
  })

  it('is refused by its size before anything is allocated', async () => {
    const before = process.memoryUsage.rss()
    expect(await refusal(pngOf(pngHeader(60_000, 60_000, 16, 0), pngChunk('IDAT'), pngChunk('IEND')))).toBe(
      'INPUT_TOO_LARGE: expected at most 67,108,864 pixels, found 60,000 × 60,000. Scale the map down, or raise "limits.maxPixels" if it really is that large.',
    )
    expect(await refusal(sound, { maxPixels: 65_535 })).toContain('expected at most 65,535 pixels, found 256 × 256')
    expect(await refusal(pngOf(pngHeader(1, 65_535, 16, 0)))).toContain('expected sides of at most 32,768 pixels, found 1 × 65,535. Scale the map down, or cut it into several.')
    expect(process.memoryUsage.rss() - before).toBeLessThan(120e6)
  })
})
