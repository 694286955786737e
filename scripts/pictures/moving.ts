// A depth map as a player sees it whose camera moves by `travel`: one turn of it, frame by frame.
import { PerspectiveCamera, Scene, WebGLRenderer } from 'three'
import { loadDepthBackground } from 'depthmesh/three'
import { asset } from '../../examples/game/src/art/canyon.depth.png'

const SIZE = { width: 520, height: 260 }
/** Of the frame, so that what the camera sees past its border stays out of the picture. */
const CROP = 0.9
/** Metres: two thirds of `travel` in the sidecar. */
const TRAVEL = 8

const canvas = document.querySelector('canvas')
if (canvas === null || asset.camera === null) throw new Error('moving.html: expected a canvas, and a perspective map')
const { fovY, near, far } = asset.camera
const renderer = new WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true })
renderer.setPixelRatio(1)
renderer.setSize(SIZE.width, SIZE.height)
const scene = new Scene()
const camera = new PerspectiveCamera((360 / Math.PI) * Math.atan(CROP * Math.tan((fovY * Math.PI) / 360)), SIZE.width / SIZE.height, near / 4, far * 2)
const background = await loadDepthBackground(asset)
scene.add(background.object)
await background.show(0)

/** Draws the frame at a share of the turn, 0..1. */
Object.assign(window, {
  drawFrame(turn: number) {
    camera.position.set(TRAVEL * Math.cos(2 * Math.PI * turn), 0.4 * TRAVEL * Math.sin(2 * Math.PI * turn), 0)
    renderer.render(scene, camera)
  },
})
document.title = 'ready'
