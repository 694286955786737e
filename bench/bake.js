/** Whole bakes, from files to GLBs, against the same pipeline with other meshers: depthmesh's own decoding, textures and GLBs around each. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bakeDepthMesh, createAsset, decodeColor, decodeDepth, encodeForLevel, encodePicture, firstPixelBytes, padEdges, parseSettings, toDisparity, unproject, writeGlb } from '../dist/core/index.js'
import { markdownTable, medianTimes } from './support/measure.js'
import { delatinChain, fullGridChain } from './support/peers.js'
import { colorPng, depthPng, room, terrain } from './support/scenes.js'

/** Real maps, where they stand beside the checkout; without unknown pixels, which the peers can't take. */
const REAL = fileURLToPath(new URL('../../shared/data/', import.meta.url))

const GROWTH_SIZES = [1024, 2048, 4096]

export async function run() {
  const rows = []
  for (const [inputs, rounds] of await cases()) {
    for (const { name, settings, ...sources } of inputs) {
      const times = await medianTimes(
        {
          depthmesh: () => bakeDepthMesh(sources, { settings }),
          delatin: () => peerBake(sources, settings, delatinChain),
          grid: () => peerBake(sources, settings, fullGridChain),
        },
        rounds,
      )
      console.error(`${name}: ${Object.entries(times).map(([who, ms]) => `${who} ${Math.round(ms)} ms`).join(', ')}`)
      rows.push([name, times.depthmesh, times.delatin, times.grid, ratio(times.depthmesh / times.delatin), ratio(times.depthmesh / times.grid)])
    }
  }
  const head = ['map', 'depthmesh, ms', 'delatin chain, ms', 'full grid + meshoptimizer, ms', '÷ delatin', '÷ full grid (target ≤ 0.5)']
  return `Whole bake with a colour picture: decode, four levels at the default budgets, textures, GLBs. Median of three runs at 1024 px, one at 2048 px. The peers make neither cuts nor a hidden layer nor textures without slip, which is what the room and the moon take their time for.\n\n${markdownTable(head, rows)}\n\n${await growth()}`
}

/** What a bake takes as maps grow, each in a process of its own. */
async function growth() {
  const folder = mkdtempSync(join(tmpdir(), 'depthmesh-bench-'))
  const rows = []
  try {
    for (const [name, scene, given] of [['terrain', terrain], ['terrain, perspective', terrain, {}], ['room', room]]) {
      const taken = []
      for (const size of GROWTH_SIZES) {
        const made = scene(size)
        const [depth, color] = [join(folder, 'depth.png'), join(folder, 'color.png')]
        writeFileSync(depth, await depthPng(made))
        writeFileSync(color, await colorPng(made))
        const bake = fileURLToPath(new URL('support/bake-once.js', import.meta.url))
        taken.push(JSON.parse(execFileSync(process.execPath, [bake, depth, color, JSON.stringify(given ?? made.settings)], { encoding: 'utf8' })))
      }
      const [first, last] = [taken[0], taken.at(-1)]
      const exponent = Math.log(last.cpu / first.cpu) / Math.log((GROWTH_SIZES.at(-1) / GROWTH_SIZES[0]) ** 2)
      rows.push([name, ...taken.map(({ cpu, memory }) => `${Math.round(cpu).toLocaleString('en-US')} ms, ${Math.round(memory)} MB`), exponent.toFixed(2)])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const table = markdownTable(['map', ...GROWTH_SIZES.map((size) => `${size} px`), 'CPU grows with pixels to the power of (target ≤ 1.1)'], rows)
  return `CPU time of all threads and the most memory that the process held, each bake in a process of its own (target at 4096 px: < 1.5 GB).\n\n${table}`
}

/** Inputs with the rounds that are worth their time. (At 2048 px the full grid takes the room three quarters of a minute, and says no more.) */
async function cases() {
  const filesOf = async (scene) => ({ name: `${scene.name} ${scene.width}×${scene.height}`, depth: await depthPng(scene), color: await colorPng(scene), settings: scene.settings })
  // The peers make one sheet: so does depthmesh where the camera stays (`travel: 0`) and nothing is cut.
  const ground = await filesOf(terrain(1024))
  const views = [{ ...ground, name: 'the same, perspective, one sheet', settings: { travel: 0, cut: false } }, { ...ground, name: 'the same, perspective, as imported', settings: {} }]
  const real = !existsSync(REAL) ? [] : [{ name: 'moon (real) 640×640', depth: readFileSync(`${REAL}moon.depth.png`), color: readFileSync(`${REAL}moon.color.jpg`), settings: {} }]
  return [
    [[ground, ...views, await filesOf(room(1024)), ...real], 3],
    [[await filesOf(terrain(2048))], 1],
  ]
}

/** The pipeline with another mesher in it. */
async function peerBake(sources, given, mesher) {
  const settings = parseSettings([{ origin: 'bench', settings: given }])
  const maxPixels = 2 ** 26
  const raster = await decodeDepth(sources.depth, { channel: null, encoding: settings.encoding, maxPixels })
  const map = toDisparity(raster, settings)
  const meshes = (await mesher(map, settings.lods)).map((plane) => unproject(plane, map, settings))
  const counts = meshes.map(({ indices }) => indices.length / 3)
  const picture = padEdges(await decodeColor(sources.color, map, { size: Math.max(settings.texture.size, map.width, map.height), maxPixels }))
  const camera = settings.projection === 'perspective' ? { fovY: settings.fovY, aspect: map.width / map.height, near: map.near, far: map.far } : null
  const encoded = new Map()
  const encodeOnce = (wanted, quality) => {
    const size = Math.min(wanted, Math.max(picture.width, picture.height))
    const key = `${size} ${quality}`
    if (!encoded.has(key)) encoded.set(key, encodePicture(picture, { ...settings.texture, size, quality }))
    return encoded.get(key)
  }
  const levels = []
  for (const [level, mesh] of meshes.entries()) {
    const use = { ...settings.texture, role: 'color', firstPixel: firstPixelBytes(settings, false), level, triangles: counts, textures: 1 }
    const color = await encodeForLevel(use, (size, quality) => encodeOnce(size, quality))
    const error = { metres: 0, pixels: 0, p99: { metres: 0, pixels: 0 } }
    const glb = await writeGlb([{ name: 'peer', layers: [{ role: 'front', mesh, color, normalMap: null }], camera, map, error }], settings)
    levels.push({ file: `peer.lod${level}.glb`, glb, error, color, beside: [] })
  }
  return createAsset({ name: 'peer', size: map, levels, camera, placeholder: '' })
}

const ratio = (value) => `${value.toFixed(2)}×`
