import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileLoops } from '../../../../scripts/build-wasm.js'
import { createPixelLoops, type PixelLoops } from '../../../../src/core/mesh/pixels/pixels.js'
import { randomRaster } from '../rasters.js'
import { createPlainPixelLoops } from './plain-pixels.js'

const ORTHOGRAPHIC = { pixelsPerDisparity: 100, wNear: 1, wFar: 1 }
const PERSPECTIVE = { pixelsPerDisparity: 4, wNear: 1, wFar: 0.1 }

/** Corners on the ⅛ px lattice, as in a surface; nine numbers a triangle, none without area. */
function randomTriangles(count: number, width: number, height: number, seed: number): number[] {
  let state = seed
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const corner = () => [Math.round(random() * width * 8) / 8, Math.round(random() * height * 8) / 8, Math.fround(random())]
  return Array.from({ length: count }, () => {
    let corners = [...corner(), ...corner(), ...corner()]
    while ((corners[3] - corners[0]) * (corners[7] - corners[1]) === (corners[4] - corners[1]) * (corners[6] - corners[0])) corners = [...corner(), ...corner(), ...corner()]
    return corners
  }).flat()
}

function expectSameTotals(fast: PixelLoops, plain: PixelLoops): void {
  const [covered, squares, max, pixelSquares, maxPixels, parallax] = plain.totals
  expect(fast.totals[0]).toBe(covered)
  expect(Math.abs(fast.totals[1] - squares)).toBeLessThan(1e-3 + 1e-5 * squares)
  expect(fast.totals[2]).toBeCloseTo(max, 5)
  expect(Math.abs(fast.totals[3] - pixelSquares)).toBeLessThan(1e-3 + 1e-4 * pixelSquares)
  expect(Math.abs(fast.totals[4] - maxPixels)).toBeLessThan(1e-3 + 1e-5 * maxPixels)
  expect(Math.abs(fast.totals[5] - parallax)).toBeLessThan(1e-3 + 1e-5 * parallax)
  // a float on the border of two steps may fall to either side
  let moved = 0
  let counted = 0
  for (const [step, n] of plain.histogram.entries()) {
    moved += Math.abs(fast.histogram[step] - n)
    counted += n
  }
  expect(fast.histogram.reduce((all, n) => all + n, 0)).toBe(counted)
  expect(moved).toBeLessThanOrEqual(2 + 0.01 * counted)
}

describe('the compiled pixel loops', () => {
  it('are what wasm/ compiles to', async () => {
    expect(readFileSync(new URL('../../../../src/core/mesh/pixels/pixels-wasm.ts', import.meta.url), 'utf8')).toBe(await compileLoops())
  })

  it('see what the plain ones see, whatever the triangle', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [width, height] = [1 + (seed * 7) % 61, 1 + (seed * 13) % 53]
      const { disparity } = randomRaster(width, height, seed, seed % 8, seed % 3 === 0 ? 0.2 : 0)
      const fast = createPixelLoops(disparity, width, height, { scratch: true })
      const plain = createPlainPixelLoops(disparity, width, height)
      const count = 50
      const triangles = randomTriangles(count, width, height, seed)
      fast.corners.set(triangles)
      plain.corners.set(triangles)
      for (const skip of [1, 2, 4, 8]) {
        const sum = plain.squaredError(count, Infinity, skip)
        expect(Math.abs(fast.squaredError(count, Infinity, skip) - sum)).toBeLessThan(1e-3 + 1e-5 * sum)
        for (let t = 0; t < count; t++) expect(fast.sums[t]).toBeCloseTo(plain.sums[t], 3)
        expect(fast.squaredError(count, sum / 2, skip)).toBeGreaterThanOrEqual(sum / 2 - 1e-3)
      }
      for (const loops of [fast, plain]) {
        loops.scan(count, Infinity)
        loops.moments(count)
        loops.compare(count, ORTHOGRAPHIC, false)
      }
      for (let t = 0; t < count; t++) {
        expect(fast.errors[t]).toBeCloseTo(plain.errors[t], 5)
        for (const loops of [fast, plain]) {
          const pixel = loops.places[t]
          if (loops.errors[t] === 0) continue
          const [ax, ay, az, bx, by, bz, cx, cy, cz] = loops.corners.subarray(9 * t)
          const [dx, dy] = [(pixel % width) + 0.5 - ax, Math.floor(pixel / width) + 0.5 - ay]
          const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
          const b = (dx * (cy - ay) - dy * (cx - ax)) / area
          const c = (dy * (bx - ax) - dx * (by - ay)) / area
          expect(Math.abs(az + b * (bz - az) + c * (cz - az) - disparity[pixel])).toBeCloseTo(loops.errors[t], 5)
        }
      }
      for (let k = 0; k < 10 * count; k++) expect(Math.abs(fast.sums[k] - plain.sums[k])).toBeLessThan(1e-4 * (1 + Math.abs(plain.sums[k])))
      expectSameTotals(fast, plain)
    }
  })

  it('count slip, and silhouettes that may lie elsewhere, as the plain ones do', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const [width, height] = [1 + (seed * 7) % 61, 1 + (seed * 13) % 53]
      const { disparity } = randomRaster(width, height, seed, seed % 8, seed % 3 === 0 ? 0.2 : 0)
      const both = [createPixelLoops(disparity, width, height, { scratch: true }), createPlainPixelLoops(disparity, width, height)]
      const triangles = randomTriangles(50, width, height, seed)
      for (const loops of both) {
        loops.corners.set(triangles)
        loops.scratch.set(disparity.map((_, i) => (i % 5 === 0 ? (i % 7) / 2 : 0)))
        loops.compare(50, PERSPECTIVE, seed % 2 === 0)
      }
      expectSameTotals(both[0], both[1])
      for (const loops of both) {
        loops.scratch.fill(NaN)
        loops.drape(50)
      }
      for (const [i, drawn] of both[1].scratch.entries()) {
        if (Number.isNaN(drawn)) expect(both[0].scratch[i]).toBeNaN()
        else expect(both[0].scratch[i]).toBeCloseTo(drawn, 4)
      }
    }
  })
})
