import sharp from 'sharp'
import { expect, it } from 'vitest'
import type { Picture } from '../../../src/core/texture/color.js'
import { encodeForLevel, encodePicture, encodePlaceholder, qualityAt, textureSize } from '../../../src/core/texture/encode.js'

const noise = (width: number, height: number): Picture => {
  let state = 1
  const pixels = new Uint8Array(width * height * 3).map(() => (state = (state * 48_271) % 2_147_483_647) % 256)
  return { width, height, channels: 3, pixels }
}

it.each(['webp', 'avif', 'jpeg', 'png'] as const)('writes %s at the size of the level', async (format) => {
  const image = await encodePicture(noise(64, 32), { format, quality: 80, size: 16 })
  expect(image).toMatchObject({ mimeType: `image/${format}`, width: 16, height: 8 })
  expect(await sharp(image.bytes).metadata()).toMatchObject({ format: format === 'avif' ? 'heif' : format, width: 16, height: 8, hasAlpha: false })
})

it('never enlarges', async () => {
  expect(await encodePicture(noise(64, 32), { format: 'webp', quality: 80, size: 2048 })).toMatchObject({ width: 64, height: 32 })
})

it('halves a texture that is kept whole for every quarter of the triangles, and others half as often beyond the first', () => {
  const sizes = (format: 'png' | 'webp', triangles: number[], size = 2048) => triangles.map((_, level) => textureSize({ role: 'color', format, size, level, triangles }))
  expect(sizes('png', [100_000, 25_000, 6000, 1500])).toEqual([2048, 1024, 512, 256])
  expect(sizes('png', [50_000, 5000])).toEqual([2048, 256])
  expect(sizes('png', [100, 50, 20], 128)).toEqual([128, 64, 32])
  expect(sizes('webp', [100_000, 25_000, 6000, 1500])).toEqual([2048, 1024, 724, 384])
  expect(sizes('webp', [50_000, 5000])).toEqual([2048, 384])
  expect(sizes('webp', [2, 2, 2])).toEqual([2048, 1024, 384])
  expect(sizes('webp', [100_000])).toEqual([2048])
})

it('spends on quality what a small picture leaves of the size, never less than asked for', () => {
  const square = (side: number) => ({ width: side, height: side / 2 })
  expect([4096, 2048, 1024, 512, 256, 16].map((side) => qualityAt({ size: 2048, quality: 80 }, square(side)))).toEqual([80, 80, 84, 88, 90, 90])
  expect(qualityAt({ size: 2048, quality: 95 }, square(64))).toBe(95)
  expect(qualityAt({ size: 64, quality: 10 }, square(64))).toBe(10)
})

it.each(['webp', 'png', 'ktx2'] as const)('makes the coarsest level small enough to be seen first, even of noise (%s)', async (format) => {
  const picture = noise(512, 256)
  const encode = (size: number, quality: number) => encodePicture(picture, { format, quality, size })
  const use = { role: 'color', format, quality: 80, size: 512, firstPixel: 24 * 1024, triangles: [4000, 1000], textures: 2 } as const
  const coarsest = await encodeForLevel({ ...use, level: 1 }, encode)
  expect(coarsest.bytes.length).toBeLessThan(14 * 1024)
  expect(coarsest.bytes.length).toBeGreaterThan(5 * 1024)
  if (format !== 'ktx2') expect(await encodeForLevel({ ...use, level: 0 }, encode)).toMatchObject({ width: 512, height: 256 })
})

it('keeps the size of normal maps for two levels longer, and compresses them harder instead', async () => {
  const asked: [number, number][] = []
  const use = { role: 'normals', format: 'webp', quality: 90, size: 1024, firstPixel: 30 * 1024, triangles: [100_000, 25_000, 6000, 1500, 400], textures: 1 } as const
  for (const level of [0, 1, 2, 3]) {
    await encodeForLevel({ ...use, level }, (size, quality) => {
      asked.push([size, quality])
      return Promise.resolve({ bytes: new Uint8Array(9), mimeType: 'image/webp', width: size, height: size })
    })
  }
  expect(asked).toEqual([[1024, 90], [1024, 90], [1024, 80], [512, 80]])
})

it('lowers the quality of the coarsest normals before their size', async () => {
  // 15 KiB are half of what a relief's textures may weigh: at 512 px that is quality 45 here, and 320 px at the least quality there is.
  const use = { role: 'normals', format: 'webp', quality: 90, size: 1024, firstPixel: 30 * 1024, level: 3, triangles: [100_000, 25_000, 6000, 1500], textures: 2 } as const
  const weighing = (bytesPerTexel: number) =>
    encodeForLevel(use, (size, quality) => Promise.resolve({ bytes: new Uint8Array(size * size * bytesPerTexel * quality), mimeType: `image/${quality}`, width: size, height: size }))
  expect(await weighing(0.0013)).toMatchObject({ width: 512, mimeType: 'image/45' })
  const heavy = await weighing(0.0073)
  expect(heavy.mimeType).toBe('image/20')
  expect(heavy.bytes.length).toBeLessThanOrEqual(15 * 1024)
  expect(heavy.width).toBeGreaterThan(256)
})

it('compresses the coarsest colours as hard as they have to be', async () => {
  const use = { role: 'color', format: 'webp', quality: 80, size: 2048, firstPixel: 24 * 1024, triangles: [100_000, 25_000, 6000, 1500], textures: 1 } as const
  const encode = (bytes: number) => (size: number, quality: number) => Promise.resolve({ bytes: new Uint8Array(bytes * quality), mimeType: `image/${quality}`, width: size, height: size })
  const asked = async (level: number, bytes: number) => {
    const { width, mimeType } = await encodeForLevel({ ...use, level }, encode(bytes))
    return [width, mimeType]
  }
  expect(await Promise.all([0, 1, 2, 3].map((level) => asked(level, 1)))).toEqual([[2048, 'image/80'], [1024, 'image/80'], [724, 'image/80'], [384, 'image/80']])
  // 24 KiB / 440 bytes a step of quality
  expect(await asked(3, 440)).toEqual([384, 'image/55'])
})

it('keeps a placeholder below 2,000 characters, whatever the picture', async () => {
  for (const picture of [noise(640, 480), noise(300, 900), noise(1, 1)]) {
    const uri = await encodePlaceholder(picture)
    expect(uri.length).toBeLessThan(2000)
    const { width = 0, height = 0 } = await sharp(Buffer.from(uri.split(',')[1], 'base64')).metadata()
    expect(Math.max(width, height)).toBeGreaterThan(0)
    expect(width >= height).toBe(picture.width >= picture.height)
  }
})
