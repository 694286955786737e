import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { measureError } from '../../../../src/core/mesh/error/error.js'
import { loopsOver } from '../../../../src/core/mesh/pixels/pixels.js'
import { createCosts } from '../../../../src/core/mesh/refine/cost.js'
import { moveVertices } from '../../../../src/core/mesh/refine/move.js'
import { refineSurface } from '../../../../src/core/mesh/refine/refine.js'
import { ENOUGH_STEPS, solveDisparity } from '../../../../src/core/mesh/refine/solve.js'
import type { ErrorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { linkTriangles } from '../../../../src/core/mesh/surface/half-edges.js'
import type { Surface } from '../../../../src/core/mesh/surface/surface.js'
import { findFaults } from '../../../../src/core/mesh/surface/topology.js'
import { triangulateLevels } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { mapOf, RELIEF } from '../../../support/raster.js'

const [size, top] = [65, 32.5]
const heightAt = (u: number, v: number): number => 0.9 - 0.02 * Math.max(Math.abs(u - top), Math.abs(v - top))
const pyramid = mapOf(size, size, (x, y) => heightAt(x + 0.5, y + 0.5))

/** A pyramid whose top stands `beside` px to the left. */
function besideTop(beside: number): Surface {
  const corners = [[0, 0], [0, size], [size, size], [size, 0]].flatMap(([u, v]) => [u, v, heightAt(u, v)])
  return { points: Float32Array.from([...corners, top - beside, top, heightAt(top - beside, top)]), triangles: Uint32Array.of(0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4) }
}

function moveOnce(surface: Surface, map: DisparityMap, model: ErrorModel, { stride = 0, active = 1 } = {}): Uint8Array {
  const count = surface.triangles.length / 3
  const loops = loopsOver(map)
  const costs = createCosts(surface, map, loops, model)
  const cost = new Float64Array(count)
  const fit = solveDisparity(surface, map, loops, ENOUGH_STEPS)
  costs.ofAll(cost)
  return moveVertices(surface, linkTriangles(surface.triangles, surface.points.length / 3), map, { fit, costs, cost, active: new Uint8Array(count).fill(active), stride })
}

describe('moveVertices', () => {
  it('pulls a vertex towards the top of a pyramid that it stands beside, and there, and marks what it moved', () => {
    const surface = besideTop(6)
    const corners = surface.points.slice(0, 12)
    expect([...moveOnce(surface, pyramid, RELIEF)]).toEqual([1, 1, 1, 1])
    expect(Math.abs(surface.points[12] - top)).toBeLessThan(6)
    for (let again = 0; again < 4; again++) moveOnce(surface, pyramid, RELIEF)
    expect([...surface.points.subarray(12, 14)]).toEqual([top, top])
    // boundaries go up and down alone
    for (let i = 0; i < 12; i++) if (i % 3 < 2) expect(surface.points[i]).toBe(corners[i])
    solveDisparity(surface, pyramid, loopsOver(pyramid), ENOUGH_STEPS)
    // (values keep to the map's, whose corner pixels stand half a pixel, .01, above the picture's corners)
    expect(measureError(surface.points, surface.triangles, pyramid, RELIEF).maxError).toBeLessThan(0.01)
  })

  it('leaves alone what it need not look at', () => {
    const surface = besideTop(6)
    expect([...moveOnce(surface, pyramid, RELIEF, { active: 0 })]).toEqual([0, 0, 0, 0])
    expect(surface.points[12]).toBe(top - 6)
  })

  it('takes a stride where slip alone says that it should', () => {
    // a slanted plane that is exact whatever its triangles: nothing pulls
    const slant = mapOf(size, size, (x) => (x + 0.5) / size)
    const corners = [[0, 0], [0, size], [size, size], [size, 0]].flatMap(([u, v]) => [u, v, u / size])
    const view: ErrorModel = { pixelsPerDisparity: 100, wNear: 1, wFar: 0.1, slip: true, metresPerDisparity: 0 }
    const make = (): Surface => ({ points: Float32Array.from([...corners, 48.5, top, 48.5 / size]), triangles: Uint32Array.of(0, 1, 4, 1, 2, 4, 2, 3, 4, 3, 0, 4) })
    const [pulled, stridden] = [make(), make()]
    moveOnce(pulled, slant, view)
    moveOnce(stridden, slant, view, { stride: 8 })
    expect(pulled.points[12]).toBe(48.5)
    expect(stridden.points[12]).toBe(40.5)
    const slipOf = ({ points, triangles }: Surface): number => measureError(points, triangles, slant, view).pixelError.rms
    expect(slipOf(stridden)).toBeLessThan(slipOf(pulled))
  })
})

describe('refineSurface that moves vertices', () => {
  it('lowers the RMS of a refined surface by more than a twentieth, stays sound and leaves the picture’s edge where it was', () => {
    const hills = mapOf(160, 120, (x, y) => 0.5 + 0.2 * Math.sin(x / 11 + y / 23) + 0.15 * Math.cos(y / 7 - x / 31) + 0.05 * Math.sin(x * y * 0.003))
    const atEdge = ({ points }: Surface): string[] => {
      const edge: string[] = []
      for (let v = 0; v < points.length; v += 3) if (points[v] === 0 || points[v + 1] === 0 || points[v] === 160 || points[v + 1] === 120) edge.push(`${points[v]} ${points[v + 1]}`)
      return edge.sort()
    }
    for (const level of triangulateLevels(hills, { budgets: [1000, 300, 100] }, RELIEF)) {
      const rms = [0, 1, 3].map((moves) => {
        const surface = refineSurface(level, hills, level.loops, RELIEF, { moves })
        const { rmsError, covered } = measureError(surface.points, surface.triangles, hills, RELIEF)
        expect(covered).toBe(160 * 120)
        expect(Object.values(findFaults(surface.points, surface.triangles)).every((count) => count === 0)).toBe(true)
        expect(atEdge(surface)).toEqual(atEdge(level))
        // vertices stay at pixel centres, where they take fewest bytes
        for (let v = 0; v < surface.points.length; v += 3) {
          const [x, y] = surface.points.subarray(v, v + 2)
          if (x !== 0 && y !== 0 && x !== 160 && y !== 120) expect([x % 1, y % 1]).toEqual([0.5, 0.5])
        }
        return rmsError
      })
      expect(rms[1]).toBeLessThan(0.95 * rms[0])
      expect(rms[2]).toBeLessThan(rms[1])
    }
  })
})
