import { crc32, deflateSync } from 'node:zlib'

/** A PNG written by hand, so that a test knows each stored bit. */
export interface PngRecipe {
  width: number
  height: number
  bitDepth: 1 | 2 | 4 | 8 | 16
  /** 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGB + alpha. */
  colourType: 0 | 2 | 3 | 4 | 6
  /** The channels of pixel (x, y), as stored; a number where there is one. */
  pixel: (x: number, y: number) => number | readonly number[]
  /** Chunks between header and pixel data. */
  chunks?: readonly Uint8Array[]
  /** Filters of the rows, in turn: 0 none, 1 left, 2 above, 3 mean, 4 Paeth. */
  filters?: readonly number[]
  /** What becomes of the unpacked pixel data on its way in. */
  spoil?: (raw: Uint8Array) => Uint8Array
}

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

/** Length, name, data and a right check sum. */
export function pngChunk(name: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), chunk.length - 4)
  return chunk
}

export function pngHeader(width: number, height: number, bitDepth: number, colourType: number, interlace = 0): Uint8Array {
  const data = Buffer.alloc(13)
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  data[8] = bitDepth
  data[9] = colourType
  data[12] = interlace
  return pngChunk('IHDR', data)
}

/** Signature, then these chunks. */
export function pngOf(...chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([PNG_SIGNATURE, ...chunks])
}

export function makePng({ width, height, bitDepth, colourType, pixel, chunks = [], filters = [0], spoil = (raw) => raw }: PngRecipe): Uint8Array {
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colourType]
  const rowBytes = 1 + Math.ceil((width * channels * bitDepth) / 8)
  const raw = new Uint8Array(height * rowBytes)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [c, value] of [pixel(x, y)].flat().entries()) {
        const bit = (x * channels + c) * bitDepth
        const at = y * rowBytes + 1 + (bit >> 3)
        if (bitDepth === 16) raw.set([value >> 8, value & 255], at)
        else raw[at] |= value << (8 - bitDepth - (bit & 7))
      }
    }
  }
  const filtered = filterRows(raw, rowBytes, Math.max(1, (channels * bitDepth) >> 3), filters)
  return pngOf(pngHeader(width, height, bitDepth, colourType), ...chunks, pngChunk('IDAT', deflateSync(spoil(filtered))), pngChunk('IEND'))
}

/** Rows as differences from what stands to the left and above, as the PNG specification has it (§9.2). */
function filterRows(raw: Uint8Array, rowBytes: number, pixelBytes: number, filters: readonly number[]): Uint8Array {
  const filtered = raw.slice()
  for (let at = 0; at < raw.length; at += rowBytes) {
    const filter = filters[(at / rowBytes) % filters.length]
    filtered[at] = filter
    for (let i = 1; i < rowBytes; i++) {
      const a = i > pixelBytes ? raw[at + i - pixelBytes] : 0
      const b = at > 0 ? raw[at + i - rowBytes] : 0
      const c = i > pixelBytes && at > 0 ? raw[at + i - rowBytes - pixelBytes] : 0
      const p = a + b - c
      const paeth = Math.abs(p - a) <= Math.abs(p - b) && Math.abs(p - a) <= Math.abs(p - c) ? a : Math.abs(p - b) <= Math.abs(p - c) ? b : c
      filtered[at + i] = raw[at + i] - [0, a, b, (a + b) >> 1, paeth][filter]
    }
  }
  return filtered
}
