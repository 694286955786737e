import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type Inspect from 'vite-plugin-inspect'
import type React from '@vitejs/plugin-react'
import type { Browser } from 'playwright-core'
import type { Plugin } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { openPage, startServer } from '../support/dev.js'
import { createProject, hill, smallLevels, testCache, viteVersions, type Project } from '../support/project.js'

/* Other plugins, each in the newest version that a Vite has one of. */

const isOld = (vite: string): boolean => vite === 'vite6' || vite === 'vite7'
const reactFor = async (vite: string, project: Project): Promise<typeof React> => (await project.copied<{ default: typeof React }>(isOld(vite) ? 'plugin-react5' : '@vitejs/plugin-react', 'dist/index.js')).default
const inspectFor = async (vite: string, project: Project): Promise<typeof Inspect> => (await project.copied<{ default: typeof Inspect }>(isOld(vite) ? 'inspect11' : 'vite-plugin-inspect', 'dist/index.mjs')).default

const sidecar = (relief: number): string => JSON.stringify({ projection: 'orthographic', relief })

let project: Project | undefined
afterEach(() => {
  project?.dispose()
  project = undefined
})

describeInBrowser('with @vitejs/plugin-react', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())

  it.each(viteVersions)('an edit of a map swaps it in the component, without a reload, and the state stays (%s)', async (vite) => {
    const dev = await startServer(
      {
        'hill.depth.png': await hill(),
        'hill.depth.json': sidecar(2),
        'index.html': '<!doctype html><link rel="icon" href="data:,"><main></main><script type="module" src="/main.jsx"></script>',
        'main.jsx': `import { createRoot } from 'react-dom/client'\nimport { App } from './App.jsx'\ncreateRoot(document.querySelector('main')).render(<App />)`,
        'App.jsx': `
          import { useState } from 'react'
          import { bounds } from './hill.depth.png'
          export function App() {
            const [count, setCount] = useState(0)
            return <button onClick={() => setCount(count + 1)}>{count} clicks, {bounds.max[2].toFixed(1)} m</button>
          }`,
      },
      { vite, config: { optimizeDeps: { include: ['react', 'react-dom/client', 'react/jsx-dev-runtime'] } }, plugins: async (project) => [(await reactFor(vite, project))()] },
    )
    const page = await openPage(browser, dev.address)
    const button = page.locator('button')
    await button.getByText('0 clicks, 2.0 m').waitFor()
    for (let i = 0; i < 3; i++) await button.click()
    dev.project.write({ 'hill.depth.json': sidecar(4) })
    await button.getByText('3 clicks, 4.0 m').waitFor()
    expect(page.loads()).toBe(1)
  })
})

describe.each(viteVersions)('with vite-plugin-inspect and %s', (vite) => {
  it('loads maps in dev as it does alone, and is on the list of what made the module', async () => {
    let inspector: Plugin | undefined
    const dev = await startServer({ 'hill.depth.png': await hill() }, { vite, plugins: async (project) => [(inspector = (await inspectFor(vite, project))())] })
    const { code = '' } = (await dev.server.environments.client.transformRequest('/hill.depth.png')) ?? {}
    const levels = [...new Set(code.match(/\/@depthmesh\/[^"]+/g))]
    expect(levels).toHaveLength(2)
    for (const level of levels) expect((await fetch(new URL(level, dev.address))).status).toBe(200)
    expect((await fetch(`${dev.address}__inspect/`)).headers.get('content-type')).toContain('text/html')

    const [module] = (await recordedModules(inspector)).filter(({ id }) => id.endsWith('/hill.depth.png'))
    expect(module?.plugins.map(({ name }) => name)).toContain('depthmesh')
  })

  it('builds as it does alone', async () => {
    const files = { 'main.js': `import url from './hill.depth.png'\nconsole.log(url)`, 'hill.depth.png': await hill() }
    project = await createProject(files, vite)
    const inspect = await inspectFor(vite, project)
    const outputs: string[][] = []
    for (const plugins of [[], [inspect({ build: true, outputDir: project.path('report') })]]) {
      await project.vite.build({
        root: project.root,
        configFile: false,
        logLevel: 'silent',
        plugins: [...plugins, project.depthmesh({ lods: [...smallLevels.lods], cache: testCache })],
        build: { rollupOptions: { input: '/main.js' } },
      })
      outputs.push(project.list('dist'))
    }
    expect(outputs[1]).toEqual(outputs[0])
    expect(outputs[0].filter((name) => name.endsWith('.glb'))).toHaveLength(2)
    // Written after the build, which does not wait for it.
    const { text, list } = project
    await vi.waitFor(() => text('report/reports/metadata.json'), { timeout: 20_000, interval: 50 })
    const report = list('report/reports').filter((name) => name.includes('transforms')).map((name) => text(`report/reports/${name}`))
    expect(report.filter((file) => file.includes('hill.depth.png') && file.includes('"name": "depthmesh"'))).toHaveLength(1)
  })
})

/** What Astro does to every PNG: a plugin that comes first in the list makes an object of it. */
const pictures = (): Plugin => ({
  name: 'pictures',
  enforce: 'pre',
  load: (id) => (id.endsWith('.png') ? `export default { picture: ${JSON.stringify(basename(id))} }` : null),
})

describe.each(viteVersions)('after a plugin that takes every PNG, with %s', (vite) => {
  const files = async () => ({
    'main.js': `import url, { lods } from './hill.depth.png'\nimport plain from './plain.png'\nimport picture from './hill.depth.png?url'\nglobalThis.game = { url, lods, plain, picture }\nexport const game = globalThis.game`,
    'hill.depth.png': await hill(),
    'plain.png': await hill(),
  })
  const expected = (extension: RegExp) => ({ url: expect.stringMatching(extension), lods: [expect.anything(), expect.anything()], plain: { picture: 'plain.png' }, picture: expect.stringMatching(/\.png$|^data:image\/png/) })

  it('gives levels of maps and leaves it the other pictures, in builds', async () => {
    project = await createProject(await files(), vite)
    await project.vite.build({ root: project.root, configFile: false, logLevel: 'silent', plugins: [pictures(), project.depthmesh({ lods: [...smallLevels.lods], cache: testCache })], build: { rollupOptions: { input: '/main.js' } } })
    const [script] = project.list('dist').filter((name) => name.endsWith('.js'))
    await import(/* @vite-ignore */ pathToFileURL(project.path('dist', script)).href)
    expect((globalThis as unknown as { game: unknown }).game).toEqual(expected(/\.glb$/))
  })

  it('gives levels of maps and leaves it the other pictures, in dev', async () => {
    const { server } = await startServer(await files(), { vite, plugins: [pictures()] })
    expect((await server.ssrLoadModule('/main.js')).game).toEqual(expected(/\.glb$/))
  })
})

interface InspectedModule {
  id: string
  plugins: { name: string }[]
}

interface Metadata {
  instances: { vite: string; environments: string[] }[]
}

/** Asks the inspector what it has seen in dev: up to version 11 by what it offers to others, from 12 on as Vite's developer tools do. */
async function recordedModules(inspector: Plugin | undefined): Promise<InspectedModule[]> {
  interface Asked {
    getMetadata(): Promise<Metadata>
    getModulesList(query: { vite: string; env: string }): Promise<InspectedModule[]>
  }
  const { rpc } = (inspector?.api ?? askAsTools(inspector)) as { rpc: Asked }
  const { instances } = await rpc.getMetadata()
  return rpc.getModulesList({ vite: instances[0].vite, env: 'client' })
}

function askAsTools(inspector: Plugin | undefined): { rpc: unknown } {
  interface Rpc {
    name: string
    setup(context: unknown): { handler(...parameters: unknown[]): unknown }
  }
  const functions = new Map<string, Rpc>()
  const context = { rpc: { register: (rpc: Rpc) => functions.set(rpc.name.replace('vite-plugin-inspect:', ''), rpc), broadcast: () => undefined }, views: { hostStatic: () => undefined } }
  const ready = (inspector as unknown as { devtools: { setup(context: unknown): Promise<void> } }).devtools.setup(context)
  const ask = (name: string) => async (...parameters: unknown[]): Promise<unknown> => {
    await ready
    return functions.get(name)?.setup(context).handler(...parameters)
  }
  return { rpc: { getMetadata: ask('get-metadata'), getModulesList: ask('get-modules-list') } }
}
