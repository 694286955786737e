import type { Page } from 'playwright-core'
import type * as Three from 'three'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { bakeDepthMesh, type DepthAsset, type SettingsInput } from '../../src/core/index.js'
import { EarlyPictures } from '../../src/three/early-pictures.js'
import { describeInBrowser } from '../support/browser.js'
import { gray16, rgb8 } from '../support/maps.js'
import { openTheatre, type Stage, type Theatre } from '../support/stage.js'

declare const stage: Stage

/** What is left of surfaces in light: a table of reflectances that three keeps for all of them. */
const NOTHING = { geometries: 0, textures: 1, programs: 0, openBitmaps: 0 }
const SIZE = { width: 64, height: 48 }

/** What a map can be like to draw, as far as its settings say. */
const KINDS = {
  'a picture with a hidden layer': { lods: [400, 60], far: 4 },
  'a picture, lit': { lods: [400, 60], far: 4, shading: 'lit' },
  'a relief': { projection: 'orthographic', lods: [400, 60] },
  'a relief, lit': { projection: 'orthographic', lods: [400, 60], shading: 'lit' },
  'a solid relief, lit': { projection: 'orthographic', lods: [400, 60], shading: 'lit', solid: true },
  'a relief without a picture': { projection: 'orthographic', lods: [400, 60] },
  'integers instead of meshopt': { lods: [400, 60], far: 4, shading: 'lit', compression: 'quantize' },
  'KTX2': { projection: 'orthographic', lods: [60], shading: 'lit', texture: { format: 'ktx2', size: 16 }, normalMap: { size: 16 } },
} as const satisfies Record<string, SettingsInput>
type Kind = keyof typeof KINDS

describeInBrowser('the first picture', () => {
  let theatre: Theatre
  let page: Page
  const assets = {} as Record<Kind, DepthAsset>

  beforeAll(async () => {
    theatre = await openTheatre()
    const depth = await gray16(SIZE.width, SIZE.height, (x, y) => (Math.hypot(x - 32, y - 24) < 12 ? 0.9 : (x + y) / 224))
    const color = await rgb8(SIZE.width, SIZE.height, (x, y) => [160 + ((x * 7 + y * 13) % 90), 20, 20])
    for (const [index, kind] of (Object.keys(KINDS) as Kind[]).entries()) {
      const name = `kind${index}`
      assets[kind] = theatre.serve(await bakeDepthMesh({ name, depth, ...(kind === 'a relief without a picture' ? {} : { color }) }, { settings: { ...KINDS[kind], lods: [...KINDS[kind].lods] } }))
    }
  })

  afterAll(() => theatre?.close())

  beforeEach(() => openPage())

  /** A page that has drawn something in light. */
  const openPage = async (userAgent?: string) => {
    page = await theatre.openPage(userAgent === undefined ? {} : { userAgent })
    await page.evaluate(() => {
      const { THREE, renderer, camera } = stage
      const lit = new THREE.Mesh(new THREE.PlaneGeometry(), new THREE.MeshStandardMaterial())
      lit.frustumCulled = false
      renderer.render(lit, camera)
      lit.geometry.dispose()
      lit.material.dispose()
    })
  }

  afterEach(() => page.close())

  /** Keeps GLBs on their way until the page lets them go. */
  const hold = async () => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    await page.exposeFunction('letGo', letGo)
    await page.route('**/*.glb', async (route) => {
      await held
      await route.continue().catch(() => {})
    })
  }

  it.each(Object.keys(KINDS) as Kind[])('is drawn by the shader that was made while it was on its way: %s', async (kind) => {
    await hold()
    const seen = await page.evaluate(
      async ({ asset, ktx2 }) => {
        const { scene, renderer, camera, THREE } = stage
        // All that a scene may say about a shader.
        scene.fog = new THREE.Fog('#102030', 10, 1000)
        scene.add(new THREE.DirectionalLight(), new THREE.HemisphereLight(), new THREE.PointLight())
        renderer.toneMapping = THREE.ACESFilmicToneMapping
        if (asset.camera === null) camera.position.z = 14
        const loader = ktx2 ? stage.ktx2Loader() : undefined
        const standing = scene.children.length
        const loading = stage.loadDepthBackground(asset, { scene, renderer, loader })
        while (scene.children.length === standing) await new Promise((resolve) => setTimeout(resolve, 5))
        const unseen = stage.look()
        const keys = () => (renderer.info.programs ?? []).map(({ cacheKey }) => cacheKey)
        const before = keys()
        ;(globalThis as unknown as { letGo(): void }).letGo()
        const background = await loading
        scene.add(background.object)
        const color = stage.look()
        const drawn = keys()
        await background.ready
        stage.look()
        const after = keys()
        const children = scene.children.length - standing
        background.dispose()
        loader?.dispose()
        await new Promise((resolve) => setTimeout(resolve, 50))
        return { unseen, before, color, drawn, after, children, memory: stage.memory() }
      },
      { asset: assets[kind], ktx2: kind === 'KTX2' },
    )
    expect(seen.unseen).toBe('none')
    expect(seen.color).not.toBe('none')
    expect(seen.before).toHaveLength(1)
    expect(seen.drawn).toEqual(seen.before)
    expect(seen.after).toEqual(seen.before)
    expect(seen.children).toBe(1)
    expect(seen.memory).toEqual(NOTHING)
    expect(theatre.problems).toEqual([])
  })

  it('finds its shader where no frame is drawn meanwhile, and no other once the page draws', async () => {
    await hold()
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer } = stage
      const loading = stage.loadDepthBackground(asset, { scene, renderer })
      while (renderer.info.programs?.length !== 1) await new Promise((resolve) => setTimeout(resolve, 5))
      const [compiled] = renderer.info.programs
      ;(globalThis as unknown as { letGo(): void }).letGo()
      scene.add((await loading).object)
      stage.look()
      return renderer.info.programs.map((program) => program === compiled)
    }, assets['a relief, lit'])
    expect(seen).toEqual([true])
  })

  it('leaves no stand-in to be drawn where the level is there, but out of view, and has its shader when it comes into view', async () => {
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer, camera } = stage
      camera.position.z = 14
      camera.rotation.y = Math.PI
      const background = await stage.loadDepthBackground(asset, { scene, renderer, target: 1 })
      scene.add(background.object)
      while (scene.children.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
      stage.look()
      await Promise.resolve()
      const programs = [...(renderer.info.programs ?? [])]
      stage.look()
      const away = { children: scene.children.length, calls: renderer.info.render.calls, geometries: stage.memory().geometries, programs: programs.length }
      camera.rotation.y = 0
      const color = stage.look()
      const same = renderer.info.programs?.length === 1 && renderer.info.programs[0] === programs[0]
      background.dispose()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { away, color, same, memory: stage.memory() }
    }, assets['a relief'])
    expect(seen.away).toEqual({ children: 1, calls: 0, geometries: 0, programs: 1 })
    expect(seen).toMatchObject({ color: 'red', same: true, memory: NOTHING })
    expect(theatre.problems).toEqual([])
  })

  it('is left to the frames of a renderer of another kind', async () => {
    await hold()
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer } = stage
      const loading = stage.loadDepthBackground(asset, { scene, renderer: { isWebGPURenderer: true } as unknown as Three.WebGLRenderer })
      while (scene.children.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      stage.look()
      const [made] = renderer.info.programs ?? []
      ;(globalThis as unknown as { letGo(): void }).letGo()
      scene.add((await loading).object)
      return [stage.look(), ...(renderer.info.programs ?? []).map((program) => program === made)]
    }, assets['a picture with a hidden layer'])
    expect(seen).toEqual(['red', true])
    expect(theatre.problems).toEqual([])
  })

  it('has the shader that `prepare` makes of its material, which knows the stand-in from a level', async () => {
    await hold()
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer, THREE } = stage
      const prepared: unknown[] = []
      const loading = stage.loadDepthBackground(asset, {
        scene,
        target: 1,
        prepare(object, level) {
          prepared.push([object.userData.standIn === true, level])
          object.traverse((node) => {
            if (node instanceof THREE.Mesh) (node.material as Three.Material).onBeforeCompile = (shader) => (shader.fragmentShader = shader.fragmentShader.replace('#include <opaque_fragment>', 'outgoingLight = outgoingLight.gbr;\n#include <opaque_fragment>'))
          })
        },
      })
      while (scene.children.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      stage.look()
      const [made] = renderer.info.programs ?? []
      ;(globalThis as unknown as { letGo(): void }).letGo()
      scene.add((await loading).object)
      return { color: stage.look(), prepared, programs: renderer.info.programs?.map((program) => program === made) }
    }, assets['a picture with a hidden layer'])
    expect(seen).toEqual({ color: 'blue', prepared: [[true, 1], [false, 1]], programs: [true] })
  })

  it.each(Object.keys(KINDS).filter((kind) => kind !== 'integers instead of meshopt') as Kind[])('is stood for by vertices that lie in memory as its own do: %s', async (kind) => {
    const [standIn, level] = await page.evaluate(async ([asset, ktx2]) => {
      const { scene, THREE } = stage
      const formats: unknown[] = []
      const format = (attribute: Three.BufferAttribute | Three.InterleavedBufferAttribute) =>
        `${attribute.array.constructor.name} ${attribute.itemSize}${attribute.normalized ? ' normalized' : ''} every ${attribute instanceof THREE.InterleavedBufferAttribute ? attribute.data.stride : attribute.itemSize}`
      const prepare = (object: Three.Object3D) => {
        const first = object.getObjectByProperty('isMesh', true as never) as Three.Mesh
        formats.push(Object.fromEntries(['position', 'uv', 'normal', 'tangent'].flatMap((name) => (first.geometry.hasAttribute(name) ? [[name, format(first.geometry.getAttribute(name))]] : []))))
      }
      const loader = ktx2 ? stage.ktx2Loader() : undefined
      await (await stage.loadDepthBackground(asset, { scene, prepare, loader, target: asset.lods.length - 1 })).ready
      return formats
    }, [assets[kind], kind === 'KTX2'] as const)
    expect(Object.keys(level as object)).toHaveLength(assets[kind].material.lit ? 4 : 2)
    expect(standIn).toEqual(level)
  })

  it('is stood for by nothing that a ray hits, a box counts, or a shadow shows', async () => {
    await hold()
    const seen = await page.evaluate(async (asset) => {
      const { scene, camera, THREE } = stage
      void stage.loadDepthBackground(asset, { scene }).catch(() => {})
      while (scene.children.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      scene.updateMatrixWorld()
      let shadows = 0
      scene.traverse((node) => (shadows += node.castShadow ? 1 : 0))
      camera.position.z = 5
      camera.updateMatrixWorld()
      const ray = new THREE.Raycaster()
      ray.setFromCamera(new THREE.Vector2(0, 0), camera)
      return { hits: ray.intersectObject(scene).length, empty: new THREE.Box3().setFromObject(scene).isEmpty(), shadows }
    }, assets['a relief'])
    expect(seen).toEqual({ hits: 0, empty: true, shadows: 0 })
  })

  it.each(['aborted', 'missing', 'disposed'] as const)('leaves no stand-in when it is %s', async (end) => {
    if (end !== 'missing') await hold()
    const seen = await page.evaluate(
      async ({ asset, end }) => {
        const { scene, renderer } = stage
        const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
        const results: string[] = []
        // At any moment: before the stand-in is made, while it is compiled, when it hangs in the scene.
        for (const ms of [0, 1, 3, 8, 60]) {
          const controller = new AbortController()
          const lods = end === 'missing' ? asset.lods.map((lod) => ({ ...lod, url: '/gone.glb' })) : asset.lods
          const loading = stage.loadDepthBackground({ ...asset, lods }, { scene, renderer, signal: controller.signal })
          loading.catch(() => {})
          await wait(ms)
          if (ms === 60) stage.look()
          if (end === 'disposed') {
            ;(globalThis as unknown as { letGo(): void }).letGo()
            const background = await loading
            if (ms === 60) scene.add(background.object)
            background.dispose()
          } else if (end === 'aborted') controller.abort()
          results.push(await loading.then(() => 'loaded', (error: Error) => error.name))
          await wait(60)
        }
        stage.look()
        return { results: [...new Set(results)], children: scene.children.length, memory: stage.memory() }
      },
      { asset: assets['a relief, lit'], end },
    )
    expect(seen).toEqual({ results: [{ aborted: 'AbortError', missing: 'Error', disposed: 'loaded' }[end]], children: 0, memory: NOTHING })
    expect(theatre.problems).toEqual([])
  })

  it('is decoded and on the GPU while its mesh still arrives, and is uploaded once', async () => {
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer, camera } = stage
      camera.position.z = 14
      const gl = renderer.getContext() as WebGL2RenderingContext
      let uploads = 0
      const upload = gl.texSubImage2D.bind(gl) as (...args: unknown[]) => void
      gl.texSubImage2D = ((...args: unknown[]) => {
        uploads++
        upload(...args)
      }) as typeof gl.texSubImage2D
      const letGo = stage.holdTheLine()
      const loading = stage.loadDepthBackground(asset, { renderer, target: 1 })
      while (stage.memory().textures < 3) await new Promise((resolve) => setTimeout(resolve, 5))
      const early = { ...stage.memory(), uploads }
      letGo()
      const background = await loading
      scene.add(background.object)
      const color = stage.look()
      const drawn = { ...stage.memory(), uploads }
      background.dispose()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { early, color, drawn, memory: stage.memory() }
    }, assets['a relief, lit'])
    expect(seen.early).toMatchObject({ textures: 3, openBitmaps: 2, uploads: 2 })
    expect(seen.color).toBe('none') // (without a light)
    expect(seen.drawn).toMatchObject({ textures: 3, openBitmaps: 2, uploads: 2 })
    expect(seen.memory).toEqual(NOTHING)
  })

  it.each(['can not be decoded yet', 'is loaded as an element, as in older Safaris'] as const)('is the loader’s own where it %s', async (why) => {
    if (why !== 'can not be decoded yet') {
      await page.close()
      await openPage('Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.4 Safari/605.1.15')
    }
    const seen = await page.evaluate(
      async ({ asset, failing }) => {
        const { scene, renderer, camera } = stage
        camera.position.z = 14
        const { createImageBitmap } = globalThis
        let failures = 0
        if (failing) globalThis.createImageBitmap = ((...args: Parameters<typeof createImageBitmap>) => (failures++ === 0 ? Promise.reject(new Error('not yet')) : createImageBitmap(...args))) as typeof createImageBitmap
        const background = await stage.loadDepthBackground(asset, { renderer, target: 1 })
        scene.add(background.object)
        const color = stage.look()
        const { openBitmaps } = stage.memory()
        background.dispose()
        await new Promise((resolve) => setTimeout(resolve, 50))
        return { color, openBitmaps, memory: stage.memory() }
      },
      { asset: assets['a relief'], failing: why === 'can not be decoded yet' },
    )
    expect(seen).toEqual({ color: 'red', openBitmaps: why === 'can not be decoded yet' ? 1 : 0, memory: NOTHING })
    expect(theatre.problems).toEqual([])
  })

  it('leaves no picture behind that was decoded for a level which is given up, or is broken', async () => {
    const seen = await page.evaluate(async (asset) => {
      const { renderer } = stage
      const { fetch } = globalThis
      const controller = new AbortController()
      let broken = false
      globalThis.fetch = async (input, init) => {
        const bytes = new Uint8Array(await (await fetch(input)).arrayBuffer())
        // What is broken ends early.
        const body = new ReadableStream({
          start(stream) {
            stream.enqueue(bytes.slice(0, -8))
            if (broken) stream.close()
            init?.signal?.addEventListener('abort', () => stream.error(init.signal?.reason))
          },
        })
        return new Response(body)
      }
      const given = stage.loadDepthBackground(asset, { renderer, target: 1, signal: controller.signal }).catch((error: Error) => error.name)
      while (stage.memory().textures < 3) await new Promise((resolve) => setTimeout(resolve, 5))
      controller.abort()
      await given
      broken = true
      const failed = await stage.loadDepthBackground(asset, { renderer, target: 1 }).then(() => 'loaded', () => 'failed')
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { given: await given, failed, decoded: stage.bitmaps.length, memory: stage.memory() }
    }, assets['a relief, lit'])
    expect(seen).toEqual({ given: 'AbortError', failed: 'failed', decoded: 4, memory: NOTHING })
  })

  it.each(['early', 'with the first frame'] as const)('is sampled as `prepare` sets it, on the GPU %s, and told from nobody else’s', async (when) => {
    const seen = await page.evaluate(
      async ({ asset, early }) => {
        const { scene, renderer, camera, THREE } = stage
        camera.position.z = 14
        const textures: Three.Texture[] = []
        const background = await stage.loadDepthBackground(asset, {
          ...(early ? { renderer } : {}),
          target: 1,
          prepare: (object) =>
            object.traverse((node) => {
              if (!(node instanceof THREE.Mesh)) return
              const { map, normalMap } = node.material as Three.MeshStandardMaterial
              textures.push(map!, normalMap!)
              map!.magFilter = THREE.NearestFilter
            }),
        })
        scene.add(background.object)
        stage.look()
        const gl = renderer.getContext()
        const filters = textures.map((texture) => {
          const { __webglTexture } = renderer.properties.get(texture) as { __webglTexture: WebGLTexture }
          gl.bindTexture(gl.TEXTURE_2D, __webglTexture)
          return gl.getTexParameter(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER) === gl.NEAREST
        })
        renderer.resetState()
        const drawn = stage.memory().textures
        background.dispose()
        await new Promise((resolve) => setTimeout(resolve, 50))
        return { filters, drawn, memory: stage.memory() }
      },
      { asset: assets['a relief, lit'], early: when === 'early' },
    )
    expect(seen).toEqual({ filters: [true, false], drawn: 3, memory: NOTHING })
    expect(theatre.problems).toEqual([])
  })

  it('is the frame’s to upload where the renderer does not take it early', async () => {
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer, camera } = stage
      camera.position.z = 14
      renderer.initTexture = () => {
        throw new Error('not now')
      }
      const background = await stage.loadDepthBackground(asset, { renderer, target: 1 })
      scene.add(background.object)
      const color = stage.look()
      background.dispose()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { color, memory: stage.memory() }
    }, assets['a relief'])
    expect(seen).toEqual({ color: 'red', memory: NOTHING })
    expect(theatre.problems).toEqual([])
  })

  it('is left to the loader where the file is odd', () => {
    for (const json of ['null', '{', '{"images":{}}', '{"images":[null]}', '{"images":[{}],"textures":[null]}']) {
      const text = new TextEncoder().encode(json.padEnd(64))
      const file = new Uint8Array(20 + text.length)
      new Uint32Array(file.buffer, 0, 5).set([0x46_54_6c_67, 2, file.length, text.length, 0x4e_4f_53_4a])
      file.set(text, 20)
      const early = new EarlyPictures()
      early.look(file)
      expect(early.has(0), json).toBe(false)
    }
  })

  it('needs no word of its material beforehand: a manifest without is shown without a stand-in', async () => {
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer } = stage
      const errors: string[] = []
      const background = await stage.loadDepthBackground(asset as unknown as DepthAsset, { scene, renderer, onError: (error) => errors.push(String(error)) })
      scene.add(background.object)
      await background.ready
      return { color: stage.look(), children: scene.children.length, errors }
    }, { ...assets['a picture with a hidden layer'], material: undefined })
    expect(seen).toEqual({ color: 'red', children: 1, errors: [] })
  })

  it('fails once of a `prepare` that throws, and says nothing after a stop', async () => {
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer } = stage
      const errors: string[] = []
      const prepare = () => {
        throw new Error('no such layer')
      }
      const load = (signal?: AbortSignal) =>
        stage.loadDepthBackground(asset, { scene, renderer, prepare, signal, onError: (error) => errors.push(String(error)) }).then(() => 'loaded', (error: Error) => error.message)
      const failed = await load()
      const controller = new AbortController()
      const stopped = load(controller.signal)
      controller.abort(new Error('left'))
      const told = await stopped
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { failed, told, errors, children: scene.children.length }
    }, assets['a picture with a hidden layer'])
    expect(seen).toEqual({ failed: 'no such layer', told: 'left', errors: [], children: 0 })
    expect(theatre.problems).toEqual([])
  })

  it('tells once of a `prepare` that throws for the stand-in alone, and is shown', async () => {
    const seen = await page.evaluate(async (asset) => {
      const { scene, renderer } = stage
      const errors: string[] = []
      const prepare = (object: Three.Object3D) => {
        if (object.userData.standIn === true) throw new Error('no such mesh')
      }
      const background = await stage.loadDepthBackground(asset, { scene, renderer, prepare, onError: (error) => errors.push(String(error)) })
      scene.add(background.object)
      await background.ready
      return { color: stage.look(), errors }
    }, assets['a picture with a hidden layer'])
    expect(seen).toEqual({ color: 'red', errors: ['Error: no such mesh'] })
  })

  it.each(['in `prepare`', 'before the first frame', 'around the one that was there'])('sends its stand-in away from beside an `onBeforeRender` of one’s own that is set %s, and calls that too', async (when) => {
    await hold()
    const seen = await page.evaluate(
      async ({ asset, when }) => {
        const { scene, renderer, THREE } = stage
        const calls: string[] = []
        const hookInto = (object: Three.Object3D, name: string, around = false) =>
          object.traverse((node) => {
            if (!(node instanceof THREE.Mesh)) return
            const before = node.onBeforeRender
            node.onBeforeRender = function (...frame) {
              if (around) before.apply(node, frame)
              calls.push(this === node && frame[0] === renderer ? name : 'not as three calls it')
            }
          })
        const prepare = (object: Three.Object3D) => {
          if (!object.userData.standIn) hookInto(object, 'in prepare')
        }
        const loading = stage.loadDepthBackground(asset, { scene, renderer, target: 1, prepare })
        while (scene.children.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
        ;(globalThis as unknown as { letGo(): void }).letGo()
        const { object } = await loading
        scene.add(object)
        if (when !== 'in `prepare`') hookInto(object, 'later', when !== 'before the first frame')
        const before = scene.children.length
        stage.look()
        await Promise.resolve()
        return { before, after: scene.children.length, calls }
      },
      { asset: assets['a relief, lit'], when },
    )
    const calls = { 'in `prepare`': ['in prepare'], 'before the first frame': ['later'], 'around the one that was there': ['in prepare', 'later'] }[when]
    expect(seen).toEqual({ before: 2, after: 1, calls })
  })
})
