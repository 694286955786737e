import { loadDepthBackground } from 'depthmesh/three'
import { PerspectiveCamera, Scene, WebGLRenderer } from 'three'
import { asset } from '../../game/src/art/canyon.depth.png'

const { fovY, aspect, near, far } = asset.camera
document.body.style.background = `center / cover url(${asset.placeholder})`

const renderer = new WebGLRenderer({ antialias: true })
renderer.setPixelRatio(devicePixelRatio)
const scene = new Scene()
// The picture was taken from the origin, looking down −Z. As far as a tenth of `near` from there, nothing is missing.
const camera = new PerspectiveCamera(fovY, aspect, near / 2, far * 2)
const travel = near / 10
addEventListener('pointermove', ({ clientX, clientY }) => camera.position.set((clientX / innerWidth - 0.5) * travel, (0.5 - clientY / innerHeight) * travel, 0))

function resize() {
  renderer.setSize(innerWidth, innerHeight)
  camera.aspect = innerWidth / innerHeight
  // As much of the picture as covers the screen.
  camera.fov = (360 / Math.PI) * Math.atan(Math.tan((fovY * Math.PI) / 360) * Math.min(1, aspect / camera.aspect))
  camera.updateProjectionMatrix()
}
addEventListener('resize', resize)
resize()

// From the start: frames that are drawn while the first level is on its way make its shader ready.
let background
renderer.setAnimationLoop(() => {
  background?.update(camera)
  renderer.render(scene, camera)
  if (background) document.querySelector('output').value = `LOD ${background.level}, ${background.asset.lods[background.level].triangles} triangles`
})
background = await loadDepthBackground(asset, { scene, renderer })
scene.add(background.object)
document.body.prepend(renderer.domElement) // over the placeholder
