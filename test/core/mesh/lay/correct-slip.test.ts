import { describe, expect, it } from 'vitest'
// @ts-expect-error benchmarks are plain JavaScript
import { rasterise } from '../../../../bench/support/rasterise.js'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { errorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { correctSlip } from '../../../../src/core/mesh/lay/correct-slip.js'
import { unproject } from '../../../../src/core/mesh/unproject.js'
import { parseSettings } from '../../../../src/core/options.js'

const SIZE = 120
const settings = parseSettings([{ origin: 'test', settings: { fovY: 60, near: 1, far: 9 } }])
const map: DisparityMap = { width: SIZE, height: SIZE, disparity: new Float32Array(SIZE * SIZE), near: 1, far: 9, relief: 1 }
const model = errorModel(map, settings)

/** Smooth stripes, 12 px from one to the next. */
const stripes = {
  width: SIZE,
  height: SIZE,
  channels: 3 as const,
  pixels: Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, i) => 127 + 100 * Math.sin(((Math.floor(i / 3 / SIZE) + 0.5) * 2 * Math.PI) / 12)),
}

/** A floor that is two triangles: far along the upper edge, near along the lower one. */
const floor = (top: number, bottom: number) => ({
  points: Float32Array.of(0, 0, top, 0, SIZE, bottom, SIZE, 0, top, SIZE, SIZE, bottom),
  triangles: Uint32Array.of(0, 1, 2, 2, 1, 3),
})

/** Largest difference between the picture and the source view of a surface that wears `texture`. */
const difference = (surface: ReturnType<typeof floor>, texture: typeof stripes): number => {
  const mesh = unproject(surface, map, settings)
  const { rgb } = rasterise([{ ...mesh, texture: { ...texture, data: texture.pixels } }], { eye: [0, 0, 0], fovY: 60, width: SIZE, height: SIZE })
  let most = 0
  for (let i = 0; i < rgb.length; i++) most = Math.max(most, Math.abs(rgb[i] - stripes.pixels[i]))
  return most
}

describe('correctSlip', () => {
  it('takes the slip out of a floor of two triangles', () => {
    const surface = floor(0.1, 0.5)
    expect(difference(surface, stripes)).toBeGreaterThan(150)
    expect(difference(surface, correctSlip(stripes, surface, map, model))).toBeLessThan(50)
  })

  it('leaves the picture as it is, to the byte, where nothing slips: parallel to the picture, and on reliefs', () => {
    const wall = floor(0.4, 0.4)
    expect(correctSlip(stripes, wall, map, model)).toBe(stripes)
    expect(difference(wall, stripes)).toBeLessThan(1)
    const relief = parseSettings([{ origin: 'test', settings: { projection: 'orthographic' } }])
    expect(correctSlip(stripes, floor(0, 1), map, errorModel(map, relief))).toBe(stripes)
  })

  it('is laid for what is seen where a surface lies over itself, whichever comes first', () => {
    const [wall, behind] = [floor(0.9, 0.9), floor(0.1, 0.5)]
    const join = (a: typeof wall, b: typeof wall) => ({ points: Float32Array.of(...a.points, ...b.points), triangles: Uint32Array.of(...a.triangles, ...b.triangles.map((vertex) => vertex + 4)), folded: true })
    for (const surface of [join(wall, behind), join(behind, wall)]) expect(correctSlip(stripes, surface, map, model).pixels).toEqual(stripes.pixels)
    const [near, far] = [floor(0.5, 0.9), floor(0.1, 0.3)]
    const alone = correctSlip(stripes, near, map, model).pixels
    for (const surface of [join(near, far), join(far, near)]) expect(correctSlip(stripes, surface, map, model).pixels).toEqual(alone)
  })

  it('works at any size of the picture', () => {
    const half = { width: SIZE / 2, height: SIZE / 2, channels: 3 as const, pixels: new Uint8Array((SIZE / 2) ** 2 * 3) }
    for (let i = 0; i < half.pixels.length; i++) half.pixels[i] = stripes.pixels[(Math.floor(i / 3 / half.width) * 2 * SIZE + 2 * (Math.floor(i / 3) % half.width)) * 3]
    const surface = floor(0.1, 0.5)
    const texture = correctSlip(half, surface, map, model)
    expect([texture.width, texture.height]).toEqual([60, 60])
    expect(difference(surface, texture)).toBeLessThan(difference(surface, half) / 1.5)
  })
})
