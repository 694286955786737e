/**
 * What a game developer waits for: a build that bakes nothing, an edit in dev, a large build. In a project of its own, with Vite and Chromium for real.
 *
 * DEPTHMESH_BENCH_LARGE=50 bakes that many maps of 4096² for the memory row; 8 by default, since one takes seconds.
 */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'
import { chromium } from 'playwright-core'
import * as vite from 'vite'
import depthmesh from '../dist/plugin/index.js'
import { markdownTable, median, medianTimes } from './support/measure.js'
import { colorPng, depthPng, terrain } from './support/scenes.js'

const repository = fileURLToPath(new URL('..', import.meta.url))
const ASSETS = 50
const EDITS = Number(process.env.DEPTHMESH_BENCH_EDITS ?? 21)
const LARGE = Number(process.env.DEPTHMESH_BENCH_LARGE ?? 8)

/** @returns {Promise<string>} Markdown */
export async function run() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'depthmesh-bench-')))
  try {
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }')
    mkdirSync(join(root, 'node_modules'))
    for (const name of ['vite', 'depthmesh']) symlinkSync(name === 'vite' ? join(repository, 'node_modules/vite') : repository, join(root, 'node_modules', name))
    const rows = [...(await warmBuild(join(root, 'warm'))), ...(await edits(join(root, 'edits'))), ...(await largeBuild(join(root, 'large')))]
    return markdownTable(['', 'measured', 'target'], rows)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** The same build with the depth maps, all in the cache, and with the GLBs they give as plain assets. */
async function warmBuild(root) {
  mkdirSync(root, { recursive: true })
  const lods = [2000, 500]
  for (let i = 0; i < ASSETS; i++) {
    const scene = terrain(128, i + 1)
    writeFileSync(join(root, `map${i}.depth.png`), await depthPng(scene))
    writeFileSync(join(root, `map${i}.color.png`), await colorPng(scene))
  }
  const names = Array.from({ length: ASSETS }, (_, i) => i)
  writeFileSync(join(root, 'maps.js'), `${names.map((i) => `import { asset as a${i} } from './map${i}.depth.png'`).join('\n')}\nconsole.log(${names.map((i) => `a${i}`).join()})`)
  const build = (input, plugins, outDir) =>
    vite.build({ root, configFile: false, logLevel: 'silent', plugins, build: { outDir, reportCompressedSize: false, assetsInlineLimit: 0, rollupOptions: { input, output: { assetFileNames: '[name][extname]' } } } })
  await build('/maps.js', [depthmesh({ lods })], 'cold')
  for (const i of names) for (const level of lods.keys()) copyFileSync(join(root, `cold/map${i}.lod${level}.glb`), join(root, `map${i}.lod${level}.glb`))
  const plain = names.flatMap((i) => [...lods.keys()].map((level) => [`p${i}x${level}`, `./map${i}.lod${level}.glb?url`]))
  writeFileSync(join(root, 'plain.js'), `${plain.map(([name, file]) => `import ${name} from '${file}'`).join('\n')}\nconsole.log(${plain.map(([name]) => name).join()})`)
  const times = await medianTimes({ maps: () => build('/maps.js', [depthmesh({ lods, limits: { jobSeconds: 0.001 } })], 'warm'), plain: () => build('/plain.js', [], 'plain') }, 7)
  return [[`warm build of ${ASSETS} maps, 0 bakes, against the same build of plain GLBs`, `${(times.maps / times.plain).toFixed(2)}× (${Math.round(times.maps)} : ${Math.round(times.plain)} ms)`, '≤ 1.2×']]
}

/** From the write of a file to the bytes of the new mesh in the page. */
async function edits(root) {
  mkdirSync(root, { recursive: true })
  const scenes = [await depthPng(terrain(1024, 1)), await depthPng(terrain(1024, 2))]
  writeFileSync(join(root, 'hill.depth.png'), scenes[0])
  writeFileSync(join(root, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>')
  writeFileSync(join(root, 'main.js'), `import { asset } from './hill.depth.png'\nasset.hot.subscribe(async (next) => { await (await fetch(next.lods.at(-1).url)).arrayBuffer(); told() })\nready()`)
  const server = await vite.createServer({ root, configFile: false, logLevel: 'silent', server: { port: 0, host: '127.0.0.1' }, plugins: [depthmesh({ projection: 'orthographic' })] })
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    await server.listen()
    const page = await browser.newPage()
    let told = () => {}
    const news = () => new Promise((resolve) => (told = resolve))
    await page.exposeFunction('told', () => told())
    await page.exposeFunction('ready', () => told())
    let noticed = 0
    server.watcher.on('all', () => (noticed = performance.now()))
    const started = news()
    await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/`)
    await started

    const plumbing = []
    const saves = []
    for (let i = 0; i < EDITS; i++) {
      await sleep(300)
      const swapped = news()
      // Two states, both in the cache after the first round.
      writeFileSync(join(root, 'hill.depth.json'), `{ "relief": ${2 + (i % 2)} }`)
      await swapped
      if (i >= 2) plumbing.push(performance.now() - noticed)
    }
    const lag = monitorEventLoopDelay({ resolution: 5 })
    lag.enable()
    for (let i = 0; i < EDITS; i++) {
      await sleep(300)
      const swapped = news()
      const start = performance.now()
      // The same pixels with another comment: a new map for the cache.
      writeFileSync(join(root, 'hill.depth.png'), withComment(scenes[i % 2], String(i)))
      await swapped
      saves.push(performance.now() - start)
    }
    lag.disable()
    return [
      ['edit with a cached result: watch event → new mesh in the page, median', `${Math.round(median(plumbing))} ms`, '≤ 50 ms'],
      ['save of a 1024² map → new mesh in the page, baked, median', `${(median(saves) / 1000).toFixed(2)} s`, '≤ 0.8 s'],
      ['longest block of the server’s event loop meanwhile', `${Math.round(lag.max / 1e6)} ms`, '≤ 100 ms'],
    ]
  } finally {
    await browser.close()
    await server.close()
  }
}

/** A PNG with a tEXt chunk before its end. */
function withComment(png, text) {
  const body = Buffer.from(`tEXtComment\0${text}`)
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(body.length - 4)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return Buffer.concat([png.subarray(0, -12), chunk, png.subarray(-12)])
}

/** Memory of a whole `vite build` process. */
async function largeBuild(root) {
  mkdirSync(root, { recursive: true })
  const map = await depthPng(terrain(4096, 1))
  const names = Array.from({ length: LARGE }, (_, i) => i)
  for (const i of names) writeFileSync(join(root, `map${i}.depth.png`), map)
  writeFileSync(join(root, 'main.js'), `${names.map((i) => `import a${i} from './map${i}.depth.png'`).join('\n')}\nconsole.log(${names.map((i) => `a${i}`).join()})`)
  writeFileSync(
    join(root, 'build.js'),
    `import { build } from 'vite'
     import depthmesh from ${JSON.stringify(pathToFileURL(join(repository, 'dist/plugin/index.js')).href)}
     const start = performance.now()
     await build({ root: ${JSON.stringify(root)}, configFile: false, logLevel: 'silent', plugins: [depthmesh({ cache: false, limits: { jobSeconds: 600 } })], build: { rollupOptions: { input: '/main.js' } } })
     console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, megabytes: process.resourceUsage().maxRSS / 1024 }))`,
  )
  const child = spawn(process.execPath, [join(root, 'build.js')], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const text of child.stdout) output += text
  const { seconds, megabytes } = JSON.parse(output.trim().split('\n').at(-1))
  return [[`build of ${LARGE} maps of 4096², ${Math.round(seconds)} s: peak memory of the process`, `${Math.round(megabytes)} MB`, '≤ 1,500 MB (50 maps)']]
}
