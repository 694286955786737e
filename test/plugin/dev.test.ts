import { renameSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DepthAsset } from '../../src/core/index.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { openPage, startServer, type DevServer } from '../support/dev.js'
import { gray16, rgb8 } from '../support/maps.js'
import { hill, viteVersions } from '../support/project.js'

declare global {
  interface Window {
    states: DepthAsset[]
    log: string[]
  }
}

type Page = Awaited<ReturnType<typeof openPage>>

/** Notes each state of the asset that it is told of. */
const subscriber = `
import { asset } from './hill.depth.png'
window.states = [asset]
asset.hot.subscribe((next) => window.states.push(next))
`
/** Relief in metres tells one state from the next: the hill's top is as high as `relief`. */
const sidecar = (relief: number): string => JSON.stringify({ projection: 'orthographic', relief })

/** Those with `experimental.bundledDev`. */
const bundlingVites = ['vite80', 'vite']

let browser: Browser
let dev: DevServer

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser.close()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const color = (blue: number): Promise<Uint8Array> => rgb8(32, 32, (x, y) => [x * 8, y * 8, blue])

async function open(files: Record<string, string | Uint8Array>, options: Parameters<typeof startServer>[1] = {}): Promise<Page> {
  dev = await startServer({ 'main.js': subscriber, ...files }, options)
  return visit()
}
const visit = (): Promise<Page> => openPage(browser, dev.address)

const untilStates = (page: Page, count: number): Promise<unknown> => page.waitForFunction((count) => window.states?.length >= count, count, { polling: 20 })
/** Until the whole bake is there, not its draft alone. */
const untilHeight = (page: Page, height: number): Promise<unknown> =>
  page.waitForFunction(
    (height) => {
      const state = window.states?.at(-1)
      return state !== undefined && state.draft !== true && Math.abs(state.bounds.max[2] - height) < 0.1
    },
    height,
    { polling: 20 },
  )
const heights = (page: Page): Promise<number[]> => page.evaluate(() => window.states.map(({ bounds }) => Math.round(bounds.max[2] * 10) / 10))
const untilOverlay = (page: Page): Promise<unknown> => page.locator('vite-error-overlay').waitFor({ state: 'attached' })
const untilNoOverlay = (page: Page): Promise<unknown> => page.locator('vite-error-overlay').waitFor({ state: 'detached' })
const overlayText = (page: Page): Promise<string> => page.locator('vite-error-overlay').evaluate((element) => element.shadowRoot?.querySelector('.window')?.textContent ?? '')

describe.each(viteVersions)('dev server of %s', (vite) => {
  describeInBrowser('in a page', () => {
    it('serves the levels, and swaps without a reload when the map, the colour or the sidecar is edited', async () => {
      const page = await open({ 'hill.depth.png': await hill(), 'hill.color.png': await color(90), 'hill.depth.json': sidecar(2) }, { vite })
      await untilHeight(page, 2)
      const answers = await page.evaluate(() => Promise.all(window.states[0].lods.map(async ({ url, bytes }) => ({ url, bytes, got: (await (await fetch(url)).arrayBuffer()).byteLength }))))
      expect(answers).toHaveLength(2)
      for (const { url, bytes, got } of answers) {
        expect(url).toMatch(/^\/@depthmesh\/[0-9a-f]{32}\/hill\.lod\d\.glb$/)
        expect(got).toBe(bytes)
      }

      dev.project.write({ 'hill.depth.json': sidecar(4) })
      await untilHeight(page, 4)
      dev.project.write({ 'hill.depth.png': await hill(0.5) })
      await untilHeight(page, 2)
      const before = await page.evaluate(() => window.states.at(-1)?.lods[0].url)
      dev.project.write({ 'hill.color.png': await color(10) })
      await page.waitForFunction((before) => window.states.at(-1)?.lods[0].url !== before, before)
      expect(page.loads()).toBe(1)
    })

    it('follows an edit that is made after a map was fetched and before the page is there', async () => {
      let loaded = (): void => undefined
      const editing = new Promise<void>((resolve) => (loaded = resolve))
      const page = await open(
        { 'main.js': `${subscriber}import './slow.js'`, 'slow.js': '', 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(2) },
        {
          vite,
          plugins: (project) =>
            Promise.resolve([
              {
                name: 'slow',
                configureServer: ({ middlewares }) =>
                  void middlewares.use((request, response, next) => {
                    if (request.url?.startsWith('/hill.depth.png')) response.on('finish', loaded)
                    next()
                  }),
                async load(id: string) {
                  if (!id.endsWith('slow.js')) return
                  await editing
                  await sleep(100)
                  project.write({ 'hill.depth.json': sidecar(4) })
                  await sleep(500)
                },
              },
            ]),
        },
      )
      await untilHeight(page, 4)
      // (A draft of it may come first.)
      expect([...new Set(await heights(page))]).toEqual([2, 4])
      expect(page.loads()).toBe(1)
    })

    it('tells each variant of its own next state, as long as there is one', async () => {
      const variety = (relief: number, variants: number): string => JSON.stringify({ projection: 'orthographic', relief, variants })
      const main = `
import { asset } from './hill.depth.png'
window.told = [[], []]
window.states = [asset]
for (const [i, variant] of asset.variants.entries()) variant.hot.subscribe((next) => window.told[i].push({ name: next.name, height: next.bounds.max[2] }))
asset.hot.subscribe((next) => window.states.push(next))
`
      const told = () => page.evaluate(() => (window as unknown as { told: { name: string; height: number }[][] }).told)
      const page = await open({ 'main.js': main, 'hill.depth.png': await hill(), 'hill.depth.json': variety(2, 2) }, { vite })
      await untilStates(page, 1)
      const first = await page.evaluate(() => window.states[0].variants.map(({ bounds }) => bounds.max[2]))
      dev.project.write({ 'hill.depth.json': variety(4, 2) })
      await untilStates(page, 2)
      const doubled = await told()
      expect(doubled.map((states) => states.map(({ name }) => name))).toEqual([['hill.variant1'], ['hill.variant2']])
      for (const [i, [{ height }]] of doubled.entries()) expect(height / first[i]).toBeCloseTo(2, 1)
      dev.project.write({ 'hill.depth.json': variety(2, 1) })
      await untilStates(page, 3)
      expect((await told()).map((states) => states.length)).toEqual([2, 1])
      expect(page.loads()).toBe(1)
    })

    it('shows the overlay for a broken map, with file and remedy, keeps the old module, and recovers when it is mended', async () => {
      const page = await open({ 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(2) }, { vite })
      await untilStates(page, 1)
      dev.project.write({ 'hill.depth.png': '<html>404 Not Found</html>' })
      await untilOverlay(page)
      expect(await overlayText(page)).toContain('[plugin:depthmesh] hill.depth.png: expected a PNG, TIFF or EXR, found a web page (HTML). The download saved a page')
      expect(await heights(page)).toEqual([2])
      dev.project.write({ 'hill.depth.png': await hill(0.5) })
      await untilHeight(page, 1)
      await untilNoOverlay(page)
      expect(page.loads()).toBe(1)
    })

    it('recovers when the map was broken at the first load', async () => {
      const page = await open({ 'hill.depth.png': 'no picture', 'hill.depth.json': sidecar(2) }, { vite })
      await untilOverlay(page)
      await sleep(100)
      dev.project.write({ 'hill.depth.png': await hill() })
      await untilHeight(page, 2)
      await untilNoOverlay(page)
    })

    it('follows companions that are created and deleted', async () => {
      const page = await open({ 'hill.depth.png': await hill() }, { vite })
      await untilStates(page, 1)
      dev.project.write({ 'hill.depth.json': sidecar(2) })
      await untilHeight(page, 2)
      const textured = (): Promise<boolean | undefined> => page.evaluate(() => (window.states.at(-1)?.lods[0].textureSize ?? 0) > 0)
      expect(await textured()).toBe(false)
      dev.project.write({ 'hill.PNG': await color(90) })
      await page.waitForFunction(() => (window.states.at(-1)?.lods[0].textureSize ?? 0) > 0)
      dev.project.remove('hill.PNG')
      await page.waitForFunction(() => window.states.at(-1)?.lods[0].textureSize === 0)
      expect(dev.warnings.filter((text) => text.includes('hill.depth.png: has no colour picture any more (it was hill.PNG) and is baked without one, lit'))).toHaveLength(1)
      dev.project.write({ 'hill.PNG': await color(90) })
      await page.waitForFunction(() => (window.states.at(-1)?.lods[0].textureSize ?? 0) > 0)
      dev.project.remove('hill.PNG')
      await page.waitForFunction(() => window.states.at(-1)?.lods[0].textureSize === 0)
      expect(dev.warnings.filter((text) => text.includes('has no colour picture any more'))).toHaveLength(2)
      dev.project.remove('hill.depth.json')
      await page.waitForFunction(() => window.states.at(-1)?.camera !== null)
      expect(page.loads()).toBe(1)
    })

    it('reloads exactly once when nobody subscribed', async () => {
      const page = await open({ 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(2), 'main.js': `import { asset } from './hill.depth.png'\nwindow.states = [asset]` }, { vite })
      await untilHeight(page, 2)
      dev.project.write({ 'hill.depth.json': sidecar(4) })
      await untilHeight(page, 4)
      await sleep(500)
      expect(page.loads()).toBe(2)
    })

    it("leaves the update to an importer that accepts it", async () => {
      const page = await open(
        {
          'hill.depth.png': await hill(),
          'hill.depth.json': sidecar(2),
          'main.js': `
            import { asset } from './hill.depth.png'
            window.states = [asset]
            if (import.meta.hot) import.meta.hot.accept('./hill.depth.png', (next) => window.states.push(next.asset))`,
        },
        { vite },
      )
      await untilHeight(page, 2)
      dev.project.write({ 'hill.depth.json': sidecar(4) })
      await untilHeight(page, 4)
      await sleep(300)
      expect(await heights(page)).toEqual([2, 4])
      expect(page.loads()).toBe(1)
    })

    it('runs an importer that accepts itself again, as React components do', async () => {
      const page = await open({
        'hill.depth.png': await hill(),
        'hill.depth.json': sidecar(2),
        'main.js': `import './component.js'`,
        'component.js': `import { asset } from './hill.depth.png'\n;(window.states ??= []).push(asset)\nif (import.meta.hot) import.meta.hot.accept()`,
      }, { vite })
      await untilHeight(page, 2)
      dev.project.write({ 'hill.depth.json': sidecar(4) })
      await untilHeight(page, 4)
      expect(await heights(page)).toEqual([2, 4])
      expect(page.loads()).toBe(1)
    })

    it('tells two pages and two importers', async () => {
      const page = await open({
        'hill.depth.png': await hill(),
        'hill.depth.json': sidecar(2),
        'main.js': `${subscriber}\nimport './second.js'`,
        'second.js': `import { asset } from './hill.depth.png'\nwindow.log = []\nasset.hot.subscribe((next) => window.log.push(next.name))`,
      }, { vite })
      const second = await visit()
      await untilHeight(page, 2)
      await untilHeight(second, 2)
      dev.project.write({ 'hill.depth.json': sidecar(4) })
      for (const each of [page, second]) {
        await untilHeight(each, 4)
        expect(await heights(each)).toEqual([2, 4])
        expect(await each.evaluate(() => window.log)).toEqual(['hill'])
        expect(each.loads()).toBe(1)
      }
    })

    it('stops telling who unsubscribed', async () => {
      const page = await open({
        'hill.depth.png': await hill(),
        'hill.depth.json': sidecar(2),
        'main.js': `${subscriber}\nwindow.log = []\nconst stop = asset.hot.subscribe(() => { window.log.push('told'); stop() })`,
      }, { vite })
      await untilHeight(page, 2)
      for (const relief of [4, 6]) {
        dev.project.write({ 'hill.depth.json': sidecar(relief) })
        await untilHeight(page, relief)
      }
      expect(await page.evaluate(() => window.log)).toEqual(['told'])
    })

    it('never shows a slow edit that was overtaken by a quick one, and stops its bake', async () => {
      const lines: string[] = []
      vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
      vi.stubEnv('DEBUG', 'depthmesh:bake')
      const slow = await gray16(1400, 1400, (x, y) => 0.5 + 0.25 * Math.sin(x / 9) * Math.cos(y / 7) + 0.2 * Math.sin((x * y) / 900))
      const page = await open({ 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(2) }, { vite, options: { lods: [50_000, 50] } })
      await untilHeight(page, 2)
      const quickly = await hill(0.25)
      const count = (state: string): number => lines.filter((line) => line.startsWith(`depthmesh:bake ${state}`)).length
      const [started, failed] = [count('start'), count('failed')]
      dev.project.write({ 'hill.depth.png': slow })
      await vi.waitFor(() => expect(count('start')).toBeGreaterThan(started), { timeout: 20_000, interval: 5 })
      await sleep(100)
      dev.project.write({ 'hill.depth.png': quickly })
      await untilHeight(page, 0.5)
      await vi.waitFor(() => expect(count('failed')).toBeGreaterThan(failed), { timeout: 20_000 })
      await sleep(500)
      // What of the slow one may have been there before the quick one was saved is its draft.
      const states = await page.evaluate(() => window.states.map(({ bounds, draft }) => ({ height: Math.round(bounds.max[2] * 10) / 10, draft: draft === true })))
      expect(new Set(states.filter(({ draft }) => !draft).map(({ height }) => height))).toEqual(new Set([2, 0.5]))
      const quick = states.findIndex(({ height }) => height === 0.5)
      for (const { height } of states.slice(quick)) expect(height).toBe(0.5)
    })

    it('ends right after 20 quick edits', async () => {
      const page = await open({ 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(1) }, { vite })
      await untilHeight(page, 1)
      for (let i = 1; i <= 20; i++) {
        dev.project.write({ 'hill.depth.json': sidecar(1 + i) })
        await sleep(10 + ((i * 13) % 40))
      }
      await untilHeight(page, 21)
      await sleep(500)
      expect((await heights(page)).at(-1)).toBe(21)
      expect(dev.errors).toEqual([])
      expect(page.loads()).toBe(1)
    })

    it('waits for half-written files, and takes renames and re-created files, without a flash of the overlay', async () => {
      const page = await open({ 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(2) }, { vite })
      await untilHeight(page, 2)
      await page.evaluate(() => {
        window.log = []
        new MutationObserver((records) => {
          for (const { addedNodes } of records) for (const node of addedNodes) window.log.push(node.nodeName)
        }).observe(document.body, { childList: true })
      })
      const next = await hill(0.5)
      dev.project.write({ 'hill.depth.png': next.subarray(0, 80) })
      await sleep(250)
      dev.project.write({ 'hill.depth.png': next })
      await untilHeight(page, 1)

      dev.project.write({ 'hill.tmp': await hill(0.75) })
      renameSync(dev.project.path('hill.tmp'), dev.project.path('hill.depth.png'))
      await untilHeight(page, 1.5)

      dev.project.remove('hill.depth.png')
      await sleep(200)
      dev.project.write({ 'hill.depth.png': await hill(0.25) })
      await untilHeight(page, 0.5)
      expect(await page.evaluate(() => window.log.filter((name) => /overlay/i.test(name)))).toEqual([])
      expect(page.loads()).toBe(1)
    })

    it('says that a map is gone, and recovers when it comes back', async () => {
      const page = await open({ 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(2) }, { vite })
      await untilHeight(page, 2)
      dev.project.remove('hill.depth.png')
      await untilOverlay(page)
      expect(await overlayText(page)).toContain('hill.depth.png: expected a depth map, found no file')
      dev.project.write({ 'hill.depth.png': await hill(0.5) })
      await untilHeight(page, 1)
    })

    it('names the file that is at fault: the colour, or a place in the sidecar', async () => {
      const page = await open({ 'hill.depth.png': await hill(), 'hill.color.png': await color(1), 'hill.depth.json': sidecar(2) }, { vite })
      await untilHeight(page, 2)
      dev.project.write({ 'hill.color.png': 'no picture' })
      await untilOverlay(page)
      expect(await overlayText(page)).toContain('hill.color.png: expected ')
      dev.project.write({ 'hill.color.png': await color(2) })
      await untilNoOverlay(page)

      dev.project.write({ 'hill.depth.json': '{\n  "projection": "orthographic",\n  "releif": 3\n}' })
      await untilOverlay(page)
      const text = await overlayText(page)
      expect(text).toContain('hill.depth.json:3:3: unknown key "releif". Did you mean "relief"?')
      expect(text).toContain('3 |   "releif": 3')
      dev.project.write({ 'hill.depth.json': sidecar(4) })
      await untilHeight(page, 4)
      await untilNoOverlay(page)
      expect(page.loads()).toBe(1)
    })

    it('takes an edit that is undone from the cache', async () => {
      const lines: string[] = []
      vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
      vi.stubEnv('DEBUG', 'depthmesh:bake')
      const page = await open({ 'hill.depth.png': await hill(), 'hill.depth.json': sidecar(2) }, { vite, options: { cache: { dir: 'cache' } } })
      await untilHeight(page, 2)
      for (const relief of [4, 2, 4]) {
        dev.project.write({ 'hill.depth.json': sidecar(relief) })
        await untilHeight(page, relief)
      }
      const urls = await page.evaluate(() => window.states.filter(({ draft }) => draft !== true).map(({ lods }) => lods[0].url))
      expect(urls).toEqual([urls[0], urls[1], urls[0], urls[1]])
      expect(lines.filter((line) => line.startsWith('depthmesh:bake baked'))).toHaveLength(2)
    })

    it('bakes in web workers, for packages that are pre-bundled, and under a base', async () => {
      const page = await open(
        {
          'hill.depth.png': await hill(),
          'node_modules/art-pack/package.json': '{ "name": "art-pack", "main": "index.js", "type": "module" }',
          'node_modules/art-pack/index.js': `export { default as rock } from './rock.depth.png'`,
          'node_modules/art-pack/rock.depth.png': await hill(0.3),
          'with space, Hügel.depth.png': await hill(0.4),
          'worker.js': `import url from './hill.depth.png'\npostMessage(url)`,
          'index.html': `<!doctype html><script type="module">
            import { rock } from 'art-pack'
            import odd from './with space, Hügel.depth.png'
            import Late from './worker.js?worker'
            const fromWorker = (worker) => new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)))
            const urls = [rock, odd, await fromWorker(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })), await fromWorker(new Late())]
            window.log = await Promise.all(urls.map(async (url) => url + ' ' + (await fetch(url)).status))
          </script>`,
        },
        { vite, config: { base: '/sub/dir/' } },
      )
      await page.goto(`${dev.address}sub/dir/`)
      await page.waitForFunction(() => window.log?.length === 4)
      const log = await page.evaluate(() => window.log)
      expect(log[0]).toMatch(/^\/sub\/dir\/@depthmesh\/[0-9a-f]{32}\/rock\.lod0\.glb 200$/)
      expect(log[1]).toMatch(/^\/sub\/dir\/@depthmesh\/[0-9a-f]{32}\/with%20space%2C%20H%C3%BCgel\.lod0\.glb 200$/)
      for (const line of log.slice(2)) expect(line).toMatch(/\/hill\.lod0\.glb 200$/)
    })
  })
})

describeInBrowser('dev server', () => {
  it.each(bundlingVites)('serves the levels in bundled dev too (%s)', async (vite) => {
    const page = await open(
      { 'hill.depth.png': await hill(), 'main.js': `import { asset } from './hill.depth.png'\nwindow.log = await Promise.all(asset.lods.map(async ({ url }) => (await fetch(url)).headers.get('content-type')))` },
      { vite, config: { experimental: { bundledDev: true } } },
    )
    await page.waitForFunction(() => window.log !== undefined)
    expect(await page.evaluate(() => window.log)).toEqual(['model/gltf-binary', 'model/gltf-binary'])
  })

  it.each(bundlingVites)('follows edits in bundled dev too: of the map, of companions that are created, of what was broken (%s)', async (vite) => {
    const page = await open({ 'hill.depth.png': await hill() }, { vite, config: { experimental: { bundledDev: true } } })
    await untilStates(page, 1)
    dev.project.write({ 'hill.depth.json': sidecar(2) })
    await untilHeight(page, 2)
    dev.project.write({ 'hill.depth.json': sidecar(4) })
    await untilHeight(page, 4)
    dev.project.write({ 'hill.depth.png': '<html>404 Not Found</html>' })
    await untilOverlay(page)
    dev.project.write({ 'hill.depth.png': await hill(0.5) })
    await untilHeight(page, 2)
    const { url, bytes } = await page.evaluate(() => window.states.at(-1)!.lods[0])
    expect((await (await fetch(new URL(url, dev.address))).arrayBuffer()).byteLength).toBe(bytes)
  })
})
