/**
 * What a game developer waits for: a build that bakes nothing, an edit in dev, a large build. In a project of its own, with Vite and Chromium for real.
 *
 * DEPTHMESH_BENCH_LARGE=50 bakes that many maps of 4096² for the memory row; 8 by default, since one takes seconds.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { chromium } from 'playwright-core'
import { markdownTable, median, medianTimes } from './support/measure.js'
import { colorPng, depthPng, terrain } from './support/scenes.js'

const repository = fileURLToPath(new URL('..', import.meta.url))
const VITE = join(repository, 'node_modules/vite/bin/vite.js')
const ASSETS = 50
const ROUNDS = 15
/** DEPTHMESH_BENCH_PARTS=warm,edits leaves out what takes minutes. */
const PARTS = (process.env.DEPTHMESH_BENCH_PARTS ?? 'warm,edits,large').split(',')
const EDITS = Number(process.env.DEPTHMESH_BENCH_EDITS ?? 21)
const LARGE = Number(process.env.DEPTHMESH_BENCH_LARGE ?? 8)

/** @returns {Promise<string>} Markdown */
export async function run() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'depthmesh-bench-')))
  try {
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
    mkdirSync(join(root, 'node_modules'))
    for (const name of ['vite', 'three', 'depthmesh']) symlinkSync(name === 'depthmesh' ? repository : join(repository, 'node_modules', name), join(root, 'node_modules', name))
    const parts = {
      warm: async () => [
        ...(await warmBuild(join(root, 'warm'), { size: 128, lods: [2000, 500] })),
        ...(await warmBuild(join(root, 'warm-large'), { size: 1024, lods: [2000, 500] })),
      ],
      edits: () => edits(join(root, 'edits')),
      large: () => largeBuild(join(root, 'large')),
    }
    const rows = []
    for (const part of PARTS) rows.push(...(await parts[part]()))
    return markdownTable(['', 'measured', 'target'], rows)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** `vite build` as it is typed, with the depth maps, all in the cache, and with the GLBs they give as plain assets: the same bytes, the same number of files. */
async function warmBuild(root, { size, lods }) {
  mkdirSync(root, { recursive: true })
  const names = Array.from({ length: ASSETS }, (_, i) => i)
  for (const i of names) {
    const scene = terrain(size, i + 1)
    writeFileSync(join(root, `map${i}.depth.png`), await depthPng(scene))
    writeFileSync(join(root, `map${i}.color.png`), await colorPng(scene))
  }
  writeFileSync(join(root, 'maps.js'), `${names.map((i) => `import { asset as a${i} } from './map${i}.depth.png'`).join('\n')}\nconsole.log(${names.map((i) => `a${i}`).join()})`)
  const config = (name, plugins, limits = '') =>
    writeFileSync(
      join(root, `${name}.config.js`),
      `${plugins ? "import depthmesh from 'depthmesh/vite'\n" : ''}export default { logLevel: 'silent', plugins: [${plugins ? `depthmesh({ lods: [${lods}]${limits} })` : ''}],
       build: { outDir: 'dist-${name}', assetsInlineLimit: 0, rollupOptions: { input: '/${name === 'plain' ? name : 'maps'}.js'${name === 'cold' ? ", output: { assetFileNames: '[name][extname]' }" : ''} } } }`,
    )
  const build = (name) => runNode(root, [VITE, 'build', '-c', `${name}.config.js`])
  config('cold', true)
  // A bake would fail: it takes longer than a millisecond.
  config('warm', true, ', limits: { jobSeconds: 0.001 }')
  config('plain', false)
  await build('cold')
  for (const i of names) for (const level of lods.keys()) copyFileSync(join(root, `dist-cold/map${i}.lod${level}.glb`), join(root, `map${i}.lod${level}.glb`))
  const plain = names.flatMap((i) => [...lods.keys()].map((level) => [`p${i}x${level}`, `./map${i}.lod${level}.glb?url`]))
  writeFileSync(join(root, 'plain.js'), `${plain.map(([name, file]) => `import ${name} from '${file}'`).join('\n')}\nconsole.log(${plain.map(([name]) => name).join()})`)
  // What lies in a file is known once it has been read a minute after it was written.
  const youngest = Math.max(...names.map((i) => statSync(join(root, `map${i}.color.png`)).ctimeMs))
  await sleep(Math.max(0, youngest + 61_000 - Date.now()))
  await build('warm')
  const times = await medianTimes({ maps: () => build('warm'), plain: () => build('plain') }, ROUNDS)
  const bytes = (pattern) => readdirSync(root).filter((name) => pattern.test(name)).reduce((sum, name) => sum + statSync(join(root, name)).size, 0) / 1e6
  const about = `${ASSETS} maps of ${size}² (${bytes(/\.png$/).toFixed(0)} MB of pictures → ${bytes(/\.glb$/).toFixed(1)} MB in ${ASSETS * lods.length} GLBs)`
  return [[`warm \`vite build\` of ${about}, 0 bakes, against the same build of plain GLBs`, `${(times.maps / times.plain).toFixed(2)}× (${Math.round(times.maps)} : ${Math.round(times.plain)} ms)`, '≤ 1.2×']]
}

/** From the write of a file to the frame that shows the new mesh. The server is a process of its own, as in a project; so is Chromium, which draws in software here. */
async function edits(root) {
  mkdirSync(root, { recursive: true })
  const scenes = [await depthPng(terrain(1024, 1)), await depthPng(terrain(1024, 2))]
  writeFileSync(join(root, 'hill.depth.png'), scenes[0])
  writeFileSync(join(root, 'hill.depth.json'), '{ "relief": 2 }')
  writeFileSync(join(root, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.js"></script>')
  writeFileSync(join(root, 'main.js'), PAGE)
  writeFileSync(join(root, 'server.js'), SERVER)
  const server = spawn(process.execPath, [join(root, 'server.js')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const answer = (question) => new Promise((resolve) => (server.once('message', resolve), question && server.send(question)))
  const { port } = await answer()
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'] })
  try {
    const page = await browser.newPage()
    let told = () => {}
    const news = () => new Promise((resolve) => (told = resolve))
    await page.exposeFunction('told', (times) => told(times))
    const started = news()
    await page.goto(`http://127.0.0.1:${port}/`)
    await started

    /** Milliseconds from a save to the page's evaluation of the new module and to the frame that shows the new mesh. */
    const save = async (file, content) => {
      await sleep(300)
      const swapped = news()
      const start = performance.timeOrigin + performance.now()
      writeFileSync(join(root, file), content)
      const first = await swapped
      const { noticed } = await answer('noticed')
      const last = first.draft ? await news() : first
      return { plumbing: first.evaluated - noticed, first: first.shown - start, whole: last.shown - start }
    }
    const plumbing = []
    // Two states, both in the cache after the first round.
    for (let i = 0; i < EDITS; i++) plumbing.push((await save('hill.depth.json', `{ "relief": ${3 - (i % 2)} }`)).plumbing)
    await answer('reset')
    const saves = []
    // The same pixels with another comment: a new map for the cache.
    for (let i = 0; i < EDITS; i++) saves.push(await save('hill.depth.png', withComment(scenes[i % 2], String(i))))
    const { blocked, busy } = await answer('blocked')
    return [
      ['edit with a cached result: watch event → new module in the page, median', `${Math.round(median(plumbing.slice(2)))} ms`, '≤ 50 ms'],
      ['save of a 1024² map → new mesh on screen, baked: a draft of it, median', seconds(saves.map(({ first }) => first)), '≤ 0.8 s'],
      ['the same → the whole bake on screen, median', seconds(saves.map(({ whole }) => whole)), ''],
      ['longest wait for a turn of the server’s event loop meanwhile; of it, work of its own', `${Math.round(blocked)} ms; ${Math.round(busy)} ms`, '≤ 100 ms'],
    ]
  } finally {
    await browser.close()
    server.kill()
  }
}

const seconds = (times) => `${(median(times) / 1000).toFixed(2)} s`

/**
 * What a game does: a background that follows edits by itself. Times are of the page's clock, which is the machine's. It draws what is new alone: there is no GPU, and sixty
 * frames a second would take the cores that the bake is timed on.
 */
const PAGE = `
import * as THREE from 'three'
import { loadDepthBackground } from 'depthmesh/three'
import { asset } from './hill.depth.png'
const now = () => performance.timeOrigin + performance.now()
const renderer = new THREE.WebGLRenderer()
renderer.setSize(256, 256)
document.body.append(renderer.domElement)
const scene = new THREE.Scene()
scene.add(new THREE.DirectionalLight())
const camera = new THREE.PerspectiveCamera(45, 1, 0.1, 100)
camera.position.z = 12
let evaluated = 0
let fresh = false
let seen
asset.hot.subscribe(() => (evaluated = now()))
const background = await loadDepthBackground(asset, { prepare: () => (fresh = true) })
scene.add(background.object)
await background.ready
renderer.setAnimationLoop(() => {
  background.update(camera)
  if (!fresh) return
  fresh = false
  renderer.render(scene, camera)
  // (Another level of the same state is no news.)
  if (background.asset === seen) return
  seen = background.asset
  // Until the picture is drawn, not only ordered.
  renderer.getContext().finish()
  told({ evaluated, shown: now(), draft: background.asset.draft === true })
})`

const SERVER = `
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createServer } from 'vite'
import depthmesh from 'depthmesh/vite'
const server = await createServer({ root: import.meta.dirname, configFile: false, logLevel: 'warn', server: { port: 0, host: '127.0.0.1' }, plugins: [depthmesh({ projection: 'orthographic' })] })
await server.listen()
let noticed = 0
server.watcher.prependListener('all', () => (noticed = performance.timeOrigin + performance.now()))
const lag = monitorEventLoopDelay({ resolution: 5 })
lag.enable()
// What this thread itself did between two turns: others on the machine delay turns too.
const worked = () => Number(readFileSync(\`/proc/self/task/\${process.pid}/schedstat\`, 'utf8').split(' ')[0]) / 1e6
let before = worked()
let busy = 0
setInterval(() => {
  const now = worked()
  busy = Math.max(busy, now - before)
  before = now
}, 5)
process.on('message', (question) => {
  if (question === 'reset') {
    lag.reset()
    busy = 0
  }
  process.send({ noticed, blocked: lag.max / 1e6, busy })
})
process.send({ port: server.httpServer.address().port })`

/** A PNG with a tEXt chunk before its end. */
function withComment(png, text) {
  const body = Buffer.from(`tEXtComment\0${text}`)
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(body.length - 4)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return Buffer.concat([png.subarray(0, -12), chunk, png.subarray(-12)])
}

/** Memory of `vite build`, cold: the highest that the process, its threads and all of its children reached together. */
async function largeBuild(root) {
  mkdirSync(root, { recursive: true })
  const scene = terrain(4096, 1)
  const [map, picture] = [await depthPng(scene), await colorPng(scene)]
  const names = Array.from({ length: LARGE }, (_, i) => i)
  for (const i of names) {
    writeFileSync(join(root, `map${i}.depth.png`), map)
    writeFileSync(join(root, `map${i}.color.png`), picture)
  }
  writeFileSync(join(root, 'main.js'), `${names.map((i) => `import a${i} from './map${i}.depth.png'`).join('\n')}\nconsole.log(${names.map((i) => `a${i}`).join()})`)
  writeFileSync(join(root, 'vite.config.js'), `import depthmesh from 'depthmesh/vite'\nexport default { logLevel: 'silent', plugins: [depthmesh({ cache: false, limits: { jobSeconds: 600 } })], build: { rollupOptions: { input: '/main.js' } } }`)
  let most = 0
  await runNode(root, [VITE, 'build'], (pid) => (most = Math.max(most, treeMegabytes(pid))))
  const emitted = readdirSync(join(root, 'dist/assets')).filter((name) => name.endsWith('.glb')).length
  if (emitted !== LARGE * 4) throw new Error(`expected ${LARGE * 4} GLBs, found ${emitted}`)
  return [[`cold \`vite build\` of ${LARGE} maps of 4096² with pictures: peak memory of the process tree`, `${Math.round(most)} MB`, '≤ 1,500 MB (50 maps)']]
}

/** Runs Node and waits for it. @param look called with the process's id while it runs */
async function runNode(cwd, parameters, look) {
  const child = spawn(process.execPath, parameters, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  const timer = look && setInterval(() => look(child.pid), 100)
  const [code] = await once(child, 'exit')
  clearInterval(timer)
  if (code !== 0) throw new Error(`node ${parameters.join(' ')} ended with ${code}`)
}

/** Resident memory of a process and all below it, now. Linux. */
function treeMegabytes(pid) {
  const status = (id) => Object.fromEntries(readFileSync(`/proc/${id}/status`, 'utf8').split('\n').map((line) => line.split(/:\s*/)))
  const processes = readdirSync('/proc').filter((id) => /^\d+$/.test(id)).flatMap((id) => {
    try {
      const { PPid, VmRSS = '0' } = status(id)
      return [{ id: Number(id), parent: Number(PPid), megabytes: Number.parseInt(VmRSS, 10) / 1024 }]
    } catch {
      return [] // It ended meanwhile.
    }
  })
  const below = (id) => processes.filter(({ parent }) => parent === id).reduce((sum, child) => sum + child.megabytes + below(child.id), 0)
  return below(pid) + (processes.find(({ id }) => id === pid)?.megabytes ?? 0)
}
