import type { NodeBasisEncoder } from 'ktx2-encoder'
import { DepthMeshError } from '../errors.js'
import type { Picture } from './color.js'

/** Blocks of GPU formats are 4 × 4 texels, and KHR_texture_basisu asks for sides that are multiples of them. */
const BLOCK = 4
/** `quality` 80, the default, is the encoder's 128 of 255 (640 KiB at 2048²); 100 is its best. */
const QUALITY_EXPONENT = 3
/** The encoder takes at most 12 Mi texels at a time. */
const MAX_TEXELS = 12 * 2 ** 20

export interface Ktx2Options {
  /** `color`: ETC1S, sRGB. `normals`: UASTC with Zstandard, linear, mips renormalised. */
  role: 'color' | 'normals'
  /** 1..100, for `color`. */
  quality: number
}

/**
 * The largest size that a KTX2 texture can have within that of a picture; a block at least. (Never more: libvips lays what it enlarges half a pixel to the right and down.)
 *
 * @throws DepthMeshError `SETTINGS_INVALID` above 12 Mi texels.
 */
export function ktx2Size({ width, height }: { width: number; height: number }): { width: number; height: number } {
  const blocks = (side: number) => Math.max(BLOCK, Math.floor(side / BLOCK) * BLOCK)
  const size = { width: blocks(width), height: blocks(height) }
  if (size.width * size.height <= MAX_TEXELS) return size
  const longest = Math.floor(Math.max(width, height) * Math.sqrt(MAX_TEXELS / width / height))
  throw new DepthMeshError('SETTINGS_INVALID', `texture.size: expected at most ${longest} for this picture as KTX2, got ${Math.max(width, height)}`, {
    hint: 'The KTX2 encoder takes 12 million texels: lower texture.size, or use "webp".',
  })
}

let encoder: Promise<NodeBasisEncoder> | undefined

/**
 * A KTX2 texture with its mip levels, in a universal format that GPUs take compressed: 5.6 MB of their memory at 2048² where RGBA takes 22.4.
 *
 * Slow: about 26 s for 2048² of ETC1S, 18 s for 1024² of UASTC.
 *
 * @param picture opaque, of a size that {@link ktx2Size} gave
 */
export async function encodeKtx2(picture: Picture, { role, quality }: Ktx2Options): Promise<Uint8Array> {
  encoder ??= quietEncoder()
  const { width, height } = picture
  const imageDecoder = () => Promise.resolve({ width, height, data: rgba(picture) })
  const shared = { generateMipmap: true, imageDecoder }
  return (await encoder).encode(
    new Uint8Array(0),
    role === 'color'
      ? { ...shared, isUASTC: false, qualityLevel: Math.max(1, Math.round(255 * (quality / 100) ** QUALITY_EXPONENT)), isPerceptual: true, isSetKTX2SRGBTransferFunc: true }
      : { ...shared, isUASTC: true, needSupercompression: true, isNormalMap: true, isPerceptual: false, isSetKTX2SRGBTransferFunc: false },
  )
}

/**
 * The encoder reports every slice on the console, whatever it is told. It takes hold of `console.log.bind(console)` while it starts,
 * so that is what it gets a silent answer to; everybody else's `console.log` keeps working meanwhile.
 */
async function quietEncoder(): Promise<NodeBasisEncoder> {
  const ktx2 = await import('ktx2-encoder')
  const created = new ktx2.NodeBasisEncoder()
  const { log } = console
  // oxlint-disable-next-line no-console -- nothing is printed: this keeps the encoder from it
  console.log = Object.assign((...words: unknown[]) => log(...words), { bind: () => () => {} })
  try {
    renormaliseMips((await created.init()).BasisEncoder)
  } finally {
    // oxlint-disable-next-line no-console
    console.log = log
  }
  return created
}

/** What the encoder can do and its wrapper doesn't say. */
interface NormalMapEncoder {
  setNormalMapPreset(): void
  setMipRenormalize(renormalise: boolean): void
}

/** Lets the encoder's preset for normal maps be one for their mip levels too, which it leaves averaged: shorter than 1 where normals differ. */
function renormaliseMips({ prototype }: { prototype: object }): void {
  const encoder = prototype as NormalMapEncoder
  const preset = encoder.setNormalMapPreset
  encoder.setNormalMapPreset = function (this: NormalMapEncoder) {
    preset.call(this)
    this.setMipRenormalize(true)
  }
}

function rgba({ width, height, channels, pixels }: Picture): Uint8Array {
  const spread = new Uint8Array(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++) for (let j = 0; j < 3; j++) spread[i * 4 + j] = pixels[i * channels + j]
  return spread
}
