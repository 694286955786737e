/**
 * node scripts/fuzz.js [rounds]
 *
 * Damages depth maps and reads them: cut off at every 1/64 of their length, and with bytes changed at random (seeded), `rounds` times each (64). What comes out must be an
 * error of depthmesh or samples of the right shape, soon. Prints what became of each kind of file; exits with 1 when something else came out.
 * Reads the sound files of ../shared/corpus too, where that is there. The package must be built. test/core/depth/fuzz.test.ts is the same in short.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

/** Where a file is cut off: at every so many parts of its length. */
const CUTS = 64
/** Bytes of the header, where damage does most: every second change is made there. */
const HEADER = 700
/** Pixels that a damaged header may claim before it is refused. */
export const MAX_PIXELS = 2 ** 22
/** Longest that one file may take, milliseconds: a thousand times what most take. */
const LONGEST = 5000

/**
 * @typedef {object} Outcome
 * @property {number} runs
 * @property {number} refused files that gave an error of depthmesh
 * @property {number} same files that gave the samples of the sound one
 * @property {string[]} other what was done to files that gave other samples, in the right shape
 * @property {string[]} wrong what was done to files that gave anything else, and what that was
 * @property {number} slowest milliseconds
 */

/**
 * Damages a file in every way and reads what is left.
 *
 * @param {(bytes: Uint8Array) => Promise<{ width: number, height: number, format: string, samples: Float32Array, alpha: Uint8Array | null }>} decode
 * @param {Uint8Array} file
 * @param {{ rounds: number, seed?: number, cuts?: number }} options
 * @returns {Promise<Outcome>}
 */
export async function fuzz(decode, file, { rounds, seed = 1, cuts = CUTS }) {
  const sound = await decode(file).catch(() => null)
  const outcome = { runs: 0, refused: 0, same: 0, other: [], wrong: [], slowest: 0 }
  for (const { what, bytes } of damages(file, rounds, seed, cuts)) {
    const start = performance.now()
    outcome.runs++
    try {
      const raster = await decode(bytes)
      const fault = faultOf(raster)
      if (fault) outcome.wrong.push(`${what}: ${fault}`)
      else if (sound && Buffer.compare(view(raster.samples), view(sound.samples)) === 0) outcome.same++
      else outcome.other.push(what)
    } catch (error) {
      if (error.name === 'DepthMeshError' && error.code !== 'INTERNAL') outcome.refused++
      else outcome.wrong.push(`${what}: ${error.stack}`)
    }
    const took = performance.now() - start
    if (took > LONGEST) outcome.wrong.push(`${what}: took ${Math.round(took)} ms`)
    outcome.slowest = Math.max(outcome.slowest, took)
  }
  return outcome
}

function* damages(file, rounds, seed, cuts) {
  for (let part = 1; part < cuts; part++) {
    const size = Math.floor((file.length * part) / cuts)
    yield { what: `cut off after ${size} bytes`, bytes: file.subarray(0, size) }
  }
  let state = seed
  const random = (below) => {
    state = (Math.imul(state, 48_271) >>> 0) % 0x7fff_ffff
    return state % below
  }
  for (let round = 0; round < rounds; round++) {
    const bytes = Uint8Array.from(file)
    const changes = round % 4 === 3 ? 2 + random(4) : 1
    const places = Array.from({ length: changes }, () => random(round % 2 ? file.length : Math.min(HEADER, file.length)))
    for (const at of places) bytes[at] ^= 1 + random(255)
    yield { what: `bytes ${places.join(', ')} changed (round ${round})`, bytes }
  }
}

/** What is wrong with the shape of samples, if anything is. */
function faultOf({ width, height, format, samples, alpha }) {
  const pixels = width * height
  if (!(samples instanceof Float32Array) || samples.length !== pixels) return `${samples.length} samples for ${width} × ${height} pixels`
  if (pixels > MAX_PIXELS) return `${pixels} pixels, more than are allowed`
  if (alpha !== null && alpha.length !== pixels) return `alpha of ${alpha.length} for ${pixels} pixels`
  if (format === 'unorm' && !samples.every((sample) => !(sample < 0 || sample > 1))) return 'levels beyond 0..1'
  return ''
}

const view = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)

/** Small files of every kind that sharp writes: a slope with a little of everything. */
export async function soundFiles() {
  const [width, height] = [96, 64]
  const levels = Uint16Array.from({ length: width * height }, (_, i) => 400 * (i % width) + 300 * Math.floor(i / width) + (Math.imul(i, 2_654_435_761) >>> 29))
  const image = () => sharp(levels, { raw: { width, height, channels: 1 } }).toColourspace('grey16')
  const floats = sharp(Float32Array.from(levels, (level) => level / 100), { raw: { width, height, channels: 1 } })
  const tiff = (compression, more = {}) => image().tiff({ compression, ...more }).toBuffer()
  const rgb = sharp(Uint8Array.from({ length: width * height * 3 }, (_, i) => levels[Math.floor(i / 3)] >> 8), { raw: { width, height, channels: 3 } })
  return {
    'PNG, 16-bit gray': await image().png({ adaptiveFiltering: true }).toBuffer(),
    'PNG, interlaced': await image().png({ progressive: true }).toBuffer(),
    'PNG, RGB': await rgb.clone().png().toBuffer(),
    'PNG, palette': await rgb.clone().png({ palette: true }).toBuffer(),
    'TIFF, no compression': await tiff('none'),
    'TIFF, Deflate': await tiff('deflate'),
    'TIFF, Deflate, predictor, tiles': await tiff('deflate', { predictor: 'horizontal', tile: true, tileWidth: 32, tileHeight: 32 }),
    'TIFF, LZW': await tiff('lzw', { predictor: 'none' }),
    'TIFF, LZW, predictor': await tiff('lzw', { predictor: 'horizontal' }),
    'TIFF, PackBits': await tiff('packbits'),
    'TIFF, floats, Deflate': await floats.clone().tiff({ compression: 'deflate', predictor: 'float' }).toBuffer(),
  }
}

/** Sound files of the corpus, by kind; none where it is missing. */
export function corpusFiles() {
  const folder = fileURLToPath(new URL('../../shared/corpus/', import.meta.url))
  if (!existsSync(folder)) return []
  const { files } = JSON.parse(readFileSync(`${folder}manifest.json`, 'utf8'))
  return files.filter(({ group }) => group !== 'bad').map(({ file }) => ({ name: file, bytes: readFileSync(folder + file) }))
}

/** A short name for what protects a file of the corpus. */
const kindOf = (name) => (name.endsWith('.exr') ? `EXR, ${/none|rle|zips|zip|piz|pxr24|b44a|b44|dwa/.exec(name)?.[0] ?? 'other'}` : 'PNG of the corpus')

async function main() {
  const rounds = Number(process.argv[2] ?? 64)
  const { decodeDepth } = await import('../dist/core/index.js')
  const decode = (bytes) => decodeDepth(bytes, { channel: null, encoding: 'metric', maxPixels: MAX_PIXELS })
  const rows = new Map()
  const add = async (kind, name, bytes) => {
    const outcome = await fuzz(decode, bytes, { rounds, seed: 1 + rows.size })
    const row = rows.get(kind) ?? { runs: 0, refused: 0, same: 0, other: 0, wrong: [], slowest: 0 }
    row.runs += outcome.runs
    row.refused += outcome.refused
    row.same += outcome.same
    row.other += outcome.other.length
    row.wrong.push(...outcome.wrong.map((text) => `${name}: ${text}`))
    row.slowest = Math.max(row.slowest, outcome.slowest)
    rows.set(kind, row)
  }
  for (const [name, bytes] of Object.entries(await soundFiles())) await add(name, name, bytes)
  for (const { name, bytes } of corpusFiles()) await add(kindOf(name), name, bytes)
  console.log('| file | damaged | refused | the same samples | other samples | slowest, ms |\n|---|---|---|---|---|---|')
  for (const [kind, { runs, refused, same, other, slowest }] of rows) console.log(`| ${kind} | ${runs} | ${refused} | ${same} | ${other} | ${slowest.toFixed(0)} |`)
  const wrong = [...rows.values()].flatMap((row) => row.wrong)
  console.log(`\npeak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB; neither an error nor samples: ${wrong.length}`)
  for (const text of wrong.slice(0, 20)) console.log(text)
  if (wrong.length > 0) process.exitCode = 1
}

if (process.argv[1]?.endsWith('/scripts/fuzz.js')) await main()
