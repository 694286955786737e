import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, type DepthAsset, type SettingsInput } from '../../src/core/index.js'
import { gray16, rgb8 } from '../support/maps.js'

const SIZE = 256
/** A floor from 1 m at the lower edge to 9 m at the upper one: two triangles have exactly its shape, and slip by up to 256 √2 · (3 − 1) / (3 + 1) = 181 px. */
const floor = () => gray16(SIZE, SIZE, (_, y) => y / (SIZE - 1))
const view: SettingsInput = { near: 1, far: 9, encoding: 'disparity', lods: [200, 2] }
const checkers = () => rgb8(SIZE, SIZE, (x, y) => ((x >> 4) + (y >> 4)) % 2 === 0 ? [240, 240, 230] : [30, 40, 60])
const noise = () => rgb8(SIZE, SIZE, (x, y) => [(x * 7919 + y * 104729) % 251, (x * y * 31) % 253, (x * 13 + y * 57) % 255])

async function bake(settings: SettingsInput, color?: Uint8Array) {
  return bakeDepthMesh({ name: 'floor', depth: await floor(), color }, { settings: { ...view, ...settings } })
}
const coarsest = async (settings: SettingsInput, color?: Uint8Array) => (await bake(settings, color)).manifest.lods.at(-1)?.error.p99.pixels ?? NaN

/** 99 of 100 pixels of a level never err by more than the largest anywhere, its variants' neither. */
function expectInOrder({ lods, variants }: DepthAsset): void {
  for (const { error } of lods) {
    expect(error.p99.pixels).toBeLessThanOrEqual(error.pixels)
    expect(error.p99.metres).toBeLessThanOrEqual(error.metres)
  }
  for (const variant of variants) expectInOrder(variant)
}

describe('the error that a manifest tells', () => {
  it('is the slip of the bare mesh where no picture is laid on its triangles', async () => {
    expect(await coarsest({ shading: 'unlit' })).toBeGreaterThan(100)
  })

  it('is what is left where colours are, or normals, or both', async () => {
    // a texel, where the nearest rows are worn nine times as fine as the farthest
    expect(await coarsest({}, await checkers())).toBeLessThan(8)
    expect(await coarsest({ shading: 'lit' })).toBeLessThan(8)
    expect(await coarsest({ shading: 'lit' }, await checkers())).toBeLessThan(8)
  })

  it('is the same however the geometry is stored, but for rounding', async () => {
    const color = await checkers()
    const meshopt = await coarsest({}, color)
    for (const compression of ['quantize', 'none'] as const) expect(Math.abs((await coarsest({ compression }, color)) - meshopt)).toBeLessThan(0.2)
  })

  it('counts what is left of variations in perspective too: each wears pictures of its own', async () => {
    const { manifest } = await bake({ variants: 2 }, await checkers())
    for (const { lods } of manifest.variants) for (const { error } of lods) expect(error.p99.pixels).toBeLessThan(8)
    expectInOrder(manifest)
  })

  it('shows coarse levels as small as they deserve, also among levels in one file', async () => {
    const shown = (bytes: Uint8Array): number[] => {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(12, true)
      const json = JSON.parse(new TextDecoder().decode(bytes.subarray(20, 20 + length))) as { nodes: { extras?: { MSFT_screencoverage?: number[] } }[] }
      return json.nodes.flatMap(({ extras }) => extras?.MSFT_screencoverage ?? [])
    }
    const [bare] = (await bake({ container: 'msft_lod', shading: 'unlit' })).files
    const [laid] = (await bake({ container: 'msft_lod' }, await checkers())).files
    // a pixel of 1080 when the screen has so few of its lines that the level errs by one
    expect(shown(bare.bytes)[0]).toBeLessThan(SIZE / 1080 / 100)
    expect(shown(laid.bytes)[0]).toBeGreaterThan(SIZE / 1080 / 8)
    expect(shown(laid.bytes).at(-1)).toBe(0)
  })

  it('never falls from level to level, and is told in metres as the depth that shows as so many pixels', async () => {
    const { manifest } = await bake({ lods: [400, 100, 30, 8, 2], texture: { size: 64 } }, await checkers())
    for (const [level, { error }] of manifest.lods.entries()) {
      if (level === 0) continue
      const finer = manifest.lods[level - 1].error
      expect(error.pixels).toBeGreaterThanOrEqual(finer.pixels)
      expect(error.metres).toBeGreaterThanOrEqual(finer.metres)
      expect(error.p99.pixels).toBeGreaterThanOrEqual(finer.p99.pixels)
      expect(error.p99.metres).toBeGreaterThanOrEqual(finer.p99.metres)
    }
    expectInOrder(manifest)
  })

  it('is the same of a relief with a picture and without: reliefs do not slip', async () => {
    const hill = await gray16(SIZE, SIZE, (x, y) => 0.5 + 0.5 * Math.sin(x / 20) * Math.sin(y / 30))
    const errors = async (color?: Uint8Array) => (await bakeDepthMesh({ name: 'hill', depth: hill, color }, { settings: { projection: 'orthographic', lods: [400, 50], shading: 'unlit' } })).manifest.lods.map(({ error }) => error)
    expect(await errors(await checkers())).toEqual(await errors())
  })

  it('is in order of a hilly relief and its variants, level by level, however they are stored', async () => {
    const hill = await gray16(SIZE, SIZE, (x, y) => 0.5 + 0.5 * Math.sin(x / 20) * Math.sin(y / 30))
    for (const settings of [{}, { container: 'msft_lod' }, { shading: 'lit' }] satisfies SettingsInput[]) {
      const { manifest } = await bakeDepthMesh({ name: 'hill', depth: hill, color: await noise() }, { settings: { projection: 'orthographic', lods: [1500, 300, 60], variants: 2, ...settings } })
      expect(manifest.variants).toHaveLength(2)
      expectInOrder(manifest)
    }
  })

  it('counts how far a shared picture slips where it is bent onto a variation of a relief', async () => {
    const plate = await gray16(SIZE, SIZE, () => 0.5)
    const { manifest } = await bakeDepthMesh({ name: 'plate', depth: plate, color: await noise() }, { settings: { projection: 'orthographic', width: 2, lods: [2000], variants: 3 } })
    expectInOrder(manifest)
    expect(manifest.lods[0].error.p99.pixels).toBeLessThan(0.01)
    for (const { lods: [{ textures, error: { metres, pixels, p99 } }] } of manifest.variants) {
      expect(textures).toHaveLength(1)
      expect(p99.pixels).toBeGreaterThan(0.1)
      expect(p99.pixels).toBeLessThan(1.1)
      // of a relief as wide as 2 m
      expect(p99.metres).toBeGreaterThan(0.5 * (2 / SIZE) * p99.pixels)
      expect(p99.metres).toBeLessThan(2 * (2 / SIZE) * p99.pixels)
      // a picture slips most at few places
      expect(pixels).toBeGreaterThan(p99.pixels)
      expect(metres).toBeGreaterThan(0.5 * (2 / SIZE) * pixels)
    }
  })
})
