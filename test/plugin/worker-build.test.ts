import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { createProject, hill, viteVersions, type Project } from '../support/project.js'

let browser: Browser
let project: Project
let stop = (): Promise<void> => Promise.resolve()

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())
afterEach(async () => {
  await stop()
  project.dispose()
})

describe.each(viteVersions)('web workers in a build of %s', (version) => {
  describeInBrowser('in a page', () => {
    it.each(['es', 'iife'] as const)('load the levels of their own imports (%s)', async (format) => {
      project = await createProject(
        {
          'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
          'main.js': `
            import Late from './worker.js?worker'
            const first = (worker) => new Promise((resolve, reject) => {
              worker.onmessage = ({ data }) => resolve(data)
              worker.onerror = reject
            })
            Promise.all([first(new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })), first(new Late())]).then((log) => (window.log = log))`,
          'worker.js': `
            import { lods } from './art/hill.depth.png'
            const load = async ({ url, bytes }) => {
              const glb = new Uint8Array(await (await fetch(url)).arrayBuffer())
              return [new TextDecoder().decode(glb.subarray(0, 4)), glb.length === bytes]
            }
            Promise.all(lods.map(load)).then((levels) => postMessage(JSON.stringify(levels)))`,
          'art/hill.depth.png': await hill(),
        },
        version,
      )
      await project.build({ base: '/sub/', worker: { format } })
      const server = await project.vite.preview({ root: project.root, base: '/sub/', configFile: false, logLevel: 'silent', preview: { port: 0, host: '127.0.0.1' } })
      stop = () => server.close()
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(`http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}/sub/`)
      await page.waitForFunction(() => window.log !== undefined, undefined, { timeout: 20_000 })
      const levels = JSON.stringify([['glTF', true], ['glTF', true]])
      expect(await page.evaluate(() => window.log)).toEqual([levels, levels])
      expect(errors).toEqual([])
      await page.close()
    })
  })
})
