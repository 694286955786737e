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
  /** Channels of a pixel, alpha and other extras included. */
  channels: number
  colour: 'gray' | 'rgb' | 'other'
  /** Whether the last channel is alpha. */
  hasAlpha: boolean
  /** The value that GDAL, and with it most elevation models, writes where nothing was measured. */
  noData: number | null
  /** What speaks of colour, which is no business of depth. */
  colourTags: string[]
}

/** Directory entries that are looked at; real files have about twenty. */
const MAX_TAGS = 4096

/** Numbers of a tag that are looked at: bits a sample and the like, one a channel. */
const MAX_VALUES = 64

const TAG = { width: 256, height: 257, bits: 258, photometric: 262, channels: 277, transfer: 301, extra: 338, format: 339, profile: 34_675, noData: 42_113 }

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

  const values = (id: number): number[] => {
    const tag = tags.get(id)
    const size = tag && TYPE_BYTES.get(tag.type)
    if (tag === undefined || size === undefined) return []
    const count = Math.min(tag.count, MAX_VALUES)
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
    sampleFormat: formats.length > 1 ? 'other' : ((['whole', 'signed', 'float'] as const)[(formats[0] ?? 1) - 1] ?? 'other'),
    channels,
    colour: photometric <= 1 ? 'gray' : photometric === 2 ? 'rgb' : 'other',
    hasAlpha: extra.at(-1) === 1 || extra.at(-1) === 2,
    noData: Number.isNaN(noData) ? null : noData,
    colourTags: [tags.has(TAG.profile) ? 'ICC profile' : '', tags.has(TAG.transfer) ? 'TransferFunction' : ''].filter((name) => name !== ''),
  }
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
