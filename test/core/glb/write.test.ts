import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { bakeDepthMesh } from '../../../src/core/pipeline.js'
import { writeGlb, type GlbContent } from '../../../src/core/glb/write.js'
import type { Mesh } from '../../../src/core/mesh/unproject.js'
import { parseSettings, type SettingsInput } from '../../../src/core/options.js'
import { encodePicture } from '../../../src/core/texture/encode.js'
import { readLevel } from '../../support/glb.js'
import { gray16, rgb8 } from '../../support/maps.js'
import { seeded } from '../../support/raster.js'
import { describeWithShared, sharedFolder } from '../../support/shared.js'
import { parseGlb, problemsIn, uncompressed } from '../../support/validate.js'

const MAP = { width: 33, height: 17 }
const CAMERA = { fovY: 45, aspect: 33 / 17, near: 1, far: 10 }

const settingsOf = (settings: SettingsInput) => parseSettings([{ origin: 'test', settings }])

/** A grid over the whole picture: disparity (or height) 0..1 from a formula of u and v in 0..1. */
function gridMesh(settings: SettingsInput, level: (u: number, v: number) => number): Mesh {
  const { width, relief, projection, near, far, fovY, orientation } = settingsOf(settings)
  const [columns, rows] = [MAP.width, MAP.height]
  const positions: number[] = []
  const uvs: number[] = []
  const indices: number[] = []
  const metres = projection === 'perspective' ? (2 * Math.tan((fovY * Math.PI) / 360)) / rows : width / columns
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const u = x === 0 ? 0 : x === columns - 1 ? columns : x + 0.5
      const v = y === 0 ? 0 : y === rows - 1 ? rows : y + 0.5
      uvs.push(u / columns, v / rows)
      const value = level(u / columns, v / rows)
      const [right, up] = [(u - columns / 2) * metres, (rows / 2 - v) * metres]
      const depth = 1 / (1 / far + value * (1 / near - 1 / far))
      if (projection === 'perspective') positions.push(right * depth, up * depth, -depth)
      else if (orientation === 'ground') positions.push(right, value * relief, -up)
      else positions.push(right, up, value * relief)
      if (x === columns - 1 || y === rows - 1) continue
      const at = y * columns + x
      indices.push(at, at + columns, at + 1, at + 1, at + columns, at + columns + 1)
    }
  }
  return { positions: Float32Array.from(positions), uvs: Float32Array.from(uvs), indices: Uint32Array.from(indices) }
}

const waves = (u: number, v: number) => 0.5 + 0.3 * Math.sin(u * 9) * Math.cos(v * 7)

async function picture() {
  const pixels = new Uint8Array(33 * 17 * 3).map((_, i) => (i * 37) % 256)
  return encodePicture({ width: 33, height: 17, channels: 3, pixels }, { format: 'webp', quality: 80, size: 64 })
}

async function content(settings: SettingsInput, level = waves): Promise<GlbContent> {
  const mesh = gridMesh(settings, level)
  const layers: GlbContent['layers'] = [{ role: 'front', mesh, color: await picture(), normalMap: null }]
  return { name: 'waves', layers, camera: settings.projection === 'orthographic' ? null : CAMERA, map: { ...MAP, relief: settings.relief ?? 1 }, error: { metres: 0, pixels: 0, p99: { metres: 0, pixels: 0 } } }
}

const SETTINGS: Record<string, SettingsInput> = {
  'perspective, unlit': {},
  'perspective, lit': { shading: 'lit' },
  'orthographic, unlit': { projection: 'orthographic' },
  'orthographic, lit': { projection: 'orthographic', shading: 'lit' },
  'ground, unlit': { projection: 'orthographic', orientation: 'ground' },
  'ground, lit': { projection: 'orthographic', orientation: 'ground', shading: 'lit' },
}

describe.each(Object.entries(SETTINGS))('%s', (_, settings) => {
  it.each(['meshopt', 'khr_meshopt', 'quantize', 'none'] as const)('is valid and says the same with compression %s', async (compression) => {
    const given = await content(settings)
    const { bytes, bounds, triangles, vertices } = await writeGlb([given], settingsOf({ ...settings, compression }))
    expect(await problemsIn(bytes)).toEqual([])
    // What reads GLBs here doesn't know KHR_meshopt_compression.
    const [layer] = await readLevel(compression === 'khr_meshopt' ? await uncompressed(bytes) : bytes)
    const { mesh } = given.layers[0]
    expect(triangles).toBe(mesh.indices.length / 3)
    expect(vertices).toBe(mesh.positions.length / 3)
    // The same surface: every stored vertex lies where its UV says, within a tenth of a pixel, and that is where a vertex of the mesh lies, within a pixel where it had to slide.
    const slid: number[] = []
    const pixel = settings.projection === 'orthographic' ? 10 / MAP.width : (2 * Math.tan(Math.PI / 8)) / MAP.height
    for (let i = 0; i < vertices; i++) {
      const [original, distance] = nearest(mesh.uvs, layer.uvs[i * 2], layer.uvs[i * 2 + 1])
      if (distance > 0.01) slid.push(distance)
      for (let axis = 0; axis < 3; axis++) {
        const moved = Math.abs(layer.positions[i * 3 + axis] - mesh.positions[original * 3 + axis])
        expect(moved).toBeLessThan(settings.projection === 'orthographic' ? 2e-5 : pixel * 10 * (1 + distance))
      }
      if (settings.projection === 'orthographic') continue
      const [x, y, z] = layer.positions.subarray(i * 3, i * 3 + 3)
      expect(Math.hypot(MAP.width / 2 + x / -z / pixel - layer.uvs[i * 2] * MAP.width, MAP.height / 2 - y / -z / pixel - layer.uvs[i * 2 + 1] * MAP.height)).toBeLessThan(0.1)
    }
    expect(slid.length).toBeLessThanOrEqual(settings.projection === 'orthographic' ? 0 : 0.02 * vertices)
    expect(Math.max(0, ...slid)).toBeLessThan(1)
    for (let axis = 0; axis < 3; axis++) {
      const values = Array.from({ length: vertices }, (_, i) => layer.positions[i * 3 + axis])
      expect(bounds.min[axis]).toBeCloseTo(Math.min(...values), 4)
      expect(bounds.max[axis]).toBeCloseTo(Math.max(...values), 4)
    }
  })

  it('is smaller with khr_meshopt than with meshopt', async () => {
    const bytes = async (compression: 'meshopt' | 'khr_meshopt') => (await writeGlb([await content(settings)], settingsOf({ ...settings, compression }))).bytes.length
    expect(await bytes('khr_meshopt')).toBeLessThan(await bytes('meshopt'))
  })

  it('refuses to write a vertex that lies nowhere, and soon', async () => {
    const given = await content(settings)
    given.layers[0].mesh.positions[100 * 3 + 2] = NaN
    for (const compression of ['meshopt', 'quantize', 'none'] as const) {
      const written = writeGlb([given], settingsOf({ ...settings, compression }))
      await expect(written, compression).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringMatching(/^expected a place for each vertex of waves, got bounds from .* metres$/) })
    }
  })

  it('turns no triangle over', async () => {
    const { bytes } = await writeGlb([await content(settings)], settingsOf(settings))
    const [{ positions, uvs, indices }] = await readLevel(bytes)
    for (let i = 0; i < indices.length; i += 3) {
      const [a, b, c] = [indices[i], indices[i + 1], indices[i + 2]]
      const cross = (uvs[b * 2] - uvs[a * 2]) * (uvs[c * 2 + 1] - uvs[a * 2 + 1]) - (uvs[b * 2 + 1] - uvs[a * 2 + 1]) * (uvs[c * 2] - uvs[a * 2])
      expect(cross).toBeLessThan(0) // v grows downward
    }
    expect(positions.length).toBe((uvs.length / 2) * 3)
  })

  it('gives the same bytes twice', async () => {
    const [first, second] = [await writeGlb([await content(settings)], settingsOf(settings)), await writeGlb([await content(settings)], settingsOf(settings))]
    expect(Buffer.from(first.bytes).equals(Buffer.from(second.bytes))).toBe(true)
  })
})

it('turns no triangle over in the source view, however thin: an eighth of a pixel, where steps are a seventh', async () => {
  const [columns, rows, size] = [40, 200, 1000]
  const metres = (2 * Math.tan(Math.PI / 8)) / size
  const positions: number[] = []
  const uvs: number[] = []
  const indices: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [u, v] = [480 + column / 8, 300.5 + row * 2]
      const depth = 1 + ((row * 7919 + column * 104_729) % 1000) / 10_000
      uvs.push(u / size, v / size)
      positions.push((u - size / 2) * metres * depth, (size / 2 - v) * metres * depth, -depth)
      const at = row * columns + column
      if (row + 1 < rows && column + 1 < columns) indices.push(at, at + columns, at + 1, at + 1, at + columns, at + columns + 1)
    }
  }
  const mesh: Mesh = { positions: Float32Array.from(positions), uvs: Float32Array.from(uvs), indices: Uint32Array.from(indices) }
  const given = await content({})
  const { bytes, triangles } = await writeGlb([{ ...given, layers: [{ ...given.layers[0], mesh }], map: { ...given.map, width: size, height: size }, camera: { ...CAMERA, aspect: 1 } }], settingsOf({}))
  expect(triangles).toBe(indices.length / 3)
  const [layer] = await readLevel(bytes)
  const seen = (vertex: number) => [0, 1].map((axis) => layer.positions[vertex * 3 + axis] / -layer.positions[vertex * 3 + 2])
  for (let i = 0; i < layer.indices.length; i += 3) {
    const [[ax, ay], [bx, by], [cx, cy]] = [0, 1, 2].map((corner) => seen(layer.indices[i + corner]))
    expect((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)).toBeGreaterThan(0)
  }
})

describe('the document', () => {
  it('is unlit with a colour picture and lit without one', async () => {
    const given = await content({})
    const materials = async (layers: GlbContent['layers']) => (parseGlb((await writeGlb([{ ...given, layers }], settingsOf({}))).bytes).json.materials as { extensions?: object }[])[0]
    expect((await materials(given.layers)).extensions).toEqual({ KHR_materials_unlit: {} })
    expect((await materials([{ ...given.layers[0], color: null }])).extensions).toBeUndefined()
  })

  it('carries the source view as a camera that sees all of the map', async () => {
    const { bytes } = await writeGlb([await content({})], settingsOf({}))
    const [camera] = parseGlb(bytes).json.cameras as { name: string; perspective: { yfov: number; aspectRatio: number; znear: number; zfar: number } }[]
    expect(camera.name).toBe('source view')
    expect(camera.perspective.yfov).toBeCloseTo(Math.PI / 4, 6)
    expect(camera.perspective.aspectRatio).toBeCloseTo(33 / 17, 6)
    expect(camera.perspective.znear).toBeLessThan(1)
    expect(camera.perspective.zfar).toBeGreaterThan(10)
  })

  it('lets the UVs of a relief be its positions', async () => {
    const { bytes } = await writeGlb([await content({ projection: 'orthographic' })], settingsOf({ projection: 'orthographic' }))
    const { json } = parseGlb(bytes)
    const accessors = json.accessors as { bufferView: number }[]
    const { attributes } = (json.meshes as { primitives: { attributes: Record<string, number> }[] }[])[0].primitives[0]
    expect(accessors[attributes.TEXCOORD_0].bufferView).toBe(accessors[attributes.POSITION].bufferView)
  })

  it.each(['meshopt', 'quantize'] as const)('leaves a relief where it is when its UVs are not its positions (%s)', async (compression) => {
    // As a hidden layer's: its picture covers other pixels than the map.
    const given = await content({ projection: 'orthographic' })
    const { mesh } = given.layers[0]
    const uvs = mesh.uvs.map((uv) => 0.25 + uv / 2)
    for (const shading of ['unlit', 'lit'] as const) {
      const { bytes } = await writeGlb([{ ...given, layers: [{ ...given.layers[0], mesh: { ...mesh, uvs } }] }], settingsOf({ projection: 'orthographic', shading, compression }))
      const [seen] = await readLevel(bytes)
      expect(Math.min(...seen.positions.filter((_, i) => i % 3 === 0))).toBeCloseTo(-5, 4)
      expect(Math.min(...seen.uvs)).toBeCloseTo(0.25, 2)
      expect(Math.max(...seen.uvs)).toBeCloseTo(0.75, 2)
    }
  })

  it('stores the levels of an 8-bit relief exactly', async () => {
    const eight = (u: number, v: number) => Math.round(waves(u, v) * 255) / 255
    const given = await content({ projection: 'orthographic', relief: 3 }, eight)
    const { bytes } = await writeGlb([given], settingsOf({ projection: 'orthographic', relief: 3 }))
    const [{ positions }] = await readLevel(bytes)
    for (let i = 2; i < positions.length; i += 3) {
      const level = (positions[i] / 3) * 255
      expect(Math.abs(level - Math.round(level))).toBeLessThan(1e-6)
    }
  })

  it('stores a metric relief in levels of its own height, whatever the setting: .3 mm as well as 1 m', async () => {
    const depth = await gray16(96, 96, (x, y) => (20_000 + Math.round(15_000 * Math.sin(x / 9) * Math.cos(y / 11))) / 65_535)
    for (const settings of [{}, { compression: 'quantize' }, { shading: 'lit' }] as const) {
      const { files, manifest } = await bakeDepthMesh({ name: 'engraved', depth }, { settings: { projection: 'orthographic', encoding: 'metric', unit: 1e-8, width: 0.01, clean: false, lods: [20_000], ...settings } })
      const [{ positions }] = await readLevel(files[0].bytes)
      const heights = new Set(positions.filter((_, i) => i % 3 === 2).map((z) => Math.round(z * 1e9)))
      expect(heights.size).toBeGreaterThan(2000)
      expect(manifest.lods[0].error.metres).toBeLessThan(1e-8)
    }
  })

  it('stores a metric map that is flat', async () => {
    for (const settings of [{}, { shading: 'lit' }, { compression: 'quantize' }] as const) {
      const { files, manifest } = await bakeDepthMesh({ name: 'floor', depth: await gray16(16, 16, () => 0.25) }, { settings: { projection: 'orthographic', encoding: 'metric', lods: [2], ...settings } })
      expect(await problemsIn(files[0].bytes)).toEqual([])
      expect(manifest.bounds).toEqual({ min: [-5, -5, 0], max: [5, 5, 0] })
    }
  })

  it.each(['meshopt', 'quantize'] as const)('lets engines cull a relief, low or steep, fine or coarse, by a ball of its size (%s)', async (compression) => {
    const steps = new Set<number>()
    for (const relief of [0.002, 0.02, 1, 30]) {
      for (const metres of [0, 0.04, 2]) {
        for (const shading of ['unlit', 'lit'] as const) {
          const settings = { projection: 'orthographic', relief, shading, compression } as const
          const { bytes } = await writeGlb([{ ...(await content(settings)), error: { metres, pixels: 0, p99: { metres, pixels: 0 } } }], settingsOf(settings))
          expect(await problemsIn(bytes)).toEqual([])
          const { nodes, accessors } = parseGlb(bytes).json as { nodes: { scale: number[] }[]; accessors: { type: string; min: number[]; max: number[] }[] }
          const [{ scale }] = nodes
          const { min, max } = accessors.find(({ type }) => type === 'VEC3')!
          expect(scale[1]).toBe(scale[0])
          if (shading === 'lit') expect(scale[2]).toBe(scale[0])
          // As three and Babylon.js have it: around the box of what is stored, widened by the largest scale.
          const sides = max.map((most, axis) => most - min[axis])
          const size = Math.hypot(...sides.map((side, axis) => side * scale[axis]))
          expect((Math.max(...scale) * Math.hypot(...sides)) / size, `${relief} m high, ${metres} m off, ${shading}`).toBeLessThan(1.5)
          steps.add(scale[2])
        }
      }
    }
    expect(steps.size).toBeGreaterThan(4)
  })

  it('stores a quantized relief on its grid whatever the scale: x and y to the half pixel, heights within what the error allows', async () => {
    for (const relief of [0.002, 1, 300]) {
      for (const metres of [0, 0.04]) {
        const settings = { projection: 'orthographic', relief, compression: 'quantize' } as const
        const given = await content(settings)
        const { bytes } = await writeGlb([{ ...given, error: { metres, pixels: 0, p99: { metres, pixels: 0 } } }], settingsOf(settings))
        const [layer] = await readLevel(bytes)
        const { mesh } = given.layers[0]
        expect(layer.positions.length).toBe(mesh.positions.length)
        for (let i = 0; i < layer.positions.length / 3; i++) {
          const [original, distance] = nearest(mesh.uvs, layer.uvs[i * 2], layer.uvs[i * 2 + 1])
          expect(distance).toBeLessThan(1e-5)
          const [x, y, z] = [0, 1, 2].map((axis) => Math.abs(layer.positions[i * 3 + axis] - mesh.positions[original * 3 + axis]))
          expect(Math.max(x, y)).toBeLessThan(1e-5)
          expect(z).toBeLessThanOrEqual(Math.max(metres / 8, relief / 65_535 / 2) + relief * 1e-6)
        }
      }
    }
  })

  it('names a layer each, sharing one texture where they share a picture', async () => {
    const given = await content({})
    const [front] = given.layers
    const { bytes } = await writeGlb([{ ...given, layers: [front, { ...front, role: 'backdrop' }] }], settingsOf({}))
    const { json } = parseGlb(bytes)
    expect(await problemsIn(bytes)).toEqual([])
    expect((json.materials as { name: string }[]).map(({ name }) => name)).toEqual(['waves front', 'waves backdrop'])
    expect(json.images).toHaveLength(1)
    expect((json.asset as { generator: string }).generator).toBe('depthmesh')
  })

  it('rounds reliefs by no more than an eighth of the error and views by a tenth of a pixel, and counts it', async () => {
    for (const settings of [{}, { projection: 'orthographic' }, { projection: 'orthographic', shading: 'lit' }] as const) {
      const given = await content(settings)
      const error = { metres: 0.04, pixels: 0.6, p99: { metres: 0.02, pixels: 0.3 } }
      const written = await writeGlb([{ ...given, error }], settingsOf(settings))
      expect(written.error.metres).toBeGreaterThan(error.metres)
      // (Of what 99 of 100 vertices are moved by, where they are moved by different amounts.)
      for (const unit of ['metres', 'pixels'] as const) {
        const [most, p99] = [written.error[unit] - error[unit], written.error.p99[unit] - error.p99[unit]]
        expect(p99).toBeGreaterThan(most / 4)
        expect(p99).toBeLessThanOrEqual(most + 1e-12)
      }
      if ('projection' in settings) expect(written.error.metres).toBeLessThan(error.metres * 1.125 + 1e-6)
      else expect(written.error.pixels - error.pixels).toBeLessThanOrEqual(0.1 + 1e-12)
      expect((await writeGlb([given], settingsOf({ ...settings, compression: 'none' }))).error).toEqual(given.error)
    }
  })

  it.each([0.1, 3, 20])('rounds depth by no more than a camera that has moved by %s × near sees as a tenth of a pixel', async (travel) => {
    const given = await content({})
    const { bytes } = await writeGlb([given], settingsOf({ travel }))
    const [layer] = await readLevel(bytes)
    const { mesh } = given.layers[0]
    const focal = MAP.height / (2 * Math.tan(Math.PI / 8))
    let farthest = 0
    for (let i = 0; i < layer.uvs.length / 2; i++) {
      const depth = -mesh.positions[nearest(mesh.uvs, layer.uvs[i * 2], layer.uvs[i * 2 + 1])[0] * 3 + 2]
      farthest = Math.max(farthest, focal * travel * CAMERA.near * Math.abs(1 / depth + 1 / layer.positions[i * 3 + 2]))
    }
    expect(farthest).toBeGreaterThan(0)
    expect(farthest).toBeLessThanOrEqual(0.1)
  })

  it('drops triangles that have no area', async () => {
    const given = await content({ projection: 'orthographic' })
    const { mesh } = given.layers[0]
    const indices = Uint32Array.from([...mesh.indices, 0, 1, 2, 5, 5, 6]) // the first row is a straight line of equal v; 5 5 6 is closed
    mesh.positions[2] = mesh.positions[5] = mesh.positions[8] = 0.5
    const { triangles } = await writeGlb([{ ...given, layers: [{ ...given.layers[0], mesh: { ...mesh, indices } }] }], settingsOf({ projection: 'orthographic' }))
    expect(triangles).toBe(mesh.indices.length / 3)
  })

  it('prints nothing', async () => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((method) => vi.spyOn(console, method))
    await writeGlb([await content({ shading: 'lit' })], settingsOf({ shading: 'lit' }))
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })
})

describe('one GLB with all levels (MSFT_lod)', () => {
  const levels = async (settings: SettingsInput) => {
    const fine = await content(settings)
    const coarse = { ...fine, layers: [{ ...fine.layers[0], mesh: { ...fine.layers[0].mesh, indices: fine.layers[0].mesh.indices.slice(0, 60) }, color: await picture() }] }
    const coarsest = { ...coarse, layers: [{ ...coarse.layers[0], mesh: { ...fine.layers[0].mesh, indices: fine.layers[0].mesh.indices.slice(0, 6) }, color: await picture() }] }
    return [fine, coarse, coarsest]
  }
  interface Lods {
    nodes: { mesh?: number; extensions?: { MSFT_lod: { ids: number[] } }; extras?: { MSFT_screencoverage: number[] } }[]
    scenes: { nodes: number[] }[]
    meshes: { primitives: { indices: number; material: number; attributes: Record<string, number> }[] }[]
    accessors: { bufferView: number; count: number }[]
    bufferViews: { byteOffset?: number; extensions?: Record<string, { byteOffset: number }> }[]
    images: { bufferView: number }[]
    extensionsUsed: string[]
  }
  const start = ({ byteOffset = 0, extensions }: Lods['bufferViews'][number]) => extensions?.EXT_meshopt_compression.byteOffset ?? byteOffset

  it.each(['meshopt', 'khr_meshopt', 'quantize', 'none'] as const)('is valid, and links coarser levels from the finest (%s)', async (compression) => {
    const { bytes, triangles } = await writeGlb(await levels({}), settingsOf({ compression }))
    expect(await problemsIn(bytes)).toEqual([])
    const json = parseGlb(bytes).json as unknown as Lods
    expect(json.extensionsUsed).toContain('MSFT_lod')
    const finest = json.scenes[0].nodes.find((node) => json.nodes[node].mesh !== undefined) as number
    const ids = [finest, ...(json.nodes[finest].extensions?.MSFT_lod.ids ?? [])]
    const counts = ids.map((node) => json.accessors[json.meshes[json.nodes[node].mesh as number].primitives[0].indices].count)
    expect(counts).toEqual([triangles * 3, 60, 6])
    expect(json.nodes[finest].extras).toEqual({ MSFT_screencoverage: [(1.5 * 17) / 1080, expect.closeTo((0.9 * 1.5 * 17) / 1080), 0] })
    expect(json.scenes[0].nodes).not.toContain(ids[1])
  })

  it('lays coarse levels first, each behind a texture of its own', async () => {
    const { bytes } = await writeGlb(await levels({ shading: 'lit' }), settingsOf({ shading: 'lit' }))
    const json = parseGlb(bytes).json as unknown as Lods
    expect(json.images).toHaveLength(3)
    const order = json.meshes.flatMap(({ primitives: [{ indices, attributes, material }] }) => [
      start(json.bufferViews[json.images[material].bufferView]),
      ...[indices, ...Object.values(attributes)].map((index) => start(json.bufferViews[json.accessors[index].bufferView])),
    ])
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(json.accessors[json.meshes[0].primitives[0].indices].count).toBe(6)
  })

  it('is what container: "msft_lod" bakes', async () => {
    const depth = await gray16(64, 32, (x, y) => 0.5 + 0.3 * Math.sin(x / 5) * Math.cos(y / 4))
    const { files, manifest } = await bakeDepthMesh({ name: 'waves', depth }, { settings: { container: 'msft_lod', lods: [1000, 200], clean: false } })
    expect(files.map(({ name }) => name)).toEqual(['waves.glb'])
    expect(manifest.lods).toHaveLength(1)
    expect(manifest.lods[0]).toMatchObject({ url: 'waves.glb', bytes: files[0].bytes.length })
    expect(await problemsIn(files[0].bytes)).toEqual([])
  })
})

describe('the coarsest level', () => {
  const scene = gray16(256, 192, (x, y) => (Math.hypot(x - 90, y - 100) < 40 ? 0.8 : 0.3 + 0.1 * Math.sin(x / 9) * Math.cos(y / 7) + 0.02 * Math.sin(x * 1.3) * Math.sin(y * 1.1)))
  const random = seeded(3)
  /** What no codec makes small. */
  const noise = rgb8(512, 384, () => [255 * random(), 255 * random(), 255 * random()])

  it.each([
    ['meshopt', 'perspective', 'unlit'], ['meshopt', 'orthographic', 'lit'], ['quantize', 'perspective', 'unlit'], ['quantize', 'orthographic', 'unlit'], ['quantize', 'orthographic', 'lit'], ['none', 'orthographic', 'unlit'],
  ] as const)('stays below 40 KiB with %s, %s, %s', async (compression, projection, shading) => {
    const { files } = await bakeDepthMesh({ name: 'm', depth: await scene, color: await noise }, { settings: { compression, projection, shading, lods: [6000, 1500], clean: false } })
    expect(files[1].bytes.length).toBeLessThan(40 * 1024)
    // and makes use of it
    expect(files[1].bytes.length).toBeGreaterThan(20 * 1024)
  })
})

describeWithShared('real maps', () => {
  it.each(['cones', 'redwood-0', 'moon'])('%s gives valid GLBs, coarsest below 40 KiB', async (name) => {
    const { entries } = JSON.parse(await readFile(join(sharedFolder, 'data/manifest.json'), 'utf8')) as { entries: { name: string; file: string; color: string; sidecar?: SettingsInput }[] }
    const entry = entries.find((candidate) => candidate.name === name)
    if (!entry) throw new Error(`no map ${name}`)
    const [depth, color] = await Promise.all([entry.file, entry.color].map((file) => readFile(join(sharedFolder, 'data', file))))
    const { files, manifest } = await bakeDepthMesh({ name, depth, color }, { settings: entry.sidecar ?? {} })
    for (const { bytes } of files) expect(await problemsIn(bytes)).toEqual([])
    expect(files.at(-1)?.bytes.length).toBeLessThan(40 * 1024)
    const lit = await bakeDepthMesh({ name, depth, color }, { settings: { ...entry.sidecar, shading: 'lit', lods: [3000, 1500] } })
    expect(lit.files.at(-1)?.bytes.length).toBeLessThan(40 * 1024)
    expect(manifest.placeholder.length).toBeLessThan(2000)
    expect(manifest.placeholder).toMatch(/^data:image\/webp;base64,/)
  })
})

/** The vertex whose texture coordinates lie nearest, and how far they do, pixels. */
function nearest(uvs: ArrayLike<number>, u: number, v: number): [vertex: number, distance: number] {
  let best: [number, number] = [0, Infinity]
  for (let i = 0; i < uvs.length / 2; i++) {
    const distance = Math.hypot((uvs[i * 2] - u) * MAP.width, (uvs[i * 2 + 1] - v) * MAP.height)
    if (distance < best[1]) best = [i, distance]
  }
  return best
}
