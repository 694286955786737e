import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bakeDepthMesh, drawVariation, varyPicture, type DepthAsset, type SettingsInput } from '../../src/core/index.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { psnr, type Drawing } from '../support/draw.js'
import { gray16, rgb8 } from '../support/maps.js'
import { openSite, type Site } from '../support/site.js'
import { parseGlb } from '../support/validate.js'

/** What each page of test/engines/stage-*.js offers. */
interface Stage {
  open(view: StageView): void
  show(asset: DepthAsset, level: number): Promise<void>
  look(): Promise<string>
  glObjects(): Record<string, number>
  dispose(): void
  showAllLevels(url: string): Promise<{ index: number; triangles: number; pixels: string }[]>
}

interface StageView {
  /** Pixels. */
  width: number
  height: number
  /** Degrees. */
  fovY: number
  /** Metres; the camera looks down −Z. */
  position: readonly [number, number, number]
  /** Toward a white sun. */
  light: readonly [number, number, number]
  background: string
  /** Babylon's own space. */
  leftHanded?: boolean
}

declare const stage: Stage

/** 16:9, the shape that shows a wrong tangent. */
const [WIDTH, HEIGHT] = [160, 90]
const SIZE = { width: 320, height: 180 }
const LODS = [8000, 2000, 500, 120]
/** The light comes from the left and from above, so that what is mirrored or turned shows. */
const SUN = [-0.72, 0.36, 0.5].map((value, _, all) => value / Math.hypot(...all)) as [number, number, number]
/** Linear. What a surface without a picture is made of. */
const PLASTER = 0.8

const RELIEF_METRES = 10
const SOURCE_VIEW: StageView = { ...SIZE, light: SUN, background: '#ff00ff', position: [0, 0, 0], fovY: 45 }
/** Far away: heights of a metre move nothing by more than half a pixel. */
const DISTANCE = 200
const RELIEF_VIEW: StageView = { ...SOURCE_VIEW, position: [0, 0, DISTANCE], fovY: (2 * Math.atan((RELIEF_METRES * HEIGHT) / WIDTH / 2 / DISTANCE) * 180) / Math.PI }
const [NEAR, FAR] = [1, 3]

const waves = (x: number, y: number) => 0.5 + 0.2 * Math.sin(x / 11) * Math.cos(y / 9)
const paint = (x: number, y: number) => [128 + 100 * Math.sin(x / 9), 128 + 100 * Math.cos(y / 7), (x + y) % 256].map(Math.round) as [number, number, number]

const engines = {
  three: { settings: {}, spaces: { 'its own space': {} } },
  babylon: { settings: {}, spaces: { 'right-handed': {}, 'left-handed': { leftHanded: true } } },
  // It has no meshopt decoder.
  playcanvas: { settings: { compression: 'quantize' }, spaces: { 'its own space': {} } },
} as const

describeInBrowser('levels in engines', () => {
  let browser: Browser
  let site: Site
  const files = new Map<string, Uint8Array | string>()
  const assets: Record<string, Record<Subject, DepthAsset>> = {}
  let depth: Uint8Array
  let color: Uint8Array

  beforeAll(async () => {
    for (const [name, code] of await builtStages()) files.set(`/${name}`, code)
    for (const engine of Object.keys(engines)) files.set(`/${engine}.html`, pageOf(engine))
    ;[depth, color] = [await gray16(WIDTH, HEIGHT, waves), await rgb8(WIDTH, HEIGHT, paint)]
    for (const [engine, { settings }] of Object.entries(engines)) {
      assets[engine] = {
        picture: await put(`${engine}-picture`, { near: NEAR, far: FAR, texture: { quality: 95 }, ...settings }, color),
        relief: await put(`${engine}-relief`, { projection: 'orthographic', width: RELIEF_METRES, relief: 1, ...settings }),
        scene: await put(`${engine}-scene`, { near: NEAR, far: FAR, travel: 0, ...settings }),
      }
    }
    site = await openSite(files)
    browser = await launchBrowser()
  }, 240_000)

  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  /** Bakes the waves, and puts what comes out on the site. */
  async function put(name: string, settings: SettingsInput, picture?: Uint8Array): Promise<DepthAsset> {
    const baked = await bakeDepthMesh({ name, depth, color: picture }, { settings: { lods: LODS, clean: false, ...settings } })
    for (const file of baked.files) files.set(`/${file.name}`, file.bytes)
    return { ...baked.manifest, lods: baked.manifest.lods.map((lod) => ({ ...lod, url: `/${lod.url}` })) }
  }

  /** A page with an engine in it, that fails on anything the engine complains about. */
  async function onStage<T>(engine: string, view: StageView, play: (page: Page) => Promise<T>): Promise<T> {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !/GPU stall|GL Driver|swiftshader/i.test(message.text())) problems.push(message.text())
    })
    page.on('requestfailed', (request) => problems.push(`failed: ${request.url()}`))
    await page.goto(`${site.origin}/${engine}.html`)
    await page.waitForFunction(() => document.title === 'ready')
    await page.evaluate((view) => stage.open(view), view)
    const result = await play(page)
    expect(problems).toEqual([])
    await page.close()
    return result
  }

  const look = async (page: Page) => drawingOf(await page.evaluate(() => stage.look()))

  describe.each(Object.entries(engines))('%s', (engine, { spaces }) => {
    it.each(Object.keys(spaces) as (keyof typeof spaces)[])('shows the picture from its source view at every level, to its outermost pixel (%s)', async (space) => {
      const reference = await enlarged(color)
      await onStage(engine, { ...SOURCE_VIEW, ...(spaces as Spaces)[space] }, async (page) => {
        for (const level of assets[engine].picture.lods.keys()) {
          await page.evaluate(([asset, level]) => stage.show(asset, level), [assets[engine].picture, level] as const)
          const drawing = await look(page)
          expect(psnr(drawing, reference), `level ${level}`).toBeGreaterThan(32)
          expect(magenta(drawing), `level ${level}`).toBe(0)
        }
      })
    })

    it.each(Object.keys(spaces) as (keyof typeof spaces)[])('shades every level as the light falls on the map (%s)', async (space) => {
      for (const [subject, view, point] of [['relief', RELIEF_VIEW, reliefPoint], ['scene', SOURCE_VIEW, scenePoint]] as const) {
        const reference = shaded(point, SUN)
        const fromTheRight = shaded(point, [-SUN[0], SUN[1], SUN[2]])
        await onStage(engine, { ...view, ...(spaces as Spaces)[space] }, async (page) => {
          for (const level of assets[engine][subject].lods.keys()) {
            await page.evaluate(([asset, level]) => stage.show(asset, level), [assets[engine][subject], level] as const)
            const drawing = await look(page)
            expect(psnr(drawing, reference), `${subject}, level ${level}`).toBeGreaterThan(subject === 'relief' ? 35 : 31)
            expect(psnr(drawing, fromTheRight), `${subject}, level ${level}`).toBeLessThan(20)
          }
        })
      }
    })

    it.each(Object.keys(spaces) as (keyof typeof spaces)[])('shows a variant, whose picture lies beside it, as a copy of its own would look (%s)', async (space) => {
      const settings: SettingsInput = { projection: 'orthographic', width: RELIEF_METRES, relief: 0.2, variants: 4, lods: [240], texture: { quality: 95 }, ...engines[engine as keyof typeof engines].settings }
      const { variants } = await put(`${engine}-several`, settings, color)
      for (const [i, variant] of variants.entries()) {
        expect(variant.lods[0].textures).toHaveLength(1)
        const variation = drawVariation(1, i + 1, { aspect: WIDTH / HEIGHT, reframe: true })
        const { data, info } = await sharp(color).removeAlpha().raw().toBuffer({ resolveWithObject: true })
        const bent = varyPicture({ ...info, channels: 3, pixels: data }, variation)
        const reference = { ...SIZE, pixels: await sharp(bent.pixels, { raw: bent }).resize(SIZE).raw().toBuffer() }
        const fovY = (2 * Math.atan((variation.size * RELIEF_METRES * HEIGHT) / WIDTH / 2 / DISTANCE) * 180) / Math.PI
        await onStage(engine, { ...RELIEF_VIEW, fovY, ...(spaces as Spaces)[space] }, async (page) => {
          const asset = { ...variant, lods: variant.lods.map((lod) => ({ ...lod, url: `/${lod.url}` })) }
          await page.evaluate((asset) => stage.show(asset, 0), asset)
          expect(psnr(await look(page), reference), variant.name).toBeGreaterThan(28)
        })
      }
    })

    it('holds as much after six hot swaps as before them, and nothing once it is disposed of', async () => {
      const { picture, scene } = assets[engine]
      const { empty, before, after, disposed } = await onStage(engine, SOURCE_VIEW, (page) =>
        page.evaluate(
          async ([one, other]) => {
            const count = async () => (await stage.look(), stage.glObjects())
            const swapIn = async (asset: DepthAsset) => {
              for (const level of [3, 0]) await stage.show(asset, level)
              return count()
            }
            // What an engine makes once and keeps, as default textures, is there after the first round.
            for (const asset of [one, other]) await swapIn(asset)
            stage.dispose()
            const empty = await count()
            const before = await swapIn(one)
            for (let swap = 1; swap < 6; swap++) await swapIn(swap % 2 === 1 ? other : one)
            const after = await swapIn(one)
            stage.dispose()
            return { empty, before, after, disposed: await count() }
          },
          [picture, scene] as const,
        ),
      )
      expect(before.Buffer).toBeGreaterThan(empty.Buffer)
      expect(before.Texture).toBeGreaterThan(empty.Texture)
      expect(after).toEqual(before)
      expect(disposed).toEqual(empty)
    })
  })

  it('come one by one in Babylon.js, coarsest first, out of one GLB that holds them all', async () => {
    const asset = await put('all', { near: NEAR, far: FAR, texture: { quality: 95 }, container: 'msft_lod' }, color)
    const reference = await enlarged(color)
    await onStage('babylon', SOURCE_VIEW, async (page) => {
      const looks = await page.evaluate((url) => stage.showAllLevels(url), asset.lods[0].url)
      expect(looks.map(({ index }) => index)).toEqual([0, 1, 2, 3])
      const budgets = LODS.toReversed()
      for (const [index, { triangles, pixels }] of looks.entries()) {
        expect(triangles, `level ${3 - index}`).toBeLessThanOrEqual(budgets[index])
        if (index > 0) expect(triangles, `level ${3 - index}`).toBeGreaterThan(budgets[index - 1])
        const drawing = drawingOf(pixels)
        expect(psnr(drawing, reference), `level ${3 - index}`).toBeGreaterThan(30)
        expect(magenta(drawing), `level ${3 - index}`).toBe(0)
      }
    })
    // What is fetched grows from one end of the file to the other: its header, then the levels.
    const ranges = site.ranges.filter(({ path }) => path === asset.lods[0].url)
    expect(ranges.length).toBeGreaterThan(4)
    for (const [index, { first }] of ranges.slice(1).entries()) expect(first).toBeGreaterThan(ranges[index].last)
    const { json } = parseGlb(files.get(asset.lods[0].url) as Uint8Array)
    const finest = (json.nodes as LodNode[]).find(({ extensions }) => extensions?.MSFT_lod)
    expect(finest?.extensions?.MSFT_lod?.ids).toHaveLength(3)
    const coverage = finest?.extras?.MSFT_screencoverage ?? []
    expect(coverage).toHaveLength(4)
    expect(coverage).toEqual(coverage.toSorted((a, b) => b - a))
  })
})

interface LodNode {
  extensions?: { MSFT_lod?: { ids: number[] } }
  extras?: { MSFT_screencoverage?: number[] }
}

type Spaces = Record<string, { leftHanded?: boolean }>
type Subject = 'picture' | 'relief' | 'scene'
type Point = (x: number, y: number) => [number, number, number]

const pageOf = (engine: string) => `<!doctype html><title>loading</title><link rel="icon" href="data:,"><script type="module" src="/stage-${engine}.js"></script>`

/** The stages' scripts as Vite builds them. */
async function builtStages(): Promise<[string, Uint8Array][]> {
  const outDir = await mkdtemp(join(tmpdir(), 'depthmesh-engines-'))
  const root = fileURLToPath(new URL('.', import.meta.url))
  const input = Object.keys(engines).map((name) => join(root, `stage-${name}.js`))
  const rollupOptions = { input, output: { entryFileNames: '[name].js' } }
  await build({ configFile: false, logLevel: 'error', root, build: { outDir, emptyOutDir: true, modulePreload: false, chunkSizeWarningLimit: 9999, rollupOptions } })
  const names = (await readdir(outDir, { recursive: true })).filter((name) => name.endsWith('.js'))
  const code = await Promise.all(names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(outDir, name))]))
  await rm(outDir, { recursive: true })
  return code
}

function drawingOf(base64: string): Drawing {
  const bottomUp = Buffer.from(base64, 'base64')
  const { width, height } = SIZE
  const pixels = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let j = 0; j < 3; j++) pixels[(y * width + x) * 3 + j] = bottomUp[((height - 1 - y) * width + x) * 4 + j]
  }
  return { width, height, pixels }
}

function magenta({ pixels }: Drawing): number {
  let count = 0
  for (let i = 0; i < pixels.length; i += 3) if (pixels[i] > 250 && pixels[i + 1] < 5 && pixels[i + 2] > 250) count++
  return count
}

async function enlarged(picture: Uint8Array): Promise<Drawing> {
  return { ...SIZE, pixels: await sharp(picture).resize(SIZE).removeAlpha().raw().toBuffer() }
}

/** Where the surface is, in glTF space, at a place in the map: pixel indices, whole at pixel centres. */
const reliefPoint: Point = (x, y) => [((x + 0.5) / WIDTH - 0.5) * RELIEF_METRES, (((HEIGHT - 1) / 2 - y) / WIDTH) * RELIEF_METRES, waves(x, y)]
const scenePoint: Point = (x, y) => {
  const depth = 1 / (1 / FAR + waves(x, y) * (1 / NEAR - 1 / FAR))
  const slope = (2 * Math.tan((SOURCE_VIEW.fovY * Math.PI) / 360)) / HEIGHT
  return [(x + 0.5 - WIDTH / 2) * slope * depth, (HEIGHT / 2 - y - 0.5) * slope * depth, -depth]
}

/** The surface as it looks in a matte material under one sun: Lambert's cosine of its own normals, from differences over a hundredth of a pixel. */
function shaded(point: Point, sun: readonly number[]): Drawing {
  const STEP = 0.005
  const pixels = new Uint8Array(SIZE.width * SIZE.height * 3)
  for (let j = 0; j < SIZE.height; j++) {
    for (let i = 0; i < SIZE.width; i++) {
      const [x, y] = [((i + 0.5) * WIDTH) / SIZE.width - 0.5, ((j + 0.5) * HEIGHT) / SIZE.height - 0.5]
      const [right, left, up, down] = [point(x + STEP, y), point(x - STEP, y), point(x, y - STEP), point(x, y + STEP)]
      const [a, b] = [right.map((value, axis) => value - left[axis]), up.map((value, axis) => value - down[axis])]
      const normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
      const cosine = normal.reduce((sum, value, axis) => sum + value * sun[axis], 0) / Math.hypot(...normal)
      const linear = PLASTER * Math.max(0, cosine)
      const srgb = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055
      pixels.fill(Math.round(255 * srgb), (j * SIZE.width + i) * 3, (j * SIZE.width + i + 1) * 3)
    }
  }
  return { ...SIZE, pixels }
}
