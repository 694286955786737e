import { deflateSync } from 'node:zlib'

/** An OpenEXR file written by hand. */
export interface ExrRecipe {
  parts: readonly ExrPartRecipe[]
  /** Version flags besides those that parts and tiles imply. */
  flags?: number
}

export interface ExrPartRecipe {
  /** In alphabetical order, as the format wants them. */
  channels: readonly ExrChannelRecipe[]
  /** left, top, right, bottom, inclusive. */
  data: readonly [number, number, number, number]
  display?: readonly [number, number, number, number]
  /** 0 none, 1 RLE, 2 ZIPS, 3 ZIP; others are written unpacked, which is how the format stores what does not shrink. */
  compression?: number
  tile?: readonly [number, number]
  /** Of tiles: smaller levels behind the finest, whose samples are all 0. */
  mipmap?: boolean
  name?: string
  type?: string
  /** Writes the lines from the bottom up. */
  decreasing?: boolean
  /** Further attributes. */
  attributes?: readonly (readonly [string, string, Uint8Array])[]
}

export interface ExrChannelRecipe {
  name: string
  type: 'uint' | 'half' | 'float'
  /** The sample at (x, y) of the data window's coordinates; bits for halves. */
  sample: (x: number, y: number) => number
  sampling?: number
}

const LINES = [1, 1, 1, 16, 32, 16, 32, 32, 32, 256]

export function makeExr({ parts, flags = 0 }: ExrRecipe): Uint8Array {
  const multipart = parts.length > 1
  const tiled = !multipart && parts[0].tile !== undefined
  const head: Uint8Array[] = [Buffer.from([0x76, 0x2f, 0x31, 0x01]), int32(2 | flags | (multipart ? 0x1000 : 0) | (tiled ? 0x200 : 0))]
  const blocks = parts.map((part, index) => blocksOf(part, multipart ? index : null))
  for (const [index, part] of parts.entries()) {
    const { channels, data, display = data, compression = 0, tile } = part
    const sampling = (channel: ExrChannelRecipe) => int32(channel.sampling ?? 1)
    const list = channels.map((channel) => Buffer.concat([text(channel.name), int32(['uint', 'half', 'float'].indexOf(channel.type)), Buffer.alloc(4), sampling(channel), sampling(channel)]))
    head.push(
      attribute('channels', 'chlist', Buffer.concat([...list, Buffer.alloc(1)])),
      attribute('compression', 'compression', Buffer.of(compression)),
      attribute('dataWindow', 'box2i', Buffer.concat(data.map(int32))),
      attribute('displayWindow', 'box2i', Buffer.concat(display.map(int32))),
      attribute('lineOrder', 'lineOrder', Buffer.of(part.decreasing ? 1 : 0)),
    )
    if (part.name !== undefined) head.push(attribute('name', 'string', Buffer.from(part.name)))
    if (multipart || part.type !== undefined) head.push(attribute('type', 'string', Buffer.from(part.type ?? (tile ? 'tiledimage' : 'scanlineimage'))))
    if (multipart) head.push(attribute('chunkCount', 'int', int32(blocks[index].length)))
    if (tile) head.push(attribute('tiles', 'tiledesc', Buffer.concat([int32(tile[0]), int32(tile[1]), Buffer.of(part.mipmap ? 1 : 0)])))
    for (const extra of part.attributes ?? []) head.push(attribute(...extra))
    head.push(Buffer.alloc(1))
  }
  if (multipart) head.push(Buffer.alloc(1))

  let at = head.reduce((sum, piece) => sum + piece.length, 0) + 8 * blocks.flat().length
  const table = blocks.flat().map((block) => {
    const offset = Buffer.alloc(8)
    offset.writeBigUInt64LE(BigInt(at))
    at += block.length
    return offset
  })
  return Buffer.concat([...head, ...table, ...blocks.flat()])
}

/** In the order of the offset table, which goes from top to bottom whatever the line order. */
function blocksOf(part: ExrPartRecipe, number: number | null): Uint8Array[] {
  const { data, tile, compression = 0 } = part
  const [left, top, right, bottom] = data
  const [width, height] = tile ?? [right - left + 1, LINES[compression]]
  const blocks: Uint8Array[] = []
  for (let y = top; y <= bottom; y += height) {
    for (let x = left; x <= right; x += width) {
      const raw = samplesOf(part, x, y, Math.min(x + width - 1, right), Math.min(y + height - 1, bottom))
      const packed = compression === 1 ? rle(split(raw)) : compression === 2 || compression === 3 ? deflateSync(split(raw)) : raw
      const stored = packed.length < raw.length ? packed : raw
      const place = tile ? [(x - left) / width, (y - top) / height, 0, 0] : [y]
      blocks.push(Buffer.concat([...(number === null ? [] : [int32(number)]), ...place.map(int32), int32(stored.length), stored]))
    }
  }
  if (tile && part.mipmap) blocks.push(...coarserBlocksOf(part, tile))
  return blocks
}

/** Each level is half the one before, rounded down, to a single pixel. */
function coarserBlocksOf({ data: [left, top, right, bottom], channels }: ExrPartRecipe, [tileWidth, tileHeight]: readonly [number, number]): Uint8Array[] {
  const blocks: Uint8Array[] = []
  let [width, height] = [right - left + 1, bottom - top + 1]
  for (let level = 1; width > 1 || height > 1; level++) {
    ;[width, height] = [Math.max(1, width >> 1), Math.max(1, height >> 1)]
    for (let y = 0; y < height; y += tileHeight) {
      for (let x = 0; x < width; x += tileWidth) {
        const bytes = Math.min(tileWidth, width - x) * Math.min(tileHeight, height - y) * channels.reduce((sum, { type }) => sum + (type === 'half' ? 2 : 4), 0)
        blocks.push(Buffer.concat([...[x / tileWidth, y / tileHeight, level, level, bytes].map(int32), Buffer.alloc(bytes)]))
      }
    }
  }
  return blocks
}

function samplesOf({ channels }: ExrPartRecipe, left: number, top: number, right: number, bottom: number): Buffer {
  const pieces: Buffer[] = []
  for (let y = top; y <= bottom; y++) {
    for (const { type, sample, sampling = 1 } of channels) {
      if (y % sampling !== 0) continue
      for (let x = left; x <= right; x++) {
        if (x % sampling !== 0) continue
        const piece = Buffer.alloc(type === 'half' ? 2 : 4)
        if (type === 'half') piece.writeUInt16LE(sample(x, y))
        else if (type === 'uint') piece.writeUInt32LE(sample(x, y))
        else piece.writeFloatLE(sample(x, y))
        pieces.push(piece)
      }
    }
  }
  return Buffer.concat(pieces)
}

/** Even bytes first, then odd ones, as differences. */
function split(raw: Uint8Array): Uint8Array {
  const half = (raw.length + 1) >> 1
  const halves = Uint8Array.from(raw, (_, i) => raw[i < half ? 2 * i : 2 * (i - half) + 1])
  return halves.map((byte, i) => (i === 0 ? byte : byte - halves[i - 1] + 128))
}

function rle(bytes: Uint8Array): Uint8Array {
  const out: number[] = []
  const runAt = (at: number): number => {
    let run = 1
    while (run < 128 && at + run < bytes.length && bytes[at + run] === bytes[at]) run++
    return run
  }
  for (let at = 0; at < bytes.length; ) {
    const run = runAt(at)
    let others = 0
    while (others < 127 && at + others < bytes.length && runAt(at + others) < 3) others++
    if (others === 0) out.push(run - 1, bytes[at])
    else out.push(256 - others, ...bytes.subarray(at, at + others))
    at += others === 0 ? run : others
  }
  return Uint8Array.from(out)
}

function attribute(name: string, type: string, value: Uint8Array): Buffer {
  return Buffer.concat([text(name), text(type), int32(value.length), value])
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
