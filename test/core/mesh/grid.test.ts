import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../src/core/depth/convention.js'
import { buildGridLods, triangulateGrid } from '../../../src/core/mesh/grid.js'
import { errorModel } from '../../../src/core/mesh/surface/error-model.js'
import { findFaults } from '../../../src/core/mesh/surface/topology.js'
import { parseSettings } from '../../../src/core/options.js'

const settings = parseSettings([{ origin: 'test', settings: { topology: 'grid', projection: 'orthographic', width: 12, relief: 2 } }])

const mapOf = (width: number, height: number, disparity: (x: number, y: number) => number): DisparityMap => ({
  width,
  height,
  disparity: Float32Array.from({ length: width * height }, (_, i) => disparity((i % width) + 0.5, Math.floor(i / width) + 0.5)),
  near: 1,
  far: 10,
  relief: 2,
})

describe('triangulateGrid', () => {
  it('puts a vertex on every pixel centre, and the outermost on the picture’s edge, without a budget', () => {
    const { points, triangles } = triangulateGrid(mapOf(4, 3, (x, y) => x / 10 + y / 100), Infinity)
    expect([...points.subarray(0, 12)].map((value) => Number(value.toFixed(4)))).toEqual([0, 0, 0.055, 1.5, 0, 0.155, 2.5, 0, 0.255, 4, 0, 0.355])
    expect(triangles.length / 3).toBe(2 * 3 * 2)
  })

  it('makes quads of one size', () => {
    const { points } = triangulateGrid(mapOf(100, 50, () => 0.5), 400)
    const us = [...new Set(points.filter((_, i) => i % 3 === 0))]
    const vs = [...new Set(points.filter((_, i) => i % 3 === 1))]
    expect([us.length, vs.length]).toEqual([21, 11])
    us.forEach((u, i) => expect(u).toBeCloseTo(5 * i, 4))
    vs.forEach((v, i) => expect(v).toBeCloseTo(5 * i, 4))
  })

  it('takes the map between pixel centres from both', () => {
    const { points } = triangulateGrid(mapOf(8, 8, (x) => x / 8), 2 * 4 * 4)
    // lines at u = 0, 2, 4, 6, 8: a ramp is met exactly inside, its ends are the outermost pixels' values
    expect([...points.subarray(0, 15)].filter((_, i) => i % 3 === 2)).toEqual([0.0625, 0.25, 0.5, 0.75, 0.9375])
  })
})

describe('buildGridLods', () => {
  const model = (map: DisparityMap) => errorModel(map, settings)

  it.each([2, 7, 50, 1001, 9000])('never exceeds a budget of %i triangles and comes close to it', (budget) => {
    const map = mapOf(120, 80, (x, y) => (Math.sin(x / 9) * Math.cos(y / 7) + 1) / 2)
    const [level] = buildGridLods(map, { budgets: [budget] }, model(map))
    const count = level.triangles.length / 3
    expect(count).toBeLessThanOrEqual(budget)
    expect(count).toBeGreaterThan(Math.min(budget * 0.85, 2 * 119 * 79) - 2)
    expect(findFaults(level.points, level.triangles)).toEqual({ flipped: 0, degenerate: 0, duplicate: 0, crowdedEdges: 0, unusedVertices: 0, invalid: 0, empty: 0 })
  })

  it('spends the whole budget on what there is', () => {
    const map = mapOf(120, 80, (x, y) => (Math.hypot(x - 60, y - 40) < 20 ? 0.5 : NaN))
    const [level] = buildGridLods(map, { budgets: [1000] }, model(map))
    expect(level.triangles.length / 3).toBeLessThanOrEqual(1000)
    expect(level.triangles.length / 3).toBeGreaterThan(800)
    expect(findFaults(level.points, level.triangles).invalid).toBe(0)
  })

  it('measures its error', () => {
    // one quad from 0 to 1 over a parabola x²: at the middle of the diagonal's cells it errs by x − x² at most 1/4
    const map = mapOf(200, 20, (x) => (x / 200) ** 2)
    const [level] = buildGridLods(map, { budgets: [2] }, model(map))
    expect(level.maxError).toBeGreaterThan(0.24)
    expect(level.maxError).toBeLessThan(0.26)
  })

  it('is as coarse as an error bound lets it be', () => {
    const map = mapOf(200, 100, (x) => (x / 200) ** 2)
    const [fine, coarse] = buildGridLods(map, { errors: [0.1, 1] }, model(map))
    expect(fine.pixelError.max).toBeLessThanOrEqual(0.1)
    expect(coarse.pixelError.max).toBeLessThanOrEqual(1)
    expect(coarse.triangles.length).toBeLessThan(fine.triangles.length)
    // (x/200)² bends by 2/200² · 33 px of relief a px²: cells of c px err by c²/8 of that
    const cells = Math.sqrt((8 * 1 * 200 ** 2) / (2 * 33.3))
    expect(coarse.triangles.length / 3).toBeLessThan(2 * (200 / cells) * (100 / cells) * 4)
  })
})
