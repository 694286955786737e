import { describe, expect, it, vi } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { DepthMeshError } from '../../../../src/core/errors.js'
import { createPixelLoops, loopsOver } from '../../../../src/core/mesh/pixels/pixels.js'
import { createRectangle } from '../../../../src/core/mesh/triangulate/constraints.js'
import { triangulate } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { RELIEF } from '../../../support/raster.js'

// 1 MiB at most
vi.mock(import('../../../../src/core/mesh/pixels/pixels-wasm.js'), async (original) => ({ PIXEL_LOOPS: withMost((await original()).PIXEL_LOOPS, 16) }))

/** The same code, but its memory has a maximum of so many pages, so that growing it fails as it does on a machine that has no more. */
function withMost(code: string, pages: number): string {
  const binary = Buffer.from(code, 'base64')
  // the section of memories: its number, its length, one memory, without a maximum, that begins with a page
  const without = Buffer.of(5, 3, 1, 0, 1)
  const at = binary.indexOf(without)
  expect(at).toBeGreaterThan(0)
  return Buffer.concat([binary.subarray(0, at), Buffer.of(5, 4, 1, 1, 1, pages), binary.subarray(at + without.length)]).toString('base64')
}

const SIZE = 128
const noise = Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i * 7919) % 1009) / 1009)
const rough: DisparityMap = { width: SIZE, height: SIZE, disparity: noise, near: 1, far: 10, relief: 1 }
const tooMuch = {
  code: 'INPUT_TOO_LARGE',
  message: expect.stringMatching(/^expected a map that can be meshed in the memory there is, found one that takes [2-9] MiB /),
  hint: 'Scale the map down, or cut it into several.',
  cause: expect.any(RangeError),
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a surface that grows', () => {
  it('beyond the memory there is says so, as a map does that is too large to begin with', () => {
    const error = thrownBy(() => triangulate(rough, { budgets: [20_000] }, RELIEF))
    expect(error).toBeInstanceOf(DepthMeshError)
    expect(error).toMatchObject(tooMuch)
    expect(thrownBy(() => createPixelLoops(new Float32Array(512 * 512), 512, 512))).toMatchObject(tooMuch)
  })

  it('stays as it was then, sound to its last triangle', () => {
    const insertion = createPixelLoops(rough.disparity, SIZE, SIZE).insertInto(createRectangle(rough), rough, RELIEF, Infinity)
    const look = () => ({ triangles: insertion.triangles(), points: insertion.points(insertion.vertexCount), largest: insertion.largest() })
    let before = look()
    const error = thrownBy(() => {
      for (;;) {
        insertion.flush(0)
        before = look()
        insertion.split(0, Infinity)
      }
    })
    expect(error).toMatchObject(tooMuch)
    expect(before.triangles.length / 3).toBeGreaterThan(500)
    expect(look()).toEqual(before)
    // what there is room for, it takes
    insertion.split(0, 1)
    expect(insertion.triangleCount).toBeGreaterThan(before.triangles.length / 3)
  })

  it('leaves loops behind that give the same as new ones', () => {
    const mesh = (map: DisparityMap) => triangulate(map, { budgets: [1000] }, RELIEF)
    const other = { ...rough, disparity: rough.disparity.slice() }
    expect(thrownBy(() => triangulate(rough, { budgets: [20_000] }, RELIEF))).toMatchObject(tooMuch)
    const loops = loopsOver(rough)
    expect(mesh(rough)).toEqual(mesh(other))
    expect(loopsOver(rough)).toBe(loops)
  })
})
