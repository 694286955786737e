/** What pre-flight finds: faults planted in real maps, false alarms on the maps as they are, and its time beside that of meshing. */
import { readdirSync, readFileSync } from 'node:fs'
import sharp from 'sharp'
import { buildLods, cleanDepth, decodeColor, decodeDepth, errorModel, grayAt, parseSettings, preflight, toDisparity } from '../dist/core/index.js'
import { addNoise, addSalt, invert, movePicture, punchHoles, quantize } from './support/damage.js'
import { markdownTable, medianTimes } from './support/measure.js'
import { loadReal, realMaps } from './support/real.js'
import { colorPng, depthPng, prop, room, spheres, terrain } from './support/scenes.js'

const MAX_PIXELS = 2 ** 26
const GAME = new URL('../examples/game/src/art/', import.meta.url)

/** Held-out scenes: none of these seeds was looked at while thresholds were chosen. */
const SCENES = [terrain, room, spheres, prop]
const SEEDS = [41, 42, 43, 44, 45, 46]
const SCENE_SIZE = 800

/** Faults by the check that is to find them. `plant` gives what to look at, or null where the fault makes no sense. */
const FAULTS = {
  inverted: ({ raster, settings, hole }) => (settings.projection === 'perspective' && settings.encoding !== 'metric' ? { raster: invert(raster, { hole }) } : null),
  'eight-bit': ({ raster }) => (raster.format === 'float' ? null : { raster: quantize(raster, 256, 16) }),
  'few-levels': ({ raster }) => ({ raster: quantize(raster, 32) }),
  holes: ({ raster, settings }) => (settings.black !== null || settings.encoding === 'metric' ? null : { raster: punchHoles(raster, 0.1).raster }),
  noise: ({ raster, hole }) => ({ raster: addNoise(raster, 0.008, { hole }) }),
  spikes: ({ raster, hole }) => ({ raster: addSalt(raster, 0.005, { hole }) }),
  mirrored: ({ raster, picture }) => picture && { raster, picture: movePicture(picture, { mirror: true }) },
  'upside-down': ({ raster, picture }) => picture && { raster, picture: movePicture(picture, { over: true }) },
  misaligned: ({ raster, picture }) => picture && { raster, picture: movePicture(picture, { x: Math.round(picture.width * 0.02) }) },
}

/** Faults that real maps have by themselves: found too, and no false alarms. */
const REAL_FAULTS = { 'tum-1': 'misaligned' }

/** Maps whose fault is hidden only by their sidecar. */
const WITHOUT_SIDECAR = { flowers: 'inverted', mango: 'inverted', tunnel: 'inverted', cones: 'holes', 'redwood-0': 'holes', 'tum-1': 'holes' }

export async function run() {
  const real = createTally()
  for (const entry of realMaps()) {
    const map = await loadReal(entry)
    tryFaults(real, map)
    const bare = WITHOUT_SIDECAR[entry.name]
    if (bare) {
      const plain = await loadReal({ ...entry, sidecar: {} })
      real.plant(bare, `${entry.name} without its sidecar`, look(plain).includes(bare))
    }
    if (entry.file.endsWith('.png')) real.spare('color-mapped', entry.name, await refused(map.bytes, map.settings.channel))
    real.plant('color-mapped', entry.name, await refused(await colorMapped(map.map)))
  }

  const heldOut = createTally()
  for await (const map of heldOutMaps()) {
    tryFaults(heldOut, map)
    heldOut.spare('color-mapped', map.name, await refused(map.bytes))
    heldOut.plant('color-mapped', map.name, await refused(await colorMapped(map.map)))
  }
  return [
    `Faults planted in ${realMaps().length} real maps, on which the thresholds were chosen. \`color-mapped\` is found by the decoder, which refuses it.`,
    real.table(),
    `The same in the game's ${gameMaps().length} maps, which two thresholds have seen, and in ${SCENES.length} kinds of scene from ${SEEDS.length} seeds that none has. The terrain's picture is lit along one axis and has no outlines in common with the map, so that nothing can be said about where it lies.`,
    heldOut.table(),
    await times(),
  ].join('\n\n')
}

/** What pre-flight finds. */
function look({ raster, picture, settings }) {
  return preflight({ raster, map: toDisparity(raster, settings), picture }, settings).checks.map(({ id }) => id)
}

/** Every fault that makes sense in a map; and what is said about the map without it. */
function tryFaults(tally, map) {
  const { name, raster, settings, picture } = map
  const hole = settings.black === 'hole' || settings.black === 'cut' || settings.encoding === 'metric'
  const fired = look(map)
  for (const [id, plant] of Object.entries(FAULTS)) {
    if (REAL_FAULTS[name] === id) {
      tally.plant(id, name, fired.includes(id))
      continue
    }
    const fault = plant({ raster, settings, picture, hole })
    if (!fault) continue
    tally.spare(id, name, fired.includes(id))
    tally.plant(id, name, look({ picture, settings, ...fault }).includes(id))
  }
}

/** Counts what is found where it was planted, and what is found where it was not. */
function createTally() {
  const rows = Object.fromEntries(['color-mapped', ...Object.keys(FAULTS)].map((id) => [id, { planted: 0, found: 0, clean: 0, alarms: 0, names: [] }]))
  return {
    plant(id, name, found) {
      rows[id].planted++
      if (found) rows[id].found++
      else rows[id].names.push(`missed: ${name}`)
    },
    spare(id, name, found) {
      rows[id].clean++
      if (!found) return
      rows[id].alarms++
      rows[id].names.push(`alarm: ${name}`)
    },
    table() {
      const sum = (key) => Object.values(rows).reduce((sum, one) => sum + one[key], 0)
      const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`
      return markdownTable(
        ['fault', 'found', 'false alarms on clean maps', ''],
        [
          ...Object.entries(rows).map(([id, { planted, found, clean, alarms, names }]) => [id, `${found} of ${planted}`, `${alarms} of ${clean}`, names.join('; ')]),
          ['**all**', `${percent(sum('found'), sum('planted'))} (target ≥ 95 %)`, `${percent(sum('alarms'), sum('clean'))} (target ≤ 2 %)`, ''],
        ],
      )
    },
  }
}

/** Names of the game's maps. */
function gameMaps() {
  return readdirSync(GAME).filter((file) => file.endsWith('.depth.png')).map((file) => file.slice(0, -'.depth.png'.length)).sort()
}

/** The game's maps, and scenes from seeds. */
async function* heldOutMaps() {
  for (const name of gameMaps()) {
    const { $schema: _, ...settings } = JSON.parse(readFileSync(new URL(`${name}.depth.json`, GAME), 'utf8'))
    yield readHeldOut(name, readFileSync(new URL(`${name}.depth.png`, GAME)), readFileSync(new URL(`${name}.color.png`, GAME)), settings)
  }
  for (const seed of SEEDS) {
    for (const make of SCENES) {
      const scene = make(SCENE_SIZE, seed)
      yield readHeldOut(`${scene.name} ${seed}`, await depthPng(scene), await colorPng(scene), scene.settings)
    }
  }
}

async function readHeldOut(name, bytes, color, input) {
  const settings = parseSettings([{ origin: name, settings: input }])
  const raster = await decodeDepth(bytes, { channel: null, encoding: settings.encoding, maxPixels: MAX_PIXELS })
  const picture = await grayAt(await decodeColor(color, raster, { size: Math.max(raster.width, raster.height), maxPixels: MAX_PIXELS }), raster)
  return { name, bytes, raster, settings, map: toDisparity(raster, settings), picture }
}

/** A viridis-like picture of the map, as a viewer saves it. */
async function colorMapped({ width, height, disparity }) {
  const stops = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]]
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < disparity.length; i++) {
    const at = Math.min(3.999, Math.max(0, (disparity[i] || 0) * 4))
    const [from, to, part] = [stops[Math.floor(at)], stops[Math.floor(at) + 1], at % 1]
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = from[c] + (to[c] - from[c]) * part
  }
  return sharp(rgb, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 1 }).toBuffer()
}

async function refused(png, channel = null) {
  return decodeDepth(png, { channel, encoding: 'disparity', maxPixels: MAX_PIXELS }).then(() => false, ({ code }) => code === 'INPUT_UNSUPPORTED')
}

/** Decode + pre-flight + clean beside meshing, 2048², 16 bits, with a picture of that size. */
async function times() {
  const rows = []
  for (const scene of [terrain(2048), room(2048)]) {
    const [depth, color] = [await depthPng(scene), await colorPng(scene)]
    const settings = parseSettings([{ origin: 'bench', settings: scene.settings }])
    const decode = () => decodeDepth(depth, { channel: null, encoding: settings.encoding, maxPixels: MAX_PIXELS })
    const raster = await decode()
    const map = toDisparity(raster, settings)
    const picture = await decodeColor(color, raster, { size: 2048, maxPixels: MAX_PIXELS })
    const gray = await grayAt(picture, raster)
    const report = preflight({ raster, map, picture: gray }, settings)
    const time = await medianTimes(
      {
        decode,
        preflight: async () => preflight({ raster, map: toDisparity(raster, settings), picture: await grayAt(picture, raster) }, settings),
        clean: () => cleanDepth({ map, raster, report, picture: gray }, settings),
        mesh: () => buildLods(map, settings, errorModel(map, settings)),
      },
      3,
    )
    rows.push([`${scene.name} ${scene.width}×${scene.height}`, time.decode, time.preflight, time.clean, time.mesh, (time.decode + time.preflight + time.clean) / time.mesh])
  }
  return markdownTable(['map', 'decode, ms', 'convention + pre-flight, ms', 'clean, ms', 'mesh, ms', '÷ mesh (target < 0.5)'], rows)
}

if (process.argv[1]?.endsWith('/bench/preflight.js')) console.log(await run())
