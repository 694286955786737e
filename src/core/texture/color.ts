import sharp from 'sharp'
import { hasGaps } from '../depth/gaps.js'
import type { GrayPicture } from '../depth/picture.js'
import { DepthMeshError } from '../errors.js'
import { LFS_POINTER } from '../lfs-pointer.js'

/** Largest difference between the aspect of the colour picture and that of the map, as a share. */
const ASPECT_TOLERANCE = 0.01
/** Pixels between a picture and its map in one file, at most: Depth Anything leaves 50. */
const WIDEST_GAP = 100
/** Pixels to which each side of a picture is rounded on its way to a map, and who does that. */
const BLOCKS = [
  { side: 64, who: 'ControlNet’s preprocessors' },
  { side: 14, who: 'estimators like Depth Anything 3' },
]
/** Alpha of a pixel that hides nothing, 8 bits. */
const OPAQUE = 255
/** From this weight on a pixel's own colour is kept whole; below it, it fades into its neighbourhood's: antialiased rims hold a trace of what was behind them. */
const KEPT_WEIGHT = 128

/** A picture in memory. */
export interface Picture {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** Numbers per pixel: R, G, B and, where part of it is transparent, A. */
  channels: 3 | 4
  /** sRGB, 8 bits a channel, row 0 on top, alpha not multiplied in. */
  pixels: Uint8Array
}

export interface DecodeColorOptions {
  /** Longer side that is enough, pixels: a larger picture is scaled down as it is read. */
  size: number
  /** Refuse pictures larger than this, pixels. */
  maxPixels: number
}

/**
 * Reads the colour picture once for everything that needs it: upright, in sRGB, at most `size` pixels long.
 *
 * @throws DepthMeshError `COLOR_UNREADABLE`; `COLOR_MISMATCH` where its aspect differs from the map's by more than 1 %.
 */
export async function decodeColor(bytes: Uint8Array, map: { width: number; height: number }, options: DecodeColorOptions): Promise<Picture> {
  let size: string | undefined
  // (Of numbers sharp takes whole ones alone.)
  const limitInputPixels = Math.min(Math.ceil(options.maxPixels), Number.MAX_SAFE_INTEGER)
  try {
    const { autoOrient } = await sharp(bytes, { limitInputPixels }).metadata()
    size = `${autoOrient.width}×${autoOrient.height}`
    checkAspect(autoOrient, map)
    const { data, info } = await sharp(bytes, { limitInputPixels })
      .autoOrient()
      .resize(sizeWithin(autoOrient, options.size))
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return rgb(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), info)
  } catch (cause) {
    if (cause instanceof DepthMeshError) throw cause
    if (LFS_POINTER.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'))) {
      throw new DepthMeshError('COLOR_UNREADABLE', 'expected a picture, found a Git LFS pointer, not the picture it stands for', { hint: 'Run "git lfs pull" to fetch the picture.', cause })
    }
    const tooLarge = cause instanceof Error && /pixel limit/.test(cause.message)
    const found = tooLarge ? `a picture of more than ${options.maxPixels} pixels` : size === undefined ? 'none that can be decoded' : `one of ${size} that is cut off or damaged, in ${bytes.length.toLocaleString('en-US')} bytes`
    throw new DepthMeshError('COLOR_UNREADABLE', `expected a picture (PNG, JPEG, WebP, AVIF or TIFF), found ${found}`, { hint: 'Save it again as PNG or JPEG.', cause })
  }
}

/** The picture scaled down to at most `size` pixels; itself where it is no larger. */
export async function shrinkPicture(picture: Picture, size: number): Promise<Picture> {
  if (Math.max(picture.width, picture.height) <= size) return picture
  const { data, info } = await sharp(picture.pixels, { raw: picture }).resize(sizeWithin(picture, size)).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: picture.channels, pixels: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
}

/**
 * What to resize a picture to so that it is at most `size` pixels long, and both its sides go on to its edges: told `size` alone, sharp shrinks both sides by the same factor, so that the one whose length
 * had to be rounded lies up to half a pixel beside its place at its ends.
 */
export function sizeWithin({ width, height }: { width: number; height: number }, size: number): { width: number; height: number; fit: 'fill' } {
  const scale = Math.min(1, size / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)), fit: 'fill' }
}

/** The alpha plane at the map's size, 0..255; `null` where all of the picture is opaque. */
export async function alphaAt(picture: Picture, width: number, height: number): Promise<Uint8Array | null> {
  if (picture.channels === 3) return null
  const alpha = new Uint8Array(picture.width * picture.height)
  for (let i = 0; i < alpha.length; i++) alpha[i] = picture.pixels[i * 4 + 3]
  return layOver({ width: picture.width, height: picture.height, data: alpha }, { width, height })
}

/** The picture in gray, laid over a map of this size pixel by pixel. */
export async function grayAt(picture: Picture, { width, height }: { width: number; height: number }): Promise<GrayPicture> {
  const smaller = { width: Math.min(width, picture.width), height: Math.min(height, picture.height) }
  const shrunk = await sharp(picture.pixels, { raw: picture }).removeAlpha().resize({ ...smaller, fit: 'fill', kernel: 'linear' }).toColourspace('b-w').raw().toBuffer()
  const gray = await layOver({ ...smaller, data: shrunk }, { width, height })
  return { width, height, gray, sourceWidth: picture.width, sourceHeight: picture.height }
}

/** A plane of gray levels at another size, its edges where they were. (libvips lays what it enlarges half a pixel to the right and down: https://github.com/libvips/libvips/issues/943.) */
async function layOver({ width, height, data }: Mask, to: { width: number; height: number }): Promise<Uint8Array> {
  const smaller = { width: Math.min(width, to.width), height: Math.min(height, to.height) }
  const shrunk = smaller.width === width && smaller.height === height ? data
    : await sharp(data, { raw: { width, height, channels: 1 } }).resize({ ...smaller, fit: 'fill' }).extractChannel(0).raw().toBuffer()
  if (smaller.width === to.width && smaller.height === to.height) return shrunk
  const columns = placesAcross(to.width, smaller.width)
  const rows = placesAcross(to.height, smaller.height)
  const enlarged = new Uint8Array(to.width * to.height)
  for (let y = 0, i = 0; y < to.height; y++) {
    const upper = rows.before[y] * smaller.width
    const lower = rows.behind[y] * smaller.width
    for (let x = 0; x < to.width; x++, i++) {
      const [left, right, share] = [columns.before[x], columns.behind[x], columns.share[x]]
      const above = shrunk[upper + left] * (1 - share) + shrunk[upper + right] * share
      const below = shrunk[lower + left] * (1 - share) + shrunk[lower + right] * share
      enlarged[i] = above * (1 - rows.share[y]) + below * rows.share[y] + 0.5
    }
  }
  return enlarged
}

/** For the centre of each of `count` pixels the two of `among` others, over the same length, that it lies between, and how much of the second it is. */
function placesAcross(count: number, among: number): { before: Uint32Array; behind: Uint32Array; share: Float64Array } {
  const places = Float64Array.from({ length: count }, (_, i) => Math.max(0, ((i + 0.5) * among) / count - 0.5))
  const before = Uint32Array.from(places, Math.floor)
  return { before, behind: before.map((place) => Math.min(among - 1, place + 1)), share: places.map((place, i) => place - before[i]) }
}

/** What counts, 255, and what doesn't, 0, per pixel. */
export interface Mask {
  width: number
  height: number
  data: Uint8Array
}

/** Where a map has a surface; `undefined` where that is everywhere. */
export function coverage({ width, height, disparity }: { width: number; height: number; disparity: Float32Array }): Mask | undefined {
  if (!hasGaps(disparity)) return undefined
  const data = new Uint8Array(disparity.length)
  for (let i = 0; i < data.length; i++) data[i] = Number.isNaN(disparity[i]) ? 0 : 255
  return { width, height, data }
}

/**
 * Continues the colours of what is there into what isn't, so that neither filtering nor mip levels nor lossy compression bring
 * a foreign colour in at the rim, and drops the alpha. "There" is what alpha shows, and what `mask` (0..255, any size) keeps.
 *
 * Push-pull: means of what is known, halved until everything is, then back down into the gaps (Gortler et al. 1996, §3.4).
 */
export function padEdges(picture: Picture, mask?: Mask): Picture {
  const { width, height, channels, pixels } = picture
  if (channels === 3 && !mask) return picture
  const weights = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = mask ? Math.floor(((y + 0.5) * mask.height) / height) * mask.width : 0
    for (let x = 0; x < width; x++) {
      const alpha = channels === 4 ? pixels[(y * width + x) * 4 + 3] : OPAQUE
      weights[y * width + x] = mask ? Math.min(alpha, mask.data[row + Math.floor(((x + 0.5) * mask.width) / width)]) : alpha
    }
  }
  const filled = fill({ width, height, pixels, channels, weights })
  return { width, height, channels: 3, pixels: filled }
}

interface Weighted {
  width: number
  height: number
  channels: number
  pixels: Uint8Array
  weights: Uint8Array
}

/** R, G, B of every pixel, known or continued. */
function fill({ width, height, channels, pixels, weights }: Weighted): Uint8Array {
  const result = new Uint8Array(width * height * 3)
  const whole = weights.every((weight) => weight >= KEPT_WEIGHT) || (width === 1 && height === 1)
  const coarse = whole ? null : halve({ width, height, channels, pixels, weights })
  const around = coarse && fill(coarse)
  const last = coarse ? [coarse.width - 1, coarse.height - 1] : [0, 0]
  for (let y = 0; y < height; y++) {
    // Bilinear in the coarser picture, whose pixel centres lie at every second edge.
    const cy = Math.max(0, (y - 0.5) / 2)
    const y0 = Math.min(last[1], Math.floor(cy))
    const y1 = Math.min(last[1], y0 + 1)
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const own = Math.min(1, weights[at] / KEPT_WEIGHT)
      const cx = Math.max(0, (x - 0.5) / 2)
      const x0 = Math.min(last[0], Math.floor(cx))
      const x1 = Math.min(last[0], x0 + 1)
      for (let j = 0; j < 3; j++) {
        let value = pixels[at * channels + j] * own
        if (own < 1 && around && coarse) {
          const sample = (px: number, py: number) => around[(py * coarse.width + px) * 3 + j]
          const top = sample(x0, y0) * (1 - (cx - x0)) + sample(x1, y0) * (cx - x0)
          const bottom = sample(x0, y1) * (1 - (cx - x0)) + sample(x1, y1) * (cx - x0)
          value += (1 - own) * (top * (1 - (cy - y0)) + bottom * (cy - y0))
        }
        result[at * 3 + j] = Math.round(value)
      }
    }
  }
  return result
}

/** Half the size: means weighted by what is known; known where any of the four is. */
function halve({ width, height, channels, pixels, weights }: Weighted): Weighted {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)]
  const half: Weighted = { width: w, height: h, channels: 3, pixels: new Uint8Array(w * h * 3), weights: new Uint8Array(w * h) }
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let [sum, most, red, green, blue] = [0, 0, 0, 0, 0]
      for (let j = 0; j < 4; j++) {
        const [px, py] = [2 * x + (j & 1), 2 * y + (j >> 1)]
        if (px >= width || py >= height) continue
        const at = py * width + px
        const weight = weights[at]
        sum += weight
        most = Math.max(most, weight)
        red += weight * pixels[at * channels]
        green += weight * pixels[at * channels + 1]
        blue += weight * pixels[at * channels + 2]
      }
      half.weights[y * w + x] = most
      if (sum > 0) half.pixels.set([Math.round(red / sum), Math.round(green / sum), Math.round(blue / sum)], (y * w + x) * 3)
    }
  }
  return half
}

function checkAspect(color: { width: number; height: number }, map: { width: number; height: number }): void {
  const ratio = (color.width * map.height) / (color.height * map.width)
  if (Math.abs(Math.log(ratio)) <= Math.log1p(ASPECT_TOLERANCE)) return
  // One pixel of rounding is no mismatch: 341×256 beside 1024×768.
  if (Math.abs(color.width - (map.width * color.height) / map.height) <= 1 || Math.abs(color.height - (map.height * color.width) / map.width) <= 1) return
  throw new DepthMeshError('COLOR_MISMATCH', `expected the colour picture to have the depth map's aspect (${map.width}×${map.height}), found ${color.width}×${color.height}`, {
    hint: wayOut(color, map),
  })
}

/** What to do about a map of another aspect, by what usually made it so. */
function wayOut(color: { width: number; height: number }, map: { width: number; height: number }): string {
  if (Math.abs(Math.log((color.height * map.height) / (color.width * map.width))) <= Math.log1p(ASPECT_TOLERANCE)) return 'One of the two is turned by 90°: turn it back.'
  const from = map.width - color.width
  if (map.height === color.height && from >= color.width && from <= color.width + WIDEST_GAP) {
    return `The map is as wide as two such pictures: if it holds a picture and its map side by side, save the map alone, or cut it out: ${color.width} × ${map.height} pixels from x = ${from} on.`
  }
  for (const { side, who } of BLOCKS) {
    if (!isSqueezed(color, map, side)) continue
    const height = Math.round((map.width * color.height) / color.width)
    return `The sides of the map are multiples of ${side}, to which ${who} squeeze a picture: if it was not cropped, resize it to ${map.width}×${height}.`
  }
  return 'Crop or render both from the same view; their sizes may differ, their aspects may not.'
}

/** Whether the picture, at some size, has the map's sides once they are rounded to whole blocks. */
function isSqueezed(color: { width: number; height: number }, map: { width: number; height: number }, block: number): boolean {
  if (map.width % block !== 0 || map.height % block !== 0) return false
  const least = Math.max((map.width - block / 2) / color.width, (map.height - block / 2) / color.height)
  const most = Math.min((map.width + block / 2) / color.width, (map.height + block / 2) / color.height)
  return least <= most
}

/** Drops an alpha that hides nothing. (In sRGB gray pictures have three channels too.) */
function rgb(data: Uint8Array, { width, height, channels }: { width: number; height: number; channels: number }): Picture {
  const kept = channels === 4 && data.some((value, i) => i % 4 === 3 && value < OPAQUE) ? 4 : 3
  if (kept === channels) return { width, height, channels: kept, pixels: data }
  const pixels = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) for (let j = 0; j < 3; j++) pixels[i * 3 + j] = data[i * channels + j]
  return { width, height, channels: 3, pixels }
}
