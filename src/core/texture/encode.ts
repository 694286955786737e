import sharp, { type Sharp } from 'sharp'
import type { Settings } from '../options.js'
import type { Picture } from './color.js'
import { encodeKtx2, ktx2Size, type Ktx2Options } from './ktx2.js'

/** Longer side of the coarsest level's textures, pixels, at most. */
const FIRST_PIXEL_SIZE = 256
/** Bytes of all of the coarsest level's textures, at most: with up to 14 KiB of JSON, 1,500 triangles and two layers its GLB stays below 40 KiB. */
const FIRST_PIXEL_BYTES = 25 * 1024
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
}

/**
 * Texture size of a level, pixels: halved for every quarter of the triangles, and at least once a level, so that a texel
 * covers about as much of a triangle at every level. 100k, 25k, 6k and 1.5k triangles: 2048, 1024, 512, 256.
 */
export function textureSize(size: number, level: number, triangles: readonly number[]): number {
  const halvings = Math.max(level, Math.round(Math.log2(triangles[0] / Math.max(1, triangles[level])) / 2))
  const halved = Math.max(SMALLEST, Math.round(size / 2 ** halvings))
  const coarsest = level > 0 && level === triangles.length - 1
  return Math.min(size, coarsest ? Math.min(FIRST_PIXEL_SIZE, halved) : halved)
}

/** What a texture is for. */
export interface TextureUse {
  /** Longer side at LOD 0, pixels. */
  size: number
  level: number
  /** Of all levels, fine → coarse. */
  triangles: readonly number[]
  /** How many textures the level has in all. */
  textures: number
  /** How often it isn't halved that a colour texture would be. Normal maps: 1, since they also say what the triangles no longer do. */
  spared?: number
}

/** Encodes a texture at the size of its level; that of the coarsest one small enough to be the first that a player sees. */
export async function encodeForLevel({ size, level, triangles, textures, spared = 0 }: TextureUse, encode: (size: number) => Promise<EncodedImage>): Promise<EncodedImage> {
  const coarsest = level > 0 && level === triangles.length - 1
  const bytes = coarsest ? FIRST_PIXEL_BYTES / textures : Infinity
  let image = await encode(Math.min(size, textureSize(size * 2 ** spared, level, triangles)))
  for (let side = Math.max(image.width, image.height); image.bytes.length > bytes && side > SMALLEST; side = Math.max(image.width, image.height)) {
    image = await encode(Math.max(SMALLEST, Math.floor(side * Math.sqrt((AIM * bytes) / image.bytes.length))))
  }
  return image
}

/** Scales a picture down to at most `size` pixels and encodes it, without its alpha (see `padEdges`). */
export async function encodePicture(picture: Picture, { format, quality, size }: EncodeOptions): Promise<EncodedImage> {
  const scaled = sharp(picture.pixels, { raw: picture }).removeAlpha().resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
  return format === 'ktx2' ? compressed(scaled, { role: 'color', quality }) : encoded(scaled, { format, quality, fullChroma: false })
}

/** Encodes a normal map, at its size: direction is in chroma as much as in luma, so neither is thinned out. */
export async function encodeNormals(picture: Picture, { format, quality }: Omit<EncodeOptions, 'size'>): Promise<EncodedImage> {
  const image = sharp(picture.pixels, { raw: picture })
  return format === 'ktx2' ? compressed(image, { role: 'normals', quality }) : encoded(image, { format, quality, fullChroma: true })
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

async function encoded(image: Sharp, options: { format: FileFormat; quality: number; fullChroma: boolean }): Promise<EncodedImage> {
  const { data, info } = await asFile(image, options).toBuffer({ resolveWithObject: true })
  return { bytes: data, mimeType: `image/${options.format}`, width: info.width, height: info.height }
}

function asFile(image: Sharp, { format, quality, fullChroma }: { format: FileFormat; quality: number; fullChroma: boolean }): Sharp {
  const chromaSubsampling = fullChroma ? '4:4:4' : '4:2:0'
  // sharper chroma: +.55 dB for 3 % more bytes and 150 ms at 2048², 26.25 dB instead of 26.19 from a moved camera
  if (format === 'webp') return image.webp({ quality, smartSubsample: true })
  if (format === 'avif') return image.avif({ quality, effort: AVIF_EFFORT, chromaSubsampling })
  if (format === 'jpeg') return image.jpeg({ quality, mozjpeg: true, chromaSubsampling })
  return image.png({ compressionLevel: 9 })
}

async function compressed(image: Sharp, options: Ktx2Options): Promise<EncodedImage> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true })
  const size = ktx2Size(info)
  const pixels = await sharp(data, { raw: info }).resize({ ...size, fit: 'fill' }).raw().toBuffer()
  return { bytes: await encodeKtx2({ ...size, channels: 3, pixels }, options), mimeType: 'image/ktx2', ...size }
}
