import { describe, expect, it } from 'vitest'
import { aligned, makeRoom } from '../../../../src/core/mesh/pixels/memory.js'

describe('the memory that meshing takes', () => {
  it('is handed out by addresses that stay positive past 2 GiB', () => {
    for (const [address, next] of [[0, 0], [1, 16], [16, 16], [2 ** 31 - 1, 2 ** 31], [2 ** 31 + 1, 2 ** 31 + 16], [2 ** 32 - 1, 2 ** 32]]) expect(aligned(address)).toBe(next)
  })

  it('grows by as many pages as are missing, and not when none is', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    makeRoom(memory, 65_536)
    expect(memory.buffer.byteLength).toBe(65_536)
    makeRoom(memory, 65_537)
    expect(memory.buffer.byteLength).toBe(2 * 65_536)
  })

  it('says what to do where there is not as much', () => {
    const found = (end: number): unknown => {
      try {
        makeRoom(new WebAssembly.Memory({ initial: 1, maximum: 2 }), end)
      } catch (error) {
        return error
      }
    }
    expect(found(2 * 65_536)).toBeUndefined()
    // beyond the memory's own maximum, and beyond any
    expect(found(2 ** 20)).toMatchObject({ code: 'INPUT_TOO_LARGE', message: expect.stringContaining('one that takes 1 MiB'), hint: 'Scale the map down, or cut it into several.', cause: expect.any(RangeError) })
    expect(found(5 * 2 ** 30)).toMatchObject({ code: 'INPUT_TOO_LARGE', message: expect.stringContaining('one that takes 5,120 MiB') })
  })
})
