/**
 * The surface alone: error at equal triangles, and time, against delatin, martini and meshoptimizer on the full grid.
 *
 * node bench/mesh.js             runs it alone
 * node bench/mesh.js --quick     1024² only
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import Martini from '@mapbox/martini'
import { buildLods, decodeDepth, errorModel, measureError, parseSettings, toDisparity, triangulate } from '../dist/core/index.js'
import { markdownTable, median } from './support/measure.js'
import { delatinChain, fullGridChain } from './support/peers.js'
import { room, spheres, terrain } from './support/scenes.js'
import { measureShipped } from './support/shipped.js'

const BUDGETS = [100_000, 25_000, 6_000, 1_500]

/** Real heights, where they stand beside the checkout. */
const REAL = fileURLToPath(new URL('../../shared/data/', import.meta.url))
const REAL_MAPS = { 'jacksboro-dem16': {}, 'grandcanyon-sm': { channel: 'g' }, 'bevy-hmp': {}, 'fuji-terrainrgb': { encoding: 'terrain-rgb' } }

export async function run({ quick = argv.includes('--quick') } = {}) {
  const scenes = [terrain(1024), room(1024), spheres(1024)].map(({ name, width, height, disparity, settings, ...rest }) => ({ ...rest, name: `${name} ${width}×${height}`, width, height, disparity, settings }))
  const reliefs = [...scenes.map((scene) => prepare(scene, { ...scene.settings, projection: 'orthographic' })), ...(await realReliefs())]
  const views = [...scenes.map((scene) => prepare(scene, { ...scene.settings, projection: 'perspective' })), ...(await realSheets())]
  const timed = quick ? [reliefs[0]] : [reliefs[0], prepare(terrain(2048), { projection: 'orthographic' }, 'terrain 2048×2048'), prepare(room(2048), { projection: 'orthographic' }, 'room 2048×1536'), prepare(terrain(1024), { ...terrain(1024).settings, projection: 'perspective' }, 'terrain 1024×1024, perspective'), prepare(room(1024), room(1024).settings, 'room 1024×768, perspective')]
  return [
    '**Reliefs** (orthographic, one sheet): max / RMS error in 10⁻⁴ of the range at each budget; in brackets the RMS against delatin’s.',
    await reliefTable(reliefs),
    '**Views** (perspective, cut along jumps; real heights as one sheet, as delatin makes them), bare meshes: the error that counts, the larger of parallax and texture slip, RMS / 99th percentile in source pixels; in brackets the RMS against delatin’s. “As it ships”: each level wears its own texture, laid as its triangles wear it, and what slip remains is looked at in a picture that shows its own coordinates (where nothing is cut); delatin’s mesh wears the plain picture.',
    await viewTable(views),
    '**What that is made of**: RMS / 99th percentile of parallax and of slip by themselves, source pixels.',
    await partsTable(views),
    '**Time** for all four levels, CPU ms, one process, contenders in turn, median; in brackets against delatin.',
    await timeTable(timed, quick ? 3 : 5),
    '**Against the full grid** (terrain as a relief, each in a process of its own, in turn, medians): RMS at each budget, CPU time, and by how much the process grew.',
    fullGridTable(quick ? [1024] : [1024, 2048], quick ? 1 : 3),
  ].join('\n\n')
}

async function reliefTable(reliefs) {
  const rows = []
  for (const { name, map, settings, model } of reliefs) {
    const peers = (await delatinChain(map, BUDGETS)).map((mesh) => measure(mesh, map, model))
    const levels = await buildLods(map, settings, model)
    const inserted = triangulate(map, { budgets: BUDGETS }, model)
    const show = (mesh, i) => (mesh === undefined ? 'same as finer' : `${(mesh.maxError * 1e4).toFixed(1)} / ${(mesh.rmsError * 1e4).toFixed(2)} (${(mesh.rmsError / peers[i].rmsError).toFixed(2)})`)
    const at = (meshes) => BUDGETS.map((budget, i) => show(meshes.findLast((mesh) => mesh.triangles.length / 3 <= budget && mesh.triangles.length / 3 > (BUDGETS[i + 1] ?? 0)), i))
    rows.push([name, 'depthmesh', ...at(levels)], ['', 'insertion alone', ...at(inserted)], ['', 'delatin', ...peers.map(show)])
    if (map.width === map.height) rows.push(['', 'martini', ...martiniChain(map).map((mesh) => measure(mesh, map, model)).map(show)])
    if (map.width <= 1024) rows.push(['', 'meshoptimizer, full grid', ...(await fullGridChain(map, BUDGETS)).map((mesh) => measure(mesh, map, model)).map(show)])
  }
  return markdownTable(['map', '', '100k', '25k', '6k', '1.5k'], rows)
}

async function viewTable(views) {
  const rows = []
  for (const view of views) {
    const { name, map, settings, model } = view
    const peers = (await delatinChain(map, BUDGETS)).map((mesh) => measure(mesh, map, model))
    const levels = await buildLods(map, settings, model)
    const show = ({ pixelError: { rms, p99 } }, i) => `${rms.toFixed(3)} / ${p99.toFixed(2)} (${(rms / peers[i].pixelError.rms).toFixed(2)})`
    rows.push([name, 'depthmesh, bare mesh', ...levels.map(show)])
    if (isWhole(view)) rows.push(['', 'depthmesh, as it ships', ...levels.map((_, i) => show(measureShipped(levels, i, view), i))])
    rows.push(['', 'delatin', ...peers.map(show)])
  }
  return markdownTable(['map', '', '100k', '25k', '6k', '1.5k'], rows)
}

/** Of what is not cut: a pixel beside a simplified silhouette has no parallax of its own. */
async function partsTable(views) {
  const rows = []
  const show = ({ rms, p99 }) => `${rms.toFixed(3)} / ${p99.toFixed(2)}`
  for (const view of views) {
    const { name, map, settings, model } = view
    const levels = await buildLods(map, settings, model)
    const peers = await delatinChain(map, BUDGETS)
    const parallax = (mesh) => show(measure(mesh, map, { ...model, wNear: 1, wFar: 1 }).pixelError)
    const slip = (mesh) => show(measure(mesh, map, { ...model, pixelsPerDisparity: 0 }).pixelError)
    if (isWhole(view)) rows.push([name, 'depthmesh, parallax', ...levels.map(parallax)])
    rows.push([isWhole(view) ? '' : name, 'depthmesh, slip of the bare mesh', ...levels.map(slip)])
    if (isWhole(view)) rows.push(['', 'depthmesh, slip that remains as it ships', ...levels.map((_, i) => show(measureShipped(levels, i, view).slip))], ['', 'delatin, parallax', ...peers.map(parallax)])
    rows.push(['', 'delatin, slip', ...peers.map(slip)])
  }
  return markdownTable(['map', '', '100k', '25k', '6k', '1.5k'], rows)
}

/** Whether a map has no jumps to be cut along. */
function isWhole({ map: { width, disparity }, settings: { cut } }) {
  if (cut === false) return true
  for (let i = 0; i < disparity.length; i++) {
    if (i % width > 0 && Math.abs(disparity[i] - disparity[i - 1]) > cut) return false
    if (i >= width && Math.abs(disparity[i] - disparity[i - width]) > cut) return false
  }
  return true
}

async function timeTable(inputs, rounds) {
  const rows = []
  for (const { name, map, settings, model } of inputs) {
    const contenders = {
      'insertion alone': () => triangulate(map, { budgets: BUDGETS }, model),
      'depthmesh (refined)': () => buildLods(map, settings, model),
      delatin: () => delatinChain(map, BUDGETS),
      ...(map.width <= 1024 ? { 'meshoptimizer, full grid': () => fullGridChain(map, BUDGETS) } : {}),
    }
    const times = await medianCpuTimes(contenders, rounds)
    for (const [contender, time] of Object.entries(times)) rows.push([name, contender, `${time.toFixed(0)} (${(time / times.delatin).toFixed(2)})`])
  }
  return markdownTable(['map', '', 'CPU ms'], rows)
}

function fullGridTable(sizes, rounds) {
  const once = (contender, size) => JSON.parse(execFileSync(process.execPath, [fileURLToPath(new URL('support/mesh-once.js', import.meta.url)), contender, size], { encoding: 'utf8' }))
  const rows = sizes.map((size) => {
    // In turn, as everywhere: a single run of each came to 0.094 on one day and to 0.129 on another.
    const runs = Array.from({ length: rounds }, () => ({ ours: once('depthmesh', size), grid: once('full-grid', size) }))
    const [{ ours, grid }] = runs
    const against = (key, unit) => {
      const [mine, theirs] = [median(runs.map(({ ours }) => ours[key])), median(runs.map(({ grid }) => grid[key]))]
      return `${mine.toFixed(0)} : ${theirs.toFixed(0)} ${unit} (${(mine / theirs).toFixed(3)})`
    }
    return [`${size}×${size}`, ...ours.rms.map((rms, level) => (rms / grid.rms[level]).toFixed(2)), against('cpu', 'ms'), against('memory', 'MB')]
  })
  return markdownTable(['terrain', '100k, × (target ≤ 0.8)', '25k', '6k', '1.5k', 'CPU (target ≤ 0.12)', 'memory (target ≤ 0.15)'], rows)
}

/** As `medianTimes`, but of the time the process was at work: other processes on the machine count less. */
async function medianCpuTimes(contenders, rounds) {
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const start = process.cpuUsage()
      await contender()
      const { user } = process.cpuUsage(start)
      if (round > 0) times[name].push(user / 1000)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]))
}

function prepare({ disparity, width, height, near, far, name: sceneName }, given, name = sceneName) {
  const settings = parseSettings([{ origin: 'bench', settings: { ...given, lods: BUDGETS } }])
  const map = { width, height, disparity, near, far, relief: settings.relief }
  return { name, map, settings, model: errorModel(map, settings) }
}

async function realReliefs() {
  if (!existsSync(REAL)) return []
  return Promise.all(Object.entries(REAL_MAPS).map(async ([name, given]) => {
    const settings = parseSettings([{ origin: 'bench', settings: { projection: 'orthographic', ...given, lods: BUDGETS } }])
    const raster = await decodeDepth(readFileSync(`${REAL}${name}.depth.png`), { channel: settings.channel, encoding: settings.encoding, maxPixels: 2 ** 26 })
    const map = toDisparity(raster, settings)
    return { name: `${name} (real) ${map.width}×${map.height}`, map, settings, model: errorModel(map, settings) }
  }))
}

/** The same heights as disparities. */
async function realSheets() {
  const { near, far } = parseSettings([])
  return (await realReliefs()).map(({ name, map }) => prepare({ ...map, name, near, far }, { cut: false }))
}

function measure({ points, triangles }, map, model) {
  return { triangles, ...measureError(points, triangles, map, model) }
}

/** Right-triangulated irregular networks, the error bound of each level searched for; the map is repeated to 2ⁿ + 1 pixels. */
function martiniChain({ width, height, disparity }) {
  const size = 2 ** Math.ceil(Math.log2(width - 1)) + 1
  const grid = new Float32Array(size * size)
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) grid[y * size + x] = disparity[Math.min(height - 1, y) * width + Math.min(width - 1, x)]
  const tile = new Martini(size).createTile(grid)
  return BUDGETS.map((budget) => {
    let [low, high] = [0, 1]
    for (let i = 0; i < 24; i++) {
      const middle = (low + high) / 2
      if (tile.getMesh(middle).triangles.length / 3 > budget) low = middle
      else high = middle
    }
    const { vertices, triangles } = tile.getMesh(high)
    const points = new Float32Array((vertices.length / 2) * 3)
    for (let i = 0; i < vertices.length / 2; i++) points.set([vertices[2 * i] + 0.5, vertices[2 * i + 1] + 0.5, grid[vertices[2 * i + 1] * size + vertices[2 * i]]], 3 * i)
    return { points, triangles: Uint32Array.from(triangles) }
  })
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log(await run())
