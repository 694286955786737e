import { symlinkSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { openPage, startServer, type DevServer } from '../support/dev.js'
import { hill, viteVersions } from '../support/project.js'

/* In dev what test/plugin/build.test.ts asks of builds: every way to import a map, wherever it lies and whatever it is called. */

let browser: Browser
let dev: DevServer
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** What `window.game` of the page is in the end. */
async function play<T>(): Promise<T> {
  const page = await openPage(browser, dev.address)
  const game = await page.waitForFunction(() => (window as unknown as { game?: unknown }).game)
  return (await game.jsonValue()) as T
}
const isGlb = async (url: string): Promise<boolean> => (await fetch(new URL(url, dev.address)).then((answer) => answer.text())).startsWith('glTF')
const GLB = (name: string): RegExp => new RegExp(`^/@depthmesh/[0-9a-f]{32}/${name}\\.lod0\\.glb$`)

describe.each(viteVersions)('imports in dev on %s', (vite) => {
  describeInBrowser('in a page', () => {
    it('keep giving the picture to ?url, ?raw, ?inline, ?no-inline, CSS, HTML and new URL()', async () => {
      dev = await startServer(
        {
          'index.html': '<!doctype html><link rel="stylesheet" href="/style.css"><img src="/art/hill.depth.png"><script type="module" src="/main.js"></script>',
          'style.css': 'body { background: url(./art/hill.depth.png) }',
          'main.js': `
            import url from './art/hill.depth.png?url'
            import inline from './art/hill.depth.png?inline'
            import file from './art/hill.depth.png?no-inline'
            import raw from './art/hill.depth.png?raw'
            const background = getComputedStyle(document.body).backgroundImage.slice(5, -2)
            const urls = [url, inline, file, new URL('./art/hill.depth.png', import.meta.url).href, document.querySelector('img').src, background]
            const sizes = await Promise.all(urls.map(async (url) => (await (await fetch(url)).arrayBuffer()).byteLength))
            window.game = { sizes, raw: raw.length > 0, drawn: document.querySelector('img').naturalWidth }`,
          'art/hill.depth.png': await hill(),
        },
        { vite },
      )
      const size = dev.project.bytes('art/hill.depth.png').length
      expect(await play()).toEqual({ sizes: Array<number>(6).fill(size), raw: true, drawn: 32 })
    })

    it('answer import.meta.glob, eager and lazy', async () => {
      const main = `
        const eager = import.meta.glob('./art/*.depth.png', { eager: true, import: 'default' })
        const lazy = import.meta.glob('./art/*.depth.png')
        const late = await Promise.all(Object.entries(lazy).map(async ([key, load]) => [key, (await load()).default]))
        window.game = { eager, late: Object.fromEntries(late) }`
      dev = await startServer({ 'main.js': main, 'art/hill.depth.png': await hill(), 'art/mount.depth.png': await hill(0.5) }, { vite })
      const { eager, late } = await play<Record<'eager' | 'late', Record<string, string>>>()
      expect(late).toEqual(eager)
      expect(eager).toEqual({ './art/hill.depth.png': expect.stringMatching(GLB('hill')) as string, './art/mount.depth.png': expect.stringMatching(GLB('mount')) as string })
    })

    it('may have unusual names', async () => {
      const names = ['with space', 'Hügel-日本', 'a&b+c', "it's", 'v1.2']
      const files: Record<string, Uint8Array> = {}
      for (const [i, name] of names.entries()) files[`art/${name}.depth.png`] = await hill(1 - i / 10)
      const imports = names.map((name, i) => `import { asset as a${i} } from ${JSON.stringify(`./art/${name}.depth.png`)}`)
      dev = await startServer({ ...files, 'main.js': `${imports.join('\n')}\nwindow.game = [${names.map((_, i) => `a${i}`).join()}].map(({ name, lods }) => ({ name, url: lods[0].url }))` }, { vite })
      const game = await play<{ name: string; url: string }[]>()
      expect(game.map(({ name }) => name)).toEqual(names)
      for (const { url } of game) expect(await isGlb(url), url).toBe(true)
    })

    it.each([false, true])('reach maps of packages of a workspace, and through links (preserveSymlinks %s)', async (preserveSymlinks) => {
      dev = await startServer(
        {
          'pnpm-workspace.yaml': 'packages: [packages/*]',
          'packages/art/package.json': '{ "name": "art", "main": "index.js", "type": "module" }',
          'packages/art/index.js': `export { default as rock } from './rock.depth.png'`,
          'packages/art/rock.depth.png': await hill(0.3),
          'node_modules/pack/package.json': '{ "name": "pack", "main": "index.js", "type": "module" }',
          'node_modules/pack/index.js': `export { default as stone } from './stone.depth.png'`,
          'node_modules/pack/stone.depth.png': await hill(0.2),
          'main.js': `import { rock } from 'art'\nimport { stone } from 'pack'\nimport linked from './linked.depth.png'\nwindow.game = [rock, stone, linked]`,
        },
        { vite, config: { resolve: { preserveSymlinks } }, plugins: (project) => {
          symlinkSync('../packages/art', project.path('node_modules/art'))
          symlinkSync('packages/art/rock.depth.png', project.path('linked.depth.png'))
          return Promise.resolve([])
        } },
      )
      const [rock, stone, linked] = await play<string[]>()
      expect(rock).toMatch(GLB('rock'))
      expect(stone).toMatch(GLB('stone'))
      expect(linked).toMatch(GLB(preserveSymlinks ? 'linked' : 'rock'))
      for (const url of [rock, stone, linked]) expect(await isGlb(url), url).toBe(true)
    })

    it('of a map in public/ are explained', async () => {
      dev = await startServer({ 'public/rock.depth.png': await hill(), 'main.js': `import url from '/rock.depth.png'\nwindow.game = url` }, { vite })
      const page = await openPage(browser, dev.address)
      const overlay = page.locator('vite-error-overlay')
      await overlay.waitFor({ state: 'attached' })
      expect(await overlay.evaluate((element) => element.shadowRoot?.querySelector('.window')?.textContent ?? '')).toContain(
        'public/rock.depth.png: lies in public/, whose files are copied as they are. Move it beside the code that imports it, or import "/rock.depth.png?url" to get the picture.',
      )
      await page.close()
    })
  })

  it('of names that Vite itself cannot serve are explained, once, and only to pages', async () => {
    const main = `export { default as a } from './#1.depth.png'\nexport { default as b } from './100%.depth.png'`
    dev = await startServer({ 'main.js': main, 'other.js': `import './#1.depth.png'`, '#1.depth.png': await hill(), '100%.depth.png': await hill(0.5) }, { vite })
    const { a, b } = (await dev.server.ssrLoadModule('/main.js')) as Record<'a' | 'b', string>
    for (const url of [a, b]) expect(await isGlb(url), url).toBe(true)
    const explained = (): string[] => dev.warnings.filter((text) => text.includes('its name holds'))
    expect(explained()).toEqual([])
    for (const path of ['/main.js', '/other.js']) await dev.server.transformRequest(path).catch(() => undefined)
    const [first, second, ...more] = explained()
    expect(first).toContain("#1.depth.png: its name holds # or %, which Vite's dev server leaves in URLs as they are, so that a page asks for another file. Rename it. (In builds it is found.)")
    expect(second).toContain('100%.depth.png: its name holds')
    expect(more).toEqual([])
  })

  it('bake once for a page and a server that ask at the same time, and give both the same', async () => {
    dev = await startServer({ 'main.js': `export { default } from './hill.depth.png'`, 'hill.depth.png': await hill() }, { vite, options: { cache: false } })
    const lines: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
    vi.stubEnv('DEBUG', 'depthmesh:*')
    try {
      const [page, { default: url }] = await Promise.all([dev.server.transformRequest('/hill.depth.png'), dev.server.ssrLoadModule('/main.js') as Promise<{ default: string }>])
      expect(url).toMatch(GLB('hill'))
      expect(page?.code).toContain(url)
    } finally {
      write.mockRestore()
      vi.unstubAllEnvs()
    }
    expect(lines.filter((line) => line.startsWith('depthmesh:bake start'))).toHaveLength(1)
  })
})
