import { array, assert, integer, property, tuple } from 'fast-check'
import { MeshoptEncoder } from 'meshoptimizer'
import { beforeAll, describe, expect, it } from 'vitest'
import { alignExponents } from '../../../src/core/glb/exponent-runs.js'

const stored = (mantissa: number, exponent: number) => (exponent << 24) | (mantissa & 0xff_ff_ff)
const value = (encoded: number) => ((encoded << 8) >> 8) * 2 ** (encoded >> 24)
const bytes = (encoded: Int32Array, components: number) => {
  const count = encoded.length / components
  return MeshoptEncoder.encodeVertexBufferLevel(new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength), count, components * 4, 3, 0).length
}

describe('alignExponents', () => {
  beforeAll(() => MeshoptEncoder.ready)

  it('gives neighbours one exponent: every second place half a pixel off is no change at all', () => {
    // 0, ½, 1, 1½, … as whole numbers and halves by turns.
    const encoded = Int32Array.from({ length: 160 }, (_, i) => (i % 2 === 0 ? stored(i / 2, 0) : stored(i, -1)))
    const aligned = encoded.slice()
    alignExponents(aligned, 1)
    expect([...aligned]).toEqual(Array.from({ length: 160 }, (_, i) => stored(i, -1)))
    expect(bytes(aligned, 1)).toBeLessThan(bytes(encoded, 1) / 2)
  })

  it('leaves a single odd one alone where it would cost its neighbours more', () => {
    // Whole numbers that grow by one; one of 64 needs 18 bits more.
    const encoded = Int32Array.from({ length: 64 }, (_, i) => (i === 21 ? stored(21 * 2 ** 18 + 1, -18) : stored(i, 0)))
    const aligned = encoded.slice()
    alignExponents(aligned, 1)
    expect([...aligned]).toEqual([...encoded])
  })

  it('never changes a number, and never takes more bytes', () => {
    const number = tuple(integer({ min: -40_000, max: 40_000 }), integer({ min: -9, max: 8 })).map(([mantissa, exponent]) => stored(mantissa, exponent))
    assert(
      property(integer({ min: 1, max: 3 }), array(number, { minLength: 1, maxLength: 400 }), (components, numbers) => {
        const encoded = Int32Array.from(numbers.slice(0, Math.max(components, numbers.length - (numbers.length % components))))
        if (encoded.length % components !== 0) return
        const aligned = encoded.slice()
        alignExponents(aligned, components)
        expect(Array.from(aligned, value)).toEqual(Array.from(encoded, value))
        expect(bytes(aligned, components)).toBeLessThanOrEqual(bytes(encoded, components))
      }),
      { numRuns: 200 },
    )
  })

  it('has nothing to do for an empty mesh', () => {
    const empty = new Int32Array(0)
    alignExponents(empty, 3)
    expect(empty).toHaveLength(0)
  })
})
