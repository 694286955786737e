import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { cleanDepth, decodeColor, decodeDepth, grayAt, preflight, type CheckId, type CleanResult, type DepthRaster, type PreflightReport, type SettingsInput } from '../../../src/core/index.js'
import { describeWithShared, sharedFolder } from '../../support/shared.js'
import { meant, sameBits } from '../../support/raster.js'

const MAX_PIXELS = 2 ** 26
const read = (file: string) => readFileSync(`${sharedFolder}data/${file}`)
const decode = (name: string, channel: string | null = null) => decodeDepth(read(`${name}.depth.png`), { channel, encoding: 'disparity', maxPixels: MAX_PIXELS })

async function look(raster: DepthRaster, input: SettingsInput, color?: string): Promise<{ report: PreflightReport; cleaned: CleanResult; before: Float32Array }> {
  const { map, settings } = meant(raster, input)
  const before = map.disparity.slice()
  const picture = color === undefined ? null : await grayAt(await decodeColor(read(color), raster, { size: Math.max(raster.width, raster.height), maxPixels: MAX_PIXELS }), raster)
  const report = preflight({ raster, map, picture }, settings)
  return { report, cleaned: cleanDepth({ map, raster, report, picture }, settings), before }
}
const ids = ({ checks }: PreflightReport, severity?: string) => checks.filter((check) => severity === undefined || check.severity === severity).map(({ id }) => id)

describeWithShared('real maps', () => {
  it.each<[string, SettingsInput]>([
    ['jacksboro-dem16', { projection: 'orthographic' }],
    ['grandcanyon-sm', { projection: 'orthographic', channel: 'g' }],
    ['slam12-1', { encoding: 'metric' }],
  ])('%s is clean: no warning, and nothing is changed, to the bit', async (name, input) => {
    const { report, cleaned, before } = await look(await decode(name, input.channel), input)
    expect(ids(report, 'warning')).toEqual([])
    expect(cleaned.steps).toEqual([])
    expect(sameBits(cleaned.map.disparity, before)).toBe(true)
  })

  it.each<[string, CheckId, SettingsInput]>([
    ['cones', 'holes', { black: 'hole' }],
    ['redwood-0', 'holes', { black: 'hole' }],
    ['tum-1', 'holes', { black: 'hole' }],
  ])('%s has %s, and the setting that is offered mends them', async (name, id, offered) => {
    const raster = await decode(name)
    const { report } = await look(raster, {})
    expect(report.checks.find((check) => check.id === id)?.settings).toEqual(offered)
    const mended = await look(raster, offered)
    expect(ids(mended.report)).not.toContain(id)
    expect(mended.cleaned.steps.map(({ step }) => step)).toContain('holes')
    expect(mended.cleaned.map.disparity.every((value) => value >= 0 && value <= 1)).toBe(true)
  })

  it('hotdog has silhouettes that are a little soft: they are snapped, and nobody is warned', async () => {
    const { report, cleaned } = await look(await decode('hotdog'), {}, 'hotdog.color.jpg')
    expect(ids(report, 'warning')).toEqual([])
    expect(ids(report, 'info')).toContain('soft-silhouettes')
    expect(cleaned.steps.map(({ step }) => step)).toEqual(['silhouettes'])
  })

  it('moon has soft silhouettes, which its picture helps to snap', async () => {
    const { report, cleaned } = await look(await decode('moon'), {}, 'moon.color.jpg')
    expect(ids(report)).toEqual(['soft-silhouettes'])
    expect(cleaned.steps.map(({ step }) => step)).toEqual(['silhouettes'])
  })

  it('moon in 8 bits has terraces, and gets most of its shape back', async () => {
    const truth = await decode('moon')
    const coarse: DepthRaster = { ...truth, bitDepth: 8, samples: truth.samples.map((sample) => Math.round(sample * 255) / 255) }
    const { cleaned, before } = await look(coarse, { clean: { silhouettes: false } })
    expect(cleaned.steps.map(({ step }) => step)).toEqual(['bands'])
    const { width } = truth
    const roughness = (map: Float32Array) => {
      let sum = 0
      for (let i = 0; i < map.length - width - 1; i++) sum += Math.abs(map[i + 1]! - map[i]! - (truth.samples[i + 1]! - truth.samples[i]!)) + Math.abs(map[i + width]! - map[i]! - (truth.samples[i + width]! - truth.samples[i]!))
      return sum
    }
    expect(roughness(cleaned.map.disparity)).toBeLessThan(0.45 * roughness(before))
  })

  it('tum-1 and its picture do not lie over each other, redwood-0 and its do', async () => {
    expect(ids((await look(await decode('tum-1'), { encoding: 'metric' }, 'tum-1.color.png')).report)).toContain('misaligned')
    expect(ids((await look(await decode('redwood-0'), { encoding: 'metric' }, 'redwood-0.color.jpg')).report)).not.toContain('misaligned')
  })
})
