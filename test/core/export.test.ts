import { WebIO } from '@gltf-transform/core'
import { KHRMaterialsUnlit } from '@gltf-transform/extensions'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, decodeDepth, exportDepthMap, type ExportPart, type SettingsInput } from '../../src/core/index.js'
import { gray16, rgb8 } from '../support/maps.js'
import { problemsIn } from '../support/validate.js'

const WIDTH = 24
const HEIGHT = 16
const io = new WebIO().registerExtensions([KHRMaterialsUnlit])

/** Disparity rises from 0 at the left pixel to 1 at the right one. */
const ramp = () => gray16(WIDTH, HEIGHT, (x) => x / (WIDTH - 1))

async function parts(depth: Uint8Array, only: ExportPart[], settings: SettingsInput = {}, color?: Uint8Array) {
  const { files } = await exportDepthMap({ name: 'ramp', depth, color }, only, { settings, colorFile: color && 'ramp.color.png' })
  return Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]))
}

const read16 = async (png: Uint8Array) => (await decodeDepth(png, { channel: null, encoding: 'disparity', maxPixels: 1e6 })).samples
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('the exported map', () => {
  it('is the map itself where nothing was to be cleaned', async () => {
    const depth = await ramp()
    const files = await parts(depth, ['depth'], { clean: false, near: 2, far: 7 })
    expect(await read16(files['ramp.depth.png'])).toEqual(await read16(depth))
    expect(JSON.parse(text(files['ramp.depth.json']))).toMatchObject({ near: 2, far: 7, encoding: 'disparity', black: 'far', clean: false })
  })

  it('comes back as the same surface: convention, cleaning and holes are in it already', async () => {
    // Millimetres, white is far away, with a hole in the middle: everything that can be taken out of a map.
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => (Math.hypot(x - 12, y - 8) < 2.5 ? 0 : (2000 + 100 * x) / 65_535))
    const settings: SettingsInput = { encoding: 'metric', unit: 0.001, clean: { holes: true }, cut: false }
    const once = await parts(depth, ['depth'], settings)
    const own = JSON.parse(text(once['ramp.depth.json'])) as SettingsInput
    const twice = await parts(once['ramp.depth.png'], ['depth'], own)
    expect(twice['ramp.depth.png']).toEqual(once['ramp.depth.png'])
    expect(twice['ramp.depth.json']).toEqual(once['ramp.depth.json'])

    const original = await bakeDepthMesh({ name: 'ramp', depth }, { settings })
    const again = await bakeDepthMesh({ name: 'ramp', depth: once['ramp.depth.png'] }, { settings: own })
    expect(again.manifest.camera).toEqual(original.manifest.camera)
    for (const end of ['min', 'max'] as const) for (let axis = 0; axis < 3; axis++) expect(again.manifest.bounds[end][axis]).toBeCloseTo(original.manifest.bounds[end][axis], 2)
  })

  it('keeps "nothing there" apart from the farthest surface', async () => {
    const depth = await gray16(WIDTH, HEIGHT, (x) => (x < 4 ? 0 : 0.1 + x / 40))
    const files = await parts(depth, ['depth'], { black: 'cut', clean: false })
    const samples = await read16(files['ramp.depth.png'])
    expect(JSON.parse(text(files['ramp.depth.json']))).toMatchObject({ black: 'cut' })
    for (let x = 0; x < WIDTH; x++) expect(samples[x] === 0).toBe(x < 4)
  })
})

describe('the exported mesh', () => {
  it('has a vertex a pixel and no extension that Blender can not read', async () => {
    const color = await rgb8(WIDTH, HEIGHT, (x) => [x * 10, 90, 30])
    const { 'ramp.glb': glb } = await parts(await ramp(), ['mesh'], { near: 2, far: 6 }, color)
    expect(await problemsIn(glb)).toEqual([])
    const document = await io.readBinary(glb)
    const [primitive] = document.getRoot().listMeshes()[0].listPrimitives()
    expect(primitive.getAttribute('POSITION')?.getCount()).toBe(WIDTH * HEIGHT)
    expect(primitive.getIndices()?.getCount()).toBe((WIDTH - 1) * (HEIGHT - 1) * 6)
    expect(primitive.getAttribute('POSITION')?.getMax([])[2]).toBeCloseTo(-2, 5)
    expect(primitive.getAttribute('POSITION')?.getMin([])[2]).toBeCloseTo(-6, 5)
    expect(document.getRoot().listExtensionsUsed().map(({ extensionName }) => extensionName)).toEqual(['KHR_materials_unlit'])
    expect(document.getRoot().listTextures()[0].getMimeType()).toBe('image/jpeg')
  })

  it('is even quads as OBJ, seen from the front, with the picture on it', async () => {
    const color = await rgb8(WIDTH, HEIGHT, () => [90, 90, 90])
    const files = await parts(await ramp(), ['obj'], { near: 2, far: 6 }, color)
    const lines = text(files['ramp.obj']).trim().split('\n')
    const of = (keyword: string) => lines.filter((line) => line.startsWith(`${keyword} `)).map((line) => line.split(' ').slice(1))
    expect(of('v')).toHaveLength(WIDTH * HEIGHT)
    expect(of('f')).toHaveLength((WIDTH - 1) * (HEIGHT - 1))
    const [a, b, , d] = of('f')[0].map((corner) => of('v')[Number(corner.split('/')[0]) - 1].map(Number))
    const [ab, ad] = [b, d].map((point) => point.map((value, axis) => value - a[axis]))
    const normal = [ab[1] * ad[2] - ab[2] * ad[1], ab[2] * ad[0] - ab[0] * ad[2], ab[0] * ad[1] - ab[1] * ad[0]]
    expect(normal[0] * -a[0] + normal[1] * -a[1] + normal[2] * -a[2]).toBeGreaterThan(0) // towards the camera at the origin
    expect(of('vt')[0].map(Number)).toEqual([0, 1])
    expect(text(files['ramp.mtl'])).toContain('map_Kd ramp.color.png')
  })

  it('leaves out what is not there', async () => {
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => (x === 0 && y === 0 ? 0 : 0.5))
    const lines = text((await parts(depth, ['obj'], { black: 'cut', clean: false }))['ramp.obj']).split('\n')
    expect(lines.filter((line) => line.startsWith('v '))).toHaveLength(WIDTH * HEIGHT - 1)
    const faces = lines.filter((line) => line.startsWith('f ')).map((line) => line.split(' ').length - 1)
    expect(faces.filter((corners) => corners === 3)).toHaveLength(1)
    expect(faces.filter((corners) => corners === 4)).toHaveLength((WIDTH - 1) * (HEIGHT - 1) - 1)
  })
})

describe('exported normals and displacement', () => {
  it('are as large as the map', async () => {
    const files = await parts(await ramp(), ['normal', 'displacement'])
    for (const name of ['ramp.normal.png', 'ramp.displacement.png']) expect(await sharp(files[name]).metadata()).toMatchObject({ width: WIDTH, height: HEIGHT })
  })

  it('is linear in metres, with its scale written down', async () => {
    const files = await parts(await ramp(), ['displacement'], { near: 2, far: 6 })
    expect(JSON.parse(text(files['ramp.displacement.json']))).toEqual({ black: 0, white: 4, unit: 'metre', direction: 'along the view axis, from the farthest surface toward the camera' })
    const samples = await read16(files['ramp.displacement.png'])
    for (let x = 0; x < WIDTH; x++) {
      const disparity = x / (WIDTH - 1)
      const depth = 1 / (1 / 6 + disparity * (1 / 2 - 1 / 6))
      expect(samples[x] * 4).toBeCloseTo(6 - depth, 3)
    }
  })

  it('is height in a relief', async () => {
    const files = await parts(await ramp(), ['displacement'], { projection: 'orthographic', relief: 3 })
    expect(JSON.parse(text(files['ramp.displacement.json']))).toMatchObject({ white: 3, direction: 'out of the base plane' })
    expect((await read16(files['ramp.displacement.png']))[WIDTH - 1]).toBe(1)
  })
})
