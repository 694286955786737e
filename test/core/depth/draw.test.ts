import sharp from 'sharp'
import { expect, it } from 'vitest'
import { drawDepthMapCheck, drawPreflight, PREFLIGHT_COLORS } from '../../../src/core/index.js'
import { gray16 } from '../../support/maps.js'
import { meant, rasterOf } from '../../support/raster.js'

const W = 120
const H = 90

/** A slope with a near box (a jump), a soft silhouette, a spike and a black hole. */
function scene(x: number, y: number): number {
  if (x === 20 && y === 20) return 0.95
  if ((x - 30) ** 2 + (y - 60) ** 2 < 10 ** 2) return 0
  if (x > 60 && x < 80 && y > 10 && y < 40) return 0.8
  return 0.2 + (0.2 * y) / H + 0.3 / (1 + Math.exp(-(x - 99.5) / 1.2))
}

async function pixelsOf(png: Uint8Array): Promise<(x: number, y: number) => number[]> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true })
  expect(info).toMatchObject({ width: W, height: H, channels: 3 })
  return (x, y) => [...data.subarray((y * W + x) * 3, (y * W + x) * 3 + 3)]
}

it('draws holes, spikes, jumps and soft silhouettes on the map', async () => {
  const { raster, map, settings } = meant(rasterOf(W, H, scene))
  const at = await pixelsOf(await drawPreflight({ raster, map }, settings))
  expect(at(30, 60)).toEqual(PREFLIGHT_COLORS.holes)
  expect(at(20, 20)).toEqual(PREFLIGHT_COLORS.spikes)
  for (const [x, y] of [[60, 25], [79, 25], [70, 10], [70, 39]] as const) expect(at(x, y), `before the jump at ${x}, ${y}`).toEqual(PREFLIGHT_COLORS.jumps)
  for (const [x, y] of [[61, 25], [80, 25], [70, 11], [70, 40]] as const) expect(at(x, y), `behind the jump at ${x}, ${y}`).not.toEqual(PREFLIGHT_COLORS.jumps)
  expect(at(99, 70)).toEqual(PREFLIGHT_COLORS.silhouettes)
  const [dark, bright] = [at(50, 5), at(70, 25)]
  expect(new Set(dark).size, 'the rest is gray').toBe(1)
  expect(bright[0]).toBeGreaterThan(dark[0]!)
})

it('shows near as bright, whatever the file means by white', async () => {
  const { raster, map, settings } = meant(rasterOf(W, H, scene), { white: 'far' })
  const at = await pixelsOf(await drawPreflight({ raster, map }, settings))
  expect(at(70, 25)[0]).toBeLessThan(at(50, 5)[0]!)
})

it('draws no jumps on what stays one sheet', async () => {
  const { raster, map, settings } = meant(rasterOf(W, H, scene), { projection: 'orthographic' })
  const at = await pixelsOf(await drawPreflight({ raster, map }, settings))
  expect(new Set(at(60, 25)).size).toBe(1)
})

it('draws lines that are still seen when a large map is scaled to a screen', async () => {
  const [width, height] = [3000, 8]
  const { raster, map, settings } = meant(rasterOf(width, height, (x) => (x < 1500 ? 0.2 : 0.8)))
  const { data } = await sharp(await drawPreflight({ raster, map }, settings)).raw().toBuffer({ resolveWithObject: true })
  const row = Array.from({ length: width }, (_, x) => [...data.subarray((4 * width + x) * 3, (4 * width + x) * 3 + 3)].join())
  expect(row.filter((pixel) => pixel === PREFLIGHT_COLORS.jumps.join()).length).toBe(3)
})

it('comes with the report, from the bytes of a file', async () => {
  const { report, picture } = await drawDepthMapCheck({ name: 'scene', depth: await gray16(W, H, scene) })
  expect(report.checks.map(({ id }) => id)).toContain('holes')
  expect((await pixelsOf(picture))(30, 60)).toEqual(PREFLIGHT_COLORS.holes)
})
