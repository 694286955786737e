// The stage of engines.test.ts in PlayCanvas: the background of the example.
import { glObjects, readPixels } from './gl-objects.js'
import { Application, Color, Entity, Quat, Vec3 } from 'playcanvas'
import { DepthBackground } from '../../examples/engines/playcanvas/depth-background.js'

let app, background

globalThis.stage = {
  glObjects,
  open({ width, height, fovY, position, light: toward, background: color }) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    document.body.append(canvas)
    app = new Application(canvas, { graphicsDeviceOptions: { antialias: true, preserveDrawingBuffer: true } })
    app.autoRender = false
    app.scene.ambientLight = new Color(0, 0, 0)
    const camera = new Entity('camera')
    camera.addComponent('camera', { fov: fovY, nearClip: 0.1, farClip: 1000, clearColor: new Color().fromString(color) })
    camera.setPosition(...position)
    app.root.addChild(camera)
    const sun = new Entity('sun')
    sun.addComponent('light', { type: 'directional', color: new Color(1, 1, 1), intensity: 1 })
    // It shines down its own −Y.
    sun.setRotation(new Quat().setFromDirections(Vec3.UP, new Vec3(...toward).normalize()))
    app.root.addChild(sun)
    background = new DepthBackground(app)
    app.root.addChild(background.entity)
    app.start()
  },
  show: (asset, level) => background.show(asset, level),
  async look() {
    app.renderNextFrame = true
    await new Promise((resolve) => app.once('frameend', resolve))
    return readPixels(app.graphicsDevice.canvas)
  },
  dispose: () => background.dispose(),
}
document.title = 'ready'
