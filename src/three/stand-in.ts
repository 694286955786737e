import { Camera, DataTexture, LinearFilter, LinearMipmapLinearFilter, type Mesh, type Object3D, type Scene, type WebGLRenderer } from 'three'
import type { GLTFParser } from 'three/examples/jsm/loaders/GLTFLoader.js'
import type { DepthAsset } from '../core/glb/manifest.js'
import { lookBeforeRender } from './before-render.js'
import { disposeScene } from './dispose.js'
import { texturesOf } from './textures.js'

const [BYTE, SHORT, UNSIGNED_SHORT, FLOAT] = [5120, 5122, 5123, 5126]
/** How positions and texture coordinates of levels lie in memory by default: those of reliefs are the same bytes. */
const [PERSPECTIVE_VERTEX, RELIEF_VERTEX] = [{ componentType: SHORT, byteStride: 8 }, { componentType: FLOAT, byteStride: 12 }]
const FRAME_VERTEX = { componentType: BYTE, byteStride: 4 }
/** Bytes of three vertices at most. */
const VERTICES = 3 * RELIEF_VERTEX.byteStride
/** Of a stand-in's pictures, pixels a side: mip levels are made of it, as of a level's. */
const PICTURE = 2

/** What is known of a level before its GLB is there. */
export type LevelLook = Pick<DepthAsset, 'lods' | 'material' | 'camera'>

/** Where a level will be drawn. */
export interface Surroundings {
  /** Its lights, fog and environment decide on the shader, along with what the renderer is set to when it draws the scene. */
  scene: Scene
  /** Compiles at once, without waiting for a frame. */
  renderer?: WebGLRenderer | undefined
  /** Changes the stand-in as it will change the level. */
  prepare?: ((scene: Object3D) => void) | undefined
  /** Told of each frame that draws the stand-in. */
  drawn: () => void
}

/**
 * Hangs in the scene in place of a level that is on its way: a triangle without area, with the material that the level will have. Frames that are drawn meanwhile make the
 * level's shader for it, and the pipeline of the GPU, which `compileAsync` alone does not. Without a GPU, that is 20 to 40 ms of a first frame.
 */
export class StandIn {
  #left = false
  #object: Object3D | undefined

  /** Resolves when it hangs in the scene, or won't any more. */
  readonly ready: Promise<void>

  constructor(asset: LevelLook, surroundings: Surroundings) {
    this.ready = this.#enter(asset, surroundings)
  }

  /** The level is there, in view or not: takes it out of the scene, so that frames don't draw it any more, and keeps what it has had made until it leaves. */
  retire(): void {
    const object = this.#object
    if (!object) return
    object.removeFromParent()
    object.traverse((node) => (node as Partial<Mesh>).geometry?.dispose())
    for (const texture of texturesOf(object)) texture.dispose()
  }

  /** Takes it out of the scene and frees it: programs that nothing else uses by now go with it. */
  leave(): void {
    this.#left = true
    if (this.#object) disposeScene(this.#object)
    this.#object = undefined
  }

  async #enter(asset: LevelLook, { scene, renderer, prepare, drawn }: Surroundings): Promise<void> {
    const object = await emptyLevel(asset)
    if (this.#left) return disposeScene(object)
    try {
      prepare?.(object)
    } catch (error) {
      disposeScene(object)
      throw error
    }
    object.traverse((node) => {
      hide(node)
      lookBeforeRender(node, drawn)
    })
    // (Compiling looks at the material until it is done: it is not freed before.)
    if (renderer) await compile(object, scene, renderer)
    if (this.#left) return disposeScene(object)
    this.#object = object
    scene.add(object)
  }
}

/** Resolves when it is compiled, where the browser tells; elsewhere `compileAsync` would warn, and the next frame waits. */
async function compile(object: Object3D, scene: Scene, renderer: WebGLRenderer): Promise<void> {
  const camera = new Camera()
  const compiled = renderer.extensions.has('KHR_parallel_shader_compile') ? renderer.compileAsync(object, camera, scene) : renderer.compile(object, camera, scene)
  // (Else it waits for the next frame.)
  renderer.getContext().flush()
  await compiled
}

/** Drawn wherever the camera looks, and nowhere else to be found: not by a box around the scene, not by a shadow. */
function hide(node: Object3D): void {
  const { geometry } = node as Partial<Mesh>
  node.frustumCulled = false
  node.castShadow = false
  geometry?.boundingBox?.makeEmpty()
}

/**
 * A scene as the loader makes it of a level, so that its material is the same in every release of three: a glTF document whose vertices are zeros, in the format that levels
 * have by default, since pipelines are made for that too (without a GPU 15 ms).
 */
async function emptyLevel({ lods, material: { lit, doubleSided }, camera }: LevelLook): Promise<Object3D> {
  const { GLTFLoader } = await import('three/examples/jsm/loaders/GLTFLoader.js')
  const vertex = camera ? PERSPECTIVE_VERTEX : RELIEF_VERTEX
  const frame = lit ? { NORMAL: 3, TANGENT: 4 } : {}
  const color = lods.every(({ textureSize }) => textureSize > 0) ? { baseColorTexture: { index: 0 } } : {}
  const document = {
    asset: { version: '2.0' },
    extensionsUsed: lit ? [] : ['KHR_materials_unlit'],
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ indices: 0, attributes: { POSITION: 1, TEXCOORD_0: 2, ...frame }, material: 0 }] }],
    accessors: [
      { type: 'SCALAR', componentType: UNSIGNED_SHORT, count: 3 },
      { type: 'VEC3', componentType: vertex.componentType, count: 3, bufferView: 0, min: [0, 0, 0], max: [0, 0, 0] },
      { type: 'VEC2', componentType: vertex.componentType, count: 3, bufferView: 0 },
      { type: 'VEC3', componentType: FRAME_VERTEX.componentType, normalized: true, count: 3, bufferView: 1 },
      { type: 'VEC4', componentType: FRAME_VERTEX.componentType, normalized: true, count: 3, bufferView: 1 },
    ],
    bufferViews: [vertex, FRAME_VERTEX].map(({ byteStride }) => ({ buffer: 0, byteLength: 3 * byteStride, byteStride })),
    materials: [
      { doubleSided, pbrMetallicRoughness: { metallicFactor: 0, ...color }, ...(lit ? { normalTexture: { index: 1 } } : { extensions: { KHR_materials_unlit: {} } }) },
    ],
    textures: [{}, {}],
  }
  const plugin = (_parser: GLTFParser) => ({
    name: 'depthmesh',
    loadTexture: () => Promise.resolve(emptyPicture()),
    loadBufferView: () => Promise.resolve(new ArrayBuffer(VERTICES)),
  })
  const { scene } = await new GLTFLoader().register(plugin).parseAsync(JSON.stringify(document), '')
  scene.name = 'depthmesh stand-in'
  scene.userData.standIn = true
  return scene
}

function emptyPicture(): DataTexture {
  const texture = new DataTexture(new Uint8Array(4 * PICTURE * PICTURE), PICTURE, PICTURE)
  texture.magFilter = LinearFilter
  texture.minFilter = LinearMipmapLinearFilter
  texture.generateMipmaps = true
  texture.needsUpdate = true
  return texture
}
