import { DepthMeshError } from '../../errors.js'
import { cutOff, damaged } from '../damage.js'

/** In the order of the file format: the index is what the header stores. */
export const COMPRESSIONS = ['NONE', 'RLE', 'ZIPS', 'ZIP', 'PIZ', 'PXR24', 'B44', 'B44A', 'DWAA', 'DWAB'] as const
export type Compression = (typeof COMPRESSIONS)[number]

const SAMPLE_TYPES = ['uint', 'half', 'float'] as const
export type SampleType = (typeof SAMPLE_TYPES)[number]

export interface ExrChannel {
  name: string
  type: SampleType
  /** Whether B44 stores it in logarithms. */
  linear: boolean
  /** One sample every so many pixels across and down. */
  xSampling: number
  ySampling: number
}

/** Pixels from `left` to `right` and from `top` to `bottom`, both included. */
export interface Window {
  left: number
  top: number
  right: number
  bottom: number
}

/** One picture of a file; most files have one. */
export interface ExrPart {
  name: string
  /** In stored order, which is alphabetical. */
  channels: ExrChannel[]
  compression: Compression | 'unknown'
  /** The pixels that are stored. */
  data: Window
  /** The pixels of the frame: a renderer may store fewer (a crop) or more (overscan). */
  display: Window
  /** Size of a tile, pixels; `null` for scan lines. */
  tile: { width: number; height: number } | null
  deep: boolean
  /** Blocks in its offset table, if the header says so. */
  chunkCount: number | null
  hasChromaticities: boolean
}

export interface ExrHeader {
  parts: ExrPart[]
  /** Whether each block begins with the number of its part. */
  multipart: boolean
  /** Where the offset tables begin. */
  tablesAt: number
}

const TILED = 0x200
const DEEP = 0x800
const MULTIPART = 0x1000

/** Longest name of a channel, attribute or type. */
const MAX_NAME = 255

/** Parts that are looked at: left and right, with a part for each pass. */
const MAX_PARTS = 256

/** Windows beyond this are damage: it keeps sums of coordinates exact. */
const MAX_COORDINATE = 2 ** 30

/**
 * Reads the header of an OpenEXR file, all its parts.
 *
 * ```
 * magic │ version │ name \0 type \0 size value │ … │ \0 │ offset table │ blocks
 *                  └──────── attributes ───────┘    once a part, then one more \0
 * ```
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`, `INPUT_UNSUPPORTED`.
 */
export function readExrHeader(bytes: Uint8Array): ExrHeader {
  const reader = new Reader(bytes, 4)
  const version = reader.int32()
  if ((version & 0xff) !== 2) throw new DepthMeshError('INPUT_UNSUPPORTED', `expected OpenEXR 2, found version ${version & 0xff}`, { hint: 'Save it again as EXR with 32-bit float or half, ZIP.' })
  const multipart = (version & MULTIPART) !== 0
  const parts = [readPart(readAttributes(reader), version)]
  if (multipart) {
    while (reader.peek() !== 0) {
      if (parts.length === MAX_PARTS) throw damaged('EXR', `more than ${MAX_PARTS} parts`)
      parts.push(readPart(readAttributes(reader), version))
    }
    reader.skip(1)
  }
  return { parts, multipart, tablesAt: reader.at }
}

function readAttributes(reader: Reader): Map<string, Reader> {
  const attributes = new Map<string, Reader>()
  while (reader.peek() !== 0) {
    const name = reader.name()
    reader.name() // its type, which the name implies
    attributes.set(name, reader.part(reader.int32()))
  }
  reader.skip(1)
  return attributes
}

function readPart(attributes: Map<string, Reader>, version: number): ExrPart {
  const need = (name: string): Reader => {
    const reader = attributes.get(name)
    if (reader === undefined) throw damaged('EXR', `a header without "${name}"`)
    return reader
  }
  const type = attributes.get('type')?.text() ?? (version & TILED ? 'tiledimage' : 'scanlineimage')
  const deep = type.startsWith('deep') || ((version & DEEP) !== 0 && !attributes.has('type'))
  const data = readWindow(need('dataWindow'))
  return {
    name: attributes.get('name')?.text() ?? '',
    channels: readChannels(need('channels')),
    compression: COMPRESSIONS[need('compression').byte()] ?? 'unknown',
    data,
    display: attributes.has('displayWindow') ? readWindow(need('displayWindow')) : data,
    tile: type.includes('tile') ? readTile(need('tiles')) : null,
    deep,
    chunkCount: attributes.get('chunkCount')?.int32() ?? null,
    hasChromaticities: attributes.has('chromaticities'),
  }
}

function readChannels(reader: Reader): ExrChannel[] {
  const channels: ExrChannel[] = []
  while (reader.peek() !== 0) {
    const name = reader.name()
    const type = SAMPLE_TYPES[reader.int32()]
    const linear = reader.byte() === 1
    reader.skip(3)
    const xSampling = reader.int32()
    const ySampling = reader.int32()
    if (type === undefined || xSampling < 1 || ySampling < 1) throw damaged('EXR', `a channel "${name}" of an unknown kind`)
    channels.push({ name, type, linear, xSampling, ySampling })
  }
  if (channels.length === 0) throw damaged('EXR', 'a picture without channels')
  return channels
}

function readWindow(reader: Reader): Window {
  const [left, top, right, bottom] = [reader.int32(), reader.int32(), reader.int32(), reader.int32()]
  const sane = [left, top, right, bottom].every((edge) => Math.abs(edge) <= MAX_COORDINATE)
  if (!sane || right < left || bottom < top) throw damaged('EXR', `a window from ${left}, ${top} to ${right}, ${bottom}`)
  return { left, top, right, bottom }
}

function readTile(reader: Reader): ExrPart['tile'] {
  const width = reader.int32()
  const height = reader.int32()
  if (width < 1 || height < 1 || width > MAX_COORDINATE || height > MAX_COORDINATE) throw damaged('EXR', `tiles of ${width} × ${height} pixels`)
  // one level, mipmaps or ripmaps: the finest comes first in all of them
  const mode = reader.byte() & 15
  if (mode > 2) throw damaged('EXR', `tiles in levels of an unknown kind (${mode})`)
  return { width, height }
}

/** A place in the header that can't be moved past its end. */
class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
  }

  /** Moves on by so many bytes, and says where they begin. */
  skip(count: number): number {
    const at = this.at
    if (count < 0 || at + count > this.#bytes.length) throw cutOff('EXR', ' in its header', this.#bytes.length)
    this.at += count
    return at
  }

  peek(): number {
    if (this.at >= this.#bytes.length) throw cutOff('EXR', ' in its header', this.#bytes.length)
    return this.#bytes[this.at]
  }

  byte(): number {
    return this.#bytes[this.skip(1)]
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4), true)
  }

  /** A text that ends with \0. */
  name(): string {
    const start = this.at
    while (this.byte() !== 0) if (this.at - start > MAX_NAME) throw damaged('EXR', 'a header that is no list of attributes')
    return Buffer.from(this.#bytes.subarray(start, this.at - 1)).toString('utf8')
  }

  /** All that is left, as text. */
  text(): string {
    return Buffer.from(this.#bytes.subarray(this.at)).toString('utf8')
  }

  part(size: number): Reader {
    const at = this.skip(size)
    return new Reader(this.#bytes.subarray(at, at + size))
  }
}
