/**
 * A page in headless Chromium with three and the package as it ships, and a server for its files. Chromium draws without a GPU (SwiftShader),
 * so that pictures are the same on every machine; frames take longer than on a player's.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.glb': 'model/gltf-binary' }
const BROWSERS = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
const HTML = `<!doctype html><title>loading</title><link rel="icon" href="data:,"><script type="importmap">{ "imports": {
  "three": "/node_modules/three/build/three.module.js",
  "three/": "/node_modules/three/",
  "depthmesh/three": "/dist/three/index.js" } }</script><script type="module" src="/bench/support/stage-page.js"></script>`

/** @returns {Promise<{ page: import('playwright-core').Page, files: Map<string, Uint8Array>, close(): Promise<void> }>} `files`: what the page finds at `/<name>` */
export async function openStage() {
  const executablePath = BROWSERS.find((path) => path && existsSync(path))
  if (!executablePath) throw new Error('this benchmark needs Chromium: install it or name it in CHROMIUM_PATH')
  const files = new Map()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://stage').pathname)
    Promise.resolve(path === '/' ? HTML : (files.get(path.slice(1)) ?? readFile(join(ROOT, normalize(path))))).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? (path === '/' ? 'text/html' : 'application/octet-stream'), 'cache-control': 'no-store' }).end(body),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'] })
  // (What a frame takes to be put on screen grows with the window.)
  const page = await browser.newPage({ viewport: { width: 256, height: 256 } })
  await page.goto(`http://127.0.0.1:${server.address().port}/`)
  await page.waitForFunction(() => document.title === 'ready')
  return {
    page,
    files,
    async close() {
      await browser.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
