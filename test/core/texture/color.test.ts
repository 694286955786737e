import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { formatError } from '../../../src/core/errors.js'
import { alphaAt, coverage, decodeColor, grayAt, padEdges, shrinkPicture, type Picture } from '../../../src/core/texture/color.js'
import { encodeNormals, encodePicture } from '../../../src/core/texture/encode.js'

const ENOUGH = { size: 4096, maxPixels: 2 ** 26 }

const png = (width: number, height: number, channels: 3 | 4, pixel: (x: number, y: number) => number[]) => {
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(pixel(x, y), (y * width + x) * channels)
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer()
}

const errorOf = (promise: Promise<unknown>) => promise.then(() => 'no error', (error: unknown) => formatError(error))

describe('decoding', () => {
  it('gives R, G and B as they are', async () => {
    const picture = await decodeColor(await png(4, 2, 3, (x, y) => [x * 10, y * 20, 200]), { width: 4, height: 2 }, ENOUGH)
    expect(picture).toMatchObject({ width: 4, height: 2, channels: 3 })
    expect([...picture.pixels.subarray(12, 18)]).toEqual([0, 20, 200, 10, 20, 200])
  })

  it('stands a picture upright that was taken sideways', async () => {
    const upright = await png(2, 4, 3, (_, y) => [y * 60, 0, 0])
    const sideways = await sharp(upright).rotate(-90).withMetadata({ orientation: 6 }).png().toBuffer()
    const picture = await decodeColor(sideways, { width: 20, height: 40 }, ENOUGH)
    expect([picture.width, picture.height]).toEqual([2, 4])
    expect(picture.pixels.filter((_, i) => i % 6 === 0)).toEqual(Uint8Array.of(0, 60, 120, 180))
  })

  it('reads gray pictures, and drops an alpha that hides nothing', async () => {
    const gray = await sharp(Uint8Array.of(7, 9), { raw: { width: 2, height: 1, channels: 1 } }).toColourspace('b-w').png().toBuffer()
    expect((await decodeColor(gray, { width: 2, height: 1 }, ENOUGH)).pixels).toEqual(Uint8Array.of(7, 7, 7, 9, 9, 9))
    const opaque = await png(2, 1, 4, (x) => [1 + x, 2 + x, 3 + x, 255])
    expect(await decodeColor(opaque, { width: 2, height: 1 }, ENOUGH)).toMatchObject({ channels: 3, pixels: Uint8Array.of(1, 2, 3, 2, 3, 4) })
    const clear = await sharp(Uint8Array.of(7, 0, 9, 200), { raw: { width: 2, height: 1, channels: 2 } }).toColourspace('b-w').png().toBuffer()
    expect(await decodeColor(clear, { width: 2, height: 1 }, ENOUGH)).toMatchObject({ channels: 4, pixels: Uint8Array.of(7, 7, 7, 0, 9, 9, 9, 200) })
  })

  it('scales down to what is enough, never up', async () => {
    const bytes = await png(64, 32, 3, () => [9, 9, 9])
    expect(await decodeColor(bytes, { width: 64, height: 32 }, { ...ENOUGH, size: 16 })).toMatchObject({ width: 16, height: 8 })
    expect(await decodeColor(bytes, { width: 64, height: 32 }, { ...ENOUGH, size: 1000 })).toMatchObject({ width: 64, height: 32 })
    for (const [width, height] of [[64, 1], [1, 64]] as const) {
      const line = await decodeColor(await png(width, height, 3, () => [9, 9, 9]), { width, height }, { ...ENOUGH, size: 16 })
      expect(line).toMatchObject({ width: Math.min(width, 16), height: Math.min(height, 16) })
    }
  })

  it('takes any size of the same aspect, a pixel of rounding included', async () => {
    const bytes = await png(341, 256, 3, () => [9, 9, 9])
    await expect(decodeColor(bytes, { width: 1024, height: 768 }, ENOUGH)).resolves.toBeDefined()
    await expect(decodeColor(await png(3, 2, 3, () => [9, 9, 9]), { width: 1024, height: 768 }, ENOUGH)).resolves.toBeDefined()
  })

  it('says of a map that was squeezed to multiples of 64 which size it had', async () => {
    const said = async (map: { width: number; height: number }, width: number, height: number) => errorOf(decodeColor(await png(width, height, 3, () => [9, 9, 9]), map, ENOUGH))
    const squeezed = 'The sides of the map are multiples of 64, to which ControlNet’s preprocessors squeeze a picture: if it was not cropped, resize it to'
    expect(await said({ width: 896, height: 512 }, 480, 270)).toContain(`${squeezed} 896×504.`)
    expect(await said({ width: 512, height: 704 }, 225, 300)).toContain(`${squeezed} 512×683.`)
    expect(await said({ width: 504, height: 280 }, 480, 270)).toContain('The sides of the map are multiples of 14, to which estimators like Depth Anything 3 squeeze a picture: if it was not cropped, resize it to 504×284.')
    expect(await said({ width: 896, height: 512 }, 300, 300)).toContain('Crop or render both')
    expect(await said({ width: 890, height: 512 }, 480, 270)).toContain('Crop or render both')
  })

  it('says of a map that is as wide as two such pictures where the map may be in it', async () => {
    const bytes = await png(64, 48, 3, () => [9, 9, 9])
    const beside = (from: number) => `The map is as wide as two such pictures: if it holds a picture and its map side by side, save the map alone, or cut it out: 64 × 48 pixels from x = ${from} on.`
    expect(await errorOf(decodeColor(bytes, { width: 178, height: 48 }, ENOUGH))).toContain(beside(114))
    expect(await errorOf(decodeColor(bytes, { width: 128, height: 48 }, ENOUGH))).toContain(beside(64))
    expect(await errorOf(decodeColor(bytes, { width: 230, height: 48 }, ENOUGH))).toContain('Crop or render both')
  })

  it('names both sizes when the aspects differ', async () => {
    const bytes = await png(200, 100, 3, () => [9, 9, 9])
    expect(await errorOf(decodeColor(bytes, { width: 400, height: 300 }, ENOUGH))).toBe(
      "expected the colour picture to have the depth map's aspect (400×300), found 200×100. Crop or render both from the same view; their sizes may differ, their aspects may not.",
    )
    expect(await errorOf(decodeColor(bytes, { width: 100, height: 200 }, ENOUGH))).toContain('One of the two is turned by 90°: turn it back.')
  })

  it('says so when it was not fetched', async () => {
    const pointer = Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n')
    expect(await errorOf(decodeColor(pointer, { width: 4, height: 4 }, ENOUGH))).toBe('expected a picture, found a Git LFS pointer, not the picture it stands for. Run "git lfs pull" to fetch the picture.')
  })

  it('says so when it is no picture', async () => {
    const message = 'expected a picture (PNG, JPEG, WebP, AVIF or TIFF), found none that can be decoded. Save it again as PNG or JPEG.'
    expect(await errorOf(decodeColor(new TextEncoder().encode('<!doctype html>'), { width: 2, height: 1 }, ENOUGH))).toBe(message)
    expect(await errorOf(decodeColor(new Uint8Array(0), { width: 1, height: 1 }, ENOUGH))).toBe(message)
  })

  it('says so when it is only a part of one', async () => {
    const bytes = await png(64, 64, 3, (x, y) => [x, y, x ^ y])
    const half = bytes.subarray(0, bytes.length / 2)
    expect(await errorOf(decodeColor(half, { width: 1, height: 1 }, ENOUGH))).toBe(
      `expected a picture (PNG, JPEG, WebP, AVIF or TIFF), found one of 64×64 that is cut off or damaged, in ${half.length.toLocaleString('en-US')} bytes. Save it again as PNG or JPEG.`,
    )
    const photo = await sharp(bytes).jpeg().toBuffer()
    expect(await errorOf(decodeColor(photo.subarray(0, photo.length - 100), { width: 1, height: 1 }, ENOUGH))).toContain('found one of 64×64 that is cut off or damaged')
  })

  it.each([Infinity, 5000.5])('takes any number as the limit: %d', async (maxPixels) => {
    expect(await decodeColor(await png(64, 64, 3, () => [9, 9, 9]), { width: 64, height: 64 }, { size: 64, maxPixels })).toMatchObject({ width: 64, height: 64 })
  })

  it('refuses a picture that is too large', async () => {
    const bytes = await png(64, 64, 3, () => [0, 0, 0])
    expect(await errorOf(decodeColor(bytes, { width: 64, height: 64 }, { size: 64, maxPixels: 1000 }))).toBe(
      'expected a picture (PNG, JPEG, WebP, AVIF or TIFF), found a picture of more than 1000 pixels. Save it again as PNG or JPEG.',
    )
  })
})

/** Red where x < 4, green but invisible beyond. */
const half: Picture = {
  width: 16,
  height: 8,
  channels: 4,
  pixels: Uint8Array.from({ length: 16 * 8 * 4 }, (_, i) => (Math.floor(i / 4) % 16 < 4 ? [200, 10, 10, 255] : [0, 255, 0, 0])[i % 4]),
}

describe('alpha', () => {
  it('is given at the size of the map', async () => {
    const alpha = await alphaAt(half, 32, 16)
    expect(alpha).toHaveLength(32 * 16)
    expect([alpha?.[0], alpha?.[31]]).toEqual([255, 0])
    expect(await alphaAt({ ...half, channels: 3 }, 4, 4)).toBeNull()
  })

  it('is told of a map where it has gaps', () => {
    expect(coverage({ width: 3, height: 1, disparity: Float32Array.of(0, NaN, 1) })).toEqual({ width: 3, height: 1, data: Uint8Array.of(255, 0, 255) })
    expect(coverage({ width: 3, height: 1, disparity: new Float32Array(3) })).toBeUndefined()
  })

  it('keeps what is invisible out of the texture', () => {
    const padded = padEdges(half)
    expect(padded.channels).toBe(3)
    for (let i = 0; i < padded.pixels.length; i += 3) expect([...padded.pixels.subarray(i, i + 3)]).toEqual([200, 10, 10])
  })

  it('keeps what a mask excludes out as well, and leaves the rest alone', () => {
    const photo: Picture = { width: 8, height: 8, channels: 3, pixels: Uint8Array.from({ length: 192 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 40 + Math.floor(i / 24) : 255)) }
    const mask = { width: 2, height: 1, data: Uint8Array.of(255, 0) }
    const padded = padEdges(photo, mask)
    for (let y = 0; y < 8; y++) {
      expect(padded.pixels[y * 24]).toBe(40 + y)
      expect(padded.pixels[y * 24 + 21]).toBeLessThan(50)
    }
    expect(padEdges(photo)).toBe(photo)
  })
})

it('gives a gray picture of the size of the map', async () => {
  const gray = await grayAt({ width: 64, height: 32, channels: 3, pixels: new Uint8Array(64 * 32 * 3).fill(90) }, { width: 16, height: 8 })
  expect(gray).toMatchObject({ width: 16, height: 8, sourceWidth: 64, sourceHeight: 32 })
  expect(gray.gray).toHaveLength(128)
  expect(gray.gray[5]).toBe(90)
})

it.each([[64, 32], [50, 20], [24, 12], [16, 4]])('lays a smaller picture’s gray and alpha over a map of %i × %i in their places', async (width, height) => {
  // 10 levels a column, 4 a row
  const ramp = (u: number, v: number) => 10 * u + 4 * v
  const planes = <Channels extends 3 | 4>(channels: Channels) =>
    ({ width: 16, height: 8, channels, pixels: Uint8Array.from({ length: 16 * 8 * channels }, (_, i) => ramp((Math.floor(i / channels) % 16) + 0.5, Math.floor(i / 16 / channels) + 0.5)) })
  const { gray } = await grayAt(planes(3), { width, height })
  const alpha = await alphaAt(planes(4), width, height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [((x + 0.5) * 16) / width, ((y + 0.5) * 8) / height]
      // (at the rim there is nothing to take a mean with)
      if (u < 2 || v < 2 || u > 14 || v > 6) continue
      expect(Math.abs(gray[y * width + x] - ramp(u, v)), `gray at ${x}, ${y}`).toBeLessThan(1.1)
      expect(Math.abs((alpha?.[y * width + x] ?? NaN) - ramp(u, v)), `alpha at ${x}, ${y}`).toBeLessThan(1.1)
    }
  }
})

describe('scaling down', () => {
  it('leaves everything at its place, also where a side has to be rounded: 200 × 111 to 100 × 56', async () => {
    // a ramp of 6 levels a row, from row 72 on
    const picture: Picture = { width: 200, height: 111, channels: 3, pixels: Uint8Array.from({ length: 3 * 200 * 111 }, (_, i) => Math.max(0, 6 * (Math.floor(i / 600) - 72))) }
    const unpack = async (bytes: Uint8Array) => ({ width: 100, height: 56, pixels: new Uint8Array(await sharp(bytes).removeAlpha().raw().toBuffer()) })
    const png = { format: 'png', quality: 100, size: 100 } as const
    const read = await decodeColor(await sharp(picture.pixels, { raw: picture }).png().toBuffer(), picture, { size: 100, maxPixels: 1e6 })
    for (const small of [read, await shrinkPicture(picture, 100), await unpack((await encodePicture(picture, png)).bytes), await unpack((await encodeNormals(picture, png)).bytes)]) {
      expect([small.width, small.height]).toEqual([100, 56])
      for (let row = 40; row < 54; row++) expect(Math.abs(small.pixels[3 * (100 * row + 50)] - 6 * (((row + 0.5) * 111) / 56 - 0.5 - 72))).toBeLessThan(1)
    }
  })
})
