import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DepthAsset } from '../../src/core/index.js'
import type { DepthMeshPluginOptions } from '../../src/plugin/index.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { openPage, startServer, type DevServer } from '../support/dev.js'
import { gray16 } from '../support/maps.js'
import { hill, viteVersions } from '../support/project.js'

declare global {
  interface Window {
    states: DepthAsset[]
    log: string[]
  }
}

type Page = Awaited<ReturnType<typeof openPage>>

/** Waves whose top is at `height`, which take long enough to bake that their draft is seen before. */
const waves = (height = 1): Promise<Uint8Array> => gray16(320, 320, (x, y) => height * (0.5 + 0.25 * Math.sin(x / 9) + 0.25 * Math.cos(y / 7)))
const slow: DepthMeshPluginOptions = { lods: [15_000, 1000, 200], clean: false }
const sidecar = (settings: object): string => JSON.stringify({ projection: 'orthographic', relief: 2, ...settings })

const subscriber = `
import { asset } from './waves.depth.png'
window.states = [asset]
window.stop = asset.hot.subscribe((next) => window.states.push(next))
`

let browser: Browser
let dev: DevServer

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})

async function open(files: Record<string, string | Uint8Array>, options: Parameters<typeof startServer>[1] = {}): Promise<Page> {
  dev = await startServer({ 'main.js': subscriber, 'waves.depth.png': await waves(), 'waves.depth.json': sidecar({}), ...files }, { ...options, options: { ...slow, cache: false, ...options.options } })
  const page = await visit('')
  await page.waitForFunction(() => window.states !== undefined)
  return page
}
const visit = (path: string): Promise<Page> => openPage(browser, dev.address + path)

/** What a page was told, as height of the waves in metres, with "draft" behind it where it was one. */
const seen = (page: Page): Promise<string[]> => page.evaluate(() => window.states.map(({ bounds, draft }) => `${Math.round(bounds.max[2] * 10) / 10}${draft === true ? ' draft' : ''}`))
const until = (page: Page, state: string): Promise<unknown> => expect.poll(async () => (await seen(page)).at(-1), { timeout: 20_000, interval: 20 }).toBe(state)

describeInBrowser('drafts', () => {
  describe.each(viteVersions)('on %s', (vite) => {
    it('come before the whole bake of an edit, as one file that stands for all levels, without a reload', async () => {
      const page = await open({}, { vite })
      dev.project.write({ 'waves.depth.png': await waves(0.5) })
      await until(page, '1')
      expect(await seen(page)).toEqual(['2', '1 draft', '1'])
      const [, draft, whole] = await page.evaluate(() => window.states.map(({ lods }) => lods.map(({ url, bytes }) => ({ url, bytes }))))
      expect(new Set(draft.map(({ url }) => url)).size).toBe(1)
      expect([draft.length, draft[0].url]).toEqual([whole.length, expect.stringMatching(/^\/@depthmesh\/[0-9a-f]{32}\/waves\.draft\.glb$/)])
      const bytesAt = async (url: string) => (await (await fetch(new URL(url, dev.address))).arrayBuffer()).byteLength
      expect(await bytesAt(draft[0].url)).toBe(draft[0].bytes)
      // A later state of the module, as a reload gets it, is the whole.
      await page.reload()
      await page.waitForFunction(() => window.states !== undefined)
      expect(await seen(page)).toEqual(['1'])
      expect(dev.errors).toEqual([])
    })
  })

  it('are forgotten when newer states have come', async () => {
    const page = await open({})
    dev.project.write({ 'waves.depth.json': sidecar({ relief: 3 }) })
    await until(page, '3')
    const [, draft] = await page.evaluate(() => window.states.map(({ lods }) => lods[0].url))
    for (const relief of [4, 5]) {
      dev.project.write({ 'waves.depth.json': sidecar({ relief }) })
      await until(page, String(relief))
    }
    expect((await fetch(new URL(draft, dev.address))).status).toBe(404)
  })

  it('do not come where everybody has ceased to listen, or listens to another map; the page is reloaded once', async () => {
    const page = await open({
      'main.js': `
        import { asset } from './waves.depth.png'
        import { asset as other } from './other.depth.png'
        window.states = [asset]
        asset.hot.subscribe(() => window.states.push(asset))()
        other.hot.subscribe(() => {})`,
      'other.depth.png': await waves(0.1),
      'other.depth.json': sidecar({ lods: [50] }),
    })
    const urls: string[] = []
    page.on('response', (response) => void (/waves\.depth\.png/.test(response.url()) && urls.push(response.url())))
    dev.project.write({ 'waves.depth.json': sidecar({ relief: 3 }) })
    await until(page, '3')
    await sleep(300)
    expect([await seen(page), page.loads()]).toEqual([['3'], 2])
    // The new state, asked for by the update, and again or from the browser's cache by the reloaded page.
    expect(urls.length).toBeLessThanOrEqual(2)
  })

  it('reload no page that does not listen beside one that does; the whole does, once', async () => {
    const page = await open({ 'quiet.js': `import { asset } from './waves.depth.png'\nwindow.states = [asset]`, 'quiet.html': '<script type="module" src="/quiet.js"></script>' })
    const quiet = await visit('quiet.html')
    await quiet.waitForFunction(() => window.states !== undefined)
    dev.project.write({ 'waves.depth.json': sidecar({ relief: 3 }) })
    await until(page, '3 draft')
    expect(quiet.loads()).toBe(1)
    await until(quiet, '3')
    await sleep(300)
    expect([await seen(quiet), quiet.loads()]).toEqual([['3'], 2])
  })

  it('do not come from the cache, nor for what was saved as it was', async () => {
    const page = await open({}, { options: { cache: {} } })
    for (const relief of [3, 2]) {
      dev.project.write({ 'waves.depth.json': sidecar({ relief }) })
      await until(page, String(relief))
    }
    expect(await seen(page)).toEqual(['2', '3 draft', '3', '2'])
    dev.project.write({ 'waves.depth.json': sidecar({ relief: 2 }) })
    await sleep(500)
    expect(await seen(page)).toHaveLength(4)
  })

  it('of what an edit overtook are never shown after it', async () => {
    const page = await open({})
    const at: number[] = []
    for (const [i, relief] of [3, 4, 5, 6, 7, 8].entries()) {
      dev.project.write({ 'waves.depth.json': sidecar({ relief }) })
      // Before, about at and after its draft.
      await sleep(60 + 90 * i)
      at.push((await seen(page)).length)
    }
    await until(page, '8')
    const states = await seen(page)
    const order = states.map((state) => Number.parseInt(state, 10))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(states.slice(-2)).toEqual(['8 draft', '8'])
    expect(page.loads()).toBe(1)
    expect(dev.errors).toEqual([])
  })

  it('are followed by the whole also where another plugin still works on the draft when that is there', async () => {
    const slowly = { name: 'slowly', enforce: 'post' as const, transform: async (_: string, id: string) => void (/waves/.test(id) && (await sleep(800))) }
    const page = await open({ 'waves.depth.png': await hill(), 'waves.depth.json': sidecar({ relief: 2 }) }, { options: { lods: [200, 50] }, plugins: [slowly] })
    for (const relief of [3, 4]) {
      dev.project.write({ 'waves.depth.json': sidecar({ relief }) })
      await until(page, String(relief))
    }
    expect(page.loads()).toBe(1)
  })

  it('stay on screen when the whole fails, which the overlay tells', async () => {
    const page = await open({})
    // No closed body has 4 triangles or fewer; its draft may have more.
    dev.project.write({ 'waves.depth.json': sidecar({ relief: 3, solid: true, lods: [4] }) })
    await page.locator('vite-error-overlay').waitFor({ state: 'attached' })
    expect(await seen(page)).toEqual(['2', expect.stringMatching(/draft$/)])
    dev.project.write({ 'waves.depth.json': sidecar({ relief: 4 }) })
    await until(page, '4')
    await page.locator('vite-error-overlay').waitFor({ state: 'detached' })
    expect(page.loads()).toBe(1)
  })

  it('are for pages alone: a server that renders waits for the whole', async () => {
    const page = await open({})
    const rendered = async () => ((await dev.server.ssrLoadModule('/waves.depth.png')) as { asset: DepthAsset }).asset
    expect((await rendered()).draft).toBeUndefined()
    dev.project.write({ 'waves.depth.json': sidecar({ relief: 3 }) })
    await until(page, '3 draft')
    const asset = await rendered()
    expect([asset.draft, Math.round(asset.bounds.max[2])]).toEqual([undefined, 3])
    await until(page, '3')
    expect((await rendered()).lods[0].url).toBe(await page.evaluate(() => window.states.at(-1)!.lods[0].url))
  })

  it('are not made of a map with variations', async () => {
    const page = await open({ 'waves.depth.json': sidecar({ variants: 1, lods: [500] }) })
    dev.project.write({ 'waves.depth.json': sidecar({ variants: 1, lods: [500], relief: 3 }) })
    await until(page, '3')
    expect(await seen(page)).toEqual(['2', '3'])
  })
})
