import { DepthMeshError } from '../../errors.js'
import { cutOff, damaged } from '../damage.js'
import { checkSize } from '../limits.js'
import type { DecodeOptions, DepthRaster } from '../raster.js'
import { unb44 } from './b44.js'
import { blockBytes, runsOf, SAMPLE_BYTES, type Block } from './block.js'
import { undwa } from './dwa.js'
import { readExrHeader, type Compression, type ExrChannel, type ExrHeader, type ExrPart } from './header.js'
import { unpiz } from './piz.js'
import { unpxr24 } from './pxr24.js'
import { channelNames, selectDepth } from './select.js'
import { unrle, unzip } from './zip.js'

/** Lines that are compressed together. */
const BLOCK_LINES: Record<Compression, number> = { NONE: 1, RLE: 1, ZIPS: 1, ZIP: 16, PIZ: 32, PXR24: 16, B44: 32, B44A: 32, DWAA: 32, DWAB: 256 }

/** Largest block that is unpacked, bytes: 32 lines of 8192 pixels with 128 channels of floats. */
const MAX_BLOCK_BYTES = 2 ** 27

/** IEEE 754 binary16, all of them: sign, 5 bits of exponent, 10 of fraction. */
const HALVES = Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
})

/**
 * Reads depth from an OpenEXR file: half, float or whole numbers; lines or tiles; alone or beside other channels and parts.
 * The map is the file's display window: what a renderer cropped away is NaN, what it rendered beyond the frame is left out.
 *
 * Every loop is bounded by the size of the file or of the picture, so a damaged file ends in an error and never in a hang.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`, `INPUT_UNSUPPORTED`, `INPUT_TOO_LARGE`.
 */
export function decodeExr(bytes: Uint8Array, options: DecodeOptions): DepthRaster {
  const header = readExrHeader(bytes)
  const { part, index, channels } = selectDepth(header, options.channel)
  const { display, data } = part
  const width = display.right - display.left + 1
  const height = display.bottom - display.top + 1
  checkSize(width, height, options.maxPixels)
  checkSize(data.right - data.left + 1, data.bottom - data.top + 1, options.maxPixels)
  refuseUnknownKinds(part, channels)

  const planes = channels.map(() => new Float32Array(width * height).fill(NaN))
  for (const { block, packed } of blocksOf(bytes, header, part, index)) copyBlock(block, unpack(packed, block, part, channels), part, channels, planes)
  if (planes.length > 1 && !agree(planes)) {
    throw new DepthMeshError('INPUT_UNSUPPORTED', `expected a channel for depth, found a picture in colour (${channelNames(header).join(', ')})`, {
      hint: 'Save the Z pass too, or say which channel holds depth: "channel": "R".',
    })
  }
  const { type, name } = channels[0]
  return {
    width,
    height,
    samples: planes[0],
    format: type === 'uint' ? 'unorm' : 'float',
    bitDepth: type === 'half' ? 16 : 32,
    source: 'exr',
    channel: header.parts.length > 1 && part.name !== '' ? `${part.name}.${name}` : name,
    channels: channelNames(header),
    alpha: null,
    colourChunks: part.hasChromaticities ? ['chromaticities'] : [],
  }
}

function refuseUnknownKinds({ compression }: ExrPart, channels: readonly ExrChannel[]): void {
  const logarithmic = compression.startsWith('B44') && channels.some(({ linear, type }) => linear && type === 'half')
  if (compression === 'unknown') throw refuseCompression('a compression that is newer than this program')
  if (logarithmic) throw refuseCompression(`${compression} compression in logarithms`)
  const subsampled = channels.find(({ xSampling, ySampling }) => xSampling > 1 || ySampling > 1)
  if (subsampled !== undefined) {
    throw new DepthMeshError('INPUT_UNSUPPORTED', `expected a channel at full size, found ${subsampled.name} with one sample for ${subsampled.xSampling} × ${subsampled.ySampling} pixels`, {
      hint: 'Save the Z pass at full size, or name another channel.',
    })
  }
}

function refuseCompression(found: string): DepthMeshError {
  return new DepthMeshError('INPUT_UNSUPPORTED', `expected an EXR with NONE, RLE, ZIPS, ZIP, PIZ, PXR24 or B44 compression, found ${found}`, {
    hint: 'Save it again with ZIP compression: it is lossless, and small for depth.',
  })
}

interface PackedBlock {
  block: Block
  packed: Uint8Array
}

/** The blocks of a part's finest level. */
function* blocksOf(bytes: Uint8Array, header: ExrHeader, part: ExrPart, index: number): Generator<PackedBlock> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { data, tile, channels, compression } = part
  const width = data.right - data.left + 1
  const height = data.bottom - data.top + 1
  const blockWidth = tile?.width ?? width
  const blockHeight = tile?.height ?? BLOCK_LINES[compression as Compression]
  const columns = Math.ceil(width / blockWidth)
  const rows = Math.ceil(height / blockHeight)

  let table = header.tablesAt
  for (const earlier of header.parts.slice(0, index)) {
    if (earlier.chunkCount === null || earlier.chunkCount < 0) throw damaged('EXR', 'a part that does not say how many blocks it has')
    table += 8 * earlier.chunkCount
  }
  const count = columns * rows
  if (table + 8 * count > bytes.length) throw cutOff('EXR', ' in its table of blocks', bytes.length)

  // Part number, then place (left and top, or two tile and two level numbers), then size.
  const headBytes = (header.multipart ? 4 : 0) + (tile ? 16 : 4) + 4
  const seen = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const offset = Number(view.getBigUint64(table + 8 * i, true))
    if (offset === 0) throw damaged('EXR', 'an unfinished picture (the table of blocks has gaps): the render was stopped early')
    if (offset + headBytes > bytes.length) throw cutOff('EXR', ` in block ${i + 1} of ${count}`, bytes.length)
    const head = offset + (header.multipart ? 4 : 0)
    if (header.multipart && view.getInt32(offset, true) !== index) throw damaged('EXR', 'a block that belongs to another part')
    const size = view.getInt32(offset + headBytes - 4, true)
    const start = offset + headBytes
    if (size < 0 || start + size > bytes.length) throw cutOff('EXR', ` in block ${i + 1} of ${count}`, bytes.length)

    const column = tile ? view.getInt32(head, true) : 0
    const row = tile ? view.getInt32(head + 4, true) : (view.getInt32(head, true) - data.top) / blockHeight
    const finest = !tile || (view.getInt32(head + 8, true) === 0 && view.getInt32(head + 12, true) === 0)
    const place = row * columns + column
    if (!finest || !Number.isInteger(row) || row < 0 || row >= rows || column < 0 || column >= columns || seen[place]++ > 0) throw damaged('EXR', 'a block in a place that does not exist or is taken')
    yield {
      block: {
        x: data.left + column * blockWidth,
        y: data.top + row * blockHeight,
        width: Math.min(blockWidth, width - column * blockWidth),
        height: Math.min(blockHeight, height - row * blockHeight),
        channels,
      },
      packed: bytes.subarray(start, start + size),
    }
  }
}

function unpack(packed: Uint8Array, block: Block, { compression }: ExrPart, wanted: readonly ExrChannel[]): Uint8Array {
  const size = blockBytes(block)
  if (size > MAX_BLOCK_BYTES) throw damaged('EXR', `a block of ${size} bytes`)
  if (packed.length === size) return packed // what would not shrink is stored as it is
  if (packed.length > size) throw damaged('EXR', 'a block that is larger than its pixels')
  switch (compression) {
    case 'RLE':
      return unrle(packed, size)
    case 'ZIPS':
    case 'ZIP':
      return unzip(packed, size)
    case 'PIZ':
      return unpiz(packed, block)
    case 'PXR24':
      return unpxr24(packed, block)
    case 'B44':
    case 'B44A':
      return unb44(packed, block)
    case 'DWAA':
    case 'DWAB': {
      const unpacked = undwa(packed, block, wanted)
      if (unpacked === null) throw refuseCompression(`${wanted[0].name} in ${compression} compression, which is lossy`)
      return unpacked
    }
    default:
      throw damaged('EXR', 'a block that is smaller than its pixels')
  }
}

/** Copies the samples of the wanted channels to their place in the frame. */
function copyBlock(block: Block, unpacked: Uint8Array, { display }: ExrPart, wanted: readonly ExrChannel[], planes: readonly Float32Array[]): void {
  const view = new DataView(unpacked.buffer, unpacked.byteOffset, unpacked.byteLength)
  const width = display.right - display.left + 1
  const first = Math.max(block.x, display.left)
  const last = Math.min(block.x + block.width - 1, display.right)
  for (const { channel, at, line } of runsOf(block)) {
    const plane = planes[wanted.indexOf(block.channels[channel])]
    const y = block.y + line
    if (plane === undefined || y < display.top || y > display.bottom) continue
    const { type } = block.channels[channel]
    const bytes = SAMPLE_BYTES[type]
    let to = (y - display.top) * width + first - display.left
    for (let x = first, from = at + (first - block.x) * bytes; x <= last; x++, from += bytes) {
      plane[to++] = type === 'float' ? view.getFloat32(from, true) : type === 'half' ? HALVES[view.getUint16(from, true)] : view.getUint32(from, true) / 0xffff_ffff
    }
  }
}

function agree(planes: readonly Float32Array[]): boolean {
  const [first, ...others] = planes
  return others.every((other) => first.every((value, i) => Object.is(value, other[i])))
}
