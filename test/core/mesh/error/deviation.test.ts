import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../../../src/core/index.js'
import { deviation } from '../../../../src/core/mesh/error/deviation.js'
import { project, unproject } from '../../../../src/core/mesh/unproject.js'

const W = 40
const H = 30
const mapOf = (level: (x: number, y: number) => number) => ({
  width: W,
  height: H,
  disparity: Float32Array.from({ length: W * H }, (_, i) => level(i % W, Math.floor(i / W))),
  near: 2,
  far: 8,
  relief: 1,
})

/** A rectangle of the picture at one disparity, as two triangles. */
function sheet(left: number, right: number, disparity: number, from = 0): { points: number[]; triangles: number[] } {
  return {
    points: [left, 0, disparity, right, 0, disparity, left, H, disparity, right, H, disparity],
    triangles: [0, 2, 1, 1, 2, 3].map((corner) => corner + from),
  }
}

function compare(map: ReturnType<typeof mapOf>, sheets: readonly { points: number[]; triangles: number[] }[], pixelsPerDisparity: number) {
  return deviation(Float32Array.from(sheets.flatMap(({ points }) => points)), Uint32Array.from(sheets.flatMap(({ triangles }) => triangles)), map, { pixelsPerDisparity })
}

describe('how far a surface lies from its map', () => {
  it('is nothing where both agree', () => {
    const found = compare(mapOf(() => 0.5), [sheet(0, W, 0.5)], 100)
    expect(found).toMatchObject({ rms: 0, p99: 0, overOne: 0 })
    expect(found.pixels).toHaveLength(W * H)
  })

  it('counts a wrong depth as the parallax that it shows', () => {
    const found = compare(mapOf(() => 0.5), [sheet(0, W, 0.505)], 100)
    expect(found.rms).toBeCloseTo(0.5, 4)
    expect(found.p99).toBeCloseTo(0.5, 1)
    expect(found.overOne).toBe(0)
  })

  it('counts a silhouette that runs beside the map’s as its distance from it, not as the jump', () => {
    // The map's jump is at x = 20, the surface's at x = 23: columns 20, 21 and 22 are 1, 2 and 3 px from a place that is near.
    const found = compare(mapOf((x) => (x < 20 ? 1 : 0)), [sheet(0, 23, 1), sheet(23, W, 0, 4)], 500)
    const row = [...found.pixels.subarray(10 * W, 11 * W)]
    expect(row.slice(18, 25)).toEqual([0, 0, 1, 2, 3, 0, 0])
    expect(found.overOne).toBeCloseTo(2 / W, 6)
    expect(found.rms).toBeCloseTo(Math.sqrt((1 + 4 + 9) / W), 6)
  })

  it('is beyond all bounds where the surface is far from anything in the map', () => {
    const found = compare(mapOf(() => 0), [sheet(0, W, 1)], 500)
    expect(found.pixels.every((value) => value === Infinity)).toBe(true)
    expect(found).toMatchObject({ rms: 8, p99: 8, overOne: 1 })
  })

  it('looks from the map where the surface is open, and is silent where neither holds anything', () => {
    const found = compare(mapOf((x) => (x < 30 ? 0.5 : NaN)), [sheet(0, 28, 0.5)], 100)
    const row = [...found.pixels.subarray(0, W)]
    expect(row.slice(26, 32)).toEqual([0, 0, 1, 2, NaN, NaN])
  })

  it('takes the nearest of surfaces that lie behind each other', () => {
    expect(compare(mapOf(() => 0.5), [sheet(0, W, 0.5), sheet(0, W, 0.1, 4)], 100).rms).toBe(0)
    expect(compare(mapOf(() => 0.5), [sheet(0, W, 0.1), sheet(0, W, 0.5, 4)], 100).rms).toBe(0)
  })
})

it.each([
  ['perspective', {}],
  ['wall', { projection: 'orthographic', width: 4 }],
  ['ground', { projection: 'orthographic', orientation: 'ground', width: 4 }],
] as const)('finds the way back from metres to the picture: %s', (_, given) => {
  const settings = parseSettings([{ origin: 'test', settings: given }])
  const map = mapOf(() => 0)
  const points = Float32Array.from({ length: 60 }, (_, i) => [(i * 7) % W, (i * 5) % H, ((i * 3) % 11) / 10][i % 3])
  const back = project(unproject({ points, triangles: new Uint32Array() }, map, settings).positions, map, settings)
  for (const [i, value] of points.entries()) expect(back[i]).toBeCloseTo(value, 4)
})
