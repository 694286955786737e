import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { decodeDepth, DepthMeshError, parseSettings, toDisparity, type DepthRaster, type DisparityMap, type Settings, type SettingsInput } from '../../../src/core/index.js'
import { describeWithShared, sharedFolder } from '../../support/shared.js'

interface Entry {
  name: string
  file: string
  width: number
  height: number
  type: string
  levels: number
  zeroPercent: number
  sidecar: SettingsInput | null
}

const read = (file: string): Uint8Array => readFileSync(`${sharedFolder}data/${file}`)
const entries = (): Entry[] => (JSON.parse(Buffer.from(read('manifest.json')).toString()) as { entries: Entry[] }).entries

async function decode(file: string, given: SettingsInput | null): Promise<{ raster: DepthRaster; map: DisparityMap; settings: Settings }> {
  const settings = parseSettings([{ origin: file, settings: given ?? {} }])
  const raster = await decodeDepth(read(file), { channel: settings.channel, encoding: settings.encoding, maxPixels: 2 ** 26 })
  return { raster, map: toDisparity(raster, settings), settings }
}

async function refusal(file: string): Promise<string> {
  const error = await decode(file, {}).catch((reason: unknown) => reason)
  expect(error, file).toBeInstanceOf(DepthMeshError)
  return String(error)
}

describeWithShared('real maps', () => {
  it('decode to the levels that they hold', async () => {
    const gray = entries().filter(({ file }) => file.endsWith('.png') && !/pumpkin|fuji/.test(file))
    expect(gray.length).toBeGreaterThan(15)
    for (const { file, width, height, type, levels, zeroPercent, sidecar } of gray) {
      const { raster, map, settings } = await decode(file, sidecar)
      expect(raster, file).toMatchObject({ width, height, format: 'unorm', bitDepth: type === 'uint8' ? 8 : 16 })
      expect(new Set(raster.samples).size, file).toBe(levels)
      const percent = (count: number) => (100 * count) / raster.samples.length
      const zeros = percent(raster.samples.filter((sample) => sample === 0).length)
      expect(Math.abs(zeros - zeroPercent), file).toBeLessThan(0.051)
      const nothing = percent(map.disparity.filter(Number.isNaN).length)
      const transparent = percent(raster.alpha?.filter((alpha) => alpha < 128).length ?? 0)
      expect(nothing, file).toBe(settings.encoding === 'metric' || settings.black !== 'far' ? zeros : transparent)
      for (const d of map.disparity) if (d < 0 || d > 1) throw new Error(`${file}: disparity ${d}`)
    }
  })

  it('that a tool padded with transparent pixels hold nothing there', async () => {
    const { raster, map } = await decode('hotdog.depth.png', {})
    expect(raster.channels).toEqual(['r', 'g', 'b', 'alpha'])
    const there = (x: number, y: number) => !Number.isNaN(map.disparity[y * 1024 + x])
    expect([there(1021, 1021), there(1022, 500), there(500, 1023), there(0, 0)]).toEqual([true, false, false, true])
  })

  it('of sensors reach as far as a room does', async () => {
    for (const name of ['redwood-0', 'tum-1', 'slam12-1']) {
      const { map } = await decode(`${name}.depth.png`, entries().find((entry) => entry.name === name)!.sidecar)
      expect(map.near, name).toBeGreaterThan(0.3)
      expect(map.far, name).toBeLessThan(20)
    }
  })

  it('of terrain packed into colours are recognised, and are as high as Mount Fuji', async () => {
    expect(await refusal('fuji-terrainrgb.depth.png')).toContain('Set "encoding": "terrain-rgb" and "projection": "orthographic".')
    const { map } = await decode('fuji-terrainrgb.depth.png', { encoding: 'terrain-rgb', projection: 'orthographic' })
    expect(map.relief).toBeGreaterThan(2500)
    expect(map.relief).toBeLessThan(3776.24)
  })

  it('in false colour, as JPEG and as NumPy archive end in advice', async () => {
    expect(await refusal('pumpkin.depth.png')).toMatch(/found depth in false colour .* export the values themselves as a 16-bit gray PNG/)
    for (const name of ['flowers', 'mango', 'tunnel']) expect(await refusal(`${name}.depth.jpg`)).toMatch(/found a JPEG picture\. Export the depth map again as a 16-bit gray PNG/)
    expect(await refusal('motorcycle.depth.npz')).toMatch(/found a NumPy archive \(\.npz\)\. Write the array in it as a picture/)
  })

  it('are told from colour pictures', async () => {
    for (const file of ['cones.color.png', 'motorcycle.color.png', 'tum-1.color.png', 'slam12-1.color.png']) expect(await refusal(file), file).toContain('found a picture in colour')
  })

  it('from a renderer’s multi-view EXR fill its frame', async () => {
    const { raster, map } = await decode('beachball-0001.exr', { encoding: 'metric', white: 'far' })
    expect(raster).toMatchObject({ width: 2048, height: 1556, channel: 'Z', format: 'float', bitDepth: 16 })
    expect(raster.channels).toContain('left.Z')
    expect(map.far).toBeCloseTo(10.92, 2)
    const left = await decodeDepth(read('beachball-0001.exr'), { channel: 'left.Z', encoding: 'metric', maxPixels: 2 ** 26 })
    expect(left.samples).not.toEqual(raster.samples)
  })
})
