import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflate } from 'node:zlib'
import sharp from 'sharp'
import { pickDepth } from './channels.js'
import { damaged } from './damage.js'
import { probePng, type PngProbe } from './png-probe.js'
import type { DecodeOptions, DepthRaster, Pixels } from './raster.js'

const CHANNELS: Record<PngProbe['colour'], string[]> = {
  gray: ['gray'],
  'gray+alpha': ['gray', 'alpha'],
  rgb: ['r', 'g', 'b'],
  palette: ['r', 'g', 'b'],
  'rgb+alpha': ['r', 'g', 'b', 'alpha'],
}

/** First column, first row, column step, row step of each pass. */
const WHOLE = [[0, 0, 1, 1]] as const
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const

/** Bytes unpacked at a time; a picture of 32 MB takes 32 turns of the event loop. */
const INFLATE_CHUNK = 2 ** 20

/**
 * Reads a depth map from a PNG: gray of 1 to 16 bits with or without alpha, or colour whose channels agree (or one of which is named, or which packs elevation).
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`, `INPUT_UNSUPPORTED`, `INPUT_TOO_LARGE`.
 */
export async function decodePng(bytes: Uint8Array, options: DecodeOptions): Promise<DepthRaster> {
  const probe = probePng(bytes, options.maxPixels)
  const verified = verifyPixelData(probe)
  verified.catch(() => {}) // awaited below
  const found = await readPixels(probe)
    .then((pixels) => pickDepth(pixels, options))
    .catch(async (error: unknown) => {
      await verified // knows the reason better, if there is one
      throw error
    })
  await verified
  return {
    width: probe.width,
    height: probe.height,
    format: 'unorm',
    bitDepth: probe.colour === 'palette' ? 8 : probe.bitDepth,
    source: 'png',
    channels: CHANNELS[probe.colour],
    colourChunks: probe.colourChunks,
    ...found,
  }
}

/** Unpacks the picture with libpng, through the conversions that were measured to keep every level; all others lose some. */
async function readPixels({ picture, colour, bitDepth, width, height }: PngProbe): Promise<Pixels> {
  const image = sharp(picture, { ignoreIcc: true, limitInputPixels: width * height })
  const gray = colour === 'gray' || colour === 'gray+alpha'
  const wide = gray || bitDepth === 16
  const raw = wide ? image.toColourspace(gray ? 'grey16' : 'rgb16').raw({ depth: 'ushort' }) : image.raw({ depth: 'uchar' })
  const { data, info } = await raw.toBuffer({ resolveWithObject: true }).catch((cause: unknown) => {
    throw damaged('PNG', `pixel data that can't be unpacked to ${width} × ${height} pixels`, cause)
  })
  return {
    data: wide ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data,
    stride: info.channels,
    top: wide ? 65_535 : 255,
    width,
  }
}

/**
 * Unpacks the pixel data once more, keeping nothing, to see that it is whole: libpng takes pictures whose check sum is wrong, or whose header
 * claims fewer rows than there are, and gives other pixels without a word. It runs beside libpng and is done sooner.
 */
async function verifyPixelData({ packed, width, height, ...probe }: PngProbe): Promise<void> {
  const expected = unpackedBytes({ ...probe, width, height })
  let found = 0
  await pipeline(Readable.from(packed), createInflate({ chunkSize: INFLATE_CHUNK }), async (unpacked) => {
    for await (const chunk of unpacked) {
      found += (chunk as Uint8Array).length
      if (found > expected) break
    }
  }).catch((cause: unknown) => {
    if (found <= expected) throw damaged('PNG', `damaged pixel data (${cause instanceof Error ? cause.message : String(cause)})`, cause)
  })
  if (found > expected) throw damaged('PNG', `more pixel data than the ${width} × ${height} pixels of its header need`)
  if (found < expected) throw damaged('PNG', `pixel data for ${Math.floor((found / expected) * height)} of ${height} rows`)
}

/** Bytes of the unpacked pixel data: each row of each pass begins with a byte that names its filter. */
function unpackedBytes({ width, height, bitDepth, colour, interlaced }: Omit<PngProbe, 'packed' | 'picture' | 'colourChunks'>): number {
  const bitsPerPixel = bitDepth * (colour === 'palette' ? 1 : CHANNELS[colour].length)
  let bytes = 0
  for (const [x, y, dx, dy] of interlaced ? ADAM7 : WHOLE) {
    const columns = Math.ceil((width - x) / dx)
    const rows = Math.ceil((height - y) / dy)
    if (columns > 0 && rows > 0) bytes += rows * (1 + Math.ceil((columns * bitsPerPixel) / 8))
  }
  return bytes
}
