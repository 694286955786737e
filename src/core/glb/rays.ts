import type { Mesh } from '../mesh/unproject.js'
import { decoded, GAIN, latticeFor, reachOf, seenScale, storedThird, type Lattice } from './lattice.js'
import type { SourceCamera } from './manifest.js'
import type { PackPlan, Packing, Placement, Rounding, Stored } from './packing.js'
import type { Movable } from './move-corners.js'
import { pixelUvs } from './pixel-uvs.js'
import { Places, slipOf, type Place } from './places.js'
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
/** Farthest that float32 puts a vertex from the ray of its pixel, pixels (measured 1e-3 on 8192 px). */
const ON_RAY = 0.02

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
export function onRays(meshes: readonly Mesh[], plan: PackPlan, camera: SourceCamera): Packing | null {
  const reach = reachOf(meshes)
  const pixelsPerDisparity = plan.parallax / (1 / camera.near - 1 / camera.far)
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

/** By vertex. */
interface Moved {
  metres: number[]
  pixels: number[]
}

function roundingOf(moved: Moved): Rounding {
  const [metres, pixels] = [moved.metres, moved.pixels].map((values) => Float64Array.from(values).sort())
  const at = (values: Float64Array, share: number): number => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0
  return { metres: at(metres, 1), pixels: at(pixels, 1), p99: { metres: at(metres, 0.99), pixels: at(pixels, 0.99) } }
}

/** A mesh's vertices on a lattice. */
class StoredVertices implements Movable<Place> {
  /** What is stored: a, b, c and the scale per vertex. */
  readonly data: Int16Array
  /** What the filter makes of it, as the camera sees it: x, y, z per vertex. */
  readonly positions: Int32Array
  private readonly places: Places

  private constructor(
    private readonly mesh: Mesh,
    private readonly lattice: Lattice,
  ) {
    const count = mesh.positions.length / 3
    this.data = new Int16Array(count * 4)
    this.positions = new Int32Array(count * 3)
    this.places = new Places(mesh, lattice)
  }

  /** Each at the first place there is for it; `null` where there is none for one of them, or more than a share would slide. */
  static of(mesh: Mesh, lattice: Lattice, maySlide: number): StoredVertices | null {
    const stored = new StoredVertices(mesh, lattice)
    const count = mesh.positions.length / 3
    let sliding = Math.ceil(maySlide * count)
    for (let vertex = 0; vertex < count; vertex++) {
      const place = stored.places.first(vertex)
      if (!place || (place.slid && --sliding < 0)) return null
      stored.put(vertex, place)
    }
    return stored
  }

  put(vertex: number, { a, b, scale }: Place): void {
    const { data, positions, lattice } = this
    data[vertex * 4] = a
    data[vertex * 4 + 1] = b
    data[vertex * 4 + 2] = storedThird(scale, lattice)
    data[vertex * 4 + 3] = scale
    for (let axis = 0; axis < 3; axis++) positions[vertex * 3 + axis] = decoded(data[vertex * 4 + axis], scale)
    positions[vertex * 3 + 2] -= lattice.ahead
  }

  placeOf(vertex: number): Place {
    const [a, b, , scale] = this.data.subarray(vertex * 4, vertex * 4 + 4)
    return { a, b, scale }
  }

  placesFor(vertex: number): Iterable<Place> {
    return this.places.of(vertex)
  }

  /** What the filter makes of what is stored: x, y, z per vertex. */
  decoded(): Int16Array {
    return Int16Array.from(this.positions, (number, i) => (i % 3 === 2 ? number + this.lattice.ahead : number))
  }

  /** The pixels alone, a and b per vertex. */
  pixels(): Int16Array {
    return Int16Array.from({ length: this.positions.length * (2 / 3) }, (_, i) => this.data[(i >> 1) * 4 + (i & 1)])
  }

  /**
   * Adds what storing has moved each vertex by: along the view axis, and in source pixels, the larger of slip and parallax.
   *
   * @param pixelsPerDisparity what a camera at `travel` sees of 1/m, pixels.
   */
  addMoved({ metres, pixels }: Moved, pixelsPerDisparity: number): void {
    const { mesh, lattice } = this
    for (let vertex = 0; vertex < mesh.positions.length / 3; vertex++) {
      const place = this.placeOf(vertex)
      const depth = -mesh.positions[vertex * 3 + 2]
      const stored = lattice.scaleTimesDepth / seenScale(place.scale, lattice)
      metres.push(Math.abs(stored - depth))
      pixels.push(Math.max(slipOf(place, lattice), pixelsPerDisparity * Math.abs(1 / stored - 1 / depth)))
    }
  }
}

/** How UVs follow from pixels, on whatever canvas; `null` where they don't. */
function pictureUvs({ positions, uvs }: Mesh, { perPixel, perUnit }: Lattice): Pick<Stored, 'uvScale' | 'uvOffset'> | null {
  if (uvs.length === 0) return null
  const [u, v] = [0, 1].map((axis) => {
    const away = axis === 0 ? 1 : -1
    const pixelOf = (vertex: number): number => ((away * positions[vertex * 3 + axis]) / -positions[vertex * 3 + 2]) * (perUnit / perPixel)
    let [first, last] = [0, 0]
    for (let vertex = 1; vertex < uvs.length / 2; vertex++) {
      if (uvs[vertex * 2 + axis] < uvs[first * 2 + axis]) first = vertex
      if (uvs[vertex * 2 + axis] > uvs[last * 2 + axis]) last = vertex
    }
    // A canvas is a whole number of pixels, and the picture's middle lies on a half one of it.
    const size = Math.round((pixelOf(last) - pixelOf(first)) / (uvs[last * 2 + axis] - uvs[first * 2 + axis]))
    const middle = Math.round((uvs[first * 2 + axis] * size - pixelOf(first)) * 2) / 2
    for (let vertex = 0; vertex < uvs.length / 2; vertex++) if (!(Math.abs(uvs[vertex * 2 + axis] * size - middle - pixelOf(vertex)) < ON_RAY)) return null
    return { scale: away / perPixel / size, offset: middle / size }
  })
  return u && v && { uvScale: [u.scale, v.scale], uvOffset: [u.offset, v.offset] }
}
