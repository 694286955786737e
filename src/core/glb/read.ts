import { type Accessor, type Document, Logger, type mat4, type Material, type Node, type Primitive, type Texture, WebIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS, type Transform } from '@gltf-transform/extensions'
import { MeshoptDecoder } from 'meshoptimizer'
import { DepthMeshError } from '../errors.js'

/** A surface of someone else's making, with UVs of its own. */
export interface UnwrappedMesh {
  /** x, y, z metres per vertex, in the file's space. */
  positions: Float32Array
  /** Unit x, y, z per vertex. */
  normals: Float32Array
  /** Unit x, y, z and handedness per vertex; `null` where the file has none. */
  tangents: Float32Array | null
  /** u, v per vertex, origin top left. */
  uvs: Float32Array
  /** Three vertices per triangle, counter-clockwise. */
  indices: Uint32Array
}

/**
 * Reads the surfaces of a GLB, in its own space, transforms applied.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`; `INPUT_UNSUPPORTED` where there is no triangle, no normal or no UV.
 */
export async function readUnwrapped(glb: Uint8Array): Promise<UnwrappedMesh[]> {
  const document = await open(glb)
  const meshes: UnwrappedMesh[] = []
  for (const node of document.getRoot().listNodes()) {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) if (primitive.getMode() === TRIANGLES) meshes.push(unwrapped(node, primitive))
  }
  if (meshes.length === 0) throw new DepthMeshError('INPUT_UNSUPPORTED', 'expected triangles in the GLB, found none', { hint: 'Export the mesh itself, as triangles.' })
  return meshes
}

/** A picture inside a GLB. */
export interface StoredImage {
  bytes: Uint8Array
  mimeType: string
}

/** A surface of a level that {@link writeGlb} wrote, as an engine gets it. */
export interface StoredLayer {
  role: 'front' | 'backdrop'
  /** x, y, z metres per vertex, in glTF space. */
  positions: Float32Array
  /** u, v per vertex, 0..1 across its pictures, origin top left; `null` where it has none. */
  uvs: Float32Array | null
  /** Three vertices per triangle. */
  indices: Uint32Array
  color: StoredImage | null
  normalMap: StoredImage | null
  lit: boolean
  doubleSided: boolean
}

/**
 * Reads the levels of a GLB of our own, fine → coarse, decoded: one in a GLB a level, all of them under `MSFT_lod`.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`
 */
export async function readLevels(glb: Uint8Array): Promise<StoredLayer[][]> {
  const document = await open(glb)
  const nodes = document.getRoot().listNodes().filter((node) => node.getMesh() !== null)
  const levels = nodes.map((node) => (node.getMesh()?.listPrimitives() ?? []).map((primitive) => storedLayer(node, primitive)))
  const triangles = (layers: readonly StoredLayer[]) => layers.reduce((count, { indices }) => count + indices.length, 0)
  return levels.sort((a, b) => triangles(b) - triangles(a))
}

async function open(glb: Uint8Array): Promise<Document> {
  await MeshoptDecoder.ready
  const io = new WebIO().setLogger(new Logger(Logger.Verbosity.SILENT)).registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder })
  // Copied: glTF-Transform lays arrays of floats over the bytes, which have to start at a multiple of four for that; those of a cache entry do not.
  return io.readBinary(Uint8Array.from(glb)).catch((cause: unknown) => {
    throw new DepthMeshError('INPUT_UNREADABLE', 'expected a GLB', { hint: 'Export the mesh as binary glTF (.glb).', cause })
  })
}

function storedLayer(node: Node, primitive: Primitive): StoredLayer {
  const position = primitive.getAttribute('POSITION')
  const uv = primitive.getAttribute('TEXCOORD_0')
  const material = primitive.getMaterial()
  if (position === null || material === null) throw new DepthMeshError('INPUT_UNREADABLE', 'expected a level that depthmesh wrote')
  const color = storedImage(material.getBaseColorTexture())
  const normalMap = storedImage(material.getNormalTexture())
  const transform = textureTransform(material)
  const [[scaleU, scaleV], [offsetU, offsetV]] = [transform?.getScale() ?? [1, 1], transform?.getOffset() ?? [0, 0]]
  return {
    role: material.getName().endsWith(' backdrop') ? 'backdrop' : 'front',
    positions: eachElement(position, 3, placedBy(node.getWorldMatrix())),
    uvs: uv && (color ?? normalMap) ? eachElement(uv, 2, ([u, v]) => [u * scaleU + offsetU, v * scaleV + offsetV]) : null,
    indices: indicesOf(primitive, position),
    color,
    normalMap,
    lit: material.getExtension('KHR_materials_unlit') === null,
    doubleSided: material.getDoubleSided(),
  }
}

function storedImage(texture: Texture | null): StoredImage | null {
  const bytes = texture?.getImage()
  return texture && bytes ? { bytes, mimeType: texture.getMimeType() } : null
}

function textureTransform(material: Material): Transform | null {
  const info = material.getBaseColorTextureInfo() ?? material.getNormalTextureInfo()
  return info?.getExtension<Transform>('KHR_texture_transform') ?? null
}

/** glTF's number for triangle lists. */
const TRIANGLES = 4

function unwrapped(node: Node, primitive: Primitive): UnwrappedMesh {
  const [position, normal, uv] = ['POSITION', 'NORMAL', 'TEXCOORD_0'].map((name) => primitive.getAttribute(name))
  if (!position || !normal || !uv) {
    const missing = [position ? '' : 'positions', normal ? '' : 'normals', uv ? '' : 'UVs'].filter((name) => name !== '').join(' and ')
    throw new DepthMeshError('INPUT_UNSUPPORTED', `expected positions, normals and UVs in the GLB, found no ${missing}`, { hint: 'Unwrap the mesh, and switch normals and UVs on in the glTF export.' })
  }
  const tangent = primitive.getAttribute('TANGENT')
  const matrix = node.getWorldMatrix()
  return {
    positions: eachElement(position, 3, placedBy(matrix)),
    normals: eachElement(normal, 3, (n) => unit(byCofactors(matrix, n))),
    tangents: tangent && eachElement(tangent, 4, ([x, y, z, w]) => [...unit([0, 1, 2].map((row) => matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z)), w]),
    uvs: eachElement(uv, 2, (value) => value),
    // Mirrored triangles are clockwise, unless they are read backward.
    indices: isMirrored(matrix) ? indicesOf(primitive, position).reverse() : indicesOf(primitive, position),
  }
}

function placedBy(matrix: mat4): (point: number[]) => number[] {
  return ([x, y, z]) => [0, 1, 2].map((row) => matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z + matrix[12 + row])
}

function indicesOf(primitive: Primitive, position: Accessor): Uint32Array {
  const indices = primitive.getIndices()?.getArray()
  return indices ? Uint32Array.from(indices) : Uint32Array.from({ length: position.getCount() }, (_, i) => i)
}

/** Elements of an accessor, decoded and mapped. */
function eachElement(accessor: Accessor, size: number, map: (element: number[]) => number[]): Float32Array {
  const out = new Float32Array(accessor.getCount() * size)
  const element: number[] = []
  for (let i = 0; i < accessor.getCount(); i++) out.set(map(accessor.getElement(i, element)), i * size)
  return out
}

/** A normal under a matrix: cofactors keep it square to the surface when the scale is uneven. They turn it over where the matrix mirrors, which engines don't. */
function byCofactors(m: mat4, [x, y, z]: readonly number[]): number[] {
  const side = isMirrored(m) ? -1 : 1
  return [
    side * ((m[5] * m[10] - m[6] * m[9]) * x + (m[2] * m[9] - m[1] * m[10]) * y + (m[1] * m[6] - m[2] * m[5]) * z),
    side * ((m[6] * m[8] - m[4] * m[10]) * x + (m[0] * m[10] - m[2] * m[8]) * y + (m[2] * m[4] - m[0] * m[6]) * z),
    side * ((m[4] * m[9] - m[5] * m[8]) * x + (m[1] * m[8] - m[0] * m[9]) * y + (m[0] * m[5] - m[1] * m[4]) * z),
  ]
}

/** Whether a matrix mirrors: its determinant is negative. */
function isMirrored(m: mat4): boolean {
  return m[0] * (m[5] * m[10] - m[6] * m[9]) + m[4] * (m[2] * m[9] - m[1] * m[10]) + m[8] * (m[1] * m[6] - m[2] * m[5]) < 0
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}
