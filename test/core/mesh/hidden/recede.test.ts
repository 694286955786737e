import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recede } from '../../../../src/core/mesh/hidden/recede.js'
import { buildFront } from '../../../../src/core/mesh/lod/front.js'
import { meshDisparity } from '../../../../src/core/mesh/pixels/drape.js'
import { errorModel } from '../../../../src/core/mesh/surface/error-model.js'
import type { Surface } from '../../../../src/core/mesh/surface/surface.js'
import { findFaults, isSound } from '../../../../src/core/mesh/surface/topology.js'
import { parseSettings } from '../../../../src/core/options.js'
import { mapOf } from '../../../support/raster.js'
import { rasters } from '../rasters.js'

const CUT = 0.1

/** A box that stands on the picture's lower border, before a wall that leans back. */
const wall = (x: number, y: number): number => 0.1 + 0.002 * x + 0.001 * y
const scene = mapOf(40, 30, (x, y) => (x >= 15 && x < 25 && y >= 10 ? 0.8 : wall(x + 0.5, y + 0.5)))

const frontOf = async (): Promise<Surface> => {
  const settings = parseSettings([{ origin: 'test', settings: { lods: [2000], cut: CUT } }])
  return (await buildFront(scene, settings, errorModel(scene, settings)))[0]
}
const receded = (front: Surface, cut: number, by: number, bend = 0.01): Surface => recede(front, meshDisparity(front, scene), scene, { cut, by, bend })

/** Vertices of the box or of the wall, each u px, v px, disparity. */
const verticesOf = ({ points }: Surface, of: 'box' | 'wall'): number[][] =>
  Array.from({ length: points.length / 3 }, (_, v) => [...points.subarray(3 * v, 3 * v + 3)]).filter(([, , z]) => z > 0.5 === (of === 'box'))
/** How far a place is from the box, px. */
const fromBox = (x: number, y: number): number => Math.hypot(Math.max(15 - x, 0, x - 25), Math.max(10 - y, 0))

describe('recede', () => {
  it('ends the wall half a pixel before the box, where the picture ends too, and leaves the box as it is', async () => {
    const front = await frontOf()
    const after = receded(front, CUT, 0.5)
    const distances = (surface: Surface): number[] => verticesOf(surface, 'wall').map(([x, y]) => fromBox(x, y)).filter((distance) => distance < 1).sort((a, b) => a - b)
    expect(distances(front)[0]).toBe(0)
    // (where a vertex stands in the middle of a pixel beside the box, its triangles are too small for half a pixel)
    expect(distances(after)[0]).toBeGreaterThanOrEqual(0.375)
    expect(verticesOf(after, 'wall').map(([x, y]) => `${x} ${y}`)).toEqual(expect.arrayContaining(['14.5 30', '25.5 30']))
    expect(verticesOf(after, 'box')).toEqual(verticesOf(front, 'box'))
    expect(isSound(after.points, after.triangles)).toBe(true)
  })

  it('keeps the wall where it is: what moves slides along it', async () => {
    const beside = verticesOf(receded(await frontOf(), CUT, 0.5), 'wall').filter(([x, y]) => fromBox(x, y) < 1)
    expect(beside.length).toBeGreaterThan(4)
    for (const [x, y, z] of beside) expect(z).toBeCloseTo(wall(x, y), 3)
  })

  it('leaves what belongs to one surface', async () => {
    const front = await frontOf()
    expect(receded(front, 0.9, 0.5).points).toEqual(front.points)
  })

  it('leaves what would bend', async () => {
    const front = await frontOf()
    // with every second vertex raised, the wall's triangles beside the box no longer go on from one another
    const points = front.points.slice()
    for (let p = 0; p < points.length; p += 3) if (p % 2 === 1 && points[p + 2] < 0.5 && fromBox(points[p], points[p + 1]) < 1) points[p + 2] += 0.05
    const bent = { ...front, points }
    const moved = (bend: number): number => receded(bent, CUT, 0.5, bend).points.reduce((count, value, i) => count + (i % 3 < 2 && value !== points[i] ? 1 : 0), 0)
    expect(moved(1)).toBeGreaterThan(20)
    expect(moved(0.001)).toBeLessThan(moved(1) / 2)
  })

  it('does not part the two sides of a cut where they meet', async () => {
    // a flap that rises out of the wall: the cut along its right side ends where it begins
    const flap = mapOf(40, 30, (x, y) => (x < 20 && y >= 10 ? 0.1 + 0.02 * (y - 10) : 0.1))
    const settings = parseSettings([{ origin: 'test', settings: { lods: [2000], cut: CUT } }])
    const [front] = await buildFront(flap, settings, errorModel(flap, settings))
    const after = recede(front, meshDisparity(front, flap), flap, { cut: CUT, by: 0.5, bend: 0.01 })
    const moved = Array.from({ length: front.points.length / 3 }, (_, v) => 3 * v).filter((p) => after.points[p] !== front.points[p] || after.points[p + 1] !== front.points[p + 1])
    expect(moved.length).toBeGreaterThan(0)
    // each that moved has another that stayed in its place, on the near side
    for (const p of moved) {
      const others = Array.from({ length: front.points.length / 3 }, (_, v) => 3 * v).filter((q) => q !== p && after.points[q] === front.points[p] && after.points[q + 1] === front.points[p + 1])
      expect(others.map((q) => after.points[q + 2] > front.points[p + 2])).toContain(true)
    }
  })

  it('leaves no fault in the surfaces of random maps', async () => {
    let moved = 0
    await fc.assert(
      fc.asyncProperty(rasters, fc.constantFrom(0.5, 1, 3), async ({ map, projection, cut, lods }, by) => {
        if (cut === false) return
        const settings = parseSettings([{ origin: 'test', settings: { projection, cut, lods } }])
        for (const front of await buildFront(map, settings, errorModel(map, settings))) {
          const after = recede(front, meshDisparity(front, map), map, { cut, by, bend: 0.1 })
          expect(findFaults(after.points, after.triangles)).toEqual(findFaults(front.points, front.triangles))
          if (after.points.some((value, i) => value !== front.points[i])) moved++
        }
      }),
      { numRuns: 100, seed: 4 },
    )
    expect(moved).toBeGreaterThan(20)
  })
})
