import type { GLTF } from '@gltf-transform/core'
import type { SourceCamera } from '../camera.js'
import type { LevelError } from '../mesh/error/error.js'
import type { CellRow, PixelSurface } from '../mesh/pixel-surface.js'
import type { Settings } from '../options.js'
import type { EncodedImage } from '../texture/encode.js'
import { glbHead, readJson } from './pictures.js'
import type { Pieces } from './pieces.js'
import { writeGlb } from './write.js'

export interface PixelGlbContent {
  name: string
  surface: PixelSurface
  color: EncodedImage | null
  /** The source view; `null` for orthographic maps. */
  camera: SourceCamera | null
}

/** Of a mesh with a vertex a pixel. */
const EXACT: LevelError = { metres: 0, pixels: 0, p99: { metres: 0, pixels: 0 } }
/** Whole numbers of 32 bits, in glTF. */
const UNSIGNED_INT = 5125

/**
 * Writes the full-resolution surface as an uncompressed GLB, without extensions but the unlit material.
 *
 * glTF-Transform would hold all of it a few times over. So it writes one triangle with the same material, picture and camera, and what is counted in that
 * document is counted anew.
 */
export async function writePixelGlb({ name, surface, color, camera }: PixelGlbContent, settings: Settings): Promise<Pieces> {
  const { width, height, vertices, quads, triangles, bounds, rows, cells } = surface
  const mesh = { positions: Float32Array.of(0, 0, -1, 1, 0, -1, 0, 1, -1), uvs: Float32Array.of(0.5, 0.5, 1, 0.5, 0.5, 0), indices: Uint32Array.of(0, 1, 2) }
  const content = { name, layers: [{ role: 'front', mesh, color, normalMap: null } as const], camera, map: { width, height, relief: 1 }, error: EXACT }
  const { bytes } = await writeGlb([content], { ...settings, compression: 'none', shading: 'unlit' })
  const { json, binary } = readJson(bytes)

  const { accessors = [], bufferViews = [], buffers = [], meshes = [], images = [] } = json
  const [{ indices, attributes: { POSITION: position, TEXCOORD_0: uv } }] = meshes[0].primitives
  const pictures = images.map(({ bufferView }) => bufferViews[bufferView as number])
  const stored = pictures.map(({ byteOffset = 0, byteLength }) => padded(bytes.subarray(binary + byteOffset, binary + byteOffset + byteLength)))
  let length = 0
  const lay = (view: GLTF.IBufferView, bytes: number): void => {
    Object.assign(view, { byteOffset: length, byteLength: bytes })
    length += Math.ceil(bytes / 4) * 4
  }
  const fill = (accessor: number, more: Partial<GLTF.IAccessor> & { count: number }, bytes: number): void => {
    Object.assign(accessors[accessor], more)
    lay(bufferViews[accessors[accessor].bufferView as number], bytes * more.count)
  }
  fill(indices as number, { componentType: UNSIGNED_INT, count: 3 * (2 * quads + triangles) }, 4)
  fill(position, { count: vertices, ...bounds }, 12)
  fill(uv, { count: vertices }, 8)
  for (const view of pictures) lay(view, view.byteLength)
  buffers[0].byteLength = length
  const head = glbHead(json, length)

  return function* pieces() {
    yield head
    for (const row of cells()) yield bytesOf(trianglesOf(row))
    for (const { positions, has } of rows()) yield bytesOf(chosen(positions, 3, has))
    for (const { uvs, has } of rows()) yield bytesOf(chosen(uvs, 2, has))
    yield* stored
  }
}

/** Two triangles a cell, one where a corner is missing; counter-clockwise as seen from the front. */
function trianglesOf({ upper, lower }: CellRow): Uint32Array {
  const indices = new Uint32Array(6 * upper.length)
  let count = 0
  const add = (a: number, b: number, c: number): void => {
    indices[count++] = a
    indices[count++] = b
    indices[count++] = c
  }
  for (let x = 0; x < upper.length - 1; x++) {
    // a d
    // b c
    const [a, b, c, d] = [upper[x], lower[x], lower[x + 1], upper[x + 1]]
    const missing = +(a < 0) + +(b < 0) + +(c < 0) + +(d < 0)
    if (missing > 1) continue
    if (c < 0) add(a, b, d)
    else if (a < 0) add(b, c, d)
    else if (b < 0) add(a, c, d)
    else if (d < 0) add(a, b, c)
    else {
      add(a, b, d)
      add(d, b, c)
    }
  }
  return indices.subarray(0, count)
}

/** The values of the pixels that have a vertex, `size` of them each. */
function chosen(values: Float32Array, size: number, has: Uint8Array): Float32Array {
  if (!has.includes(0)) return values
  const kept = new Float32Array(values.length)
  let count = 0
  for (let x = 0; x < has.length; x++) {
    if (has[x] === 0) continue
    for (let i = 0; i < size; i++) kept[count++] = values[x * size + i]
  }
  return kept.subarray(0, count)
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A copy that ends at a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  whole.set(bytes)
  return whole
}
