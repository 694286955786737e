import { describe, expect, it } from 'vitest'
import { screenCoverages } from '../../../src/core/glb/screen-coverage.js'

const size = { width: 1920, height: 1080 }
const level = (pixels: number, height?: number) => ({
  error: { metres: 0, pixels: 9 * pixels, p99: { metres: 0, pixels } },
  color: height === undefined ? null : { width: 2 * height, height },
})

describe('screenCoverages', () => {
  it('are where the next coarser level errs by a pixel: an error of 4 px on a map as high as the screen is one at a quarter', () => {
    expect(screenCoverages([level(0.5), level(2), level(4), level(20)], size)).toEqual([0.5, 0.25, 0.05, 0])
  })

  it('are where its texels cover one and a half pixels, if that comes first', () => {
    expect(screenCoverages([level(0, 1080), level(0, 540), level(8, 360)], size)).toEqual([0.75, 0.125, 0])
    expect(screenCoverages([level(0, 1080), level(0, 540), level(1, 360)], size)).toEqual([0.75, 0.5, 0])
  })

  it('fall, also where every level is good enough', () => {
    expect(screenCoverages([level(0), level(0), level(0)], size)).toEqual([1, 0.9, 0])
    expect(screenCoverages([level(0)], size)).toEqual([0])
  })
})
