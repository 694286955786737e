import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import { Group, PerspectiveCamera, Vector3 } from 'three'
import { build, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DepthAsset } from '../../src/core/index.js'
import { chooseLevel as chooseInThree, screenError, viewOf } from '../../src/three/level.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { psnr } from '../support/draw.js'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const SCREEN = { width: 320, height: 240 }
/** Where the page says which level it shows, pixels. */
const CAPTION = { width: 200, height: 50 }

describeInBrowser('the pages for engines', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  it.each(['three', 'babylon', 'playcanvas', 'r3f'])('show the canyon as it was painted (%s)', async (engine) => {
    const root = join(examples, 'engines', engine)
    const outDir = await mkdtemp(join(tmpdir(), 'depthmesh-example-'))
    await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 9999 } })
    const server = await preview({ root, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
    const page = await browser.newPage({ viewport: SCREEN })
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => void (message.type() === 'error' && problems.push(message.text())))
    const strangers: string[] = []
    const home = server.resolvedUrls?.local[0] ?? ''
    page.on('request', (request) => void (![home, 'data:', 'blob:'].some((own) => request.url().startsWith(own)) && strangers.push(request.url())))
    await page.goto(home)
    // From the source view of a 2048 px picture on a small screen: not the coarsest level, with which every page begins.
    await page.waitForFunction(() => /^LOD [0-2],/.test(document.querySelector('output')?.value ?? ''), null, { timeout: 60_000 })
    // The canvas is a little wider than high, the picture twice as wide as high: its middle covers the screen.
    const picture = sharp(join(examples, 'game/src/art/canyon.color.png')).removeAlpha().resize({ ...SCREEN, fit: 'cover' })
    const above = { left: 0, top: 0, width: SCREEN.width, height: SCREEN.height - CAPTION.height }
    const reference = { ...above, pixels: await sharp(await picture.png().toBuffer()).extract(above).raw().toBuffer() }
    const seen = async () => psnr({ ...above, pixels: await sharp(await page.screenshot()).removeAlpha().extract(above).raw().toBuffer() }, reference)
    await expect.poll(seen, { timeout: 20_000 }).toBeGreaterThan(28)
    expect(problems).toEqual([])
    expect(strangers).toEqual([])
    await page.close()
    await server.close()
    await rm(outDir, { recursive: true, force: true })
  }, 120_000)
})

describe('examples/engines/choose-level.js', () => {
  // Not checked by the compiler: it is written to be copied.
  type Choose = (asset: DepthAsset, view: { position: number[]; fovY: number; height: number }, current: number) => number
  const level = (pixels: number, metres: number, textureSize: number) => ({ url: '', triangles: 0, vertices: 0, bytes: 0, error: { pixels: 9 * pixels, metres: 9 * metres, p99: { pixels, metres } }, textureSize, screenCoverage: 0 })
  const picture: DepthAsset = {
    name: 'picture',
    size: { width: 1024, height: 512 },
    lods: [level(0.1, 0.01, 1024), level(0.5, 0.06, 512), level(2, 0.3, 362), level(6, 2, 256)],
    bounds: { min: [-8, -4, -10], max: [8, 4, -1] },
    placeholder: '',
    camera: { fovY: 40, aspect: 2, near: 1, far: 10 },
    material: { lit: false, doubleSided: false },
    variants: [],
  }
  const relief: DepthAsset = { ...picture, bounds: { min: [-5, 0, -5], max: [5, 1, 5] }, camera: null }

  it('chooses as depthmesh/three does', async () => {
    const { chooseLevel } = (await import(/* @vite-ignore */ join(examples, 'engines/choose-level.js'))) as { chooseLevel: Choose }
    const chosen = new Set<number>()
    for (const asset of [picture, relief]) {
      for (const [x, y, z] of [[0, 0, 0], [0.05, 0, 0], [0.3, 0.2, 0.1], [0, 3, 12], [0, 20, 60], [2, 0.5, -2], [0, 400, 900]]) {
        for (const height of [200, 1080, 4000]) {
          for (const current of [0, 1, 2, 3]) {
            const camera = new PerspectiveCamera(50, 1)
            camera.position.set(x, y, z)
            camera.updateMatrixWorld()
            const view = viewOf(asset, new Group(), camera, height, new Vector3())
            const expected = chooseInThree(asset.lods.map((lod) => screenError(asset, lod, view)), current, 0)
            const chosenHere = chooseLevel(asset, { position: [x, y, z], fovY: (50 * Math.PI) / 180, height }, current)
            expect(chosenHere, `at ${x}, ${y}, ${z} on ${height} px, from level ${current}`).toBe(expected)
            chosen.add(chosenHere)
          }
        }
      }
    }
    expect([...chosen].sort()).toEqual([0, 1, 2, 3])
  })
})
