import { deflateRawSync } from 'node:zlib'
import type { StoredLayer } from '../glb/read.js'
import type { ViewLayer } from './view-data.js'

/** Finest step of a vertex on the picture, pixels: finer than what the GLBs themselves keep beside pixel centres. */
const STEP = 1 / 16
/** From here on texture coordinates that do not lie where they should are meant so, pixels: rounding of a vertex is a tenth. */
const BENT = 1
/** Steps that 16 bits tell apart. */
const STEPS = 65_535

export interface PackContext {
  /** Of the map, pixels. */
  size: { width: number; height: number }
  /** Takes the pictures. */
  pictures: Pictures
}

/**
 * A surface as the viewer takes it: six bytes a vertex in place of twenty, since on the picture its texture coordinates are where it stands, then differences,
 * which deflate well. 130,000 triangles take some 0.9 MB of a page instead of 3 as floats.
 *
 * @param points u px, v px, disparity per vertex
 */
export function packLayer(layer: StoredLayer, points: Float32Array, { size, pictures }: PackContext): ViewLayer {
  const count = points.length / 3
  const canvas = canvasOf(layer.uvs, points, size)
  const { uvs } = layer
  const low: [number, number, number] = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < points.length; i++) {
    low[i % 3] = Math.min(low[i % 3], points[i])
    high[i % 3] = Math.max(high[i % 3], points[i])
  }
  const extent = (axis: number) => (high[axis] - low[axis]) / STEPS || 1
  const step: [number, number, number] = [Math.max(STEP, extent(0)), Math.max(STEP, extent(1)), extent(2)]

  const rows: ((vertex: number) => number)[] = [0, 1, 2].map((axis) => (i) => (points[3 * i + axis] - low[axis]) / step[axis])
  if (uvs !== null && canvas === null) rows.push(...[0, 1].map((axis) => (i: number) => Math.min(1, Math.max(0, uvs[2 * i + axis])) * STEPS))

  const corners = layer.indices.length
  const bytes = new Uint8Array(count * rows.length * 2 + corners * 4)
  for (const [row, valueOf] of rows.entries()) {
    const at = row * 2 * count
    let before = 0
    for (let i = 0; i < count; i++) {
      const value = Math.round(valueOf(i))
      bytes[at + i] = value - before
      bytes[at + count + i] = (value - before) >> 8
      before = value
    }
  }
  for (let i = 0, next = 0, at = count * rows.length * 2; i < corners; i++) {
    const below = next - layer.indices[i]
    for (let byte = 0; byte < 4; byte++) bytes[at + byte * corners + i] = below >>> (8 * byte)
    next = Math.max(next, layer.indices[i] + 1)
  }
  return {
    hidden: layer.role === 'backdrop',
    vertices: count,
    corners,
    low,
    step,
    canvas,
    color: pictures.placeOf(layer.color),
    normals: pictures.placeOf(layer.normalMap),
    lit: layer.lit,
    doubleSided: layer.doubleSided,
    data: deflateRawSync(bytes, { level: 9 }).toString('base64'),
  }
}

/** Data URIs, each once. */
export class Pictures {
  readonly uris: string[] = []
  readonly #places = new Map<string, number>()

  /** The place of a picture in `uris`; −1 for none. */
  placeOf(image: Parameters<typeof dataUri>[0]): number {
    const uri = dataUri(image)
    if (uri === '') return -1
    const place = this.#places.get(uri) ?? this.uris.push(uri) - 1
    this.#places.set(uri, place)
    return place
  }
}

/** A file as a URI that needs no network; empty for formats that no browser shows. */
export function dataUri(image: { bytes: Uint8Array; mimeType: string } | null): string {
  return image === null || image.mimeType === 'image/ktx2' ? '' : `data:${image.mimeType};base64,${Buffer.from(image.bytes).toString('base64')}`
}

/** Where a layer's textures lie on the picture plane, as two vertices far apart tell; `null` where others tell otherwise: the picture is bent. */
function canvasOf(uvs: Float32Array | null, points: Float32Array, { width, height }: { width: number; height: number }): ViewLayer['canvas'] {
  if (uvs === null) return [0, 0, width, height]
  const along = (axis: 0 | 1): [number, number] => {
    let first = 0
    let last = 0
    for (let i = 0; i < uvs.length / 2; i++) {
      if (uvs[2 * i + axis] < uvs[2 * first + axis]) first = i
      if (uvs[2 * i + axis] > uvs[2 * last + axis]) last = i
    }
    const size = (points[3 * last + axis] - points[3 * first + axis]) / (uvs[2 * last + axis] - uvs[2 * first + axis])
    return [points[3 * first + axis] - uvs[2 * first + axis] * size, size]
  }
  const [left, across] = along(0)
  const [top, down] = along(1)
  for (let i = 0; i < uvs.length / 2; i++) {
    if (Math.hypot(left + uvs[2 * i] * across - points[3 * i], top + uvs[2 * i + 1] * down - points[3 * i + 1]) > BENT) return null
  }
  return [left, top, across, down]
}
