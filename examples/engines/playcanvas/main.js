import { Application, Entity, FILLMODE_FILL_WINDOW, RESOLUTION_AUTO } from 'playcanvas'
import { asset } from '../../game/src/art/canyon.depth.png'
import { DepthBackground } from './depth-background.js'

const { fovY, aspect, near, far } = asset.camera
document.body.style.background = `center / cover url(${asset.placeholder})`

const app = new Application(document.querySelector('canvas'))
app.graphicsDevice.maxPixelRatio = devicePixelRatio
app.setCanvasFillMode(FILLMODE_FILL_WINDOW)
app.setCanvasResolution(RESOLUTION_AUTO)
// The picture was taken from the origin, looking down −Z. As far as a tenth of `near` from there, nothing is missing.
const camera = new Entity('camera')
camera.addComponent('camera', { nearClip: near / 2, farClip: far * 2 })
app.root.addChild(camera)
const travel = near / 10
addEventListener('pointermove', ({ clientX, clientY }) => camera.setPosition((clientX / innerWidth - 0.5) * travel, (0.5 - clientY / innerHeight) * travel, 0))

function resize() {
  app.resizeCanvas()
  // As much of the picture as covers the screen.
  camera.camera.fov = (360 / Math.PI) * Math.atan(Math.tan((fovY * Math.PI) / 360) * Math.min(1, (aspect * innerHeight) / innerWidth))
}
addEventListener('resize', resize)
resize()

const background = new DepthBackground(app)
app.root.addChild(background.entity)
asset.hot?.subscribe((next) => background.show(next, background.level).catch(reportError))
// The coarsest level is there at once; then straight to the one that is good enough.
await background.show(asset, asset.lods.length - 1)
app.on('update', () => {
  background.update(camera)
  document.querySelector('output').value = `LOD ${background.level}, ${background.asset.lods[background.level].triangles} triangles`
})
app.start()
