import { NodeIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS } from '@gltf-transform/extensions'
import { MeshoptDecoder } from 'meshoptimizer'
import { readPicture } from './stereo.js'

/**
 * What an engine draws of a GLB: every primitive in metres of the scene, with its decoded base colour.
 *
 * @param {Uint8Array} bytes
 * @returns {Promise<import('./rasterise.js').Layer[]>}
 */
export async function readLayers(bytes) {
  await MeshoptDecoder.ready
  const io = new NodeIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder })
  const document = await io.readBinary(bytes)
  const pictures = new Map()
  const layers = []
  for (const node of document.getRoot().listNodes()) {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) {
      const material = primitive.getMaterial()
      const texture = material?.getBaseColorTexture()
      if (!texture) throw new Error(`expected a base colour texture on "${material?.getName()}"`)
      if (!pictures.has(texture)) pictures.set(texture, await readPicture(texture.getImage()))
      const transform = material.getBaseColorTextureInfo().getExtension('KHR_texture_transform')
      layers.push({
        positions: worldPositions(primitive.getAttribute('POSITION'), node.getWorldMatrix()),
        uvs: textureCoordinates(primitive.getAttribute('TEXCOORD_0'), transform),
        indices: Uint32Array.from(primitive.getIndices().getArray()),
        texture: pictures.get(texture),
        doubleSided: material.getDoubleSided(),
        ...(material.getAlphaMode() === 'MASK' ? { alphaCutoff: material.getAlphaCutoff() } : {}),
      })
    }
  }
  return layers
}

function worldPositions(accessor, matrix) {
  const positions = new Float32Array(accessor.getCount() * 3)
  const element = []
  for (let i = 0; i < accessor.getCount(); i++) {
    const [x, y, z] = accessor.getElement(i, element)
    for (let axis = 0; axis < 3; axis++) positions[i * 3 + axis] = matrix[axis] * x + matrix[4 + axis] * y + matrix[8 + axis] * z + matrix[12 + axis]
  }
  return positions
}

function textureCoordinates(accessor, transform) {
  const [scaleU, scaleV] = transform?.getScale() ?? [1, 1]
  const [offsetU, offsetV] = transform?.getOffset() ?? [0, 0]
  if (transform && transform.getRotation() !== 0) throw new Error('expected a texture transform without rotation')
  const uvs = new Float32Array(accessor.getCount() * 2)
  const element = []
  for (let i = 0; i < accessor.getCount(); i++) {
    const [u, v] = accessor.getElement(i, element)
    uvs[i * 2] = u * scaleU + offsetU
    uvs[i * 2 + 1] = v * scaleV + offsetV
  }
  return uvs
}
