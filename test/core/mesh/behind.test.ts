import { expect, it } from 'vitest'
import { buildBackdrop, buildLevels, errorModel, parseSettings } from '../../../src/core/index.js'
import { mapOf } from '../../support/raster.js'

it('keeps the hidden layer behind a sky at `far`, where the two would flicker through each other', async () => {
  const settings = parseSettings([{ origin: 'test', settings: { lods: [600, 200] } }])
  const map = mapOf(96, 64, (x, y) => (x > 30 && x < 66 && y > 20 ? 0.8 : 0))
  const backdrop = buildBackdrop(map, settings)!
  const levels = await buildLevels(map, backdrop, settings, errorModel(map, settings))
  expect(levels.length).toBeGreaterThan(0)
  for (const { backdrop: hidden } of levels) {
    const disparities = hidden!.points.filter((_, i) => i % 3 === 2)
    expect(Math.min(...disparities)).toBeLessThan(0)
    expect(disparities.filter((disparity) => disparity === 0)).toHaveLength(0)
  }
})
