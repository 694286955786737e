import { describe, expect, it } from 'vitest'
import { measureError } from '../../../../src/core/mesh/error/error.js'
import { refineSurface } from '../../../../src/core/mesh/refine/refine.js'
import { findFaults } from '../../../../src/core/mesh/surface/topology.js'
import { triangulateLevels } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { RELIEF } from '../../../support/raster.js'

describe('refineSurface', () => {
  const [width, height] = [160, 120]
  const disparity = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)]
    return 0.5 + 0.2 * Math.sin(x / 11 + y / 23) + 0.15 * Math.cos(y / 7 - x / 31) + 0.05 * Math.sin(x * y * 0.003)
  })
  const map = { width, height, disparity, near: 1, far: 10, relief: 1 }

  it('lowers the RMS by more than a tenth with the same vertices and as many triangles, and stays sound', () => {
    for (const level of triangulateLevels(map, { budgets: [2000, 500, 120] }, RELIEF)) {
      const refined = refineSurface(level, map, level.loops, RELIEF)
      const before = measureError(level.points, level.triangles, map, RELIEF)
      const after = measureError(refined.points, refined.triangles, map, RELIEF)
      expect(after.rmsError).toBeLessThan(0.9 * before.rmsError)
      expect(after.covered).toBe(width * height)
      expect(refined.triangles.length).toBe(level.triangles.length)
      expect(Object.values(findFaults(refined.points, refined.triangles)).every((count) => count === 0)).toBe(true)
    }
  })

  it('errs less the more it does: vertices moved, exchanged afterwards, exchanged and moved again', () => {
    const efforts = [{ moves: 1 }, { moves: 1, exchanges: 1 }, { moves: 2, exchanges: 1 }, { moves: 3, exchanges: 3 }]
    for (const level of triangulateLevels(map, { budgets: [2000, 500, 120] }, RELIEF)) {
      const rms = efforts.map((effort) => {
        const refined = refineSurface(level, map, level.loops, RELIEF, { ...effort, isCut: false })
        expect(refined.triangles.length).toBe(level.triangles.length)
        expect(Object.values(findFaults(refined.points, refined.triangles)).every((count) => count === 0)).toBe(true)
        const { rmsError, covered } = measureError(refined.points, refined.triangles, map, RELIEF)
        expect(covered).toBe(width * height)
        return rmsError
      })
      expect(rms.toSorted((a, b) => b - a)).toEqual(rms)
      expect(rms[3]).toBeLessThan(0.95 * rms[0])
    }
  })

  it('leaves a plane a plane, and every value within the range of the map', () => {
    const plane = { ...map, disparity: disparity.map((_, i) => 0.25 + 0.003 * (i % width)) }
    const [level] = triangulateLevels(plane, { budgets: [50] }, RELIEF)
    const refined = refineSurface(level, plane, level.loops, RELIEF)
    expect(measureError(refined.points, refined.triangles, plane, RELIEF).maxError).toBeLessThan(2e-3)
    const values = refined.points.filter((_, i) => i % 3 === 2)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0.25 - 1e-6)
    expect(Math.max(...values)).toBeLessThanOrEqual(0.25 + 0.003 * 159 + 1e-6)
  })
})
