import { Group, Vector2, Vector3, type Camera, type Object3D, type Scene, type WebGLRenderer } from 'three'
import type { DepthAsset, LiveDepthAsset } from '../core/glb/manifest.js'
import type { DepthMaterial } from '../core/glb/material.js'
import { lookBeforeRender } from './before-render.js'
import { LevelChain, type LoadGlb } from './chain.js'
import { chooseLevel, screenError, viewOf } from './level.js'
import { StandIn } from './stand-in.js'
import { applySettings } from './textures.js'

/** Height of the drawing buffer until the first frame tells the true one, pixels. */
const ASSUMED_VIEWPORT_HEIGHT = 1080

export interface DepthBackgroundOptions {
  /** The finest level to show: 0 (default) is the finest there is. */
  target?: number | undefined
  /**
   * The scene that it will be shown in. Until the first level is there, an unseen stand-in with the level's material hangs in it, so that frames which are drawn meanwhile
   * make the shader ready while the bytes are on their way. `object` is yours to add.
   */
  scene?: Scene | undefined
  /** The `WebGLRenderer` that will draw it. It compiles the stand-in's shader without waiting for a frame and, with the default loader, takes textures as soon as they are decoded; one of another kind does neither. */
  renderer?: WebGLRenderer | undefined
  /**
   * Called once with the scene of each level before it is first shown, after hot updates too: the place to change materials or layers. With `scene`, it is called for the stand-in
   * first, whose `userData.standIn` is `true`.
   *
   * Nodes and materials are this background's own. Geometries and textures are shared by all that show the same level: put a clone in place of one that is to differ, which is
   * freed with the background. A texture of the page's leaves the GPU with it, until something draws it again; its picture stays open.
   */
  prepare?: ((scene: Object3D, level: number) => void) | undefined
  /** Told when a level or a hot update can't be loaded; what was on screen stays there. Without it, `reportError` is. */
  onError?: ((error: unknown) => void) | undefined
}

/** A depth map on screen: shows one level of its chain, and changes it without a gap. */
export class DepthBackground {
  /** To be added to the scene. Holds the level that is shown. */
  readonly object = new Group()
  /** Resolves once the target level is shown: `target`, or what `update` chose since. Rejects when that can't be loaded, or was stopped. */
  readonly ready: Promise<void>

  readonly #loadGlb: LoadGlb
  readonly #options: DepthBackgroundOptions
  #chain: LevelChain
  /** A hot update on its way. */
  #incoming: LevelChain | undefined
  #scene: Object3D | undefined
  #standIn: StandIn | undefined
  readonly #prepared = new WeakSet<Object3D>()
  #shown = -1
  #wanted: number
  #stopped: { reason: unknown } | undefined
  #unsubscribe: (() => void) | undefined
  #settleReady!: { resolve: () => void; reject: (reason: unknown) => void }
  #viewportHeight = ASSUMED_VIEWPORT_HEIGHT
  readonly #scratch = new Vector3()
  readonly #bufferSize = new Vector2()

  /** For {@link loadDepthBackground}: nothing is loaded yet. */
  constructor(asset: LiveDepthAsset, loadGlb: LoadGlb, options: DepthBackgroundOptions = {}) {
    this.#loadGlb = loadGlb
    this.#options = options
    this.#chain = new LevelChain(asset, loadGlb)
    this.#wanted = asset.lods.length - 1
    this.object.name = asset.name
    this.ready = new Promise((resolve, reject) => (this.#settleReady = { resolve, reject }))
    this.ready.catch(() => {}) // for those who don't ask
    this.#unsubscribe = asset.hot?.subscribe((next) => void this.#follow(next))
  }

  /** What is shown: after a hot update, the newest state. */
  get asset(): DepthAsset {
    return this.#chain.asset
  }

  /** The level that is shown, 0 = finest; −1 before the first and after `dispose`. */
  get level(): number {
    return this.#shown
  }

  /** Shows the coarsest level, then goes straight for the target: walking the chain takes nearly twice as long. */
  async start(): Promise<void> {
    const coarsest = this.asset.lods.length - 1
    this.#chain.begin(coarsest, this.#finest())
    this.#standBy(coarsest)
    const shown = this.show(coarsest)
    // (What fails the level as well is told by it.)
    this.#standIn?.ready.catch((error: unknown) => shown.then(() => this.#stopped ?? this.#report(error), () => {}))
    await shown
    void this.#pursue(this.#finest())
  }

  /**
   * Picks the level by its error on the player's screen and switches when that level has arrived. Call it each frame.
   * Matrices are taken as the last rendered frame left them.
   */
  update(camera: Camera): void {
    const { asset, failed } = this.#chain
    // (All levels of a draft are one file: what was chosen before holds for the whole that follows.)
    if (this.#shown < 0 || this.#stopped !== undefined || asset.draft) return
    const view = viewOf(asset, this.object, camera, this.#viewportHeight, this.#scratch)
    const errors = asset.lods.map((lod, level) => (failed.has(level) ? NaN : screenError(asset, lod, view)))
    const chosen = chooseLevel(errors, this.#wanted, this.#finest())
    if (chosen !== this.#wanted) void this.#pursue(chosen)
  }

  /** Shows one level until `update` or another call asks for a different one. Resolves when it is shown, or a newer wish overtook it. */
  async show(level: number): Promise<void> {
    this.#throwIfStopped()
    const chain = this.#chain
    const wanted = (this.#wanted = Math.min(Math.max(0, level), chain.asset.lods.length - 1))
    const overtaken = () => this.#chain !== chain || this.#wanted !== wanted
    try {
      const scene = await chain.load(wanted)
      this.#throwIfStopped()
      if (!overtaken()) this.#stage(scene, wanted)
    } catch (error) {
      this.#throwIfStopped()
      if (overtaken()) return
      this.#wanted = Math.max(this.#shown, 0)
      throw error
    }
  }

  /** Stops loading for good. What is shown stays. */
  stop(reason: unknown): void {
    if (this.#stopped !== undefined) return
    this.#stopped = { reason }
    this.#unsubscribe?.()
    this.#incoming?.dispose()
    this.#incoming = undefined
    this.#chain.stop()
    this.#standDown()
    this.#settleReady.reject(reason)
  }

  /** Takes the object out of the scene and frees all that was loaded, on the GPU and off it. */
  dispose(): void {
    this.stop(new DOMException('The background was disposed.', 'AbortError'))
    this.#chain.dispose()
    this.#scene = undefined
    this.#shown = -1
    this.object.removeFromParent()
    this.object.clear()
  }

  /** Shows a level; its arrival or failure settles `ready`, which only the first of them can. */
  async #pursue(level: number): Promise<void> {
    try {
      await this.show(level)
      if (this.#shown === this.#wanted) this.#settleReady.resolve()
    } catch (error) {
      if (this.#stopped !== undefined) return
      this.#settleReady.reject(error)
      this.#report(error)
    }
  }

  #throwIfStopped(): void {
    if (this.#stopped !== undefined) throw this.#stopped.reason
  }

  /** Loads a newer state of the asset beside the old one and swaps when it is there. The last good mesh outlives a failure. */
  async #follow(next: DepthAsset): Promise<void> {
    this.#incoming?.dispose()
    const incoming = (this.#incoming = new LevelChain(next, this.#loadGlb))
    const level = Math.min(this.#wanted, next.lods.length - 1)
    try {
      const scene = await incoming.load(level)
      if (this.#incoming !== incoming) return
      const old = this.#chain
      this.#chain = incoming
      this.#incoming = undefined
      this.#wanted = level
      this.#stage(scene, level)
      old.dispose()
    } catch (error) {
      if (this.#incoming !== incoming) return
      this.#incoming = undefined
      incoming.dispose()
      this.#report(error)
    }
  }

  #stage(scene: Object3D, level: number): void {
    if (scene !== this.#scene) {
      if (!this.#prepared.has(scene)) this.#prepare(scene, level)
      this.#scene?.removeFromParent()
      this.object.add(scene)
      this.#scene = scene
    }
    this.#shown = level
  }

  #prepare(scene: Object3D, level: number): void {
    applySettings(scene, () => this.#options.prepare?.(scene, level))
    scene.traverse((node) => lookBeforeRender(node, (renderer) => this.#measure(renderer)))
    this.#prepared.add(scene)
  }

  #measure(renderer: WebGLRenderer): void {
    this.#viewportHeight = renderer.getDrawingBufferSize(this.#bufferSize).y
    // (When this frame is drawn: until then nothing else uses the program.)
    if (this.#standIn) queueMicrotask(() => this.#standDown())
  }

  #standBy(level: number): void {
    const { scene, renderer, prepare } = this.#options
    const { lods, material, camera } = this.asset as Omit<DepthAsset, 'material'> & { material?: DepthMaterial }
    // (A manifest that is written by hand, or is older, may not say what its levels are made of.)
    if (!scene || !material) return
    const standIn = new StandIn(
      { lods, material, camera },
      // (After the frame: it may be the one that draws the level too.)
      { scene, renderer, prepare: prepare && ((object) => prepare(object, level)), drawn: () => this.#shown >= 0 && queueMicrotask(() => standIn.retire()) },
    )
    this.#standIn = standIn
  }

  #standDown(): void {
    this.#standIn?.leave()
    this.#standIn = undefined
  }

  #finest(): number {
    return Math.max(0, Math.min(this.#options.target ?? 0, this.asset.lods.length - 1))
  }

  #report(error: unknown): void {
    if (this.#options.onError) this.#options.onError(error)
    else reportError(error)
  }
}
