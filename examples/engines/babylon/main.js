import { FreeCamera } from '@babylonjs/core/Cameras/freeCamera.js'
import { Engine } from '@babylonjs/core/Engines/engine.js'
import { Vector3 } from '@babylonjs/core/Maths/math.vector.js'
import { Scene } from '@babylonjs/core/scene.js'
import { asset } from '../../game/src/art/canyon.depth.png'
import { DepthBackground } from './depth-background.js'

const { fovY, aspect, near, far } = asset.camera
document.body.style.background = `center / cover url(${asset.placeholder})`

const canvas = document.querySelector('canvas')
const engine = new Engine(canvas, true, { adaptToDeviceRatio: true })
const scene = new Scene(engine)
// As in glTF: otherwise the loader mirrors x.
scene.useRightHandedSystem = true
// The picture was taken from the origin, looking down −Z. As far as a tenth of `near` from there, nothing is missing.
const camera = new FreeCamera('camera', Vector3.Zero(), scene)
camera.setTarget(new Vector3(0, 0, -1))
camera.minZ = near / 2
camera.maxZ = far * 2
const travel = near / 10
addEventListener('pointermove', ({ clientX, clientY }) => camera.position.set((clientX / innerWidth - 0.5) * travel, (0.5 - clientY / innerHeight) * travel, 0))

function resize() {
  engine.resize()
  // As much of the picture as covers the screen.
  camera.fov = 2 * Math.atan(Math.tan((fovY * Math.PI) / 360) * Math.min(1, aspect / engine.getAspectRatio(camera)))
}
addEventListener('resize', resize)
resize()

const background = new DepthBackground(scene)
asset.hot?.subscribe((next) => background.show(next, background.level).catch(reportError))
// The coarsest level is there at once; then straight to the one that is good enough.
await background.show(asset, asset.lods.length - 1)
engine.runRenderLoop(() => {
  background.update(camera)
  scene.render()
  document.querySelector('output').value = `LOD ${background.level}, ${background.asset.lods[background.level].triangles} triangles`
})
