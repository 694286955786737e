import { Logger, WebIO, type Primitive } from '@gltf-transform/core'
import { ALL_EXTENSIONS, type Transform } from '@gltf-transform/extensions'
import { MeshoptDecoder } from 'meshoptimizer'
import { renamePictures } from '../../src/core/glb/pictures.js'

/** A primitive as an engine sees it. */
export interface SeenPrimitive {
  name: string
  /** x, y, z metres. */
  positions: Float64Array
  /** u, v after `KHR_texture_transform`, origin top left. */
  uvs: Float64Array
  indices: Uint32Array
}

/** Reads the primitives of all meshes in a GLB's scene: decompressed, dequantised, placed by their nodes. Pictures in other files are left out. */
export async function readLevel(glb: Uint8Array): Promise<SeenPrimitive[]> {
  await MeshoptDecoder.ready
  const io = new WebIO().setLogger(new Logger(Logger.Verbosity.SILENT)).registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder })
  const document = await io.readBinary(renamePictures(glb, () => 'data:image/webp;base64,') as Uint8Array<ArrayBuffer>)
  const primitives: SeenPrimitive[] = []
  for (const scene of document.getRoot().listScenes()) {
    scene.traverse((node) => {
      for (const primitive of node.getMesh()?.listPrimitives() ?? []) primitives.push(seen(primitive, node.getWorldMatrix()))
    })
  }
  return primitives
}

function seen(primitive: Primitive, m: readonly number[]): SeenPrimitive {
  const position = primitive.getAttribute('POSITION')
  const uv = primitive.getAttribute('TEXCOORD_0')
  const index = primitive.getIndices()
  const material = primitive.getMaterial()
  if (!position || !uv || !index || !material) throw new Error('a primitive lacks positions, UVs, indices or its material')
  const transform = material.getBaseColorTextureInfo()?.getExtension<Transform>('KHR_texture_transform')
  const [scale, offset] = [transform?.getScale() ?? [1, 1], transform?.getOffset() ?? [0, 0]]
  const count = position.getCount()
  const positions = new Float64Array(count * 3)
  const uvs = new Float64Array(count * 2)
  for (let i = 0; i < count; i++) {
    const [x, y, z] = position.getElement(i, [0, 0, 0])
    for (let j = 0; j < 3; j++) positions[i * 3 + j] = m[j] * x + m[4 + j] * y + m[8 + j] * z + m[12 + j]
    const stored = uv.getElement(i, [])
    for (let j = 0; j < 2; j++) uvs[i * 2 + j] = stored[j] * scale[j] + offset[j]
  }
  return { name: material.getName(), positions, uvs, indices: Uint32Array.from(index.getArray() ?? []) }
}
