import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { InlineConfig, ViteDevServer } from 'vite'
import type { DepthAsset } from '../../src/core/index.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { rgb8 } from '../support/maps.js'
import { createProject, hill, smallLevels, type Project } from '../support/project.js'

declare global {
  interface Window {
    states: DepthAsset[]
    loads: number
  }
}

const page = '<!doctype html><script type="module" src="/main.js"></script>'
/** Notes each state of the asset that it is told of. */
const subscriber = `
import { asset } from './hill.depth.png'
window.states = [asset]
asset.hot.subscribe((next) => window.states.push(next))
`

let browser: Browser
let project: Project
let server: ViteDevServer
let view: Page
let errors: string[]

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})
afterEach(async () => {
  await view.close()
  await server.close()
  project.dispose()
})

const color = (blue: number): Promise<Uint8Array> => rgb8(32, 32, (x, y) => [x * 8, y * 8, blue])

const address = (): string => `http://127.0.0.1:${(server.httpServer!.address() as AddressInfo).port}/`

async function open(files: Record<string, string | Uint8Array>, config: InlineConfig = {}): Promise<void> {
  project = await createProject({ 'index.html': page, 'main.js': subscriber, ...files })
  errors = []
  const { vite, depthmesh, root } = project
  const logger = vite.createLogger('silent')
  logger.error = (message) => void errors.push(message)
  server = await vite.createServer(
    vite.mergeConfig({ root, configFile: false, customLogger: logger, clearScreen: false, server: { port: 0, host: '127.0.0.1' }, plugins: [depthmesh({ lods: [...smallLevels.lods] })] }, config),
  )
  await server.listen()
  view = await browser.newPage()
  await view.goto(address())
}

/** Reloads would make a new `window`. */
const mark = (): Promise<void> => view.evaluate(() => void (window.loads = 1))
const wasReloaded = (): Promise<boolean> => view.evaluate(() => window.loads === undefined)
const states = (count: number): Promise<unknown> => view.waitForFunction((count) => window.states?.length >= count, count, { timeout: 10_000, polling: 20 })
const heightOf = (state: number): Promise<number> => view.evaluate((state) => window.states.at(state)?.bounds.max[2] ?? NaN, state)
const overlay = (): ReturnType<Page['locator']> => view.locator('vite-error-overlay')

describeInBrowser('vite dev', () => {
  it('serves the levels of an imported map', async () => {
    await open({ 'hill.depth.png': await hill(), 'hill.color.png': await color(90) })
    await states(1)
    const answers = await view.evaluate(async () => {
      const urls = window.states[0].lods.map(({ url }) => url)
      return Promise.all(urls.map(async (url) => ({ url, bytes: (await (await fetch(url)).arrayBuffer()).byteLength, told: window.states[0].lods.find((lod) => lod.url === url)?.bytes })))
    })
    expect(answers).toHaveLength(2)
    for (const { url, bytes, told } of answers) {
      expect(url).toMatch(/^\/@depthmesh\/[0-9a-f]{32}\/hill\.lod\d\.glb$/)
      expect(bytes).toBe(told)
    }
  })

  it('swaps without a reload when the map, the colour or the sidecar is edited', async () => {
    await open({ 'hill.depth.png': await hill(), 'hill.color.png': await color(90), 'hill.depth.json': '{ "projection": "orthographic", "relief": 2 }' })
    await states(1)
    await mark()
    expect(await heightOf(0)).toBeCloseTo(2, 0)

    project.write({ 'hill.depth.json': '{ "projection": "orthographic", "relief": 4 }' })
    await states(2)
    expect(await heightOf(1)).toBeGreaterThan(3.5)

    project.write({ 'hill.depth.png': await hill(0.5) })
    await states(3)
    expect(await heightOf(2)).toBeLessThan(2.1)

    const before = await view.evaluate(() => window.states[2].lods[0].url)
    project.write({ 'hill.color.png': await color(10) })
    await states(4)
    expect(await view.evaluate(() => window.states[3].lods[0].url)).not.toBe(before)
    expect(await wasReloaded()).toBe(false)
  })

  it('shows the overlay with file and remedy for a broken map, keeps the old module, and recovers when it is mended', async () => {
    await open({ 'hill.depth.png': await hill() })
    await states(1)
    await mark()
    project.write({ 'hill.depth.png': '<html>404 Not Found</html>' })
    await overlay().waitFor({ state: 'attached' })
    const shown = await overlay().evaluate((element) => element.shadowRoot?.querySelector('.window')?.textContent ?? '')
    expect(shown).toContain('[plugin:depthmesh] hill.depth.png: expected a PNG, TIFF or EXR, found a web page (HTML). The download saved a page')
    expect(await view.evaluate(() => window.states.length)).toBe(1)

    project.write({ 'hill.depth.png': await hill(0.5) })
    await states(2)
    await overlay().waitFor({ state: 'detached' })
    expect(await wasReloaded()).toBe(false)
  })

  it('recovers when the map was broken at the first load', async () => {
    await open({ 'hill.depth.png': 'no picture' })
    await overlay().waitFor({ state: 'attached' })
    await sleep(100)
    project.write({ 'hill.depth.png': await hill() })
    await states(1)
    await overlay().waitFor({ state: 'detached' })
  })
})
