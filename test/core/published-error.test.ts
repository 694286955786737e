import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, parseSettings, prepareMap, varyMap, type DepthAsset, type SettingsInput } from '../../src/core/index.js'
import { variationOf } from '../../src/core/pipeline.js'
import type { Variation } from '../../src/core/variation.js'
import { readLevel, type SeenPrimitive } from '../support/glb.js'
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
  it.each(['none', 'meshopt'] as const)('is what is seen of a shared picture, place by place, in the GLB itself: compression %s', { timeout: 60_000 }, async (compression) => {
    const sources = { name: 'hill', depth: await gray16(SIZE, SIZE, (x, y) => 0.5 + 0.4 * Math.sin(x / 20) * Math.sin(y / 30) + 0.1 * Math.sin((x * y) / 900)), color: await noise() }
    const input: SettingsInput = { projection: 'orthographic', width: 2, relief: 0.2, lods: [1500, 300, 60], variants: 2, compression }
    const settings = parseSettings([{ origin: 'test', settings: input }])
    const { map } = await prepareMap(sources, { settings: input })
    const { manifest, files } = await bakeDepthMesh(sources, { settings: input })
    for (const [i, { lods }] of manifest.variants.entries()) {
      const variation = variationOf(map, i + 1, settings)
      const varied = varyMap(map, variation)
      const worn = lods.filter(({ textures }) => textures !== undefined)
      expect(worn.length).toBeGreaterThan(1)
      for (const { url, error } of worn) {
        const [level] = await readLevel(files.find(({ name }) => name === url)?.bytes ?? new Uint8Array())
        const seen = lookAt(level, { heights: varied.disparity.map((value) => value * varied.relief), width: settings.width * variation.size, variation })
        // rounding moves heights by up to an eighth of the level's error, which is told on top, and may have brought what is seen as much nearer to the map
        const rounding = compression === 'none' ? 0 : error.pixels / 8
        for (const [told, looked] of [[error.p99.pixels, seen.p99], [error.pixels, seen.max]]) {
          expect(told).toBeGreaterThan(0.99 * looked)
          // (counted in steps of 1.6 %)
          expect(told).toBeLessThan(1.02 * (looked + rounding) + rounding)
        }
        // neither heights nor the picture alone
        expect(seen.slip99).toBeGreaterThan(0.2)
        expect(seen.p99).toBeGreaterThanOrEqual(Math.max(seen.parallax99, seen.slip99))
      }
    }
  })
})

/** Looks straight at a level in the middle of each pixel of its map, `width` metres wide: how far it lies from `heights`, metres, and how far what its texture coordinates show from where it belongs; pixels. */
function lookAt({ positions, uvs, indices }: SeenPrimitive, { heights, width, variation }: { heights: Float32Array; width: number; variation: Variation }): { max: number; p99: number; parallax99: number; slip99: number } {
  const metres = width / SIZE
  const [parallax, slips] = [new Float64Array(SIZE * SIZE).fill(NaN), new Float64Array(SIZE * SIZE).fill(NaN)]
  for (let t = 0; t < indices.length; t += 3) {
    const corners = [...indices.subarray(t, t + 3)].map((vertex) => {
      const [x, y, z] = positions.subarray(3 * vertex, 3 * vertex + 3)
      return { x: x / metres + SIZE / 2, y: SIZE / 2 - y / metres, z, u: uvs[2 * vertex], v: uvs[2 * vertex + 1] }
    })
    const [a, b, c] = corners
    const area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
    const [left, right] = [Math.min(a.x, b.x, c.x), Math.max(a.x, b.x, c.x)]
    const [top, bottom] = [Math.min(a.y, b.y, c.y), Math.max(a.y, b.y, c.y)]
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(SIZE, bottom); y++) {
      for (let x = Math.max(0, Math.floor(left)); x < Math.min(SIZE, right); x++) {
        const [dx, dy] = [x + 0.5 - a.x, y + 0.5 - a.y]
        const wb = (dx * (c.y - a.y) - dy * (c.x - a.x)) / area
        const wc = ((b.x - a.x) * dy - (b.y - a.y) * dx) / area
        if (Math.min(wb, wc, 1 - wb - wc) < -1e-9) continue
        const blend = (key: keyof typeof a): number => (1 - wb - wc) * a[key] + wb * b[key] + wc * c[key]
        const at = y * SIZE + x
        parallax[at] = Math.abs(blend('z') - heights[at]) / metres
        const [u, v] = whereShown(variation, blend('u'), blend('v'))
        slips[at] = SIZE * Math.hypot(u - (x + 0.5) / SIZE, v - (y + 0.5) / SIZE)
      }
    }
  }
  expect(slips.every((slip) => slip >= 0)).toBe(true)
  const p99 = (values: Float64Array): number => values.toSorted()[Math.ceil(0.99 * values.length) - 1]
  const errors = parallax.map((distance, i) => Math.max(distance, slips[i]))
  return { max: Math.max(...errors), p99: p99(errors), parallax99: p99(parallax), slip99: p99(slips) }
}

/** The place of a variation that takes its content from (u, v): its warp's slope stays below ½, so that going aside by what is off leads there. */
function whereShown({ source }: Variation, u: number, v: number): [u: number, v: number] {
  const [start, end, from] = [0, 1, 0].map((corner) => {
    const out = new Float64Array(2)
    source(corner, corner, out)
    return out
  })
  const found: [number, number] = [0.5, 0.5]
  for (let step = 0; step < 24; step++) {
    source(found[0], found[1], from)
    found[0] += (u - from[0]) / (end[0] - start[0])
    found[1] += (v - from[1]) / (end[1] - start[1])
  }
  return found
}
