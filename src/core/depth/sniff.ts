import { DepthMeshError } from '../errors.js'
import { LFS_POINTER } from '../lfs-pointer.js'

/** The formats that hold depth maps. */
export type DepthFormat = 'png' | 'tiff' | 'exr'

/** How a format that holds no depth map is recognised, what people call it, and what to do instead. */
interface Foreign {
  found: string
  matches: (head: Head) => boolean
  hint: string
}

/** The first bytes of a file, as bytes and as text. */
interface Head {
  bytes: Uint8Array
  text: string
}

/** Bytes that are looked at to name a format: enough for a web page whose `<html` stands behind a comment. */
export const SNIFFED_BYTES = 512

/** The first bytes of every PNG. */
export const PNG_SIGNATURE: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const SAVE_AS = 'Save the depth map as a 16-bit gray PNG, a TIFF or an EXR.'
const DOWNLOAD = 'The download saved a page instead of the picture: fetch the file itself.'
const BESIDE_PHOTO = 'An iPhone keeps depth beside the photo in it: "heif-convert --with-aux x.heic x.png" writes both. Any other map has to be exported again, as a 16-bit gray PNG.'

/** For what sharp-cli reads; its PNG is gray, where the picture's own channels differ by what was rounded. */
function convert(extension: string, flaw = 'from this copy the fine levels are gone'): string {
  return `Export the depth map again as a 16-bit gray PNG: ${flaw}. If this copy is all there is, "npx sharp-cli -i x.${extension} -o x.depth.png greyscale" makes a PNG of it.`
}

const FOREIGN: Foreign[] = [
  { found: 'a Git LFS pointer, not the picture it stands for', matches: text(LFS_POINTER), hint: 'Run "git lfs pull" to fetch the picture.' },
  { found: 'a JPEG picture', matches: magic(0xff, 0xd8, 0xff), hint: convert('jpg', 'JPEG keeps 8 bits and blurs silhouettes') },
  { found: 'a WebP picture', matches: text(/^RIFF[^]{4}WEBP/), hint: convert('webp') },
  { found: 'an AVIF picture', matches: text(/^[^]{4}ftyp(avif|avis)/), hint: convert('avif') },
  { found: 'a HEIC picture', matches: text(/^[^]{4}ftyp(heic|heix|mif1|msf1)/), hint: BESIDE_PHOTO },
  { found: 'a video', matches: text(/^[^]{4}ftyp/), hint: 'Save one frame of it as a 16-bit gray PNG.' },
  { found: 'a JPEG XL picture', matches: (head) => magic(0xff, 0x0a)(head) || text(/^[^]{4}JXL /)(head), hint: SAVE_AS },
  { found: 'a JPEG 2000 picture', matches: (head) => magic(0xff, 0x4f, 0xff, 0x51)(head) || text(/^[^]{4}jP {2}/)(head), hint: SAVE_AS },
  { found: 'a GIF picture', matches: text(/^GIF8[79]a/), hint: convert('gif') },
  { found: 'a BMP picture', matches: text(/^BM[^]{4}\0\0\0\0/), hint: SAVE_AS },
  { found: 'a Photoshop document', matches: text(/^8BPS/), hint: 'In Photoshop: Image > Mode > Grayscale and 16 Bits/Channel, then File > Save a Copy as PNG.' },
  { found: 'a Radiance HDR picture', matches: text(/^#\?(RADIANCE|RGBE)/), hint: 'Save it as EXR (32-bit float) or as a 16-bit gray PNG.' },
  { found: 'a portable float map (PFM)', matches: text(/^P[Ff]\s/), hint: 'Convert it to a float TIFF: cv2.imwrite("x.depth.tif", cv2.imread("x.pfm", cv2.IMREAD_UNCHANGED)).' },
  { found: 'a portable gray or colour map (PGM, PPM)', matches: text(/^P[1-6]\s/), hint: SAVE_AS },
  { found: 'a DDS texture', matches: text(/^DDS /), hint: SAVE_AS },
  { found: 'a KTX texture', matches: text(/^\xabKTX/), hint: SAVE_AS },
  { found: 'a NumPy array (.npy)', matches: text(/^\x93NUMPY/), hint: 'Write it as a picture: cv2.imwrite("x.depth.tif", array.astype("float32")).' },
  {
    found: 'a NumPy archive (.npz)',
    matches: text(/^PK[^]{28}[\w.-]+\.npy/),
    hint: 'Write the array in it as a picture: cv2.imwrite("x.depth.tif", array.astype("float32")).',
  },
  { found: 'a ZIP archive', matches: magic(0x50, 0x4b, 3, 4), hint: 'Unpack it and use the picture in it.' },
  { found: 'a gzip archive', matches: magic(0x1f, 0x8b), hint: 'Unpack it and use the picture in it.' },
  { found: 'a Blender file', matches: text(/^BLENDER/), hint: 'Render the Z pass and save it as EXR.' },
  { found: 'a glTF model (.glb)', matches: text(/^glTF/), hint: SAVE_AS },
  { found: 'a PDF document', matches: text(/^%PDF/), hint: SAVE_AS },
  { found: 'an SVG drawing', matches: text(/^\s*(<\?xml[^]*)?<svg/i), hint: SAVE_AS },
  { found: 'a web page (HTML)', matches: text(/^\s*(<!--[^]*)?<(!doctype html|html|head|body)/i), hint: DOWNLOAD },
  { found: 'an XML document', matches: text(/^\s*<\?xml/i), hint: DOWNLOAD },
  { found: 'a JSON document', matches: text(/^\s*[[{]/), hint: 'Settings belong in the sidecar (canyon.depth.json), the picture in canyon.depth.png.' },
]

/** Raw squares have at least this many rows and columns: smaller terrains are none. */
const SMALLEST_SQUARE = 64

/**
 * Tells the format of a depth map by its first bytes; its name plays no part.
 *
 * @param fileBytes bytes of the whole file, where these are its beginning
 * @throws DepthMeshError `INPUT_UNREADABLE` for an empty or mangled file, `INPUT_UNSUPPORTED` for another format, named.
 */
export function sniffFormat(bytes: Uint8Array, fileBytes = bytes.length): DepthFormat {
  if (bytes.length === 0) {
    throw new DepthMeshError('INPUT_UNREADABLE', 'expected a PNG, TIFF or EXR, found an empty file (0 bytes)', {
      hint: 'Export it again: the export was cut short or the disk was full.',
    })
  }
  const head: Head = { bytes, text: String.fromCharCode(...bytes.subarray(0, SNIFFED_BYTES)) }
  if (magic(...PNG_SIGNATURE)(head)) return 'png'
  if (magic(0x76, 0x2f, 0x31, 0x01)(head)) return 'exr'
  if (text(/^(II[*+]\0|MM\0[*+])/)(head)) return 'tiff'
  throw refuse(head, fileBytes)
}

function refuse(head: Head, fileBytes: number): DepthMeshError {
  const { bytes } = head
  const foreign = FOREIGN.find(({ matches }) => matches(head))
  if (foreign) return new DepthMeshError('INPUT_UNSUPPORTED', `expected a PNG, TIFF or EXR, found ${foreign.found}`, { hint: foreign.hint })

  const unreadable = (found: string, hint: string) => new DepthMeshError('INPUT_UNREADABLE', `expected a PNG, TIFF or EXR, found ${found}`, { hint })
  if (bytes.length < PNG_SIGNATURE.length && PNG_SIGNATURE.every((byte, i) => i >= bytes.length || bytes[i] === byte)) {
    return unreadable(`a PNG that is cut off after ${bytes.length} bytes`, 'Export or copy it again.')
  }
  if (head.text.slice(0, 16).includes('IHDR') || head.text.slice(1, 4) === 'PNG') {
    return unreadable(
      'a PNG whose first 8 bytes are mangled, as copying it as text does',
      'Copy it again in binary mode; in Git, mark it: *.png binary in .gitattributes.',
    )
  }
  if (bytes.every((byte) => byte === 0)) return unreadable(`${bytes.length} bytes that are all zero`, 'Copy it again from where it was exported: the copy reserved its space and never arrived.')
  if (/^[\t\n\r\x20-\x7e]{8,}$/.test(head.text)) return unreadable(`text that begins with ${JSON.stringify(head.text.slice(0, 24).trim())}`, SAVE_AS)
  const raw = rawSquare(fileBytes)
  if (raw !== null) return new DepthMeshError('INPUT_UNSUPPORTED', `expected a PNG, TIFF or EXR, found no format, but as many bytes as ${raw.found}`, { hint: raw.hint })
  const first = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return unreadable(`a file of no known format that begins with ${first}`, SAVE_AS)
}

/** What terrain programs write without a header: a square of 16-bit levels or 32-bit floats, which its size gives away. */
function rawSquare(bytes: number): { found: string; hint: string } | null {
  const [levels, floats] = [2, 4].map((each) => Math.sqrt(bytes / each))
  const isSide = (side: number): boolean => Number.isInteger(side) && side >= SMALLEST_SQUARE
  const read = (name: string, type: string, side: number): string => `numpy.fromfile("${name}", "${type}").reshape(${side}, ${side})`
  if (isSide(levels)) {
    return {
      found: `${levels} × ${levels} raw 16-bit levels have (.r16, .raw)`,
      hint: `Export a 16-bit PNG instead, or make one of it: cv2.imwrite("x.depth.png", ${read('x.r16', '<u2', levels)}).`,
    }
  }
  if (!isSide(floats)) return null
  return {
    found: `${floats} × ${floats} raw 32-bit floats have (.r32, .raw)`,
    hint: `Export a TIFF or an EXR instead, or make one of it: cv2.imwrite("x.depth.tif", ${read('x.r32', '<f4', floats)}).`,
  }
}

function magic(...expected: number[]): (head: Head) => boolean {
  return ({ bytes }) => expected.every((byte, i) => bytes[i] === byte)
}

function text(pattern: RegExp): (head: Head) => boolean {
  return (head) => pattern.test(head.text)
}
