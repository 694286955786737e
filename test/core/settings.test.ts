import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, type SettingsInput } from '../../src/core/index.js'
import { readLevel } from '../support/glb.js'
import { gray16, rgb8 } from '../support/maps.js'
import { makeTiff } from '../support/tiff.js'
import { parseGlb } from '../support/validate.js'

interface Gltf {
  materials: { name: string; normalTexture?: { index: number }; pbrMetallicRoughness: { baseColorTexture?: { index: number } } }[]
  textures: { source: number }[]
  images: { bufferView: number }[]
  bufferViews: { byteOffset?: number; byteLength: number }[]
}

const SIZE = 96
const inBox = (x: number, y: number) => x >= 30 && x < 66 && y >= 24 && y < 70
/** Something near before ground that is not even. */
const box = () => gray16(SIZE, SIZE, (x, y) => (inBox(x, y) ? 0.8 : 0.2 + 0.05 * Math.sin(x / 4) * Math.cos(y / 5)))
const waves = () => gray16(SIZE, SIZE, (x, y) => 0.5 + 0.4 * Math.sin(x / 7) * Math.cos(y / 9))
const paint = () => rgb8(SIZE, SIZE, (x, y) => [(x * 79 + y * 47) % 251, (x * y * 31) % 253, (x * 13 + y * 57) % 255])

/** JPEG and PNG pictures are named by their textures without an extension. */
const LEVELS: SettingsInput = { clean: false, lods: [2000, 300], texture: { format: 'jpeg', size: SIZE } }

async function bake(depth: Uint8Array, settings: SettingsInput, color?: Uint8Array) {
  const { manifest, files } = await bakeDepthMesh({ name: 'map', depth, color }, { settings: { ...LEVELS, ...settings } })
  return { manifest, levels: files.map(({ bytes }) => bytes) }
}

/** A picture of a surface, `front` or `backdrop`, as it lies in the GLB. */
function pictureOf(glb: Uint8Array, role: string, use: 'color' | 'normals'): Uint8Array {
  const { json, binary } = parseGlb(glb)
  const { materials, textures, images, bufferViews } = json as unknown as Gltf
  const material = materials.find(({ name }) => name === `map ${role}`)
  const texture = use === 'color' ? material?.pbrMetallicRoughness.baseColorTexture : material?.normalTexture
  if (texture === undefined) throw new Error(`expected ${use} of the ${role}, found none`)
  const { byteOffset = 0, byteLength } = bufferViews[images[textures[texture.index].source].bufferView]
  return binary.subarray(byteOffset, byteOffset + byteLength)
}

describe('what settings do to what is baked', () => {
  it('texture.quality: colours of the front and of the hidden layer take more bytes', async () => {
    const [poor, fine] = await Promise.all([20, 95].map(async (quality) => (await bake(await box(), { texture: { format: 'jpeg', size: SIZE, quality } }, await paint())).levels[0]))
    for (const role of ['front', 'backdrop']) expect(pictureOf(fine, role, 'color').length, role).toBeGreaterThan(1.5 * pictureOf(poor, role, 'color').length)
  })

  it('normalMap.quality: normals take more bytes', async () => {
    const [poor, fine] = await Promise.all([20, 95].map(async (quality) => (await bake(await waves(), { shading: 'lit', normalMap: { quality } })).levels[0]))
    expect(pictureOf(fine, 'front', 'normals').length).toBeGreaterThan(1.5 * pictureOf(poor, 'front', 'normals').length)
  })

  it('normalMap.size: normals are as large as asked for, smaller and larger than by default', async () => {
    const long = await gray16(1600, 8, (x) => 0.5 + 0.4 * Math.sin(x / 7))
    for (const size of [200, 1500]) {
      const { levels } = await bake(long, { projection: 'orthographic', shading: 'lit', normalMap: { size } })
      expect((await sharp(pictureOf(levels[0], 'front', 'normals')).metadata()).width).toBe(size)
    }
  })

  it('cut: normals lean across a jump of one sheet, and not where it is cut', async () => {
    const step = await gray16(SIZE, SIZE, (x) => (x < SIZE / 2 ? 0.2 : 0.8))
    const mostLeaning = async (cut: number | false) => {
      const { levels } = await bake(step, { projection: 'orthographic', cut, shading: 'lit', texture: { format: 'png' }, normalMap: { size: SIZE } })
      const { data, info } = await sharp(pictureOf(levels[0], 'front', 'normals')).raw().toBuffer({ resolveWithObject: true })
      return Math.max(...data.filter((_, i) => i % info.channels === 0).map((red) => Math.abs(red - 128)))
    }
    expect(await mostLeaning(false)).toBeGreaterThan(60)
    expect(await mostLeaning(0.1)).toBeLessThanOrEqual(1)
  })

  it('travel: a camera that moves four times as far sees several times the error', async () => {
    const [near, far] = await Promise.all([0.1, 0.4].map(async (travel) => (await bake(await waves(), { travel, cut: false, lods: [300] })).manifest.lods[0].error.pixels))
    expect(far / near).toBeGreaterThan(2)
    expect(far / near).toBeLessThan(6)
  })

  it('unit: metres of one level of integers, while floats are metres already', async () => {
    const floats = makeTiff({ width: 32, height: 32, samples: Float32Array.from({ length: 1024 }, (_, i) => 2 + (i % 32) / 16), bitDepth: 32, sampleFormat: 3 })
    const integers = await gray16(32, 32, (x) => (2000 + 100 * x) / 65_535)
    const rangeOf = async (depth: Uint8Array, unit: number) => {
      const { camera } = (await bake(depth, { encoding: 'metric', unit })).manifest
      return [camera?.near, camera?.far]
    }
    for (const unit of [0.001, 0.01]) {
      expect(await rangeOf(floats, unit)).toEqual([2, expect.closeTo(2 + 31 / 16, 5)])
      expect(await rangeOf(integers, unit)).toEqual([expect.closeTo(2000 * unit, 5), expect.closeTo(5100 * unit, 5)])
    }
  })

  it('lods.error: hidden layers of coarser levels are coarser', async () => {
    const { levels } = await bake(await box(), { lods: { error: [0.1, 3] } }, await paint())
    const hidden = await Promise.all(levels.map(async (glb) => (await readLevel(glb)).find(({ name }) => name === 'map backdrop')?.indices.length))
    expect(hidden[0]).toBeGreaterThan(2 * (hidden[1] ?? Infinity))
  })

  it('topology: a solid has even quads on its front, too', async () => {
    const flat = await gray16(32, 32, () => 0.5)
    const trianglesOf = async (topology: 'adaptive' | 'grid') => (await bake(flat, { projection: 'orthographic', solid: true, topology, lods: [3000] })).manifest.lods[0].triangles
    expect(await trianglesOf('adaptive')).toBeLessThan(50)
    expect(await trianglesOf('grid')).toBeGreaterThan(500)
  })

  it.each([
    ['spikes', (x: number, y: number) => (x === 40 && y === 50 ? 0.9 : 0.3 + (0.2 * y) / SIZE)],
    ['bands', (x: number, y: number) => 0.2 + 0.008 * Math.floor((x + y / 3) / 2)],
  ] as const)('clean.%s: true takes the step where its check is silent', async (step, level) => {
    const depth = await gray16(SIZE, SIZE, level)
    const taken = async (clean: SettingsInput['clean']) => (await bake(depth, { clean })).manifest.preflight.cleaned?.map(({ step }) => step)
    expect(await taken('auto')).toEqual([])
    expect(await taken({ [step]: true })).toEqual([step])
  })
})
