import { describe, expect, it } from 'vitest'
import { bendUvs, type Bend } from '../../../../src/core/mesh/lay/bent-uvs.js'
import { splitBent } from '../../../../src/core/mesh/lay/split-bent.js'
import type { Surface } from '../../../../src/core/mesh/surface/surface.js'
import { findFaults } from '../../../../src/core/mesh/surface/topology.js'

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

/** The farthest that what a place wears lies from what it should, pixels of the picture, looked for in so many places along a side of each triangle. */
function largestSlip({ points, triangles }: Surface, bend: Bend, places = 32): number {
  const out = new Float64Array(2)
  let largest = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const corners = [...triangles.subarray(t, t + 3)].map((vertex) => {
      bend(points[3 * vertex] / 128, points[3 * vertex + 1] / 128, out)
      return { x: points[3 * vertex], y: points[3 * vertex + 1], u: 128 * out[0], v: 128 * out[1] }
    })
    for (let i = 0; i <= places; i++) {
      for (let j = 0; i + j <= places; j++) {
        const weights = [i / places, j / places, 1 - (i + j) / places]
        const [x, y, u, v] = (['x', 'y', 'u', 'v'] as const).map((key) => weights.reduce((sum, weight, k) => sum + weight * corners[k][key], 0))
        bend(x / 128, y / 128, out)
        largest = Math.max(largest, Math.hypot(u - 128 * out[0], v - 128 * out[1]))
      }
    }
  }
  return largest
}

describe('a surface that wears a bent picture', () => {
  it('slips by a quarter as much when edges are half as long', () => {
    expect(largestSlip(sheet(), square)).toBe(32)
    // along an edge of a 1/n of the picture: 128 · (1 / 2n)²
    for (const most of [8, 2, 0.5]) {
      const split = splitBent(sheet(), SIZE, { bend: square, most, budget: Infinity })
      expect(largestSlip(split, square)).toBeLessThanOrEqual(most)
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
    const points = Float32Array.of(0.3 * 128, 0.2 * 128, 0, 0.9 * 128, 128, 0)
    for (const step of [1, 0.25]) {
      const uvs = bendUvs({ points }, SIZE, { bend: square, step })
      for (const [i, exact] of [0.09, 0.2, 0.81, 1].entries()) {
        expect(Math.abs(uvs[i] - exact) * 128).toBeLessThanOrEqual(step / 2 + 1e-4)
        const steps = (uvs[i] * 128 - 0.5) / step
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-3)
      }
    }
  })
})
