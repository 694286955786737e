import { Document, WebIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS, EXTTextureWebP, KHRMaterialsUnlit } from '@gltf-transform/extensions'
import { meshopt } from '@gltf-transform/functions'
import { MeshoptDecoder, MeshoptEncoder } from 'meshoptimizer'
import type { Mesh } from '../mesh/unproject.js'
import type { Settings } from '../options.js'
import type { EncodedImage } from '../texture/encode.js'
import type { SourceCamera } from './manifest.js'

export interface GlbContent {
  name: string
  mesh: Mesh
  color: EncodedImage | null
  camera: SourceCamera | null
}

/** Writes one level as a self-contained GLB. */
export async function writeGlb(content: GlbContent, settings: Settings): Promise<Uint8Array> {
  const document = new Document()
  const buffer = document.createBuffer()
  const { mesh } = content
  const primitive = document
    .createPrimitive()
    .setAttribute('POSITION', document.createAccessor().setType('VEC3').setArray(mesh.positions as Float32Array<ArrayBuffer>).setBuffer(buffer))
    .setAttribute('TEXCOORD_0', document.createAccessor().setType('VEC2').setArray(mesh.uvs as Float32Array<ArrayBuffer>).setBuffer(buffer))
    .setIndices(document.createAccessor().setType('SCALAR').setArray(mesh.indices as Uint32Array<ArrayBuffer>).setBuffer(buffer))
  const material = document.createMaterial(content.name).setRoughnessFactor(1).setMetallicFactor(0)
  material.setExtension('KHR_materials_unlit', document.createExtension(KHRMaterialsUnlit).createUnlit())
  if (content.color) {
    document.createExtension(EXTTextureWebP).setRequired(true)
    material.setBaseColorTexture(document.createTexture('color').setImage(content.color.bytes as Uint8Array<ArrayBuffer>).setMimeType(content.color.mimeType))
  }
  primitive.setMaterial(material)
  const scene = document.createScene(content.name)
  scene.addChild(document.createNode(content.name).setMesh(document.createMesh(content.name).addPrimitive(primitive)))
  if (content.camera) {
    const camera = document
      .createCamera('source view')
      .setType('perspective')
      .setYFov((content.camera.fovY * Math.PI) / 180)
      .setAspectRatio(content.camera.aspect)
      .setZNear(content.camera.near)
      .setZFar(content.camera.far)
    scene.addChild(document.createNode('source view').setCamera(camera))
  }
  if (settings.compression === 'meshopt') {
    await MeshoptEncoder.ready
    await document.transform(meshopt({ encoder: MeshoptEncoder, level: 'high' }))
  }
  const io = new WebIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.encoder': MeshoptEncoder, 'meshopt.decoder': MeshoptDecoder })
  return io.writeBinary(document)
}
