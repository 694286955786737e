/**
 * Builds the levels of many random rasters (smooth, plateaus, noise, checkerboards, constants, holes), fronts and hidden layers, and looks for faults in their topology.
 *
 * node bench/topology-campaign.js [rasters, 50000] [seed, 1]
 */
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { buildBackdrop, buildLevels, errorModel, findFaults, parseSettings } from '../dist/core/index.js'
import { seededRandom } from './support/scenes.js'

/** What may be asked of a raster: budgets that are ample, tight and absurd, and error bounds. */
const LODS = [[400, 100, 20], [3000, 50, 2], [7, 3], { error: [0.1, 1, 10] }]

export async function run({ count = 5000, seed = 1 } = {}) {
  const random = seededRandom(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  const found = []
  let levelCount = 0
  for (let i = 0; i < count; i++) {
    const width = 1 + Math.floor(random() ** 2 * 64)
    const height = 1 + Math.floor(random() ** 2 * 64)
    const kind = Math.floor(random() * 16)
    const map = { width, height, disparity: raster(random, width, height, kind, pick([0, 0, 0.02, 0.3, 0.9])), near: 1, far: 10, relief: 1 }
    const given = { projection: pick(['perspective', 'orthographic']), topology: pick(['adaptive', 'adaptive', 'adaptive', 'grid']), cut: pick([false, 0.03, 0.2]), lods: pick(LODS) }
    let levels = []
    const faults = []
    try {
      const settings = parseSettings([{ origin: 'campaign', settings: given }])
      levels = await buildLevels(map, buildBackdrop(map, settings), settings, errorModel(map, settings))
      faults.push(...faultsOf(levels, given.lods))
    } catch (error) {
      faults.push(String(error.stack))
    }
    levelCount += levels.length
    if (faults.length > 0) found.push(`- raster ${i} (seed ${seed}, ${width}×${height}, kind ${kind}, ${JSON.stringify(given)}): ${faults.join('; ')}`)
  }
  return [`${count.toLocaleString('en-US')} random rasters, ${levelCount.toLocaleString('en-US')} levels: ${found.length} with faults.`, ...found].join('\n')
}

function faultsOf(levels, lods) {
  const faults = levels.length === 0 ? ['no level'] : []
  for (const [k, { front, backdrop }] of levels.entries()) {
    for (const [layer, surface] of [['front', front], ['hidden layer', backdrop]]) {
      if (surface === null) continue
      for (const [fault, times] of Object.entries(findFaults(surface.points, surface.triangles))) if (times > 0) faults.push(`level ${k}, ${layer}: ${fault} ×${times}`)
    }
    const triangles = (front.triangles.length + (backdrop?.triangles.length ?? 0)) / 3
    if (Array.isArray(lods) && triangles > lods[0]) faults.push(`level ${k}: ${triangles} triangles`)
    const finer = levels[k - 1]?.front
    if (finer === undefined) continue
    if (front.triangles.length >= finer.triangles.length) faults.push(`level ${k}: triangles do not fall`)
    if (front.pixelError.rms < finer.pixelError.rms || front.maxError < finer.maxError) faults.push(`level ${k}: error falls`)
  }
  return faults
}

function raster(random, width, height, kind, nothing) {
  const disparity = new Float32Array(width * height)
  const plateaus = Array.from({ length: 5 }, () => ({ x: random() * width, y: random() * height, r: 1 + random() * width * 0.4, z: random() }))
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let value = 0.5
      if (kind & 1) value += 0.3 * Math.sin(x * 0.4) * Math.cos(y * 0.3)
      if (kind & 2) for (const plateau of plateaus) if ((x - plateau.x) ** 2 + (y - plateau.y) ** 2 < plateau.r ** 2) value = plateau.z
      if (kind & 4) value += 0.2 * (random() - 0.5)
      if (kind & 8) value = (x + y) % 2
      const hole = nothing > 0 && kind & 2 && plateaus.slice(0, 2).some((plateau) => (x - plateau.x) ** 2 + (y - plateau.y) ** 2 < plateau.r ** 2)
      disparity[i] = hole || random() < nothing ? NaN : Math.min(1, Math.max(0, value))
    }
  }
  if (disparity.every(Number.isNaN)) disparity[0] = 0.5
  return disparity
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [count = 50_000, seed = 1] = argv.slice(2).map(Number)
  const report = await run({ count, seed })
  console.log(report)
  if (report.includes('\n')) process.exitCode = 1
}
