import * as fc from 'fast-check'
import type { DisparityMap } from '../../../src/core/depth/convention.js'

/** What stands at a pixel: smooth ground, plateaus with hard jumps, noise, a constant, nothing. */
export function randomRaster(width: number, height: number, seed: number, kind: number, nothing: number): DisparityMap {
  let state = seed >>> 0
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const disparity = new Float32Array(width * height)
  const plateaus = Array.from({ length: 5 }, () => ({ x: random() * width, y: random() * height, r: 1 + random() * width * 0.4, z: random() }))
  const phase = random() * 6
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let value = 0.5
      if (kind & 1) value += 0.3 * Math.sin(x * 0.4 + phase) * Math.cos(y * 0.3)
      if (kind & 2) for (const plateau of plateaus) if ((x - plateau.x) ** 2 + (y - plateau.y) ** 2 < plateau.r ** 2) value = plateau.z
      if (kind & 4) value += 0.2 * (random() - 0.5)
      if (kind & 8) value = (x + y) % 2
      disparity[i] = random() < nothing ? NaN : Math.min(1, Math.max(0, value))
    }
  }
  if (nothing > 0 && kind & 2) for (const plateau of plateaus.slice(0, 2)) {
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if ((x - plateau.x) ** 2 + (y - plateau.y) ** 2 < plateau.r ** 2) disparity[y * width + x] = NaN
  }
  if (disparity.every(Number.isNaN)) disparity[0] = 0.5
  return { width, height, disparity, near: 1, far: 10, relief: 1 }
}

/** A random raster with settings for it. */
export const rasters = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
    kind: fc.nat(15),
    nothing: fc.constantFrom(0, 0, 0.02, 0.3, 0.9),
    projection: fc.constantFrom('perspective' as const, 'orthographic' as const),
    cut: fc.constantFrom(false as const, 0.03, 0.2),
    lods: fc.constantFrom([400, 100, 20], [3000, 50, 2], [7, 3]),
  })
  .map(({ width, height, seed, kind, nothing, ...settings }) => ({ map: randomRaster(width, height, seed, kind, nothing), ...settings }))
