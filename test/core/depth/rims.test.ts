import { describe, expect, it } from 'vitest'
import { raiseSaggingRims } from '../../../src/core/depth/clean/rims.js'

const SIZE = 12
const STEP = 0.03
const EVERYWHERE = new Uint8Array(SIZE * SIZE).fill(1)

/** Far (.1) on the left, near (.8) from column 6 on, but for some pixels (x, y, value). */
function raised(others: [x: number, y: number, value: number][], around = EVERYWHERE): (x: number, y: number) => number {
  const disparity = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % SIZE < 6 ? 0.1 : 0.8))
  for (const [x, y, value] of others) disparity[y * SIZE + x] = value
  const map = { disparity, width: SIZE, height: SIZE, near: 1, far: 10, relief: 1 }
  raiseSaggingRims(map, around, STEP)
  return (x, y) => disparity[y * SIZE + x]!
}

describe('the near side of a silhouette', () => {
  it('has no single pixels that sag: each is raised to the lowest of its neighbours', () => {
    const at = raised([[6, 5, 0.7], [7, 5, 0.78]])
    expect(at(6, 5)).toBeCloseTo(0.78, 6)
    expect(at(7, 5)).toBeCloseTo(0.78, 6)
    expect(at(6, 4)).toBeCloseTo(0.8, 6)
    expect(at(5, 5)).toBeCloseTo(0.1, 6)
  })

  it('keeps what sags by less than half a step, a step down of several pixels, and a tip', () => {
    expect(raised([[6, 5, 0.79]])(6, 5)).toBeCloseTo(0.79, 6)
    const ledge = raised([[6, 4, 0.7], [6, 5, 0.7], [6, 6, 0.7]])
    for (const y of [4, 5, 6]) expect(ledge(6, y)).toBeCloseTo(0.7, 6)
    expect(raised([[8, 5, 0.7]])(8, 5), 'nothing far within two pixels').toBeCloseTo(0.7, 6)
    expect(raised([[10, 5, 0.7]])(10, 5), 'at the border').toBeCloseTo(0.7, 6)
    // beside one near pixel alone
    const tip = raised([[4, 5, 0.6], [5, 5, 0.8], [5, 4, 0.1], [5, 6, 0.1]])
    expect(tip(4, 5)).toBeCloseTo(0.6, 6)
  })

  it('is found where nothing is, too, and only where it may be changed', () => {
    const beside = raised([[5, 4, NaN], [5, 5, NaN], [5, 6, NaN], [6, 5, 0.7]])
    expect(beside(6, 5)).toBeCloseTo(0.8, 6)
    expect(beside(5, 5)).toBeNaN()
    expect(raised([[6, 5, 0.7]], new Uint8Array(SIZE * SIZE))(6, 5)).toBeCloseTo(0.7, 6)
  })
})

it('far sides stay as they are', () => {
  expect(raised([[5, 5, 0.2]])(5, 5)).toBeCloseTo(0.2, 6)
})
