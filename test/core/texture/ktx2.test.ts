import { read } from 'ktx-parse'
import { expect, it, vi } from 'vitest'
import { encodeKtx2, ktx2Size } from '../../../src/core/texture/ktx2.js'
import type { Picture } from '../../../src/core/texture/color.js'

const waves: Picture = {
  width: 64,
  height: 32,
  channels: 3,
  pixels: Uint8Array.from({ length: 64 * 32 * 3 }, (_, i) => 128 + Math.round(100 * Math.sin(i / 17))),
}

it.each([
  ['color', 163, 2, 1],
  ['normals', 166, 1, 2],
] as const)('writes %s with all mip levels, in their colour space, without a word', async (role, colorModel, transferFunction, supercompression) => {
  const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(console, 'log')]
  const bytes = await encodeKtx2(waves, { role, quality: 80 })
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  vi.restoreAllMocks()
  const container = read(bytes)
  expect(container).toMatchObject({ pixelWidth: 64, pixelHeight: 32, supercompressionScheme: supercompression })
  expect(container.levels).toHaveLength(7)
  expect(container.dataFormatDescriptor[0]).toMatchObject({ colorModel, transferFunction })
  expect(Buffer.from(await encodeKtx2(waves, { role, quality: 80 })).equals(Buffer.from(bytes))).toBe(true)
})

it('spends more bytes on more quality', async () => {
  const sizes = []
  for (const quality of [10, 80, 100]) sizes.push((await encodeKtx2(waves, { role: 'color', quality })).length)
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
  expect(sizes[2]).toBeGreaterThan(sizes[0])
})

it('has sides of whole blocks, and says when a picture is too large', () => {
  expect(ktx2Size({ width: 1023, height: 3 })).toEqual({ width: 1024, height: 4 })
  expect(ktx2Size({ width: 1, height: 690 })).toEqual({ width: 4, height: 692 })
  const large = () => ktx2Size({ width: 4096, height: 4096 })
  expect(large).toThrow(
    expect.objectContaining({
      message: 'texture.size: expected at most 3547 for this picture as KTX2, got 4096',
      hint: 'The KTX2 encoder takes 12 million texels: lower texture.size, or use "webp".',
    }),
  )
})
