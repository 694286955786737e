import { expect, it } from 'vitest'
import { smoothBands } from '../../../src/core/depth/clean/bands.js'
import { mapOf } from '../../support/raster.js'

it('smooths terraces along their own column, and not round the end of a row', () => {
  // Terraces on the left and a plain on the right, two levels apart; what stands between them is another surface.
  const [left, middle, right] = [(y: number) => (10 + Math.floor(y / 6)) / 255, 230 / 255, 13 / 255]
  for (const turned of [false, true]) {
    const level = (across: number, along: number) => [left(along), middle, right][across]!
    const map = turned ? mapOf(12, 3, (x, y) => level(y, x)) : mapOf(3, 12, level)
    const smooth = smoothBands(map)
    const at = (across: number, along: number) => smooth[turned ? across * 12 + along : along * 3 + across]
    for (let along = 0; along < 12; along++) expect(at(2, along), `the plain at ${along}`).toBe(Math.fround(right))
    expect(at(0, 5)).toBeGreaterThan(left(5) + 0.2 / 255)
    expect(at(0, 6)).toBeLessThan(left(6) - 0.2 / 255)
  }
})
