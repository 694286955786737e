import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createPixelLoops, createPlainPixelLoops } from '../../../src/core/mesh/pixels.js'
import { compileLoops } from '../../../scripts/build-wasm.js'
import { randomRaster } from './rasters.js'

describe('the compiled pixel loops', () => {
  it('are what wasm/pixels.ts compiles to', async () => {
    expect(readFileSync(new URL('../../../src/core/mesh/pixels-wasm.ts', import.meta.url), 'utf8')).toBe(await compileLoops())
  })

  it('see what the plain ones see, whatever the triangle', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [width, height] = [1 + (seed * 7) % 61, 1 + (seed * 13) % 53]
      const { disparity } = randomRaster(width, height, seed, seed % 8, seed % 3 === 0 ? 0.2 : 0)
      const fast = createPixelLoops(disparity, width, height)
      const plain = createPlainPixelLoops(disparity, width, height)
      let state = seed
      const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
      const count = 50
      for (let t = 0; t < count; t++) {
        // corners on the ⅛ px lattice, as in a surface
        const corner = () => [Math.round(random() * width * 8) / 8, Math.round(random() * height * 8) / 8, Math.fround(random())]
        let corners = [...corner(), ...corner(), ...corner()]
        while ((corners[3] - corners[0]) * (corners[7] - corners[1]) === (corners[4] - corners[1]) * (corners[6] - corners[0])) corners = [...corner(), ...corner(), ...corner()]
        fast.corners.set(corners, 9 * t)
        plain.corners.set(corners, 9 * t)
        const [a, b, c, d, e, f, g, h, i] = corners
        expect(fast.squaredError(a, b, c, d, e, f, g, h, i, Infinity)).toBeCloseTo(plain.squaredError(a, b, c, d, e, f, g, h, i, Infinity), 3)
      }
      for (const loops of [fast, plain]) {
        loops.scan(count, Infinity)
        loops.moments(count)
        loops.compare(count, 100)
      }
      for (let t = 0; t < count; t++) {
        expect(fast.errors[t]).toBeCloseTo(plain.errors[t], 5)
        for (const loops of [fast, plain]) {
          loops.corners.copyWithin(0, 9 * t, 9 * t + 9)
          const pixel = loops.locate(loops.errors[t])
          if (loops.errors[t] === 0) continue
          const [ax, ay, az, bx, by, bz, cx, cy, cz] = loops.corners
          const [dx, dy] = [(pixel % width) + 0.5 - ax, Math.floor(pixel / width) + 0.5 - ay]
          const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
          const b = (dx * (cy - ay) - dy * (cx - ax)) / area
          const c = (dy * (bx - ax) - dx * (by - ay)) / area
          expect(Math.abs(az + b * (bz - az) + c * (cz - az) - disparity[pixel])).toBeCloseTo(loops.errors[t], 5)
        }
      }
      for (let k = 0; k < 9 * count; k++) expect(Math.abs(fast.sums[k] - plain.sums[k])).toBeLessThan(1e-4 * (1 + Math.abs(plain.sums[k])))
      expect(fast.totals[0]).toBe(plain.totals[0])
      expect(fast.totals[1]).toBeCloseTo(plain.totals[1], 3)
      expect(fast.totals[2]).toBeCloseTo(plain.totals[2], 5)
      const sum = (counts: Uint32Array) => counts.reduce((all, n) => all + n, 0)
      expect(sum(fast.histogram)).toBe(sum(plain.histogram))
    }
  })
})
