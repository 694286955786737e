import { crc32 } from 'node:zlib'
import { DepthMeshError } from '../errors.js'
import { cutOff, damaged } from './damage.js'
import { checkSize, group } from './limits.js'

/** What a PNG says about itself. */
export interface PngProbe {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** Bits a sample (or palette index) has. */
  bitDepth: number
  colour: 'gray' | 'rgb' | 'palette' | 'gray+alpha' | 'rgb+alpha'
  interlaced: boolean
  /** `gAMA 0.45455`, `sRGB`, `iCCP`, `cICP`, `cHRM`: what says how the levels should look, which is no business of depth. */
  colourChunks: string[]
  /** Colours by index: `stride` bytes each, R, G, B and, where some are transparent, A. */
  palette: { values: Uint8Array; stride: 3 | 4 } | null
  /** The data of its IDAT chunks: one zlib stream. */
  packed: Uint8Array
}

type Header = Pick<PngProbe, 'width' | 'height' | 'bitDepth' | 'colour' | 'interlaced'>

const SIGNATURE_BYTES = 8

/** Length, name and check sum around the data of a chunk. */
const CHUNK_OVERHEAD = 12

const COLOURS = new Map<number, { colour: PngProbe['colour']; bitDepths: readonly number[] }>([
  [0, { colour: 'gray', bitDepths: [1, 2, 4, 8, 16] }],
  [2, { colour: 'rgb', bitDepths: [8, 16] }],
  [3, { colour: 'palette', bitDepths: [1, 2, 4, 8] }],
  [4, { colour: 'gray+alpha', bitDepths: [8, 16] }],
  [6, { colour: 'rgb+alpha', bitDepths: [8, 16] }],
])

const COLOUR_CHUNKS = ['gAMA', 'sRGB', 'iCCP', 'cICP', 'cHRM']

/**
 * Walks the chunks of a PNG without unpacking anything: structure, check sums, header and size. Text and profiles are left alone
 * (a 0.2 MB zTXt chunk unpacks to 200 MB), and so is what stands behind the end.
 *
 * ```
 * signature │ IHDR │ … │ IDAT IDAT IDAT │ … │ IEND │ (ignored)
 *             length · name · data · crc32 each
 * ```
 *
 * @throws DepthMeshError `INPUT_UNREADABLE` names the damaged chunk; `INPUT_UNSUPPORTED`; `INPUT_TOO_LARGE`.
 */
export function probePng(bytes: Uint8Array, maxPixels: number): PngProbe {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const colourChunks: string[] = []
  let header: Header | undefined
  let colours: Uint8Array | null = null
  let alphas: Uint8Array | null = null
  let previous = ''
  const packed: Uint8Array[] = []

  for (let at = SIGNATURE_BYTES; ; ) {
    if (at + CHUNK_OVERHEAD > bytes.length) throw cutOff('PNG', inChunk(previous), bytes.length)
    const length = view.getUint32(at)
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (!/^[A-Za-z]{4}$/.test(name)) throw damaged('PNG', `no chunk where one should begin, at byte ${at}`)
    const end = at + CHUNK_OVERHEAD + length
    if (end > bytes.length) throw cutOff('PNG', inChunk(name), bytes.length)
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) throw damaged('PNG', `a damaged ${name} chunk at byte ${at} (its check sum is wrong)`)

    // (1) The header comes first, and limits are checked before anything else is believed.
    const data = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length)
    if (header === undefined) {
      if (name === 'CgBI') {
        throw new DepthMeshError('INPUT_UNSUPPORTED', 'expected a standard PNG, found one that Xcode packed for iOS (CgBI)', {
          hint: 'Use the original, or unpack it: xcrun pngcrush -revert-iphone-optimizations in.png out.png.',
        })
      }
      if (name !== 'IHDR' || length !== 13) throw damaged('PNG', `${name} where the header (IHDR) should stand`)
      header = readHeader(data)
      checkSize(header.width, header.height, maxPixels)
    } else if (name === 'IHDR') throw damaged('PNG', 'a second header (IHDR)')

    // (2) Keep what the pixels are made of, note what speaks of colour, pass over the rest.
    if (name === 'IDAT') {
      if (packed.length > 0 && previous !== 'IDAT') throw damaged('PNG', 'pixel data (IDAT) in two places')
      if (header.colour === 'palette' && colours === null) throw damaged('PNG', 'a palette picture without its palette (PLTE)')
      packed.push(bytes.subarray(at + 8, end - 4))
    } else if (name === 'PLTE') {
      if (colours !== null || packed.length > 0 || length === 0 || length % 3 > 0 || length > 768) throw damaged('PNG', 'a broken palette (PLTE)')
      colours = bytes.subarray(at + 8, end - 4)
    } else if (name === 'tRNS') {
      // Of a gray or RGB picture it names one colour that is transparent: a level like any other, as far as depth goes.
      alphas = bytes.subarray(at + 8, end - 4)
    } else if (COLOUR_CHUNKS.includes(name)) {
      colourChunks.push(name === 'gAMA' && length === 4 ? `gAMA ${data.getUint32(0) / 100_000}` : name)
    } else if (isCritical(name) && name !== 'IHDR' && name !== 'IEND') {
      throw new DepthMeshError('INPUT_UNSUPPORTED', `expected a standard PNG, found one with an unknown critical chunk (${name})`, { hint: 'Save it again from a paint program.' })
    }

    // (3) The end.
    previous = name
    at = end
    if (name === 'IEND') break
  }
  if (packed.length === 0) throw damaged('PNG', 'no pixel data (IDAT)')
  const palette = header.colour === 'palette' && colours !== null ? paletteOf(colours, alphas) : null
  return { ...header, colourChunks, palette, packed: Buffer.concat(packed) }
}

function readHeader(data: DataView): Header {
  const width = data.getUint32(0)
  const height = data.getUint32(4)
  const bitDepth = data.getUint8(8)
  const type = COLOURS.get(data.getUint8(9))
  if (width === 0 || height === 0) throw damaged('PNG', `a header that says ${group(width)} × ${group(height)} pixels`)
  if (type === undefined) throw damaged('PNG', `a header with colour type ${data.getUint8(9)}, which PNG does not have`)
  if (!type.bitDepths.includes(bitDepth)) throw damaged('PNG', `a header that says ${bitDepth} bits for ${type.colour}, which PNG does not have`)
  if (data.getUint8(10) !== 0 || data.getUint8(11) !== 0 || data.getUint8(12) > 1) throw damaged('PNG', 'a header with a compression, filter or interlacing that PNG does not have')
  return { width, height, bitDepth, colour: type.colour, interlaced: data.getUint8(12) === 1 }
}

/** An upper-case first letter: the picture can't be read without it. */
function isCritical(name: string): boolean {
  return name < 'a'
}

/** R, G, B and A side by side; colours without an alpha of their own are opaque. */
function paletteOf(colours: Uint8Array, alphas: Uint8Array | null): PngProbe['palette'] {
  if (alphas === null) return { values: colours, stride: 3 }
  const values = new Uint8Array((colours.length / 3) * 4).fill(255)
  for (let i = 0; i < colours.length / 3; i++) {
    values.set(colours.subarray(i * 3, i * 3 + 3), i * 4)
    if (i < alphas.length) values[i * 4 + 3] = alphas[i]
  }
  return { values, stride: 4 }
}

function inChunk(name: string): string {
  return name === '' ? '' : ` in or after its ${name} chunk`
}
