import type { Page } from 'playwright-core'
import type * as Three from 'three'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { bakeDepthMesh, type DepthAsset, type LiveDepthAsset } from '../../src/core/index.js'
import type { DepthBackground, LoadDepthBackgroundOptions } from '../../src/three/index.js'
import { describeInBrowser } from '../support/browser.js'
import { gray16, rgb8 } from '../support/maps.js'
import { openTheatre, type Stage, type Theatre } from '../support/stage.js'

declare const stage: Stage
/** Puts several backgrounds of one asset on the stage, with the target level shown; they stand in each other's place. */
declare function placeSeveral(asset: LiveDepthAsset, options: readonly LoadDepthBackgroundOptions[]): Promise<DepthBackground[]>
/** The colour of each, seen alone. */
declare function lookAtEach(backgrounds: readonly DepthBackground[]): string[]
declare function settled(): Promise<void>

const NOTHING = { geometries: 0, textures: 0, programs: 0, openBitmaps: 0 }
const ONE = { geometries: 1, textures: 1, programs: 1, openBitmaps: 2 }

describeInBrowser('backgrounds of the same asset', () => {
  let theatre: Theatre
  let page: Page
  /** One surface in three colours, with three levels each; a level is one mesh and one texture. */
  const assets = {} as Record<'red' | 'green' | 'blue', DepthAsset>

  beforeAll(async () => {
    theatre = await openTheatre()
    const depth = await gray16(64, 48, (x, y) => (x + y) / 112)
    for (const [index, name] of (['red', 'green', 'blue'] as const).entries()) {
      const color = await rgb8(64, 48, (x, y) => [0, 1, 2].map((channel) => (channel === index ? 160 + ((x + y) % 32) : 20)) as [number, number, number])
      assets[name] = theatre.serve(await bakeDepthMesh({ name, depth, color }, { settings: { lods: [2000, 400, 60], far: 4, travel: 0 } }))
    }
  })

  afterAll(() => theatre?.close())

  beforeEach(async () => {
    page = await theatre.openPage()
    await page.evaluate(() => {
      Object.assign(globalThis, {
        placeSeveral: (asset: LiveDepthAsset, options: readonly LoadDepthBackgroundOptions[]) =>
          Promise.all(
            options.map(async (each) => {
              const background = await stage.loadDepthBackground(asset, each)
              stage.scene.add(background.object)
              await background.ready
              return background
            }),
          ),
        lookAtEach: (backgrounds: readonly DepthBackground[]) =>
          backgrounds.map((shown) => {
            for (const each of backgrounds) each.object.visible = each === shown
            const color = stage.look()
            for (const each of backgrounds) each.object.visible = true
            return color
          }),
        settled: () => new Promise((resolve) => setTimeout(resolve, 50)),
      })
    })
  })

  afterEach(() => page.close())

  const glbRequests = () => theatre.requests.filter((path) => path.endsWith('.glb'))

  for (const own of [false, true]) {
    it(`have each level loaded, decoded and on the GPU once, until the last of them is gone, with ${own ? 'a loader of one’s own' : 'the default loader'}`, async () => {
      const seen = await page.evaluate(
        async ({ red, own }) => {
          const options = own ? { loader: stage.gltfLoader() } : {}
          const [first] = await placeSeveral(red, [options])
          stage.look()
          const one = stage.memory()
          const others = await placeSeveral(red, Array.from({ length: 4 }, () => options))
          const colors = lookAtEach([first, ...others])
          stage.look()
          const five = { ...stage.memory(), draws: stage.renderer.info.render.calls }
          for (const background of [first, ...others.slice(1)]) background.dispose()
          await settled()
          const left = { color: stage.look(), ...stage.memory() }
          others[0].dispose()
          await settled()
          stage.look()
          return { one, colors, five, left, none: stage.memory(), decoded: stage.bitmaps.length }
        },
        { red: assets.red, own },
      )
      // (The coarsest level is kept for switching back, though no frame has drawn it.)
      expect(seen.one).toEqual(ONE)
      expect(seen.five).toEqual({ ...ONE, draws: 5 })
      expect(seen.colors).toEqual(Array(5).fill('red'))
      expect(seen.left).toEqual({ ...ONE, color: 'red' })
      expect(seen.none).toEqual(NOTHING)
      expect(seen.decoded).toBe(2)
      expect(glbRequests()).toEqual(['/red.lod2.glb', '/red.lod0.glb'])
      expect(theatre.problems).toEqual([])
    })
  }

  it('load a level once too when they ask for it at the same moment', async () => {
    const memory = await page.evaluate(async (red) => {
      const { scene, renderer } = stage
      await placeSeveral(red, Array.from({ length: 5 }, () => ({ scene, renderer })))
      stage.look()
      await settled()
      return { ...stage.memory(), children: stage.scene.children.length }
    }, assets.red)
    expect(memory).toEqual({ ...ONE, geometries: 1, textures: 2, children: 5 })
    expect(glbRequests()).toEqual(['/red.lod2.glb', '/red.lod0.glb'])
  })

  it('show a level each, and change it alone', async () => {
    const seen = await page.evaluate(async (red) => {
      const [first, second, third] = await placeSeveral(red, [{}, {}, { target: 1 }])
      const drawn = () => {
        stage.look()
        return { triangles: stage.renderer.info.render.triangles, geometries: stage.memory().geometries }
      }
      const steps = [drawn()]
      await first.show(2)
      steps.push(drawn())
      await second.show(1)
      steps.push(drawn())
      first.dispose()
      await settled()
      steps.push(drawn())
      await third.show(2)
      steps.push(drawn())
      return { steps, levels: [first, second, third].map(({ level }) => level) }
    }, assets.red)
    const [fine, middle, coarse] = assets.red.lods.map(({ triangles }) => triangles)
    expect(seen.steps).toEqual([
      { triangles: 2 * fine + middle, geometries: 2 },
      { triangles: fine + middle + coarse, geometries: 3 },
      { triangles: 2 * middle + coarse, geometries: 3 },
      { triangles: 2 * middle, geometries: 3 },
      { triangles: middle + coarse, geometries: 3 },
    ])
    expect(seen.levels).toEqual([-1, 1, 2])
    expect(glbRequests().toSorted()).toEqual(['/red.lod0.glb', '/red.lod1.glb', '/red.lod2.glb'])
  })

  it('let `prepare` change the materials of one alone, with the same shader and the same texture', async () => {
    const seen = await page.evaluate(async (red) => {
      const tint = (level: Three.Object3D) =>
        level.traverse((node) => {
          if (node instanceof stage.THREE.Mesh) (node.material as Three.MeshBasicMaterial).color.setRGB(0.02, 8, 0.02)
        })
      const backgrounds = await placeSeveral(red, [{}, { prepare: tint }, {}])
      return { colors: lookAtEach(backgrounds), memory: stage.memory() }
    }, assets.red)
    expect(seen).toEqual({ colors: ['red', 'green', 'red'], memory: ONE })
  })

  it('let `prepare` put a geometry and a texture of its own in the place of shared ones, which go with its background', async () => {
    const seen = await page.evaluate(async (red) => {
      const change = (level: Three.Object3D) =>
        level.traverse((node) => {
          if (!(node instanceof stage.THREE.Mesh)) return
          node.geometry = node.geometry.clone()
          node.geometry.setDrawRange(0, 3)
          const material = node.material as Three.MeshBasicMaterial
          material.map = material.map!.clone()
          material.map.magFilter = stage.THREE.NearestFilter
        })
      const backgrounds = await placeSeveral(red, [{ target: 2 }, { prepare: change, target: 2 }])
      const colors = lookAtEach(backgrounds)
      const two = stage.memory()
      backgrounds[1].dispose()
      await settled()
      const left = { color: stage.look(), ...stage.memory() }
      backgrounds[0].dispose()
      await settled()
      return { colors, two, left, none: stage.memory() }
    }, assets.red)
    expect(seen.colors).toEqual(['red', 'none'])
    expect(seen.two).toEqual({ ...ONE, geometries: 2, textures: 2, openBitmaps: 1 })
    expect(seen.left).toEqual({ ...ONE, openBitmaps: 1, color: 'red' })
    expect(seen.none).toEqual(NOTHING)
  })

  it('keep what a loader of one’s own has done to its levels', async () => {
    const seen = await page.evaluate(async (red) => {
      const gltf = stage.gltfLoader()
      const loader = {
        async loadAsync(url: string) {
          const loaded = await gltf.loadAsync(url)
          loaded.scene.traverse((node) => {
            if (!(node instanceof stage.THREE.Mesh)) return
            node.onBeforeRender = () => frames++
            ;(node.material as Three.Material).onBeforeCompile = (shader) => (shader.fragmentShader = shader.fragmentShader.replace('#include <opaque_fragment>', 'outgoingLight = outgoingLight.gbr;\n#include <opaque_fragment>'))
          })
          return loaded
        },
      }
      let frames = 0
      const backgrounds = await placeSeveral(red, [{ loader }, { loader }])
      return { colors: lookAtEach(backgrounds), frames }
    }, assets.red)
    expect(seen).toEqual({ colors: ['blue', 'blue'], frames: 2 })
  })

  it('leave no shader behind, though a loader of one’s own has had its levels compiled', async () => {
    const seen = await page.evaluate(async (red) => {
      const { renderer, scene, camera } = stage
      const gltf = stage.gltfLoader()
      const loader = {
        async loadAsync(url: string) {
          const loaded = await gltf.loadAsync(url)
          renderer.compile(loaded.scene, camera, scene)
          return loaded
        },
      }
      const backgrounds = await placeSeveral(red, [{ loader }, { loader }])
      const colors = lookAtEach(backgrounds)
      backgrounds[0].dispose()
      await settled()
      const left = { color: stage.look(), programs: stage.memory().programs }
      backgrounds[1].dispose()
      await settled()
      return { colors, left, none: stage.memory() }
    }, assets.red)
    expect(seen).toEqual({ colors: ['red', 'red'], left: { color: 'red', programs: 1 }, none: NOTHING })
  })

  it('leave a picture of the page’s open that `prepare` has put on them, and on their stand-ins', async () => {
    const seen = await page.evaluate(async (red) => {
      const { scene, renderer, THREE } = stage
      const green = new THREE.Texture(await createImageBitmap(new ImageData(new Uint8ClampedArray(8 * 8 * 4).map((_, i) => [20, 220, 20, 255][i % 4]), 8, 8)))
      green.needsUpdate = true
      const wear = (level: Three.Object3D) =>
        level.traverse((node) => {
          if (node instanceof THREE.Mesh) (node.material as Three.MeshBasicMaterial).map = green
        })
      const backgrounds = await placeSeveral(red, [{ scene, renderer, prepare: wear }, { scene, renderer, prepare: wear }])
      const colors = lookAtEach(backgrounds)
      backgrounds[0].dispose()
      await settled()
      const left = { color: stage.look(), width: (green.image as ImageBitmap).width }
      backgrounds[1].dispose()
      await settled()
      return { colors, left, width: (green.image as ImageBitmap).width, none: stage.memory() }
    }, assets.red)
    expect(seen).toEqual({ colors: ['green', 'green'], left: { color: 'green', width: 8 }, width: 8, none: { ...NOTHING, openBitmaps: 1 } })
    expect(theatre.problems).toEqual([])
  })

  for (const own of [false, true]) {
    const whose = own ? 'a loader of one’s own' : 'the default loader'
    it(`are loaded on when the first of them gives up, with ${whose}`, async () => {
      await page.route('**/red.lod2.glb', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        await route.continue().catch(() => {})
      })
      const seen = await page.evaluate(
        async ({ red, own }) => {
          const controller = new AbortController()
          const loader = own ? stage.gltfLoader() : undefined
          const gone = stage.loadDepthBackground(red, { loader, signal: controller.signal }).then(() => 'loaded', (error: Error) => error.name)
          const kept = placeSeveral(red, [{ loader }])
          await settled()
          const before = performance.now()
          controller.abort()
          const outcome = await gone
          const atOnce = performance.now() - before < 100
          const [background] = await kept
          const color = stage.look()
          const memory = stage.memory()
          background.dispose()
          await settled()
          return { outcome, atOnce, color, memory, none: stage.memory() }
        },
        { red: assets.red, own },
      )
      expect(seen).toEqual({ outcome: 'AbortError', atOnce: true, color: 'red', memory: ONE, none: NOTHING })
      expect(glbRequests()).toEqual(['/red.lod2.glb', '/red.lod0.glb'])
    })

    it(`leave nothing when all of them give up, and are loaded anew for who comes later, with ${whose}`, async () => {
      let failures = 0
      page.on('requestfailed', () => failures++)
      await page.route('**/red.lod2.glb', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        await route.continue().catch(() => {})
      })
      const seen = await page.evaluate(
        async ({ red, own }) => {
          const controllers = [new AbortController(), new AbortController()]
          const loader = own ? stage.gltfLoader() : undefined
          const gone = controllers.map(({ signal }) => stage.loadDepthBackground(red, { loader, signal }).then(() => 'loaded', (error: Error) => error.message))
          await settled()
          for (const [i, controller] of controllers.entries()) controller.abort(new Error(`left ${i}`))
          // At once, while the old one may still be on its way.
          const [background] = await placeSeveral(red, [{ loader }])
          await new Promise((resolve) => setTimeout(resolve, 300))
          const color = stage.look()
          const memory = stage.memory()
          background.dispose()
          await settled()
          return { outcomes: await Promise.all(gone), color, memory, none: stage.memory() }
        },
        { red: assets.red, own },
      )
      expect(seen).toEqual({ outcomes: ['left 0', 'left 1'], color: 'red', memory: ONE, none: NOTHING })
      if (!own) expect(failures).toBe(1)
      expect(theatre.problems).toEqual([])
    })
  }

  it('are all told of what is missing, and find it when it is there', async () => {
    let asked = 0
    await page.route('**/red.lod2.glb', (route) => {
      asked++
      return route.fulfill({ status: 404 })
    })
    const load = () => page.evaluate((red) => Promise.all([1, 2, 3].map(() => stage.loadDepthBackground(red).then(() => 'loaded', String))), assets.red)
    expect(await load()).toEqual(Array(3).fill('Error: /red.lod2.glb: expected a GLB, got 404 Not Found'))
    expect(asked).toBe(1)
    await page.unroute('**/red.lod2.glb')
    expect(await load()).toEqual(Array(3).fill('loaded'))
    expect(theatre.problems).toEqual([])
  })

  it('take six hot updates and leave nothing of them, waited for or not', async () => {
    const seen = await page.evaluate(async (assets) => {
      const hot = stage.hot()
      const backgrounds = await placeSeveral({ ...assets.red, hot }, [{}, { target: 1 }, {}])
      await backgrounds[2].show(2)
      const shown: string[][] = []
      const all = (asset: DepthAsset) => backgrounds.every((background) => background.asset === asset)
      const updates = [assets.green, assets.blue, assets.red, assets.green, assets.blue, assets.red]
      for (const next of updates) {
        hot.emit(next)
        while (!all(next)) {
          if (lookAtEach(backgrounds).includes('none')) throw new Error('a gap between the old mesh and the new one')
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        shown.push(lookAtEach(backgrounds))
      }
      const waited = { ...stage.memory(), levels: backgrounds.map(({ level }) => level) }
      for (const next of updates) hot.emit(next)
      await new Promise((resolve) => setTimeout(resolve, 300))
      const hurried = { colors: lookAtEach(backgrounds), ...stage.memory() }
      backgrounds[0].dispose()
      backgrounds[0].dispose()
      hot.emit(assets.green)
      while (!backgrounds.slice(1).every(({ asset }) => asset === assets.green)) await new Promise((resolve) => setTimeout(resolve, 5))
      const two = { colors: lookAtEach(backgrounds), ...stage.memory(), listeners: hot.listeners.size }
      for (const background of backgrounds) background.dispose()
      await settled()
      return { shown, waited, hurried, two, none: stage.memory() }
    }, assets)
    expect(seen.shown).toEqual(['green', 'blue', 'red', 'green', 'blue', 'red'].map((color) => Array(3).fill(color)))
    // Of the newest state what is shown: a level each.
    expect(seen.waited).toEqual({ geometries: 3, textures: 3, programs: 1, openBitmaps: 3, levels: [0, 1, 2] })
    expect(seen.hurried).toEqual({ colors: ['red', 'red', 'red'], geometries: 3, textures: 3, programs: 1, openBitmaps: 3 })
    expect(seen.two).toEqual({ colors: ['none', 'green', 'green'], geometries: 2, textures: 2, programs: 1, openBitmaps: 2, listeners: 2 })
    expect(seen.none).toEqual(NOTHING)
    expect(theatre.problems).toEqual([])
  })

  it.each([1, 2, 3])('leave nothing whatever order they come, go, change and give up in (seed %i)', async (seed) => {
    const seen = await page.evaluate(
      async ({ assets, seed }) => {
        let state = seed
        const random = (below: number) => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
          return Math.floor((state / 2 ** 32) * below)
        }
        const [all, hot, loader] = [Object.values(assets), stage.hot(), stage.gltfLoader()]
        const { scene, renderer } = stage
        const ways: LoadDepthBackgroundOptions[] = [{}, { loader }, { renderer }, { scene, renderer }, { scene, loader, target: 1 }]
        const errors: string[] = []
        const controllers: AbortController[] = []
        const loading: Promise<void>[] = []
        const there: DepthBackground[] = []
        const quiet = (error: Error) => void (error.name === 'AbortError' || errors.push(String(error)))
        const steps = [
          () => {
            const controller = new AbortController()
            controllers.push(controller)
            const come = stage.loadDepthBackground({ ...all[random(3)], hot }, { ...ways[random(ways.length)], signal: controller.signal, onError: (error) => errors.push(String(error)) })
            loading.push(come.then((background) => (scene.add(background.object), void there.push(background)), quiet))
          },
          () => void there[random(there.length)]?.show(random(3)).catch(quiet),
          () => there.splice(random(there.length), 1)[0]?.dispose(),
          () => controllers.splice(random(controllers.length), 1)[0]?.abort(),
          () => random(4) === 0 && hot.emit(all[random(3)]),
          () => stage.look(),
        ]
        for (let step = 0; step < 200; step++) {
          const [coming, chosen] = [random(3) === 0, random(steps.length)]
          steps[coming ? 0 : chosen]()
          if (random(2) === 0) await new Promise((resolve) => setTimeout(resolve, random(12)))
        }
        await Promise.all(loading)
        // (Stand-ins go with a frame.)
        for (let frame = 0; frame < 2; frame++) {
          await settled()
          stage.look()
        }
        const some = { users: there.length, ...stage.memory() }
        for (const background of there) background.dispose()
        await new Promise((resolve) => setTimeout(resolve, 300))
        stage.look()
        return { errors, some, none: stage.memory(), children: scene.children.length, listeners: hot.listeners.size }
      },
      { assets, seed },
    )
    expect(seen.errors).toEqual([])
    expect(seen.some.users).toBeGreaterThan(5)
    // Of three assets three levels each, as two loaders read them.
    expect(seen.some.geometries).toBeLessThanOrEqual(18)
    expect(seen).toMatchObject({ none: NOTHING, children: 0, listeners: 0 })
    expect(theatre.problems).toEqual([])
  })

  it('leave the others what they show when one is disposed twice', async () => {
    const seen = await page.evaluate(async (red) => {
      const [first] = await placeSeveral(red, [{}, {}])
      stage.look()
      first.dispose()
      first.dispose()
      await settled()
      return { color: stage.look(), ...stage.memory() }
    }, assets.red)
    expect(seen).toEqual({ ...ONE, color: 'red' })
  })

  it('are on the GPU once for `WebGPURenderer` too, which tells textures apart that wear one picture', async () => {
    const seen = await page.evaluate(async (red) => {
      const renderer = await stage.webGpuRenderer()
      const memory = async () => {
        for (let frame = 0; frame < 3; frame++) {
          renderer.render(stage.scene, stage.camera)
          await settled()
        }
        const { geometries, textures } = renderer.info.memory
        return { geometries, textures }
      }
      const [first] = await placeSeveral(red, [{ scene: stage.scene, renderer }])
      const one = await memory()
      const others = await placeSeveral(red, Array.from({ length: 4 }, () => ({ scene: stage.scene, renderer })))
      const five = await memory()
      for (const background of [first, ...others]) background.dispose()
      await settled()
      return { one, five, none: await memory() }
    }, assets.red)
    expect(seen.five).toEqual(seen.one)
    expect(seen.none).toEqual({ geometries: seen.one.geometries - 1, textures: seen.one.textures - 1 })
  })

  it('have their picture on the GPU of each renderer while their mesh still arrives', async () => {
    const seen = await page.evaluate(async (red) => {
      const letGo = stage.holdTheLine()
      const other = new stage.THREE.WebGLRenderer()
      const renderers = [stage.renderer, other]
      const loading = placeSeveral(red, renderers.map((renderer) => ({ renderer, target: 2 })))
      while (renderers.some(({ info }) => info.memory.textures < 1)) await new Promise((resolve) => setTimeout(resolve, 5))
      letGo()
      const backgrounds = await loading
      const color = stage.look()
      other.render(stage.scene, stage.camera)
      const drawn = renderers.map(({ info }) => ({ ...info.memory }))
      for (const background of backgrounds) background.dispose()
      await settled()
      return { color, drawn, decoded: stage.bitmaps.length, none: renderers.map(({ info }) => ({ ...info.memory })) }
    }, assets.red)
    expect(seen.color).toBe('red')
    expect(seen.decoded).toBe(1)
    expect(seen.drawn).toEqual(Array(2).fill(expect.objectContaining({ geometries: 1, textures: 1 })))
    expect(seen.none).toEqual(Array(2).fill(expect.objectContaining({ geometries: 0, textures: 0 })))
    expect(theatre.problems).toEqual([])
  })
})
