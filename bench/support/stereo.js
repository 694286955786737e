import { existsSync, readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

/** Default of `travel`, as a share of `near`. */
const DEFAULT_TRAVEL = 0.1

/** Where the real inputs stand beside a checkout. */
export const dataFolder = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

/** The stereo pairs: measured disparity of the left photo, and the photo that a second camera took. */
export const PAIRS = ['cones', 'reindeer', 'motorcycle']

/** @returns {string[]} the pairs that this machine has */
export const availablePairs = () => PAIRS.filter((name) => existsSync(`${dataFolder}${name}.right.png`))

/**
 * A pair as a bake wants it, and where the second camera stands.
 *
 * The map is stretched so that level 1 is the smallest measured disparity and 65535 the largest (0 stays unknown). In a view that is
 * `focal` px high-and-wide a camera that steps `b` metres aside sees a point at depth z moved by focal · b / z px, and the contract says
 * 1/z = 1/far + s (1/near − 1/far), linear in the level s as the disparity d is. So far / near = d(1) / d(0) and b / near = d(1) / focal. The
 * field of view is chosen so that b is the default of `travel`, and the second camera as far away as the defaults promise to be good for
 * (fovY 38°, 31°, 45°: narrower than those photos look, as wide as games are).
 *
 * @param {string} name
 * @returns {Promise<{ name: string, width: number, height: number, left: Uint8Array, depth: Uint8Array, right: import('./rasterise.js').Picture,
 *   leftPicture: import('./rasterise.js').Picture, disparityPx: Float32Array, inFrame: Uint8Array, settings: object, baseline: number }>}
 *   left, depth: PNG files; disparityPx: NaN where unknown; inFrame: 1 where the right photo shows what the left one does not leave
 *   beyond its border; baseline: metres.
 */
export async function loadPair(name) {
  const entry = JSON.parse(readFileSync(`${dataFolder}manifest.json`, 'utf8')).entries.find((entry) => entry.name === name)
  const { width, height } = entry
  const disparityPx = await measuredDisparity(entry)
  let least = Infinity
  let most = -Infinity
  for (const d of disparityPx) {
    if (d < least) least = d
    if (d > most) most = d
  }
  const levels = Uint16Array.from(disparityPx, (d) => (Number.isNaN(d) ? 0 : 1 + Math.round(((d - least) / (most - least)) * 65534)))
  const depth = await grayPng(levels, width, height)
  const near = 1
  const baseline = DEFAULT_TRAVEL * near
  const focal = most / baseline
  const atLevelZero = least - (most - least) / 65534
  return {
    name,
    width,
    height,
    left: readFileSync(`${dataFolder}${entry.color}`),
    depth,
    leftPicture: await readPicture(readFileSync(`${dataFolder}${entry.color}`)),
    right: await readPicture(readFileSync(`${dataFolder}${entry.right}`)),
    disparityPx,
    inFrame: frameOf({ width, height, disparityPx }),
    settings: { projection: 'perspective', encoding: 'disparity', black: 'hole', near, far: most / atLevelZero, fovY: (Math.atan(height / 2 / focal) * 360) / Math.PI },
    baseline,
  }
}

/** Unknown pixels filled from the farther of their two neighbours in the row: what a careful user of other tools does first. @returns {Float32Array} pixels */
export function fillFromFarSide({ width, height, disparityPx }) {
  const filled = Float32Array.from(disparityPx)
  let farthest = Infinity
  for (const d of disparityPx) if (d < farthest) farthest = d
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      let end = x
      while (end < width && Number.isNaN(disparityPx[y * width + end])) end++
      const left = x > 0 ? disparityPx[y * width + x - 1] : Infinity
      const right = end < width ? disparityPx[y * width + end] : Infinity
      const fill = Math.min(left, right)
      filled.fill(fill === Infinity ? farthest : fill, y * width + x, y * width + end)
      x = end + 1
    }
  }
  return filled
}

/**
 * Ways in which silhouettes of a filled map (16-bit gray) come to be a few pixels wide: enlarged from a quarter of the size, as many estimators deliver them, or blurred.
 * (libvips lays what it enlarges half a pixel to the right and down: https://github.com/libvips/libvips/issues/943. Maps that people enlarge with it are so, and it costs .04 dB.)
 *
 * @type {Record<string, (map: import('sharp').Sharp, size: { width: number; height: number }) => Promise<import('sharp').Sharp>>}
 */
export const SOFTENINGS = {
  enlarged: async (map, { width, height }) => {
    const small = await map.resize(Math.round(width / 4), Math.round(height / 4), { kernel: 'linear' }).png().toBuffer()
    return sharp(small).toColourspace('grey16').resize(width, height, { kernel: 'cubic', fit: 'fill' })
  },
  'blurred (σ 2 px)': async (map) => map.blur(2),
}

/**
 * The pair's map with soft silhouettes, in 8 bits.
 *
 * @param {keyof typeof SOFTENINGS} how
 * @returns {Promise<{ depth: Uint8Array, disparityPx: Float32Array }>} depth: a PNG file for the pair's settings with `black: "far"`
 */
export async function softenedDepth(pair, how = 'enlarged') {
  const { width, height, settings, baseline } = pair
  const focal = height / 2 / Math.tan((settings.fovY * Math.PI) / 360)
  const [least, most] = [(focal * baseline) / settings.far, (focal * baseline) / settings.near]
  const levels = Uint16Array.from(fillFromFarSide(pair), (d) => Math.round(((d - least) / (most - least)) * 65535))
  const softened = await SOFTENINGS[how](sharp(levels, { raw: { width, height, channels: 1 } }).toColourspace('grey16'), { width, height })
  const large = await softened.raw({ depth: 'ushort' }).toBuffer()
  const soft = Uint8Array.from(new Uint16Array(large.buffer, large.byteOffset, width * height), (level) => Math.round(level / 257))
  const depth = await sharp(soft, { raw: { width, height, channels: 1 } }).png().toBuffer()
  return { depth, disparityPx: Float32Array.from(soft, (level) => least + (level / 255) * (most - least)) }
}

/** Mean of 0s and 1s where `mask` is set (everywhere), 0..1. */
export function seenShare(flags, mask) {
  let sum = 0
  let count = 0
  for (let i = 0; i < flags.length; i++) {
    if (mask && !mask[i]) continue
    sum += flags[i]
    count++
  }
  return sum / count
}

/** Pixels of the right view left of where it shows the left photo's right border: x < width − disparity of the row's last pixel. */
function frameOf(pair) {
  const { width, height } = pair
  const filled = fillFromFarSide(pair)
  const inFrame = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) inFrame.fill(1, y * width, y * width + Math.floor(width - filled[y * width + width - 1]))
  return inFrame
}

function grayPng(levels, width, height) {
  return sharp(levels, { raw: { width, height, channels: 1 } }).toColourspace('grey16').png().toBuffer()
}

/** Decodes a picture to 8-bit channels. @param {Uint8Array} bytes @returns {Promise<import('./rasterise.js').Picture>} */
export async function readPicture(bytes) {
  const { data, info } = await sharp(bytes).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
}

async function measuredDisparity(entry) {
  const path = `${dataFolder}${entry.file}`
  if (path.endsWith('.npz')) {
    const values = firstArrayOfNpz(readFileSync(path))
    return values.map((value) => (Number.isFinite(value) ? value / entry.scale.levelsPerDisparityPixel : NaN))
  }
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true })
  const disparity = new Float32Array(info.width * info.height)
  for (let i = 0; i < disparity.length; i++) {
    const level = data[i * info.channels]
    disparity[i] = level === entry.hole ? NaN : level / entry.scale.levelsPerDisparityPixel
  }
  return disparity
}

/** The first array of a NumPy archive: a zip of .npy files, of which only little-endian float32 in C order is read here. */
function firstArrayOfNpz(bytes) {
  const method = bytes.readUInt16LE(8)
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28)
  const npy = method === 0 ? bytes.subarray(start) : inflateRawSync(bytes.subarray(start))
  const header = npy.subarray(10, 10 + npy.readUInt16LE(8)).toString('latin1')
  const shape = /'shape': \((\d+), (\d+)\)/.exec(header)
  if (!shape || !header.includes("'<f4'") || !header.includes("'fortran_order': False")) throw new Error(`expected a float32 array in C order, found ${header.trim()}`)
  const from = 10 + npy.readUInt16LE(8)
  return new Float32Array(npy.buffer.slice(npy.byteOffset + from, npy.byteOffset + from + Number(shape[1]) * Number(shape[2]) * 4))
}
