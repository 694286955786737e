import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { beforeAll, expect, it } from 'vitest'
import { decodeDepth, DepthMeshError, parseSettings, toDisparity, type DecodeOptions, type DepthRaster } from '../../../src/core/index.js'
import { describeWithShared, sharedFolder } from '../../support/shared.js'

interface Entry {
  file: string
  group: 'bad' | 'lossless' | 'exr' | 'pngsuite'
  expected: string
}

const read = (file: string): Uint8Array => readFileSync(`${sharedFolder}corpus/${file}`)
const entries = (): Entry[] => (JSON.parse(Buffer.from(read('manifest.json')).toString()) as { files: Entry[] }).files

/** Samples, or a refusal that a person can read; anything else fails the test. */
async function outcome(file: string, options: Partial<DecodeOptions> = {}): Promise<DepthRaster | DepthMeshError> {
  try {
    const raster = await decodeDepth(read(file), { channel: null, encoding: 'disparity', maxPixels: 2 ** 26, ...options })
    toDisparity(raster, parseSettings([{ origin: file, settings: {} }])).disparity.forEach((d) => {
      if (d < 0 || d > 1) throw new Error(`${file}: disparity ${d}`)
    })
    return raster
  } catch (error) {
    if (!(error instanceof DepthMeshError) || error.code === 'INTERNAL') throw error
    expect(error.message, file).toMatch(/^expected .+, found .+/)
    expect(error.hint, file).toMatch(/\.$/)
    return error
  }
}

const same = (a: DepthRaster | DepthMeshError, b: DepthRaster): boolean =>
  !(a instanceof DepthMeshError) && a.width === b.width && a.height === b.height && Buffer.compare(new Uint8Array(a.samples.buffer), new Uint8Array(b.samples.buffer)) === 0

const rasterOf = async (file: string, options: Partial<DecodeOptions> = {}): Promise<DepthRaster> => {
  const result = await outcome(file, options)
  if (result instanceof DepthMeshError) throw result
  return result
}

/** The same samples as libpng reads them, which knows nothing of this decoder: by the conversions that keep every level (gray through 16 bits, colour as it is). */
async function readWithLibpng(file: string, { channels, bitDepth }: DepthRaster): Promise<Float32Array> {
  const image = sharp(read(file), { ignoreIcc: true })
  const gray = channels[0] === 'gray'
  const wide = gray || bitDepth === 16
  const { data, info } = await (wide ? image.toColourspace(gray ? 'grey16' : 'rgb16').raw({ depth: 'ushort' }) : image.raw()).toBuffer({ resolveWithObject: true })
  const levels = wide ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data
  return Float32Array.from({ length: info.width * info.height }, (_, i) => levels[i * info.channels]! / (wide ? 65_535 : 255))
}

/** Runs `judge` on each entry; the files that fail it are what the test prints. */
async function expectAll(chosen: readonly Entry[], judge: (entry: Entry) => Promise<boolean>): Promise<void> {
  const failed: string[] = []
  for (const entry of chosen) if (!(await judge(entry))) failed.push(`${entry.file}: ${entry.expected}`)
  expect(failed).toEqual([])
  expect(chosen.length).toBeGreaterThan(0)
}

describeWithShared('the corpus of odd and broken inputs', () => {
  let all: Entry[] = []
  beforeAll(() => {
    all = entries()
  })

  it('is refused, file by file, where it is damaged, hostile or no picture of depth', async () => {
    await expectAll(all.filter(({ expected }) => expected === 'refuse'), async ({ file }) => (await outcome(file)) instanceof DepthMeshError)
  })

  it('gives the very samples of the sound file, or a refusal, and never other samples', async () => {
    const base = await rasterOf('bad/base.depth.png')
    await expectAll(all.filter(({ expected }) => expected === 'same-as-base'), async ({ file }) => same(await outcome(file), base))
    await expectAll(all.filter(({ expected }) => expected === 'refuse-or-same-as-base'), async ({ file }) => {
      const result = await outcome(file)
      return result instanceof DepthMeshError || same(result, base)
    })
  })

  it('keeps all 65,536 levels in every lossless variant', async () => {
    const g16 = await rasterOf('lossless/g16.png')
    expect(new Set(Array.from(g16.samples, (sample) => Math.round(sample * 65_535))).size).toBe(65_536)
    expect(g16.samples.every((sample) => Math.fround(Math.round(sample * 65_535) / 65_535) === sample)).toBe(true)
    await expectAll(all.filter(({ expected }) => expected.endsWith('as-g16')), async ({ file }) => {
      const channel = file.endsWith('rgb16-diff.png') ? 'r' : null // its channels differ, so one has to be named
      return same(await outcome(file, { channel }), g16)
    })
  })

  it('keeps the levels of fewer bits as stored', async () => {
    const g8 = await rasterOf('lossless/g8.png')
    for (const file of ['g8-gama1', 'g8-icc1.8', 'g8-srgb', 'g8-trns', 'rgb8-eq']) expect(same(await outcome(`lossless/${file}.png`), g8), file).toBe(true)
    for (const [file, bitDepth] of [['g1', 1], ['g2', 2], ['g4', 4], ['g8', 8], ['pal4', 8], ['pal8-gray', 8]] as const) {
      const { samples, bitDepth: found } = await rasterOf(`lossless/${file}.png`)
      expect(found, file).toBe(bitDepth)
      expect(new Set(samples).size, file).toBe(file === 'pal4' ? 16 : 2 ** bitDepth)
    }
    expect(await outcome('lossless/pal8-colour.png')).toBeInstanceOf(DepthMeshError)
    expect(new Set((await rasterOf('lossless/pal8-colour.png', { channel: 'r' })).samples).size).toBe(256)
  })

  it('reads the sound part of PngSuite, or says why not', async () => {
    let read = 0
    await expectAll(all.filter(({ group, expected }) => group === 'pngsuite' && expected !== 'refuse'), async ({ file, expected }) => {
      const result = await outcome(file)
      if (result instanceof DepthMeshError) return expected !== 'bake'
      read++
      return Buffer.compare(new Uint8Array(result.samples.buffer), new Uint8Array((await readWithLibpng(file, result)).buffer)) === 0
    })
    expect(read).toBeGreaterThan(20)
  })

  it('reads sound pictures of extreme shape or content, or says why not', async () => {
    await expectAll(all.filter(({ file }) => file.startsWith('bad/ok-')), async ({ file }) => {
      const result = await outcome(file)
      return /ok-(black|const|checker|onepixel)/.test(file) ? !(result instanceof DepthMeshError) : result instanceof DepthMeshError
    })
  })

  it('reads the known surface from every OpenEXR file, or says which channel is stored lossy', async () => {
    const surface = (x: number, y: number): number => 1.5 + 0.37 * Math.sin(0.13 * x) * Math.cos(0.21 * y) + 0.01 * x + 0.003 * y
    await expectAll(all.filter(({ group }) => group === 'exr'), async ({ file }) => {
      const result = await outcome(file, { encoding: 'metric' })
      const lossy = /(R|Y)(?:GB)?-(?:half|float)-(dwa[ab])\.exr/.exec(file)
      if (lossy) return result instanceof DepthMeshError && result.message.includes(`${lossy[1]} in ${lossy[2].toUpperCase()} compression, which is lossy`)
      if (result instanceof DepthMeshError) throw result
      const { width, height, samples } = result
      const [left, top] = file.includes('offset') ? [7, -5] : [0, 0]
      const tolerance = file.includes('b44') ? 0.01 : file.includes('float-pxr24') || file.includes('float-tiled-pxr24') ? 2 ** -15 : file.includes('half') ? 2 ** -11 : 1e-6
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const stored = samples[y * width + x] * (file.includes('uint') ? 0xffff_ffff / 1e6 : 1)
          const [u, v] = [x - left, y - top]
          const odd = file.includes('naninf') && (stored === 0 || !(Math.abs(stored) < 1e29))
          if (u < 0 || v < 0 || u >= 67 || v >= 53) {
            if (!Number.isNaN(stored)) return false
          } else if (!odd && !(Math.abs(stored - surface(u, v)) <= tolerance * surface(u, v))) return false
        }
      }
      return true
    })
  })

  it('makes holes of what is no distance', async () => {
    const raster = await rasterOf('exr/Z-float-zip-naninf.exr', { encoding: 'metric' })
    const map = toDisparity(raster, parseSettings([{ origin: 'test', settings: { encoding: 'metric', black: 'cut' } }]))
    expect(map.near).toBeCloseTo(1.2885, 3)
    expect(map.far).toBeCloseTo(2.5721, 3)
    const holes = map.disparity.reduce((sum, d) => sum + (Number.isNaN(d) ? 1 : 0), 0)
    const framed = raster.width * raster.height - 67 * 53
    expect(holes - framed).toBeGreaterThan((67 * 53 * 4.5) / 50)
    expect(holes - framed).toBeLessThan((67 * 53 * 5.5) / 50)
  })
})
