import sharp from 'sharp'
import { DepthMeshError } from '../errors.js'
import { pickDepth } from './channels.js'
import type { DecodeOptions, DepthRaster, Pixels } from './raster.js'
import { verifyBlocks } from './tiff-blocks.js'
import { probeTiff, type TiffProbe } from './tiff-probe.js'

/** Compressions that keep what the eye sees, not what was measured. */
const LOSSY = new Map([[6, 'JPEG'], [7, 'JPEG'], [34_712, 'JPEG 2000'], [50_001, 'WebP']])

/** The number that the format has for whole samples without a sign. */
const WHOLE = 1

/**
 * Reads a depth map from a TIFF: whole levels of 1 to 16 bits, signed heights of 16 bits, or 32-bit floats; gray, or colour whose channels agree or one of which is named.
 * The first page counts.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`, `INPUT_UNSUPPORTED`, `INPUT_TOO_LARGE`.
 */
export async function decodeTiff(bytes: Uint8Array, options: DecodeOptions): Promise<DepthRaster> {
  const probe = probeTiff(bytes, options.maxPixels)
  refuseUnknownKinds(probe)
  verifyBlocks(bytes, probe)
  const pixels = probe.sampleFormat === 'signed' ? await readSigned(bytes, probe) : await readPixels(bytes, probe)
  const { width, height, bitDepth, colour } = probe
  const raster: DepthRaster = {
    width,
    height,
    // Signed numbers are no share of a scale, but as they are: the metres of an elevation model.
    format: probe.sampleFormat === 'whole' ? 'unorm' : 'float',
    bitDepth,
    source: 'tiff',
    channels: [...(colour === 'gray' ? ['gray'] : ['r', 'g', 'b']), ...(probe.hasAlpha ? ['alpha'] : [])],
    colourChunks: probe.colourTags,
    georeferenced: probe.georeferenced,
    ...pickDepth(pixels, options),
  }
  if (probe.noData !== null) forget(raster, probe.noData)
  return raster
}

function refuseUnknownKinds({ sampleFormat, bitDepth, colour, channels, hasAlpha, compression }: TiffProbe): void {
  const refuse = (found: string, hint: string): never => {
    throw new DepthMeshError('INPUT_UNSUPPORTED', `expected a TIFF of 8 or 16-bit levels or 32-bit floats, found ${found}`, { hint })
  }
  const isHeights = bitDepth === 16 && colour === 'gray' && channels === 1
  const toFloat = 'Convert it to 32-bit floats: gdal_translate -ot Float32 in.tif out.tif, or cv2.imwrite with array.astype("float32").'
  if (sampleFormat === 'float' && bitDepth !== 32) refuse(`${bitDepth}-bit floats`, toFloat)
  if (sampleFormat === 'signed' && !isHeights) refuse(`signed ${bitDepth}-bit whole numbers`, toFloat)
  if (sampleFormat === 'other') refuse('samples of another kind', toFloat)
  if (sampleFormat === 'whole' && ![1, 2, 4, 8, 16].includes(bitDepth)) refuse(`${bitDepth}-bit whole numbers`, bitDepth > 16 ? toFloat : 'Save it with 16 bits.')
  const lossy = LOSSY.get(compression)
  if (lossy !== undefined) refuse(`${lossy} compression, which is lossy`, 'Save it with LZW or Deflate compression, or without any, from where it is whole.')
  const colours = channels - (hasAlpha ? 1 : 0)
  if (colour === 'other' || (colour === 'rgb' && colours !== 3)) refuse('a palette, CMYK, Lab or other kind of colour', 'Save the map as gray.')
  if (colour === 'gray' && colours !== 1) refuse(`${colours} channels without names`, 'Save depth alone, as gray, or all channels as EXR, where each has its name.')
}

/** The conversions that were measured to keep every value, NaN and Inf included; the obvious ones clip floats to 0..65535, or keep 8 of 16 bits. */
async function readPixels(bytes: Uint8Array, { width, height, bitDepth, sampleFormat, colour }: TiffProbe): Promise<Pixels> {
  const image = sharp(bytes, { ignoreIcc: true, limitInputPixels: width * height })
  const float = sampleFormat === 'float'
  const wide = colour === 'gray' || bitDepth === 16
  const raw = float
    ? image.removeAlpha().toColourspace(colour === 'gray' ? 'b-w' : 'scrgb').raw({ depth: 'float' })
    : wide
      ? image.toColourspace(colour === 'gray' ? 'grey16' : 'rgb16').raw({ depth: 'ushort' })
      : image.raw({ depth: 'uchar' })
  const { data, info } = await raw.toBuffer({ resolveWithObject: true }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message.split('\n').at(-1) : String(cause)
    throw new DepthMeshError('INPUT_UNREADABLE', `expected a sound TIFF of ${width} × ${height} pixels, found one that can't be unpacked (${reason})`, {
      hint: 'Export it again without compression, or copy it again from where it is whole.',
      cause,
    })
  })
  const stride = info.channels
  if (float) return { data: new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4), stride, top: 1, width }
  if (wide) return { data: new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2), stride, top: 65_535, width }
  return { data, stride, top: 255, width }
}

/** Signed 16-bit numbers, whose bits come through as unsigned ones: libvips clips what is below 0. */
async function readSigned(bytes: Uint8Array, probe: TiffProbe): Promise<Pixels> {
  const unsigned = new Uint8Array(bytes) // a copy, of a Buffer too
  if (probe.sampleFormatAt !== null) new DataView(unsigned.buffer).setUint16(probe.sampleFormatAt, WHOLE, probe.littleEndian)
  const { data, ...rest } = await readPixels(unsigned, probe)
  return { ...rest, data: Float32Array.from(data, (bits) => (bits << 16) >> 16), top: 1 }
}

/** Takes away the pixels that hold the "no data" value: floats become NaN, levels transparent. */
function forget(raster: DepthRaster, noData: number): void {
  const { samples, format, bitDepth } = raster
  const stored = Math.fround(format === 'float' ? noData : noData / (2 ** bitDepth - 1))
  if (!samples.includes(stored)) return
  if (format === 'float') {
    for (let i = 0; i < samples.length; i++) if (samples[i] === stored) samples[i] = NaN
  } else {
    raster.alpha ??= new Uint8Array(samples.length).fill(255)
    for (let i = 0; i < samples.length; i++) if (samples[i] === stored) raster.alpha[i] = 0
  }
}
