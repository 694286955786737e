import sharp, { type Sharp } from 'sharp'
import type { Settings } from '../options.js'
import { sizeWithin, type Picture } from './color.js'
import { encodeKtx2, ktx2Size, type Ktx2Options } from './ktx2.js'
import { useOneImageThread } from './libraries.js'

/**
 * Longer side of the coarsest level's textures, pixels, at most; of formats without a quality to lower. Colours of 512 px instead of 384 are 5 KiB more of some 20, on screen
 * 7 % later at 10 Mbit/s, and worth .03 dB from a moved camera.
 */
const FIRST_PIXEL_SIZE = { color: 384, normals: 512 }
const FIRST_PIXEL_SIZE_LOSSLESS = 256
/** What the coarsest GLB is to stay below, KiB: it is the first that a player sees. */
const FIRST_PIXEL = 40
/** What one of 1,500 triangles takes of that besides its textures, KiB, by how it is compressed. */
const BESIDES = {
  meshopt: { perspective: { unlit: 16, lit: 16 }, orthographic: { unlit: 10, lit: 10 } },
  quantize: { perspective: { unlit: 25, lit: 35 }, orthographic: { unlit: 17, lit: 27 } },
  none: { perspective: { unlit: 34, lit: 44 }, orthographic: { unlit: 26, lit: 33 } },
}
/** What is left to its textures in any case, KiB: with less there is little to see. */
const LEAST_FIRST_PIXEL = 12
/**
 * A texture is halved less often than its level's triangles are quartered, and compressed harder instead: at a given number of bytes size is worth more than quality.
 *
 * Colours: 20 KiB of three photos at 256 px and quality 80 25.1, 29.9 and 23.9 dB, at 384 to 512 px and quality 40 to 80 25.4, 31.6 and 25.7.
 *
 * Normal maps also say what the triangles no longer do, and WebP thins out their chroma. Against LOD 0, at 512 px, the moon with 40 KiB at half the size and quality 90
 * 30.8 dB, with 35 KiB at full size and quality 75 36.1; a game's valley 27.4 dB with 46 KiB, 30.4 with 34.
 */
const SPARED = {
  color: { most: 1, from: 1, each: 0.5, leastQuality: 50 },
  normals: { most: 2, from: 0, each: 1, leastQuality: 20 },
}
/** Of formats without a quality to lower. */
const SPARED_LOSSLESS = { color: 0, normals: 1 }
/** Quality lost for each halving that a texture was spared beyond the first: levels 2 then differ from LOD 0 by 32 dB even on noisy terrain. */
const QUALITY_FOR_SIZE = 10
const QUALITY_STEP = 5
/**
 * Quality gained for each halving by which a picture is smaller than its texture may be, and the most it comes to: its bytes are few beside the geometry's, and each of its
 * pixels covers many on the screen. Three photos of 450 to 741 px from a moved camera: 26.38 dB and an SSIM of .897 in 456 KiB, so 26.51 and .906 in 473.
 */
const QUALITY_FOR_SMALL = 4
const MOST_QUALITY = 90
/** How far below the bytes asked for the next try aims: small pictures compress a little worse. */
const AIM = 0.92
/** Smallest texture worth a level, pixels. */
const SMALLEST = 16
/** Longer side of the placeholder, pixels. */
const PLACEHOLDER_SIZE = 32
/** A placeholder's data URI stays below this, characters. */
const PLACEHOLDER_CHARACTERS = 2000
/** AVIF at effort 4 takes ten times as long for 15 % (10.6 s against 1.1 s at 2048²). */
const AVIF_EFFORT = 2

/** A picture ready to be packed. */
export interface EncodedImage {
  bytes: Uint8Array
  mimeType: string
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
}

export interface EncodeOptions {
  format: Settings['texture']['format']
  /** 1..100; without meaning for PNG. */
  quality: number
  /** Longer side at most, pixels. Never enlarges. */
  size: number
  /** JPEG: saves the search for the fewest bytes, which is nearly all of its time. */
  quick?: boolean | undefined
}

/** What a texture is for. */
export interface TextureUse {
  role: 'color' | 'normals'
  format: EncodeOptions['format']
  /** Longer side at LOD 0, pixels. */
  size: number
  level: number
  /** Of all levels, fine → coarse. */
  triangles: readonly number[]
}

/** What a texture that is encoded for a level is to be, and how small. */
export interface EncodingUse extends TextureUse {
  /** At LOD 0, 1..100. */
  quality: number
  /** Bytes of all textures of the coarsest level, at most: see {@link firstPixelBytes}. */
  firstPixel: number
  /** How many textures the level has in all. */
  textures: number
}

/**
 * Texture size of a level, pixels: about halved for every quarter of the triangles, and at least once a level (see {@link SPARED}). Colours at 100k, 25k, 6k and 1.5k
 * triangles: 2048, 1024, 724, 384.
 */
export function textureSize(use: TextureUse): number {
  const { size, level, triangles } = use
  const halved = Math.max(SMALLEST, Math.round(size / 2 ** (halvings(level, triangles) - spared(use))))
  const most = isLossy(use.format) ? FIRST_PIXEL_SIZE[use.role] : FIRST_PIXEL_SIZE_LOSSLESS
  return Math.min(size, isCoarsest(use) ? Math.min(most, halved) : halved)
}

/** The quality at LOD 0 of a picture that may be smaller than its texture: no less than asked for. */
export function qualityAt({ size, quality }: { size: number; quality: number }, picture: { width: number; height: number }): number {
  const halvings = Math.max(0, Math.log2(size / Math.max(picture.width, picture.height)))
  return Math.max(quality, Math.min(MOST_QUALITY, Math.round(quality + QUALITY_FOR_SMALL * halvings)))
}

/** What all textures of the coarsest level may weigh together, bytes, for its GLB to stay below 40 KiB. (Without meshopt some triangles leave less than can be seen: then it weighs more.) */
export function firstPixelBytes({ compression, projection }: Pick<Settings, 'compression' | 'projection'>, isLit: boolean): number {
  const besides = BESIDES[compression === 'khr_meshopt' ? 'meshopt' : compression][projection][isLit ? 'lit' : 'unlit']
  return Math.max(LEAST_FIRST_PIXEL, FIRST_PIXEL - besides) * 1024
}

/** Encodes a texture at the size and the quality of its level; that of the coarsest one small enough to be the first that a player sees. */
export async function encodeForLevel(use: EncodingUse, encode: (size: number, quality: number) => Promise<EncodedImage>): Promise<EncodedImage> {
  const { leastQuality } = SPARED[use.role]
  const lossy = isLossy(use.format)
  let quality = lossy ? Math.max(1, use.quality - QUALITY_FOR_SIZE * Math.max(0, spared(use) - 1)) : use.quality
  let image = await encode(textureSize(use), quality)
  const bytes = isCoarsest(use) ? use.firstPixel / use.textures : Infinity
  // (1) The best quality that fits; if none does, the least.
  if (lossy && image.bytes.length > bytes && quality > leastQuality) {
    const side = Math.max(image.width, image.height)
    let [fits, steps] = [0, Math.ceil((quality - leastQuality) / QUALITY_STEP) - 1]
    image = await encode(side, leastQuality)
    while (image.bytes.length <= bytes && steps > fits) {
      const step = Math.ceil((fits + steps) / 2)
      const better = await encode(side, leastQuality + step * QUALITY_STEP)
      if (better.bytes.length > bytes) steps = step - 1
      else [fits, image] = [step, better]
    }
    quality = leastQuality + fits * QUALITY_STEP
  }
  // (2) The largest size that fits.
  for (let side = Math.max(image.width, image.height); image.bytes.length > bytes && side > SMALLEST; side = Math.max(image.width, image.height)) {
    image = await encode(Math.max(SMALLEST, Math.floor(side * Math.sqrt((AIM * bytes) / image.bytes.length))), quality)
  }
  return image
}

/** By how many quarters the level has fewer triangles than LOD 0, at least one a level. */
function halvings(level: number, triangles: readonly number[]): number {
  return Math.max(level, Math.round(Math.log2(triangles[0] / Math.max(1, triangles[level])) / 2))
}

/** How many of its halvings a texture is spared. */
function spared({ role, format, level, triangles }: TextureUse): number {
  const count = halvings(level, triangles)
  if (!isLossy(format)) return Math.min(count, SPARED_LOSSLESS[role])
  const { most, from, each } = SPARED[role]
  return Math.min(most, each * Math.max(0, count - from))
}

function isCoarsest({ level, triangles }: TextureUse): boolean {
  return level > 0 && level === triangles.length - 1
}

function isLossy(format: EncodeOptions['format']): boolean {
  return format !== 'png' && format !== 'ktx2'
}

/** Scales a picture down to at most `size` pixels and encodes it, without its alpha (see `padEdges`). */
export async function encodePicture(picture: Picture, { format, quality, size, quick }: EncodeOptions): Promise<EncodedImage> {
  const scaled = sharp(picture.pixels, { raw: picture }).removeAlpha().resize(sizeWithin(picture, size))
  return format === 'ktx2' ? compressed(scaled, { role: 'color', quality }) : encoded(scaled, { format, quality, quick, fullChroma: false })
}

/** Encodes a normal map, at its size or scaled down: direction is in chroma as much as in luma, so neither is thinned out where the format lets it be. */
export async function encodeNormals(picture: Picture, { format, quality, quick, size = Math.max(picture.width, picture.height) }: Omit<EncodeOptions, 'size'> & { size?: number }): Promise<EncodedImage> {
  const image = sharp(picture.pixels, { raw: picture }).resize(sizeWithin(picture, size))
  return format === 'ktx2' ? compressed(image, { role: 'normals', quality }) : encoded(image, { format, quality, quick, fullChroma: true })
}

/** A very small picture as a data URI of less than 2,000 characters. */
export async function encodePlaceholder(picture: Picture): Promise<string> {
  let uri = ''
  for (let size = PLACEHOLDER_SIZE; uri === '' || uri.length >= PLACEHOLDER_CHARACTERS; size /= 2) {
    const { bytes } = await encodePicture(picture, { format: 'webp', quality: 60, size })
    uri = `data:image/webp;base64,${Buffer.from(bytes).toString('base64')}`
  }
  return uri
}

type FileFormat = Exclude<EncodeOptions['format'], 'ktx2'>

interface FileOptions {
  format: FileFormat
  quality: number
  quick: boolean | undefined
  fullChroma: boolean
}

async function encoded(image: Sharp, options: FileOptions): Promise<EncodedImage> {
  const { data, info } = await asFile(image, options).toBuffer({ resolveWithObject: true })
  return { bytes: data, mimeType: `image/${options.format}`, width: info.width, height: info.height }
}

function asFile(image: Sharp, { format, quality, quick = false, fullChroma }: FileOptions): Sharp {
  const chromaSubsampling = fullChroma ? '4:4:4' : '4:2:0'
  // sharper chroma: +.55 dB for 3 % more bytes and 150 ms at 2048², 26.25 dB instead of 26.19 from a moved camera
  if (format === 'webp') return image.webp({ quality, smartSubsample: true })
  if (format === 'avif') {
    // libaom gives other bytes with other numbers of threads
    useOneImageThread()
    return image.avif({ quality, effort: AVIF_EFFORT, chromaSubsampling })
  }
  if (format === 'jpeg') return image.jpeg({ quality, mozjpeg: !quick, chromaSubsampling })
  return image.png({ compressionLevel: 9 })
}

async function compressed(image: Sharp, options: Ktx2Options): Promise<EncodedImage> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const size = ktx2Size(info)
  const pixels = await sharp(data, { raw: info }).resize({ ...size, fit: 'fill' }).raw().toBuffer()
  return { bytes: await encodeKtx2({ ...size, channels: 3, pixels }, options), mimeType: 'image/ktx2', ...size }
}
