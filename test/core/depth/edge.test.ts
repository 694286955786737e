import { describe, expect, it } from 'vitest'
import { placeAtEdge } from '../../../src/core/depth/edge.js'
import { mapOf } from '../../support/raster.js'

const SIZE = 31
/** Rise from .2 to .8 within about 3 px around the middle: at .2, .26, .5, .74 and .8. */
const ramp = (t: number) => [0.2, 0.26, 0.5, 0.74, 0.8][Math.min(4, Math.max(0, t + 2))]!

describe('the place of a pixel at an edge', () => {
  it.each<[string, (x: number, y: number) => number, (t: number) => [x: number, y: number]]>([
    ['rightward', (x) => ramp(x - 15), (t) => [15 + t, 15]],
    ['leftward', (x) => ramp(15 - x), (t) => [15 - t, 15]],
    ['downward', (_, y) => ramp(y - 15), (t) => [15, 15 + t]],
    ['upward', (_, y) => ramp(15 - y), (t) => [15, 15 - t]],
  ])('is found where the map rises %s', (_, disparity, at) => {
    const map = mapOf(SIZE, SIZE, disparity)
    const places = [-6, -2, -1, 0, 1, 2, 6].map((t) => placeAtEdge(map, ...at(t), 0.1))
    expect(places).toEqual(['nowhere', 'side', 'side', 'amid', 'side', 'side', 'nowhere'])
  })

  it('is unknown within three pixels of nothing, in its row or column', () => {
    const map = mapOf(SIZE, SIZE, (x, y) => (x === 15 && y === 15 ? NaN : 0.5))
    for (const [x, y] of [[12, 15], [18, 15], [15, 12], [15, 18]] as const) expect(placeAtEdge(map, x, y, 0.1)).toBe('unknown')
    for (const [x, y] of [[11, 15], [19, 15], [15, 11], [15, 19], [14, 14]] as const) expect(placeAtEdge(map, x, y, 0.1)).toBe('nowhere')
  })

  it('is nowhere on a slope that goes on, and where the border comes before that can be told', () => {
    const slope = (t: number) => 0.05 * Math.min(16, Math.max(0, t - 7))
    for (const of of [(x: number) => slope(x), (x: number) => slope(30 - x), (_: number, y: number) => slope(y), (_: number, y: number) => slope(30 - y)]) {
      expect(placeAtEdge(mapOf(SIZE, SIZE, of), 15, 15, 0.1)).toBe('nowhere')
    }
    const edge = mapOf(SIZE, SIZE, (x) => ramp(x - 5))
    expect(placeAtEdge(edge, 5, 15, 0.1)).toBe('nowhere')
    expect(placeAtEdge(edge, 6, 15, 0.1)).toBe('side')
  })
})
