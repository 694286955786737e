import type { AddressInfo } from 'node:net'
import type { ViteDevServer } from 'vite'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { rgb8 } from '../support/maps.js'
import { createProject, hill, smallLevels, type Project } from '../support/project.js'

interface App {
  /** Strongest colour in the middle of the picture. */
  look(): string
  /** Height of the mesh on screen, metres. */
  height(): number
  memory(): { geometries: number; textures: number }
}

declare global {
  interface Window {
    app: App
    marked: boolean
  }
}

const MAIN = `
import * as THREE from 'three'
import { loadDepthBackground } from 'depthmesh/three'
import { asset } from './hill.depth.png'

const renderer = new THREE.WebGLRenderer({ preserveDrawingBuffer: true })
renderer.setPixelRatio(1)
renderer.setSize(64, 64)
document.body.append(renderer.domElement)
const scene = new THREE.Scene()
const camera = new THREE.PerspectiveCamera(40, 1, 0.1, 100)
camera.position.z = 12
const background = await loadDepthBackground(asset)
scene.add(background.object)
renderer.setAnimationLoop(() => {
  background.update(camera)
  renderer.render(scene, camera)
})
await background.ready
window.app = {
  look() {
    renderer.render(scene, camera)
    const gl = renderer.getContext()
    const pixel = new Uint8Array(4)
    gl.readPixels(32, 32, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel)
    const [r, g, b] = pixel
    return r + g + b < 60 ? 'none' : r > g && r > b ? 'red' : g > b ? 'green' : 'blue'
  },
  height: () => new THREE.Box3().setFromObject(background.object).max.z,
  memory: () => ({ geometries: renderer.info.memory.geometries, textures: renderer.info.memory.textures }),
}
`
const sidecar = (relief: number): string => JSON.stringify({ projection: 'orthographic', clean: false, relief })
const only = (channel: number): Promise<Uint8Array> => rgb8(32, 32, () => [0, 1, 2].map((c) => (c === channel ? 200 : 20)) as [number, number, number])

describeInBrowser('a depth map on screen while it is edited', () => {
  let browser: Browser
  let project: Project
  let server: ViteDevServer
  let page: Page

  beforeAll(async () => {
    project = await createProject({
      'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
      'main.js': MAIN,
      'hill.depth.png': await hill(1),
      'hill.color.png': await only(0),
      'hill.depth.json': sidecar(1),
    })
    const { vite, depthmesh, root } = project
    server = await vite.createServer({
      root,
      configFile: false,
      logLevel: 'silent',
      server: { port: 0, host: '127.0.0.1' },
      plugins: [depthmesh({ lods: [...smallLevels.lods] })],
    })
    await server.listen()
    const { port } = server.httpServer!.address() as AddressInfo
    browser = await launchBrowser()
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${port}/`)
    // Vite may reload once while it finds out what to pre-bundle.
    await page.waitForFunction(() => window.app !== undefined, null, { timeout: 60_000 })
    await page.waitForTimeout(500)
    await page.waitForFunction(() => window.app !== undefined, null, { timeout: 60_000 })
    await page.evaluate(() => void (window.marked = true))
  })

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    project?.dispose()
  })

  const look = () => page.evaluate(() => window.app.look())
  const height = () => page.evaluate(() => Math.round(window.app.height() * 10) / 10)
  const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 50 })

  it('changes with the colour, the sidecar and the map, without a reload, and frees what it replaced', async () => {
    expect(await look()).toBe('red')
    const memory = () => page.evaluate(() => window.app.memory())

    project.write({ 'hill.color.png': await only(1) })
    await eventually(look).toBe('green')

    project.write({ 'hill.depth.json': sidecar(3) })
    await eventually(height).toBeGreaterThan(2.5)

    project.write({ 'hill.depth.png': await hill(0.5) })
    await eventually(height).toBeLessThan(2)

    expect(await page.evaluate(() => window.marked)).toBe(true)
    // A mesh counts from the first frame that shows it.
    await eventually(async () => (await memory()).geometries).toBeGreaterThan(0)
    // The levels of the newest state that were on screen, and none of the three states before.
    await eventually(async () => (await memory()).geometries).toBeLessThanOrEqual(smallLevels.lods.length)
    await eventually(async () => (await memory()).textures).toBeLessThanOrEqual(smallLevels.lods.length)
  })

  it('keeps the mesh while the map is broken, says so in the overlay, and recovers when it is mended', async () => {
    project.write({ 'hill.depth.png': 'not a picture' })
    await page.locator('vite-error-overlay').waitFor({ state: 'attached', timeout: 15_000 })
    expect(await look()).toBe('green')
    expect(await height()).toBeLessThan(2)

    project.write({ 'hill.depth.png': await hill(1) })
    await eventually(height).toBeGreaterThan(2.5)
    expect(await page.locator('vite-error-overlay').count()).toBe(0)
    expect(await page.evaluate(() => window.marked)).toBe(true)
  })
})
