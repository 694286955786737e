import type { Object3D } from 'three'
import type { DepthAsset, DepthLod } from '../core/glb/manifest.js'
import { disposeScene } from './dispose.js'

/**
 * Loads the GLB of a level, or copies what is loaded of it. Once `signal` is aborted, the result is not wanted any more: before it is there, or when it is given up.
 *
 * @param arriving told, where the loader can tell, when the line will be free by the time that another request is answered
 */
export type LoadGlb = (lod: DepthLod, signal: AbortSignal, arriving?: () => void) => Promise<Object3D>

interface Load {
  scene: Promise<Object3D>
  controller: AbortController
  done: boolean
  /** Not wanted any more: what it failed of then says nothing. */
  dropped: boolean
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

  /** Begins with a level, and asks for another one as soon as that doesn't slow the first. */
  begin(level: number, next: number): void {
    const { lods } = this.asset
    const load = this.#start(lods[level], () => {
      if (!load.controller.signal.aborted && !this.#loads.has(lods[next].url)) this.#start(lods[next])
    })
  }

  /** The scene of a level. Gives up levels that are still on their way: the newest wish gets the whole line. */
  async load(level: number): Promise<Object3D> {
    const lod = this.asset.lods[level]
    const { url } = lod
    for (const [other, load] of this.#loads) if (other !== url && !load.done) this.#drop(other, load)
    const load = this.#loads.get(url) ?? this.#start(lod)
    try {
      return await load.scene
    } catch (error) {
      if (!load.dropped) this.failed.add(level)
      if (this.#loads.get(url) === load) this.#loads.delete(url)
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

  #start(lod: DepthLod, arriving?: () => void): Load {
    const controller = new AbortController()
    const load: Load = { scene: this.#loadGlb(lod, controller.signal, arriving), controller, done: false, dropped: false }
    this.#loads.set(lod.url, load)
    // (What fails is told to those who ask for it; what was taken for it is let go, its shared pictures say.)
    load.scene.then(
      () => (load.done = true),
      () => controller.abort(),
    )
    return load
  }

  #drop(url: string, load: Load): void {
    this.#loads.delete(url)
    load.dropped = true
    load.controller.abort()
    load.scene.then(disposeScene, () => {})
  }
}
