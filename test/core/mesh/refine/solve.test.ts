import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fit } from '../../../../src/core/mesh/pixels/fit.js'
import { createPixelLoops } from '../../../../src/core/mesh/pixels/pixels.js'
import { solveDisparity } from '../../../../src/core/mesh/refine/solve.js'
import { triangulateLevels } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { RELIEF } from '../../../support/raster.js'
import { randomRaster } from '../rasters.js'
import { solvePlainly } from './plain-solve.js'

describe('solveDisparity', () => {
  it('does what the plain one does, to the bit, of all triangles and of those alone that have changed', () => {
    fc.assert(fc.property(fc.nat(), fc.integer({ min: 0, max: 7 }), fc.constantFrom(0, 0, 0.02, 0.3), fc.integer({ min: 1, max: 8 }), (seed, kind, nothing, steps) => {
      const map = randomRaster(48, 40, seed, kind, nothing)
      const loops = createPixelLoops(map.disparity, map.width, map.height)
      const known = map.disparity.filter((value) => !Number.isNaN(value))
      const range = { low: Math.min(...known), high: Math.max(...known) }
      for (const { points, triangles } of triangulateLevels(map, { budgets: [700, 60] }, RELIEF)) {
        const [fast, plain] = [points.slice(), points.slice()]
        let fit: Fit | undefined
        for (const changed of [undefined, new Uint8Array(triangles.length / 3).map((_, t) => (t % 3 === 0 ? 1 : 0))]) {
          // what is said to have changed has: its first corner
          if (changed) for (const moved of [fast, plain]) for (let t = 0; t < changed.length; t += 3) moved[3 * triangles[3 * t] + 2] = 0.5
          fit = solvePlainly({ points: plain, triangles }, loops, { steps, ...range, changed }, fit)
          const compiled = solveDisparity({ points: fast, triangles }, map, loops, steps, changed)
          expect(fast).toEqual(plain)
          expect(compiled).toEqual(fit)
        }
      }
    }), { numRuns: 40 })
  })

  it('leaves a surface where nothing is known as it was', () => {
    const map = { width: 8, height: 8, disparity: new Float32Array(64).fill(NaN), near: 1, far: 10, relief: 1 }
    map.disparity[63] = 0.5
    const points = Float32Array.of(0, 0, 0.5, 0, 4, 0.5, 4, 0, 0.5)
    const fit = solveDisparity({ points, triangles: Uint32Array.of(0, 1, 2) }, map, createPixelLoops(map.disparity, 8, 8), 8)
    expect([...points]).toEqual([0, 0, 0.5, 0, 4, 0.5, 4, 0, 0.5])
    expect([...fit.local, ...fit.rest, ...fit.squares].every((sum) => sum === 0)).toBe(true)
  })
})
