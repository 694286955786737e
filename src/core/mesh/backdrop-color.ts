import { relax, type Backdrop } from './backdrop.js'

/** A picture in memory: 8 bits a channel, row 0 on top. */
export interface Pixels {
  width: number
  height: number
  channels: 3 | 4
  pixels: Uint8Array
}

/** Colours are taken this far from the edge, pixels: the pixels right beside it hold a trace of the foreground. */
const COLOR_DISTANCE = 1

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
  const { width: columns, height: rows, disparity } = backdrop.map
  const { channels } = picture

  // (1) The farther side as it is, and on each continued pixel the colour of its source.
  const own = new Uint8Array(columns * rows)
  for (let i = 0; i < own.length; i++) if (!Number.isNaN(disparity[i])) own[i] = AS_IT_IS
  for (const i of continued) own[i] = CONTINUED
  const plate = new Float32Array(columns * rows * channels)
  const copy = (to: number, pixel: number) => averageOver(picture, size, pixel, plate, to * channels)
  for (let i = 0; i < own.length; i++) if (own[i] === AS_IT_IS) copy(i, (Math.floor(i / columns) - top) * size.width + (i % columns) - left)
  for (let k = 0; k < continued.length; k++) copy(continued[k], awayFromEdge(continued[k], source[k], backdrop, size, own))

  // (2) Smooth it.
  relax(plate, channels, continued, columns, disparity)

  // (3) As fine as the picture.
  fillUnseen(plate, own, columns, rows, channels)
  return enlarge(plate, own, backdrop, picture, size)
}

/** The pixel of the picture whose colour a canvas pixel takes: its source, or one a little farther from the edge where that is level with it. */
function awayFromEdge(i: number, source: number, { map, left, top }: Backdrop, size: { width: number; height: number }, own: Uint8Array): number {
  const sx = source % size.width
  const sy = (source - sx) / size.width
  const dx = sx + left - (i % map.width)
  const dy = sy + top - Math.floor(i / map.width)
  const length = Math.hypot(dx, dy)
  for (let step = COLOR_DISTANCE; step > 0; step--) {
    const x = Math.round(sx + (dx / length) * step)
    const y = Math.round(sy + (dy / length) * step)
    if (x >= 0 && y >= 0 && x < size.width && y < size.height && own[(y + top) * map.width + x + left] === AS_IT_IS) return y * size.width + x
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

/** The canvas at the picture's resolution: what is continued is smooth and enlarged, the farther side itself is the picture. */
function enlarge<P extends Pixels>(plate: Float32Array, own: Uint8Array, { map, left, top }: Backdrop, picture: P, size: { width: number; height: number }): P {
  const { channels } = picture
  const columns = map.width
  const rows = map.height
  const width = Math.max(1, Math.round((columns * picture.width) / size.width))
  const height = Math.max(1, Math.round((rows * picture.height) / size.height))
  const rounded = new Uint8ClampedArray(width * height * channels)
  for (let y = 0; y < height; y++) {
    const v = ((y + 0.5) * rows) / height
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) * columns) / width
      const at = (y * width + x) * channels
      if (own[Math.floor(v) * columns + Math.floor(u)] === AS_IT_IS) blend(picture.pixels, picture, channels, ((u - left) * picture.width) / size.width, ((v - top) * picture.height) / size.height, rounded, at)
      else blend(plate, { width: columns, height: rows }, channels, u, v, rounded, at)
    }
  }
  return { ...picture, width, height, pixels: new Uint8Array(rounded.buffer) }
}

/** Writes the bilinear mean at (u, v), in pixels of `from`, to `to`. */
function blend(from: ArrayLike<number>, { width, height }: { width: number; height: number }, channels: number, u: number, v: number, to: Uint8ClampedArray | Float32Array, at: number): void {
  const x = Math.min(Math.max(u - 0.5, 0), width - 1)
  const y = Math.min(Math.max(v - 0.5, 0), height - 1)
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const x1 = Math.min(x0 + 1, width - 1)
  const y1 = Math.min(y0 + 1, height - 1)
  const fx = x - x0
  const fy = y - y0
  for (let c = 0; c < channels; c++) {
    const upper = from[(y0 * width + x0) * channels + c] * (1 - fx) + from[(y0 * width + x1) * channels + c] * fx
    const lower = from[(y1 * width + x0) * channels + c] * (1 - fx) + from[(y1 * width + x1) * channels + c] * fx
    to[at + c] = upper * (1 - fy) + lower * fy
  }
}
