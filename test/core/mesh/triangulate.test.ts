import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../src/core/depth/convention.js'
import type { ErrorModel } from '../../../src/core/mesh/error.js'
import { triangulate } from '../../../src/core/mesh/triangulate.js'

const plain: ErrorModel = { pixelsPerDisparity: 100, wNear: 1, wFar: 1, slip: false, metresPerDisparity: 1 }

function mapOf(width: number, height: number, level: (x: number, y: number) => number): DisparityMap {
  const disparity = new Float32Array(width * height)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) disparity[y * width + x] = level(x, y)
  return { width, height, disparity, near: 1, far: 10, relief: 1 }
}

describe('triangulate', () => {
  it('makes two triangles of a plane and carries it to the picture’s edge', () => {
    const [mesh] = triangulate(mapOf(33, 17, (x, y) => 0.2 + 0.01 * x + 0.005 * y), { budgets: [1000] }, plain)
    expect(mesh.triangles.length / 3).toBe(2)
    // corner (0, 0) lies half a pixel before the first centre in both directions
    expect([...mesh.points.subarray(0, 3)]).toEqual([0, 0, expect.closeTo(0.2 - 0.005 - 0.0025, 6)])
    expect(mesh.pixelError.max).toBeLessThan(1e-3)
  })

  it('never exceeds a budget and comes within one percent of it on rough ground', () => {
    const rough = mapOf(128, 128, (x, y) => 0.5 + 0.25 * Math.sin(x * 0.7) * Math.cos(y * 0.9) + 0.2 * Math.sin(x * y * 0.01))
    const budgets = [8000, 2000, 501]
    const meshes = triangulate(rough, { budgets }, plain)
    for (const [i, mesh] of meshes.entries()) {
      expect(mesh.triangles.length / 3).toBeLessThanOrEqual(budgets[i])
      expect(mesh.triangles.length / 3).toBeGreaterThanOrEqual(0.99 * budgets[i] - 1)
    }
    expect(meshes[0].rmsError).toBeLessThan(meshes[1].rmsError)
    expect(meshes[1].rmsError).toBeLessThan(meshes[2].rmsError)
  })

  it('holds the error bounds it is given, in pixels', () => {
    const hill = mapOf(96, 64, (x, y) => 0.5 + 0.4 * Math.sin(x / 9) * Math.sin(y / 7))
    for (const [i, mesh] of triangulate(hill, { errors: [0.25, 1, 4] }, plain).entries()) {
      expect(mesh.pixelError.max).toBeLessThanOrEqual([0.25, 1, 4][i] + 1e-4)
    }
  })
})
