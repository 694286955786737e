import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { pickDepth } from './channels.js'
import { damaged, DEFLATE_RATIO } from './damage.js'
import { pixelsOf, unpackedBytes } from './png-pixels.js'
import { probePng, type PngProbe } from './png-probe.js'
import type { DecodeOptions, DepthRaster } from './raster.js'

const CHANNELS: Record<PngProbe['colour'], string[]> = {
  gray: ['gray'],
  'gray+alpha': ['gray', 'alpha'],
  rgb: ['r', 'g', 'b'],
  palette: ['r', 'g', 'b'],
  'rgb+alpha': ['r', 'g', 'b', 'alpha'],
}

/**
 * Reads a depth map from a PNG: gray of 1 to 16 bits with or without alpha, or colour whose channels agree (or one of which is named, or which packs elevation).
 *
 * libpng is not asked: it takes pictures whose check sum is wrong, or whose header claims fewer rows than there are, and gives other pixels without a word, so that the
 * data has to be unpacked here in any case. What is left then is undoing the filters (2048² of 16 bits: 130 ms with libpng besides, 45 ms without).
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`, `INPUT_UNSUPPORTED`, `INPUT_TOO_LARGE`.
 */
export async function decodePng(bytes: Uint8Array, options: DecodeOptions): Promise<DepthRaster> {
  const probe = probePng(bytes, options.maxPixels)
  const pixels = pixelsOf(await unpack(probe), probe)
  return {
    width: probe.width,
    height: probe.height,
    format: 'unorm',
    bitDepth: probe.colour === 'palette' ? 8 : probe.bitDepth,
    source: 'png',
    channels: CHANNELS[probe.colour],
    colourChunks: probe.colourChunks,
    ...pickDepth(pixels, options),
  }
}

/** The pixel data as the header promises it: no byte more or less, and its check sum right. */
async function unpack(probe: PngProbe): Promise<Uint8Array> {
  const { packed, width, height } = probe
  const expected = unpackedBytes(probe)
  // One byte more than is expected tells too much from enough.
  const room = Math.min(expected, packed.length * DEFLATE_RATIO) + 1
  const unpacked = await promisify(inflate)(packed, { chunkSize: Math.max(room, 64), maxOutputLength: expected }).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? cause.code : ''
    if (code === 'ERR_BUFFER_TOO_LARGE') throw damaged('PNG', `more pixel data than the ${width} × ${height} pixels of its header need`)
    throw damaged('PNG', `damaged pixel data (${cause instanceof Error ? cause.message : String(cause)})`, cause)
  })
  if (unpacked.length < expected) throw damaged('PNG', `pixel data for ${Math.floor((unpacked.length / expected) * height)} of ${height} rows`)
  return unpacked
}
