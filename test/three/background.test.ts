import type { Page } from 'playwright-core'
import type * as Three from 'three'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bakeDepthMesh, type DepthAsset, type SettingsInput } from '../../src/core/index.js'
import { describeInBrowser } from '../support/browser.js'
import { gray16, rgb8 } from '../support/maps.js'
import { openTheatre, type Stage, type Theatre } from '../support/stage.js'

declare const stage: Stage

const NOTHING = { geometries: 0, textures: 0, programs: 0, openBitmaps: 0 }

describeInBrowser('DepthBackground', () => {
  let theatre: Theatre
  let page: Page
  /** One surface, from 1 m to 4 m, in three colours, with three levels each; without a hidden layer, so that a level is one mesh and one texture. */
  const assets = {} as Record<'red' | 'green' | 'blue', DepthAsset>

  /** Three variations of a red disc, with one level each, which share their picture. */
  let rocks: DepthAsset[]
  /** The same with two levels in one GLB: the fine one wears a picture of its own, the coarse one the shared one. */
  let mixed: DepthAsset[]

  beforeAll(async () => {
    theatre = await openTheatre()
    const depth = await gray16(64, 48, (x, y) => (x + y) / 112)
    for (const [index, name] of (['red', 'green', 'blue'] as const).entries()) {
      const color = await rgb8(64, 48, (x, y) => [0, 1, 2].map((channel) => (channel === index ? 160 + ((x + y) % 32) : 20)) as [number, number, number])
      const asset = theatre.serve(await bakeDepthMesh({ name, depth, color }, { settings: { lods: [2000, 400, 60], far: 4, travel: 0 } }))
      const p99 = [{ metres: 0, pixels: 0 }, { metres: 0.025, pixels: 25 }, { metres: 0.2, pixels: 250 }]
      assets[name] = { ...asset, lods: asset.lods.map((lod, level) => ({ ...lod, textureSize: 64, error: { ...p99[level], p99: p99[level] } })) }
    }
    const noise = await rgb8(96, 96, (x, y) => [150 + ((x * 7919 + y * 104729) % 100), (x * y * 31) % 80, (x * 13) % 80])
    const rock = await gray16(96, 96, (x, y) => Math.max(0, 0.9 - Math.hypot(x - 47.5, y - 47.5) ** 2 / 2000))
    const prop: SettingsInput = { projection: 'orthographic', black: 'cut', width: 4 }
    rocks = theatre.serve(await bakeDepthMesh({ name: 'rock', depth: rock, color: noise }, { settings: { ...prop, lods: [300], variants: 3 } })).variants
    for (const { lods } of rocks) expect(lods[0].textures?.[0].url).toBe('rock.variants.color0.webp')
    mixed = theatre.serve(await bakeDepthMesh({ name: 'mixed', depth: rock, color: noise }, { settings: { ...prop, lods: [6000, 60], variants: 2, container: 'msft_lod' } })).variants
    for (const { lods } of mixed) expect(lods[0].textures).toHaveLength(1)
  })

  afterAll(() => theatre?.close())

  beforeEach(async () => {
    page = await theatre.openPage()
  })

  afterEach(() => page.close())

  const glbRequests = () => theatre.requests.filter((path) => path.endsWith('.glb'))

  it('is on screen with its coarsest level first, then goes straight for the target', async () => {
    const seen = await page.evaluate(async (asset) => {
      const background = await stage.loadDepthBackground(asset)
      stage.scene.add(background.object)
      const first = { level: background.level, color: stage.look(), triangles: stage.renderer.info.render.triangles }
      await background.ready
      return { first, later: { level: background.level, color: stage.look(), triangles: stage.renderer.info.render.triangles } }
    }, assets.red)
    expect(seen.first).toEqual({ level: 2, color: 'red', triangles: assets.red.lods[2].triangles })
    expect(seen.later).toEqual({ level: 0, color: 'red', triangles: assets.red.lods[0].triangles })
    expect(glbRequests()).toEqual(['/red.lod2.glb', '/red.lod0.glb'])
    expect(theatre.problems).toEqual([])
  })

  it('asks for the target as soon as the coarsest level leaves the line free by the time of its answer', async () => {
    const seen = await page.evaluate(async (asset) => {
      const asked: unknown[] = []
      const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
      const { fetch } = globalThis
      const [coarsest, target] = [asset.lods[2].url, asset.lods[0].url]
      /** The coarsest level is answered after `latency` ms, a share of it comes in two parts, 60 ms apart, the rest when it is let go. */
      const begin = async (latency: number, share: number) => {
        asked.length = 0
        let letGo = () => {}
        const held = new Promise<void>((resolve) => (letGo = resolve))
        globalThis.fetch = async (input, init) => {
          asked.push(input)
          const response = await fetch(input, init)
          if (input !== coarsest) return response
          const bytes = new Uint8Array(await response.arrayBuffer())
          await wait(latency)
          async function* parts() {
            const some = Math.round(bytes.length * share)
            yield bytes.slice(0, some / 2)
            await wait(60)
            yield bytes.slice(some / 2, some)
            await held
            yield bytes.slice(some)
          }
          const iterator = parts()
          return new Response(new ReadableStream({ pull: async (stream) => iterator.next().then(({ value, done }) => (done ? stream.close() : stream.enqueue(value))) }))
        }
        const loading = stage.loadDepthBackground(asset)
        await wait(latency + 250)
        const before = asked.includes(target)
        letGo()
        const background = await loading
        await background.ready
        background.dispose()
        return { before, asked: asked.filter((input) => String(input).endsWith('.glb')).length }
      }
      // What is left takes 7 ms beside an answer after 300; or half a second beside one that comes at once.
      return [await begin(300, 0.9), await begin(0, 0.1)]
    }, assets.red)
    expect(seen).toEqual([{ before: true, asked: 2 }, { before: false, asked: 2 }])
    expect(theatre.problems).toEqual([])
  })

  it('stops at the target that was asked for', async () => {
    const level = await page.evaluate(async (asset) => {
      const background = await stage.loadDepthBackground(asset, { target: 1 })
      await background.ready
      stage.camera.updateMatrixWorld()
      background.update(stage.camera)
      return background.level
    }, assets.red)
    expect(level).toBe(1)
    expect(glbRequests()).toEqual(['/red.lod2.glb', '/red.lod1.glb'])
  })

  it('picks the level by what the player sees of its error, and loads each level once', async () => {
    const levels = await page.evaluate(async (asset) => {
      const background = await stage.loadDepthBackground(asset)
      stage.scene.add(background.object)
      await background.ready
      const levels: number[] = []
      for (const distance of [0, 3, 40, 3, 0, 40]) {
        stage.camera.position.z = distance
        stage.look()
        background.update(stage.camera)
        for (let wait = 0; wait < 40; wait++) await new Promise((resolve) => setTimeout(resolve, 5))
        levels.push(background.level)
      }
      return levels
    }, assets.red)
    // The surface begins at z = −1 m; 72 px at 45° are 87 px a unit. Level 1: 2.2 px from 1 m, 0.5 from 4 m. Level 2: 4.3 px from 4 m, 0.4 from 41 m.
    expect(levels).toEqual([0, 1, 2, 1, 0, 2])
    expect(glbRequests().toSorted()).toEqual(['/red.lod0.glb', '/red.lod1.glb', '/red.lod2.glb'])
  })

  it('gives up a level that is on its way when another is wanted', async () => {
    await page.route('**/red.lod0.glb', () => {}) // never answered
    const seen = await page.evaluate(async (asset) => {
      const background = await stage.loadDepthBackground(asset)
      stage.camera.position.z = 3000
      stage.camera.updateMatrixWorld()
      background.update(stage.camera)
      await background.ready
      return background.level
    }, assets.red)
    expect(seen).toBe(2)
  })

  it('swaps a hot update by itself and frees what it replaced', async () => {
    const seen = await page.evaluate(async ({ red, green }) => {
      const hot = stage.hot()
      const background = await stage.loadDepthBackground({ ...red, hot })
      stage.scene.add(background.object)
      await background.ready
      const before = { color: stage.look(), memory: stage.memory() }
      const { object } = background
      hot.emit(green)
      while (background.asset !== green) {
        if (stage.look() !== 'red') throw new Error('a gap between the old mesh and the new one')
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      const after = { color: stage.look(), level: background.level, same: background.object === object }
      return { before, after, memory: stage.memory() }
    }, assets)
    expect(seen.before.color).toBe('red')
    expect(seen.after).toEqual({ color: 'green', level: 0, same: true })
    expect(seen.memory).toEqual({ geometries: 1, textures: 1, programs: 1, openBitmaps: 1 })
  })

  it('shows a draft in between, whatever level was shown, without a gap, and then that level of the whole', async () => {
    const seen = await page.evaluate(async ({ red, green, blue }) => {
      const hot = stage.hot()
      const background = await stage.loadDepthBackground({ ...red, hot }, { target: 1 })
      stage.scene.add(background.object)
      await background.ready
      const draft = { ...green, draft: true as const, lods: green.lods.map(() => green.lods[2]) }
      const shown: string[] = []
      for (const next of [draft, blue]) {
        hot.emit(next)
        const before = stage.look()
        while (background.asset !== next) {
          stage.camera.updateMatrixWorld()
          background.update(stage.camera)
          if (stage.look() !== before) throw new Error('a gap between the old mesh and the new one')
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        for (let frame = 0; frame < 20; frame++) {
          background.update(stage.camera)
          shown.push(`${stage.look()} ${stage.renderer.info.render.triangles}`)
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      }
      return { shown: [...new Set(shown)], level: background.level, memory: stage.memory() }
    }, assets)
    expect(seen.shown).toEqual([`green ${assets.green.lods[2].triangles}`, `blue ${assets.blue.lods[1].triangles}`])
    expect(seen.level).toBe(1)
    expect(glbRequests()).toEqual(['/red.lod2.glb', '/red.lod1.glb', '/green.lod2.glb', '/blue.lod1.glb'])
    expect(seen.memory).toEqual({ geometries: 1, textures: 1, programs: 1, openBitmaps: 1 })
  })

  it('shows the last of several hot updates, whichever arrives first', async () => {
    await page.route('**/green.lod0.glb', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      await route.continue().catch(() => {})
    })
    const seen = await page.evaluate(async ({ red, green, blue }) => {
      const hot = stage.hot()
      const background = await stage.loadDepthBackground({ ...red, hot })
      stage.scene.add(background.object)
      await background.ready
      hot.emit(green)
      hot.emit(blue)
      await new Promise((resolve) => setTimeout(resolve, 700))
      return { color: stage.look(), memory: stage.memory() }
    }, assets)
    expect(seen).toEqual({ color: 'blue', memory: { geometries: 1, textures: 1, programs: 1, openBitmaps: 1 } })
  })

  it('keeps the last good mesh when a hot update can not be loaded, says so, and recovers with the next', async () => {
    const seen = await page.evaluate(async ({ red, green }) => {
      const hot = stage.hot()
      const errors: string[] = []
      const background = await stage.loadDepthBackground({ ...red, hot }, { onError: (error) => errors.push(String(error)) })
      stage.scene.add(background.object)
      await background.ready
      hot.emit({ ...green, lods: green.lods.map((lod) => ({ ...lod, url: '/gone.glb' })) })
      while (errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      const broken = stage.look()
      hot.emit(green)
      while (background.asset !== green) await new Promise((resolve) => setTimeout(resolve, 5))
      return { broken, mended: stage.look(), errors }
    }, assets)
    expect(seen.broken).toBe('red')
    expect(seen.mended).toBe('green')
    expect(seen.errors).toEqual(['Error: /gone.glb: expected a GLB, got 404 Not Found'])
  })

  it('leaves nothing behind after dispose, with every level loaded and a hot update on its way', async () => {
    const seen = await page.evaluate(async ({ red, green }) => {
      const hot = stage.hot()
      const background = await stage.loadDepthBackground({ ...red, hot })
      stage.scene.add(background.object)
      await background.ready
      for (const level of [0, 1, 2]) {
        await background.show(level)
        stage.look()
      }
      const before = { ...stage.memory(), listeners: hot.listeners.size }
      hot.emit(green)
      background.dispose()
      await new Promise((resolve) => setTimeout(resolve, 300))
      const color = stage.look()
      return { before, after: { ...stage.memory(), listeners: hot.listeners.size }, color, children: stage.scene.children.length, level: background.level }
    }, assets)
    expect(seen.before).toEqual({ geometries: 3, textures: 3, programs: 1, openBitmaps: 3, listeners: 1 })
    expect(seen.after).toEqual({ ...NOTHING, listeners: 0 })
    expect(seen).toMatchObject({ color: 'none', children: 0, level: -1 })
  })

  for (const own of [false, true]) {
    const whose = own ? 'a loader of one’s own' : 'the default loader'
    it(`stops at once and leaves nothing when aborted before the first level, with ${whose}`, async () => {
      let asked = () => {}
      const request = new Promise<void>((resolve) => (asked = resolve))
      await page.route('**/red.lod2.glb', async (route) => {
        asked()
        await new Promise((resolve) => setTimeout(resolve, 300))
        await route.continue().catch(() => {})
      })
      await page.evaluate(
        ({ asset, own }) => {
          const controller = new AbortController()
          const options = own ? { signal: controller.signal, loader: stage.gltfLoader() } : { signal: controller.signal }
          const outcome = stage.loadDepthBackground(asset, options).then(() => 'loaded', (error: Error) => error.name)
          Object.assign(window, { outcome, controller })
        },
        { asset: assets.red, own },
      )
      await request
      const seen = await page.evaluate(async () => {
        const { outcome, controller } = window as unknown as { outcome: Promise<string>; controller: AbortController }
        const started = performance.now()
        controller.abort()
        const name = await outcome
        const waited = performance.now() - started
        await new Promise((resolve) => setTimeout(resolve, 500))
        return { name, atOnce: waited < 200, memory: stage.memory() }
      })
      expect(seen).toEqual({ name: 'AbortError', atOnce: true, memory: NOTHING })
      expect(theatre.problems).toEqual([])
    })
  }

  it('keeps what is shown when aborted while the target is on its way', async () => {
    await page.route('**/red.lod0.glb', () => {})
    const seen = await page.evaluate(async (asset) => {
      const controller = new AbortController()
      const background = await stage.loadDepthBackground(asset, { signal: controller.signal })
      stage.scene.add(background.object)
      controller.abort()
      const ready = await background.ready.then(() => 'ready', (error: Error) => error.name)
      return { ready, color: stage.look(), level: background.level }
    }, assets.red)
    expect(seen).toEqual({ ready: 'AbortError', color: 'red', level: 2 })
    expect(theatre.problems).toEqual([])
  })

  it('rejects with the address when the coarsest level can not be loaded', async () => {
    const message = await page.evaluate(
      (asset) => stage.loadDepthBackground({ ...asset, lods: asset.lods.map((lod) => ({ ...lod, url: `/gone${lod.url}` })) }).then(String, String),
      assets.red,
    )
    expect(message).toBe('Error: /gone/red.lod2.glb: expected a GLB, got 404 Not Found')
  })

  it('stays on the levels it has when a finer one can not be loaded, and reports that once', async () => {
    const seen = await page.evaluate(async (asset) => {
      const errors: unknown[] = []
      const lods = asset.lods.map((lod, level) => (level === 0 ? { ...lod, url: '/gone.glb' } : lod))
      const background = await stage.loadDepthBackground({ ...asset, lods }, { onError: (error) => errors.push(error) })
      stage.scene.add(background.object)
      const ready = await background.ready.then(() => 'ready', () => 'failed')
      stage.camera.updateMatrixWorld()
      for (let frame = 0; frame < 40; frame++) {
        stage.look()
        background.update(stage.camera)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      return { ready, level: background.level, errors: errors.length }
    }, assets.red)
    expect(seen).toEqual({ ready: 'failed', level: 1, errors: 1 })
    expect(theatre.problems).toEqual([])
  })

  it('works with a loader of one’s own, and shows each level to `prepare` once, before the player sees it', async () => {
    const seen = await page.evaluate(async (asset) => {
      const prepared: { level: number; meshes: number }[] = []
      const loader = stage.gltfLoader()
      const background = await stage.loadDepthBackground(asset, {
        loader,
        prepare: (scene, level) => {
          let meshes = 0
          scene.traverse((node) => (meshes += (node as Three.Mesh).isMesh ? 1 : 0))
          prepared.push({ level, meshes })
        },
      })
      await background.ready
      await background.show(2)
      await background.show(0)
      return prepared
    }, assets.red)
    expect(seen).toEqual([{ level: 2, meshes: 1 }, { level: 0, meshes: 1 }])
  })

  describe('of variants that share a picture', () => {
    const pictureRequests = () => theatre.requests.filter((path) => path.endsWith('.webp'))

    for (const own of [false, true]) {
      it(`has it on the GPU once, until the last of them is gone, with ${own ? 'a loader of one’s own' : 'the default loader'}`, async () => {
        const seen = await page.evaluate(
          async ({ variants, own }) => {
            stage.camera.position.z = 6
            const gl = stage.renderer.getContext() as WebGL2RenderingContext
            const uploads: number[] = []
            const upload = gl.texSubImage2D.bind(gl) as (...args: unknown[]) => void
            gl.texSubImage2D = ((...args: unknown[]) => {
              uploads.push(args.length)
              upload(...args)
            }) as typeof gl.texSubImage2D
            const background = async (asset: DepthAsset) => {
              const background = await stage.loadDepthBackground(asset, own ? { loader: stage.gltfLoader() } : {})
              stage.scene.add(background.object)
              await background.ready
              stage.look()
              return background
            }
            const first = await background(variants[0])
            const one = stage.memory()
            const others = await Promise.all(variants.slice(1).map(background))
            // each in front of the others, once
            const colors = [first, ...others].map((shown) => {
              for (const other of [first, ...others]) other.object.visible = other === shown
              return stage.look()
            })
            const all = stage.memory()
            const settled = () => new Promise((resolve) => setTimeout(resolve, 50))
            first.dispose()
            await settled()
            others[0].object.visible = true
            const left = { color: stage.look(), memory: stage.memory() }
            for (const other of others) other.dispose()
            await settled()
            const { textures, openBitmaps, geometries } = stage.memory()
            const again = await background(variants[2])
            return { one, all, colors, left, none: { textures, openBitmaps, geometries }, again: stage.look(), uploads: uploads.length, level: again.level }
          },
          { variants: rocks, own },
        )
        expect(seen.one).toMatchObject({ geometries: 1, textures: 1, openBitmaps: 1 })
        expect(seen.colors).toEqual(['red', 'red', 'red'])
        expect(seen.all).toMatchObject({ geometries: 3, textures: 1, openBitmaps: 1 })
        expect(seen.left).toMatchObject({ color: 'red', memory: { geometries: 2, textures: 1, openBitmaps: 1 } })
        expect(seen.none).toEqual({ textures: 0, openBitmaps: 0, geometries: 0 })
        expect(seen.again).toBe('red')
        // once for the three of them, once when all were gone
        expect(seen.uploads).toBe(2)
        if (!own) expect(pictureRequests()).toEqual(Array(2).fill('/rock.variants.color0.webp'))
        expect(theatre.problems).toEqual([])
      })
    }

    it('leaves a level that holds a picture of its own with that, whatever coarser levels of the same GLB wear', async () => {
      const memory = await page.evaluate(async (variants) => {
        stage.camera.position.z = 6
        for (const asset of variants) {
          const background = await stage.loadDepthBackground(asset, { loader: stage.gltfLoader() })
          stage.scene.add(background.object)
          await background.ready
        }
        stage.look()
        return stage.memory()
      }, mixed)
      expect(memory).toMatchObject({ geometries: 2, textures: 2, openBitmaps: 2 })
    })

    it('stays on screen when the one who asked for it first gives up', async () => {
      await page.route('**/*.webp', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        await route.continue().catch(() => {})
      })
      const seen = await page.evaluate(async (variants) => {
        stage.camera.position.z = 6
        const controller = new AbortController()
        const gone = stage.loadDepthBackground(variants[0], { signal: controller.signal }).then(() => 'loaded', (error: Error) => error.name)
        const kept = stage.loadDepthBackground(variants[1])
        controller.abort()
        const background = await kept
        stage.scene.add(background.object)
        await background.ready
        return { gone: await gone, color: stage.look(), memory: stage.memory() }
      }, rocks)
      expect(seen).toMatchObject({ gone: 'AbortError', color: 'red', memory: { geometries: 1, textures: 1, openBitmaps: 1 } })
      expect(pictureRequests()).toEqual(['/rock.variants.color0.webp'])
    })

    it('says which picture is missing, and finds it when it is there', async () => {
      await page.route('**/*.webp', (route) => route.fulfill({ status: 404 }))
      const load = (asset: DepthAsset) => page.evaluate((asset) => stage.loadDepthBackground(asset).then(() => 'loaded', String), asset)
      expect(await load(rocks[0])).toBe(`Error: ${theatre.origin}/rock.variants.color0.webp: expected a picture, got 404 Not Found`)
      await page.unroute('**/*.webp')
      expect(await load(rocks[0])).toBe('loaded')
    })

    it('is let go with a level that is missing, whatever else goes on', async () => {
      await page.route('**/gone.glb', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 100))
        await route.fulfill({ status: 404 })
      })
      const seen = await page.evaluate(async ({ lods: [lod], ...asset }) => {
        const errors: string[] = []
        const whole = { ...lod, textures: [] }
        const background = await stage.loadDepthBackground({ ...asset, lods: [{ ...lod, url: '/gone.glb' }, { ...whole, url: '/red.lod2.glb' }] }, { onError: (error) => errors.push(String(error)) })
        await background.ready.catch(() => {})
        await new Promise((resolve) => setTimeout(resolve, 50))
        return { errors, level: background.level, decoded: stage.bitmaps.length, ...stage.memory() }
      }, rocks[0])
      expect(seen).toMatchObject({ level: 1, decoded: 2, openBitmaps: 1 })
      expect(seen.errors).toEqual(['Error: /gone.glb: expected a GLB, got 404 Not Found'])
    })
  })

  it('fetches once where all levels share one file', async () => {
    await page.evaluate(async (asset) => {
      const background = await stage.loadDepthBackground({ ...asset, lods: asset.lods.map((lod) => ({ ...lod, url: '/red.lod0.glb' })) })
      await background.ready
    }, assets.red)
    expect(glbRequests()).toEqual(['/red.lod0.glb'])
  })
})
