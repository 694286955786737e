import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { countPixels } from '../../../src/core/depth/map-size.js'
import { makeExr } from '../../support/exr.js'
import { gray16 } from '../../support/maps.js'
import { makeTiff } from '../../support/tiff.js'

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../../fixtures/exr/${name}`, import.meta.url)))

describe('counting the pixels of a map by its header', () => {
  it.each(['deflate', 'lzw', 'none'] as const)('is not misled by how small a TIFF is (%s)', async (compression) => {
    const tiff = await sharp(new Uint16Array(1000 * 700), { raw: { width: 1000, height: 700, channels: 1 } }).toColourspace('grey16').tiff({ compression }).toBuffer()
    expect(countPixels(tiff)).toBe(700_000)
  })

  it('reads BigTIFF, of either byte order', () => {
    for (const bigEndian of [false, true]) expect(countPixels(makeTiff({ width: 30, height: 20, samples: new Uint16Array(600), bitDepth: 16, bigTiff: true, bigEndian }))).toBe(600)
  })

  it('counts the frame of an EXR, of the largest part', () => {
    const part = { channels: [{ name: 'Z', type: 'float' as const, sample: () => 1 }], compression: 3 }
    expect(countPixels(makeExr({ parts: [{ ...part, data: [10, 5, 19, 9], display: [0, 0, 99, 49] }] }))).toBe(5000)
    const [small, large] = [{ ...part, name: 'small', data: [0, 0, 3, 3] as const }, { ...part, name: 'large', data: [0, 0, 63, 31] as const }]
    for (const parts of [[small, large], [large, small]]) expect(countPixels(makeExr({ parts }))).toBe(2048)
    expect(countPixels(fixture('Z-half-piz.exr'))).toBe(4851)
  })

  it('reads PNGs, also out of a larger buffer', async () => {
    const png = await gray16(40, 30, () => 0.5)
    const around = new Uint8Array(png.length + 64).fill(7)
    around.set(png, 32)
    expect(countPixels(around.subarray(32, 32 + png.length))).toBe(1200)
  })

  it('finds none in what is no map, or is cut off', async () => {
    const png = await gray16(40, 30, () => 0.5)
    expect([new Uint8Array(), Buffer.from('<!doctype html>'), png.subarray(0, 18), fixture('Z-half-piz.exr').subarray(0, 40), makeTiff({ width: 4, height: 4, samples: new Uint16Array(16), bitDepth: 16 }).subarray(0, 20)].map(countPixels)).toEqual([0, 0, 0, 0, 0])
  })
})
