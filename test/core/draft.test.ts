import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, draftDepthMesh, prepareMap, type SettingsInput } from '../../src/core/index.js'
import { shrinkMap } from '../../src/core/depth/shrink.js'
import { readLevel } from '../support/glb.js'
import { gray16, rgb8 } from '../support/maps.js'
import { describeWithShared, sharedFolder } from '../support/shared.js'
import { problemsIn } from '../support/validate.js'

/** Waves of 1 m on a wall of 10 m, larger than the map that drafts are made from. */
const waves = () => gray16(768, 640, (x, y) => 0.5 + 0.25 * Math.sin(x / 40) + 0.25 * Math.cos(y / 30))
const paint = () => rgb8(768, 640, (x, y) => [x % 256, y % 256, 128])

/** How much of the picture the first surface of a GLB covers. */
async function coveredShare(glb: Uint8Array): Promise<number> {
  const [{ uvs, indices }] = await readLevel(glb)
  let sum = 0
  for (let i = 0; i < indices.length; i += 3) {
    const [[ax, ay], [bx, by], [cx, cy]] = [0, 1, 2].map((k) => [uvs[2 * indices[i + k]], uvs[2 * indices[i + k] + 1]])
    sum += Math.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) / 2
  }
  return sum
}
const WALL: SettingsInput = { projection: 'orthographic' }

describe('a draft', () => {
  it.each<[string, SettingsInput, boolean]>([
    ['a lit relief', WALL, false],
    ['a painted relief', WALL, true],
    ['a view', {}, true],
    ['even quads', { ...WALL, topology: 'grid' }, false],
    ['a closed body', { ...WALL, solid: true }, false],
    ['a prop on black', { ...WALL, black: 'cut', levels: [0.2, 1] }, true],
    ['ktx2 and one GLB of all levels', { container: 'msft_lod', texture: { format: 'ktx2' } }, true],
    ['error bounds', { ...WALL, lods: { error: [1, 4] } }, false],
  ])('of %s is one valid GLB that every level of the asset points at', async (_, settings, painted) => {
    const draft = await draftDepthMesh({ name: 'waves', depth: await waves(), color: painted ? await paint() : undefined }, { settings })
    if (draft === null) throw new Error('expected a draft')
    const [{ name, bytes }, ...others] = draft.files
    expect([name, others.length, await problemsIn(bytes)]).toEqual(['waves.draft.glb', 0, []])
    const { lods } = draft.manifest
    expect(draft.manifest.draft).toBe(true)
    const count = settings.container === 'msft_lod' ? 1 : Array.isArray(settings.lods) || settings.lods === undefined ? 4 : 2
    expect(lods.map(({ url }) => url)).toEqual(Array.from({ length: count }, () => 'waves.draft.glb'))
    for (const lod of lods) expect([lod.bytes, lod.textureSize > 0]).toEqual([bytes.length, painted])
  })

  it('lies where the whole bake lies: same bounds, same camera, and says by how much it errs', async () => {
    const lods = [20_000, 2000]
    for (const settings of [{ ...WALL, lods }, { ...WALL, orientation: 'ground', lods }, { travel: 0, lods }] satisfies SettingsInput[]) {
      const sources = { name: 'waves', depth: await waves() }
      const prepared = await prepareMap(sources, { settings })
      const [draft, whole] = [await draftDepthMesh(sources, { settings, prepared }), await bakeDepthMesh(sources, { settings, prepared })]
      const { bounds, camera, lods } = draft!.manifest
      expect(camera).toEqual(whole.manifest.camera)
      // A wave of 30 px and more, seen by pixels of 1.5 px, loses less than 1 % of its disparity, which is less than 9 % of the farthest depth.
      for (const end of ['min', 'max'] as const) for (const [axis, value] of whole.manifest.bounds[end].entries()) expect(Math.abs(bounds[end][axis] - value)).toBeLessThan(0.09 * Math.max(1, Math.abs(value)))
      expect(lods[0].error.pixels).toBeGreaterThan(whole.manifest.lods[0].error.pixels)
      expect(lods[0].error.pixels).toBeLessThan(2)
    }
  })

  it('has no more triangles than the finest level may have', async () => {
    const { manifest } = (await draftDepthMesh({ name: 'waves', depth: await waves() }, { settings: { ...WALL, lods: [300, 100] } }))!
    for (const { triangles } of manifest.lods) expect(triangles).toBeLessThanOrEqual(300)
    expect(manifest.lods[0].triangles).toBeGreaterThan(250)
  })

  it('has no holes where the whole bake is cut: the layer behind would be missing', async () => {
    const step = { name: 'step', depth: await gray16(512, 64, (x) => (x < 256 ? 0.1 : 0.9)) }
    expect(await coveredShare((await draftDepthMesh(step))!.files[0].bytes)).toBeCloseTo(1, 4)
  })

  it('is not made where it could not stand for the whole: with variations, or of specks alone', async () => {
    expect(await draftDepthMesh({ name: 'waves', depth: await waves() }, { settings: { ...WALL, variants: 2 } })).toBeNull()
    const specks = await gray16(2048, 64, (x, y) => (x % 16 >> 1 === 3 && y % 16 >> 1 === 3 ? 1 : 0))
    expect(await draftDepthMesh({ name: 'specks', depth: specks }, { settings: { ...WALL, black: 'cut', clean: false } })).toBeNull()
  })
})

describe('a map scaled down', () => {
  const rest = { near: 1, far: 2, relief: 1 }

  it('keeps a slope as steep as it was, from the centre of the first pixel to that of the last', () => {
    for (const [from, to] of [[1000, 300], [768, 512], [1024, 512], [7, 2]]) {
      const { disparity, width } = shrinkMap({ width: from, height: 1, disparity: Float32Array.from({ length: from }, (_, i) => i / (from - 1)), ...rest }, to)
      expect(width).toBe(to)
      for (const [i, value] of disparity.entries()) expect(Math.abs(value - i / (to - 1))).toBeLessThan(0.51 / from)
      expect([disparity[0], disparity[to - 1]]).toEqual([0, 1])
    }
  })

  it('holds something where most of the pixels around do, and stays as it is where it is small already', () => {
    const map = { width: 7, height: 1, disparity: Float32Array.from([0.5, 0.5, 0.25, NaN, 0.75, NaN, NaN]), ...rest }
    expect(shrinkMap(map, 3)).toEqual({ width: 3, height: 1, disparity: Float32Array.from([0.5, 0.5, NaN]), ...rest })
    expect(shrinkMap(map, 7)).toBe(map)
  })

  it('has a row or a column at least, from the middle of the map', () => {
    const tall = { width: 3, height: 40, disparity: Float32Array.from({ length: 120 }, (_, i) => [0.25, 0.5, 1][i % 3]), ...rest }
    const wide = { ...tall, width: 40, height: 3, disparity: Float32Array.from({ length: 120 }, (_, i) => [0.25, 0.5, 1][Math.floor(i / 40)]) }
    const middle = new Float32Array(5).fill(0.5)
    expect(shrinkMap(tall, 5)).toEqual({ width: 1, height: 5, disparity: middle, ...rest })
    expect(shrinkMap(wide, 5)).toEqual({ width: 5, height: 1, disparity: middle, ...rest })
  })
})

describeWithShared('the draft of a real map', () => {
  it.each(['cones', 'moon', 'reindeer'])('%s is valid, covers the whole picture and stays within its triangles', async (name) => {
    const [depth] = [readFileSync(join(sharedFolder, 'data', `${name}.depth.png`))]
    const color = readdirSync(join(sharedFolder, 'data')).find((file) => file.startsWith(`${name}.color.`))
    const draft = await draftDepthMesh({ name, depth, color: color === undefined ? undefined : readFileSync(join(sharedFolder, 'data', color)) }, {})
    const [{ bytes }] = draft!.files
    expect(await problemsIn(bytes)).toEqual([])
    expect(draft!.manifest.lods[0].triangles).toBeLessThanOrEqual(6000)
    expect(await coveredShare(bytes)).toBeCloseTo(1, 4)
  })
})
