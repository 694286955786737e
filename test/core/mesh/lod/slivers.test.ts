import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { turnSlivers } from '../../../../src/core/mesh/lod/slivers.js'
import { seenArea } from '../../../../src/core/mesh/surface/topology.js'

const CUT = 0.03

const mapOf = (disparity: (x: number, y: number) => number): DisparityMap => ({
  width: 12,
  height: 12,
  disparity: Float32Array.from({ length: 144 }, (_, i) => disparity(i % 12, Math.floor(i / 12))),
  near: 1,
  far: 10,
  relief: 1,
})

const flat = mapOf(() => 0.5)

/** The triangle a d b of the drawing, and c, which belongs above its edge ab, at some height (v points down). */
const sliver = (v: number) => ({ points: Float32Array.of(1, 1, 0.5, 11, 1, 0.5, 6, v, 0.5, 6, 9, 0.5), triangles: Uint32Array.of(0, 1, 2, 1, 0, 3) })

const areas = (points: Float32Array, triangles: Uint32Array) => [0, 3].map((t) => seenArea(points, triangles[t], triangles[t + 1], triangles[t + 2]))

describe('turnSlivers', () => {
  it.each([
    ['lies beyond it', 1.5],
    ['lies on it', 1],
  ])('turns the longest edge of a triangle whose corner %s', (_, v) => {
    const { points, triangles } = sliver(v)
    expect(Math.min(...areas(points, triangles))).toBeLessThanOrEqual(0)
    const turned = turnSlivers({ points, triangles }, flat, CUT)
    // what a d b covered, in two halves
    for (const area of areas(points, turned)) expect(area).toBeCloseTo((10 * (9 - v)) / 2 , 4)
    expect([...triangles]).toEqual([0, 1, 2, 1, 0, 3])
  })

  it('leaves what is sound, and what is folded over by more than that', () => {
    for (const v of [0, 4]) {
      const surface = sliver(v)
      expect([...turnSlivers(surface, flat, CUT)]).toEqual([...surface.triangles])
    }
  })

  it('bridges no silhouette', () => {
    const surface = sliver(1.5)
    expect([...turnSlivers(surface, mapOf((x) => (x < 6 ? 0.5 : 0.1)), CUT)]).toEqual([...surface.triangles])
    expect([...turnSlivers(surface, mapOf(() => NaN), CUT)]).toEqual([...surface.triangles])
  })

  it('leaves a triangle at the border, and one whose corners are joined already', () => {
    const { points, triangles } = sliver(1.5)
    expect([...turnSlivers({ points, triangles: triangles.slice(0, 3) }, flat, CUT)]).toEqual([0, 1, 2])
    // c and d joined by a third triangle
    const joined = { points: Float32Array.of(...points, 6, 11, 0.5), triangles: Uint32Array.of(...triangles, 2, 3, 4) }
    expect([...turnSlivers(joined, flat, CUT)].slice(0, 6)).toEqual([...triangles])
  })
})
