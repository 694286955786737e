import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { assert, asyncProperty, boolean, double, integer, record } from 'fast-check'
import { MeshoptDecoder } from 'meshoptimizer'
import { describe, expect, it } from 'vitest'
import { latticeFor, reachOf } from '../../../src/core/glb/lattice.js'
import { packMeshes } from '../../../src/core/glb/pack.js'
import type { PackPlan, PackedMesh, PackedMeshes } from '../../../src/core/glb/packing.js'
import { writeGlb } from '../../../src/core/glb/write.js'
import type { Mesh } from '../../../src/core/mesh/unproject.js'
import { parseSettings } from '../../../src/core/options.js'
import { seeded } from '../../support/raster.js'
import { parseGlb } from '../../support/validate.js'

interface Camera {
  fovY: number
  aspect: number
  near: number
  far: number
}

/** Every so many pixels a vertex, corners at the picture's edges; disparity from a formula of u and v in 0..1. */
function sheet({ width, height }: { width: number; height: number }, camera: Camera, every: number, disparity: (u: number, v: number) => number): Mesh {
  const focal = height / (2 * Math.tan((camera.fovY * Math.PI) / 360))
  const [columns, rows] = [Math.ceil(width / every) + 1, Math.ceil(height / every) + 1]
  const positions: number[] = []
  const uvs: number[] = []
  const indices: number[] = []
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const [u, v] = [x === 0 ? 0 : Math.min(width, x * every + 0.5), y === 0 ? 0 : Math.min(height, y * every + 0.5)]
      const depth = 1 / (1 / camera.far + disparity(u / width, v / height) * (1 / camera.near - 1 / camera.far))
      positions.push(((u - width / 2) / focal) * depth, ((height / 2 - v) / focal) * depth, -depth)
      uvs.push(u / width, v / height)
      const at = y * columns + x
      if (x < columns - 1 && y < rows - 1) indices.push(at, at + columns, at + 1, at + 1, at + columns, at + columns + 1)
    }
  }
  return { positions: Float32Array.from(positions), uvs: Float32Array.from(uvs), indices: Uint32Array.from(indices) }
}

/** A patch of a grid in the middle of the picture, its vertices moved aside at random, half of them to pixel centres; disparities from smooth to anything. Triangles that would overlap are left out. */
function jittered({ width, height }: { width: number; height: number }, camera: Camera, { columns, pitch, jitter, steep, seed }: { columns: number; pitch: number; jitter: number; steep: number; seed: number }): Mesh {
  const random = seeded(seed)
  const focal = height / (2 * Math.tan((camera.fovY * Math.PI) / 360))
  const points: [u: number, v: number][] = []
  const positions: number[] = []
  const around = (i: number, size: number) => {
    const pixel = size / 2 + (i - (columns - 1) / 2) * pitch + (2 * random() - 1) * jitter * pitch
    return Math.min(size, Math.max(0, random() < 0.5 ? Math.floor(pixel) + 0.5 : pixel))
  }
  for (let y = 0; y < columns; y++) {
    for (let x = 0; x < columns; x++) {
      const [u, v] = [around(x, width), around(y, height)]
      // The first vertex is at `far`, the last at `near`.
      const disparity = (1 - steep) * ((x + y) / (2 * columns - 2)) + steep * (x + y === 0 ? 0 : x + y === 2 * columns - 2 ? 1 : random())
      const depth = 1 / (1 / camera.far + disparity * (1 / camera.near - 1 / camera.far))
      points.push([u, v])
      positions.push(((u - width / 2) / focal) * depth, ((height / 2 - v) / focal) * depth, -depth)
    }
  }
  const facesCamera = ([a, b, c]: number[]) => (points[b][1] - points[a][1]) * (points[c][0] - points[a][0]) - (points[b][0] - points[a][0]) * (points[c][1] - points[a][1]) > 1e-3
  const indices: number[] = []
  for (let at = 0; at < columns * (columns - 1); at++) {
    if (at % columns === columns - 1) continue
    for (const triangle of [[at, at + columns, at + 1], [at + 1, at + columns, at + columns + 1]]) if (facesCamera(triangle)) indices.push(...triangle)
  }
  const used = [...new Set(indices)]
  return {
    positions: Float32Array.from(used.flatMap((vertex) => positions.slice(vertex * 3, vertex * 3 + 3))),
    uvs: Float32Array.from(used.flatMap((vertex) => [points[vertex][0] / width, points[vertex][1] / height])),
    indices: Uint32Array.from(indices, (vertex) => used.indexOf(vertex)),
  }
}

/** With a back at the far plane, on the same rays, and sides between the two. */
function closed(front: Mesh): Mesh {
  const count = front.positions.length / 3
  const back = Array.from({ length: count * 3 }, (_, i) => (front.positions[i] * CAMERA.far) / -front.positions[i - (i % 3) + 2])
  const indices = [...front.indices, ...Array.from({ length: front.indices.length }, (_, i) => front.indices[i - (i % 3) + 2 - (i % 3)] + count)]
  const border = new Map<number, number>()
  const joined = new Set(Array.from(front.indices, (a, i) => `${a} ${front.indices[i % 3 === 2 ? i - 2 : i + 1]}`))
  for (const edge of joined) {
    const [a, b] = edge.split(' ').map(Number)
    if (!joined.has(`${b} ${a}`)) border.set(a, b)
  }
  for (const [a, b] of border) indices.push(b, a, a + count, b, a + count, b + count)
  return { positions: Float32Array.from([...front.positions, ...back]), uvs: Float32Array.from([...front.uvs, ...front.uvs]), indices: Uint32Array.from(indices) }
}

const waves = (u: number, v: number) => 0.5 + 0.49 * Math.sin(u * 7 + v * 3) * Math.cos(v * 5)

function planFor(map: { width: number; height: number }, camera: Camera, more: Partial<PackPlan> = {}): PackPlan {
  return { map: { ...map, relief: 1 }, camera, placed: { width: 1, orientation: 'wall' }, parallax: 150, error: { metres: 0 }, integers: false, lit: false, solid: false, ...more }
}

/** What meshopt's codec gives back, through the filter that the file names. */
function decode(decoder: Pick<typeof MeshoptDecoder, 'decodeGltfBuffer'>, glb: Uint8Array, attribute: 'POSITION' | 'TEXCOORD_0') {
  const { json, binary } = parseGlb(glb)
  const { accessors, bufferViews, meshes } = json as { accessors: { bufferView: number; count: number }[]; bufferViews: { byteStride: number; extensions: Record<string, Piece> }[]; meshes: { primitives: { attributes: Record<string, number> }[] }[] }
  const { bufferView, count } = accessors[meshes[0].primitives[0].attributes[attribute]]
  const [piece] = Object.values(bufferViews[bufferView].extensions)
  const bytes = new Uint8Array(count * piece.byteStride)
  decoder.decodeGltfBuffer(bytes, count, piece.byteStride, binary.subarray(piece.byteOffset, piece.byteOffset + piece.byteLength), piece.mode, piece.filter)
  return { numbers: new Int16Array(bytes.buffer), piece, count }
}

interface Piece {
  byteOffset: number
  byteLength: number
  byteStride: number
  mode: string
  filter?: string
}

const pixelOf = (u: number, v: number) => `${Math.floor(u)} ${Math.floor(v)}`
const shareAbove = (values: number[], most: number) => values.filter((value) => value > most).length / values.length

/** Distances in the source view between where a vertex is decoded and the pixel that its UV names, and from its depth, as 150 px of parallax tell it. */
function distances(mesh: Mesh, packed: PackedMesh, { scale, translation }: Pick<PackedMeshes['placement'], 'scale' | 'translation'>, { map, camera, parallax }: PackPlan) {
  const { fovY, near, far } = camera as Camera
  const focal = map.height / (2 * Math.tan((fovY * Math.PI) / 360))
  const byPixel = new Map(Array.from({ length: mesh.uvs.length / 2 }, (_, i) => [pixelOf(mesh.uvs[i * 2] * map.width, mesh.uvs[i * 2 + 1] * map.height), i]))
  const slips: number[] = []
  const depths: number[] = []
  for (let i = 0; i < packed.positions.values.length / 3; i++) {
    const [x, y, z] = [0, 1, 2].map((axis) => packed.positions.values[i * 3 + axis] * scale[axis] + translation[axis])
    const [u, v] = [0, 1].map((axis) => (packed.uvs.values[i * 2 + axis] * packed.uvScale[axis] + packed.uvOffset[axis]) * (axis === 0 ? map.width : map.height))
    slips.push(Math.hypot(map.width / 2 + (x / -z) * focal - u, map.height / 2 - (y / -z) * focal - v))
    const original = byPixel.get(pixelOf(u, v))
    if (original !== undefined) depths.push((parallax * Math.abs(1 / z - 1 / mesh.positions[original * 3 + 2])) / (1 / near - 1 / far))
  }
  return { slips, depths }
}

const SMALL = { width: 320, height: 180 }
const PHOTO = { width: 1600, height: 900 }
const LARGE = { width: 2752, height: 1548 }
const CAMERA = { fovY: 50, aspect: 16 / 9, near: 1, far: 10 }

describe('perspective vertices', () => {
  it.each([
    ['a photo between 1 m and 10 m', PHOTO, CAMERA, 0.1],
    ['a large photo, where 16 bits are coarse', { width: 2752, height: 1536 }, CAMERA, 0.4],
    ['a small map', { width: 96, height: 64 }, { ...CAMERA, aspect: 1.5 }, 0.1],
    ['a shallow scene', PHOTO, { ...CAMERA, near: 4, far: 5 }, 0.1],
  ])('of %s are stored within .1 px of their rays, and of their depths or .4, but for single ones', async (_, map, camera, deepest) => {
    for (const lit of [false, true]) {
      const mesh = sheet(map, camera, Math.ceil(map.width / 90), waves)
      const plan = planFor(map, camera, { lit })
      const { meshes: [packed], placement, rounding } = await packMeshes([mesh], plan)
      expect(packed.positions.stored?.filter).toBe('QUATERNION')
      const { slips, depths } = distances(mesh, packed, placement, plan)
      // (Where what comes out is about a whole multiple of what goes in, single ones have to be farther off.)
      expect(shareAbove(slips, 0.1 + 1e-3)).toBeLessThan(4e-3)
      expect(shareAbove(depths, deepest + 1e-3)).toBeLessThan(4e-3)
      expect(shareAbove(depths, 0.1 + 1e-3)).toBeLessThan(0.1)
      // What is published is the larger of slip and parallax.
      expect(rounding.pixels).toBeGreaterThan(Math.max(...slips, ...depths) - 1e-3)
      expect(rounding.pixels).toBeLessThanOrEqual(Math.max(0.3, deepest) + 1e-3)
      expect(Math.max(...slips)).toBeLessThanOrEqual(0.2 + 1e-3)
      expect(Math.max(...depths)).toBeLessThanOrEqual(Math.max(0.3, deepest) + 1e-3)
      expect(depths.length / slips.length).toBeGreaterThan(0.9)
      if (lit) expect(Math.abs(placement.scale[0] / placement.scale[2] - 1)).toBeLessThanOrEqual(0.01 + 1e-9)
      expect(packed.dropped).toBe(0)
    }
  })

  it('reach as far lit as unlit, z counted from ahead of the camera where it has to be', async () => {
    const map = { width: 1536, height: 2752 }
    const camera = { ...CAMERA, fovY: 45, aspect: map.width / map.height }
    const mesh = sheet(map, camera, 32, waves)
    for (const lit of [false, true]) {
      const plan = planFor(map, camera, { lit })
      const { meshes: [packed], placement: { scale, translation } } = await packMeshes([mesh], plan)
      expect(packed.positions.stored?.filter).toBe('QUATERNION')
      expect(translation[2] < 0).toBe(lit)
      if (lit) expect(scale[2] / scale[0]).toBeCloseTo(1, 3)
      const { slips, depths } = distances(mesh, packed, { scale, translation }, plan)
      expect(shareAbove(slips, 0.1 + 1e-3)).toBeLessThan(0.05)
      expect(shareAbove(depths, 0.4 + 1e-3)).toBeLessThan(4e-3)
      expect(depths.length / slips.length).toBeGreaterThan(0.9)
      expect(packed.dropped).toBe(0)
    }
  })

  it.each([[4, 2, 150], [3, 3, 175], [8, 8, 45], [200, 32, 179.5], [1, 8, 175]])('of a lit map of %i × %i px, %s° high, have one scale on all axes, to a hundredth', async (width, height, fovY) => {
    const camera = { ...CAMERA, fovY, aspect: width / height }
    const { meshes: [packed], placement: { scale } } = await packMeshes([sheet({ width, height }, camera, Math.max(1, width / 8), waves)], planFor({ width, height }, camera, { lit: true }))
    expect(packed.indices.length).toBeGreaterThan(0)
    expect(scale[0]).toBe(scale[1])
    expect(Math.abs(scale[0] / scale[2] - 1)).toBeLessThanOrEqual(0.01 + 1e-9)
  })

  it('are floats where 16 bits are too few for the range of depth', async () => {
    const camera = { ...CAMERA, near: 50, far: 5000 }
    const { meshes: [packed] } = await packMeshes([sheet(PHOTO, camera, 40, waves)], planFor(PHOTO, camera))
    expect(packed.positions.stored?.filter).toBe('EXPONENTIAL')
  })

  it('are stored so wherever 16 bits hold the range of depth, however thin or steep their triangles are, and stay a surface', async () => {
    const settings = record({
      width: integer({ min: 32, max: 8192 }),
      aspect: double({ min: 0.5, max: 2, noNaN: true }),
      fovY: integer({ min: 20, max: 90 }),
      near: double({ min: 0.1, max: 100, noNaN: true }),
      range: double({ min: 1.01, max: 40, noNaN: true }),
      lit: boolean(),
      columns: integer({ min: 2, max: 16 }),
      // Pixels from vertex to vertex, and how far aside of that they may be, as a share.
      pitch: double({ min: 1, max: 40, noNaN: true }),
      jitter: double({ min: 0, max: 0.49, noNaN: true }),
      steep: double({ min: 0, max: 1, noNaN: true }),
      seed: integer({ min: 1, max: 1e6 }),
    })
    await assert(
      asyncProperty(settings, async ({ width, aspect, fovY, near, range, lit, columns, pitch, jitter, steep, seed }) => {
        const map = { width, height: Math.ceil(width / aspect) }
        const camera = { fovY, aspect: map.width / map.height, near, far: near * range }
        const mesh = jittered(map, camera, { columns, pitch, jitter, steep, seed })
        if (mesh.indices.length === 0) return
        const focal = map.height / (2 * Math.tan((fovY * Math.PI) / 360))
        const plan = planFor(map, camera, { lit, parallax: focal * 0.1 * (1 - 1 / range) })
        const { meshes: [packed], rounding, placement } = await packMeshes([mesh], plan)
        const possible = [4, 2, 8, 16, 32, 64].some((perPixel) => [1, 4].some((tenths) => [false, lit].some((shifted) => latticeFor(reachOf([mesh]), plan, { camera, perPixel, tenths, shifted }))))
        expect(packed.positions.stored?.filter).toBe(possible ? 'QUATERNION' : 'EXPONENTIAL')
        if (!possible) return
        // (The last resort: a pixel of slip, 2.4 of parallax.)
        expect(rounding.pixels).toBeLessThanOrEqual(2.4 + 1e-9)
        const values = Float64Array.from(packed.positions.values, (value, i) => value + Math.round(placement.translation[i % 3] / placement.scale[i % 3]))
        const edges = new Map<string, number>()
        for (let i = 0; i < packed.indices.length; i += 3) {
          const corners = packed.indices.subarray(i, i + 3)
          const [a, b, c] = Array.from(corners, (vertex) => values.subarray(vertex * 3, vertex * 3 + 3))
          expect(a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0])).toBeLessThanOrEqual(0)
          corners.forEach((from, k) => edges.set(`${from} ${corners[(k + 1) % 3]}`, (edges.get(`${from} ${corners[(k + 1) % 3]}`) ?? 0) + 1))
        }
        expect(Array.from(edges).filter(([, faces]) => faces !== 1)).toEqual([])
      }),
      // (Long lenses, lit: the third number that is stored is larger there than the depth that is decoded.)
      { numRuns: 400, examples: [[{ width: 2889, aspect: 0.5, fovY: 20, near: 0.1, range: 1.0302038761641077, lit: true, columns: 2, pitch: 1, jitter: 0, steep: 0, seed: 1 }]] },
    )
  })

  it('on the picture’s edge are not seen inside of it', async () => {
    for (const map of [PHOTO, { width: 2752, height: 1536 }]) {
      const mesh = sheet(map, CAMERA, 12, waves)
      const { meshes: [packed], placement } = await packMeshes([mesh], planFor(map, CAMERA))
      expect(packed.positions.stored?.filter).toBe('QUATERNION')
      const focal = map.height / (2 * Math.tan((CAMERA.fovY * Math.PI) / 360))
      const inside: number[] = []
      for (let i = 0; i < packed.positions.values.length / 3; i++) {
        const [u, v] = [0, 1].map((axis) => packed.uvs.values[i * 2 + axis] * packed.uvScale[axis] + packed.uvOffset[axis])
        const [x, y, z] = [0, 1, 2].map((axis) => packed.positions.values[i * 3 + axis] * placement.scale[axis])
        const [right, down] = [(x / -z) * focal, (y / z) * focal]
        if (u <= 0) inside.push(right + map.width / 2)
        if (u >= 1) inside.push(map.width / 2 - right)
        if (v <= 0) inside.push(down + map.height / 2)
        if (v >= 1) inside.push(map.height / 2 - down)
      }
      expect(inside.length).toBeGreaterThan(300)
      // (But for a corner that finds no other place.)
      expect(shareAbove(inside, 0.021)).toBeLessThan(0.01)
      expect(Math.max(...inside)).toBeLessThan(0.2)
    }
  })

  it.each([
    ['', sheet(SMALL, CAMERA, 8, waves), SMALL],
    [', where rounding leaves them no area', jittered(LARGE, CAMERA, { columns: 60, pitch: 1, jitter: 0, steep: 0.3, seed: 1 }), LARGE],
  ])('of a closed surface stay together, its sides too, which lie along the rays%s', async (_, front, map) => {
    const solid = closed(front)
    const { meshes: [packed] } = await packMeshes([solid], planFor(map, CAMERA, { solid: true, lit: true }))
    expect(packed.positions.stored?.filter).toBe('QUATERNION')
    const edges = new Map<string, number>()
    packed.indices.forEach((a, i) => {
      const b = packed.indices[i % 3 === 2 ? i - 2 : i + 1]
      const edge = `${Math.min(a, b)} ${Math.max(a, b)}`
      edges.set(edge, (edges.get(edge) ?? 0) + 1)
    })
    expect(Array.from(edges).filter(([, faces]) => faces !== 2)).toEqual([])
  })

  it('of a closed surface ten times as dense as its map are given up before each corner is tried at each of its places', async () => {
    const dense = closed(jittered(LARGE, CAMERA, { columns: 90, pitch: 0.1, jitter: 0.5, steep: 1, seed: 3 }))
    const { meshes: [packed] } = await packMeshes([dense], planFor(LARGE, CAMERA, { solid: true, lit: true }))
    expect(packed.positions.stored?.filter).toBe('EXPONENTIAL')
  })

  it('have UVs of their own where these are not their pixels', async () => {
    const mesh = sheet(PHOTO, CAMERA, 40, waves)
    const bent = { ...mesh, uvs: mesh.uvs.map((uv) => uv * uv) }
    const { meshes: [packed] } = await packMeshes([bent], planFor(PHOTO, CAMERA))
    expect(packed.positions.stored?.filter).toBe('QUATERNION')
    expect(packed.uvs.stored?.filter).toBe('EXPONENTIAL')
  })
})

describe.each(['meshopt', 'khr_meshopt'] as const)('a file with compression %s', (compression) => {
  const written = async () => {
    const mesh = sheet(PHOTO, CAMERA, 40, waves)
    const settings = parseSettings([{ origin: 'test', settings: { compression, shading: 'unlit' } }])
    const { bytes } = await writeGlb([{ name: 'waves', layers: [{ role: 'front', mesh, color: null, normalMap: null }], camera: CAMERA, map: { ...PHOTO, relief: 1 }, error: { metres: 0, pixels: 0, p99: { metres: 0, pixels: 0 } } }], settings)
    return bytes
  }

  it('stores pixels and disparities once, for positions and UVs', async () => {
    await MeshoptDecoder.ready
    const glb = await written()
    const [positions, uvs] = [decode(MeshoptDecoder, glb, 'POSITION'), decode(MeshoptDecoder, glb, 'TEXCOORD_0')]
    expect(positions.piece.filter).toBe('QUATERNION')
    expect(uvs.piece.filter).toBeUndefined()
    expect([uvs.piece.byteOffset, uvs.piece.byteLength]).toEqual([positions.piece.byteOffset, positions.piece.byteLength])
    // x : z of what is decoded is a : c of what is stored, but for rounding.
    for (let i = 0; i < positions.count; i++) {
      const [x, , z] = positions.numbers.subarray(i * 4, i * 4 + 3)
      const [a, , c] = uvs.numbers.subarray(i * 4, i * 4 + 3)
      expect(Math.abs(x - (a / c) * z)).toBeLessThanOrEqual(1.5)
    }
  })

  it('says the same to the reference decoder as to the fast one', async () => {
    await MeshoptDecoder.ready
    const glb = await written()
    const reference = await referenceDecoder()
    for (const attribute of ['POSITION', 'TEXCOORD_0'] as const) {
      const [ours, theirs] = [MeshoptDecoder, reference].map((decoder) => decode(decoder, glb, attribute))
      const used = attribute === 'POSITION' ? 3 : 2
      const seen = ({ numbers }: typeof ours) => numbers.filter((_, i) => i % 4 < used)
      expect(seen(theirs)).toEqual(seen(ours))
    }
  })
})

/** The decoder that the format's authors wrote to be read. It lies in the package, outside its exports, and leaves what it defines to a global or a module. */
async function referenceDecoder(): Promise<typeof MeshoptDecoder> {
  const main = createRequire(import.meta.url).resolve('meshoptimizer')
  const source = await readFile(main.replace(/index\.js$/, 'meshopt_decoder_reference.js'), 'utf8')
  return new Function(`${source.replace(/^export .*$/gm, '')}\nreturn MeshoptDecoder`)() as typeof MeshoptDecoder
}
