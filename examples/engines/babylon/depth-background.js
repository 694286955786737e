import { LoadAssetContainerAsync } from '@babylonjs/core/Loading/sceneLoader.js'
import { MeshoptCompression } from '@babylonjs/core/Meshes/Compression/meshoptCompression.js'
import { registerBuiltInLoaders } from '@babylonjs/loaders/dynamic.js'
import { MeshoptDecoder } from 'meshoptimizer/decoder'
import { chooseLevel } from '../choose-level.js'

registerBuiltInLoaders()
// Babylon.js fetches the decoder of meshopt from its CDN and expects it in this global. Here it comes with the page.
globalThis.MeshoptDecoder = MeshoptDecoder
MeshoptCompression.Configuration = { decoder: { url: 'data:text/javascript,' } }

/** A depth map in a Babylon.js scene: shows one level at a time and frees the one before it. */
export class DepthBackground {
  #scene
  #wanted = -1
  #container
  /** The level that is shown, 0 = finest; −1 before the first. */
  level = -1

  constructor(scene) {
    this.#scene = scene
  }

  /** Resolves when the level is shown, or a newer wish overtook it. A call with another asset, as a hot update brings one, replaces what is shown. */
  async show(asset, level) {
    this.asset = asset
    this.#wanted = level
    const overtaken = () => this.asset !== asset || this.#wanted !== level
    const container = await LoadAssetContainerAsync(asset.lods[level].url, this.#scene, { pluginOptions: { gltf: { compileMaterials: true } } })
    if (overtaken()) return container.dispose()
    container.addAllToScene()
    this.#container?.dispose()
    this.#container = container
    this.level = level
  }

  /** To be called each frame: goes for the level that is good enough for this camera. */
  update(camera) {
    const view = { position: camera.globalPosition.asArray(), fovY: camera.fov, height: this.#scene.getEngine().getRenderHeight() }
    const level = chooseLevel(this.asset, view, this.#wanted)
    if (level !== this.#wanted) this.show(this.asset, level).catch(reportError)
  }

  dispose() {
    this.#wanted = this.level = -1
    this.#container?.dispose()
    this.#container = undefined
  }
}
