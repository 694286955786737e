/** Real depth maps from the folder of shared inputs, as the decoder gives them. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inflateRawSync } from 'node:zlib'
import sharp from 'sharp'
import { decodeColor, decodeDepth, grayAt, parseSettings, toDisparity } from '../../dist/core/index.js'

const FOLDER = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
const MAX_PIXELS = 2 ** 26

/** What is no gray map by itself: colour pictures of depth, and EXR. */
const NOT_GRAY = new Set(['pumpkin', 'fuji-terrainrgb', 'beachball-0001'])

/** The channel that holds depth, where R, G and B are not the same. */
const CHANNELS = { 'grandcanyon-sm': 'g' }

/** Names of the gray maps with what the manifest says about them; throws where the shared inputs are missing. */
export function realMaps() {
  if (!existsSync(FOLDER)) throw new Error(`this benchmark needs the real inputs at ${FOLDER}`)
  return JSON.parse(readFileSync(`${FOLDER}manifest.json`, 'utf8')).entries.filter(({ name }) => !NOT_GRAY.has(name))
}

/**
 * One map, with the settings that fit it and its picture.
 *
 * @returns {Promise<{ name: string, entry: any, bytes: Uint8Array, raster: any, settings: any, map: any, color: Uint8Array | null, picture: any }>}
 */
export async function loadReal(entry) {
  const settings = parseSettings([{ origin: entry.name, settings: { channel: CHANNELS[entry.name], ...entry.sidecar } }])
  const bytes = readFileSync(FOLDER + entry.file)
  const raster = await readRaster(entry, settings, bytes)
  const map = toDisparity(raster, settings)
  const color = entry.color ? readFileSync(FOLDER + entry.color) : null
  const picture = color ? await grayAt(await decodeColor(color, raster, { size: Math.max(raster.width, raster.height), maxPixels: MAX_PIXELS }), raster) : null
  return { name: entry.name, entry, bytes, raster, settings, map, color, picture }
}

async function readRaster(entry, settings, bytes) {
  if (entry.file.endsWith('.npz')) return { width: entry.width, height: entry.height, samples: stretch(readNpz(bytes)), format: 'float', bitDepth: 32, source: 'exr', channel: 'Y', channels: ['Y'], alpha: null, colourChunks: [] }
  const png = entry.file.endsWith('.jpg') ? await sharp(bytes).greyscale().png().toBuffer() : bytes
  return decodeDepth(png, { channel: settings.channel, encoding: settings.encoding, maxPixels: MAX_PIXELS })
}

/** Finite values to 0..1, the rest to NaN: what a program does that saves floats as a disparity map. */
function stretch(values) {
  const finite = values.filter(Number.isFinite)
  const [low, high] = finite.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity])
  return Float32Array.from(values, (value) => (Number.isFinite(value) ? (value - low) / (high - low) : NaN))
}

/** The first array of a NumPy archive: a zip whose entry is a .npy of little-endian float32. */
function readNpz(zip) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'))
  const central = zip.readUInt32LE(end + 16)
  const [method, packed, local] = [zip.readUInt16LE(central + 10), zip.readUInt32LE(central + 20), zip.readUInt32LE(central + 42)]
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const body = zip.subarray(start, start + packed)
  const npy = method === 0 ? body : inflateRawSync(body)
  const data = npy[6] === 1 ? 10 + npy.readUInt16LE(8) : 12 + npy.readUInt32LE(8)
  if (!npy.toString('latin1', 8, data).includes("'<f4'")) throw new Error('expected float32')
  return new Float32Array(npy.buffer.slice(npy.byteOffset + data, npy.byteOffset + npy.length))
}
