import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { measureContrast } from '../../../../src/core/mesh/error/contrast.js'
import { collapseLevels } from '../../../../src/core/mesh/lod/collapse.js'
import { buildFront } from '../../../../src/core/mesh/lod/front.js'
import { buildLods } from '../../../../src/core/mesh/lod/lod.js'
import { meshDisparity } from '../../../../src/core/mesh/pixels/drape.js'
import { errorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { findFaults } from '../../../../src/core/mesh/surface/topology.js'
import type { PlaneMesh } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { parseSettings } from '../../../../src/core/options.js'

const SOUND = { flipped: 0, degenerate: 0, duplicate: 0, crowdedEdges: 0, unusedVertices: 0, invalid: 0, empty: 0 }

const mapOf = (width: number, height: number, disparity: (x: number, y: number) => number): DisparityMap => ({
  width,
  height,
  disparity: Float32Array.from({ length: width * height }, (_, i) => disparity(i % width, Math.floor(i / width))),
  near: 1,
  far: 10,
  relief: 1,
})

/** A wall behind a fence of thirty posts. */
const fence = mapOf(240, 160, (x, y) => (x % 8 < 3 && y > 30 ? 0.8 + 0.0004 * y : 0.1 + 0.0008 * x))
const settings = parseSettings([{ origin: 'test', settings: { lods: [8000, 1500, 300] } }])

describe('buildFront', () => {
  it('keeps the budgets, stays sound, and never claims that less is better', async () => {
    const levels = await buildFront(fence, settings, errorModel(fence, settings))
    expect(levels.length).toBeGreaterThan(1)
    for (const [level, mesh] of levels.entries()) {
      expect(mesh.triangles.length / 3).toBeLessThanOrEqual([8000, 1500, 300][level])
      expect(findFaults(mesh.points, mesh.triangles)).toEqual(SOUND)
      if (level > 0) {
        expect(mesh.triangles.length).toBeLessThan(levels[level - 1].triangles.length)
        expect(mesh.pixelError.max).toBeGreaterThanOrEqual(levels[level - 1].pixelError.max)
      }
    }
  })

  it('shows no more wrong pixels than insertion alone', async () => {
    const model = errorModel(fence, settings)
    const wrong = (mesh: { points: Float32Array; triangles: Uint32Array }) =>
      meshDisparity(mesh, fence).reduce((count, value, i) => count + (Math.abs(value - fence.disparity[i]) * model.pixelsPerDisparity < 4 ? 0 : 1), 0)
    const [chosen, inserted] = [await buildFront(fence, settings, model), await buildLods(fence, settings, model)]
    for (let level = 0; level < chosen.length; level++) expect(wrong(chosen[level])).toBeLessThanOrEqual(wrong(inserted[level]) * 1.05)
  })

  it('does not take what slips many times as far for a few wrong pixels less', async () => {
    // a rising floor with short posts on it, of which collapse leaves more at 300 triangles; but it slips by 12 px there, insertion by 3
    const floor = mapOf(240, 160, (x, y) => Math.min(1, 0.1 + 0.005 * y + ((x + 5 * Math.floor(y / 20)) % 32 < 3 && y % 20 > 6 ? 0.12 : 0)))
    const model = errorModel(floor, settings)
    const [chosen, inserted] = [await buildFront(floor, settings, model), await buildLods(floor, settings, model)]
    expect(chosen).toHaveLength(3)
    expect(chosen[2].pixelError.p99).toBeLessThan(2 * inserted[2].pixelError.p99)
  })

  it('takes what shows less of its errors in the picture, where there is one', async () => {
    const floor = mapOf(240, 160, (x, y) => Math.min(1, 0.1 + 0.005 * y + ((x + 5 * Math.floor(y / 20)) % 32 < 3 && y % 20 > 6 ? 0.12 : 0)))
    const model = errorModel(floor, settings)
    const isPost = (x: number, y: number) => (x + 5 * Math.floor(y / 20)) % 32 < 3 && y % 20 > 6
    const pictures = [(x: number, y: number) => (isPost(x, y) ? 220 : 40), () => 128]
    const folded: boolean[] = []
    for (const picture of pictures) {
      const contrast = measureContrast({ width: 240, height: 160, gray: Uint8Array.from(floor.disparity, (_, i) => picture(i % 240, Math.floor(i / 240))) })
      const seen = (mesh: PlaneMesh) =>
        meshDisparity(mesh, floor).reduce((sum, value, i) => {
          const difference = ((value - floor.disparity[i]) * model.pixelsPerDisparity) ** 2 * contrast.perPixel[i]
          return sum + (difference < contrast.most[i] ? difference : contrast.most[i])
        }, 0)
      const [chosen, inserted] = [await buildFront(floor, settings, model, { contrast }), await buildLods(floor, settings, model)]
      for (let level = 1; level < chosen.length; level++) expect(seen(chosen[level])).toBeLessThanOrEqual(seen(inserted[level]) * (1 + 1e-6))
      folded.push(chosen[2].folded === true)
    }
    // insertion where nothing is to be seen of either’s errors
    expect(folded).toEqual([true, false])
  })

  it('is insertion alone where nothing is cut', async () => {
    const smooth = mapOf(80, 60, (x, y) => 0.5 + 0.1 * Math.sin(x / 9) * Math.cos(y / 7))
    const model = errorModel(smooth, settings)
    const [chosen, inserted] = [await buildFront(smooth, settings, model), await buildLods(smooth, settings, model)]
    expect(chosen).toHaveLength(inserted.length)
    for (const [level, { points, triangles }] of chosen.entries()) {
      expect(Buffer.from(points.buffer).equals(Buffer.from(inserted[level].points.buffer))).toBe(true)
      expect(Buffer.from(triangles.buffer).equals(Buffer.from(inserted[level].triangles.buffer))).toBe(true)
    }
  })
})

describe('collapseLevels', () => {
  it('is sound whatever the map', async () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 1, max: 12 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const map = mapOf(32, 24, (x, y) => {
          let value = 0.1 + 0.002 * x
          for (const [cx, cy, size, disparity, hole] of steps) if (Math.abs(x - cx) < size && Math.abs(y - cy) < size) value = hole ? NaN : disparity
          return value
        })
        if (map.disparity.every(Number.isNaN)) return
        const [fine] = await buildLods(map, { ...settings, lods: [1500] }, errorModel(map, settings))
        for (const mesh of await collapseLevels(fine, [600, 200, 60], map, 0.03)) {
          if (mesh.triangles.length === 0) continue
          expect(findFaults(mesh.points, mesh.triangles)).toEqual(SOUND)
        }
      }),
      { numRuns: 60, seed: 7 },
    )
  })
})
