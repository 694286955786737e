import sharp, { type Sharp, type WebpOptions } from 'sharp'
import type { DisparityMap } from '../depth/convention.js'
import type { EncodedImage } from './encode.js'

/** Longer side of the pictures of a report, pixels. */
const SIZE = 1024
/** Of error pictures, of which there is one a level: at 1024 px those of a noisy map took 2.3 MB of a page. */
const ERROR_SIZE = 720

/** Errors of an error picture, source pixels, each twice the one before, and their colours: magma, which grows brighter all the way, so that it can be read without telling hues apart. */
export const ERROR_SCALE = [
  [0.125, [11, 7, 36]],
  [0.25, [59, 15, 112]],
  [0.5, [140, 41, 129]],
  [1, [222, 73, 104]],
  [2, [254, 159, 109]],
  [4, [254, 207, 146]],
  [8, [252, 253, 191]],
] as const satisfies readonly (readonly [pixels: number, color: readonly [number, number, number]])[]

/** A map in gray, near bright, clear where it holds nothing. */
export async function illustrateMap({ width, height, disparity }: DisparityMap): Promise<EncodedImage> {
  const pixels = new Uint8Array(width * height * 2)
  for (let i = 0; i < disparity.length; i++) {
    const value = disparity[i]
    if (value === value) pixels.set([Math.round(255 * Math.min(1, Math.max(0, value))), 255], i * 2)
  }
  return forReport(sharp(pixels, { raw: { width, height, channels: 2 } }), { quality: 85 })
}

/** A picture file, no larger than a page needs; `sharpEdges` where single pixels carry meaning. */
export async function illustrateFile(bytes: Uint8Array, { sharpEdges = false } = {}): Promise<EncodedImage> {
  return forReport(sharp(bytes).autoOrient(), sharpEdges ? { lossless: true } : { quality: 80 })
}

/** Errors in the colours of {@link ERROR_SCALE}, on a logarithmic scale, clear where they are NaN. What is shrunk keeps the largest. */
export async function illustrateErrors(errors: { width: number; height: number; pixels: Float32Array }): Promise<EncodedImage> {
  const { width, height, pixels } = shrinkToLargest(errors)
  const colors = new Uint8Array(width * height * 4)
  for (let i = 0; i < pixels.length; i++) if (pixels[i] === pixels[i]) colors.set(errorColor(pixels[i]), i * 4)
  // lossless, they took 5 MB
  return forReport(sharp(colors, { raw: { width, height, channels: 4 } }), { quality: 70, smartSubsample: true })
}

function errorColor(error: number): [number, number, number, number] {
  const position = Math.min(ERROR_SCALE.length - 1, Math.max(0, Math.log2(Math.max(error, Number.MIN_VALUE) / ERROR_SCALE[0][0])))
  const at = Math.min(ERROR_SCALE.length - 2, Math.floor(position))
  const [from, to] = [ERROR_SCALE[at][1], ERROR_SCALE[at + 1][1]]
  const mix = (channel: 0 | 1 | 2) => Math.round(from[channel] + (to[channel] - from[channel]) * (position - at))
  return [mix(0), mix(1), mix(2), 255]
}

/** Blocks of pixels as their largest value. */
function shrinkToLargest({ width, height, pixels }: { width: number; height: number; pixels: Float32Array }): { width: number; height: number; pixels: Float32Array } {
  const block = Math.ceil(Math.max(width, height) / ERROR_SIZE)
  if (block === 1) return { width, height, pixels }
  const small = { width: Math.ceil(width / block), height: Math.ceil(height / block) }
  const largest = new Float32Array(small.width * small.height).fill(NaN)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = pixels[y * width + x]
      const at = Math.floor(y / block) * small.width + Math.floor(x / block)
      if (value === value && !(largest[at] >= value)) largest[at] = value
    }
  }
  return { ...small, pixels: largest }
}

async function forReport(image: Sharp, options: WebpOptions): Promise<EncodedImage> {
  const { data, info } = await image.resize({ width: SIZE, height: SIZE, fit: 'inside', withoutEnlargement: true }).webp(options).toBuffer({ resolveWithObject: true })
  return { bytes: data, mimeType: 'image/webp', width: info.width, height: info.height }
}
