import type { Material, Mesh, Object3D, Texture } from 'three'
import type { DepthAsset } from '../core/glb/manifest.js'

/** Loads one GLB. Once `signal` is aborted, the result is not wanted any more. */
export type LoadGlb = (url: string, signal: AbortSignal) => Promise<Object3D>

interface Load {
  scene: Promise<Object3D>
  controller: AbortController
  done: boolean
}

/** The levels of one state of an asset: each is loaded once, kept for switching back, and given up all together. */
export class LevelChain {
  readonly asset: DepthAsset
  readonly #loadGlb: LoadGlb
  /** By URL: under `container: "msft_lod"` all levels share one. */
  readonly #loads = new Map<string, Load>()
  /** Levels that could not be loaded: not asked for again. */
  readonly failed = new Set<number>()

  constructor(asset: DepthAsset, loadGlb: LoadGlb) {
    this.asset = asset
    this.#loadGlb = loadGlb
  }

  /** The scene of a level. Gives up levels that are still on their way: the newest wish gets the whole line. */
  async load(level: number): Promise<Object3D> {
    const { url } = this.asset.lods[level]
    for (const [other, load] of this.#loads) if (other !== url && !load.done) this.#drop(other, load)
    const { scene, controller } = this.#loads.get(url) ?? this.#start(url)
    try {
      return await scene
    } catch (error) {
      if (!controller.signal.aborted) this.failed.add(level)
      throw error
    }
  }

  /** Gives up what is still on its way. */
  stop(): void {
    for (const [url, load] of this.#loads) if (!load.done) this.#drop(url, load)
  }

  dispose(): void {
    for (const [url, load] of this.#loads) this.#drop(url, load)
  }

  #start(url: string): Load {
    const controller = new AbortController()
    const load: Load = { scene: this.#loadGlb(url, controller.signal), controller, done: false }
    this.#loads.set(url, load)
    load.scene.then(
      () => (load.done = true),
      () => this.#loads.delete(url),
    )
    return load
  }

  #drop(url: string, { scene, controller }: Load): void {
    this.#loads.delete(url)
    controller.abort()
    scene.then(disposeScene, () => {})
  }
}

/** Frees geometries, materials and every texture, decoded pictures included: three itself leaves the pictures to the garbage collector. */
export function disposeScene(scene: Object3D): void {
  scene.removeFromParent()
  scene.traverse((node) => {
    const { geometry, material } = node as Partial<Mesh>
    geometry?.dispose()
    for (const each of [material ?? []].flat()) disposeMaterial(each)
  })
}

function disposeMaterial(material: Material): void {
  for (const value of Object.values(material)) {
    if ((value as Texture | null)?.isTexture !== true) continue
    const texture = value as Texture
    texture.dispose()
    ;(texture.source.data as Partial<ImageBitmap> | null)?.close?.()
  }
  material.dispose()
}
