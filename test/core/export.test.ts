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
  return Object.fromEntries(files.map(({ name, pieces }) => [name, Uint8Array.from(Buffer.concat([...pieces()]))]))
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

  it.each(['near', 'far'] as const)('comes back where it was, too, when it is flat (white: %s)', async (white) => {
    const depth = await gray16(WIDTH, HEIGHT, () => 0.25)
    const settings: SettingsInput = { projection: 'orthographic', encoding: 'metric', white }
    const files = await parts(depth, ['depth'], settings)
    const own = JSON.parse(text(files['ramp.depth.json'])) as SettingsInput
    const [original, again] = [await bakeDepthMesh({ name: 'ramp', depth }, { settings }), await bakeDepthMesh({ name: 'ramp', depth: files['ramp.depth.png'] }, { settings: own })]
    expect(again.manifest.bounds).toEqual(original.manifest.bounds)
    expect(again.manifest.bounds.max[2]).toBe(0)
  })

  it('keeps "nothing there" apart from the farthest surface', async () => {
    const depth = await gray16(WIDTH, HEIGHT, (x) => (x < 4 ? 0 : 0.1 + x / 40))
    const files = await parts(depth, ['depth'], { black: 'cut', clean: false })
    const samples = await read16(files['ramp.depth.png'])
    expect(JSON.parse(text(files['ramp.depth.json']))).toMatchObject({ black: 'cut' })
    for (let x = 0; x < WIDTH; x++) expect(samples[x] === 0).toBe(x < 4)
    // Metres from the data: the last column is the farthest surface, of disparity 0.
    const metric = await read16((await parts(depth, ['depth'], { black: 'cut', clean: false, encoding: 'metric' }))['ramp.depth.png'])
    for (let x = 0; x < WIDTH; x++) expect(metric[x] === 0).toBe(x < 4)
    expect(metric[WIDTH - 1]).toBe(Math.fround(1 / 65_535))
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

  it('has a triangle wherever three corners of a cell are there, the very first vertex among them', async () => {
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => (x === 1 && y === 1 ? 0 : 0.5))
    const { 'ramp.obj': obj, 'ramp.glb': glb } = await parts(depth, ['obj', 'mesh'], { black: 'cut', clean: false })
    const faces = text(obj).split('\n').filter((line) => line.startsWith('f ')).map((line) => line.split(' ').slice(1).map((corner) => Number(corner.split('/')[0])))
    const cells = (WIDTH - 1) * (HEIGHT - 1)
    expect(faces.filter((corners) => corners.length === 4)).toHaveLength(cells - 4)
    // Vertices 1, WIDTH + 1 and 2 are the corners of the first pixel's cell.
    expect(faces.filter((corners) => corners.length === 3)).toEqual([[1, WIDTH + 1, 2], expect.anything(), expect.anything(), expect.anything()])
    const [primitive] = (await io.readBinary(glb)).getRoot().listMeshes()[0].listPrimitives()
    expect(primitive.getIndices()?.getCount()).toBe(3 * (2 * (cells - 4) + 4))
    expect(primitive.getIndices()?.getArray()?.slice(0, 3)).toEqual(Uint32Array.of(0, WIDTH, 1))
  })
})

describe('the exported GLB and OBJ', () => {
  /** Corners as (x, y, z), (u, v from the top left) and triangles, of which quads are two. */
  const readObj = (bytes: Uint8Array) => {
    const lines = text(bytes).trim().split('\n').map((line) => line.split(' '))
    const of = (keyword: string) => lines.filter(([first]) => first === keyword).map((line) => line.slice(1))
    const faces = of('f').map((corners) => corners.map((corner) => Number(corner.split('/')[0]) - 1))
    return { positions: of('v').map((numbers) => numbers.map(Number)), uvs: of('vt').map(([u, v]) => [Number(u), 1 - Number(v)]), faces, numbers: [...of('v'), ...of('vt')].flat() }
  }
  const readMesh = async (bytes: Uint8Array) => {
    const [primitive] = (await io.readBinary(bytes)).getRoot().listMeshes()[0].listPrimitives()
    const elements = (name: string) => {
      const accessor = primitive.getAttribute(name)
      return Array.from({ length: accessor?.getCount() ?? 0 }, (_, i) => accessor?.getElement(i, []) ?? [])
    }
    const indices = [...(primitive.getIndices()?.getArray() ?? [])]
    return { positions: elements('POSITION'), uvs: elements('TEXCOORD_0'), triangles: Array.from({ length: indices.length / 3 }, (_, t) => indices.slice(3 * t, 3 * t + 3)) }
  }
  /** Triangles by their corners, whichever comes first. */
  const named = (corners: readonly number[]) => {
    const first = corners.indexOf(Math.min(...corners))
    return [...corners.slice(first), ...corners.slice(0, first)].join()
  }
  const hole = () => gray16(WIDTH, HEIGHT, (x, y) => (Math.hypot(x - 12, y - 8) < 3.5 ? 0 : 0.2 + x / 40 + y / 90))

  it.each<[string, SettingsInput, number, (z: number) => number, (z: number) => number]>([
    ['a view', { near: 2, far: 60, fovY: 50 }, 2, (z) => (-z * 2 * Math.tan((25 * Math.PI) / 180)) / HEIGHT, (z) => (z * z * (1 / 2 - 1 / 60)) / 65_535],
    ['a wall', { projection: 'orthographic', width: 0.003, relief: 0.0002 }, 2, () => 0.003 / WIDTH, () => 0.0002 / 65_535],
    ['the ground', { projection: 'orthographic', orientation: 'ground', width: 5000, relief: 900 }, 1, () => 5000 / WIDTH, () => 900 / 65_535],
  ])('are the same surface, of %s, rounded by a thirty-second of a pixel and by half a level at most', async (_, settings, axis, pixel, level) => {
    const files = await parts(await hole(), ['mesh', 'obj'], { ...settings, black: 'cut', clean: false })
    const obj = readObj(files['ramp.obj'])
    const mesh = await readMesh(files['ramp.glb'])
    expect(obj.positions).toHaveLength(mesh.positions.length)
    expect(obj.uvs).toHaveLength(mesh.uvs.length)
    for (const [i, position] of mesh.positions.entries()) {
      for (let along = 0; along < 3; along++) {
        // (The GLB's own numbers are floats.)
        const float = Math.abs(position[along]) * 2 ** -23
        expect(Math.abs(obj.positions[i][along] - position[along])).toBeLessThanOrEqual((along === axis ? level(position[2]) / 2 : pixel(position[2]) / 32) + float)
      }
      expect(Math.abs(obj.uvs[i][0] - mesh.uvs[i][0]) * WIDTH).toBeLessThan(1 / 31)
      expect(Math.abs(obj.uvs[i][1] - mesh.uvs[i][1]) * HEIGHT).toBeLessThan(1 / 31)
    }
    // A quad is both triangles on its other diagonal.
    const split = obj.faces.flatMap(([a, b, c, d]) => (d === undefined ? [[a, b, c]] : [[a, b, d], [d, b, c]]))
    expect(mesh.triangles.map(named).sort()).toEqual(split.map(named).sort())
    expect(obj.numbers.filter((number) => !/^-?\d+(\.\d*[1-9])?$/.test(number))).toEqual([])
  })

  it('hold no pixel that stands alone, and are valid', async () => {
    // A strip, and a pixel beside it that touches nothing.
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => (y < 3 || (x === 9 && y === 9) ? 0.5 : 0))
    const files = await parts(depth, ['mesh', 'obj'], { black: 'cut', clean: false })
    expect(await problemsIn(files['ramp.glb'])).toEqual([])
    expect((await readMesh(files['ramp.glb'])).positions).toHaveLength(3 * WIDTH)
    expect(readObj(files['ramp.obj']).positions).toHaveLength(3 * WIDTH)
  })

  it('come in pieces, the same each time they are asked for', async () => {
    const depth = await gray16(1024, 512, (x, y) => 0.5 + 0.2 * Math.sin(x / 30) * Math.cos(y / 20))
    const { files } = await exportDepthMap({ name: 'waves', depth }, ['mesh', 'obj'], { settings: { clean: false } })
    for (const { name, pieces } of files) {
      const sizes = Array.from(pieces(), ({ length }) => length)
      if (name !== 'waves.mtl') expect(sizes.length).toBeGreaterThan(20)
      expect(Math.max(...sizes)).toBeLessThan(2 ** 21)
      expect(Buffer.concat([...pieces()]).equals(Buffer.concat([...pieces()]))).toBe(true)
    }
  })

  it('have nothing to hold where no three pixels are side by side', async () => {
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => ((x + y) % 2 === 0 ? 0.5 : 0))
    await expect(parts(depth, ['mesh'], { black: 'hole', clean: { holes: false } })).rejects.toMatchObject({ code: 'INPUT_NOTHING_TO_MESH', message: 'expected three pixels side by side that hold something, found none' })
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
