import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../src/core/depth/convention.js'
import { bakeNormals, normalPicture, shrinkNormals, type NormalMap, type NormalSettings } from '../../../src/core/texture/normal.js'

const ORTHOGRAPHIC: NormalSettings = { projection: 'orthographic', fovY: 45, width: 8, cut: false }
const PERSPECTIVE: NormalSettings = { projection: 'perspective', fovY: 90, width: 10, cut: 0.03 }

function mapOf(width: number, height: number, disparity: (x: number, y: number) => number, more: Partial<DisparityMap> = {}): DisparityMap {
  const values = Float32Array.from({ length: width * height }, (_, i) => disparity(i % width, Math.floor(i / width)))
  return { width, height, disparity: values, near: 1, far: 10, relief: 2, ...more }
}

const normalAt = ({ width, sums }: NormalMap, x: number, y: number) => {
  const at = (y * width + x) * 3
  const length = Math.hypot(sums[at], sums[at + 1], sums[at + 2])
  return [sums[at] / length, sums[at + 1] / length, sums[at + 2] / length]
}

const degrees = (a: readonly number[], b: readonly number[]) => (Math.acos(Math.min(1, a.reduce((sum, value, i) => sum + value * b[i], 0))) * 180) / Math.PI

describe('orthographic', () => {
  it('is the slope in metres: 45° where the relief rises a metre a metre to the right', () => {
    // 16 px over 8 m: half a metre a pixel. A quarter of 2 m a pixel is half a metre.
    const normals = bakeNormals(mapOf(16, 8, (x) => x / 4), 64, ORTHOGRAPHIC)
    expect(degrees(normalAt(normals, 5, 4), [-Math.SQRT1_2, 0, Math.SQRT1_2])).toBeLessThan(1e-3)
  })

  it('has y up: a relief that rises downward in the picture leans upward', () => {
    const normals = bakeNormals(mapOf(16, 8, (_, y) => y / 4), 64, ORTHOGRAPHIC)
    expect(degrees(normalAt(normals, 5, 4), [0, Math.SQRT1_2, Math.SQRT1_2])).toBeLessThan(1e-3)
  })
})

describe('perspective', () => {
  // The plane n · p = −c, seen from the origin: 1/Z = (n_z − n_x a − n_y b) / c along the ray (a, b, −1).
  const SIZE = 64
  const plane = (n: readonly [number, number, number], c: number) =>
    mapOf(SIZE, SIZE, (x, y) => {
      const [a, b] = [((x + 0.5) * 2) / SIZE - 1, 1 - ((y + 0.5) * 2) / SIZE]
      return ((n[2] - n[0] * a - n[1] * b) / c - 1 / 10) / (1 - 1 / 10)
    })

  it.each([
    ['a wall straight ahead', [0, 0, 1], 3],
    ['a floor', [0, Math.SQRT1_2, Math.SQRT1_2], 3],
    ['a wall on the left', [0.6, 0, 0.8], 4],
    ['a slanted ceiling', [-0.36, -0.48, 0.8], 4],
  ] as const)('%s has one normal everywhere', (_, n, c) => {
    const normals = bakeNormals(plane(n, c), SIZE, PERSPECTIVE)
    for (const [x, y] of [[0, 0], [63, 0], [31, 31], [5, 60], [63, 63]]) expect(degrees(normalAt(normals, x, y), n)).toBeLessThan(0.05)
  })

  it('takes no slope across a jump that is cut', () => {
    const step = mapOf(16, 16, (x) => (x < 8 ? 0.2 : 0.8))
    for (const x of [7, 8]) expect(degrees(normalAt(bakeNormals(step, 16, PERSPECTIVE), x, 8), [0, 0, 1])).toBeLessThan(1e-3)
    expect(degrees(normalAt(bakeNormals(step, 16, { ...PERSPECTIVE, cut: false }), 7, 8), [0, 0, 1])).toBeGreaterThan(60)
  })
})

describe('size', () => {
  it('is that of the map at most, at its aspect', () => {
    const map = mapOf(96, 48, () => 0.5)
    expect(bakeNormals(map, 1024, ORTHOGRAPHIC)).toMatchObject({ width: 96, height: 48 })
    expect(bakeNormals(map, 32, ORTHOGRAPHIC)).toMatchObject({ width: 32, height: 16 })
    expect(bakeNormals(map, 33, ORTHOGRAPHIC)).toMatchObject({ width: 33, height: 17 })
    expect(bakeNormals(mapOf(48, 96, () => 0.5), 32, ORTHOGRAPHIC)).toMatchObject({ width: 16, height: 32 })
  })

  it('keeps the mean: a smaller map of a plane is that plane, whatever the ratio', () => {
    const map = mapOf(50, 30, (x, y) => x / 10 + y / 20, { relief: 1 })
    const [expected] = [normalAt(bakeNormals(map, 50, ORTHOGRAPHIC), 20, 10)]
    for (const size of [49, 37, 25, 10]) {
      const small = bakeNormals(map, size, ORTHOGRAPHIC)
      const again = shrinkNormals(bakeNormals(map, 50, ORTHOGRAPHIC), size)
      for (const [x, y] of [[0, 0], [small.width - 1, small.height - 1], [3, 2]]) {
        expect(degrees(normalAt(small, x, y), expected)).toBeLessThan(0.01)
        expect(degrees(normalAt(again, x, y), expected)).toBeLessThan(0.01)
      }
      // Each pixel counts for all of one.
      for (const { sums } of [small, again]) for (let i = 0; i < sums.length; i += 3) expect(Math.hypot(...sums.subarray(i, i + 3))).toBeCloseTo(1, 4)
    }
  })
})

describe('the picture', () => {
  it('is glTF: 0..255 for −1..1, of unit length after averaging', () => {
    const ridge = mapOf(16, 16, (x) => Math.abs(x - 8) / 4)
    const { pixels, channels } = normalPicture(bakeNormals(ridge, 8, ORTHOGRAPHIC))
    expect(channels).toBe(3)
    for (let i = 0; i < pixels.length; i += 3) {
      const n = [0, 1, 2].map((axis) => pixels[i + axis] / 127.5 - 1)
      expect(Math.hypot(...n)).toBeCloseTo(1, 1)
      expect(n[2]).toBeGreaterThan(0)
    }
  })

  it('continues the surface where there is nothing', () => {
    const slope = mapOf(32, 32, (x) => (x < 16 ? x / 8 : NaN))
    const { pixels } = normalPicture(bakeNormals(slope, 32, { ...ORTHOGRAPHIC, width: 16 }))
    const at = (x: number) => [...pixels.subarray((8 * 32 + x) * 3, (8 * 32 + x) * 3 + 3)]
    for (const x of [17, 24, 31]) expect(at(x)).toEqual(at(8))
    for (const settings of [ORTHOGRAPHIC, PERSPECTIVE]) expect([...bakeNormals(slope, 32, settings).sums.subarray(16 * 3, 32 * 3)], settings.projection).toEqual(Array<number>(48).fill(0))
  })

  it('leans no further than its base plane', () => {
    for (const [z, stored] of [[0, 130], [-0.5, 131]]) expect([...normalPicture({ width: 1, height: 1, sums: Float32Array.of(0.5, 0, z!) }).pixels]).toEqual([255, 128, stored])
  })

  it('is flat where there is nothing at all', () => {
    const { pixels } = normalPicture(bakeNormals(mapOf(4, 4, () => NaN), 4, ORTHOGRAPHIC))
    expect([...pixels.subarray(0, 3)]).toEqual([128, 128, 255])
  })
})
