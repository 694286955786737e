import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../src/core/depth/convention.js'
import { buildLevels } from '../../../src/core/mesh/levels.js'
import { errorModel } from '../../../src/core/mesh/surface/error-model.js'
import { unproject, type Mesh } from '../../../src/core/mesh/unproject.js'
import { parseSettings, type SettingsInput } from '../../../src/core/options.js'

const WIDTH = 64
const HEIGHT = 48

const mapOf = (disparity: (x: number, y: number) => number): DisparityMap => ({
  width: WIDTH,
  height: HEIGHT,
  disparity: Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => disparity((i % WIDTH) + 0.5, Math.floor(i / WIDTH) + 0.5)),
  near: 1,
  far: 5,
  relief: 2,
})

const wavy = mapOf((x, y) => 0.5 + 0.3 * Math.sin(x / 6) * Math.cos(y / 5))
const wave = (x: number, y: number) => 0.1 * Math.sin(x / 4) * Math.cos(y / 3)
const stepped = mapOf((x, y) => wave(x, y) + (Math.hypot(x - 20, y - 24) < 12 ? 0.9 : Math.hypot(x - 45, y - 20) < 9 ? 0.6 : 0.2))
/** Three pieces, one of them with a hole, two that touch at a corner. */
const pieces = mapOf((x, y) => {
  const ring = Math.hypot(x - 16, y - 16)
  if (ring < 12 && ring > 5) return 0.5 + wave(x, y)
  if (x > 34 && x < 48 && y > 8 && y < 24) return 0.4 + wave(x, y)
  if (x > 48 && x < 60 && y > 24 && y < 40) return 0.8 + wave(x, y)
  return NaN
})

/** For every edge how many faces use it each way: a closed surface has one each. */
const openEdges = ({ indices }: Mesh): number => {
  const edges = new Map<string, number>()
  for (let i = 0; i < indices.length; i++) {
    const edge = `${indices[i]} ${indices[i % 3 === 2 ? i - 2 : i + 1]}`
    edges.set(edge, (edges.get(edge) ?? 0) + 1)
  }
  let wrong = 0
  for (const [edge, faces] of edges) if (faces !== 1 || edges.get(edge.split(' ').reverse().join(' ')) !== 1) wrong++
  return wrong
}

/** By the divergence theorem; positive when the faces look outward. */
const volume = ({ positions: p, indices }: Mesh): number => {
  let sum = 0
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [3 * indices[i], 3 * indices[i + 1], 3 * indices[i + 2]]
    sum += p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) - p[a + 1] * (p[b] * p[c + 2] - p[b + 2] * p[c]) + p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c])
  }
  return sum / 6
}

const build = async (map: DisparityMap, more: SettingsInput, lods = [3000, 1000]) => {
  const settings = parseSettings([{ origin: 'test', settings: { near: 1, far: 5, solid: true, lods, ...more } }])
  const levels = await buildLevels(map, null, settings, errorModel(map, settings))
  return levels.map(({ front }) => unproject(front, map, settings))
}

describe('solid meshes', () => {
  const kinds: [string, SettingsInput][] = [
    ['perspective', {}],
    ['a relief on a wall', { projection: 'orthographic', relief: 2 }],
    ['terrain', { projection: 'orthographic', orientation: 'ground', relief: 2 }],
    ['a grid', { topology: 'grid' }],
  ]
  const maps: [string, DisparityMap][] = [['one sheet', wavy], ['cut along jumps', stepped], ['pieces, one with a hole', pieces]]
  const cases = kinds.flatMap(([kind, settings]) => maps.map(([what, map]) => [kind, what, settings, map] as const))

  it.each(cases)('are closed, look outward and keep their budgets: %s, %s', async (_, __, settings, map) => {
    const levels = await build(map, settings)
    expect(levels.length).toBeGreaterThan(0)
    for (const [level, mesh] of levels.entries()) {
      expect(openEdges(mesh)).toBe(0)
      expect(volume(mesh)).toBeGreaterThan(0)
      expect(mesh.indices.length / 3).toBeLessThanOrEqual([3000, 1000][level])
      expect(mesh.positions.every(Number.isFinite)).toBe(true)
      expect(mesh.uvs.every((value) => value >= 0 && value <= 1)).toBe(true)
    }
  })

  it('have the volume of a box where the map is flat', async () => {
    // 10 m wide, 7.5 m high; black at 0, the surface at 0.5 · 2 m, the back 5 % of 2 m behind it
    const [mesh] = await build(mapOf(() => 0.5), { projection: 'orthographic', relief: 2, width: 10 }, [100])
    expect(mesh.indices.length / 3).toBe(12)
    expect(volume(mesh)).toBeCloseTo(10 * 7.5 * 0.1, 4)
  })

  it('have a flat back, behind everything, and the picture’s border on the sides', async () => {
    const [mesh] = await build(wavy, {})
    const depths = mesh.positions.filter((_, i) => i % 3 === 2)
    const back = depths.reduce((least, z) => Math.min(least, z), 0)
    const atBack = depths.filter((z) => Math.abs(z - back) < 1e-5).length
    expect(atBack).toBeGreaterThan(20)
    // most of them on the outline: on the same ray as the vertex of the border they belong to
    let onBorder = 0
    for (let vertex = 0; vertex < depths.length; vertex++) {
      if (Math.abs(depths[vertex] - back) > 1e-5) continue
      const [u, v] = [mesh.uvs[vertex * 2], mesh.uvs[vertex * 2 + 1]]
      if ([u, 1 - u, v, 1 - v].some((distance) => Math.abs(distance) < 1e-6)) onBorder++
    }
    expect(onBorder / atBack).toBeGreaterThan(0.75)
  })

  it('say so when no budget is large enough', async () => {
    await expect(build(pieces, {}, [10])).rejects.toThrow('lods: expected budgets that a closed surface of this map fits in, got [10]')
  })
})
