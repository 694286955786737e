import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { loopsOver } from '../../../../src/core/mesh/pixels/pixels.js'
import { createCosts, sumOf } from '../../../../src/core/mesh/refine/cost.js'
import { exchangeVertices } from '../../../../src/core/mesh/refine/exchange.js'
import { ENOUGH_STEPS, solveDisparity } from '../../../../src/core/mesh/refine/solve.js'
import type { ErrorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { linkTriangles } from '../../../../src/core/mesh/surface/half-edges.js'
import type { Surface } from '../../../../src/core/mesh/surface/surface.js'
import { findFaults } from '../../../../src/core/mesh/surface/topology.js'
import { triangulateLevels } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { RELIEF } from '../../../support/raster.js'
import { randomRaster } from '../rasters.js'

const view: ErrorModel = { pixelsPerDisparity: 100, wNear: 1, wFar: 0.1, slip: true, metresPerDisparity: 0 }

/** Exchanges once; what it changed, and what the surface cost before and after. */
function exchangeOnce(surface: Surface, map: DisparityMap, model: ErrorModel): { changed: Uint8Array; before: number; after: number } {
  const loops = loopsOver(map)
  const vertices = surface.points.length / 3
  const twin = linkTriangles(surface.triangles, vertices)
  const costs = createCosts(surface, map, loops, model)
  const cost = new Float64Array(surface.triangles.length / 3)
  const fit = solveDisparity(surface, map, loops, ENOUGH_STEPS)
  costs.ofAll(cost)
  const before = sumOf(cost)
  const changed = exchangeVertices(surface, twin, map, loops, { fit, costs, cost })
  // what it keeps up to date is what it would be if it were made anew
  expect(twin).toEqual(linkTriangles(surface.triangles, vertices))
  const anew = new Float64Array(cost.length)
  costs.ofAll(anew)
  // (a triangle's rows are summed up as floats, from another corner)
  for (let t = 0; t < cost.length; t++) expect(Math.abs(cost[t] - anew[t])).toBeLessThan(1e-5 * (1 + anew[t]))
  return { changed, before, after: sumOf(anew) }
}

/** Even squares of `cell` px, two triangles each. */
function squares(across: number, cell: number): Surface {
  const points: number[] = []
  const triangles: number[] = []
  for (let y = 0; y <= across; y++) for (let x = 0; x <= across; x++) points.push(x * cell, y * cell, 0.2)
  for (let y = 0; y < across; y++) {
    for (let x = 0; x < across; x++) {
      const a = y * (across + 1) + x
      triangles.push(a, a + across + 1, a + 1, a + 1, a + across + 1, a + across + 2)
    }
  }
  return { points: Float32Array.from(points), triangles: Uint32Array.from(triangles) }
}

describe('exchangeVertices', () => {
  const [across, cell] = [6, 16]
  const size = across * cell
  /** Flat ground with a cone in the middle of the lower right triangle of a square. */
  const [top, left] = [3 * cell + (2 * cell) / 3, 3 * cell + (2 * cell) / 3]
  const cone: DisparityMap = {
    width: size, height: size, near: 1, far: 10, relief: 1,
    disparity: Float32Array.from({ length: size * size }, (_, i) => 0.2 + Math.max(0, 0.5 - 0.12 * Math.hypot((i % size) + 0.5 - left, Math.floor(i / size) + 0.5 - top))),
  }

  it('takes a vertex from flat ground and puts it on the cone that no vertex stood on', () => {
    const surface = squares(across, cell)
    expect(surface.points.some((_, i) => i % 3 === 0 && Math.hypot(surface.points[i] - left, surface.points[i + 1] - top) < 2)).toBe(false)
    const { changed, before, after } = exchangeOnce(surface, cone, RELIEF)
    expect(after).toBeLessThan(0.6 * before)
    expect(changed.some((is) => is === 1)).toBe(true)
    expect(surface.triangles.length).toBe(6 * across * across)
    expect(surface.points.some((_, i) => i % 3 === 0 && Math.hypot(surface.points[i] - left, surface.points[i + 1] - top) < 2)).toBe(true)
    expect(Object.values(findFaults(surface.points, surface.triangles)).every((count) => count === 0)).toBe(true)
  })

  it('leaves flat ground and what no pixel speaks for alone', () => {
    for (const value of [0.2, NaN]) {
      const surface = squares(across, cell)
      const { points, triangles } = { points: surface.points.slice(), triangles: surface.triangles.slice() }
      const changed = exchangeOnce(surface, { ...cone, disparity: cone.disparity.map(() => value) }, RELIEF).changed
      expect(changed.every((is) => is === 0)).toBe(true)
      expect(surface.triangles).toEqual(triangles)
      expect(surface.points).toEqual(points)
    }
  })

  it('keeps surfaces of random rasters sound, in views too, with their outlines and as many triangles', () => {
    let exchanged = 0
    fc.assert(fc.property(fc.nat(), fc.integer({ min: 0, max: 7 }), fc.constantFrom(0, 0, 0.02, 0.3), fc.constantFrom(RELIEF, view), (seed, kind, nothing, model) => {
      const map = randomRaster(48, 40, seed, kind, nothing)
      for (const level of triangulateLevels(map, { budgets: [700, 150] }, model)) {
        const surface = { points: level.points.slice(), triangles: level.triangles.slice() }
        const outline = (): string[] => Array.from(linkTriangles(surface.triangles, surface.points.length / 3), (f, e) => (f < 0 ? `${surface.triangles[e]}` : '')).filter(Boolean).toSorted()
        const border = outline()
        const { changed } = exchangeOnce(surface, map, model)
        exchanged += changed.some((is) => is === 1) ? 1 : 0
        expect(surface.triangles.length).toBe(level.triangles.length)
        expect(outline()).toEqual(border)
        expect(Object.values(findFaults(surface.points, surface.triangles)).every((count) => count === 0)).toBe(true)
      }
    }), { numRuns: 60 })
    expect(exchanged).toBeGreaterThan(20)
  })
})
