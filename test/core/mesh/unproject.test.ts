import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../src/core/depth/convention.js'
import { unproject } from '../../../src/core/mesh/unproject.js'
import { parseSettings, type SettingsInput } from '../../../src/core/options.js'

const map: DisparityMap = { width: 200, height: 100, disparity: new Float32Array(), near: 2, far: 10, relief: 3 }
const parse = (settings: SettingsInput) => parseSettings([{ origin: 'test', settings }])
const project = (points: number[], settings: SettingsInput, ...rest: [Parameters<typeof unproject>[3]?]) =>
  unproject({ points: Float32Array.from(points), triangles: Uint32Array.of(0, 0, 0) }, map, parse(settings), ...rest)
const rounded = (values: Float32Array) => [...values].map((value) => Math.round(value * 1e5) / 1e5 + 0)

describe('unproject, perspective', () => {
  // 90° up and down: at depth z the view is 2z high and, at 2:1, 4z wide
  const settings = { fovY: 90, near: 2, far: 10 }

  it('puts disparity 0 at far and 1 at near, in the middle of the picture on the axis', () => {
    expect(rounded(project([100, 50, 0, 100, 50, 1], settings).positions)).toEqual([0, 0, -10, 0, 0, -2])
  })

  it('is linear in 1/depth between them', () => {
    // halfway between 1/10 and 1/2 is 3/10
    expect(rounded(project([100, 50, 0.5], settings).positions)).toEqual([0, 0, -3.33333])
  })

  it('puts the picture’s corners on the edges of the view, +Y up', () => {
    expect(rounded(project([0, 0, 1, 200, 0, 1, 0, 100, 0, 200, 100, 0], settings).positions)).toEqual([-4, 2, -2, 4, 2, -2, -20, -10, -10, 20, -10, -10])
  })

  it('keeps planes plane: a disparity that is linear across the picture is a flat wall', () => {
    const { positions } = project([0, 10, 0.1, 50, 20, 0.25, 100, 90, 0.4, 150, 0, 0.55, 200, 55, 0.7], settings)
    const [ax, ay, az] = positions
    const to = (i: number) => [positions[3 * i] - ax, positions[3 * i + 1] - ay, positions[3 * i + 2] - az]
    const [b, c] = [to(1), to(2)]
    const normal = [b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]]
    const length = Math.hypot(...normal)
    for (const i of [3, 4]) expect(to(i).reduce((sum, value, axis) => sum + (value * normal[axis]) / length, 0)).toBeCloseTo(0, 4)
  })

  it('comes back to its pixel when projected again', () => {
    const points = [13.5, 71.25, 0.123, 199.5, 0.5, 0.9, 64, 32, 0.01]
    const { positions } = project(points, { fovY: 37, near: 2, far: 10 })
    const focal = 50 / Math.tan((37 * Math.PI) / 360)
    for (let i = 0; i < 3; i++) {
      expect(100 + (focal * positions[3 * i]) / -positions[3 * i + 2]).toBeCloseTo(points[3 * i], 3)
      expect(50 - (focal * positions[3 * i + 1]) / -positions[3 * i + 2]).toBeCloseTo(points[3 * i + 1], 3)
    }
  })
})

describe('unproject, orthographic', () => {
  const settings = { projection: 'orthographic', width: 20, relief: 3 } as const

  it('stands a wall in the XY plane, facing +Z, black at 0 and white at relief', () => {
    expect(rounded(project([0, 0, 0, 200, 100, 1, 100, 50, 0.5], settings).positions)).toEqual([-10, 5, 0, 10, -5, 3, 0, 0, 1.5])
  })

  it('lays the ground in the XZ plane, +Y up, the picture’s upper edge at −Z', () => {
    expect(rounded(project([0, 0, 0, 200, 100, 1, 100, 50, 0.5], { ...settings, orientation: 'ground' }).positions)).toEqual([-10, 0, -5, 10, 3, 5, 0, 1.5, 0])
  })

  it.each(['wall', 'ground'] as const)('keeps triangles counter-clockwise as seen from the front or from above (%s)', (orientation) => {
    const { positions: p } = project([0, 0, 0, 0, 100, 0, 200, 0, 0], { ...settings, orientation })
    const [b, c] = [[p[3] - p[0], p[4] - p[1], p[5] - p[2]], [p[6] - p[0], p[7] - p[1], p[8] - p[2]]]
    const normal = [b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]]
    expect(normal[orientation === 'wall' ? 2 : 1]).toBeGreaterThan(0)
  })
})

describe('texture coordinates', () => {
  it('have their origin at the picture’s upper left corner', () => {
    expect([...project([0, 0, 0, 200, 100, 1, 50, 75, 0.5], {}).uvs]).toEqual([0, 0, 1, 1, 0.25, 0.75])
  })

  it('cover the canvas where there is one; positions stay those of the picture', () => {
    const canvas = { left: 20, top: 10, width: 250, height: 125 }
    const onCanvas = project([20, 10, 1, 220, 110, 0.5, 0, 0, 1], { fovY: 90 }, canvas)
    const onPicture = project([0, 0, 1, 200, 100, 0.5, -20, -10, 1], { fovY: 90 })
    expect(rounded(onCanvas.positions)).toEqual(rounded(onPicture.positions))
    expect(rounded(onCanvas.uvs)).toEqual([0.08, 0.08, 0.88, 0.88, 0, 0])
  })
})
