import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../src/core/depth/convention.js'
import { measureError, type ErrorModel } from '../../../src/core/mesh/error.js'
import { moveVertices } from '../../../src/core/mesh/move.js'
import { loopsOver } from '../../../src/core/mesh/pixels.js'
import { refineSurface } from '../../../src/core/mesh/refine.js'
import { findFaults } from '../../../src/core/mesh/topology.js'
import { triangulateLevels } from '../../../src/core/mesh/triangulate.js'

const plain: ErrorModel = { pixelsPerDisparity: 100, wNear: 1, wFar: 1, slip: false, metresPerDisparity: 1 }

function mapOf(width: number, height: number, level: (x: number, y: number) => number): DisparityMap {
  return { width, height, disparity: Float32Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width))), near: 1, far: 10, relief: 1 }
}

describe('moveVertices', () => {
  it('takes a vertex to the top of a pyramid that it stands beside', () => {
    const [size, top] = [65, 32.5]
    const pyramid = mapOf(size, size, (x, y) => 0.9 - 0.02 * Math.max(Math.abs(x + 0.5 - top), Math.abs(y + 0.5 - top)))
    const corners = [[0, 0], [0, size], [size, size], [size, 0]].flatMap(([u, v]) => [u, v, 0.9 - 0.02 * Math.max(Math.abs(u - top), Math.abs(v - top))])
    const surface = { points: Float32Array.from([...corners, top - 4, top, 0.82]), triangles: Uint32Array.of(0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4) }
    const moved = moveVertices(surface, pyramid, loopsOver(pyramid), plain)
    expect([...moved.points.subarray(12)]).toEqual([top, top, expect.closeTo(0.9, 6)])
    expect(moved.points.subarray(0, 12)).toEqual(surface.points.subarray(0, 12))
    expect(measureError(moved.points, moved.triangles, pyramid, plain).maxError).toBeLessThan(1e-5)
  })

  it('lowers the RMS of a refined surface by more than a twentieth, stays sound and leaves the picture’s edge where it was', () => {
    const hills = mapOf(160, 120, (x, y) => 0.5 + 0.2 * Math.sin(x / 11 + y / 23) + 0.15 * Math.cos(y / 7 - x / 31) + 0.05 * Math.sin(x * y * 0.003))
    for (const level of triangulateLevels(hills, { budgets: [1000, 300] }, plain)) {
      const once = refineSurface(level, hills, level.loops, plain)
      const moved = refineSurface(moveVertices(once, hills, level.loops, plain), hills, level.loops, plain)
      expect(measureError(moved.points, moved.triangles, hills, plain).rmsError).toBeLessThan(0.95 * measureError(once.points, once.triangles, hills, plain).rmsError)
      expect(measureError(moved.points, moved.triangles, hills, plain).covered).toBe(160 * 120)
      expect(Object.values(findFaults(moved.points, moved.triangles)).every((count) => count === 0)).toBe(true)
      for (let v = 0; v < once.points.length; v += 3) {
        const [x, y] = once.points.subarray(v, v + 2)
        if (x === 0 || y === 0 || x === 160 || y === 120) expect([...moved.points.subarray(v, v + 2)]).toEqual([x, y])
        // vertices stay at pixel centres, where they take fewest bytes
        else expect([moved.points[v] % 1, moved.points[v + 1] % 1]).toEqual([0.5, 0.5])
      }
    }
  })
})
