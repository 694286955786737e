import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../src/core/depth/convention.js'
import { buildBackdrop } from '../../../src/core/mesh/hidden/backdrop.js'
import { coverWith } from '../../../src/core/mesh/hidden/behind.js'
import { buildLevels, type SurfaceOptions } from '../../../src/core/mesh/levels.js'
import { errorModel } from '../../../src/core/mesh/surface/error-model.js'
import { findFaults } from '../../../src/core/mesh/surface/topology.js'
import { parseSettings, type SettingsInput } from '../../../src/core/options.js'

const WIDTH = 160
const HEIGHT = 120

/** Two discs before a wavy wall. */
const scene: DisparityMap = {
  width: WIDTH,
  height: HEIGHT,
  disparity: Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const x = i % WIDTH
    const y = Math.floor(i / WIDTH)
    if (Math.hypot(x - 50, y - 60) < 25) return 0.8 + 0.001 * x
    if (Math.hypot(x - 100, y - 50) < 30) return 0.5
    return 0.1 + 0.05 * Math.sin(x / 10) * Math.cos(y / 8)
  }),
  near: 1,
  far: 10,
  relief: 1,
}

const build = async (more: SettingsInput) => {
  const settings = parseSettings([{ origin: 'test', settings: { lods: [4000, 1000, 250], ...more } }])
  const backdrop = buildBackdrop(scene, settings)
  return { backdrop, levels: await buildLevels(scene, backdrop, settings, errorModel(scene, settings)) }
}

const count = (mesh: { triangles: Uint32Array } | null) => (mesh?.triangles.length ?? 0) / 3

describe('buildLevels', () => {
  it('keeps the layers of a level within its budget together, each sound, their sum falling', async () => {
    const { levels } = await build({})
    expect(levels).toHaveLength(3)
    const totals = levels.map(({ front, backdrop }) => count(front) + count(backdrop))
    totals.forEach((total, level) => expect(total).toBeLessThanOrEqual([4000, 1000, 250][level]))
    expect(totals.toSorted((a, b) => b - a)).toEqual(totals)
    for (const { front, backdrop } of levels) {
      for (const mesh of [front, backdrop]) {
        expect(mesh).not.toBeNull()
        if (mesh) expect(findFaults(mesh.points, mesh.triangles)).toEqual({ flipped: 0, degenerate: 0, duplicate: 0, crowdedEdges: 0, unusedVertices: 0, invalid: 0, empty: 0 })
      }
    }
  })

  it('has no thin triangle of the hidden layer come out between the pixels of the front', async () => {
    const waves: DisparityMap = {
      width: 160,
      height: 90,
      disparity: Float32Array.from({ length: 160 * 90 }, (_, i) => 0.5 + 0.2 * Math.sin((i % 160) / 11) * Math.cos(Math.floor(i / 160) / 9)),
      near: 1,
      far: 3,
      relief: 1,
    }
    const settings = parseSettings([{ origin: 'test', settings: { near: 1, far: 3, lods: [8000, 2000, 500] } }])
    const backdrop = buildBackdrop(waves, settings)
    for (const { backdrop: hidden } of await buildLevels(waves, backdrop, settings, errorModel(waves, settings))) {
      if (!hidden || !backdrop) throw new Error('expected a backdrop')
      let places = 0
      let inFront = 0
      for (let e = 0; e < hidden.triangles.length; e++) {
        const [a, b] = [hidden.triangles[e], hidden.triangles[e % 3 === 2 ? e - 2 : e + 1]].map((v) => hidden.points.subarray(3 * v, 3 * v + 3))
        const count = Math.ceil(2 * Math.hypot(b[0] - a[0], b[1] - a[1]))
        for (let i = 0; i < count; i++) {
          const [u, v, d] = [0, 1, 2].map((axis) => a[axis] + ((i + 0.5) / count) * (b[axis] - a[axis]))
          const [x, y] = [Math.floor(u) - backdrop.left, Math.floor(v) - backdrop.top]
          if (x < 0 || y < 0 || x >= waves.width || y >= waves.height) continue
          places++
          if (d > waves.disparity[y * waves.width + x] + 0.005) inFront++
        }
      }
      expect(places).toBeGreaterThan(100)
      expect(inFront / places).toBeLessThan(0.01)
    }
  })

  it('covers the hidden layer at the finest level, but for single pixels at its rim, and stands nowhere in front of what is seen', async () => {
    const { levels, backdrop } = await build({ lods: [20_000] })
    const mesh = levels[0].backdrop
    if (!mesh || !backdrop) throw new Error('expected a backdrop')
    const { map, left, top } = backdrop
    const depth = new Float32Array(map.width * map.height).fill(NaN)
    for (let t = 0; t < mesh.triangles.length; t += 3) {
      const [a, b, c] = [...mesh.triangles.subarray(t, t + 3)].map((v) => [...mesh.points.subarray(3 * v, 3 * v + 3)])
      const area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
      for (let y = Math.floor(Math.min(a[1], b[1], c[1])); y <= Math.max(a[1], b[1], c[1]); y++) {
        for (let x = Math.floor(Math.min(a[0], b[0], c[0])); x <= Math.max(a[0], b[0], c[0]); x++) {
          const wb = ((x + 0.5 - a[0]) * (c[1] - a[1]) - (y + 0.5 - a[1]) * (c[0] - a[0])) / area
          const wc = ((b[0] - a[0]) * (y + 0.5 - a[1]) - (b[1] - a[1]) * (x + 0.5 - a[0])) / area
          if (wb >= -1e-6 && wc >= -1e-6 && wb + wc <= 1 + 1e-6) depth[y * map.width + x] = a[2] + wb * (b[2] - a[2]) + wc * (c[2] - a[2])
        }
      }
    }
    let held = 0
    let uncovered = 0
    let inFront = 0
    for (let y = 0; y < map.height; y++) {
      for (let x = 0; x < map.width; x++) {
        const at = y * map.width + x
        if (map.disparity[at] >= 0) held++
        if (map.disparity[at] >= 0 && Number.isNaN(depth[at])) uncovered++
        if (x >= left && y >= top && x < left + WIDTH && y < top + HEIGHT && depth[at] > scene.disparity[(y - top) * WIDTH + x - left]) inFront++
      }
    }
    expect(uncovered / held).toBeLessThan(0.01)
    expect(inFront / held).toBeLessThan(0.01)
  })

  it.each<[string, SettingsInput]>([
    ['the camera does not travel', { travel: 0 }],
    ['it is a grid', { topology: 'grid' }],
    ['the mesh is solid', { solid: true }],
  ])('has no hidden layer where %s', async (_, more) => {
    const { backdrop, levels } = await build(more)
    expect(backdrop).toBeNull()
    for (const level of levels) expect(level.backdrop).toBeNull()
  })

  it('keeps error bounds in both layers', async () => {
    const { levels } = await build({ lods: { error: [0.5, 2] } })
    expect(levels[0].front.pixelError.max).toBeLessThanOrEqual(0.5)
    expect(count(levels[1].front)).toBeLessThan(count(levels[0].front))
    for (const { backdrop } of levels) expect(count(backdrop)).toBeGreaterThan(0)
  })
})

describe('what lies behind an edge', () => {
  /** A pillar before a wall that leans back; the hidden layer overlaps the front by 4 px. */
  const pillar: DisparityMap = {
    width: 800,
    height: 200,
    disparity: Float32Array.from({ length: 800 * 200 }, (_, i) => (i % 800 >= 300 && i % 800 < 400 ? 0.8 : 0.1 + 0.0001 * (i % 800) + 0.0002 * Math.floor(i / 800))),
    near: 1,
    far: 10,
    relief: 1,
  }
  /** How far before the pillar the wall ends at each level, px: at most of its corners there, since some have too little room. */
  const gaps = async (options: SurfaceOptions): Promise<number[]> => {
    const settings = parseSettings([{ origin: 'test', settings: { lods: [3000, 700], texture: { size: 800 } } }])
    const levels = await buildLevels(pillar, buildBackdrop(pillar, settings), settings, errorModel(pillar, settings), options)
    return levels.map(({ front: { points } }) => {
      const beside = Array.from(points, (u, p) => (p % 3 === 0 && points[p + 2] < 0.5 && u <= 300 && u > 295 ? 300 - u : NaN)).filter((gap) => !Number.isNaN(gap))
      expect(beside.length).toBeGreaterThan(20)
      return beside.sort((a, b) => a - b)[beside.length >> 1]
    })
  }

  it('ends half a texel of its own level before the edge', async () => {
    expect(await gaps({ textureSize: (level) => [800, 320][level] })).toEqual([0.5, 1.25])
    expect(await gaps({})).toEqual([0.5, 0.5])
  })

  it('is told the triangles of all levels, hidden ones too', async () => {
    const told: (readonly number[])[] = []
    await gaps({ textureSize: (_, triangles) => (told.push(triangles), 800) })
    expect(told).toHaveLength(2)
    for (const [finest, coarsest] of told) {
      expect(finest).toBeGreaterThan(coarsest)
      expect(coarsest).toBeGreaterThan(0)
    }
  })

  it('stays over the hidden layer, however coarse the picture is', async () => {
    expect(await gaps({ textureSize: () => 16 })).toEqual([2, 2])
  })
})

describe('the hidden layer of coarse levels', () => {
  it('never pierces the front surface', async () => {
    const { levels, backdrop } = await build({ lods: [300, 120] })
    if (!backdrop) throw new Error('expected a backdrop')
    for (const { front, backdrop: mesh } of levels) {
      if (!mesh) throw new Error('expected a hidden layer')
      const limit = coverWith(front, scene)
      const hidden = coverWith(mesh, { ...backdrop.map, disparity: new Float32Array(backdrop.map.disparity.length).fill(2) })
      let pierced = 0
      for (let y = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++) {
          const behind = hidden[(y + backdrop.top) * backdrop.map.width + x + backdrop.left]
          if (behind < 2 && behind > limit[y * WIDTH + x]) pierced++
        }
      }
      // where the front itself lies at the very back, nothing can be behind it
      expect(pierced / (WIDTH * HEIGHT)).toBeLessThan(0.002)
    }
  })
})
