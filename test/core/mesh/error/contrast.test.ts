import { describe, expect, it } from 'vitest'
import { measureContrast } from '../../../../src/core/mesh/error/contrast.js'

const grayOf = (width: number, height: number, gray: (x: number, y: number) => number) => ({ width, height, gray: Uint8Array.from({ length: width * height }, (_, i) => gray(i % width, Math.floor(i / width))) })

describe('measureContrast', () => {
  it('is next to nothing on a plain picture', () => {
    const { perPixel, most } = measureContrast(grayOf(30, 20, () => 90))
    expect(perPixel.every((value) => value === 0)).toBe(true)
    for (const value of most) expect(value).toBeCloseTo(4, 6)
  })

  it('says what moving a ramp by one pixel changes, the mean of both directions', () => {
    const { perPixel } = measureContrast(grayOf(60, 20, (x) => 4 * x))
    expect(perPixel[10 * 60 + 30]).toBeCloseTo(16 / 2, 6)
    // of the outermost pixel one neighbour is known
    expect(perPixel[10 * 60]).toBeCloseTo((4 / 2) ** 2 / 2, 6)
  })

  it('looks at no more than about a thousand places in a line, and moves them by pixels', () => {
    const { width, height, step, perPixel } = measureContrast(grayOf(2050, 3, (x) => x % 200))
    expect([width, height, step]).toEqual([1025, 2, 2])
    expect(perPixel[10]).toBeCloseTo(1 / 2, 6)
  })

  it('bounds what anything differs by to what two places around differ by', () => {
    // half of the places are 200, the others 0: a variance of 100²
    const { most } = measureContrast(grayOf(40, 40, (x, y) => (Math.floor(x / 2) + Math.floor(y / 2)) % 2 === 0 ? 200 : 0))
    expect(most[20 * 40 + 20]).toBeGreaterThan(2 * 99 ** 2)
    expect(most[20 * 40 + 20]).toBeLessThanOrEqual(2 * 100 ** 2 + 4)
    // far from the one edge of this picture nothing is to be seen of it, next to it everything
    const edge = measureContrast(grayOf(60, 30, (x) => (x < 30 ? 50 : 150)))
    expect(edge.most[15 * 60 + 20]).toBeCloseTo(4, 6)
    // 5 of 11 columns lie beyond
    expect(edge.most[15 * 60 + 29]).toBeCloseTo(2 * 100 ** 2 * (5 / 11) * (6 / 11) + 4, 1)
  })

  it('is sound on pictures of a single pixel, row or column', () => {
    for (const [width, height] of [[1, 1], [7, 1], [1, 9]]) {
      const { perPixel, most } = measureContrast(grayOf(width, height, (x, y) => 10 * x + 10 * y))
      expect(perPixel).toHaveLength(width * height)
      for (const value of [...perPixel, ...most]) expect(value).toBeGreaterThanOrEqual(0)
    }
  })
})
