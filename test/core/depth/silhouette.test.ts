import { describe, expect, it } from 'vitest'
import { dilateNear } from '../../../src/core/index.js'
import { mapOf } from '../../support/raster.js'

describe('dilating the near side', () => {
  it('grows a near square by one pixel on its four sides', () => {
    const map = mapOf(9, 9, (x, y) => (x >= 3 && x <= 5 && y >= 3 && y <= 5 ? 0.8 : 0.2))
    const { disparity } = dilateNear(map, 0.03)
    const near = [...disparity.keys()].filter((i) => disparity[i]! > 0.5)
    expect(near).toHaveLength(9 + 12)
    expect(disparity[2 * 9 + 4]).toBe(Math.fround(0.8))
    expect(disparity[2 * 9 + 2]).toBe(Math.fround(0.2))
  })

  it('takes the nearest of several neighbours', () => {
    const map = mapOf(3, 1, (x) => [0.5, 0.1, 0.9][x]!)
    expect([...dilateNear(map, 0.03).disparity]).toEqual([0.5, 0.9, 0.9].map(Math.fround))
  })

  it('gives a map without jumps back as it is', () => {
    const map = mapOf(40, 30, (x, y) => (x + y) / 100)
    expect(dilateNear(map, 0.03)).toBe(map)
  })

  it('leaves nothing where nothing is', () => {
    const map = mapOf(5, 1, (x) => [NaN, 0.9, 0.9, NaN, 0.1][x]!)
    expect(dilateNear(map, 0.03)).toBe(map)
  })

  it('does not change the map it was given', () => {
    const map = mapOf(4, 1, (x) => [0, 0, 1, 1][x]!)
    const before = map.disparity.slice()
    expect([...dilateNear(map, 0.03).disparity]).toEqual([0, 1, 1, 1])
    expect(map.disparity).toEqual(before)
  })
})
