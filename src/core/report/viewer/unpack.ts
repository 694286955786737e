import type { ViewLayer } from '../view-data.js'

/** A surface as a graphics card takes it. */
export interface Unpacked {
  /** Six numbers a vertex: u, v and disparity in steps, nothing, texture coordinates of its own. */
  vertices: Uint16Array<ArrayBuffer>
  /** Three vertices a triangle. */
  corners: Uint32Array<ArrayBuffer>
}

/** Undoes what `pack.ts` did. Part of the viewer: uses nothing from outside of itself. */
export async function unpackLayer({ data, vertices: count, corners: cornerCount, canvas }: ViewLayer): Promise<Unpacked> {
  const packed = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  const bytes = new Uint8Array(await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer())
  const places = canvas === null ? [0, 1, 2, 4, 5] : [0, 1, 2]
  const vertices = new Uint16Array(count * 6)
  for (const [i, place] of places.entries()) {
    const from = i * 2 * count
    for (let k = 0, value = 0; k < count; k++) {
      value = (value + bytes[from + k] + (bytes[from + count + k] << 8)) & 0xffff
      vertices[6 * k + place] = value
    }
  }
  const corners = new Uint32Array(cornerCount)
  for (let i = 0, next = 0, from = places.length * 2 * count; i < cornerCount; i++) {
    const below = bytes[from + i] | (bytes[from + cornerCount + i] << 8) | (bytes[from + 2 * cornerCount + i] << 16) | (bytes[from + 3 * cornerCount + i] << 24)
    corners[i] = next - below
    next = Math.max(next, corners[i] + 1)
  }
  return { vertices, corners }
}
