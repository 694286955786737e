import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { createPixelLoops, type PixelLoops } from '../../../../src/core/mesh/pixels/pixels.js'
import type { Triangulation } from '../../../../src/core/mesh/surface/delaunay.js'
import type { ErrorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { createRectangle } from '../../../../src/core/mesh/triangulate/constraints.js'
import { findContours } from '../../../../src/core/mesh/triangulate/contour.js'
import { findJumps } from '../../../../src/core/mesh/triangulate/cut.js'
import { insertGreedily, type Stops } from '../../../../src/core/mesh/triangulate/greedy.js'
import { EXACT_TOLERANCE, openSurface } from '../../../../src/core/mesh/triangulate/open.js'
import { RELIEF } from '../../../support/raster.js'
import { randomRaster } from '../rasters.js'
import { createPlainInsertion } from './plain-insertion.js'

const VIEW: ErrorModel = { pixelsPerDisparity: 20, wNear: 1, wFar: 0.1, slip: true, metresPerDisparity: 0 }
const CUT = 0.05

/** The same loops, but with insertion in plain TypeScript. */
function withPlainInsertion(loops: PixelLoops): PixelLoops {
  return Object.assign(loops, { insertInto: (...[surface, map, model, jump]: Parameters<PixelLoops['insertInto']>) => createPlainInsertion(surface, map, loops, model, jump) })
}

function expectSame(map: DisparityMap, begin: () => Triangulation, counted: Float32Array, model: ErrorModel, stops: Stops): void {
  const [compiled, plain] = [createPixelLoops(counted, map.width, map.height), withPlainInsertion(createPixelLoops(counted, map.width, map.height))].map((loops) =>
    insertGreedily(begin(), map, loops, model, stops, CUT),
  )
  expect(compiled.length).toBe(plain.length)
  for (const [i, snapshot] of plain.entries()) {
    expect(compiled[i].maxError).toBe(snapshot.maxError)
    expect(compiled[i].triangles).toEqual(snapshot.triangles)
    expect(compiled[i].points).toEqual(snapshot.points)
  }
}

describe('insertion', () => {
  const hills = (size: number): DisparityMap => {
    const disparity = Float32Array.from({ length: size * size }, (_, i) => {
      const [x, y] = [i % size, Math.floor(i / size)]
      return 0.5 + 0.2 * Math.sin(x / 9 + y / 23) + 0.15 * Math.cos(y / 7 - x / 31) + 0.05 * Math.sin(x * y * 0.003)
    })
    return { width: size, height: size, disparity, near: 1, far: 10, relief: 1 }
  }

  it('gives the same to the bit when compiled as in plain TypeScript, on ground of some thousand triangles', () => {
    const map = hills(192)
    for (const model of [RELIEF, VIEW]) {
      expectSame(map, () => createRectangle(map), map.disparity, model, { budgets: [300, 4000] })
      expectSame(map, () => createRectangle(map), map.disparity, model, { errors: [4, 1] })
    }
  })

  it('does so on rasters of every kind, with holes, along cuts and where no error counts', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [width, height] = [2 + (seed * 7) % 61, 2 + (seed * 13) % 53]
      const { disparity } = randomRaster(width, height, seed, seed % 8, seed % 3 === 0 ? 0.2 : 0)
      const map: DisparityMap = { width, height, disparity, near: 1, far: 10, relief: 1 }
      const jumps = findJumps(map, CUT)
      const begin = seed % 2 === 0 ? () => createRectangle(map) : () => openSurface(map, findContours(map, jumps, 1), EXACT_TOLERANCE, CUT).surface
      const counted = disparity.map((value, i) => (seed % 4 < 2 && i % 11 === 0 ? NaN : value))
      expectSame(map, begin, counted, seed % 5 < 2 ? RELIEF : VIEW, seed % 7 < 4 ? { budgets: [20, 400] } : { errors: [2, 0.25] })
    }
  })
})
