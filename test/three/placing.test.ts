import type { Browser, Page } from 'playwright-core'
import type { PerspectiveCamera } from 'three'
import type { PreviewServer } from 'vite'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { DepthAsset } from '../../src/core/index.js'
import type { DepthBackground } from '../../src/three/index.js'
import { blocksOf } from '../docs/blocks.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { gray16, rgb8 } from '../support/maps.js'
import { createProject, hill, type Project } from '../support/project.js'

interface Drawn {
  calls: number
  triangles: number
  geometries: number
  textures: number
  /** On the GPU, as vertex arrays are. */
  buffers: number
  arrays: number
}

declare global {
  interface Window {
    place: {
      asset: DepthAsset
      camera: PerspectiveCamera
      /** Rocks of the recipe, one at x = 0, 6, 12, … */
      rocks(count: number): Promise<{ update(camera: PerspectiveCamera): void; dispose(): void }>
      manyRocks(count: number): Promise<DepthBackground>
      ground(level: number): Promise<{ heightAt(x: number, z: number): number | undefined; trimesh(): { vertices: Float32Array; indices: Uint32Array }; dispose(): void }>
      draw(): Drawn
      /** Is there a rock on screen, at x metres? */
      rockAt(x: number): boolean
    }
  }
}

const MAIN = `
import * as THREE from 'three'
import { asset } from './rock.depth.png'
import { addRocks } from './rocks.ts'
import { addManyRocks } from './many-rocks.ts'
import { loadGround } from './ground.ts'

const live = { buffers: 0, arrays: 0 }
const count = (made, freed, name) => {
  const { prototype } = WebGL2RenderingContext
  const [make, free] = [prototype[made], prototype[freed]]
  prototype[made] = function () { live[name]++; return make.call(this) }
  prototype[freed] = function (thing) { live[name]--; free.call(this, thing) }
}
count('createBuffer', 'deleteBuffer', 'buffers')
count('createVertexArray', 'deleteVertexArray', 'arrays')
const renderer = new THREE.WebGLRenderer({ preserveDrawingBuffer: true })
renderer.setPixelRatio(1)
renderer.setSize(240, 60)
document.body.append(renderer.domElement)
const scene = new THREE.Scene()
const camera = new THREE.PerspectiveCamera(40, 4, 0.1, 1000)
camera.position.set(12, 0, 20)
const at = (i) => new THREE.Vector3(6 * i, 0, 0)
const draw = () => {
  renderer.render(scene, camera)
  const { render: { calls, triangles }, memory: { geometries, textures } } = renderer.info
  return { calls, triangles, geometries, textures, ...live }
}
window.place = {
  asset,
  camera,
  rocks: (count) => addRocks(scene, Array.from({ length: count }, (_, i) => at(i))),
  manyRocks: (count) => addManyRocks(scene, Array.from({ length: count }, (_, i) => new THREE.Matrix4().setPosition(at(i)))),
  ground: loadGround,
  draw,
  rockAt(x) {
    draw()
    const { x: u } = new THREE.Vector3(x, 0, 0).project(camera)
    const pixel = new Uint8Array(4)
    const gl = renderer.getContext()
    gl.readPixels(Math.round((u + 1) * 120), 30, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel)
    return pixel[0] > 100
  },
}
`

describeInBrowser('the same map in many places, as docs/recipes.md has it', () => {
  let project: Project
  let server: PreviewServer
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const recipe = (file: string): string => blocksOf('docs/recipes.md').find((block) => block.file === file)!.code
    project = await createProject({
      'index.html': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>',
      'main.js': MAIN,
      'rocks.ts': recipe('rocks.ts'),
      'many-rocks.ts': recipe('many-rocks.ts'),
      'ground.ts': recipe('ground.ts'),
      // A pixel a metre, rising by a metre a pixel.
      'hills.depth.png': await gray16(32, 32, (x) => x / 31),
      'hills.depth.json': JSON.stringify({ projection: 'orthographic', orientation: 'ground', clean: false, width: 32, relief: 31, lods: [400, 100, 20] }),
      'rock.depth.png': await hill(1),
      'rock.color.png': await rgb8(32, 32, () => [200, 30, 30]),
      'rock.depth.json': JSON.stringify({ projection: 'orthographic', clean: false, width: 4, lods: [400, 100, 20] }),
    })
    await project.build()
    server = await project.vite.preview({ root: project.root, configFile: false, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } })
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    project?.dispose()
  })

  beforeEach(async () => {
    page = await browser.newPage()
    await page.goto(server.resolvedUrls!.local[0])
    await page.waitForFunction(() => window.place !== undefined)
  })

  it('takes the memory of one, with a level for each by its distance, draws what is in view, and leaves nothing when all are gone', async () => {
    const seen = await page.evaluate(async () => {
      const { place } = window
      const empty = place.draw()
      const rocks = await place.rocks(5)
      const there = [0, 6, 12, 3].map((x) => place.rockAt(x))
      const settle = async () => {
        for (let frame = 0; frame < 30; frame++) {
          rocks.update(place.camera)
          place.draw()
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        return place.draw()
      }
      const far = await settle()
      place.camera.position.set(0, 0, 1.1)
      const near = await settle()
      rocks.dispose()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { empty, there, far, near, gone: place.draw(), triangles: place.asset.lods.map(({ triangles }) => triangles) }
    })
    expect(seen.there).toEqual([true, true, true, false])
    expect(seen.far.calls).toBe(5)
    expect(seen.far.triangles).toBeLessThan(5 * seen.triangles[0])
    // Of the five, 6 m apart, the window shows two, the first of them from a hand's breadth.
    expect(seen.near.calls).toBe(2)
    expect(seen.near.triangles).toBeGreaterThanOrEqual(seen.triangles[0] + seen.triangles[2])
    expect(seen.near.geometries).toBeLessThanOrEqual(3)
    expect(seen.near.textures).toBeLessThanOrEqual(3)
    expect(seen.gone).toEqual({ ...seen.empty, calls: 0, triangles: 0 })
  })

  it('is one draw call with an instanced mesh, whose level changes for all, and which frees its places too', async () => {
    const seen = await page.evaluate(async () => {
      const { place } = window
      const empty = place.draw()
      const rocks = await place.manyRocks(5)
      await rocks.ready
      const there = [0, 6, 12, 24, 3].map((x) => place.rockAt(x))
      const fine = place.draw()
      await rocks.show(2)
      const coarse = place.draw()
      rocks.dispose()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { empty, there, fine, coarse, gone: place.draw(), triangles: place.asset.lods.map(({ triangles }) => triangles) }
    })
    expect(seen.there).toEqual([true, true, true, true, false])
    expect(seen.fine).toMatchObject({ calls: 1, triangles: 5 * seen.triangles[1], geometries: 1, textures: 1 })
    expect(seen.coarse).toMatchObject({ calls: 1, triangles: 5 * seen.triangles[2] })
    expect(seen.gone).toEqual({ ...seen.empty, calls: 0, triangles: 0 })
  })

  it('is ground for rays and physics, in metres, that is never on the GPU', async () => {
    const seen = await page.evaluate(async () => {
      const { place } = window
      const empty = place.draw()
      const ground = await place.ground(1)
      const heights = [[0, 0], [4.5, 3], [-10, -12], [40, 0]].map(([x, z]) => ground.heightAt(x, z))
      const { vertices, indices } = ground.trimesh()
      const after = place.draw()
      ground.dispose()
      return { empty, heights, vertices: [...vertices], indices: [...indices], after }
    })
    // Of pixel centres: pixel 16 begins at x = 0, and is 16 m high in its middle.
    expect(seen.heights).toEqual([expect.closeTo(15.5, 1), expect.closeTo(20, 1), expect.closeTo(5.5, 1), undefined])
    expect(seen.indices.length % 3).toBe(0)
    expect(Math.max(...seen.indices)).toBe(seen.vertices.length / 3 - 1)
    for (let i = 0; i < seen.vertices.length; i += 3) {
      const [x, y, z] = seen.vertices.slice(i, i + 3)
      expect(Math.max(Math.abs(x), Math.abs(z))).toBeLessThanOrEqual(16.001)
      // (Half a pixel at the border goes on as it likes.)
      if (Math.abs(x) < 15.5) expect(y).toBeCloseTo(x + 15.5, 1)
    }
    expect(seen.after).toEqual(seen.empty)
  })
})
