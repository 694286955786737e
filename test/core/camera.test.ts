import { expect, it } from 'vitest'
import { countedTravel, depthAt, disparityAt, focalLength, inverseDepth, parallaxOfRange, pixelSize, sourceCamera, travelOf } from '../../src/core/camera.js'

const MAP = { width: 400, height: 200, near: 2, far: 10 }
const VIEW = { projection: 'perspective', fovY: 90, width: 8 } as const
const RELIEF = { ...VIEW, projection: 'orthographic' } as const

it('sees half of 90° in half of its height one focal length away', () => {
  expect(focalLength(MAP, VIEW)).toBeCloseTo(100, 12)
  expect(pixelSize(MAP, VIEW)).toBeCloseTo(1 / 100, 12)
})

it('has pixels of a relief alike everywhere, and no source view', () => {
  expect(pixelSize(MAP, RELIEF)).toBe(8 / 400)
  expect(sourceCamera(MAP, RELIEF)).toBeNull()
  expect(sourceCamera(MAP, VIEW)).toEqual({ fovY: 90, aspect: 2, near: 2, far: 10 })
})

it('counts disparity from far to near, linearly in 1/depth', () => {
  const inverse = inverseDepth(MAP)
  expect(depthAt(0, inverse)).toBeCloseTo(10, 12)
  expect(depthAt(1, inverse)).toBeCloseTo(2, 12)
  expect(depthAt(0.5, inverse)).toBeCloseTo(1 / ((1 / 2 + 1 / 10) / 2), 12)
  for (const depth of [2, 3, 7.5, 10]) expect(depthAt(disparityAt(depth, inverse), inverse)).toBeCloseTo(depth, 12)
})

it('shows a step aside as the difference of what it moves the nearest and the farthest by', () => {
  // 100 px · 0.3 m / depth each
  expect(parallaxOfRange(MAP, { fovY: 90, near: 2, far: 10 }, 0.3)).toBeCloseTo(30 / 2 - 30 / 10, 10)
})

it('moves by a tenth of near unless told, and counts errors of a camera that stands still as that one’s', () => {
  expect(travelOf({ travel: null }, MAP)).toBeCloseTo(0.2, 12)
  expect(travelOf({ travel: 0 }, MAP)).toBe(0)
  expect(travelOf({ travel: 3 }, MAP)).toBe(3)
  expect(countedTravel({ travel: 0 }, MAP)).toBe(travelOf({ travel: null }, MAP))
  expect(countedTravel({ travel: 3 }, MAP)).toBe(3)
})
