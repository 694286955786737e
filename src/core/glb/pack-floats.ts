import { focalLength, type SourceCamera } from '../camera.js'
import type { Mesh } from '../mesh/unproject.js'
import { Exponential, MANTISSA_LIMIT } from './exponential.js'
import { evenly, type PackPlan, type Packing, type Stored } from './packing.js'
import { pixelUvs } from './pixel-uvs.js'
import { volume } from './tangle.js'
import { FINEST_PIXELS, finestDisparity } from './tolerance.js'

/**
 * How many more bits the vertices of triangles get that rounding would turn over, try by try: of 100k triangles of a 2752 px photo 10 are left after two. What is moved may turn others over, so the
 * last tries are alike (of 100k of a 1024 px photo one was left after three).
 */
const FINER_WHERE_TURNED = [3, 6, 9, 12, 12, 12]

/** x, y and z as floats with few bits: for ranges of depth that 16 bits are too few for (see `packOnRays`). */
export function packAsFloats(meshes: readonly Mesh[], plan: PackPlan, camera: SourceCamera): Packing {
  const focal = focalLength(plan.map, camera)
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
  const metresZ = finestDisparity(plan, camera)
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
    return { positions: packed.numbers(3), ...pixelUvs(mesh, plan) }
  }
  return {
    packer,
    placement: { translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [step, step, step] },
    rounding: evenly({ metres: (step * 2 ** exponentAt(deepest)) / 2, pixels: FINEST_PIXELS }),
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
