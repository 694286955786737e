import { expect, it } from 'vitest'
import { pixelsAround } from '../../../src/core/depth/clean/around.js'
import { seeded } from '../../support/raster.js'

it.each([0, 1, 3])('marks the pixels within %d of given ones, in rows and columns, and no others', (radius) => {
  const [width, height] = [37, 23]
  const random = seeded(radius + 1)
  for (let run = 0; run < 20; run++) {
    const pixels = Array.from({ length: run }, () => Math.floor(random() * width * height))
    const around = pixelsAround(pixels, { width, height }, radius)
    const expected = Uint8Array.from(around, (_, i) =>
      pixels.some((p) => Math.abs((p % width) - (i % width)) <= radius && Math.abs(Math.floor(p / width) - Math.floor(i / width)) <= radius) ? 1 : 0,
    )
    expect(around, `pixels ${pixels.join(', ')}`).toEqual(expected)
  }
})
