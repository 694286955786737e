import { describe, expect, it } from 'vitest'
import { edgeSlip, meanSquaredSlip } from '../../../../src/core/mesh/error/texture-slip.js'
import { slipsMostAt } from '../pixels/plain-insertion.js'

/** What a renderer shows at screen barycentrics λ, less what belongs there: Σ λᵢwᵢpᵢ / Σ λᵢwᵢ − Σ λᵢpᵢ. */
function slipAt(lambda: number[], p: [number, number][], w: number[]): number {
  const total = lambda.reduce((sum, l, i) => sum + l * w[i], 0)
  const [x, y] = [0, 1].map((axis) => lambda.reduce((sum, l, i) => sum + ((l * w[i]) / total - l) * p[i][axis], 0))
  return Math.hypot(x, y)
}

/** Seeded triangles with inverse depths between .2 and 3, and their slip on a fine grid of places. */
const samples = Array.from({ length: 200 }, (_, seed) => {
  let state = seed + 1
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const p = Array.from({ length: 3 }, (): [number, number] => [100 * random(), 100 * random()])
  const w = Array.from({ length: 3 }, () => 0.2 + 2.8 * random())
  const slips: number[] = []
  for (let i = 0; i <= 80; i++) for (let j = 0; i + j <= 80; j++) slips.push(slipAt([i / 80, j / 80, (80 - i - j) / 80], p, w))
  return { p, w, slips }
})
const slipOf = (p: [number, number][], w: number[], i: number, j: number): number => edgeSlip(p[j][0] - p[i][0], p[j][1] - p[i][1], w[i], w[j])

describe('texture slip', () => {
  it('is largest on an edge, where the formula says, and as large as it says', () => {
    for (const { p, w, slips } of samples) {
      const most = Math.max(slipOf(p, w, 0, 1), slipOf(p, w, 1, 2), slipOf(p, w, 2, 0))
      expect(Math.max(...slips)).toBeLessThanOrEqual(most * (1 + 1e-9))
      expect(Math.max(...slips)).toBeGreaterThan(0.98 * most)
      const along = slipsMostAt(w[0], w[1])
      expect(slipAt([1 - along, along, 0], p, w)).toBeCloseTo(slipOf(p, w, 0, 1), 9)
    }
  })

  it('has the mean square that the sum over the triangle has', () => {
    const ratios = samples.map(({ p, w, slips }) => {
      const mean = slips.reduce((sum, slip) => sum + slip * slip, 0) / slips.length
      return meanSquaredSlip(p[1][0] - p[0][0], p[1][1] - p[0][1], p[2][0] - p[0][0], p[2][1] - p[0][1], w[0], w[1], w[2]) / mean
    })
    for (const ratio of ratios) {
      expect(ratio).toBeGreaterThan(0.7)
      expect(ratio).toBeLessThan(1.1)
    }
    expect(ratios.sort((a, b) => a - b)[100]).toBeCloseTo(1, 1)
  })

  it('is none where depth is the same', () => {
    expect(edgeSlip(50, 20, 0.7, 0.7)).toBe(0)
    expect(meanSquaredSlip(50, 0, 0, 50, 0.7, 0.7, 0.7)).toBeCloseTo(0, 20)
  })
})
