import { describe, expect, it } from 'vitest'
import { triangulate } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { mapOf, RELIEF } from '../../../support/raster.js'

describe('triangulate', () => {
  it('makes two triangles of a plane and carries it to the picture’s edge', () => {
    const [mesh] = triangulate(mapOf(33, 17, (x, y) => 0.2 + 0.01 * x + 0.005 * y), { budgets: [1000] }, RELIEF)
    expect(mesh.triangles.length / 3).toBe(2)
    // corner (0, 0) lies half a pixel before the first centre in both directions
    expect([...mesh.points.subarray(0, 3)]).toEqual([0, 0, expect.closeTo(0.2 - 0.005 - 0.0025, 6)])
    expect(mesh.pixelError.max).toBeLessThan(1e-3)
  })

  it('never exceeds a budget and comes within one percent of it on rough ground', () => {
    const rough = mapOf(128, 128, (x, y) => 0.5 + 0.25 * Math.sin(x * 0.7) * Math.cos(y * 0.9) + 0.2 * Math.sin(x * y * 0.01))
    const budgets = [8000, 2000, 501]
    const meshes = triangulate(rough, { budgets }, RELIEF)
    for (const [i, mesh] of meshes.entries()) {
      expect(mesh.triangles.length / 3).toBeLessThanOrEqual(budgets[i])
      expect(mesh.triangles.length / 3).toBeGreaterThanOrEqual(0.99 * budgets[i] - 1)
    }
    expect(meshes[0].rmsError).toBeLessThan(meshes[1].rmsError)
    expect(meshes[1].rmsError).toBeLessThan(meshes[2].rmsError)
  })

  it('holds the error bounds it is given, in pixels', () => {
    const hill = mapOf(96, 64, (x, y) => 0.5 + 0.4 * Math.sin(x / 9) * Math.sin(y / 7))
    for (const [i, mesh] of triangulate(hill, { errors: [0.25, 1, 4] }, RELIEF).entries()) {
      expect(mesh.pixelError.max).toBeLessThanOrEqual([0.25, 1, 4][i] + 1e-4)
    }
  })
})
