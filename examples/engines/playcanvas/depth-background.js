import { Asset, Entity } from 'playcanvas'
import { chooseLevel } from '../choose-level.js'

/** A depth map in a PlayCanvas app: shows one level at a time and frees the one before it. Its GLBs are baked with `compression: "quantize"`. */
export class DepthBackground {
  /** To be added to the scene. */
  entity = new Entity('depth background')
  #app
  #wanted = -1
  #container
  /** The level that is shown, 0 = finest; −1 before the first. */
  level = -1

  constructor(app) {
    this.#app = app
  }

  /** Resolves when the level is shown, or a newer wish overtook it. A call with another asset, as a hot update brings one, replaces what is shown. */
  async show(asset, level) {
    this.asset = asset
    this.#wanted = level
    const overtaken = () => this.asset !== asset || this.#wanted !== level
    const container = await this.#load(asset.lods[level].url)
    if (overtaken()) return this.#free(container)
    this.#clear()
    this.entity.addChild(container.resource.instantiateRenderEntity())
    this.#container = container
    this.level = level
  }

  /** To be called each frame: goes for the level that is good enough for this camera. */
  update(camera) {
    const { x, y, z } = camera.getPosition()
    const view = { position: [x, y, z], fovY: (camera.camera.fov * Math.PI) / 180, height: this.#app.graphicsDevice.height }
    const level = chooseLevel(this.asset, view, this.#wanted)
    if (level !== this.#wanted) this.show(this.asset, level).catch(reportError)
  }

  dispose() {
    this.#wanted = this.level = -1
    this.#clear()
  }

  #clear() {
    this.entity.children[0]?.destroy()
    this.#free(this.#container)
    this.#container = undefined
  }

  #load(url) {
    const container = new Asset(url, 'container', { url, filename: 'level.glb' })
    return new Promise((resolve, reject) => {
      container.once('load', resolve)
      container.once('error', (message) => reject(new Error(`${url}: ${message}`)))
      this.#app.assets.add(container)
      this.#app.assets.load(container)
    })
  }

  #free(container) {
    if (!container) return
    container.unload()
    this.#app.assets.remove(container)
  }
}
