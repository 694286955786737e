import { describe, expect, it } from 'vitest'
import { AsciiText } from '../../../src/core/glb/ascii.js'

const written = (write: (text: AsciiText) => void) => {
  const text = new AsciiText(256)
  write(text)
  return new TextDecoder().decode(text.take())
}

describe('text of an OBJ', () => {
  it.each([
    [0, 3, '0'],
    [-0.0004, 3, '0'],
    [1.5, 0, '2'],
    [-12.25, 3, '-12.25'],
    [1234.0625, 4, '1234.0625'],
    [0.00703125, 9, '0.00703125'],
    [0.999996, 5, '1'],
    // more decimals than are counted in 31 bits
    [-0.000000000123, 12, '-0.000000000123'],
    [0.25, 12, '0.25'],
    // more whole units than are
    [3_000_000_000.5, 1, '3000000000.5'],
    [2_147_483_647.5, 1, '2147483647.5'],
  ])('has %d, of at most %i decimals, as "%s"', (value, decimals, expected) => {
    expect(written((text) => text.rounded(value, decimals))).toBe(` ${expected}`)
  })

  it('is taken piece by piece', () => {
    const text = new AsciiText(4)
    for (const piece of ['ab', 'cde', 'f']) {
      text.text(piece)
      expect(text.length).toBe(piece.length)
      expect(new TextDecoder().decode(text.take())).toBe(piece)
    }
    expect(text.take()).toHaveLength(0)
  })

  it.each([0, 9, 10, 99, 100, 2_147_483_647])('has the whole number %i', (number) => {
    expect(written((text) => text.count(number))).toBe(String(number))
  })
})
