/** A page as a player gets it: built by Vite, scripts gzipped, from a server of its own. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import depthmesh from '../../dist/plugin/index.js'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const TYPES = { '.js': 'text/javascript', '.html': 'text/html', '.glb': 'model/gltf-binary' }
const PAGE = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>'
const SCRIPT = `
import { PerspectiveCamera, Scene, WebGLRenderer } from 'three'
import { loadDepthBackground } from 'depthmesh/three'
import { asset } from './map.depth.png'
const renderer = new WebGLRenderer({ antialias: true })
renderer.setSize(256, 256)
document.body.append(renderer.domElement)
const [scene, camera] = [new Scene(), new PerspectiveCamera(asset.camera.fovY, 1, 0.1, 1000)]
renderer.setAnimationLoop(() => renderer.render(scene, camera))
const background = await loadDepthBackground(asset, { scene, renderer })
scene.add(background.object)
renderer.render(scene, camera)
const gl = renderer.getContext()
gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4))
globalThis.firstPixel = performance.now() - performance.getEntriesByType('navigation')[0].responseStart
`

/**
 * Builds the page twice, without and with `preload`.
 *
 * @returns {Promise<{ origins: Record<'plain' | 'preloaded', string>, close(): Promise<void> }>} where each is served, as `/index.html`; `globalThis.firstPixel` is how long after the page's answer it was there, ms
 */
export async function openBuiltPages({ depth, color, settings }) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'depthmesh-bench-')))
  mkdirSync(join(root, 'node_modules'))
  for (const name of ['three', 'depthmesh']) symlinkSync(name === 'depthmesh' ? ROOT : join(ROOT, 'node_modules', name), join(root, 'node_modules', name))
  const files = { 'index.html': PAGE, 'main.js': SCRIPT, 'map.depth.png': depth, 'map.color.png': color, 'map.depth.json': JSON.stringify(settings), 'package.json': '{ "type": "module" }' }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content)
  const servers = []
  const serve = async (folder) => {
    const server = createServer((request, response) => {
      const path = decodeURIComponent(request.url)
      const type = TYPES[extname(path)]
      const body = readFileSync(join(folder, path))
      const isText = extname(path) !== '.glb'
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', ...(isText ? { 'content-encoding': 'gzip' } : {}) }).end(isText ? gzipSync(body) : body)
    })
    servers.push(server)
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${server.address().port}`
  }
  const origins = {}
  for (const [name, preload] of Object.entries({ plain: [], preloaded: 'map.depth.png' })) {
    const outDir = join(root, name)
    await build({ root, configFile: false, logLevel: 'silent', plugins: [depthmesh({ preload, cache: { dir: join(root, 'cache') } })], build: { outDir, target: 'es2022' } })
    origins[name] = await serve(outDir)
  }
  return {
    origins,
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
      rmSync(root, { recursive: true, force: true })
    },
  }
}
