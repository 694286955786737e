import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { bentError, slipOfBend } from '../../../../src/core/mesh/lay/bent-error.js'
import { bendUvs, type Bend } from '../../../../src/core/mesh/lay/bent-uvs.js'
import { errorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { measureLevel } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { parseSettings } from '../../../../src/core/options.js'

const SIZE = 128
const slope: DisparityMap = { width: SIZE, height: SIZE, disparity: Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i % SIZE) + 0.5) / SIZE), near: 1, far: 2, relief: 1 }
const model = errorModel(slope, parseSettings([{ origin: 'test', settings: { projection: 'orthographic', width: 1 } }]))
/** The whole map as two triangles, off by `off` everywhere. */
const sheet = (off = 0) => measureLevel({ points: Float32Array.of(0, 0, off, SIZE, 0, 1 + off, 0, SIZE, off, SIZE, SIZE, 1 + off), triangles: Uint32Array.of(0, 2, 1, 1, 2, 3) }, slope, model)
/** Finer than floats are. */
const exact = 2 ** -20

function errorOf(bend: Bend, { step = exact, moved = 0, off = 0 } = {}) {
  const front = sheet(off)
  const uvs = bendUvs(front, slope, { bend, step }).map((share, i) => share + (i % 2 === 0 ? moved / SIZE : 0))
  return bentError(front, slope, model, { uvs, slipAt: slipOfBend(bend, slope) })
}

const mirrored: Bend = (u, v, out) => {
  out[0] = 0.9 - u / 1.25
  out[1] = 0.1 + v / 1.25
}

describe('the error of a level that wears a bent picture', () => {
  it('is none where the bend is straight and nothing is off', () => {
    const { error, slip } = errorOf(mirrored)
    expect(error.max).toBeLessThan(1e-3)
    expect(slip).toBeLessThan(1e-3)
  })

  it('is how far what is seen lies from where it belongs, in pixels of the map: more than in the picture where that is enlarged', () => {
    for (const moved of [1, -3]) {
      const { error, slip } = errorOf(mirrored, { moved })
      expect(error.max).toBeCloseTo(1.25 * Math.abs(moved), 3)
      // (counted in steps of 1.6 %)
      expect(Math.abs(slip / (1.25 * Math.abs(moved)) - 1)).toBeLessThan(0.016)
    }
  })

  it('is what a formula says of a picture that bends inside of a triangle', () => {
    // Two triangles wear u where u (1 + u) / 2 belongs, so show what belongs at (√(1 + 8u) − 1) / 2: farthest aside at 3/8, an eighth of the picture. Steps far wider than a cell of the grid lead there.
    const { error, slip } = errorOf((u, v, out) => {
      out[0] = (u * (1 + u)) / 2
      out[1] = v
    })
    expect(error.max).toBeCloseTo(SIZE / 8, 1)
    expect(slip).toBeGreaterThan(0.97 * error.max)
    expect(slip).toBeLessThanOrEqual(error.max)
  })

  it('is largest where 99 of 100 places do not slip at all', () => {
    // a tent of a fiftieth of the picture over a disc of π / 400 = .8 % of it
    const { error, slip } = errorOf((u, v, out) => {
      out[0] = u
      out[1] = v + 0.02 * Math.max(0, 1 - 20 * Math.hypot(u - 0.25, v - 0.25))
    })
    expect(slip).toBeLessThan(0.01)
    expect(error.p99).toBeLessThan(0.01)
    expect(error.max).toBeGreaterThan(0.85 * 0.02 * SIZE)
    expect(error.max).toBeLessThanOrEqual(0.02 * SIZE)
  })

  it('counts the rounding of UVs', () => {
    // the picture's edges lie half a pixel beside centres
    expect(errorOf((u, v, out) => out.set([u, v]), { step: 1 }).error.max).toBeCloseTo(Math.SQRT1_2, 2)
  })

  it('is parallax where that is larger, pixel by pixel', () => {
    // of a metre across and a metre high
    for (const off of [-0.02, 0.005]) {
      const { error, slip } = errorOf(mirrored, { moved: 1, off })
      expect(slip).toBeLessThan(1.3)
      expect(error.max).toBeCloseTo(Math.max(Math.abs(off) * SIZE, 1.25), 3)
      expect(error.p99).toBeCloseTo(error.max, 1)
    }
  })
})
