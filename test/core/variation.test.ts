import { describe, expect, it } from 'vitest'
import { variedSpace, varyMap } from '../../src/core/depth/vary.js'
import { varyPicture } from '../../src/core/texture/vary.js'
import { drawVariation } from '../../src/core/variation.js'
import { mapOf } from '../support/raster.js'

const WIDE = { aspect: 2, reframe: true }
const PROP = { aspect: 1, reframe: false }

/** A round hill on nothing. */
const prop = () =>
  mapOf(96, 96, (x, y) => {
    const r = Math.hypot(x - 47.5, y - 47.5) / 40
    return r < 1 ? 0.2 + 0.8 * Math.sqrt(1 - r * r) : NaN
  })

describe('a variation', () => {
  it('is the same for the same seed and index, and another for others', () => {
    const draw = (seed: number, index: number) => varyMap(prop(), drawVariation(seed, index, PROP)).disparity
    expect(draw(1, 1)).toEqual(draw(1, 1))
    expect(draw(1, 1)).not.toEqual(draw(1, 2))
    expect(draw(1, 1)).not.toEqual(draw(2, 1))
  })

  it('stays inside the picture and folds nowhere', () => {
    const out = new Float64Array(2)
    for (let index = 1; index <= 16; index++) {
      const { source } = drawVariation(7, index, WIDE)
      const at = (u: number, v: number) => {
        source(u, v, out)
        return [out[0], out[1]] as const
      }
      const direction = Math.sign(at(0.9, 0.5)[0] - at(0.1, 0.5)[0])
      for (let v = 0; v <= 1; v += 0.05) {
        for (let u = 0; u <= 0.95; u += 0.05) {
          const here = at(u, v)
          expect(here[0]).toBeGreaterThanOrEqual(0)
          expect(here[0]).toBeLessThanOrEqual(1)
          expect(here[1]).toBeGreaterThanOrEqual(0)
          expect(here[1]).toBeLessThanOrEqual(1)
          const right = at(u + 0.01, v)
          const below = at(u, Math.min(1, v + 0.01))
          const area = (right[0] - here[0]) * (below[1] - here[1]) - (right[1] - here[1]) * (below[0] - here[0])
          if (v < 1) expect(area * direction).toBeGreaterThan(0)
        }
      }
    }
  })

  it('keeps a prop whole: as large as it was, within a fifth, and apart from the frame', () => {
    const map = prop()
    const size = (disparity: Float32Array) => disparity.filter((value) => !Number.isNaN(value)).length
    for (let index = 1; index <= 16; index++) {
      const varied = varyMap(map, drawVariation(3, index, PROP))
      expect(size(varied.disparity) / size(map.disparity)).toBeGreaterThan(0.8)
      expect(size(varied.disparity) / size(map.disparity)).toBeLessThan(1.25)
      for (let i = 0; i < 96; i++) for (const edge of [i, 95 * 96 + i, i * 96, i * 96 + 95]) expect(varied.disparity[edge]).toBeNaN()
    }
  })

  it('takes the nearest pixel at a silhouette, and mixes what lies on one surface', () => {
    const still = { size: 1, relief: 1, weather: () => 0 }
    const map = mapOf(8, 6, (x, y) => (x < 4 ? 0.2 + 0.002 * x : y < 3 ? 0.8 : NaN))
    const moved = (dx: number, dy: number) =>
      varyMap(map, { ...still, source: (u, v, out) => { out[0] = u + dx / map.width; out[1] = v + dy / map.height } }).disparity
    expect(moved(0, 0)).toEqual(map.disparity)
    for (const [dx, x] of [[0.4, 3], [0.6, 4]]) expect(moved(dx!, 0)[3]).toBe(map.disparity[x!])
    for (const [dy, y] of [[0.4, 2], [0.6, 3]]) expect(moved(0, dy!)[2 * 8 + 6]).toBe(map.disparity[y! * 8 + 6])
    expect(moved(0.4, 0)[1]).toBeCloseTo(0.2028, 6)
  })

  it('stretches what lies between near and far, and the relief with its width', () => {
    const variation = { ...drawVariation(1, 1, WIDE), relief: 0.5, size: 3 }
    expect(variedSpace({ near: 2, far: 10, relief: 4 }, variation)).toEqual({ far: 6, relief: 6 })
  })

  it('never leaves the range of the map', () => {
    const map = mapOf(64, 32, (x, y) => 0.1 + (0.8 * (x + y)) / 94)
    for (let index = 1; index <= 8; index++) {
      const { disparity } = varyMap(map, drawVariation(5, index, WIDE))
      for (const value of disparity) {
        expect(value).toBeGreaterThanOrEqual(map.disparity[0])
        expect(value).toBeLessThanOrEqual(map.disparity.at(-1) as number)
      }
    }
  })

  it('bends the picture as it bends the map', () => {
    const map = mapOf(64, 64, (x, y) => (x + y) / 126)
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.round(map.disparity[Math.floor(i / 3)] * 255))
    const variation = { ...drawVariation(11, 2, WIDE), weather: () => 0 }
    const varied = varyMap(map, variation).disparity
    const picture = varyPicture({ width: 64, height: 64, channels: 3, pixels }, variation).pixels
    for (let i = 0; i < varied.length; i++) expect(Math.abs(picture[3 * i] / 255 - varied[i])).toBeLessThan(0.006)
  })
})
