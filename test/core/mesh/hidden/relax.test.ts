import { expect, it } from 'vitest'
import { relax } from '../../../../src/core/mesh/hidden/relax.js'

/** What is inside of a rectangle, row by row. */
const inside = (columns: number, rows: number) =>
  Uint32Array.from({ length: (columns - 2) * (rows - 2) }, (_, k) => (Math.floor(k / (columns - 2)) + 1) * columns + (k % (columns - 2)) + 1)

it('brings what was continued between those beside it, and leaves all else as it is', () => {
  const values = Float32Array.of(0, 9, 1, 5)
  relax(values, 1, Uint32Array.of(1), 4, (pixel) => pixel < 3)
  expect(values[1]).toBeCloseTo(0.5, 4)
  expect([values[0], values[2], values[3]]).toEqual([0, 1, 5])
})

it('is pulled by nothing from beyond the border, and by nothing that the layer lacks', () => {
  const values = Float32Array.of(7, NaN, 3, 3)
  relax(values, 1, Uint32Array.of(0, 3), 2, (pixel) => pixel !== 1)
  expect(values[0]).toBeCloseTo(3, 1)
  expect(values[3]).toBe(3)
})

it.each([[9, 7], [15, 5]])('prefers no direction: a field of %i × %i and its mirror images stay mirror images', (columns, rows) => {
  const field = Float32Array.from({ length: columns * rows * 2 }, (_, i) => Math.sin(i * i))
  const mirrored = (values: Float32Array, across: boolean, down: boolean) =>
    values.map((_, i) => {
      const [x, y] = [Math.floor(i / 2) % columns, Math.floor(i / 2 / columns)]
      return values[2 * ((down ? rows - 1 - y : y) * columns + (across ? columns - 1 - x : x)) + (i % 2)]
    })
  const relaxed = (values: Float32Array) => {
    relax(values, 2, inside(columns, rows), columns, () => true)
    return values
  }
  const straight = relaxed(field.slice())
  expect(straight).not.toEqual(field)
  // (sums of four are rounded in another order)
  for (const [across, down] of [[true, false], [false, true], [true, true]] as const) {
    const other = mirrored(relaxed(mirrored(field, across, down)), across, down)
    for (let i = 0; i < other.length; i++) expect(other[i]).toBeCloseTo(straight[i], 6)
  }
})
