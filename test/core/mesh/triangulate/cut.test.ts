import { describe, expect, it } from 'vitest'
import type { ErrorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { linkTriangles } from '../../../../src/core/mesh/surface/half-edges.js'
import { findJumps, JUMP_RIGHT } from '../../../../src/core/mesh/triangulate/cut.js'
import { triangulate, type PlaneMesh } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { mapOf, RELIEF } from '../../../support/raster.js'

/** px² that the mesh covers in the picture. */
function areaOf({ points, triangles }: PlaneMesh): number {
  let sum = 0
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    sum += (points[b + 1] - points[a + 1]) * (points[c] - points[a]) - (points[b] - points[a]) * (points[c + 1] - points[a + 1])
  }
  return sum / 2
}

describe('findJumps', () => {
  it('cuts a hard step between its two columns and nowhere else', () => {
    const { flags, count } = findJumps(mapOf(10, 4, (x) => (x < 5 ? 0.2 : 0.8)), 0.03)
    expect(count).toBe(4)
    expect([0, 1, 2, 3].map((y) => flags[10 * y + 4])).toEqual([JUMP_RIGHT, JUMP_RIGHT, JUMP_RIGHT, JUMP_RIGHT])
  })

  it('cuts a soft step once, in its middle', () => {
    // 0.2 0.35 0.5 0.65 0.8: four rises of 0.15, all larger than the threshold
    const { flags, count } = findJumps(mapOf(20, 1, (x) => Math.min(0.8, Math.max(0.2, 0.2 + 0.15 * (x - 8)))), 0.03)
    expect(count).toBe(1)
    expect(flags.indexOf(JUMP_RIGHT)).toBe(10)
  })

  it('leaves a long slope whole, however steep', () => {
    expect(findJumps(mapOf(20, 3, (x) => 0.05 * x), 0.03).count).toBe(0)
  })

  it('with cut: false opens the surface around nothing alone', () => {
    const map = mapOf(8, 8, (x, y) => (x === 4 && y === 4 ? NaN : x < 4 ? 0 : 1))
    expect(findJumps(map, false).count).toBe(4)
  })
})

describe('a cut surface', () => {
  it('shows a disk before a wall without a gap between them, and without a triangle from one to the other', () => {
    const map = mapOf(96, 96, (x, y) => ((x - 48) ** 2 + (y - 48) ** 2 < 900 ? 0.9 : 0.1))
    for (const mesh of triangulate(map, { budgets: [400, 100, 40] }, RELIEF, findJumps(map, 0.03))) {
      expect(areaOf(mesh)).toBeCloseTo(96 * 96, 3)
      for (let t = 0; t < mesh.triangles.length; t += 3) {
        const values = [...mesh.triangles.subarray(t, t + 3)].map((v) => mesh.points[3 * v + 2])
        expect(Math.max(...values) - Math.min(...values)).toBeLessThan(1e-6)
      }
    }
  })

  it('hugs a prop on black: a disk’s area and outline, at every level', () => {
    const map = mapOf(96, 96, (x, y) => ((x - 47.5) ** 2 + (y - 47.5) ** 2 < 900 ? 0.5 + 0.005 * x : NaN))
    // 40 triangles leave an outline of about a dozen corners: an inscribed dodecagon lacks 4.5 %
    for (const [i, mesh] of triangulate(map, { budgets: [300, 100, 40] }, RELIEF, findJumps(map, false)).entries()) {
      expect(Math.abs(areaOf(mesh) / (Math.PI * 900) - 1)).toBeLessThan([0.02, 0.05, 0.1][i])
      for (let v = 0; v < mesh.points.length; v += 3) expect(Math.hypot(mesh.points[v] - 48, mesh.points[v + 1] - 48)).toBeLessThan(31)
    }
  })

  it('makes a slanted silhouette a straight line rather than a staircase', () => {
    const map = mapOf(64, 64, (x, y) => (x + y < 64 ? 0.2 : 0.8))
    const [mesh] = triangulate(map, { budgets: [5000] }, RELIEF, findJumps(map, 0.03))
    expect(mesh.maxError).toBeLessThan(1e-6)
    // two triangles on either side would do; the ends of the line, where it meets the frame, take a few more
    expect(mesh.triangles.length / 3).toBeLessThan(16)
    expect(linkTriangles(mesh.triangles, mesh.points.length / 3).filter((twin) => twin < 0).length).toBeGreaterThan(5)
  })
})

describe('texture slip', () => {
  it('is bounded on a floor whose depth two triangles would describe exactly', () => {
    // 1 m at the bottom, 10 m at the top, 1000 px high: disparity is linear in y
    const floor = mapOf(64, 1000, (_x, y) => (y + 0.5) / 1000)
    const model: ErrorModel = { pixelsPerDisparity: 100, wNear: 1, wFar: 0.1, slip: true, metresPerDisparity: 0 }
    const [within1, within8] = triangulate(floor, { errors: [1, 8] }, model)
    expect(within1.pixelError.max).toBeLessThanOrEqual(1.0001)
    expect(within8.pixelError.max).toBeLessThanOrEqual(8.0001)
    expect(within8.triangles.length).toBeLessThan(within1.triangles.length)
    const [two] = triangulate(floor, { budgets: [2] }, model)
    // 1000 px · (√10 − 1) / (√10 + 1)
    expect(two.pixelError.max).toBeGreaterThan(0.9 * 519)
    expect(two.maxError).toBeLessThan(1e-6)
  })
})
