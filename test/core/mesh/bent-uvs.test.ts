import { describe, expect, it } from 'vitest'
import { bendUvs, bentSlip, type Bend } from '../../../src/core/mesh/bent-uvs.js'
import { splitBent } from '../../../src/core/mesh/split-bent.js'
import { findFaults } from '../../../src/core/mesh/topology.js'

const SIZE = { width: 128, height: 128 }
/** u² along the picture: halfway between u and u + d a straight line lies (d/2)² beside it. */
const square: Bend = (u, v, out) => {
  out[0] = u * u
  out[1] = v
}
const straight: Bend = (u, v, out) => {
  out[0] = 1 - u
  out[1] = v
}
/** The whole picture as two triangles, on a slope. */
const sheet = () => ({ points: Float32Array.of(0, 0, 0, 128, 0, 1, 0, 128, 0, 128, 128, 1), triangles: Uint32Array.of(0, 2, 1, 1, 2, 3) })

describe('a picture that is bent into a surface', () => {
  it('slips by nothing where the bend is straight, and by a quarter of the picture where it is a square', () => {
    expect(bentSlip(sheet(), SIZE, straight).max).toBeCloseTo(0, 6)
    const { max, p99 } = bentSlip(sheet(), SIZE, square)
    expect(p99).toBeGreaterThan(30)
    expect(p99).toBeLessThanOrEqual(max)
    expect(max).toBeLessThanOrEqual(32)
  })

  it('slips most where 99 of 100 places do not slip at all', () => {
    // a tent of a tenth of the picture over a disc of π / 400 = .8 % of it; the next pixel's centre is ½ √2 px beside its top, which takes a ninth
    const tent: Bend = (u, v, out) => {
      out[0] = u
      out[1] = v + 0.1 * Math.max(0, 1 - 20 * Math.hypot(u - 0.25, v - 0.25))
    }
    const { max, p99 } = bentSlip(sheet(), SIZE, tent)
    expect(p99).toBeCloseTo(0, 6)
    expect(max).toBeCloseTo(12.8 * (1 - (20 * Math.SQRT1_2) / 128), 3)
  })

  it('slips by a quarter as much when edges are half as long', () => {
    // along an edge of a 1/n of the picture: 128 · (1 / 2n)²
    for (const most of [8, 2, 0.5]) {
      const split = splitBent(sheet(), SIZE, { bend: square, most, budget: Infinity })
      expect(bentSlip(split, SIZE, square).max).toBeLessThanOrEqual(most)
      const n = Math.sqrt(32 / most)
      expect(split.triangles.length / 3).toBeGreaterThanOrEqual(2 * n)
    }
  })

  it('is split into a surface that is as sound, as large and as flat', () => {
    const { points, triangles } = splitBent(sheet(), SIZE, { bend: square, most: 0.5, budget: Infinity })
    expect(findFaults(points, triangles)).toEqual(findFaults(sheet().points, sheet().triangles))
    let area = 0
    for (let t = 0; t < triangles.length; t += 3) {
      const [[ax, ay], [bx, by], [cx, cy]] = [0, 1, 2].map((corner) => points.subarray(3 * triangles[t + corner]))
      const twice = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
      expect(twice).toBeLessThan(0)
      area -= twice / 2
    }
    expect(area).toBe(128 * 128)
    for (let i = 0; i < points.length; i += 3) expect(points[i + 2]).toBeCloseTo(points[i] / 128, 6)
  })

  it('is split where it is worst when there is room for little', () => {
    for (const budget of [2, 3, 4, 5, 12]) {
      const split = splitBent(sheet(), SIZE, { bend: square, most: 0.1, budget })
      expect(split.triangles.length / 3).toBeLessThanOrEqual(budget)
      expect(split.triangles.length / 3).toBeGreaterThanOrEqual(budget - 1)
    }
  })

  it('leaves a surface alone that slips little enough', () => {
    expect(splitBent(sheet(), SIZE, { bend: straight, most: 0.01, budget: Infinity })).toEqual(sheet())
  })

  it('has UVs on pixel centres and parts of pixels', () => {
    const mesh = { positions: new Float32Array(6), uvs: Float32Array.of(0.3, 0.2, 0.9, 1), indices: new Uint32Array(0) }
    for (const step of [1, 0.25]) {
      const { uvs } = bendUvs(mesh, square, { map: SIZE, step })
      for (const [i, exact] of [0.09, 0.2, 0.81, 1].entries()) {
        expect(Math.abs(uvs[i] - exact) * 128).toBeLessThanOrEqual(step / 2 + 1e-4)
        const steps = (uvs[i] * 128 - 0.5) / step
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-3)
      }
    }
  })
})
