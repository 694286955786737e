// The page of stage.js.
import * as THREE from 'three'
import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js'
import { MeshoptDecoder } from 'three/examples/jsm/libs/meshopt_decoder.module.js'
import { loadDepthBackground } from 'depthmesh/three'

const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true })
renderer.setPixelRatio(1)
document.body.append(renderer.domElement)
const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder)

/** Draws, and waits until it is drawn. */
function draw(scene, camera) {
  renderer.render(scene, camera)
  const gl = renderer.getContext()
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4))
}

/**
 * Milliseconds until the asset is first drawn, and until its target level is, on a page that draws a frame whenever it may, as one that shows something meanwhile does.
 *
 * @param way `depthmesh`: its chain, told the scene and the renderer; `GLTFLoader`: its finest level, by three's loader as it is
 */
globalThis.timeToPixels = async (asset, way) => {
  const scene = new THREE.Scene()
  const camera = new THREE.PerspectiveCamera(asset.camera?.fovY ?? 45, 1, 0.1, 10_000)
  renderer.setSize(256, 256)
  if (asset.camera === null) {
    const { min, max } = asset.bounds
    camera.position.set(0, max[1], Math.max(...max) - Math.min(...min) + max[2])
    camera.lookAt(0, 0, 0)
    scene.add(new THREE.DirectionalLight())
  }
  renderer.setAnimationLoop(() => renderer.render(scene, camera))
  await new Promise(requestAnimationFrame)
  const start = performance.now()
  const times = await (way === 'GLTFLoader' ? showFinest : showChain)(asset, scene, () => {
    draw(scene, camera)
    return performance.now() - start
  })
  renderer.setAnimationLoop(null)
  return times
}

async function showChain(asset, scene, drawn) {
  const background = await loadDepthBackground(asset, { scene, renderer })
  scene.add(background.object)
  const first = drawn()
  await background.ready
  const full = drawn()
  background.dispose()
  return { first, full }
}

async function showFinest({ lods: [{ url }] }, scene, drawn) {
  const { scene: model } = await loader.loadAsync(url)
  scene.add(model)
  const full = drawn()
  model.traverse(({ geometry, material }) => {
    geometry?.dispose()
    for (const texture of [material?.map, material?.normalMap]) {
      texture?.source.data.close()
      texture?.dispose()
    }
    material?.dispose()
  })
  return { first: full, full }
}

/** A level from the front, under a sun that grazes it. R, G, B, A from the lowest row, as base64. */
globalThis.lookAtFront = async (url, { size, width, height, camera: source, light }) => {
  const { scene: model, cameras } = await loader.loadAsync(url)
  const scene = new THREE.Scene()
  const sun = new THREE.DirectionalLight('#fff', Math.PI)
  sun.position.set(...light)
  scene.add(model, sun, new THREE.AmbientLight('#fff', 0.3))
  let camera = cameras[0]
  if (!source) {
    camera = new THREE.OrthographicCamera(-width / 2, width / 2, height / 2, -height / 2, 0.1, 1000)
    camera.position.set(0, 0, 500)
  }
  camera.updateMatrixWorld()
  renderer.setSize(size[0], size[1])
  renderer.render(scene, camera)
  const gl = renderer.getContext()
  const pixels = new Uint8Array(size[0] * size[1] * 4)
  gl.readPixels(0, 0, size[0], size[1], gl.RGBA, gl.UNSIGNED_BYTE, pixels)
  let text = ''
  for (let i = 0; i < pixels.length; i += 0x80_00) text += String.fromCharCode(...pixels.subarray(i, i + 0x80_00))
  return btoa(text)
}
document.title = 'ready'
