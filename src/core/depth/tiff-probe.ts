import { cutOff, damaged } from './damage.js'
import { checkSize, group } from './limits.js'

/** What the first picture of a TIFF says about itself. */
export interface TiffProbe {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** Bits a sample has. */
  bitDepth: number
  sampleFormat: 'whole' | 'signed' | 'float' | 'other'
  /** Where the file says so, bytes from its beginning; `null` where it does not, which means whole. */
  sampleFormatAt: number | null
  littleEndian: boolean
  /** Channels of a pixel, alpha and other extras included. */
  channels: number
  colour: 'gray' | 'rgb' | 'other'
  /** Whether the last channel is alpha. */
  hasAlpha: boolean
  /** The value that GDAL, and with it most elevation models, writes where nothing was measured. */
  noData: number | null
  /** Whether it says where on Earth it lies. */
  georeferenced: boolean
  /** What speaks of colour, which is no business of depth. */
  colourTags: string[]
  /** The number that the format has for it: 1 is none. */
  compression: number
  /** The strips or tiles that the pixels are stored in. */
  blocks: TiffBlock[]
}

/** Some rows of the picture, or a tile of it. */
export interface TiffBlock {
  /** Where it is stored, and how many bytes it takes there. */
  at: number
  bytes: number
  /** Bytes that it unpacks to, at least: writers may fill up the last one. */
  unpacked: number
}

/** Directory entries that are looked at; real files have about twenty. */
const MAX_TAGS = 4096

/** Numbers of a tag that are looked at: bits a sample and the like, one a channel. */
const MAX_VALUES = 64

const TAG = {
  width: 256, height: 257, bits: 258, compression: 259, photometric: 262, stripOffsets: 273, channels: 277, rowsPerStrip: 278, stripBytes: 279, planar: 284, transfer: 301,
  tileWidth: 322, tileHeight: 323, tileOffsets: 324, tileBytes: 325, extra: 338, format: 339, profile: 34_675, geoKeys: 34_735, noData: 42_113,
}

/** Bytes of a value, by TIFF type: BYTE, ASCII, SHORT, LONG and LONG8. */
const TYPE_BYTES = new Map([[1, 1], [2, 1], [3, 2], [4, 4], [16, 8]])

interface Tag {
  type: number
  count: number
  /** Offset of the values. */
  at: number
}

/**
 * Reads the first directory of a TIFF or BigTIFF, of either byte order, and nothing else.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`, `INPUT_TOO_LARGE`.
 */
export function probeTiff(bytes: Uint8Array, maxPixels: number): TiffProbe {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = bytes[0] === 0x49
  const tags = readTags(view, little)

  const values = (id: number, most = MAX_VALUES): number[] => {
    const tag = tags.get(id)
    const size = tag && TYPE_BYTES.get(tag.type)
    if (tag === undefined || size === undefined) return []
    const count = Math.min(tag.count, most)
    if (tag.at + count * size > bytes.length) throw damaged('TIFF', 'a tag that points behind the end of the file')
    return Array.from({ length: count }, (_, i) => readNumber(view, tag.at + i * size, size, little))
  }

  const [width = 0] = values(TAG.width)
  const [height = 0] = values(TAG.height)
  if (width === 0 || height === 0) throw damaged('TIFF', `a header that says ${group(width)} × ${group(height)} pixels`)
  checkSize(width, height, maxPixels)

  const [channels = 1] = values(TAG.channels)
  const [photometric = 1] = values(TAG.photometric)
  const extra = values(TAG.extra)
  const noData = Number.parseFloat(String.fromCharCode(...values(TAG.noData)))
  const formats = [...new Set(values(TAG.format).slice(0, channels))]
  return {
    width,
    height,
    bitDepth: values(TAG.bits)[0] ?? 1,
    sampleFormatAt: tags.get(TAG.format)?.at ?? null,
    littleEndian: little,
    sampleFormat: formats.length > 1 ? 'other' : ((['whole', 'signed', 'float'] as const)[(formats[0] ?? 1) - 1] ?? 'other'),
    channels,
    colour: photometric <= 1 ? 'gray' : photometric === 2 ? 'rgb' : 'other',
    hasAlpha: extra.at(-1) === 1 || extra.at(-1) === 2,
    noData: Number.isNaN(noData) ? null : noData,
    georeferenced: tags.has(TAG.geoKeys),
    compression: values(TAG.compression)[0] ?? 1,
    blocks: listBlocks(values, { width, height, channels, bitDepth: values(TAG.bits)[0] ?? 1, end: bytes.length }),
    colourTags: [tags.has(TAG.profile) ? 'ICC profile' : '', tags.has(TAG.transfer) ? 'TransferFunction' : ''].filter((name) => name !== ''),
  }
}

/** Strips of whole rows, or tiles, which are whole at the border too; channel by channel where the channels are stored apart. */
function listBlocks(values: (id: number, most?: number) => number[], { width, height, channels, bitDepth, end }: { width: number; height: number; channels: number; bitDepth: number; end: number }): TiffBlock[] {
  const apart = values(TAG.planar)[0] === 2
  const rowBytes = (pixels: number) => Math.ceil((pixels * bitDepth * (apart ? 1 : channels)) / 8)
  const [tileWidth = 0] = values(TAG.tileWidth)
  const [tileHeight = 0] = values(TAG.tileHeight)
  const tiled = tileWidth > 0 && tileHeight > 0
  const rows = tiled ? tileHeight : Math.max(1, Math.min(height, values(TAG.rowsPerStrip)[0] ?? height))
  const down = Math.ceil(height / rows)
  const across = tiled ? Math.ceil(width / tileWidth) : 1
  const plane = across * down
  const count = plane * (apart ? channels : 1)
  // Each is listed in the file, so that no file can claim more of them than it has bytes.
  if (count > end) throw damaged('TIFF', `a header that says ${group(count)} strips or tiles`)
  const starts = values(tiled ? TAG.tileOffsets : TAG.stripOffsets, count)
  const sizes = values(tiled ? TAG.tileBytes : TAG.stripBytes, count)
  if (starts.length < count) throw damaged('TIFF', `places for ${group(starts.length)} of ${group(count)} strips or tiles`)
  return starts.map((at, i) => {
    const unpacked = tiled ? tileHeight * rowBytes(tileWidth) : Math.min(rows, height - (i % plane) * rows) * rowBytes(width)
    // Old programs leave the size out, or write 0, where nothing is compressed.
    return { at, bytes: (sizes[i] ?? 0) === 0 ? Math.min(unpacked, Math.max(0, end - at)) : sizes[i], unpacked }
  })
}

/** Classic: 12 bytes an entry, offsets of 4. BigTIFF: 20 bytes, offsets of 8. A value that fits stands in place of its offset. */
function readTags(view: DataView, little: boolean): Map<number, Tag> {
  const big = view.byteLength > 4 && view.getUint16(2, little) === 43
  const word = big ? 8 : 4
  const end = view.byteLength
  if (end < (big ? 16 : 8)) throw cutOff('TIFF', ' before its directory ends', end)
  const directory = readNumber(view, big ? 8 : 4, word, little)
  const first = directory + (big ? 8 : 2)
  if (first > end) throw cutOff('TIFF', ' before its directory ends', end)
  const count = readNumber(view, directory, big ? 8 : 2, little)
  const size = 4 + 2 * word
  if (count > MAX_TAGS) throw damaged('TIFF', `a directory of ${group(count)} tags`)
  if (first + count * size > end) throw cutOff('TIFF', ' before its directory ends', end)

  const tags = new Map<number, Tag>()
  for (let i = 0; i < count; i++) {
    const entry = first + i * size
    const type = view.getUint16(entry + 2, little)
    const values = readNumber(view, entry + 4, word, little)
    const inPlace = values * (TYPE_BYTES.get(type) ?? word + 1) <= word
    const field = entry + 4 + word
    tags.set(view.getUint16(entry, little), { type, count: values, at: inPlace ? field : readNumber(view, field, word, little) })
  }
  return tags
}

function readNumber(view: DataView, at: number, bytes: number, little: boolean): number {
  if (bytes === 1) return view.getUint8(at)
  if (bytes === 2) return view.getUint16(at, little)
  if (bytes === 4) return view.getUint32(at, little)
  return Number(view.getBigUint64(at, little))
}
