// The stage of engines.test.ts in three: the package's own background, as it ships.
import { glObjects, readPixels } from './gl-objects.js'
import { Color, DirectionalLight, PerspectiveCamera, Scene, WebGLRenderer } from 'three'
import { loadDepthBackground } from 'depthmesh/three'

let renderer, scene, camera, light, background

globalThis.stage = {
  glObjects,
  open({ width, height, fovY, position, light: toward, background: color }) {
    renderer = new WebGLRenderer({ antialias: true, preserveDrawingBuffer: true })
    renderer.setSize(width, height)
    document.body.append(renderer.domElement)
    scene = new Scene()
    scene.background = new Color(color)
    camera = new PerspectiveCamera(fovY, width / height, 0.1, 1000)
    camera.position.set(...position)
    light = new DirectionalLight('#fff', Math.PI)
    light.position.set(...toward)
    scene.add(light)
  },
  async show(asset, level) {
    if (background?.asset !== asset) {
      background?.dispose()
      background = await loadDepthBackground(asset, { target: level })
      scene.add(background.object)
    }
    await background.show(level)
  },
  look() {
    renderer.render(scene, camera)
    return readPixels(renderer.domElement)
  },
  dispose() {
    background.dispose()
    background = undefined
  },
}
document.title = 'ready'
