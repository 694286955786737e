import type { Mesh } from '../mesh/unproject.js'
import type { Lattice } from './lattice.js'
import type { Stored } from './packing.js'

/** Farthest that float32 puts a vertex from the ray of its pixel, pixels (measured 1e-3 on 8192 px). */
const ON_RAY = 0.02

/** How UVs follow from pixels, on whatever canvas; `null` where they don't. */
export function pictureUvs({ positions, uvs }: Mesh, { perPixel, perUnit }: Lattice): Pick<Stored, 'uvScale' | 'uvOffset'> | null {
  if (uvs.length === 0) return null
  const [u, v] = [0, 1].map((axis) => {
    const pixelOf = (vertex: number): number => (positions[vertex * 3 + axis] / -positions[vertex * 3 + 2]) * (perUnit / perPixel)
    let [first, last] = [0, 0]
    for (let vertex = 1; vertex < uvs.length / 2; vertex++) {
      if (uvs[vertex * 2 + axis] < uvs[first * 2 + axis]) first = vertex
      if (uvs[vertex * 2 + axis] > uvs[last * 2 + axis]) last = vertex
    }
    // A canvas is a whole number of pixels, and the picture's middle lies on a half one of it. (Both are negative downward, as v grows against y.)
    const size = Math.round((pixelOf(last) - pixelOf(first)) / (uvs[last * 2 + axis] - uvs[first * 2 + axis]))
    const middle = Math.round((uvs[first * 2 + axis] * size - pixelOf(first)) * 2) / 2
    for (let vertex = 0; vertex < uvs.length / 2; vertex++) if (!(Math.abs(uvs[vertex * 2 + axis] * size - middle - pixelOf(vertex)) < ON_RAY)) return null
    return { scale: 1 / perPixel / size, offset: middle / size }
  })
  return u && v && { uvScale: [u.scale, v.scale], uvOffset: [u.offset, v.offset] }
}
