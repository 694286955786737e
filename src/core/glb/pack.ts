import { MeshoptEncoder } from 'meshoptimizer'
import type { Mesh } from '../mesh/unproject.js'
import { alignExponents } from './exponent-runs.js'
import { Exponential, isOnLattice, LATTICE, MANTISSA_LIMIT, ON_LATTICE, type PackedNumbers } from './exponential.js'
import type { SourceCamera } from './manifest.js'

/**
 * How far rounding moves a perspective vertex in the source view, pixels, and its disparity by what a camera at `travel` sees of it. (14 bits lost 6.5 dB in the outermost ring.)
 * An eighth of the level's error is finer only where that is below .8 px: LOD 0 of clean renders. Of a room and of spheres of 2048 px it would be .009 px and take 15 % more bytes; against
 * the mesh before rounding a tenth of a pixel shows them at 60 and 56 dB, and costs .07 and .2 dB of 42 and 44 against their pictures (gltfpack -cc: 53 and 50 dB; .3 and .8).
 */
const FINEST_PIXELS = 0.1
/** Heights of reliefs are never coarser than this share of the level's own error. */
const SHARE_OF_ERROR = 1 / 8
/** The whole range of disparity counts as so many pixels at least: metric maps of small pictures, whose range `travel` shows less of, keep their centimetres. */
const LEAST_PARALLAX = 96
/**
 * How many more bits the vertices of triangles get that rounding would turn over, try by try: of 100k triangles of a 2752 px photo 10 are left after two. What is moved may turn others over, so the
 * last tries are alike (of 100k of a 1024 px photo one was left after three).
 */
const FINER_WHERE_TURNED = [3, 6, 9, 12, 12, 12]
const MAX_USHORT = 65_535

/** What packing has to know beside the meshes. */
export interface PackPlan {
  /** The depth map's size, pixels: its half pixels are the lattice. */
  map: { width: number; height: number }
  /** The source view; `null` for an orthographic map. */
  camera: SourceCamera | null
  /** Orthographic maps. */
  relief: { width: number; relief: number; orientation: 'wall' | 'ground' }
  /** Source pixels that the whole range of disparity moves by when the camera has moved by `travel`. */
  parallax: number
  /** What this level deviates from the map. */
  error: { metres: number }
  /** 16-bit integers where they are fine enough; else floats for the exponential filter. */
  integers: boolean
  /** Lit surfaces need one scale on all axes: Babylon shades tangents under a non-uniform scale wrongly. */
  lit: boolean
}

/** Where a packed mesh stands: translation · rotation · scale takes stored numbers to metres in glTF space. */
export interface Placement {
  translation: [number, number, number]
  rotation: [number, number, number, number]
  scale: [number, number, number]
}

/** A mesh as it is stored. */
export interface PackedMesh {
  /** x, y, z per vertex, in the space that {@link Placement} takes to metres. */
  positions: PackedNumbers
  /** u, v per vertex; uv = stored · uvScale + uvOffset, origin top left. */
  uvs: PackedNumbers
  uvScale: [number, number]
  uvOffset: [number, number]
  /** Three vertices per triangle, counter-clockwise, in the order that meshopt stores smallest. */
  indices: Uint32Array
  /** Triangles that had no area left after rounding. */
  dropped: number
}

export interface PackedMeshes {
  meshes: PackedMesh[]
  placement: Placement
  /** What rounding moved vertices by, at most: along the view axis, and in the source view. */
  rounding: { metres: number; pixels: number }
}

/**
 * Rounds the meshes of one level to what the player can see, drops triangles that rounding closed, and puts
 * triangles and vertices in the order that is stored smallest.
 *
 * - Orthographic: x and y are exact pixel indices; they serve as UVs too. Heights are exact 16-bit levels under a scale of their
 *   own; where lit, under the one scale of x and y, as fine as the level's error asks for.
 * - Perspective: x and y in steps of a tenth of a pixel, which grow with depth; z in steps that grow with depth², as one pixel of
 *   parallax does. Vertices move along their ray, so that the picture doesn't. UVs are exact pixel indices.
 *
 * Where meshopt compresses, all of these are floats with few bits, which its exponential filter stores as integers of 24 bits with
 * an exponent each. So 0.1 px between 1 m and 10 m, which 16 bits can't hold, needs no more than its bits; z can be coarser where it
 * is far (2.38 bytes a triangle against 2.56, 100k triangles of a 2752 px photo); and pixel centres can be whole numbers although
 * the picture's edges lie half a pixel beside them (0.19 bytes a triangle less than half pixels throughout). Neighbours share an exponent
 * where that is smaller (`alignExponents`: 4 to 6 % of all). Without meshopt, 16-bit integers take less, wherever they are fine enough.
 */
export async function packMeshes(given: readonly Mesh[], plan: PackPlan): Promise<PackedMeshes> {
  await MeshoptEncoder.ready
  const meshes = given.map(withoutUnused)
  const { packer, ...placed } = plan.camera ? perspective(meshes, plan, plan.camera) : orthographic(meshes, plan)
  const packed = meshes.map((mesh) => finish(mesh, packer(mesh)))
  // What is not compressed has no use for it.
  for (const { positions, uvs } of plan.integers ? [] : packed) {
    if (positions.exponential) alignExponents(positions.exponential, 3)
    if (uvs.exponential) alignExponents(uvs.exponential, 2)
  }
  return { meshes: packed, ...placed }
}

/** The meshes as they are: float metres and UVs, in an order that GPUs like. */
export async function keepMeshes(given: readonly Mesh[]): Promise<PackedMeshes> {
  await MeshoptEncoder.ready
  const kept = given.map(withoutUnused).map((mesh) =>
    finish(mesh, { positions: { values: mesh.positions, exponential: null }, uvs: { values: mesh.uvs, exponential: null }, uvScale: [1, 1], uvOffset: [0, 0] }),
  )
  return { meshes: kept, placement: { translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] }, rounding: { metres: 0, pixels: 0 } }
}

/** How to pack each mesh of a level. */
type Packing = Omit<PackedMeshes, 'meshes'> & { packer: (mesh: Mesh) => Stored }
type Stored = Omit<PackedMesh, 'indices' | 'dropped'>

// --- perspective ---------------------------------------------------------------------------------------------------

function perspective(meshes: readonly Mesh[], plan: PackPlan, camera: SourceCamera): Packing {
  const focal = plan.map.height / (2 * Math.tan((camera.fovY * Math.PI) / 360))
  let nearest = Infinity
  let deepest = 0
  for (const { positions } of meshes) {
    for (let i = 2; i < positions.length; i += 3) {
      nearest = Math.min(nearest, -positions[i])
      deepest = Math.max(deepest, -positions[i])
    }
  }
  // Rounding x and y moves a vertex by at most half a step each: √½ step in all. Steps grow with depth, in powers of two of the nearest vertex's.
  const finest = (FINEST_PIXELS * Math.SQRT2 * nearest) / focal
  // Half a step of z is a tenth of a pixel of parallax: it grows with depth², in powers of two of the step of x and y; where `travel` is long it is the finer one.
  const metresZ = ((2 * FINEST_PIXELS) / Math.max(LEAST_PARALLAX, plan.parallax)) * (1 / camera.near - 1 / camera.far)
  const exponentAt = (depth: number) => Math.floor(Math.log2((depth * depth * metresZ) / finest))
  // The farthest plane, which fills so many pictures, comes out exactly where it is.
  const farthest = finest * 2 ** exponentAt(camera.far)
  const step = camera.far / Math.ceil(camera.far / farthest) / 2 ** exponentAt(camera.far)
  const packer = (mesh: Mesh): Stored => {
    const { positions, uvs } = mesh
    const packed = new Exponential(positions.length)
    const round = (vertex: number, wanted: number) => {
      const [x, y, z] = [vertex * 3, vertex * 3 + 1, vertex * 3 + 2]
      const depth = -positions[z]
      const [right, down] = [outward(uvs[vertex * 2]), outward(uvs[vertex * 2 + 1])]
      const edge = right === Math.round && down === Math.round ? 0 : 1
      const reach = Math.max(Math.abs(positions[x]), Math.abs(positions[y]), depth) / step
      const finer = Math.max(0, Math.min(Math.max(wanted, edge), Math.floor(Math.log2(MANTISSA_LIMIT / reach))))
      const exponent = Math.max(exponentAt(depth) - finer, Math.ceil(Math.log2(depth / step / MANTISSA_LIMIT)))
      const mantissa = Math.round(-depth / step / 2 ** exponent)
      // The vertex stays on its ray: its pixel doesn't move.
      const along = (-mantissa * 2 ** exponent) / depth
      const across = Math.floor(Math.log2(depth / nearest)) - finer
      packed.set(x, right((positions[x] * along) / 2 ** across), across)
      packed.set(y, -down((-positions[y] * along) / 2 ** across), across)
      packed.set(z, mantissa, exponent)
    }
    for (let vertex = 0; vertex < positions.length / 3; vertex++) round(vertex, 0)
    for (const finer of FINER_WHERE_TURNED) {
      const turned = turnedOver(mesh, packed.values)
      if (turned.size === 0) break
      for (const vertex of turned) round(vertex, finer)
    }
    return { positions: packed.numbers(), ...pixelUvs(mesh, plan) }
  }
  return {
    packer,
    placement: { translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [step, step, step] },
    rounding: { metres: (step * 2 ** exponentAt(deepest)) / 2, pixels: FINEST_PIXELS },
  }
}

/** At the picture's edge, away from its middle: rounded inward, the surface would leave a seam of the outermost pixels open. */
function outward(uv: number): (value: number) => number {
  if (uv <= 0) return Math.floor
  return uv >= 1 ? Math.ceil : Math.round
}

/** Vertices of the triangles that rounding turned over, as the camera at the origin sees them: slivers, thinner than the rounding. */
function turnedOver({ positions, indices }: Mesh, rounded: Float32Array): Set<number> {
  const turned = new Set<number>()
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [indices[i] * 3, indices[i + 1] * 3, indices[i + 2] * 3]
    if (volume(positions, a, b, c) * volume(rounded, a, b, c) < 0) for (let corner = 0; corner < 3; corner++) turned.add(indices[i + corner])
  }
  return turned
}

/** Six times the volume between a triangle and the camera; its sign says which side the camera sees. */
function volume(p: Float32Array, a: number, b: number, c: number): number {
  return p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) + p[a + 1] * (p[b + 2] * p[c] - p[b] * p[c + 2]) + p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c])
}

/** UVs as pixel indices. */
function pixelUvs(mesh: Mesh, { map, integers }: PackPlan): Pick<Stored, 'uvs' | 'uvScale' | 'uvOffset'> {
  const size = [map.width, map.height]
  if (integers) {
    const steps = fitsLattice(mesh, map) ? size.map((pixels) => pixels * LATTICE) : [MAX_USHORT, MAX_USHORT]
    const values = Uint16Array.from(mesh.uvs, (uv, i) => Math.round(uv * steps[i & 1]))
    return { uvs: { values, exponential: null }, uvScale: [1 / steps[0], 1 / steps[1]], uvOffset: [0, 0] }
  }
  const packed = new Exponential(mesh.uvs.length)
  for (let i = 0; i < mesh.uvs.length; i++) packed.setPixel(i, mesh.uvs[i] * size[i & 1])
  return { uvs: packed.numbers(), uvScale: [1 / size[0], 1 / size[1]], uvOffset: [0.5 / size[0], 0.5 / size[1]] }
}

/** Whether 16-bit integers can hold all UVs exactly, as half pixels. */
function fitsLattice({ uvs }: Mesh, { width, height }: PackPlan['map']): boolean {
  return Math.max(width, height) * LATTICE <= MAX_USHORT && uvs.every((uv, i) => isOnLattice(uv * (i & 1 ? height : width)))
}

// --- orthographic --------------------------------------------------------------------------------------------------

/**
 * In the space of the picture: x right, y up, z toward the viewer, whatever the orientation; `ground` turns the node.
 * x and y are pixels from the lower left corner, so u and v follow from them, and UVs take no bytes.
 */
function orthographic(meshes: readonly Mesh[], plan: PackPlan): Packing {
  const { map, relief, lit } = plan
  const ground = relief.orientation === 'ground'
  const metresPerPixel = relief.width / map.width
  const heightOf = (mesh: Mesh, vertex: number) => mesh.positions[vertex * 3 + (ground ? 1 : 2)]
  /** Pixels from the left edge of the picture. */
  const rightOf = (mesh: Mesh, vertex: number) => mesh.positions[vertex * 3] / metresPerPixel + map.width / 2
  /** Pixels from its lower edge. */
  const upOf = (mesh: Mesh, vertex: number) => (ground ? -mesh.positions[vertex * 3 + 2] : mesh.positions[vertex * 3 + 1]) / metresPerPixel + map.height / 2
  let low = 0
  let high = relief.relief
  for (const mesh of meshes) {
    for (let i = 0; i < mesh.positions.length / 3; i++) {
      low = Math.min(low, heightOf(mesh, i))
      high = Math.max(high, heightOf(mesh, i))
    }
  }
  const onLattice = (mesh: Mesh) => everyVertex(mesh, (vertex) => [[rightOf(mesh, vertex), map.width], [upOf(mesh, vertex), map.height]].every(([at, size]) => at > -ON_LATTICE && at < size + ON_LATTICE && isOnLattice(at)))
  const integers = plan.integers && !lit && Math.max(map.width, map.height) * LATTICE <= MAX_USHORT && meshes.every(onLattice)
  const perPixel = integers ? LATTICE : 1

  // Heights: whole 16-bit levels, as many of them at a time as the error allows; where lit, a power of two of a pixel.
  const level = Math.max(relief.relief, high - low) / MAX_USHORT
  const coarsest = Math.max(level, 2 * plan.error.metres * SHARE_OF_ERROR)
  const shared = commonDivisor(meshes, (mesh, i) => Math.round((heightOf(mesh, i) - low) / level))
  const exponent = lit ? Math.floor(Math.log2(coarsest / metresPerPixel)) : 0
  const stepZ = lit ? metresPerPixel * 2 ** exponent : level * shared * Math.max(1, Math.floor(coarsest / level / shared))

  let rounded = 0
  for (const mesh of meshes) {
    for (let i = 0; i < mesh.positions.length / 3; i++) {
      const height = heightOf(mesh, i) - low
      rounded = Math.max(rounded, Math.abs(Math.round(height / stepZ) * stepZ - height))
    }
  }
  const packer = (mesh: Mesh): Stored => {
    const count = mesh.positions.length / 3
    const whole = new Uint16Array(integers ? count * 3 : 0)
    const packed = new Exponential(integers ? 0 : count * 3)
    for (let i = 0; i < count; i++) {
      const right = rightOf(mesh, i)
      const up = upOf(mesh, i)
      const z = Math.round((heightOf(mesh, i) - low) / stepZ)
      if (integers) {
        whole[i * 3] = Math.round(right * LATTICE)
        whole[i * 3 + 1] = Math.round(up * LATTICE)
        whole[i * 3 + 2] = z
      } else {
        packed.setPixel(i * 3, right)
        packed.setPixel(i * 3 + 1, up)
        packed.set(i * 3 + 2, z, exponent)
      }
    }
    const positions: PackedNumbers = integers ? { values: whole, exponential: null } : packed.numbers()
    // A hidden layer has a picture of its own, and a variation wears one that is bent: their UVs don't follow from their places.
    const follows = everyVertex(mesh, (i) => near(mesh.uvs[i * 2] * map.width, rightOf(mesh, i)) && near((1 - mesh.uvs[i * 2 + 1]) * map.height, upOf(mesh, i)))
    if (!follows) return { positions, ...pixelUvs(mesh, plan) }
    const values = positions.values.filter((_, i) => i % 3 !== 2)
    const corner = integers ? 0 : 0.5
    return {
      positions,
      uvs: { values, exponential: positions.exponential && positions.exponential.filter((_, i) => i % 3 !== 2) },
      uvScale: [1 / map.width / perPixel, -1 / map.height / perPixel],
      uvOffset: [corner / map.width, 1 - corner / map.height],
    }
  }
  // Stored 0 is the lower left corner, or, where pixel centres are whole numbers, the centre of the pixel there.
  const inset = integers ? 0 : 0.5
  const corner: [number, number, number] = [(inset - map.width / 2) * metresPerPixel, (inset - map.height / 2) * metresPerPixel, low]
  const scale: [number, number, number] = [metresPerPixel / perPixel, metresPerPixel / perPixel, lit ? metresPerPixel : stepZ]
  return {
    packer,
    rounding: { metres: rounded, pixels: rounded / metresPerPixel },
    placement: ground
      ? { translation: [corner[0], corner[2], -corner[1]], rotation: [-Math.SQRT1_2, 0, 0, Math.SQRT1_2], scale }
      : { translation: corner, rotation: [0, 0, 0, 1], scale },
  }
}

function everyVertex({ positions }: Mesh, holds: (vertex: number) => boolean): boolean {
  for (let vertex = 0; vertex < positions.length / 3; vertex++) if (!holds(vertex)) return false
  return true
}

/** Whether two places in the picture, pixels, are one but for rounding of float32. */
function near(a: number, b: number): boolean {
  return Math.abs(a - b) < ON_LATTICE
}

/** The largest number that divides all levels: 257 for an 8-bit map, which then needs 8 bits. */
function commonDivisor(meshes: readonly Mesh[], levelOf: (mesh: Mesh, vertex: number) => number): number {
  let divisor = 0
  for (const mesh of meshes) {
    for (let i = 0; i < mesh.positions.length / 3 && divisor !== 1; i++) {
      let rest = levelOf(mesh, i)
      while (rest !== 0) [divisor, rest] = [rest, divisor % rest]
    }
  }
  return Math.max(1, divisor)
}

// --- order and topology ----------------------------------------------------------------------------------------------

/** Drops closed triangles and vertices that nothing uses any more; reorders both. */
function finish(mesh: Mesh, stored: Stored): PackedMesh {
  const kept = openTriangles(mesh, stored.positions.values)
  const dropped = (mesh.indices.length - kept.length) / 3
  const [remap, count] = MeshoptEncoder.reorderMesh(kept, true, true)
  const reordered = <T extends Uint16Array | Float32Array | Int32Array>(source: T, size: number): T => {
    const target = new (source.constructor as new (length: number) => T)(count * size)
    for (let vertex = 0; vertex < remap.length; vertex++) {
      if (remap[vertex] >= count) continue
      for (let j = 0; j < size; j++) target[remap[vertex] * size + j] = source[vertex * size + j]
    }
    return target
  }
  const numbers = ({ values, exponential }: PackedNumbers, size: number): PackedNumbers => ({
    values: reordered(values, size),
    exponential: exponential && reordered(exponential, size),
  })
  return { ...stored, positions: numbers(stored.positions, 3), uvs: numbers(stored.uvs, 2), indices: kept, dropped }
}

/** Without the vertices that no triangle uses: where nothing is, they have no position. */
function withoutUnused(mesh: Mesh): Mesh {
  const count = mesh.positions.length / 3
  const remap = new Uint32Array(count)
  for (const vertex of mesh.indices) remap[vertex] = 1
  let used = 0
  for (let i = 0; i < count; i++) remap[i] = remap[i] === 1 ? used++ : count
  if (used === count) return mesh
  const keep = (source: Float32Array, size: number) => source.filter((_, i) => remap[Math.floor(i / size)] < count)
  return { ...mesh, positions: keep(mesh.positions, 3), uvs: keep(mesh.uvs, 2), indices: mesh.indices.map((vertex) => remap[vertex]) }
}

/** The triangles that still have an area. */
function openTriangles(mesh: Mesh, positions: Uint16Array | Float32Array): Uint32Array {
  const { indices } = mesh
  const kept = new Uint32Array(indices.length)
  let count = 0
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [indices[i] * 3, indices[i + 1] * 3, indices[i + 2] * 3]
    const [x1, y1, z1] = [positions[b] - positions[a], positions[b + 1] - positions[a + 1], positions[b + 2] - positions[a + 2]]
    const [x2, y2, z2] = [positions[c] - positions[a], positions[c + 1] - positions[a + 1], positions[c + 2] - positions[a + 2]]
    if (y1 * z2 === z1 * y2 && z1 * x2 === x1 * z2 && x1 * y2 === y1 * x2) continue
    kept.set(indices.subarray(i, i + 3), count)
    count += 3
  }
  return kept.slice(0, count)
}
