import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'
import { read } from 'ktx-parse'
import { expect, it, vi } from 'vitest'
import { encodeKtx2, ktx2Size } from '../../../src/core/texture/ktx2.js'
import type { Picture } from '../../../src/core/texture/color.js'
import { encodeNormals } from '../../../src/core/texture/encode.js'

const waves: Picture = {
  width: 64,
  height: 32,
  channels: 3,
  pixels: Uint8Array.from({ length: 64 * 32 * 3 }, (_, i) => 128 + Math.round(100 * Math.sin(i / 17))),
}

it('leaves the console to everybody else, while the encoder starts and afterwards', async () => {
  const said = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const { log } = console
  const encoded = encodeKtx2(waves, { role: 'color', quality: 80 })
  while (console.log === log) await new Promise(setImmediate)
  console.log('meanwhile', 1)
  await encoded
  expect(said.mock.calls).toEqual([['meanwhile', 1]])
  expect(console.log).toBe(log)
  vi.restoreAllMocks()
})

it.each([
  ['color', 163, 2, 1],
  ['normals', 166, 1, 2],
] as const)('writes %s with all mip levels, in their colour space, without a word', async (role, colorModel, transferFunction, supercompression) => {
  const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(console, 'log')]
  const bytes = await encodeKtx2(waves, { role, quality: 80 })
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  vi.restoreAllMocks()
  const container = read(bytes)
  expect(container).toMatchObject({ pixelWidth: 64, pixelHeight: 32, supercompressionScheme: supercompression })
  expect(container.levels).toHaveLength(7)
  expect(container.dataFormatDescriptor[0]).toMatchObject({ colorModel, transferFunction })
  expect(Buffer.from(await encodeKtx2(waves, { role, quality: 80 })).equals(Buffer.from(bytes))).toBe(true)
})

it('keeps normals of unit length in the mip levels: slopes to the left and to the right by turns are level ground from afar', async () => {
  const [left, right] = [-Math.SQRT1_2, Math.SQRT1_2].map((value) => Math.round(value * 127.5 + 127.5))
  const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i % 3 === 0 ? (i % 2 === 0 ? left : right) : i % 3 === 1 ? 128 : right))
  const bytes = await encodeKtx2({ width: 64, height: 64, channels: 3, pixels }, { role: 'normals', quality: 80 })
  const levels = await decode(bytes)
  const texel = (level: number): number[] => [...levels[level].subarray(0, 3)]
  expect(texel(0)[2]).toBeCloseTo(right, -1)
  for (const level of [1, 2, 3]) {
    const [x, y, z] = texel(level)
    expect(Math.abs(x - 127.5)).toBeLessThan(4)
    expect(Math.abs(y - 127.5)).toBeLessThan(4)
    // Their mean alone would be 218.
    expect(z).toBeGreaterThan(250)
  }
})

it.each([31, 30, 29])('leaves a picture of %i px, whose sides are no whole blocks, where it is', async (size) => {
  // 8 levels a column, 4 a row
  const pixels = Uint8Array.from({ length: size * size * 3 }, (_, i) => [8 * ((Math.floor(i / 3) % size) + 0.5), 4 * (Math.floor(i / 3 / size) + 0.5), 200][i % 3])
  const { bytes, width, height } = await encodeNormals({ width: size, height: size, channels: 3, pixels }, { format: 'ktx2', quality: 80 })
  expect([width, height]).toEqual([28, 28])
  const [texels] = await decode(bytes)
  for (let y = 3; y < 25; y++) {
    let [across, down] = [0, 0]
    for (let x = 3; x < 25; x++) {
      across += texels[(y * 28 + x) * 4] - (8 * (x + 0.5) * size) / 28
      down += texels[(x * 28 + y) * 4 + 1] - (4 * (x + 0.5) * size) / 28
    }
    // (half a pixel: 4 and 2)
    expect(Math.abs(across / 22)).toBeLessThan(1)
    expect(Math.abs(down / 22)).toBeLessThan(1)
  }
})

it('is opaque, and as its picture is, whose fourth channel says nothing', async () => {
  const four = Uint8Array.from({ length: 64 * 32 * 4 }, (_, i) => (i % 4 === 3 ? 7 : waves.pixels[Math.floor(i / 4) * 3 + (i % 4)]))
  const [texels] = await decode(await encodeKtx2({ ...waves, channels: 4, pixels: four }, { role: 'color', quality: 100 }))
  expect(texels.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true)
  const off = Array.from(texels, (value, i) => (i % 4 === 3 ? 0 : Math.abs(value - four[i])))
  expect(off.reduce((sum, value) => sum + value, 0) / off.length).toBeLessThan(10)
})

it('spends more bytes on more quality', async () => {
  const sizes = []
  for (const quality of [10, 80, 100]) sizes.push((await encodeKtx2(waves, { role: 'color', quality })).length)
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
  expect(sizes[2]).toBeGreaterThan(sizes[0])
})

it('has sides of whole blocks, and says when a picture is too large', () => {
  expect(ktx2Size({ width: 1023, height: 3 })).toEqual({ width: 1020, height: 4 })
  expect(ktx2Size({ width: 1, height: 690 })).toEqual({ width: 4, height: 688 })
  expect(() => ktx2Size({ width: 2048, height: 8192 })).toThrow('expected at most 7094 for this picture as KTX2, got 8192')
  const large = () => ktx2Size({ width: 4096, height: 4096 })
  expect(large).toThrow(
    expect.objectContaining({
      message: 'texture.size: expected at most 3547 for this picture as KTX2, got 4096',
      hint: 'The KTX2 encoder takes 12 million texels: lower texture.size, or use "webp".',
    }),
  )
})

/** `cTFRGBA32` of Basis Universal. */
const RGBA32 = 13

/** All mip levels, RGBA. */
async function decode(bytes: Uint8Array): Promise<Uint8Array[]> {
  const file = new (await transcoder()).KTX2File(bytes)
  file.startTranscoding()
  return Array.from({ length: read(bytes).levels.length }, (_, level) => {
    const rgba = new Uint8Array(file.getImageTranscodedSizeInBytes(level, 0, 0, RGBA32))
    file.transcodeImage(rgba, level, 0, 0, RGBA32, 0, -1, -1)
    return rgba
  })
}

interface Transcoder {
  initializeBasis(): void
  KTX2File: new (bytes: Uint8Array) => {
    startTranscoding(): boolean
    getImageTranscodedSizeInBytes(level: number, layer: number, face: number, format: number): number
    transcodeImage(into: Uint8Array, level: number, layer: number, face: number, format: number, flags: number, channel0: number, channel1: number): boolean
  }
}

/** The transcoder that three brings for players: a script for a page, not a module. */
async function transcoder(): Promise<Transcoder> {
  const folder = new URL('../../../node_modules/three/examples/jsm/libs/basis/', import.meta.url)
  const script = `${readFileSync(new URL('basis_transcoder.js', folder), 'utf8')}\nreturn BASIS`
  const load = compileFunction(script, ['require', '__dirname'])(createRequire(import.meta.url), '') as (options: { wasmBinary: Uint8Array }) => Promise<Transcoder>
  const loaded = await load({ wasmBinary: readFileSync(new URL('basis_transcoder.wasm', folder)) })
  loaded.initializeBasis()
  return loaded
}
