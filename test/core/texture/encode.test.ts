import sharp from 'sharp'
import { expect, it } from 'vitest'
import type { Picture } from '../../../src/core/texture/color.js'
import { encodeForLevel, encodePicture, encodePlaceholder, textureSize } from '../../../src/core/texture/encode.js'

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

it('halves the texture for every quarter of the triangles', () => {
  const sizes = (triangles: number[], size = 2048) => triangles.map((_, level) => textureSize(size, level, triangles))
  expect(sizes([100_000, 25_000, 6000, 1500])).toEqual([2048, 1024, 512, 256])
  expect(sizes([50_000, 5000])).toEqual([2048, 256])
  expect(sizes([2, 2, 2])).toEqual([2048, 1024, 256])
  expect(sizes([100_000])).toEqual([2048])
  expect(sizes([100, 50, 20], 128)).toEqual([128, 64, 32])
})

it.each(['webp', 'png', 'ktx2'] as const)('makes the coarsest level small enough to be seen first, even of noise (%s)', async (format) => {
  const picture = noise(512, 256)
  const encode = (size: number) => encodePicture(picture, { format, quality: 80, size })
  const use = { size: 512, triangles: [4000, 1000], textures: 2 }
  const coarsest = await encodeForLevel({ ...use, level: 1 }, encode)
  expect(coarsest.bytes.length).toBeLessThan(14 * 1024)
  expect(coarsest.bytes.length).toBeGreaterThan(5 * 1024)
  if (format !== 'ktx2') expect(await encodeForLevel({ ...use, level: 0 }, encode)).toMatchObject({ width: 512, height: 256 })
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
