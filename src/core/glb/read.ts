import { type Accessor, Logger, type mat4, type Node, type Primitive, WebIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS } from '@gltf-transform/extensions'
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
  /** Three vertices per triangle. */
  indices: Uint32Array
}

/**
 * Reads the surfaces of a GLB, in its own space, transforms applied.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`; `INPUT_UNSUPPORTED` where there is no triangle, no normal or no UV.
 */
export async function readUnwrapped(glb: Uint8Array): Promise<UnwrappedMesh[]> {
  await MeshoptDecoder.ready
  const io = new WebIO().setLogger(new Logger(Logger.Verbosity.SILENT)).registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder })
  const document = await io.readBinary(glb).catch((cause: unknown) => {
    throw new DepthMeshError('INPUT_UNREADABLE', 'expected a GLB', { hint: 'Export the mesh as binary glTF (.glb).', cause })
  })
  const meshes: UnwrappedMesh[] = []
  for (const node of document.getRoot().listNodes()) {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) if (primitive.getMode() === TRIANGLES) meshes.push(unwrapped(node, primitive))
  }
  if (meshes.length === 0) throw new DepthMeshError('INPUT_UNSUPPORTED', 'expected triangles in the GLB, found none', { hint: 'Export the mesh itself, as triangles.' })
  return meshes
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
  const indices = primitive.getIndices()?.getArray()
  return {
    positions: eachElement(position, 3, ([x, y, z]) => [0, 1, 2].map((row) => matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z + matrix[12 + row])),
    normals: eachElement(normal, 3, (n) => unit(byCofactors(matrix, n))),
    tangents: tangent && eachElement(tangent, 4, ([x, y, z, w]) => [...unit([0, 1, 2].map((row) => matrix[row] * x + matrix[4 + row] * y + matrix[8 + row] * z)), w]),
    uvs: eachElement(uv, 2, (value) => value),
    indices: indices ? Uint32Array.from(indices) : Uint32Array.from({ length: position.getCount() }, (_, i) => i),
  }
}

/** Elements of an accessor, decoded and mapped. */
function eachElement(accessor: Accessor, size: number, map: (element: number[]) => number[]): Float32Array {
  const out = new Float32Array(accessor.getCount() * size)
  const element: number[] = []
  for (let i = 0; i < accessor.getCount(); i++) out.set(map(accessor.getElement(i, element)), i * size)
  return out
}

/** A normal under a matrix: cofactors keep it square to the surface when the scale is uneven. */
function byCofactors(m: mat4, [x, y, z]: readonly number[]): number[] {
  return [
    (m[5] * m[10] - m[6] * m[9]) * x + (m[6] * m[8] - m[4] * m[10]) * y + (m[4] * m[9] - m[5] * m[8]) * z,
    (m[2] * m[9] - m[1] * m[10]) * x + (m[0] * m[10] - m[2] * m[8]) * y + (m[1] * m[8] - m[0] * m[9]) * z,
    (m[1] * m[6] - m[2] * m[5]) * x + (m[2] * m[4] - m[0] * m[6]) * y + (m[0] * m[5] - m[1] * m[4]) * z,
  ]
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}
