// The stage of engines.test.ts in Babylon.js: the background of the example, and GLBs with all levels.
import { glObjects, readPixels } from './gl-objects.js'
import { FreeCamera } from '@babylonjs/core/Cameras/freeCamera.js'
import { Engine } from '@babylonjs/core/Engines/engine.js'
import { DirectionalLight } from '@babylonjs/core/Lights/directionalLight.js'
import '@babylonjs/core/Loading/loadingScreen.js'
import { AppendSceneAsync, SceneLoader } from '@babylonjs/core/Loading/sceneLoader.js'
import { Color4 } from '@babylonjs/core/Maths/math.color.js'
import { Vector3 } from '@babylonjs/core/Maths/math.vector.js'
import { Scene } from '@babylonjs/core/scene.js'
import { DepthBackground } from '../../examples/engines/babylon/depth-background.js'

let engine, scene, background

globalThis.stage = {
  glObjects,
  open({ width, height, fovY, position, light: toward, background: color, leftHanded = false }) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    document.body.append(canvas)
    engine = new Engine(canvas, true, { preserveDrawingBuffer: true })
    scene = new Scene(engine)
    scene.useRightHandedSystem = !leftHanded
    scene.clearColor = Color4.FromHexString(`${color}ff`)
    // In Babylon's own left-handed space the loader mirrors x.
    const place = ([x, y, z]) => new Vector3(leftHanded ? -x : x, y, z)
    const camera = new FreeCamera('camera', place(position), scene)
    camera.setTarget(camera.position.add(new Vector3(0, 0, -1)))
    camera.fov = (fovY * Math.PI) / 180
    camera.minZ = 0.1
    camera.maxZ = 1000
    new DirectionalLight('sun', place(toward).scale(-1), scene).intensity = Math.PI
    background = new DepthBackground(scene)
  },
  show: (asset, level) => background.show(asset, level),
  async look() {
    await scene.whenReadyAsync()
    scene.render()
    return readPixels(engine.getRenderingCanvas())
  },
  dispose: () => background.dispose(),
  /** Loads a GLB with all levels by ranges of bytes; what is on screen as each of them arrives, coarse → fine, and in the end. */
  async showAllLevels(url) {
    const looks = []
    let looking = Promise.resolve()
    SceneLoader.OnPluginActivatedObservable.addOnce((loader) => {
      loader.onExtensionLoadedObservable.add((extension) => {
        if (extension.name !== 'MSFT_lod') return
        extension.onNodeLODsLoadedObservable.add((index) => {
          // At once: while the picture is drawn, the next level may arrive.
          const shown = scene.meshes.filter((mesh) => mesh.isEnabled() && mesh.getTotalVertices() > 0)
          const look = { index, triangles: shown.reduce((sum, mesh) => sum + mesh.getTotalIndices() / 3, 0) }
          looks.push(look)
          looking = looking.then(async () => (look.pixels = await stage.look()))
        })
      })
      looks.complete = new Promise((resolve) => loader.onCompleteObservable.addOnce(resolve))
    })
    await AppendSceneAsync(url, scene, { pluginOptions: { gltf: { useRangeRequests: true, compileMaterials: true } } })
    await looks.complete
    await looking
    return [...looks]
  },
}
document.title = 'ready'
