// Paints the game's pictures: `npm run art`, or `npm run art -- tree spire` for some, `-- --scale 0.25 --out DIR` for a look in between.
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { bleed, snapRim, writePicture } from './engine/files.js'
import { renderRows } from './engine/render.js'
import { scenes } from './scenes/index.js'

/** Rows a worker takes at a time. */
const BAND = 16
/** Pixels at the rim of a cut-out whose depth is not their own. */
const RIM = 4

if (isMainThread) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { scale: { type: 'string', default: '1' }, out: { type: 'string' } },
  })
  const folder = values.out === undefined ? new URL('../src/art/', import.meta.url) : pathToFileURL(`${values.out}/`)
  for (const name of positionals.length > 0 ? positionals : Object.keys(scenes)) await paint(name, Number(values.scale), folder)
} else {
  const scene = scenes[workerData.name](workerData.scale)
  parentPort.on('message', ([y0, y1]) => {
    const { rgb, depth } = renderRows(scene, y0, y1)
    parentPort.postMessage({ y0, rgb, depth })
  })
}

async function paint(name, scale, folder) {
  const started = performance.now()
  const scene = { name, ...scenes[name](scale) }
  const { width, height } = scene
  const rgb = new Float32Array(width * height * 3)
  const depth = new Float32Array(width * height)

  let next = 0
  const work = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { name, scale } })
      const ask = () => {
        if (next >= height) return resolve(worker.terminate())
        const y0 = next
        next = Math.min(height, next + BAND)
        worker.postMessage([y0, next])
      }
      worker.on('error', reject)
      worker.on('message', (band) => {
        rgb.set(band.rgb, band.y0 * width * 3)
        depth.set(band.depth, band.y0 * width)
        ask()
      })
      ask()
    })
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), Math.ceil(height / BAND)) }, work))

  if (scene.cutOut) {
    bleed(rgb, Uint8Array.from(depth, (d) => (d < Infinity ? 1 : 0)), width, height, 24)
    snapRim(depth, width, height, RIM)
  }
  const sizes = await writePicture(folder, scene, rgb, depth.map((d) => scene.level(d)))
  const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`
  console.log(`${name}: ${width} × ${height}, colour ${kib(sizes.color)}, depth ${kib(sizes.depth)}, ${((performance.now() - started) / 1000).toFixed(1)} s`)
}
