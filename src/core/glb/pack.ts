import { MeshoptEncoder } from 'meshoptimizer'
import type { Mesh } from '../mesh/unproject.js'
import { alignExponents } from './exponent-runs.js'
import { packAsFloats } from './pack-floats.js'
import { packOnRays } from './pack-rays.js'
import { packRelief } from './pack-relief.js'
import { evenly, type Filtered, type PackedMesh, type PackedMeshes, type PackedNumbers, type PackPlan, type Packing, type Stored } from './packing.js'

/**
 * Rounds the meshes of one level to what the player can see, drops triangles that rounding closed, and puts
 * triangles and vertices in the order that is stored smallest.
 *
 * - Orthographic: x and y are exact pixel indices; they serve as UVs too. Heights are exact 16-bit levels, under a scale
 *   that widens no ball around them; where lit, under that of x and y, as fine as the level's error asks for (`packRelief`).
 * - Perspective: pixel and disparity, which meshopt's quaternion filter unprojects (`packOnRays`); UVs are the pixel. Where the range of depth is too large for its 16 bits, x and y in steps of a tenth of a
 *   pixel, which grow with depth, and z in steps that grow with depth², as one pixel of parallax does (`packAsFloats`); vertices move along their ray, so that the picture doesn't.
 *
 * Where meshopt compresses, the others are floats with few bits, which its exponential filter stores as integers of 24 bits with
 * an exponent each. So 0.1 px of 2048 between 1 m and 100 m, which 16 bits can't hold, needs no more than its bits; z can be coarser where it
 * is far; and pixel centres can be whole numbers although the picture's edges lie half a pixel beside them. Neighbours share an exponent
 * where that is smaller (`alignExponents`: 4 to 6 % of all). Without meshopt, 16-bit integers take less, wherever they are fine enough.
 */
export async function packMeshes(given: readonly Mesh[], plan: PackPlan): Promise<PackedMeshes> {
  await MeshoptEncoder.ready
  const meshes = given.map(withoutUnused)
  const { packer, ...placed } = pack(meshes, plan)
  const packed = meshes.map((mesh) => finish(mesh, packer(mesh), plan))
  // What is not compressed has no use for it.
  for (const { positions, uvs } of plan.integers ? [] : packed) {
    for (const { stored } of [positions, uvs]) if (stored?.filter === 'EXPONENTIAL') alignExponents(stored.data, stored.size)
  }
  return { meshes: packed, ...placed }
}

/** The meshes as they are: float metres and UVs, in an order that GPUs like. */
export async function keepMeshes(given: readonly Mesh[], plan: Pick<PackPlan, 'solid'>): Promise<PackedMeshes> {
  await MeshoptEncoder.ready
  const kept = given.map(withoutUnused).map((mesh) =>
    finish(mesh, { positions: { values: mesh.positions, stored: null }, uvs: { values: mesh.uvs, stored: null }, uvScale: [1, 1], uvOffset: [0, 0] }, plan),
  )
  return { meshes: kept, placement: { translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] }, rounding: evenly({ metres: 0, pixels: 0 }) }
}

function pack(meshes: readonly Mesh[], plan: PackPlan): Packing {
  return plan.camera ? (packOnRays(meshes, plan, plan.camera) ?? packAsFloats(meshes, plan, plan.camera)) : packRelief(meshes, plan)
}

/** Drops triangles that were closed or, but of closed surfaces, have no area left, and vertices that nothing uses any more; reorders both. */
function finish(mesh: Mesh, packing: Stored, { solid }: Pick<PackPlan, 'solid'>): PackedMesh {
  const indices = packing.indices ?? mesh.indices
  const kept = keepTriangles(indices, solid ? (a, b, c) => a !== b && b !== c && c !== a : hasArea(packing.positions.values))
  const dropped = (mesh.indices.length - kept.length) / 3
  const [remap, count] = MeshoptEncoder.reorderMesh(kept, true, true)
  const known = new Map<Filtered['data'], Filtered['data']>()
  const filtered = (stored: Filtered): Filtered => {
    const data = known.get(stored.data) ?? reordered(stored.data, stored.size, remap, count)
    known.set(stored.data, data)
    return { ...stored, data } as Filtered
  }
  const numbers = ({ values, stored }: PackedNumbers, size: number): PackedNumbers => ({ values: reordered(values, size, remap, count), stored: stored && filtered(stored) })
  return { ...packing, positions: numbers(packing.positions, 3), uvs: numbers(packing.uvs, 2), indices: kept, dropped }
}

/** What belongs to each vertex, `size` numbers, where `remap` puts it; without those that come after the first `count`. */
function reordered<T extends PackedNumbers['values'] | Filtered['data']>(source: T, size: number, remap: Uint32Array, count: number): T {
  const target = new (source.constructor as new (length: number) => T)(count * size)
  for (let vertex = 0; vertex < remap.length; vertex++) {
    if (remap[vertex] >= count) continue
    for (let j = 0; j < size; j++) target[remap[vertex] * size + j] = source[vertex * size + j]
  }
  return target
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

function keepTriangles(indices: Uint32Array, keeps: (a: number, b: number, c: number) => boolean): Uint32Array {
  const kept = new Uint32Array(indices.length)
  let count = 0
  for (let i = 0; i < indices.length; i += 3) {
    if (!keeps(indices[i], indices[i + 1], indices[i + 2])) continue
    kept[count++] = indices[i]
    kept[count++] = indices[i + 1]
    kept[count++] = indices[i + 2]
  }
  return kept.slice(0, count)
}

/** Whether a triangle still has an area. */
function hasArea(positions: PackedNumbers['values']): (a: number, b: number, c: number) => boolean {
  return (i, j, k) => {
    const a = i * 3
    const b = j * 3
    const c = k * 3
    const x1 = positions[b] - positions[a]
    const y1 = positions[b + 1] - positions[a + 1]
    const z1 = positions[b + 2] - positions[a + 2]
    const x2 = positions[c] - positions[a]
    const y2 = positions[c + 1] - positions[a + 1]
    const z2 = positions[c + 2] - positions[a + 2]
    return y1 * z2 !== z1 * y2 || z1 * x2 !== x1 * z2 || x1 * y2 !== y1 * x2
  }
}
