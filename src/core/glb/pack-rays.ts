import { inverseDepth, type SourceCamera } from '../camera.js'
import type { Mesh } from '../mesh/unproject.js'
import { GAIN, latticeFor, reachOf, type Lattice } from './lattice.js'
import type { PackPlan, Packing, Placement, Stored } from './packing.js'
import { pictureUvs } from './picture-uvs.js'
import { pixelUvs } from './pixel-uvs.js'
import { roundingOf, StoredVertices, type Moved } from './stored-vertices.js'
import { untangle } from './untangle.js'

/**
 * Parts of a pixel that places are counted in, best first. Quarters hold silhouettes to an eighth; halves, 7 % smaller, are for ranges of depth that quarters leave no bits for; small maps need more,
 * as what comes out is no finer than what goes in times the range of depth.
 */
const PARTS_OF_A_PIXEL = [4, 2, 8, 16, 32, 64]
/**
 * What is asked of a lattice, the best first. Hardly a vertex slides, if there are parts of a pixel for it. Else a quarter of them may, and depth may be off by four tenths of a pixel of parallax: the more depths
 * there are to choose from, the fewer slide, and it is slid silhouettes that one sees. (With one tenth 12 % of the vertices of a photo of 2752 px slid instead of 2, and novel views of it and another were .05 to .3 dB
 * worse.) At last any may, which are four in ten at most, where all of the 16 bits are taken.
 */
const STANDARDS: readonly Standard[] = [
  { maySlide: 0.02, mayTurn: 0.05, tenths: 1 },
  { maySlide: 0.25, mayTurn: 0.05, tenths: 4 },
  { maySlide: 1, mayTurn: 1, tenths: 4 },
]

interface Standard {
  /** Share of the vertices whose pixel may be another. */
  maySlide: number
  /** Share of the triangles that may be turned over before they are set right. */
  mayTurn: number
  /** Of a pixel of parallax, that depth may be off by. */
  tenths: number
}

/**
 * Perspective vertices as three numbers: their pixel and their disparity.
 *
 * meshopt's quaternion filter makes (a, b, c) · 32767 / √2 / s of four stored 16-bit numbers a, b, c, s. With the pixel for a and b, counted from the picture's middle, the same c for all
 * vertices, and the disparity for s, that is the unprojection: x = pixel · depth / focal. And UVs are the pixel itself: the same bytes, seen without the filter. What takes five numbers a
 * vertex elsewhere takes three.
 *
 * What comes out are 16-bit integers, which are coarse where it is near: .3 px at 1 m of 10 m and 2048 px. So of all disparities within a tenth of a pixel of parallax the one is taken whose
 * lattice point lies within a tenth of a pixel of the vertex's ray, and where there is none the vertex slides.
 *
 * Where lit, x, y and z come in the same steps, and z runs out of its 16 bits twice as soon as x and y, being negative. Where it does, it is counted from ahead of the camera, and c follows from s: some
 * 20 % less than floats instead of 40.
 *
 * (The extension knows scales of the form 2ⁿ − 1; its formula, and every decoder that was looked at, divides by what is there. See docs/architecture.md.)
 *
 * @returns `null` where 16 bits are too few for the range of depth.
 */
export function packOnRays(meshes: readonly Mesh[], plan: PackPlan, camera: SourceCamera): Packing | null {
  const reach = reachOf(meshes)
  const pixelsPerDisparity = plan.parallax / inverseDepth(camera).range
  for (const shifted of plan.lit ? [false, true] : [false]) {
    for (const standard of STANDARDS) {
      for (const perPixel of PARTS_OF_A_PIXEL) {
        const lattice = latticeFor(reach, plan, { camera, perPixel, tenths: standard.tenths, shifted })
        const packing = lattice && packOn(lattice, meshes, { plan, pixelsPerDisparity }, standard)
        if (packing) return packing
      }
    }
  }
  return null
}

/** `null` where the lattice is not fine enough for all but a share of the vertices to stay where they are. */
function packOn(lattice: Lattice, meshes: readonly Mesh[], { plan, pixelsPerDisparity }: { plan: PackPlan; pixelsPerDisparity: number }, { maySlide, mayTurn }: Standard): Packing | null {
  const packed = new Map<Mesh, Stored>()
  const moved: Moved = { metres: [], pixels: [] }
  for (const mesh of meshes) {
    const stored = StoredVertices.of(mesh, lattice, maySlide)
    const indices = stored && untangle(mesh, stored, mayTurn)
    if (!indices) return null
    stored.addMoved(moved, pixelsPerDisparity)
    const { data } = stored
    const pixels = pictureUvs(mesh, lattice)
    const uvs = pixels ? { uvs: { values: stored.pixels(), stored: { data, size: 4, filter: 'NONE' as const } }, ...pixels } : pixelUvs(mesh, plan)
    packed.set(mesh, { positions: { values: stored.decoded(), stored: { data, size: 4, filter: 'QUATERNION' } }, ...uvs, indices })
  }
  return { packer: (mesh) => packed.get(mesh) as Stored, placement: placementOf(lattice), rounding: roundingOf(moved) }
}

/** From decoded numbers to metres. */
function placementOf({ perUnit, scaleTimesDepth, third, ahead }: Lattice): Placement {
  const [across, along] = [scaleTimesDepth / perUnit / GAIN, scaleTimesDepth / third / GAIN]
  return { translation: [0, 0, -ahead * along], rotation: [0, 0, 0, 1], scale: [across, across, along] }
}
