import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, decodeColor, drawVariation, prepareMap, type SettingsInput } from '../../src/core/index.js'
import { MAP_SETTINGS, settingsEntries } from '../../src/core/options.js'
import { namedPictures } from '../../src/core/glb/pictures.js'
import { readLevel } from '../support/glb.js'
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
    expect(files.map(({ name }) => name).filter((name) => name.endsWith('.glb'))).toEqual(['ball', 'ball.variant1', 'ball.variant2'].flatMap((name) => [`${name}.lod0.glb`, `${name}.lod1.glb`]))
    for (const variant of manifest.variants) {
      expect(variant.lods.map(({ url }) => url)).toEqual([`${variant.name}.lod0.glb`, `${variant.name}.lod1.glb`])
      for (const [level, lod] of variant.lods.entries()) expect(lod.triangles).toBeLessThanOrEqual(LODS[level])
      expect(variant.bounds).not.toEqual(manifest.bounds)
      expect(variant).not.toHaveProperty('preflight')
    }
    for (const { name, bytes } of files) if (name.endsWith('.glb')) expect(await problemsIn(bytes, files)).toEqual([])
  })

  it.each([[[5, 4, 3]], [[9, 8, 7, 6, 5, 4, 3, 2]], [[2]]])('has budgets of a handful of triangles: levels that cannot be are left out (%j)', async (lods) => {
    const waves = await gray16(32, 32, (x, y) => 0.5 + 0.4 * Math.sin(x / 5) * Math.cos(y / 6))
    for (const [depth, black] of [[waves, 'far'], [await ball(), 'cut']] as const) {
      const { manifest } = await bakeDepthMesh({ name: 'chip', depth, color: await paint() }, { settings: { projection: 'orthographic', clean: false, black, lods, variants: 2 } })
      for (const asset of [manifest, ...manifest.variants]) {
        expect(asset.lods.length).toBeGreaterThan(0)
        for (const [level, { triangles }] of asset.lods.entries()) {
          expect(triangles).toBeLessThanOrEqual(lods[level])
          if (level > 0) expect(triangles).toBeLessThan(asset.lods[level - 1].triangles)
        }
      }
    }
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

describe('variants that share their picture', () => {
  /** A picture that takes more bytes than its UVs. */
  const noise = () => rgb8(256, 256, (x, y) => [(x * 7919 + y * 104729) % 251, (x * y * 31) % 253, (x * 13 + y * 57) % 255])
  const boulder = () =>
    gray16(256, 256, (x, y) => {
      const r = Math.hypot(x - 127.5, y - 127.5) / 100
      return r < 1 ? 0.3 + 0.7 * Math.sqrt(1 - r * r) : 0
    })
  const budgets = [2000, 400]
  const settings: SettingsInput = { ...PROP, lods: budgets, variants: 3, texture: { quality: 95 } }
  const bake = async (more: SettingsInput = {}, color: Uint8Array | undefined = undefined) =>
    bakeDepthMesh({ name: 'big rock', depth: await boulder(), color: color ?? (await noise()) }, { settings: { ...settings, ...more } })
  const shares = ({ manifest }: Awaited<ReturnType<typeof bake>>) => manifest.variants.some(({ lods }) => lods.some(({ textures }) => textures !== undefined))

  it('name one file a level size beside their GLBs, while the map itself stays self-contained', async () => {
    const { manifest, files } = await bake()
    expect(files.filter(({ name }) => !name.endsWith('.glb')).map(({ name }) => name)).toEqual(['big rock.variants.color0.webp', 'big rock.variants.color1.webp'])
    for (const lod of manifest.lods) expect(lod).not.toHaveProperty('textures')
    for (const { lods } of manifest.variants) {
      for (const [level, { url, textures = [], triangles, bytes, textureSize }] of lods.entries()) {
        expect(textures).toEqual([{ url: `big rock.variants.color${level}.webp`, bytes: files.find(({ name }) => name === textures[0].url)?.bytes.length }])
        const file = files.find(({ name }) => name === url)?.bytes ?? new Uint8Array()
        expect(namedPictures(file)).toEqual([`big%20rock.variants.color${level}.webp`])
        expect(await problemsIn(file, files)).toEqual([])
        expect(triangles).toBeLessThanOrEqual(budgets[level])
        expect(bytes).toBe(file.length)
        expect(textureSize).toBe(256)
        expect(bytes).toBeLessThan(manifest.lods[level].bytes / 2)
      }
    }
  })

  it('share one file among levels whose pictures come out alike', async () => {
    const { manifest, files } = await bake({ texture: { quality: 20 } })
    expect(files.filter(({ name }) => !name.endsWith('.glb')).map(({ name }) => name)).toEqual(['big rock.variants.color0.webp'])
    for (const { lods } of manifest.variants) expect(lods.map(({ textures }) => textures?.[0].url)).toEqual(['big rock.variants.color0.webp', 'big rock.variants.color0.webp'])
  })

  it('wear it where they were bent from', async () => {
    const { manifest, files } = await bake()
    const out = new Float64Array(2)
    for (const [i, { lods }] of manifest.variants.entries()) {
      const { source, size } = drawVariation(1, i + 1, { aspect: 1, reframe: false })
      for (const [level, { url }] of lods.entries()) {
        const [{ positions, uvs }] = await readLevel(files.find(({ name }) => name === url)?.bytes ?? new Uint8Array())
        for (let vertex = 0; vertex < uvs.length / 2; vertex++) {
          // 10 m across, centred
          source(positions[3 * vertex] / (10 * size) + 0.5, 0.5 - positions[3 * vertex + 1] / (10 * size), out)
          for (const axis of [0, 1]) expect(Math.abs(uvs[2 * vertex + axis] - out[axis]) * 256).toBeLessThan(2 ** level / 8)
        }
      }
    }
  })

  it('show the same through it as through a copy of their own', async () => {
    // Colours that say where in the picture they are: what a vertex wears is where it was bent from.
    const { manifest, files } = await bake({ compression: 'none' }, await rgb8(256, 256, (x, y) => [x, y, (x * 7919 + y * 104729) % 251]))
    const picture = await decodeColor(files.find(({ name }) => name.endsWith('color0.webp'))?.bytes ?? new Uint8Array(), { width: 256, height: 256 }, { size: 256, maxPixels: 1e6 })
    const [{ uvs }] = await readLevel(files.find(({ name }) => name === manifest.variants[0].lods[0].url)?.bytes ?? new Uint8Array())
    let off = 0
    for (let vertex = 0; vertex < uvs.length / 2; vertex++) {
      const [x, y] = [0, 1].map((axis) => Math.min(255, Math.floor(uvs[2 * vertex + axis] * 256)))
      off += Math.abs(picture.pixels[3 * (y * 256 + x)] - x) / (uvs.length / 2)
    }
    expect(off).toBeLessThan(12)
  })

  it('share nothing where the picture is not one: in perspective, where it is lit, alone, without a picture', async () => {
    expect(shares(await bake())).toBe(true)
    const others: SettingsInput[] = [{ projection: 'perspective', lods: [100] }, { shading: 'lit', lods: [100] }, { variants: 1 }]
    for (const more of others) expect(shares(await bake(more)), JSON.stringify(more)).toBe(false)
    expect(shares(await bakeDepthMesh({ name: 'bare', depth: await boulder() }, { settings }))).toBe(false)
  })

  it('share nothing where their UVs take more bytes than pictures of their own', async () => {
    expect(shares(await bake({}, await rgb8(256, 256, () => [90, 90, 90])))).toBe(false)
  })

  it('share in every format and container, also where 16-bit integers or even quads take the place of split edges', async () => {
    const formats = { avif: 'avif', jpeg: 'jpg', png: 'png' } as const
    for (const [format, ending] of Object.entries(formats) as [keyof typeof formats, string][]) {
      const { files } = await bake({ texture: { format, size: 256 } })
      expect(files.map(({ name }) => name)).toContain(`big rock.variants.color0.${ending}`)
      for (const { name, bytes } of files) if (name.endsWith('.glb')) expect(await problemsIn(bytes, files)).toEqual([])
    }
    for (const more of [{ container: 'msft_lod' }, { topology: 'grid' }, { solid: true, lods: [2000] }, { compression: 'none' }, { compression: 'quantize', lods: [1000] }] satisfies SettingsInput[]) {
      const baked = await bake(more)
      expect(shares(baked), JSON.stringify(more)).toBe(true)
      for (const { name, bytes } of baked.files) if (name.endsWith('.glb')) expect(await problemsIn(bytes, baked.files)).toEqual([])
    }
  })

  it('are the same each time', async () => {
    expect(await bake()).toEqual(await bake())
  })
})

it('gives a coarsest level below 40 KiB whatever the quality asked for, its hidden layer included', async () => {
  // Many posts before a wall, and a camera that looks far behind them: a hidden layer full of colours.
  const depth = await gray16(512, 384, (x, y) => (x % 64 < 20 ? 0.9 : 0.25) + 0.05 * Math.sin(x / 20) * Math.cos(y / 15))
  const color = await rgb8(512, 384, (x, y) => [0, 1, 2].map((channel) => (Math.imul((x >> 2) * 7919 + (y >> 2) * 104_729 + channel * 31_337, 2_654_435_761) >>> 0) % 251) as [number, number, number])
  const { manifest } = await bakeDepthMesh({ name: 'posts', depth, color }, { settings: { travel: 0.25, lods: [3000, 1500], texture: { quality: 100 }, clean: false } })
  expect(manifest.lods[1].bytes).toBeLessThan(40 * 1024)
}, 30_000)

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
