import { expect, it } from 'vitest'
import { buildBackdrop, buildLevels, errorModel, parseSettings } from '../../../../src/core/index.js'
import { CLEARANCE } from '../../../../src/core/mesh/hidden/backdrop.js'
import { pushBehind } from '../../../../src/core/mesh/hidden/behind.js'
import { meshDisparity } from '../../../../src/core/mesh/pixels/drape.js'
import { mapOf } from '../../../support/raster.js'

it('keeps the hidden layer behind a sky at `far`, where the two would flicker through each other', async () => {
  const settings = parseSettings([{ origin: 'test', settings: { lods: [600, 200] } }])
  const map = mapOf(96, 64, (x, y) => (x > 30 && x < 66 && y > 20 ? 0.8 : 0))
  const backdrop = buildBackdrop(map, settings)!
  const levels = await buildLevels(map, backdrop, settings, errorModel(map, settings))
  expect(levels.length).toBeGreaterThan(0)
  for (const { backdrop: hidden } of levels) {
    const disparities = hidden!.points.filter((_, i) => i % 3 === 2)
    expect(Math.min(...disparities)).toBeLessThan(0)
    expect(disparities.filter((disparity) => disparity === 0)).toHaveLength(0)
  }
})

/** A map of 16 × 16 that falls to the right, with a hole of depth in its middle, on a canvas that is 4 px larger all around. */
function scene() {
  const front = mapOf(16, 16, (x, y) => (x > 5 && x < 10 && y > 5 && y < 10 ? 0.2 : 0.8 - x / 64))
  const canvas = mapOf(24, 24, () => 0)
  return { front, canvas, backdrop: { map: canvas, left: 4, top: 4, deepest: 0, continued: new Uint32Array(0), source: new Uint32Array(0) } }
}

it('pushes a surface back until none of it is nearer than the front, less what it has to stay behind, and touches it', () => {
  const { front, canvas, backdrop } = scene()
  const points = Float32Array.of(0, 0, 0.9, 24, 0, 0.5, 0, 24, 0.7, 24, 24, 0.9)
  const triangles = Uint32Array.of(0, 2, 1, 1, 2, 3)
  pushBehind({ points, triangles }, front.disparity, front, backdrop)
  const hidden = meshDisparity({ points, triangles }, canvas)
  let nearest = -Infinity
  for (let y = 0; y < 16; y++) for (let x = 0; x < 16; x++) nearest = Math.max(nearest, hidden[(y + 4) * 24 + x + 4] - front.disparity[y * 16 + x])
  expect(nearest).toBeCloseTo(-CLEARANCE, 5)
})

it('leaves the corners of a triangle without area where they are: it covers nothing', () => {
  const { front, backdrop } = scene()
  for (const flat of [[6, 6, 0.9, 12, 6, 0.5, 18, 6, 0.7], [8, 5, 0.9, 8, 9, 0.6, 8, 17, 0.9], [5, 5, 0.9, 9, 9, 0.5, 17, 17, 0.9], [9, 9, 0.9, 9, 9, 0.5, 9, 9, 0.7]]) {
    const points = Float32Array.from(flat)
    pushBehind({ points, triangles: Uint32Array.of(0, 1, 2) }, front.disparity, front, backdrop)
    expect([...points]).toEqual([...Float32Array.from(flat)])
  }
})
