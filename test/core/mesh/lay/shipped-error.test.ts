import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
// @ts-expect-error benchmarks are plain JavaScript
import { rasterise } from '../../../../bench/support/rasterise.js'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { buildBackdrop } from '../../../../src/core/mesh/hidden/backdrop.js'
import type { Pixels } from '../../../../src/core/mesh/hidden/backdrop-color.js'
import { correctSlip } from '../../../../src/core/mesh/lay/correct-slip.js'
import { meshDisparity } from '../../../../src/core/mesh/pixels/drape.js'
import { errorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { buildLevels } from '../../../../src/core/mesh/levels.js'
import { shippedError } from '../../../../src/core/mesh/lay/shipped-error.js'
import { measureLevel, type PlaneMesh } from '../../../../src/core/mesh/triangulate/triangulate.js'
import { unproject } from '../../../../src/core/mesh/unproject.js'
import { parseSettings, type Settings } from '../../../../src/core/options.js'
import { prepareMap } from '../../../../src/core/pipeline.js'
import { textureSize } from '../../../../src/core/texture/encode.js'
import { describeWithShared, sharedFolder } from '../../../support/shared.js'
import { rasters } from '../rasters.js'

const SIZE = 120
const settings = parseSettings([{ origin: 'test', settings: { fovY: 60, near: 1, far: 9 } }])

/** A map that a formula gives, and what counts on it. */
function mapOf(disparityAt: (u: number, v: number) => number) {
  const disparity = Float32Array.from({ length: SIZE * SIZE }, (_, i) => disparityAt((i % SIZE) + 0.5, Math.floor(i / SIZE) + 0.5))
  const map: DisparityMap = { width: SIZE, height: SIZE, disparity, near: 1, far: 9, relief: 1 }
  return { map, model: errorModel(map, settings) }
}

/** Rectangles of two triangles each; disparity at the upper and at the lower edge. */
const panels = (...list: { left: number; right: number; top: number; bottom: number }[]) => ({
  points: Float32Array.from(list.flatMap(({ left, right, top, bottom }) => [left, 0, top, left, SIZE, bottom, right, 0, top, right, SIZE, bottom])),
  triangles: Uint32Array.from(list.flatMap((_, i) => [0, 1, 2, 2, 1, 3].map((corner) => 4 * i + corner))),
})

/** A floor, far along the upper edge, near along the lower one: two triangles are exactly its shape. */
const [TOP, BOTTOM] = [0.1, 0.5]
const floor = mapOf((_, v) => TOP + ((BOTTOM - TOP) * v) / SIZE)
const floorMesh = measureLevel(panels({ left: 0, right: SIZE, top: TOP, bottom: BOTTOM }), floor.map, floor.model)
const same = { width: SIZE, height: SIZE, finer: 1 }

describe('the error of a level as it ships', () => {
  it('has no slip left on a floor of two triangles, whose bare mesh slips as the formula says', () => {
    // w = 1/9 + 8/9 d: depths have the ratio 2.778 along the diagonal, 170 px
    const root = Math.sqrt((1 / 9 + (8 / 9) * BOTTOM) / (1 / 9 + (8 / 9) * TOP))
    expect(floorMesh.pixelError.max).toBeCloseTo((Math.hypot(SIZE, SIZE) * (root - 1)) / (root + 1), 0)
    const shipped = shippedError(floorMesh, floor.map, floor.model, [same])
    // at the far edge the picture is 2.78 times as fine as its texture shows it, which ends half a texel before that edge
    expect(shipped.max).toBeLessThan(0.5 * (root ** 2 - 1))
    expect(shipped.p99).toBeLessThan(floorMesh.pixelError.p99 / 50)
  })

  it('is that of the bare mesh where nothing is laid, and on reliefs, which do not slip', () => {
    expect(shippedError(floorMesh, floor.map, floor.model, [])).toEqual(floorMesh.pixelError)
    const relief = errorModel(floor.map, parseSettings([{ origin: 'test', settings: { projection: 'orthographic' } }]))
    const level = measureLevel(panels({ left: 0, right: SIZE, top: TOP, bottom: BOTTOM }), floor.map, relief)
    expect(shippedError(level, floor.map, relief, [same])).toEqual(level.pixelError)
  })

  it('keeps parallax, whatever is laid', () => {
    // a wall that stands .01 too near: .01 · focal · travel · (1/near − 1/far)
    const wall = mapOf(() => 0.3)
    const level = measureLevel(panels({ left: 0, right: SIZE, top: 0.31, bottom: 0.31 }), wall.map, wall.model)
    const parallax = 0.01 * (SIZE / 2 / Math.tan(Math.PI / 6)) * 0.1 * (8 / 9)
    const shipped = shippedError(level, wall.map, wall.model, [same])
    expect(shipped.max).toBeCloseTo(parallax, 5)
    // (counted in steps of 1.6 %)
    expect(shipped.p99).toBeCloseTo(parallax, 2)
  })

  it('counts slip that is left alone for being less than a quarter of a texel, of the picture that it is taken out of', () => {
    // the diagonal slips by 170 px · (√ρ − 1) / (√ρ + 1) = .2 px
    const tilt = mapOf((_, v) => 0.3 + (0.002 * v) / SIZE)
    const level = measureLevel(panels({ left: 0, right: SIZE, top: 0.3, bottom: 0.302 }), tilt.map, tilt.model)
    expect(level.pixelError.max).toBeGreaterThan(0.15)
    expect(level.pixelError.max).toBeLessThan(0.25)
    expect(shippedError(level, tilt.map, tilt.model, [same]).max).toBeCloseTo(level.pixelError.max, 3)
    expect(shippedError(level, tilt.map, tilt.model, [{ ...same, finer: 2 }]).max).toBeLessThan(0.01)
  })

  it('is larger the coarser the texture is, and that of the picture that slips most', () => {
    const at = (size: number) => ({ width: size, height: size, finer: 1 })
    const errors = [120, 60, 30, 15].map((size) => shippedError(floorMesh, floor.map, floor.model, [at(size)]).p99)
    expect(errors).toEqual(errors.toSorted((a, b) => a - b))
    // of a texture an eighth as fine less than a texel
    expect(errors[3]).toBeLessThan(8)
    expect(shippedError(floorMesh, floor.map, floor.model, [at(120), at(15)]).p99).toBe(errors[3])
  })

  it('tells what the source view shows, also where a texel lies on both sides of a cut', async () => {
    // the right half is a wall, before a floor: two texels beside the cut show both
    const cut = mapOf((u, v) => (u < SIZE / 2 ? TOP + ((BOTTOM - TOP) * v) / SIZE : 0.9))
    const level = measureLevel(panels({ left: 0, right: SIZE / 2, top: TOP, bottom: BOTTOM }, { left: SIZE / 2, right: SIZE, top: 0.9, bottom: 0.9 }), cut.map, cut.model)
    const laid = { width: SIZE / 2, height: SIZE / 2, finer: 1 }
    const shipped = shippedError(level, cut.map, cut.model, [laid])
    const looked = await lookAt(level, cut.map, settings, { size: SIZE / 2, finer: 1 })
    expect(looked.p99).toBeGreaterThan(2)
    expect(shipped.p99 / looked.p99).toBeGreaterThan(0.9)
    expect(shipped.p99 / looked.p99).toBeLessThan(1.1)
  })

  it('counts what is seen where a surface lies over itself', () => {
    // a wall that hides a piece of floor
    const wall = mapOf(() => 0.9)
    const hiding = measureLevel(panels({ left: 0, right: SIZE, top: 0.9, bottom: 0.9 }, { left: 30, right: 60, top: TOP, bottom: BOTTOM }), wall.map, wall.model)
    expect(hiding.pixelError.max).toBeGreaterThan(2)
    expect(shippedError({ ...hiding, folded: true }, wall.map, wall.model, [same]).max).toBeLessThan(1e-4)
  })
})

describe('the error of a level as it ships, whatever the raster', () => {
  it('is a number, no smaller than the parallax that is seen, of a texture of any size', async () => {
    await fc.assert(
      fc.asyncProperty(rasters, fc.integer({ min: 1, max: 60 }), async ({ map, cut, lods }, size) => {
        const settings = parseSettings([{ origin: 'test', settings: { cut, lods: [...lods] } }])
        const model = errorModel(map, settings)
        for (const { front } of await buildLevels(map, null, settings, model)) {
          const seen = meshDisparity(front, map)
          const moved = new Set(front.moved?.at)
          let parallax = 0
          for (const [i, wanted] of map.disparity.entries()) if (!moved.has(i)) parallax = Math.max(parallax, (Math.abs(seen[i] - wanted) || 0) * model.pixelsPerDisparity)
          const { max, p99 } = shippedError(front, map, model, [{ width: size, height: Math.max(1, Math.round(size / 2)), finer: 2 }])
          expect(max).toBeGreaterThanOrEqual(parallax - 1e-4)
          expect(max).toBeLessThan(Infinity)
          expect(p99).toBeGreaterThanOrEqual(0)
          expect(p99).toBeLessThanOrEqual(max)
        }
      }),
      { numRuns: 100, seed: 22 },
    )
  })
})

describeWithShared('what is published of real maps', () => {
  for (const name of ['tum-1', 'hotdog']) {
    it(`is what their source view shows, and slips by no more than 1/2, 1, 2 and 4 px: ${name}`, { timeout: 120_000 }, async () => {
      const { entries } = JSON.parse(readFileSync(`${sharedFolder}data/manifest.json`, 'utf8')) as { entries: { name: string; file: string; sidecar: object }[] }
      const entry = entries.find((entry) => entry.name === name)
      if (!entry) throw new Error(`no ${name} among the shared inputs`)
      const settings = parseSettings([{ origin: 'test', settings: entry.sidecar }])
      const { map } = await prepareMap({ name, depth: readFileSync(`${sharedFolder}data/${entry.file}`) }, { settings: entry.sidecar })
      const model = errorModel(map, settings)
      const surfaces = await buildLevels(map, buildBackdrop(map, settings), settings, model)
      const triangles = surfaces.map(({ front, backdrop }) => (front.triangles.length + (backdrop?.triangles.length ?? 0)) / 3)
      const longer = Math.max(map.width, map.height)
      for (const [level, { front }] of surfaces.entries()) {
        // of the surface itself, so that there is no parallax
        const own = { ...map, disparity: meshDisparity(front, map) }
        const size = Math.min(longer, textureSize({ ...settings.texture, role: 'color', level, triangles }))
        const finer = Math.min(2 * size, longer) / size
        const laid = { width: Math.round((map.width * size) / longer), height: Math.round((map.height * size) / longer), finer }
        const slip = shippedError(front, own, model, [laid]).p99
        expect(slip).toBeLessThan([0.5, 1, 2, 4][level])
        const looked = await lookAt(front, map, settings, { size, finer })
        expect(Math.abs(slip - looked.p99)).toBeLessThan(0.05 + 0.25 * looked.p99)
      }
    })
  }
})

/**
 * Looks at the source view of a surface: it wears a picture that shows its own coordinates, out of which slip is taken as out of a level's own, scaled down and drawn as a renderer does.
 */
async function lookAt(front: Pick<PlaneMesh, 'points' | 'triangles'>, map: DisparityMap, settings: Settings, { size, finer }: { size: number; finer: number }): Promise<{ p99: number }> {
  const scale = (size * finer) / Math.max(map.width, map.height)
  const [width, height] = [Math.round(map.width * scale), Math.round(map.height * scale)]
  const unit = Math.floor(60_000 / Math.max(width, height))
  // (The third channel tells by how much scaling down makes everything darker: its weights are rounded.)
  const pixels = new Uint16Array(3 * width * height).fill(60_000)
  for (let i = 0; i < width * height; i++) {
    pixels[3 * i] = unit * ((i % width) + 0.5)
    pixels[3 * i + 1] = unit * (Math.floor(i / width) + 0.5)
  }
  // any array of numbers will do
  const picture = { width, height, channels: 3, pixels } as unknown as Pixels
  const worn = correctSlip(picture, front, map, errorModel(map, settings))
  const { data, info } = await sharp(worn.pixels, { raw: { width, height, channels: 3 } })
    .resize({ width: Math.round(width / finer), height: Math.round(height / finer), fit: 'fill' })
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true })
  const texture = { width: info.width, height: info.height, channels: 3, data: new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length)) }
  const { rgb, layer } = rasterise([{ ...unproject(front, map, settings), texture }], { eye: [0, 0, 0], fovY: settings.fovY, width: map.width, height: map.height })
  const slips: number[] = []
  // the outermost texels' centres lie half a texel from the picture's edge: what lies beyond shows nothing else
  const rim = Math.ceil(map.width / info.width)
  for (let y = rim; y < map.height - rim; y++) {
    for (let x = rim; x < map.width - rim; x++) {
      const at = y * map.width + x
      if (layer[at] === 0) continue
      const shown = (channel: number): number => (rgb[3 * at + channel] * 60_000) / rgb[3 * at + 2] / unit
      slips.push(Math.hypot((shown(0) * map.width) / width - x - 0.5, (shown(1) * map.height) / height - y - 0.5))
    }
  }
  return { p99: Float64Array.from(slips).sort()[Math.ceil(0.99 * slips.length) - 1] }
}
