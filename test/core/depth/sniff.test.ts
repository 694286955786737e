import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decode, refusal as refusalOf } from '../../support/decode.js'

const refusal = (bytes: Uint8Array | string): Promise<string> => refusalOf(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)

const SAVE_AS = 'Save the depth map as a 16-bit gray PNG, a TIFF or an EXR.'
const DOWNLOAD = 'The download saved a page instead of the picture: fetch the file itself.'
const BESIDE_PHOTO = 'An iPhone keeps depth beside the photo in it: "heif-convert --with-aux x.heic x.png" writes both. Any other map has to be exported again, as a 16-bit gray PNG.'
const convert = (extension: string, flaw = 'from this copy the fine levels are gone') =>
  `Export the depth map again as a 16-bit gray PNG: ${flaw}. If this copy is all there is, "npx sharp-cli -i x.${extension} -o x.depth.png greyscale" makes a PNG of it.`

describe('a file that is no PNG, TIFF or EXR', () => {
  it.each([
    ['an empty file (0 bytes)', '', 'Export it again: the export was cut short or the disk was full.'],
    ['a Git LFS pointer, not the picture it stands for', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n', 'Run "git lfs pull" to fetch the picture.'],
    ['a JPEG picture', '\xff\xd8\xff\xe0\0\x10JFIF', convert('jpg', 'JPEG keeps 8 bits and blurs silhouettes')],
    ['a WebP picture', 'RIFF\x38\0\0\0WEBPVP8L', convert('webp')],
    ['an AVIF picture', '\0\0\0\x1cftypavif\0\0\0\0', convert('avif')],
    ['a HEIC picture', '\0\0\0\x18ftypheic\0\0\0\0', BESIDE_PHOTO],
    ['a video', '\0\0\0\x18ftypisom\0\0\0\0', 'Save one frame of it as a 16-bit gray PNG.'],
    ['a JPEG XL picture', '\xff\x0a\0\0', SAVE_AS],
    ['a JPEG XL picture', '\0\0\0\x0cJXL \r\n\x87\n', SAVE_AS],
    ['a JPEG 2000 picture', '\0\0\0\x0cjP  \r\n\x87\n', SAVE_AS],
    ['a JPEG 2000 picture', '\xff\x4f\xff\x51\0\x2f', SAVE_AS],
    ['a GIF picture', 'GIF89a\x10\0', convert('gif')],
    ['a BMP picture', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0', SAVE_AS],
    ['a Photoshop document', '8BPS\0\x01', 'In Photoshop: Image > Mode > Grayscale and 16 Bits/Channel, then File > Save a Copy as PNG.'],
    ['a Radiance HDR picture', '#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n', 'Save it as EXR (32-bit float) or as a 16-bit gray PNG.'],
    ['a portable float map (PFM)', 'Pf\n741 500\n-1.0\n', 'Convert it to a float TIFF: cv2.imwrite("x.depth.tif", cv2.imread("x.pfm", cv2.IMREAD_UNCHANGED)).'],
    ['a portable gray or colour map (PGM, PPM)', 'P5\n64 64\n65535\n', SAVE_AS],
    ['a DDS texture', 'DDS \x7c\0\0\0', SAVE_AS],
    ['a KTX texture', '\xabKTX 20\xbb\r\n\x1a\n', SAVE_AS],
    ['a NumPy array (.npy)', '\x93NUMPY\x01\0', 'Write it as a picture: cv2.imwrite("x.depth.tif", array.astype("float32")).'],
    ['a NumPy archive (.npz)', `PK\x03\x04${'\0'.repeat(26)}arr_0.npy\x93NUMPY`, 'Write the array in it as a picture: cv2.imwrite("x.depth.tif", array.astype("float32")).'],
    ['a ZIP archive', `PK\x03\x04${'\0'.repeat(26)}depth.png`, 'Unpack it and use the picture in it.'],
    ['a gzip archive', '\x1f\x8b\x08\0', 'Unpack it and use the picture in it.'],
    ['a Blender file', 'BLENDER-v300', 'Render the Z pass and save it as EXR.'],
    ['a glTF model (.glb)', 'glTF\x02\0\0\0', SAVE_AS],
    ['a PDF document', '%PDF-1.7', SAVE_AS],
    ['an SVG drawing', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="60000">', SAVE_AS],
    ['a web page (HTML)', '\n<!-- saved --><!DOCTYPE html><html>', DOWNLOAD],
    ['an XML document', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', DOWNLOAD],
    ['a JSON document', '{"near": 1}', 'Settings belong in the sidecar (canyon.depth.json), the picture in canyon.depth.png.'],
  ])('is named: %s', async (found, bytes, hint) => {
    const text = await refusal(bytes)
    expect(text).toMatch(/^INPUT_(UNSUPPORTED|UNREADABLE): /)
    expect(text.replace(/^\w+: /, '')).toBe(`expected a PNG, TIFF or EXR, found ${found}. ${hint}`)
  })

  it('is read when it was made a PNG as the hint says, also where JPEG left its channels a level apart', async () => {
    const pixels = Uint8Array.from({ length: 32 * 16 * 3 }, (_, i) => 40 + Math.floor(i / 3) % 32 * 4 + (i % 3 === 2 ? 1 : 0))
    const jpeg = await sharp(pixels, { raw: { width: 32, height: 16, channels: 3 } }).jpeg({ quality: 95 }).toBuffer()
    expect(await refusal(jpeg)).toContain('npx sharp-cli -i x.jpg -o x.depth.png greyscale')
    // What `sharp-cli … greyscale` calls.
    expect(await decode(await sharp(jpeg).greyscale().png().toBuffer())).toMatchObject({ width: 32, height: 16, bitDepth: 8 })
  })

  it('is described where it has no name', async () => {
    expect(await refusal(new Uint8Array(4096))).toBe(
      'INPUT_UNREADABLE: expected a PNG, TIFF or EXR, found 4096 bytes that are all zero. Copy it again from where it was exported: the copy reserved its space and never arrived.',
    )
    expect(await refusal('')).toBe('INPUT_UNREADABLE: expected a PNG, TIFF or EXR, found an empty file (0 bytes). Export it again: the export was cut short or the disk was full.')
    expect(await refusal('depth of the canyon, left eye')).toContain('found text that begins with "depth of the canyon, lef"')
    expect(await refusal(Uint8Array.of(1, 2, 0xab, 4, 5, 6, 7, 8, 9))).toBe(`INPUT_UNREADABLE: expected a PNG, TIFF or EXR, found a file of no known format that begins with 01 02 ab 04 05 06 07 08. ${SAVE_AS}`)
    expect(await refusal(Uint8Array.of(0x89, 1, 2))).toContain('found a file of no known format that begins with 89 01 02.')
  })

  it('is recognised as raw levels of a square, as terrain programs write them', async () => {
    const expected = 'INPUT_UNSUPPORTED: expected a PNG, TIFF or EXR, found no format, but as many bytes as'
    expect(await refusal(new Uint8Array(2 * 129 * 129).fill(7))).toBe(
      `${expected} 129 × 129 raw 16-bit levels have (.r16, .raw). Export a 16-bit PNG instead, or make one of it: cv2.imwrite("x.depth.png", numpy.fromfile("x.r16", "<u2").reshape(129, 129)).`,
    )
    expect(await refusal(new Uint8Array(4 * 257 * 257).fill(7))).toBe(
      `${expected} 257 × 257 raw 32-bit floats have (.r32, .raw). Export a TIFF or an EXR instead, or make one of it: cv2.imwrite("x.depth.tif", numpy.fromfile("x.r32", "<f4").reshape(257, 257)).`,
    )
    expect(await refusal(new Uint8Array(2 * 129 * 129 + 2).fill(7))).toContain('found a file of no known format')
  })

  it('is told from a PNG that was copied as text', async () => {
    expect(await refusal('\x89PNG\n\x1a\n\0\0\0\rIHDR')).toBe(
      'INPUT_UNREADABLE: expected a PNG, TIFF or EXR, found a PNG whose first 8 bytes are mangled, as copying it as text does. Copy it again in binary mode; in Git, mark it: *.png binary in .gitattributes.',
    )
  })
})
