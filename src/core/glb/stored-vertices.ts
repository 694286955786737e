import type { Mesh } from '../mesh/unproject.js'
import { decoded, seenScale, storedThird, type Lattice } from './lattice.js'
import type { Movable } from './move-corners.js'
import type { Rounding } from './packing.js'
import { Places, slipOf, type Place } from './places.js'

/** What storing has moved vertices by: along the view axis, metres, and in source pixels. */
export interface Moved {
  metres: number[]
  pixels: number[]
}

export function roundingOf(moved: Moved): Rounding {
  const [metres, pixels] = [moved.metres, moved.pixels].map((values) => Float64Array.from(values).sort())
  const at = (values: Float64Array, share: number): number => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0
  return { metres: at(metres, 1), pixels: at(pixels, 1), p99: { metres: at(metres, 0.99), pixels: at(pixels, 0.99) } }
}

/** A mesh's vertices on a lattice. */
export class StoredVertices implements Movable<Place> {
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
    const { data } = this
    return { a: data[vertex * 4], b: data[vertex * 4 + 1], scale: data[vertex * 4 + 3] }
  }

  placesFor(vertex: number): Iterable<Place> {
    return this.places.of(vertex)
  }

  /** What the filter makes of what is stored: x, y, z per vertex. */
  decoded(): Int16Array {
    const decoded = new Int16Array(this.positions)
    for (let z = 2; z < decoded.length; z += 3) decoded[z] += this.lattice.ahead
    return decoded
  }

  /** The pixels alone, a and b per vertex. */
  pixels(): Int16Array {
    const { data } = this
    const pixels = new Int16Array(data.length / 2)
    for (let from = 0, to = 0; from < data.length; from += 4, to += 2) {
      pixels[to] = data[from]
      pixels[to + 1] = data[from + 1]
    }
    return pixels
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
