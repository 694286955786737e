import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, prepareMap, type SettingsInput } from '../../src/core/index.js'
import { MAP_SETTINGS, settingsEntries } from '../../src/core/options.js'
import { gray16, rgb8 } from '../support/maps.js'
import { problemsIn } from '../support/validate.js'

const LODS = [400, 100]

/** A hemisphere on black: a prop. */
const ball = () =>
  gray16(64, 64, (x, y) => {
    const r = Math.hypot(x - 31.5, y - 31.5) / 24
    return r < 1 ? 0.3 + 0.7 * Math.sqrt(1 - r * r) : 0
  })
const paint = () => rgb8(64, 64, (x, y) => [4 * x, 4 * y, 128])
const PROP: SettingsInput = { projection: 'orthographic', black: 'cut', lods: LODS }

describe('variants', () => {
  it('gives each variation its own valid chain, named after the map', async () => {
    const { manifest, files } = await bakeDepthMesh({ name: 'ball', depth: await ball(), color: await paint() }, { settings: { ...PROP, variants: 2 } })
    expect(manifest.variants.map(({ name }) => name)).toEqual(['ball.variant1', 'ball.variant2'])
    expect(files.map(({ name }) => name)).toEqual(['ball', 'ball.variant1', 'ball.variant2'].flatMap((name) => [`${name}.lod0.glb`, `${name}.lod1.glb`]))
    for (const variant of manifest.variants) {
      expect(variant.lods.map(({ url }) => url)).toEqual([`${variant.name}.lod0.glb`, `${variant.name}.lod1.glb`])
      for (const [level, lod] of variant.lods.entries()) expect(lod.triangles).toBeLessThanOrEqual(LODS[level])
      expect(variant.bounds).not.toEqual(manifest.bounds)
      expect(variant).not.toHaveProperty('preflight')
    }
    for (const { bytes } of files) expect(await problemsIn(bytes)).toEqual([])
  })

  it('leaves the map itself as it is without them, and follows the seed', async () => {
    const sources = { name: 'ball', depth: await ball() }
    const bake = async (settings: SettingsInput) => (await bakeDepthMesh(sources, { settings: { ...PROP, ...settings } })).files.map(({ bytes }) => Buffer.from(bytes).toString('base64'))
    const plain = await bake({})
    const first = await bake({ variants: 1 })
    expect(first.slice(0, plain.length)).toEqual(plain)
    expect(await bake({ variants: 1 })).toEqual(first)
    expect((await bake({ variants: 1, seed: 2 })).slice(plain.length)).not.toEqual(first.slice(plain.length))
  })
})

describe('a prepared map', () => {
  it('bakes to the same bytes as the sources themselves', async () => {
    const sources = { name: 'ball', depth: await ball(), color: await paint() }
    const { map, report } = await prepareMap(sources, { settings: PROP })
    const direct = await bakeDepthMesh(sources, { settings: PROP })
    expect(await bakeDepthMesh(sources, { settings: PROP, prepared: { map, report } })).toEqual(direct)
  })

  it('depends on none of the settings that are not listed as its own', async () => {
    const others: SettingsInput = {
      color: null, orientation: 'ground', travel: 3, lods: [10], topology: 'grid', solid: true, shading: 'lit', normalMap: { size: 7 },
      compression: 'none', container: 'msft_lod', variants: 3, seed: 9,
    }
    expect([...MAP_SETTINGS, ...Object.keys(others)].toSorted()).toEqual(Object.keys(settingsEntries).toSorted())
    const sources = { name: 'ball', depth: await ball(), color: await paint() }
    for (const projection of ['orthographic', 'perspective'] as const) {
      const own: SettingsInput = { ...PROP, projection }
      expect(await prepareMap(sources, { settings: { ...own, ...others } })).toEqual(await prepareMap(sources, { settings: own }))
    }
  })
})
