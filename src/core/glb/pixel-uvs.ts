import type { Mesh } from '../mesh/unproject.js'
import { Exponential, isOnLattice, LATTICE } from './exponential.js'
import type { PackPlan, Stored } from './packing.js'

export const MAX_USHORT = 65_535

/** UVs as pixel indices. */
export function pixelUvs(mesh: Mesh, { map, integers }: PackPlan): Pick<Stored, 'uvs' | 'uvScale' | 'uvOffset'> {
  const size = [map.width, map.height]
  if (integers) {
    const steps = fitsLattice(mesh, map) ? size.map((pixels) => pixels * LATTICE) : [MAX_USHORT, MAX_USHORT]
    const values = Uint16Array.from(mesh.uvs, (uv, i) => Math.round(uv * steps[i & 1]))
    return { uvs: { values, stored: null }, uvScale: [1 / steps[0], 1 / steps[1]], uvOffset: [0, 0] }
  }
  const packed = new Exponential(mesh.uvs.length)
  for (let i = 0; i < mesh.uvs.length; i++) packed.setPixel(i, mesh.uvs[i] * size[i & 1])
  return { uvs: packed.numbers(2), uvScale: [1 / size[0], 1 / size[1]], uvOffset: [0.5 / size[0], 0.5 / size[1]] }
}

/** Whether 16-bit integers can hold all UVs exactly, as half pixels. */
function fitsLattice({ uvs }: Mesh, { width, height }: PackPlan['map']): boolean {
  return Math.max(width, height) * LATTICE <= MAX_USHORT && uvs.every((uv, i) => isOnLattice(uv * (i & 1 ? height : width)))
}
