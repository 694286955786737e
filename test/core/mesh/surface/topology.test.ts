import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { buildBackdrop } from '../../../../src/core/mesh/hidden/backdrop.js'
import { buildLevels } from '../../../../src/core/mesh/levels.js'
import { buildLods } from '../../../../src/core/mesh/lod/lod.js'
import { errorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { findFaults } from '../../../../src/core/mesh/surface/topology.js'
import { parseSettings } from '../../../../src/core/options.js'
import { rasters } from '../rasters.js'

const NO_FAULTS = { flipped: 0, degenerate: 0, duplicate: 0, crowdedEdges: 0, unusedVertices: 0, invalid: 0, empty: 0 }

describe('findFaults', () => {
  const square = Float32Array.of(0, 0, 0.5, 0, 1, 0.5, 1, 1, 0.5, 1, 0, 0.5)

  it('finds nothing wrong with two triangles of a square', () => {
    expect(findFaults(square, Uint32Array.of(0, 1, 2, 0, 2, 3))).toEqual(NO_FAULTS)
  })
  it('sees a triangle that is turned over, and that its edge now runs twice the same way', () => {
    expect(findFaults(square, Uint32Array.of(0, 1, 2, 0, 3, 2))).toEqual({ ...NO_FAULTS, flipped: 1, crowdedEdges: 1 })
  })
  it('sees a triangle without area, a repeated one, a lonely vertex and an empty surface', () => {
    expect(findFaults(square, Uint32Array.of(0, 1, 1, 0, 2, 3)).degenerate).toBe(1)
    expect(findFaults(square, Uint32Array.of(0, 1, 2, 1, 2, 0))).toEqual({ ...NO_FAULTS, duplicate: 1, crowdedEdges: 3, unusedVertices: 1 })
    expect(findFaults(square, new Uint32Array())).toEqual({ ...NO_FAULTS, empty: 1, unusedVertices: 4 })
  })
})

describe('buildLevels', () => {
  it.each(['adaptive', 'grid'] as const)('gives sound fronts and hidden layers within the budget, whatever the raster (%s)', async (topology) => {
    await fc.assert(
      fc.asyncProperty(rasters, async ({ map, projection, cut, lods }) => {
        const settings = parseSettings([{ origin: 'test', settings: { topology, projection, cut, lods: [...lods] } }])
        const levels = await buildLevels(map, buildBackdrop(map, settings), settings, errorModel(map, settings))
        expect(levels.length).toBeGreaterThan(0)
        for (const [i, { front, backdrop }] of levels.entries()) {
          expect(findFaults(front.points, front.triangles)).toEqual(NO_FAULTS)
          if (backdrop) expect(findFaults(backdrop.points, backdrop.triangles)).toEqual(NO_FAULTS)
          expect((front.triangles.length + (backdrop?.triangles.length ?? 0)) / 3).toBeLessThanOrEqual(lods[0])
          if (i === 0) continue
          expect(front.triangles.length).toBeLessThan(levels[i - 1].front.triangles.length)
          expect(front.pixelError.rms).toBeGreaterThanOrEqual(levels[i - 1].front.pixelError.rms)
        }
      }),
      { numRuns: 100, seed: 21 },
    )
  })
})

describe('buildLods', () => {
  it('gives sound levels that fall in triangles and never in error, whatever the raster', async () => {
    await fc.assert(
      fc.asyncProperty(rasters, async ({ map, projection, cut, lods }) => {
        const settings = parseSettings([{ origin: 'test', settings: { projection, cut, lods } }])
        const levels = await buildLods(map as DisparityMap, settings, errorModel(map, settings))
        expect(levels.length).toBeGreaterThan(0)
        for (const [i, level] of levels.entries()) {
          expect(findFaults(level.points, level.triangles)).toEqual(NO_FAULTS)
          expect(level.triangles.length / 3).toBeLessThanOrEqual(lods[0])
          if (i === 0) continue
          expect(level.triangles.length).toBeLessThan(levels[i - 1].triangles.length)
          expect(level.pixelError.rms).toBeGreaterThanOrEqual(levels[i - 1].pixelError.rms)
          expect(level.maxError).toBeGreaterThanOrEqual(levels[i - 1].maxError)
        }
      }),
      { numRuns: 150, seed: 20 },
    )
  })
})
