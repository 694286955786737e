/**
 * What a player waits for at 10 Mbit/s and 40 ms: the first picture, and full quality, in three with `depthmesh/three`, against loading LOD 0 alone, with three's own loader
 * and with `depthmesh/three`.
 * And how alike the levels are that follow each other: each against LOD 0, lit, from the front, with the shared normal map and with smooth
 * vertex normals instead.
 */
import { Document, Logger, WebIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS } from '@gltf-transform/extensions'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bakeDepthMesh } from '../dist/core/index.js'
import { openBuiltPages } from './support/built-page.js'
import { psnr } from './support/compare.js'
import { markdownTable, median } from './support/measure.js'
import { colorPng, depthPng, room, spheres, terrain } from './support/scenes.js'
import { smoothNormals } from './support/smooth-normals.js'
import { openStage } from './support/stage.js'

const SIZE = 2048
const ROUNDS = 12
/** Of whole pages, whose times scatter more. */
const PAGE_ROUNDS = 16
/** Good lines, and a phone's, ms. */
const PAGE_LATENCIES = [40, 150]
const WAYS = ['depthmesh', 'GLTFLoader']
/** 10 Mbit/s. */
const BYTES_PER_SECOND = 10e6 / 8
const LATENCY_MS = 40
const ART = fileURLToPath(new URL('../examples/game/src/art/', import.meta.url))
const QUIET = new Logger(Logger.Verbosity.SILENT)
/** Longer side of the pictures that are compared, pixels. */
const VIEWS = [512, 1024]
/** Low on the left: what relief there is casts its shade. */
const LIGHT = [-0.7, 0.4, 0.6]

export async function run() {
  const stage = await openStage()
  try {
    return `${await waiting(stage)}\n\n${await wholePage(stage)}\n\n${await likeness(stage)}`
  } finally {
    await stage.close()
  }
}

/** First pixel and full quality. */
async function waiting({ page, files }) {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  const rows = []
  for (const { name, sources, settings } of await loads()) {
    const { manifest, files: glbs } = await bakeDepthMesh({ name, ...sources }, { settings })
    for (const file of glbs) files.set(file.name, file.bytes)
    const { preflight: _, ...asset } = manifest
    const alone = { ...asset, lods: asset.lods.slice(0, 1) }
    // Once without a throttle: modules, decoders. (Shaders go with the last material that uses them, so each load makes its own, as a player's first does.)
    for (const way of WAYS) await page.evaluate(([asset, way]) => timeToPixels(asset, way), [asset, way])
    await throttle(session, LATENCY_MS)
    const times = { first: [], full: [], plain: [], alone: [] }
    for (let round = 0; round < ROUNDS; round++) {
      const turns = [
        async () => {
          const { first, full } = await page.evaluate((asset) => timeToPixels(asset, 'depthmesh'), asset)
          times.first.push(first)
          times.full.push(full)
        },
        // Alone, what comes first is all there is.
        async () => times.plain.push((await page.evaluate((asset) => timeToPixels(asset, 'GLTFLoader'), asset)).full),
        async () => times.alone.push((await page.evaluate((asset) => timeToPixels(asset, 'depthmesh'), alone)).full),
      ]
      // Each time another one begins.
      for (const turn of turns.keys()) await turns[(turn + round) % turns.length]()
    }
    await throttle(session, 0, -1)
    const [first, full, plain, only] = [times.first, times.full, times.plain, times.alone].map(median)
    const kib = (level) => `${(asset.lods.at(level).bytes / 1024).toFixed(0)} KiB`
    const against = (time) => `${(time / plain).toFixed(2)}× / ${(time / only).toFixed(2)}×`
    rows.push([name, kib(-1), kib(0), Math.round(first), Math.round(full), `${Math.round(plain)} / ${Math.round(only)}`, against(first), against(full)])
  }
  const head = ['asset', 'coarsest GLB', 'LOD 0', 'first pixel, ms', 'full quality, ms', 'LOD 0 alone, ms', 'first ÷ alone (target ≤ 0.12)', 'full ÷ alone (target ≤ 1.10)']
  return `10 Mbit/s, ${LATENCY_MS} ms; from the call to what is drawn, in three, whose code is there already, as are the page's frames. The chain is loaded by \`depthmesh/three\`, told the scene and the renderer. LOD 0 alone
comes twice: as GLTFLoader loads it, with nothing made ready, and as \`depthmesh/three\` loads an asset of one level, its shader and textures made ready too. Median of ${ROUNDS} rounds.

${markdownTable(head, rows)}

A first pixel takes ${LATENCY_MS} ms until the answer begins, 20 to 30 for the bytes, 10 until the last texture is on the GPU, 10 to draw without a GPU. What a first draw took longer than a second, 20 ms unlit, 40 lit, is
spent on a stand-in while bytes are on their way. The target was set when LOD 0 alone took 2.2 s, of 1.0 MB.`
}

function throttle(session, latency, throughput = BYTES_PER_SECOND) {
  return session.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: throughput, uploadThroughput: throughput })
}

/** First pixel of a built page, its scripts included, with and without the plugin's `preload`. */
async function wholePage({ page }) {
  const made = room(SIZE)
  const built = await openBuiltPages({ depth: await depthPng(made), color: await colorPng(made), settings: made.settings })
  const own = page.url()
  try {
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    const rows = []
    for (const latency of PAGE_LATENCIES) {
      await throttle(session, latency)
      const times = { plain: [], preloaded: [] }
      for (let round = 0; round < PAGE_ROUNDS; round++) {
        for (const [way, origin] of Object.entries(built.origins)) {
          await page.goto(`${origin}/index.html`)
          times[way].push(await page.waitForFunction(() => globalThis.firstPixel).then((first) => first.jsonValue()))
        }
      }
      const [plain, preloaded] = [median(times.plain), median(times.preloaded)]
      rows.push([`${latency} ms`, Math.round(plain), Math.round(preloaded), `${(preloaded / plain).toFixed(2)}×`])
    }
    await throttle(session, 0, -1)
    return `The room on a page that Vite built, 10 Mbit/s, scripts gzipped: from the page's answer to the first pixel, what the page's own code takes included (three, \`depthmesh/three\`: 170 KB). Median of ${PAGE_ROUNDS} rounds.

${markdownTable(['latency', 'first pixel, ms', 'with `preload`, ms', 'ratio'], rows)}`
  } finally {
    await page.goto(own)
    await page.waitForFunction(() => document.title === 'ready')
    await built.close()
  }
}

async function loads() {
  const scene = async (made, settings = {}, withColor = true) => ({ sources: { depth: await depthPng(made), ...(withColor ? { color: await colorPng(made) } : {}) }, settings: { ...made.settings, ...settings } })
  const canyon = { depth: readFileSync(`${ART}canyon.depth.png`), color: readFileSync(`${ART}canyon.color.png`) }
  return [
    { name: 'canyon (game) 2048×1024', sources: canyon, settings: { near: 50, far: 5000, fovY: 58, travel: 12 } },
    { name: 'room 2048×1536', ...(await scene(room(SIZE))) },
    { name: 'terrain 2048×2048', ...(await scene(terrain(SIZE))) },
    { name: 'terrain 2048×2048, lit', ...(await scene(terrain(SIZE), { shading: 'lit' })) },
    { name: 'terrain 2048×2048, no picture', ...(await scene(terrain(SIZE), {}, false)) },
  ]
}

/** Each level against LOD 0. */
async function likeness(stage) {
  const rows = []
  const valley = { name: 'valley (game)', width: 1024, height: 1024, settings: { projection: 'orthographic', width: 100, relief: 20 }, depth: readFileSync(`${ART}valley.depth.png`) }
  for (const made of [valley, terrain(SIZE), spheres(1024), room(1024)]) {
    const settings = { ...made.settings, orientation: 'wall', shading: 'lit', travel: 0 }
    const depth = made.depth ?? (await depthPng(made))
    const { manifest, files } = await bakeDepthMesh({ name: made.name, depth }, { settings })
    const bare = await bakeDepthMesh({ name: made.name, depth }, { settings: { ...settings, compression: 'none' } })
    for (const longest of VIEWS) {
      const scale = longest / Math.max(made.width, made.height)
      const view = { size: [made.width * scale, made.height * scale], width: settings.width, height: (settings.width / made.width) * made.height, camera: manifest.camera, light: LIGHT }
      const shared = await looks(stage, files.map(({ bytes }) => bytes), view)
      const smooth = await looks(stage, await Promise.all(bare.files.map(({ bytes }) => withSmoothNormals(bytes))), view)
      const against = (pictures, level) => psnr(pictures[level], pictures[0]).toFixed(1)
      for (const level of manifest.lods.keys()) {
        if (level > 0) rows.push([made.name, `${longest} px`, level, manifest.lods[level].triangles, against(shared, level), TARGETS[level], against(smooth, level)])
      }
    }
  }
  const head = ['map', 'seen at', 'level', 'triangles', 'shared normal map, dB', 'target', 'smooth vertex normals, dB']
  return `Each level against LOD 0: lit from the side, seen from the front. The terrain is noise down to the single pixel: 27 dB at level 3 would take a normal map of 85 KiB, where all of the coarsest GLB is to stay
below 40 KiB. In the 33 KiB that its triangles leave of that, WebP comes to 23.5 to 23.7 dB at any size from 384 to 512 px, and AVIF with all of its chroma to 24.0 (of the maps alone, at 512 px).\n\n${markdownTable(head, rows)}`
}

const TARGETS = ['', '≥ 38', '≥ 32', '≥ 27']

async function looks({ page, files }, glbs, view) {
  const pictures = []
  for (const glb of glbs) {
    files.set('look.glb', glb)
    const rgba = Buffer.from(await page.evaluate(([url, view]) => lookAtFront(url, view), ['look.glb', view]), 'base64')
    pictures.push(rgba.filter((_, i) => i % 4 !== 3))
  }
  return pictures
}

/** The same mesh as people write it: a normal a vertex, smooth, and no normal map. */
async function withSmoothNormals(glb) {
  const source = await new WebIO().setLogger(QUIET).registerExtensions(ALL_EXTENSIONS).readBinary(new Uint8Array(glb))
  const [primitive] = source.getRoot().listMeshes()[0].listPrimitives()
  const document = new Document().setLogger(QUIET)
  const buffer = document.createBuffer()
  const accessor = (type, array) => document.createAccessor().setType(type).setArray(array.slice()).setBuffer(buffer)
  const [positions, indices] = [primitive.getAttribute('POSITION').getArray(), primitive.getIndices().getArray()]
  const mesh = document.createMesh().addPrimitive(
    document
      .createPrimitive()
      .setAttribute('POSITION', accessor('VEC3', positions))
      .setAttribute('NORMAL', accessor('VEC3', smoothNormals(positions, indices)))
      .setIndices(accessor('SCALAR', indices))
      .setMaterial(document.createMaterial().setBaseColorFactor(primitive.getMaterial().getBaseColorFactor()).setRoughnessFactor(1).setMetallicFactor(0)),
  )
  const scene = document.createScene().addChild(document.createNode().setMesh(mesh))
  const [camera] = source.getRoot().listCameras()
  if (camera) {
    const copy = document.createCamera().setType('perspective').setYFov(camera.getYFov()).setAspectRatio(camera.getAspectRatio()).setZNear(camera.getZNear()).setZFar(camera.getZFar())
    scene.addChild(document.createNode().setCamera(copy))
  }
  return new WebIO().setLogger(QUIET).writeBinary(document)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(await run())
