import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { probeTiff } from '../../../src/core/depth/tiff-probe.js'
import { DepthMeshError } from '../../../src/core/index.js'
import { decode, refusal } from '../../support/decode.js'
import { makeTiff, type TiffRecipe } from '../../support/tiff.js'

const every16 = Uint16Array.from({ length: 65_536 }, (_, i) => i)
const gray16 = (extra: Partial<TiffRecipe> = {}) => makeTiff({ width: 256, height: 256, samples: every16, bitDepth: 16, ...extra })
const floats = Float32Array.from({ length: 64 }, (_, i) => [NaN, Infinity, -Infinity, -3.4e38, 1e10, -273.15, 0.1][i] ?? i * 1.37)
const float32 = (extra: Partial<TiffRecipe> = {}) => makeTiff({ width: 8, height: 8, samples: floats, bitDepth: 32, sampleFormat: 3, ...extra })

/** A copy of a little-endian TIFF with one of its tags changed. */
function changed(tiff: Uint8Array, id: number, change: (tag: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(tiff)
  const view = new DataView(copy.buffer)
  const directory = view.getUint32(4, true)
  for (let at = directory + 2; at < directory + 2 + 12 * view.getUint16(directory, true); at += 12) if (view.getUint16(at, true) === id) change(new DataView(copy.buffer, at, 12))
  return copy
}
const signed = (tiff: Uint8Array) => changed(tiff, 339, (tag) => tag.setUint16(8, 2, true))
const compressedBy = (tiff: Uint8Array, compression: number) => changed(tiff, 259, (tag) => tag.setUint16(8, compression, true))

describe('decoding a TIFF', () => {
  it.each([
    ['little-endian', {}],
    ['big-endian', { bigEndian: true }],
    ['BigTIFF', { bigTiff: true }],
    ['big-endian BigTIFF', { bigTiff: true, bigEndian: true }],
  ])('keeps each of the 65,536 levels: %s', async (_, extra) => {
    const raster = await decode(gray16(extra))
    expect(raster).toMatchObject({ width: 256, height: 256, format: 'unorm', bitDepth: 16, source: 'tiff', channel: 'gray', alpha: null })
    expect(raster.samples).toEqual(Float32Array.from(every16, (level) => level / 65_535))
  })

  it.each(['lzw', 'deflate', 'packbits', 'none'] as const)('keeps whatever is in them through %s, in strips and in tiles', async (compression) => {
    // Noise fills the table of LZW up again and again; runs are what PackBits is for.
    const stored = Uint16Array.from({ length: 300 * 200 }, (_, i) => (i % 4000 < 1500 ? 77 : Math.imul(i, 2_654_435_761) >>> 16))
    for (const tile of [false, true]) {
      const tiff = await sharp(stored, { raw: { width: 300, height: 200, channels: 1 } }).toColourspace('grey16').tiff({ compression, predictor: 'none', tile, tileWidth: 64, tileHeight: 64 }).toBuffer()
      expect((await decode(tiff)).samples).toEqual(Float32Array.from(stored, (level) => level / 65_535))
    }
  })

  it.each(['lzw', 'deflate'] as const)('keeps them through %s with a predictor, in tiles', async (compression) => {
    const tiff = await sharp(every16, { raw: { width: 256, height: 256, channels: 1 } })
      .toColourspace('grey16')
      .tiff({ compression, predictor: 'horizontal', tile: true, tileWidth: 64, tileHeight: 64 })
      .toBuffer()
    expect((await decode(tiff)).samples).toEqual((await decode(gray16())).samples)
  })

  it.each([1, 2, 4, 8, 16])('reads levels of %i bits as such, whether black or white is zero', async (bitDepth) => {
    const [width, height, top] = [13, 5, 2 ** bitDepth - 1]
    const levels = Array.from({ length: width * height }, (_, i) => (i * 7919 + (i >> 3)) & top)
    // Each row begins with a byte of its own.
    const rows = Array.from({ length: height }, (_, y) => levels.slice(y * width, (y + 1) * width).map((level) => level.toString(2).padStart(bitDepth, '0')).join('').padEnd(Math.ceil((width * bitDepth) / 8) * 8, '0'))
    const bytes = Uint8Array.from(rows.join('').match(/.{8}/g)!, (bits) => parseInt(bits, 2))
    const samples = bitDepth === 16 ? Uint16Array.from(levels) : bytes
    for (const photometric of [0, 1]) {
      const raster = await decode(makeTiff({ width, height, samples, bitDepth, photometric }))
      expect(raster).toMatchObject({ width, height, bitDepth, format: 'unorm', alpha: null })
      expect([...raster.samples].map((sample) => Math.round(sample * top * 100) / 100)).toEqual(photometric === 1 ? levels : levels.map((level) => top - level))
    }
  })

  it('needs no tag to be told what goes without saying', async () => {
    const whole = await decode(gray16())
    // One channel, whole numbers, all rows in one strip.
    expect(await decode(gray16({ without: [277, 278, 284, 339] }))).toEqual(whole)
    expect(await decode(gray16({ tags: [[278, 4, [0xffff_ffff]]] }))).toEqual(whole)
    // One bit.
    const bits = await decode(makeTiff({ width: 8, height: 1, samples: Uint8Array.of(0b1011_0001), bitDepth: 1, without: [258] }))
    expect(bits).toMatchObject({ bitDepth: 1, samples: Float32Array.of(1, 0, 1, 1, 0, 0, 0, 1) })
  })

  it('reads a BigTIFF as programs write it, with places of 64 bits', async () => {
    const tiff = await sharp(every16, { raw: { width: 256, height: 256, channels: 1 } }).toColourspace('grey16').tiff({ compression: 'deflate', predictor: 'none', bigtiff: true }).toBuffer()
    expect((await decode(tiff)).samples).toEqual((await decode(gray16())).samples)
  })

  it('reads pixels that end with the file, behind all that tells of them', async () => {
    const { length } = gray16()
    const pixels = new Uint8Array(every16.buffer)
    expect((await decode(Buffer.concat([gray16({ tags: [[273, 4, [length]]] }), pixels]))).samples).toEqual((await decode(gray16())).samples)
  })

  it('reads a last strip that was filled up to the height of the others', async () => {
    const rows = Uint16Array.from({ length: 8 * 4 }, (_, i) => i * 99)
    const filled = makeTiff({ width: 4, height: 6, samples: Uint8Array.from(deflateSync(new Uint8Array(rows.buffer))), bitDepth: 16, tags: [[259, 3, [8]], [278, 4, [8]]] })
    expect((await decode(filled)).samples).toEqual(Float32Array.from(rows.subarray(0, 24), (level) => level / 65_535))
  })

  it.each([['little-endian', false], ['big-endian', true]])('keeps floats as they are, NaN, Inf and negatives too: %s', async (_, bigEndian) => {
    const raster = await decode(float32({ bigEndian }))
    expect(raster).toMatchObject({ format: 'float', bitDepth: 32, source: 'tiff', channel: 'gray' })
    expect(raster.samples).toEqual(floats)
  })

  it.each([
    ['little-endian', {}],
    ['big-endian', { bigEndian: true }],
    ['big-endian BigTIFF', { bigTiff: true, bigEndian: true }],
  ])('keeps signed heights as elevation models store them: %s', async (_, extra) => {
    const heights = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768)
    const tiff = makeTiff({ width: 256, height: 256, samples: heights, bitDepth: 16, sampleFormat: 2, ...extra })
    const file = Buffer.from(tiff)
    const raster = await decode(file)
    expect(raster).toMatchObject({ format: 'float', bitDepth: 16, source: 'tiff', channel: 'gray' })
    expect(raster.samples).toEqual(Float32Array.from(heights))
    expect(file, 'what it was read from').toEqual(Buffer.from(tiff))
  })

  it('keeps signed heights through Deflate with a predictor, in tiles', async () => {
    const compressed = await sharp(every16, { raw: { width: 256, height: 256, channels: 1 } }).toColourspace('grey16').tiff({ compression: 'deflate', predictor: 'horizontal', tile: true, tileWidth: 64, tileHeight: 64 }).toBuffer()
    const { samples } = await decode(signed(compressed))
    expect(samples).toEqual(Float32Array.from(every16, (level) => (level > 32_767 ? level - 65_536 : level)))
  })

  it('knows the value that means "no data" to GDAL', async () => {
    const lowlands = await decode(float32({ tags: [[42_113, 2, '-273.15']] }))
    expect(lowlands.samples).toEqual(floats.map((value, i) => (i === 5 ? NaN : value)))
    expect((await decode(float32({ tags: [[42_113, 2, '0']], samples: floats.map((value, i) => (i === 9 ? 0 : value)) }))).samples[9]).toBeNaN()
    for (const [samples, bitDepth, noData] of [[Uint16Array.of(1, 65_535, 3, 4), 16, '65535'], [Uint16Array.of(1, 0, 3, 4), 16, '0'], [Uint8Array.of(1, 254, 3, 4), 8, '254']] as const) {
      expect([...(await decode(makeTiff({ width: 2, height: 2, samples, bitDepth, tags: [[42_113, 2, noData]] }))).alpha!]).toEqual([255, 0, 255, 255])
    }
    // Beside an alpha of its own, which says the same of another pixel.
    const both = await decode(makeTiff({ width: 2, height: 2, samples: Uint16Array.of(1, 65_535, 0, 65_535, 3, 0, 4, 65_535), bitDepth: 16, channels: 2, tags: [[338, 3, [2]], [42_113, 2, '0']] }))
    expect([...both.alpha!]).toEqual([255, 0, 0, 255])
  })

  it('knows a GeoTIFF', async () => {
    const keys = [34_735, 3, [1, 1, 0, 1, 1024, 0, 1, 1]] as const
    expect(await decode(gray16({ tags: [keys] }))).toMatchObject({ georeferenced: true })
    expect(await decode(gray16())).toMatchObject({ georeferenced: false })
  })

  it('reads colour whose channels agree, and the one that is named where they do not', async () => {
    const alike = makeTiff({ width: 64, height: 64, samples: Uint16Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.floor(i / 3) * 16), bitDepth: 16, channels: 3, photometric: 2 })
    expect((await decode(alike)).samples).toEqual(Float32Array.from({ length: 4096 }, (_, i) => (i * 16) / 65_535))
    const mixed = makeTiff({ width: 4, height: 2, samples: Float32Array.from({ length: 24 }, (_, i) => i / 2), bitDepth: 32, sampleFormat: 3, channels: 3, photometric: 2 })
    expect(await refusal(mixed)).toBe(
      'INPUT_UNSUPPORTED: expected gray, found floats that differ from channel to channel. Save depth alone, as gray, or say which channel holds it: "channel": "r", "g" or "b".',
    )
    expect([...(await decode(mixed, { channel: 'g' })).samples]).toEqual([0.5, 2, 3.5, 5, 6.5, 8, 9.5, 11])
    const levels = makeTiff({ width: 4, height: 2, samples: Uint16Array.from({ length: 24 }, (_, i) => i * 2000), bitDepth: 16, channels: 3, photometric: 2 })
    expect((await decode(levels, { channel: 'g' })).samples).toEqual(Float32Array.from({ length: 8 }, (_, i) => ((3 * i + 1) * 2000) / 65_535))
  })

  it('reads channels that are stored one after the other', async () => {
    const samples = Uint16Array.from({ length: 3 * 40 * 30 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 16)
    const planes = makeTiff({ width: 40, height: 30, samples, bitDepth: 16, channels: 3, photometric: 2, planar: true })
    for (const [i, channel] of ['r', 'g', 'b'].entries()) {
      expect((await decode(planes, { channel })).samples).toEqual(Float32Array.from(samples.subarray(i * 1200, (i + 1) * 1200), (level) => level / 65_535))
    }
  })

  it.each([['it is multiplied by', 1], ['it stands beside', 2]])('keeps alpha apart from the levels that %s', async (_, kind) => {
    const samples = Uint16Array.of(100, 65_535, 200, 0, 300, 65_535, 400, 65_535)
    const raster = await decode(makeTiff({ width: 2, height: 2, samples, bitDepth: 16, channels: 2, tags: [[338, 3, [kind]]] }))
    // (Of what is transparent nothing is left that it could have been multiplied by.)
    expect([...raster.samples].filter((_, i) => i !== 1)).toEqual([100, 300, 400].map((level) => Math.fround(level / 65_535)))
    expect([...raster.alpha!]).toEqual([255, 0, 255, 255])
  })

  it('reports a colour profile, and lets it change nothing', async () => {
    const raster = await decode(gray16({ tags: [[34_675, 2, 'no profile']] }))
    expect(raster.colourChunks).toEqual(['ICC profile'])
    expect(raster.samples).toEqual((await decode(gray16())).samples)
    const curve = Array.from({ length: 65_536 }, (_, i) => Math.round(65_535 * (i / 65_535) ** 2.2))
    expect(await decode(gray16({ tags: [[301, 3, curve]] }))).toMatchObject({ colourChunks: ['TransferFunction'], samples: raster.samples })
    // A true profile, which moves red and blue apart.
    const noise = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24)
    const profiled = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } }).tiff({ compression: 'none' }).withIccProfile('p3').toBuffer()
    const without = changed(profiled, 34_675, (tag) => tag.setUint16(0, 65_000, true))
    expect((await decode(profiled, { channel: 'r' })).colourChunks).toEqual(['ICC profile'])
    for (const channel of ['r', 'g', 'b']) expect((await decode(profiled, { channel })).samples).toEqual((await decode(without, { channel })).samples)
  })
})

describe('a TIFF that is no depth map', () => {
  const toFloat = 'Convert it to 32-bit floats: gdal_translate -ot Float32 in.tif out.tif, or cv2.imwrite with array.astype("float32").'
  it.each([
    ['signed 32-bit whole numbers', makeTiff({ width: 2, height: 2, samples: Uint32Array.of(1, 2, 3, 4), bitDepth: 32, sampleFormat: 2 })],
    ['32-bit whole numbers', makeTiff({ width: 2, height: 2, samples: Uint32Array.of(1, 2, 3, 4), bitDepth: 32 })],
    ['64-bit floats', makeTiff({ width: 2, height: 2, samples: Float64Array.of(1, 2, 3, 4), bitDepth: 64, sampleFormat: 3 })],
    ['16-bit floats', makeTiff({ width: 2, height: 2, samples: new Uint16Array(4), bitDepth: 16, sampleFormat: 3 })],
    ['samples of another kind', makeTiff({ width: 2, height: 2, samples: new Uint16Array(4), bitDepth: 16, sampleFormat: 5 })],
  ])('is refused with the way out: %s', async (found, tiff) => {
    expect(await refusal(tiff)).toBe(`INPUT_UNSUPPORTED: expected a TIFF of 8 or 16-bit levels or 32-bit floats, found ${found}. ${toFloat}`)
  })

  it('is refused when its colours or channels are of another kind', async () => {
    expect(await refusal(makeTiff({ width: 2, height: 2, samples: new Uint8Array(4), bitDepth: 8, photometric: 3 }))).toContain('found a palette, CMYK, Lab or other kind of colour. Save the map as gray.')
    expect(await refusal(makeTiff({ width: 2, height: 2, samples: new Uint16Array(20), bitDepth: 16, channels: 5 }))).toContain('found 5 channels without names. Save depth alone, as gray, or all channels as EXR, where each has its name.')
    expect(await refusal(makeTiff({ width: 2, height: 2, samples: new Uint16Array(20), bitDepth: 16, channels: 5, photometric: 2 }))).toContain('found a palette, CMYK, Lab or other kind of colour. Save the map as gray.')
    expect(await refusal(makeTiff({ width: 2, height: 2, samples: new Int16Array(8), bitDepth: 16, sampleFormat: 2, channels: 2, tags: [[338, 3, [2]]] }))).toContain('found signed 16-bit whole numbers. Convert it')
    expect(await refusal(makeTiff({ width: 2, height: 2, samples: new Uint16Array(4), bitDepth: 12 }))).toContain('found 12-bit whole numbers. Save it with 16 bits.')
    const mixed = makeTiff({ width: 2, height: 2, samples: new Float32Array(12), bitDepth: 32, sampleFormat: 3, channels: 3, photometric: 2 })
    expect(await refusal(mixed, { encoding: 'terrarium' })).toContain('found colour of floats. For gray levels')
  })

  it('is refused by its size before anything is allocated', async () => {
    expect(await refusal(makeTiff({ width: 60_000, height: 60_000, samples: new Uint16Array(4), bitDepth: 16 }))).toContain('INPUT_TOO_LARGE: expected at most 67,108,864 pixels, found 60,000 × 60,000')
  })

  it.each([['JPEG', 6], ['JPEG', 7], ['JPEG 2000', 34_712], ['WebP', 50_001]])('is refused when its compression loses what was measured: %s (%i)', async (name, compression) => {
    expect(await refusal(compressedBy(gray16(), compression))).toBe(
      `INPUT_UNSUPPORTED: expected a TIFF of 8 or 16-bit levels or 32-bit floats, found ${name} compression, which is lossy. Save it with LZW or Deflate compression, or without any, from where it is whole.`,
    )
  })

  it('is refused when any of its strips or tiles is damaged, by the check sum at its end', async () => {
    const noise = Uint16Array.from({ length: 300 * 200 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 16)
    const written = (tile: boolean) => sharp(noise, { raw: { width: 300, height: 200, channels: 1 } }).toColourspace('grey16').tiff({ compression: 'deflate', predictor: 'none', tile, tileWidth: 128, tileHeight: 128 }).toBuffer()
    for (const [tiff, count] of [[await written(false), 2], [await written(true), 6]] as const) {
      for (const compression of [8, 32_946]) {
        const whole = compressedBy(tiff, compression)
        expect((await decode(whole)).samples).toHaveLength(300 * 200)
        const { blocks } = probeTiff(whole, Infinity)
        expect(blocks).toHaveLength(count)
        for (const [i, { at, bytes }] of blocks.entries()) {
          const copy = whole.slice()
          copy[at + bytes - 1] ^= 1
          expect(await refusal(copy)).toMatch(new RegExp(`^INPUT_UNREADABLE: expected a sound TIFF, found strip or tile ${i + 1} of ${count} damaged \\(.*check.*\\)\\.`))
        }
      }
    }
  })

  it('is refused when it unpacks to far more than it says', async () => {
    const bomb = makeTiff({ width: 2, height: 2, samples: Uint8Array.from(deflateSync(new Uint8Array(50_000_000))), bitDepth: 16, tags: [[259, 3, [8]]] })
    expect(await refusal(bomb)).toMatch(/^INPUT_UNREADABLE: expected a sound TIFF, found strip or tile 1 of 1 damaged/)
  })

  it('is refused when a plane of its channels is missing', async () => {
    const planes = (length: number) => makeTiff({ width: 4, height: 4, samples: new Uint16Array(length), bitDepth: 16, channels: 3, photometric: 2, planar: true })
    expect(await refusal(planes(45))).toContain('found strip or tile 1 of 3 with 30 of 32 bytes')
    const one = makeTiff({ width: 4, height: 4, samples: new Uint16Array(48), bitDepth: 16, channels: 3, photometric: 2, tags: [[284, 3, [2]]] })
    expect(await refusal(one)).toContain('found places for 1 of 3 strips or tiles')
  })

  it('is refused when it is cut off or damaged, wherever that is', async () => {
    const whole = float32()
    expect(await refusal(whole.subarray(0, 100))).toBe(
      'INPUT_UNREADABLE: expected a whole TIFF, found one that is cut off before its directory ends, after 100 bytes. Export it again, or copy it again from where it is whole.',
    )
    expect(await refusal(whole.subarray(0, 6))).toContain('cut off before its directory ends, after 6 bytes')
    const edited = (change: (file: DataView) => void) => {
      const copy = whole.slice()
      change(new DataView(copy.buffer))
      return copy
    }
    const directory = new DataView(whole.buffer, whole.byteOffset).getUint32(4, true)
    expect(await refusal(edited((file) => file.setUint16(directory, 60_000, true)))).toContain('expected a sound TIFF, found a directory of 60,000 tags. Export it again')
    // Its first tag is the width: said to be a list that stands elsewhere.
    expect(await refusal(edited((file) => (file.setUint32(directory + 2 + 4, 8, true), file.setUint32(directory + 2 + 8, 0xffff_fff0, true))))).toContain(
      'expected a sound TIFF, found a tag that points behind the end of the file. Export it again',
    )
    expect(await refusal(makeTiff({ width: 0, height: 4, samples: new Uint8Array(4), bitDepth: 8 }))).toContain('found a header that says 0 × 4 pixels')
    expect(await refusal(makeTiff({ width: 4, height: 0, samples: new Uint8Array(4), bitDepth: 8 }))).toContain('found a header that says 4 × 0 pixels')
    const strips = (height: number, rows: number) => makeTiff({ width: 2, height, samples: new Uint16Array(8), bitDepth: 16, tags: [[278, 4, [rows]]] })
    expect(await refusal(strips(30_000, 1))).toContain('expected a sound TIFF, found a header that says 30,000 strips or tiles. Export it again')
    expect(await refusal(strips(4, 2))).toContain('expected a sound TIFF, found places for 1 of 2 strips or tiles. Export it again')
    expect(await refusal(makeTiff({ width: 2, height: 4, samples: new Uint16Array(7), bitDepth: 16 }))).toContain('expected a sound TIFF, found strip or tile 1 of 1 with 14 of 16 bytes. Export it again')
    expect(await refusal(edited((file) => file.setUint32(directory + 2 + 5 * 12 + 8, 5000, true)))).toMatch(/^INPUT_UNREADABLE: expected a whole TIFF, found one that is cut off in strip or tile 1 of 1, after [\d,]+ bytes\. Export/)
    const packed = await sharp(every16, { raw: { width: 256, height: 256, channels: 1 } }).toColourspace('grey16').tiff({ compression: 'deflate' }).toBuffer()
    expect(await refusal(packed.map((byte, i) => (i >= 8 && i < 40 ? 0xff : byte)))).toMatch(/^INPUT_UNREADABLE: expected a sound TIFF, found strip or tile \d+ of \d+ damaged \(.+\)\. Export it again, or copy/)
    // Said to be in a compression that is left to libtiff: ZSTD.
    const other = compressedBy(packed, 50_000)
    expect(await refusal(other)).toMatch(/^INPUT_UNREADABLE: expected a sound TIFF of 256 × 256 pixels, found one that can't be unpacked \(.+\)\. Export it again without compression, or copy it again from where it is whole\.$/)
    // Every cut ends in a refusal or the same samples, never in a crash.
    for (let size = 4; size < whole.length; size += 7) {
      const outcome = await decode(whole.subarray(0, size)).catch((reason: unknown) => reason)
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DepthMeshError)
      else expect((outcome as { samples: Float32Array }).samples).toEqual(floats)
    }
  })
})
