/** What pre-flight finds: faults planted in real maps, false alarms on the maps as they are, and its time beside that of meshing. */
import sharp from 'sharp'
import { buildLods, cleanDepth, decodeColor, decodeDepth, errorModel, grayAt, parseSettings, preflight, toDisparity } from '../dist/core/index.js'
import { addNoise, addSalt, invert, movePicture, punchHoles, quantize } from './support/damage.js'
import { markdownTable, medianTimes } from './support/measure.js'
import { loadReal, realMaps } from './support/real.js'
import { colorPng, depthPng, room, terrain } from './support/scenes.js'

const MAX_PIXELS = 2 ** 26

/** Faults by the check that is to find them. `plant` gives what to look at, or null where the fault makes no sense. */
const FAULTS = {
  inverted: ({ raster, settings, hole }) => (settings.projection === 'perspective' && settings.encoding !== 'metric' ? { raster: invert(raster, { hole }) } : null),
  'eight-bit': ({ raster }) => (raster.format === 'float' ? null : { raster: quantize(raster, 256, 16) }),
  'few-levels': ({ raster }) => ({ raster: quantize(raster, 32) }),
  holes: ({ raster, hole }) => (hole ? null : { raster: punchHoles(raster, 0.1).raster }),
  noise: ({ raster, hole }) => ({ raster: addNoise(raster, 0.008, { hole }) }),
  spikes: ({ raster, hole }) => ({ raster: addSalt(raster, 0.005, { hole }) }),
  mirrored: ({ raster, picture }) => picture && { raster, picture: movePicture(picture, { mirror: true }) },
  misaligned: ({ raster, picture }) => picture && { raster, picture: movePicture(picture, { x: Math.round(picture.width * 0.02) }) },
}

/** Faults that real maps have by themselves: found too, and no false alarms. */
const REAL_FAULTS = { 'tum-1': 'misaligned' }

/** Maps whose fault is hidden only by their sidecar. */
const WITHOUT_SIDECAR = { flowers: 'inverted', mango: 'inverted', tunnel: 'inverted', cones: 'holes', 'redwood-0': 'holes', 'tum-1': 'holes' }

export async function run() {
  const tally = Object.fromEntries(['color-mapped', ...Object.keys(FAULTS)].map((id) => [id, { planted: 0, found: 0, clean: 0, alarms: 0, missed: [], alarmed: [] }]))
  const count = (id, name, found) => {
    tally[id].planted++
    if (found) tally[id].found++
    else tally[id].missed.push(name)
  }
  for (const entry of realMaps()) {
    const real = await loadReal(entry)
    const hole = real.settings.black === 'hole' || real.settings.encoding === 'metric'
    const look = ({ raster, picture = real.picture }, settings = real.settings) => preflight({ raster, map: toDisparity(raster, settings), picture }, settings).checks.map(({ id }) => id)

    const fired = look(real)
    for (const id of Object.keys(FAULTS)) {
      if (REAL_FAULTS[entry.name] === id) {
        count(id, entry.name, fired.includes(id))
        continue
      }
      const fault = FAULTS[id]({ ...real, hole })
      if (!fault) continue
      tally[id].clean++
      if (fired.includes(id)) {
        tally[id].alarms++
        tally[id].alarmed.push(entry.name)
      }
      count(id, entry.name, look(fault).includes(id))
    }
    const bare = WITHOUT_SIDECAR[entry.name]
    if (bare) {
      const plain = await loadReal({ ...entry, sidecar: {} })
      count(bare, `${entry.name} without its sidecar`, look(plain, plain.settings).includes(bare))
    }
    if (entry.file.endsWith('.png')) {
      tally['color-mapped'].clean++
      if (await refused(real.bytes, real.settings.channel)) {
        tally['color-mapped'].alarms++
        tally['color-mapped'].alarmed.push(entry.name)
      }
    }
    count('color-mapped', entry.name, await refused(await colorMapped(real.map)))
  }

  const rows = Object.entries(tally).map(([id, { planted, found, clean, alarms, missed, alarmed }]) => [id, `${found} of ${planted}`, `${alarms} of ${clean}`, [...missed.map((name) => `missed: ${name}`), ...alarmed.map((name) => `alarm: ${name}`)].join('; ')])
  const sum = (key) => Object.values(tally).reduce((sum, one) => sum + one[key], 0)
  const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`
  rows.push(['**all**', `${percent(sum('found'), sum('planted'))} (target ≥ 95 %)`, `${percent(sum('alarms'), sum('clean'))} (target ≤ 2 %)`, ''])
  const table = markdownTable(['fault', 'found', 'false alarms on clean maps', ''], rows)
  return `Faults planted in ${realMaps().length} real maps. \`color-mapped\` is found by the decoder, which refuses it.\n\n${table}\n\n${await times()}`
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
