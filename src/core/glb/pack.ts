import { MeshoptEncoder } from 'meshoptimizer'
import type { Mesh } from '../mesh/unproject.js'
import type { SourceCamera } from './manifest.js'

/** How fine a vertex is stored in the source view, pixels: "a tenth of a pixel" keeps the outermost ring and costs nothing that can be seen (14 bits lost 6.5 dB there). */
const FINEST_PIXELS = 0.1
/** … but never coarser than this share of the level's own error. */
const SHARE_OF_ERROR = 1 / 8
/** … and never finer than this, pixels: an eighth of an error near zero would spend bits on nothing. */
const FINEST_USEFUL_PIXELS = 0.01
/** Disparity counts as this share of the picture's width in pixels, as in triangulation and simplification. */
const DISPARITY_TO_WIDTH = 0.25
/** Pixel centres lie at i + ½ and the picture's edges at whole pixels: both are whole numbers on a lattice of half pixels. */
const LATTICE = 2
/** Exponents of the filter are 8 bits, mantissas 24, both signed. */
const MANTISSA_LIMIT = 2 ** 23 - 1
/** UVs that lie on no lattice are stored in 16 bits. */
const MAX_USHORT = 65_535
/** Farthest that a float32 UV lies from its lattice point, lattice steps (measured 3e-4 on 8192 px). */
const ON_LATTICE = 0.01

/** What packing has to know beside the meshes. */
export interface PackPlan {
  /** The depth map's size, pixels: its half pixels are the lattice. */
  map: { width: number; height: number }
  /** The source view; `null` for an orthographic map. */
  camera: SourceCamera | null
  /** Orthographic maps. */
  relief: { width: number; relief: number; orientation: 'wall' | 'ground' }
  /** What this level deviates from the map. */
  error: { metres: number; pixels: number }
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
  positions: Uint16Array | Float32Array
  /** The same floats as exponent << 24 | mantissa, for meshopt's exponential filter; `null` where positions are integers or raw floats. */
  exponential: Int32Array | null
  /** u, v per vertex; uv = stored · uvScale + uvOffset, origin top left. */
  uvs: Uint16Array | Float32Array
  uvScale: [number, number]
  uvOffset: [number, number]
  /** Three vertices per triangle, counter-clockwise, in the order that meshopt stores smallest. */
  indices: Uint32Array
  /** Triangles that had no area left, or were turned over, after rounding. */
  dropped: number
}

export interface PackedMeshes {
  meshes: PackedMesh[]
  placement: Placement
}

/**
 * Rounds the meshes of one level to what the player can see, drops triangles that rounding closed, and puts
 * triangles and vertices in the order that is stored smallest.
 *
 * - Orthographic, unlit: exact unsigned integers (half pixels, 16-bit levels) under a scale per axis.
 * - Orthographic, lit: the same half pixels as floats under one scale; heights as floats with few bits.
 * - Perspective: floats with few bits. x and y in steps of a tenth of a pixel at the nearest vertex; z in steps that grow with
 *   depth², as one pixel of disparity does. Vertices move along their ray, so that the picture doesn't.
 *
 * With EXT_meshopt_compression's exponential filter such floats cost what integers cost (100k triangles of a 2752 px photo:
 * 2.38 bytes a triangle; 2.56 with z as fine as x and y), but reach beyond 16 bits, which 0.1 px between 1 m and 10 m needs.
 */
export async function packMeshes(given: readonly Mesh[], plan: PackPlan): Promise<PackedMeshes> {
  await MeshoptEncoder.ready
  const meshes = given.map(withoutUnused)
  const { packer, placement } = plan.camera ? perspective(meshes, plan, plan.camera) : orthographic(meshes, plan)
  return { meshes: meshes.map((mesh) => finish(mesh, packer(mesh))), placement }
}

/** The meshes as they are: float metres and UVs, in an order that GPUs like. */
export async function keepMeshes(given: readonly Mesh[]): Promise<PackedMeshes> {
  await MeshoptEncoder.ready
  const meshes = given.map(withoutUnused)
  const plain = (mesh: Mesh): Stored => ({ positions: mesh.positions, exponential: null, uvs: mesh.uvs, uvScale: [1, 1], uvOffset: [0, 0] })
  return { meshes: meshes.map((mesh) => finish(mesh, plain(mesh))), placement: { translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] } }
}

type Stored = Omit<PackedMesh, 'indices' | 'dropped'>
type Packer = (mesh: Mesh) => Stored

// --- perspective ---------------------------------------------------------------------------------------------------

function perspective(meshes: readonly Mesh[], plan: PackPlan, camera: SourceCamera): { packer: Packer; placement: Placement } {
  const focal = plan.map.height / (2 * Math.tan((camera.fovY * Math.PI) / 360))
  const pixels = tolerancePixels(plan.error.pixels)
  let nearest = Infinity
  for (const { positions } of meshes) for (let i = 2; i < positions.length; i += 3) nearest = Math.min(nearest, -positions[i])
  // Rounding x and y moves a vertex by at most half a step each: √½ step in all.
  const finest = (pixels * Math.SQRT2 * nearest) / focal
  // Half a step of z is `pixels` of disparity: it grows with depth², in powers of two of the step of x and y.
  const metresZ = ((2 * pixels) / (DISPARITY_TO_WIDTH * plan.map.width)) * (1 / camera.near - 1 / camera.far)
  const exponentAt = (depth: number) => Math.max(0, Math.floor(Math.log2((depth * depth * metresZ) / finest)))
  // The farthest plane, which fills so many pictures, comes out exactly where it is.
  const farthest = finest * 2 ** exponentAt(camera.far)
  const step = camera.far / Math.ceil(camera.far / farthest) / 2 ** exponentAt(camera.far)
  const packer = (mesh: Mesh): Stored => {
    const { positions } = mesh
    const stored = new Float32Array(positions.length)
    const exponential = new Int32Array(positions.length)
    for (let i = 0; i < positions.length; i += 3) {
      const depth = -positions[i + 2]
      const exponent = exponentAt(depth)
      const mantissa = Math.round(-depth / step / 2 ** exponent)
      // The vertex stays on its ray: its pixel doesn't move.
      const along = (-mantissa * 2 ** exponent * step) / depth
      const x = Math.round((positions[i] * along) / step)
      const y = Math.round((positions[i + 1] * along) / step)
      exponential[i] = x & 0xff_ff_ff
      exponential[i + 1] = y & 0xff_ff_ff
      exponential[i + 2] = (exponent << 24) | (mantissa & 0xff_ff_ff)
      stored[i] = x
      stored[i + 1] = y
      stored[i + 2] = mantissa * 2 ** exponent
    }
    const reach = stored.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    return { positions: stored, exponential: reach > MANTISSA_LIMIT ? null : exponential, ...latticeUvs(mesh, plan.map) }
  }
  return { packer, placement: { translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [step, step, step] } }
}

/** A tenth of a pixel or an eighth of the level's error, whichever is finer. */
function tolerancePixels(error: number): number {
  return error > 0 ? Math.max(FINEST_USEFUL_PIXELS, Math.min(FINEST_PIXELS, error * SHARE_OF_ERROR)) : FINEST_PIXELS
}

/** UVs as whole half pixels, or as 16-bit fractions where a mesh has others. */
function latticeUvs(mesh: Mesh, map: { width: number; height: number }): Pick<Stored, 'uvs' | 'uvScale' | 'uvOffset'> {
  const lattice = [map.width * LATTICE, map.height * LATTICE]
  const exact = Math.max(...lattice) <= MAX_USHORT && mesh.uvs.every((uv, i) => Math.abs(uv * lattice[i & 1] - Math.round(uv * lattice[i & 1])) < ON_LATTICE)
  const steps = exact ? lattice : [MAX_USHORT, MAX_USHORT]
  return { uvs: Uint16Array.from(mesh.uvs, (uv, i) => Math.round(uv * steps[i & 1])), uvScale: [1 / steps[0], 1 / steps[1]], uvOffset: [0, 0] }
}

// --- orthographic --------------------------------------------------------------------------------------------------

/**
 * In the space of the picture: x right, y up, z toward the viewer, whatever the orientation; `ground` turns the node.
 *
 * UVs are the first two numbers of the positions, so they take no bytes: u = x / 2w, v = 1 − y / 2h.
 */
function orthographic(meshes: readonly Mesh[], plan: PackPlan): { packer: Packer; placement: Placement } {
  const { map, relief } = plan
  const ground = relief.orientation === 'ground'
  const metresPerStep = relief.width / map.width / LATTICE
  const columns = map.width * LATTICE
  const rows = map.height * LATTICE
  const heightOf = (mesh: Mesh, vertex: number) => mesh.positions[vertex * 3 + (ground ? 1 : 2)]
  const upOf = (mesh: Mesh, vertex: number) => (ground ? -mesh.positions[vertex * 3 + 2] : mesh.positions[vertex * 3 + 1])
  let low = 0
  let high = relief.relief
  for (const mesh of meshes) {
    for (let i = 0; i < mesh.positions.length / 3; i++) {
      low = Math.min(low, heightOf(mesh, i))
      high = Math.max(high, heightOf(mesh, i))
    }
  }

  // Heights: 16-bit levels under their own scale, or, under the scale of x and y, floats fine enough for the level's error.
  const integers = !plan.lit && Math.max(columns, rows) <= MAX_USHORT
  const levels = Math.ceil(((high - low) / relief.relief) * MAX_USHORT - 1e-6)
  const metresPerLevel = levels > MAX_USHORT ? (high - low) / MAX_USHORT : relief.relief / MAX_USHORT
  const wanted = plan.error.metres > 0 ? Math.max(metresPerLevel, 2 * plan.error.metres * SHARE_OF_ERROR) : metresPerLevel
  const exponent = Math.floor(Math.log2(wanted / metresPerStep))
  const shared = integers ? commonDivisor(meshes, (mesh, i) => Math.round((heightOf(mesh, i) - low) / metresPerLevel)) : 1
  const stepZ = integers ? metresPerLevel * shared : metresPerStep * 2 ** exponent

  const packer = (mesh: Mesh): Stored => {
    const count = mesh.positions.length / 3
    const positions = integers ? new Uint16Array(count * 3) : new Float32Array(count * 3)
    const exponential = integers ? null : new Int32Array(count * 3)
    for (let i = 0; i < count; i++) {
      const x = Math.round(mesh.positions[i * 3] / metresPerStep + columns / 2)
      const y = Math.round(upOf(mesh, i) / metresPerStep + rows / 2)
      const z = Math.round((heightOf(mesh, i) - low) / stepZ)
      positions[i * 3] = x
      positions[i * 3 + 1] = y
      positions[i * 3 + 2] = integers ? z : z * 2 ** exponent
      if (!exponential) continue
      exponential[i * 3] = x
      exponential[i * 3 + 1] = y
      exponential[i * 3 + 2] = (exponent << 24) | (z & 0xff_ff_ff)
    }
    const uvs = positions.filter((_, i) => i % 3 !== 2)
    return { positions, exponential, uvs, uvScale: [1 / columns, -1 / rows], uvOffset: [0, 1] }
  }
  const scale: [number, number, number] = [metresPerStep, metresPerStep, integers ? stepZ : metresPerStep]
  const corner: [number, number, number] = [(-columns / 2) * metresPerStep, (-rows / 2) * metresPerStep, low]
  return {
    packer,
    placement: ground
      ? { translation: [corner[0], corner[2], -corner[1]], rotation: [-Math.SQRT1_2, 0, 0, Math.SQRT1_2], scale }
      : { translation: corner, rotation: [0, 0, 0, 1], scale },
  }
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
  const kept = openTriangles(mesh, stored.positions)
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
  return {
    positions: reordered(stored.positions, 3),
    exponential: stored.exponential && reordered(stored.exponential, 3),
    uvs: reordered(stored.uvs, 2),
    uvScale: stored.uvScale,
    uvOffset: stored.uvOffset,
    indices: kept,
    dropped,
  }
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
