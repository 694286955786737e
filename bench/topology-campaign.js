/**
 * Builds the levels of many random rasters (smooth, plateaus, noise, checkerboards, constants, holes), fronts and hidden layers, and looks for faults in their topology, in perspective after packing too.
 *
 * node bench/topology-campaign.js [rasters, 50000] [seed, 1]
 */
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { latticeFor, reachOf } from '../dist/core/glb/lattice.js'
import { packMeshes } from '../dist/core/glb/pack.js'
import { buildBackdrop, buildLevels, errorModel, findFaults, parseSettings, unproject } from '../dist/core/index.js'
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
      const textureSize = pick([2048, 32, 8])
      levels = await buildLevels(map, buildBackdrop(map, settings), settings, errorModel(map, settings), { textureSize: () => textureSize })
      faults.push(...faultsOf(levels, given.lods))
      if (given.projection === 'perspective') for (const level of levels) faults.push(...(await packedFaults(level, { map, times: pick(TIMES), far: pick(FARS), lit: random() < 0.5 }, settings)))
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

/** As parts of how much larger maps, and up to how far away, metres, levels are packed: where 16 bits suffice with ease, hardly, and not at all. */
const TIMES = [1, 1, 8, 40]
const FARS = [1.5, 10, 10, 30]

/** What rounding did to a level: triangles that the camera sees from behind, what is wrong with what is joined, and vertices of five numbers where three would do. */
async function packedFaults({ front, backdrop }, { map: given, times, far, lit }, settings) {
  const map = { ...given, width: given.width * times, height: given.height * times, far }
  // (The hidden layer is looked at by itself: where its canvas lies makes no difference.)
  const surfaces = [front, backdrop].filter((surface) => surface !== null)
  const meshes = surfaces.map(({ points, triangles }) => unproject({ points: points.map((number, i) => (i % 3 === 2 ? number : number * times)), triangles }, map, settings))
  const camera = { fovY: settings.fovY, aspect: map.width / map.height, near: map.near, far: map.far }
  const plan = { map, camera, placed: settings, parallax: 0.1 * map.height, error: { metres: 0 }, integers: false, lit, solid: false }
  const { meshes: packed, placement } = await packMeshes(meshes, plan)
  const faults = []
  for (const { positions, indices } of packed) {
    const values = Float64Array.from(positions.values, (value, i) => value + Math.round(placement.translation[i % 3] / placement.scale[i % 3]))
    let turned = 0
    for (let i = 0; i < indices.length; i += 3) if (volume(values, indices[i] * 3, indices[i + 1] * 3, indices[i + 2] * 3) > 0) turned++
    const { duplicate, crowdedEdges, unusedVertices, invalid } = findFaults(Float32Array.from(values), indices)
    for (const [fault, times] of Object.entries({ turned, duplicate, crowdedEdges, unusedVertices, invalid })) if (times > 0) faults.push(`packed: ${fault} ×${times}`)
  }
  const possible = [4, 2, 8, 16, 32, 64].some((perPixel) => [1, 4].some((tenths) => [false, lit].some((shifted) => latticeFor(reachOf(meshes), plan, { camera, perPixel, tenths, shifted }))))
  if (possible && packed.some(({ positions }) => positions.stored.filter !== 'QUATERNION')) faults.push('packed: as floats')
  return faults
}

/** Six times the volume between a triangle and the camera: negative where the camera sees its front. */
function volume(p, a, b, c) {
  return p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) + p[a + 1] * (p[b + 2] * p[c] - p[b] * p[c + 2]) + p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c])
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
