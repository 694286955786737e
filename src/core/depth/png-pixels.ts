import { damaged } from './damage.js'
import type { PngProbe } from './png-probe.js'
import type { Pixels } from './raster.js'

type Layout = Pick<PngProbe, 'width' | 'height' | 'bitDepth' | 'colour' | 'interlaced'>

/** One of the pictures that the rows are of: the whole, or every so manieth pixel of it. */
interface Pass {
  /** First pixel, and the distance from one pixel to the next, in the whole picture. */
  x: number
  y: number
  dx: number
  dy: number
  columns: number
  rows: number
  /** Bytes of a row without the one in front that names its filter. */
  rowBytes: number
}

/** First column, first row, column step, row step of each pass. */
const WHOLE = [[0, 0, 1, 1]] as const
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const

/** Samples that a stored pixel has. */
const SAMPLES: Record<PngProbe['colour'], number> = { gray: 1, 'gray+alpha': 2, rgb: 3, palette: 1, 'rgb+alpha': 4 }

/** What a row was stored as differences from, by the byte in front of it. */
const [NONE, LEFT, ABOVE, MEAN, PAETH] = [0, 1, 2, 3, 4]

/** Size of the unpacked pixel data, bytes: each row of each pass begins with a byte that names its filter. */
export function unpackedBytes(layout: Layout): number {
  return passesOf(layout).reduce((bytes, { rows, rowBytes }) => bytes + rows * (1 + rowBytes), 0)
}

/**
 * Pixels from unpacked pixel data, exactly as stored: 1, 2 and 4-bit gray is scaled to 8 bits (× 255, 85, 17), palettes become their colours, nothing else is converted.
 *
 * @param unpacked {@link unpackedBytes} bytes, in which the filters are undone in place
 * @throws DepthMeshError `INPUT_UNREADABLE` for a filter or a colour that does not exist.
 */
export function pixelsOf(unpacked: Uint8Array, probe: Layout & Pick<PngProbe, 'palette'>): Pixels {
  const { width, height, bitDepth, colour, palette } = probe
  const colours = colour === 'palette' ? palette : bitDepth < 8 ? grayLevels(bitDepth) : null
  const stride = colours?.stride ?? SAMPLES[colour]
  const data = bitDepth === 16 ? new Uint16Array(width * height * stride) : new Uint8Array(width * height * stride)
  const pixelBytes = Math.max(1, (bitDepth * SAMPLES[colour]) >> 3)
  let at = 0
  for (const pass of passesOf(probe)) {
    let above = -1
    for (let row = 0; row < pass.rows; row++) {
      const filter = unpacked[at++]
      if (filter > PAETH) throw damaged('PNG', `a row with filter ${filter}, which PNG does not have`)
      unfilter(unpacked, { filter, at, above, rowBytes: pass.rowBytes, pixelBytes })
      const target = { data, to: ((pass.y + row * pass.dy) * width + pass.x) * stride, step: pass.dx * stride, columns: pass.columns, stride }
      if (colours !== null) copyColours(unpacked, at, target, bitDepth, colours.values)
      else copySamples(unpacked, at, target)
      above = at
      at += pass.rowBytes
    }
  }
  return { data, stride, top: bitDepth === 16 ? 65_535 : 255, width }
}

function passesOf({ width, height, bitDepth, colour, interlaced }: Layout): Pass[] {
  return (interlaced ? ADAM7 : WHOLE).flatMap(([x, y, dx, dy]) => {
    const columns = Math.ceil((width - x) / dx)
    const rows = Math.ceil((height - y) / dy)
    return columns > 0 && rows > 0 ? [{ x, y, dx, dy, columns, rows, rowBytes: Math.ceil((columns * bitDepth * SAMPLES[colour]) / 8) }] : []
  })
}

function grayLevels(bitDepth: number): { values: Uint8Array; stride: number } {
  const top = 2 ** bitDepth - 1
  return { values: Uint8Array.from({ length: top + 1 }, (_, level) => (level * 255) / top), stride: 1 }
}

interface Row {
  filter: number
  /** Where it begins, and where the row above it does; −1: there is none, which counts as zeros. */
  at: number
  above: number
  rowBytes: number
  /** From a byte to the same one of the pixel to its left. */
  pixelBytes: number
}

/** Adds to each byte what it was stored as a difference from, in place. A loop for each filter: nothing is decided byte by byte. */
function unfilter(bytes: Uint8Array, { filter, at, above, rowBytes, pixelBytes }: Row): void {
  const end = at + rowBytes
  const second = Math.min(at + pixelBytes, end)
  const up = above < 0 ? 0 : at - above
  if (filter === NONE || (filter === ABOVE && up === 0)) return
  if (filter === LEFT || (filter === PAETH && up === 0)) {
    for (let i = second; i < end; i++) bytes[i] += bytes[i - pixelBytes]
  } else if (filter === ABOVE) {
    for (let i = at; i < end; i++) bytes[i] += bytes[i - up]
  } else if (filter === MEAN) {
    if (up === 0) for (let i = second; i < end; i++) bytes[i] += bytes[i - pixelBytes] >> 1
    else {
      for (let i = at; i < second; i++) bytes[i] += bytes[i - up] >> 1
      for (let i = second; i < end; i++) bytes[i] += (bytes[i - pixelBytes] + bytes[i - up]) >> 1
    }
  } else {
    for (let i = at; i < second; i++) bytes[i] += bytes[i - up]
    // Byte after byte of the pixel, so that the bytes to the left and above left stay in registers.
    for (let first = at; first < second; first++) {
      let left = bytes[first]
      let corner = bytes[first - up]
      for (let i = first + pixelBytes; i < end; i += pixelBytes) {
        const over = bytes[i - up]
        // Whichever is nearest to left + over − corner; of equals the first.
        const toLeft = Math.abs(over - corner)
        const toOver = Math.abs(left - corner)
        const toCorner = Math.abs(left + over - 2 * corner)
        left = (bytes[i] + (toLeft <= toOver && toLeft <= toCorner ? left : toOver <= toCorner ? over : corner)) & 255
        bytes[i] = left
        corner = over
      }
    }
  }
}

/** Where the pixels of a row go. */
interface Target {
  data: Uint8Array | Uint16Array
  to: number
  /** Numbers from one pixel to the next. */
  step: number
  columns: number
  /** Numbers a pixel has. */
  stride: number
}

function copySamples(bytes: Uint8Array, at: number, { data, to, step, columns, stride }: Target): void {
  const end = to + columns * step
  if (data instanceof Uint16Array) {
    for (; to < end; to += step) for (let c = 0; c < stride; c++, at += 2) data[to + c] = (bytes[at] << 8) | bytes[at + 1]
  } else if (step === stride) data.set(bytes.subarray(at, at + columns * stride), to)
  else for (; to < end; to += step) for (let c = 0; c < stride; c++) data[to + c] = bytes[at++]
}

/** Looks up indices of 1 to 8 bits. */
function copyColours(bytes: Uint8Array, at: number, { data, to, step, columns, stride }: Target, bitDepth: number, colours: Uint8Array): void {
  const mask = 2 ** bitDepth - 1
  for (let column = 0; column < columns; column++, to += step) {
    const bit = column * bitDepth
    const index = (bytes[at + (bit >> 3)] >> (8 - bitDepth - (bit & 7))) & mask
    if (index * stride >= colours.length) throw damaged('PNG', `a pixel of colour ${index} in a palette of ${colours.length / stride}`)
    for (let c = 0; c < stride; c++) data[to + c] = colours[index * stride + c]
  }
}
