import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Rollup } from 'vite'
import { afterAll, describe, expect, it } from 'vitest'
import type { DepthAsset } from '../../src/core/index.js'
import { parseShapeImport } from '../../src/plugin/shape-import.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { openPage, startServer } from '../support/dev.js'
import { createProject, viteVersions, type Project } from '../support/project.js'

const projects = new Map<string, Project>()
afterAll(() => projects.forEach((project) => project.dispose()))

/** One project a version, whose main.js puts something into `globalThis.game`. */
async function shapeProject(main: string, version = 'vite'): Promise<Project> {
  const project = projects.get(version) ?? (await createProject({}, version))
  projects.set(version, project)
  project.write({ 'main.js': main })
  return project
}

const input = { build: { rollupOptions: { input: '/main.js', output: { entryFileNames: 'main.js' } }, assetsInlineLimit: 0, modulePreload: false } } as const

async function play<T>(project: Project, folder = 'dist'): Promise<T> {
  await import(/* @vite-ignore */ `${pathToFileURL(project.path(folder, 'main.js')).href}?at=${performance.now()}`)
  return (globalThis as unknown as { game: T }).game
}
const glbs = (project: Project, folder = 'dist') => project.list(folder).filter((name) => name.endsWith('.glb'))
const withoutHash = (name: string) => name.replace(/-[\w-]{8}\.glb$/, '')

describe.each(viteVersions)('a shape that is imported, built with %s', (version) => {
  it('gives hashed GLBs named after it, another for each seed, with everything that an import gives', async () => {
    const project = await shapeProject(
      `import url, * as rock from 'depthmesh:rock?seed=3&size=64'
       import { asset as other } from 'depthmesh:rock?seed=4&size=64'
       globalThis.game = { url, rock, other }`,
      version,
    )
    await project.build({ ...input, build: { ...input.build, manifest: true } })
    const { url, rock, other } = await play<{ url: string; rock: DepthAsset & { asset: DepthAsset }; other: DepthAsset }>(project)
    expect(glbs(project).map(withoutHash)).toEqual(['assets/rock.lod0', 'assets/rock.lod0', 'assets/rock.lod1', 'assets/rock.lod1'])
    for (const { lods } of [rock, other]) for (const lod of lods) expect(existsSync(project.path(`dist${lod.url}`))).toBe(true)
    expect(rock.lods[0].url).toBe(url)
    expect(other.lods[0].url).not.toBe(url)
    expect(Object.keys(rock).filter((key) => key !== 'default').sort()).toEqual(['asset', 'bounds', 'camera', 'lods', 'placeholder', 'variants'])
    expect(rock.asset).toMatchObject({ name: 'rock', camera: null, bounds: rock.bounds, variants: [] })
    expect(rock.placeholder).toMatch(/^data:image/)
    const manifest = JSON.parse(project.text('dist/.vite/manifest.json')) as Record<string, { file: string }>
    expect(`/${manifest['depthmesh:rock?seed=3&size=64&lod=1'].file}`).toBe(rock.lods[1].url)
  })

  it('is taken from the cache without being made again', async () => {
    const project = await shapeProject(`import { asset } from 'depthmesh:tower?size=96'\nglobalThis.game = asset`, version)
    const cache = { dir: 'cache' }
    await project.build({ ...input, base: '/a/' }, { cache })
    const first = await play<DepthAsset>(project)
    // A bake would fail: it takes longer than a millisecond.
    await project.build({ ...input, base: './' }, { cache, limits: { jobSeconds: 0.001 } })
    const second = await play<DepthAsset>(project)
    expect(second.lods.map(({ bytes }) => bytes)).toEqual(first.lods.map(({ bytes }) => bytes))
    for (const { url } of second.lods) expect(existsSync(fileURLToPath(url))).toBe(true)
    await expect(project.build(input, { cache: { dir: 'cache' }, limits: { jobSeconds: 0.001 }, lods: [150] })).rejects.toThrow('depthmesh:tower?size=96')
  })

  it('takes settings: variants with chains of their own, budgets, width and texture', async () => {
    const project = await shapeProject(`import { asset, variants } from 'depthmesh:pillar?size=64&variants=2&lods=120&width=8&texture.size=32'\nglobalThis.game = { asset, variants }`, version)
    await project.build(input)
    const { asset, variants } = await play<{ asset: DepthAsset; variants: DepthAsset[] }>(project)
    expect(glbs(project).map(withoutHash)).toEqual(['assets/pillar.lod0', 'assets/pillar.variant1.lod0', 'assets/pillar.variant2.lod0'])
    expect(asset.lods).toHaveLength(1)
    expect(asset.lods[0]).toMatchObject({ textureSize: 32 })
    expect(asset.lods[0].triangles).toBeLessThanOrEqual(120)
    expect(variants.map(({ lods }) => lods.length)).toEqual([1, 1])
    const { min, max } = asset.bounds
    // A pillar fills its picture but for the border.
    expect(max[0] - min[0]).toBeGreaterThan(7)
    expect(max[0] - min[0]).toBeLessThanOrEqual(8)
  })

  it('leaves nothing behind when it is not used', async () => {
    const project = await shapeProject(`import url from 'depthmesh:rock?size=64'\nglobalThis.game = 1`, version)
    await project.build(input)
    expect(glbs(project)).toEqual([])
  })
})

describe('an import of a shape that cannot be', () => {
  it.each([
    ['depthmesh:rok', 'depthmesh:rok: expected a shape, got "rok". Did you mean "rock"?'],
    ['depthmesh:rock?sed=3', 'depthmesh:rock?sed=3: unknown key "sed". Did you mean "seed"?'],
    ['depthmesh:rock?fovY=3', 'depthmesh:rock?fovY=3: unknown key "fovY". Known keys: seed, size, width, '],
    ['depthmesh:rock?seed=many', 'depthmesh:rock?seed=many: seed: expected a whole number 0..4294967295, got NaN.'],
    ['depthmesh:rock?size=10', 'depthmesh:rock?size=10: size: expected a whole number 32..4096, got 10.'],
    ['depthmesh:rock?lods=many', 'depthmesh:rock?lods=many: lods: expected triangle budgets like [100000, 25000]'],
    ['depthmesh:rock?texture.format=gif', 'depthmesh:rock?texture.format=gif: texture.format: expected "webp" | "avif" | "jpeg" | "png" | "ktx2", got "gif".'],
  ])('fails for %s, and says what was meant', async (source, message) => {
    const project = await shapeProject(`import url from ${JSON.stringify(source)}\nglobalThis.game = url`)
    const error = (await project.build(input).catch((error: unknown) => error)) as Rollup.RollupError
    expect(error.message).toContain(message)
  })
})

describe('the query of a shape', () => {
  it('reads numbers, lists, switches and keys inside objects, and passes over what Vite adds', () => {
    expect(parseShapeImport('depthmesh:rock?import&seed=3&t=1712&v=4f2a&lods=3000,500&solid&texture.size=256&texture.format=avif&cut=false')).toEqual({
      shape: 'rock',
      seed: 3,
      settings: { lods: [3000, 500], solid: true, texture: { size: 256, format: 'avif' }, cut: false },
    })
    expect(parseShapeImport('depthmesh:tree')).toEqual({ shape: 'tree', settings: {} })
    expect(parseShapeImport('depthmesh:tree?lods=500').settings).toEqual({ lods: [500] })
    expect(parseShapeImport('depthmesh:tree?lods.error=1,4').settings).toEqual({ lods: { error: [1, 4] } })
  })

  it('tells of all that is wrong with it at once', () => {
    const fault = expect.objectContaining({ file: 'depthmesh:rock?sed=3&width', message: expect.stringMatching(/^2 faults:\n {2}unknown key "sed"\. Did you mean "seed"\?\n {2}width: expected a number, got ""\./) })
    expect(() => parseShapeImport('depthmesh:rock?sed=3&width')).toThrow(fault)
  })
})

describe.each(viteVersions)('dev server of %s', (vite) => {
  describeInBrowser('in a page', () => {
    it('serves the levels of a shape, and shows the overlay for an unknown one until it is mended', async () => {
      const browser = await launchBrowser()
      try {
        const main = (source: string) => `import { asset } from '${source}'\nwindow.asset = asset\nif (import.meta.hot) import.meta.hot.accept()`
        const dev = await startServer({ 'main.js': main('depthmesh:crystal?seed=2&size=64') }, { vite })
        const page = await openPage(browser, dev.address)
        const asset = await page.waitForFunction(() => (window as unknown as { asset?: DepthAsset }).asset)
        const { lods } = (await asset.jsonValue()) as DepthAsset
        expect(lods).toHaveLength(2)
        for (const { url, bytes } of lods) {
          expect(url).toMatch(/^\/@depthmesh\/[0-9a-f]{32}\/crystal\.lod\d\.glb$/)
          expect(await page.evaluate(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength, url)).toBe(bytes)
        }
        dev.project.write({ 'main.js': main('depthmesh:cristal') })
        await page.locator('vite-error-overlay').waitFor({ state: 'attached' })
        expect(await page.locator('vite-error-overlay').evaluate((element) => element.shadowRoot?.querySelector('.window')?.textContent ?? '')).toContain('depthmesh:cristal: expected a shape, got "cristal". Did you mean "crystal"?')
        dev.project.write({ 'main.js': main('depthmesh:cactus?size=64') })
        await page.waitForFunction(() => (window as unknown as { asset?: DepthAsset }).asset?.name === 'cactus')
      } finally {
        await browser.close()
      }
    })
  })
})
