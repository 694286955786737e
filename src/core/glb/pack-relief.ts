import type { Mesh } from '../mesh/unproject.js'
import { Exponential, isOnLattice, LATTICE, ON_LATTICE } from './exponential.js'
import { evenly, type Filtered, type PackedNumbers, type PackPlan, type Packing, type Stored } from './packing.js'
import { MAX_USHORT, pixelUvs } from './pixel-uvs.js'

/** Heights of reliefs are never coarser than this share of the level's own error. */
const SHARE_OF_ERROR = 1 / 8

/**
 * In the space of the picture: x right, y up, z toward the viewer, whatever the orientation; `ground` turns the node.
 * x and y are pixels from the lower left corner, so u and v follow from them, and UVs take no bytes.
 */
export function packRelief(meshes: readonly Mesh[], plan: PackPlan): Packing {
  const { map, placed, lit } = plan
  const ground = placed.orientation === 'ground'
  const metresPerPixel = placed.width / map.width
  const heightOf = (mesh: Mesh, vertex: number) => mesh.positions[vertex * 3 + (ground ? 1 : 2)]
  /** Pixels from the left edge of the picture. */
  const rightOf = (mesh: Mesh, vertex: number) => mesh.positions[vertex * 3] / metresPerPixel + map.width / 2
  /** Pixels from its lower edge. */
  const upOf = (mesh: Mesh, vertex: number) => (ground ? -mesh.positions[vertex * 3 + 2] : mesh.positions[vertex * 3 + 1]) / metresPerPixel + map.height / 2
  let low = 0
  let high = map.relief
  for (const mesh of meshes) {
    for (let i = 0; i < mesh.positions.length / 3; i++) {
      low = Math.min(low, heightOf(mesh, i))
      high = Math.max(high, heightOf(mesh, i))
    }
  }
  const onLattice = (mesh: Mesh) => everyVertex(mesh, (vertex) => [[rightOf(mesh, vertex), map.width], [upOf(mesh, vertex), map.height]].every(([at, size]) => at > -ON_LATTICE && at < size + ON_LATTICE && isOnLattice(at)))
  const integers = plan.integers && !lit && Math.max(map.width, map.height) * LATTICE <= MAX_USHORT && meshes.every(onLattice)

  // Heights: whole 16-bit levels, as many of them at a time as the error allows; where lit, a power of two of a pixel.
  // (A flat metric map has no height at all: then any step will do.)
  const level = (high - low || metresPerPixel) / MAX_USHORT
  const coarsest = Math.max(level, 2 * plan.error.metres * SHARE_OF_ERROR)
  const shared = commonDivisor(meshes, (mesh, i) => Math.round((heightOf(mesh, i) - low) / level))
  const stepZ = lit ? metresPerPixel * 2 ** Math.floor(Math.log2(coarsest / metresPerPixel)) : level * shared * Math.max(1, Math.floor(coarsest / level / shared))
  // Engines cull by a ball: around the box of what is stored, times the largest scale. So floats are as many pixels high as a power of two makes them, where lit the same, and all axes have nearly one scale.
  const exponent = integers ? 0 : Math.round(Math.log2(stepZ / metresPerPixel))
  // Of integers the longer steps are several short ones: those of z wherever they are, those of x and y where there are more of z.
  const [across, levels] = [Math.max(map.width, map.height) * LATTICE, Math.round((high - low) / stepZ)]
  const perPixel = integers ? LATTICE * multiple(Math.min(metresPerPixel / LATTICE / stepZ, levels / across), across) : 1
  const perStep = integers ? multiple((stepZ * perPixel) / metresPerPixel, levels) : 2 ** exponent

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
        whole[i * 3] = (Math.round(right * LATTICE) * perPixel) / LATTICE
        whole[i * 3 + 1] = (Math.round(up * LATTICE) * perPixel) / LATTICE
        whole[i * 3 + 2] = z * perStep
      } else {
        packed.setPixel(i * 3, right)
        packed.setPixel(i * 3 + 1, up)
        packed.set(i * 3 + 2, z, exponent)
      }
    }
    const positions: PackedNumbers = integers ? { values: whole, stored: null } : packed.numbers(3)
    // A hidden layer has a picture of its own, and a variation wears one that is bent: their UVs don't follow from their places.
    const follows = everyVertex(mesh, (i) => near(mesh.uvs[i * 2] * map.width, rightOf(mesh, i)) && near((1 - mesh.uvs[i * 2 + 1]) * map.height, upOf(mesh, i)))
    if (!follows) return { positions, ...pixelUvs(mesh, plan) }
    const { values, stored } = positions
    const corner = integers ? 0 : 0.5
    return {
      positions,
      uvs: { values: values.filter((_, i) => i % 3 !== 2), stored: stored && ({ ...stored, data: stored.data.filter((_, i) => i % 3 !== 2), size: 2 } as Filtered) },
      uvScale: [1 / map.width / perPixel, -1 / map.height / perPixel],
      uvOffset: [corner / map.width, 1 - corner / map.height],
    }
  }
  // Stored 0 is the lower left corner, or, where pixel centres are whole numbers, the centre of the pixel there.
  const inset = integers ? 0 : 0.5
  const corner: [number, number, number] = [(inset - map.width / 2) * metresPerPixel, (inset - map.height / 2) * metresPerPixel, low]
  const scale: [number, number, number] = [metresPerPixel / perPixel, metresPerPixel / perPixel, stepZ / perStep]
  return {
    packer,
    rounding: evenly({ metres: rounded, pixels: rounded / metresPerPixel }),
    placement: ground
      ? { translation: [corner[0], corner[2], -corner[1]], rotation: [-Math.SQRT1_2, 0, 0, Math.SQRT1_2], scale }
      : { translation: corner, rotation: [0, 0, 0, 1], scale },
  }
}

/** The whole number next to a ratio, 1 or more, that still leaves the largest of some numbers with 16 bits. */
function multiple(ratio: number, largest: number): number {
  return Math.max(1, Math.min(Math.round(ratio), Math.floor(MAX_USHORT / largest)))
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
      // (What is no number ends it too, and is told by whoever writes the file.)
      while (rest > 0) [divisor, rest] = [rest, divisor % rest]
    }
  }
  return Math.max(1, divisor)
}
