import { existsSync, readFileSync } from 'node:fs'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { dilateNear, landHanging, prepareMap, type DisparityMap, type SettingsInput } from '../../../src/core/index.js'
import { makePng } from '../../support/png.js'
import { mapOf } from '../../support/raster.js'
import { describeWithShared, sharedFolder } from '../../support/shared.js'

const CUT = { cut: 0.03, snapped: false }
const row = (values: number[]) => mapOf(values.length, 1, (x) => values[x]!)
const landed = (values: number[], options = CUT) => [...landHanging(row(values), options).disparity]
const rounded = (values: number[]) => values.map(Math.fround)

describe('putting down what hangs between two surfaces', () => {
  it('gives a pixel between front and back to the back', () => {
    expect(landed([0.9, 0.9, 0.6, 0.2, 0.2])).toEqual(rounded([0.9, 0.9, 0.2, 0.2, 0.2]))
    expect(landed([0.2, 0.2, 0.3, 0.9, 0.9])).toEqual(rounded([0.2, 0.2, 0.2, 0.9, 0.9]))
  })

  it('gives two pixels in a row to the back, and leaves a ramp of three', () => {
    expect(landed([0.9, 0.9, 0.7, 0.4, 0.2, 0.2])).toEqual(rounded([0.9, 0.9, 0.2, 0.2, 0.2, 0.2]))
    const ramp = [0.9, 0.9, 0.7, 0.55, 0.4, 0.2, 0.2]
    expect(landed(ramp)).toEqual(rounded(ramp))
  })

  it('does so down columns, and around every side of what stands in front', () => {
    const square = (edge: number) => mapOf(12, 12, (x, y) => {
      const outside = Math.max(Math.abs(x - 5.5), Math.abs(y - 5.5))
      return outside < 2 ? 0.8 : outside < 3 ? edge : 0.2
    })
    const { disparity } = landHanging(square(0.5), CUT)
    expect(disparity.filter((value) => value === Math.fround(0.5))).toHaveLength(4) // the four corners, which have no front in their row or column
    expect(disparity.filter((value) => value === Math.fround(0.8))).toHaveLength(16)
  })

  it('leaves the near side one pixel wider afterwards, as it is where nothing hangs', () => {
    const crisp = dilateNear(landHanging(row([0.9, 0.9, 0.2, 0.2, 0.2]), CUT), CUT.cut)
    const hanging = dilateNear(landHanging(row([0.9, 0.9, 0.5, 0.2, 0.2]), CUT), CUT.cut)
    expect(hanging.disparity).toEqual(crisp.disparity)
  })

  it('leaves what rises above the back by less than half the cut', () => {
    const low = [0.9, 0.9, 0.214, 0.2, 0.2]
    expect(landed(low)).toEqual(rounded(low))
    expect(landed([0.9, 0.9, 0.216, 0.2, 0.2])).toEqual(rounded([0.9, 0.9, 0.2, 0.2, 0.2]))
  })

  it('leaves alone what is as near as the near side, to an eighth of the height', () => {
    const near = [0.9, 0.9, 0.85, 0.2, 0.2]
    expect(landed(near)).toEqual(rounded(near))
  })

  it('leaves slopes, steps that are no edges, thin things and lines of a depth of their own beyond two pixels', () => {
    for (const values of [
      Array.from({ length: 20 }, (_, x) => x / 20),
      [0.2, 0.2, 0.205, 0.22, 0.22],
      [0.2, 0.2, 0.6, 0.2, 0.2],
      [0.2, 0.2, 0.5, 0.5, 0.5, 0.9, 0.9],
    ]) expect(landHanging(row(values), CUT)).toMatchObject({ disparity: row(values).disparity })
  })

  it('puts down only what lies at the foot of an edge where silhouettes were snapped', () => {
    const snapped = { ...CUT, snapped: true }
    expect(landed([0.9, 0.9, 0.25, 0.2, 0.2], snapped)).toEqual(rounded([0.9, 0.9, 0.2, 0.2, 0.2]))
    expect(landed([0.9, 0.9, 0.5, 0.2, 0.2], snapped)).toEqual(rounded([0.9, 0.9, 0.5, 0.2, 0.2]))
  })

  it('gives a map in which nothing hangs back as it is, and changes none', () => {
    const crisp = mapOf(20, 20, (x) => (x < 10 ? 0.9 : 0.2))
    expect(landHanging(crisp, CUT)).toBe(crisp)
    const hanging = row([0.9, 0.9, 0.5, 0.2, 0.2])
    const before = hanging.disparity.slice()
    expect(landHanging(hanging, CUT)).not.toBe(hanging)
    expect(hanging.disparity).toEqual(before)
  })

  it('takes nothing for a side', () => {
    const values = [NaN, NaN, 0.5, 0.2, 0.2]
    expect(landed(values)).toEqual(rounded(values))
  })
})

describe('a map with antialiased silhouettes', () => {
  const disc = (settings: SettingsInput) => prepareMap({
    name: 'disc',
    depth: makePng({ width: 64, height: 64, bitDepth: 16, colourType: 0, pixel: (x, y) => [Math.round(10_000 + 40_000 * Math.min(1, Math.max(0, 20.5 - Math.hypot(x - 31.5, y - 31.5))))] }),
  }, { settings: { projection: 'perspective', encoding: 'disparity', near: 1, far: 10, clean: false, ...settings } })

  it('is meshed as front and back, with nothing in between', async () => {
    const { map } = await disc({})
    const levels = [...new Set([...map.disparity].map((value) => Math.round(value * 100)))].sort((a, b) => a - b)
    const between = [...map.disparity].filter((value) => value > 0.2 && value < 0.68)
    expect(levels.at(0)).toBe(15)
    expect(levels.at(-1)).toBe(76)
    expect(between).toHaveLength(0)
  })

  it('is left as it is where nothing is cut', async () => {
    const { map } = await disc({ cut: false })
    expect([...map.disparity].filter((value) => value > 0.2 && value < 0.68).length).toBeGreaterThan(50)
  })
})

describeWithShared('real maps', () => {
  /** Pixels that are cut off from what is nearer and from what is farther, in their row. */
  const adrift = ({ width, disparity }: DisparityMap, cut: number) =>
    disparity.reduce((count, here, i) => (i % width > 0 && i % width < width - 1 && ((here - disparity[i - 1]! > cut && disparity[i + 1]! - here > cut) || (disparity[i - 1]! - here > cut && here - disparity[i + 1]! > cut)) ? count + 1 : count), 0)

  it.each(['desertrace', 'cones', 'tunnel'])('%s has at most two thirds as many pixels that are cut off on both sides', async (name) => {
    const depth = existsSync(`${sharedFolder}data/${name}.depth.png`) ? readFileSync(`${sharedFolder}data/${name}.depth.png`) : await sharp(`${sharedFolder}data/${name}.depth.jpg`).greyscale().png().toBuffer()
    const { map } = await prepareMap({ name, depth }, { settings: { clean: false, cut: false } })
    expect(adrift(landHanging(map, CUT), CUT.cut)).toBeLessThan(adrift(map, CUT.cut) / 1.5)
  })
})
