import type { Backdrop } from './backdrop.js'
import { blend } from './bilinear.js'
import { relax } from './relax.js'
import { blurBeside } from './skirt-color.js'

/** A picture in memory: 8 bits a channel, row 0 on top. */
export interface Pixels {
  width: number
  height: number
  channels: 3 | 4
  pixels: Uint8Array
}

/** Colours are taken this far from the edge, as a share of the picture's longer side, and at least a pixel: those right beside it hold a trace of the foreground. */
const COLOR_DISTANCE = 0.003
/**
 * Cells along the longer side of the picture at most, so that what goes on is smoothed over the same share of any picture: where a photo of 2752 px had a cell a texel of its layer, what lies behind
 * fingers was in streaks.
 */
const MOST_CELLS = 700

/** What a pixel of the canvas holds: nothing, the picture itself, the colour of another pixel. */
const UNSEEN = 0
const AS_IT_IS = 1
const CONTINUED = 2

/**
 * The hidden layer's picture: the farther side's colours go on where its depth does, so that none of the foreground's gets in.
 * What nobody can see is filled smoothly and costs next to nothing when encoded.
 *
 * @param picture the colour picture of the whole map; its size is free, its aspect the map's. 8 bits a channel, row 0 on top.
 * @param size of the map, pixels.
 * @returns the canvas' picture, as fine as the picture is.
 */
export function fillBackdropColor<P extends Pixels>(picture: P, size: { width: number; height: number }, backdrop: Backdrop): P {
  const { continued, source, left, top } = backdrop
  const { channels } = picture
  const away = Math.max(1, Math.round(COLOR_DISTANCE * Math.max(size.width, size.height)))
  const plate = createPlate(picture, size, backdrop)
  const { columns, rows, own } = plate

  // (1) The farther side as it is, and on each continued cell the colour of its source.
  const colors = new Float32Array(columns * rows * channels)
  for (let y = 0, cell = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, cell++) {
      if (own[cell] === AS_IT_IS) averageOver(picture, size, (plate.canvasRow[y] - top) * size.width + plate.canvasColumn[x] - left, colors, cell * channels)
    }
  }
  const { cells, middles } = plate.continued
  for (let k = 0; k < cells.length; k++) {
    const from = awayFromEdge(continued[middles[k]], source[middles[k]], away, { backdrop, size, isAsItIs: plate.isAsItIs })
    averageOver(picture, size, from, colors, cells[k] * channels)
  }

  // (2) Smooth it.
  relax(colors, channels, cells, columns, (cell) => own[cell] !== UNSEEN)

  // (3) Beside the picture out of focus, and as fine as the picture.
  fillUnseen(colors, own, columns, rows, channels)
  const [across, down] = [columns / backdrop.map.width, rows / backdrop.map.height]
  const frame = { left: left * across, top: top * down, right: (left + size.width) * across, bottom: (top + size.height) * down }
  blurBeside(colors, { width: columns, height: rows }, channels, frame, (cell) => own[cell] !== UNSEEN)
  return enlarge(colors, plate, backdrop, picture, size)
}

/**
 * The canvas in cells as fine as the map or as the picture, whichever is coarser, and no finer than {@link MOST_CELLS}: of a map of 4096² whose hidden layer wears 1024 px, colours at the map's size would be
 * 300 MB, would take a fifth of the bake's time, and would be smoothed over a quarter of the distance.
 */
interface Plate {
  columns: number
  rows: number
  /** What each cell holds. */
  own: Uint8Array
  /** The canvas pixel at the middle of each column and row. */
  canvasColumn: Uint32Array
  canvasRow: Uint32Array
  /** The cells that go on from elsewhere, and which of the backdrop's continued pixels is in the middle of each. */
  continued: { cells: Uint32Array; middles: Uint32Array }
  /** Is this pixel of the canvas the farther side itself? */
  isAsItIs(pixel: number): boolean
}

function createPlate(picture: Pixels, size: { width: number; height: number }, { map, continued }: Backdrop): Plate {
  const canvas = new Uint8Array(map.width * map.height)
  for (let i = 0; i < canvas.length; i++) if (!Number.isNaN(map.disparity[i])) canvas[i] = AS_IT_IS
  for (let k = 0; k < continued.length; k++) canvas[continued[k]] = CONTINUED
  const isAsItIs = (pixel: number): boolean => canvas[pixel] === AS_IT_IS
  const finest = MOST_CELLS / Math.max(size.width, size.height)
  const columns = Math.min(map.width, canvasSize(map.width, picture.width, size.width), Math.ceil(map.width * finest))
  const rows = Math.min(map.height, canvasSize(map.height, picture.height, size.height), Math.ceil(map.height * finest))
  const canvasColumn = middlesOf(columns, map.width)
  const canvasRow = middlesOf(rows, map.height)
  const own = new Uint8Array(columns * rows)
  const cells = new Uint32Array(columns * rows)
  const middles = new Uint32Array(columns * rows)
  let count = 0
  for (let y = 0, cell = 0, k = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, cell++) {
      const pixel = canvasRow[y] * map.width + canvasColumn[x]
      own[cell] = canvas[pixel]
      if (own[cell] !== CONTINUED) continue
      // (both row by row)
      while (continued[k] < pixel) k++
      cells[count] = cell
      middles[count++] = k
    }
  }
  return { columns, rows, own, canvasColumn, canvasRow, continued: { cells: cells.slice(0, count), middles: middles.slice(0, count) }, isAsItIs }
}

/** Pixels of the canvas at the picture's resolution. */
function canvasSize(canvas: number, picture: number, map: number): number {
  return Math.max(1, Math.round((canvas * picture) / map))
}

/** Of each of `count` parts of a length the pixel in its middle. */
function middlesOf(count: number, length: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => ((i + 0.5) * length) / count)
}

/** The pixel of the picture whose colour a canvas pixel takes: its source, or one up to `away` pixels farther from the edge where that is level with it. */
function awayFromEdge(i: number, source: number, away: number, { backdrop: { map, left, top }, size, isAsItIs }: { backdrop: Backdrop; size: { width: number; height: number } } & Pick<Plate, 'isAsItIs'>): number {
  const sx = source % size.width
  const sy = (source - sx) / size.width
  const dx = sx + left - (i % map.width)
  const dy = sy + top - Math.floor(i / map.width)
  const length = Math.hypot(dx, dy)
  for (let step = away; step > 0; step--) {
    const x = Math.round(sx + (dx / length) * step)
    const y = Math.round(sy + (dy / length) * step)
    if (x >= 0 && y >= 0 && x < size.width && y < size.height && isAsItIs((y + top) * map.width + x + left)) return y * size.width + x
  }
  return source
}

/** Writes the colour of a pixel of the map to `to`: the mean of its texels, or the nearest one where the picture is coarser. */
function averageOver({ width, height, channels, pixels }: Pixels, size: { width: number; height: number }, pixel: number, to: Float32Array, at: number): void {
  const x = pixel % size.width
  const y = (pixel - x) / size.width
  const x0 = Math.floor((x * width) / size.width)
  const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * width) / size.width))
  const y0 = Math.floor((y * height) / size.height)
  const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * height) / size.height))
  for (let c = 0; c < channels; c++) {
    let sum = 0
    for (let v = y0; v < y1; v++) for (let u = x0; u < x1; u++) sum += pixels[(v * width + u) * channels + c]
    to[at + c] = sum / ((y1 - y0) * (x1 - x0))
  }
}

/** Fills what nobody sees from ever coarser means of what is seen around it: smooth, so that it weighs next to nothing when encoded. */
function fillUnseen(plate: Float32Array, own: Uint8Array, columns: number, rows: number, channels: number): void {
  if (columns === 1 && rows === 1) return
  const halfColumns = (columns + 1) >> 1
  const halfRows = (rows + 1) >> 1
  const half = new Float32Array(halfColumns * halfRows * channels)
  const halfOwn = new Uint8Array(halfColumns * halfRows)
  const count = new Uint8Array(halfColumns * halfRows)
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const i = y * columns + x
      if (own[i] === UNSEEN) continue
      const j = (y >> 1) * halfColumns + (x >> 1)
      count[j]++
      halfOwn[j] = AS_IT_IS
      for (let c = 0; c < channels; c++) half[j * channels + c] += plate[i * channels + c]
    }
  }
  for (let j = 0; j < count.length; j++) if (count[j] > 0) for (let c = 0; c < channels; c++) half[j * channels + c] /= count[j]
  fillUnseen(half, halfOwn, halfColumns, halfRows, channels)
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const i = y * columns + x
      if (own[i] !== UNSEEN) continue
      blend(half, { width: halfColumns, height: halfRows }, channels, (x + 0.5) / 2, (y + 0.5) / 2, plate, i * channels)
    }
  }
}

/** The canvas at the picture's resolution: what is continued is smooth and enlarged, the farther side itself, to the map's pixel, is the picture. */
function enlarge<P extends Pixels>(colors: Float32Array, { columns, rows, isAsItIs }: Plate, { map, left, top }: Backdrop, picture: P, size: { width: number; height: number }): P {
  const { channels } = picture
  const width = canvasSize(map.width, picture.width, size.width)
  const height = canvasSize(map.height, picture.height, size.height)
  const rounded = new Uint8ClampedArray(width * height * channels)
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) * rows) / height
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) * columns) / width
      const at = (y * width + x) * channels
      const across = ((x + 0.5) * map.width) / width
      const down = ((y + 0.5) * map.height) / height
      if (isAsItIs(Math.floor(down) * map.width + Math.floor(across))) {
        blend(picture.pixels, picture, channels, ((across - left) * picture.width) / size.width, ((down - top) * picture.height) / size.height, rounded, at)
      } else blend(colors, { width: columns, height: rows }, channels, u, v, rounded, at)
    }
  }
  return { ...picture, width, height, pixels: new Uint8Array(rounded.buffer) }
}
