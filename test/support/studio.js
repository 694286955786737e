// The page of draw.ts: loads a GLB in three, as a game would, and draws it.
import * as THREE from 'three'
import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js'
import { KTX2Loader } from 'three/examples/jsm/loaders/KTX2Loader.js'
import { MeshoptDecoder } from 'three/examples/jsm/libs/meshopt_decoder.module.js'

const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true })
renderer.toneMapping = THREE.NoToneMapping
renderer.setPixelRatio(1)
document.body.append(renderer.domElement)
const ktx2 = new KTX2Loader().setTranscoderPath('/node_modules/three/examples/jsm/libs/basis/').detectSupport(renderer)
const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).setKTX2Loader(ktx2)

globalThis.draw = async (url, { width, height, position, target, up, fovY, background, light, ambient }) => {
  const { scene: model, cameras } = await loader.loadAsync(url)
  const scene = new THREE.Scene()
  scene.background = new THREE.Color(background ?? '#f0f')
  scene.add(model)
  if (light) {
    const sun = new THREE.DirectionalLight('#fff', Math.PI)
    sun.position.set(...light)
    scene.add(sun, new THREE.AmbientLight('#fff', ambient ?? 0.3))
  }
  let camera = cameras[0]
  if (position) {
    camera = new THREE.PerspectiveCamera(fovY ?? 45, width / height, 0.01, 1000)
    camera.position.set(...position)
    camera.up.set(...(up ?? [0, 1, 0]))
    camera.lookAt(...(target ?? [0, 0, -1]))
  }
  camera.updateMatrixWorld()
  renderer.setSize(width, height)
  renderer.render(scene, camera)
  const gl = renderer.getContext()
  const pixels = new Uint8Array(width * height * 4)
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels)
  let text = ''
  for (let i = 0; i < pixels.length; i += 0x80_00) text += String.fromCharCode(...pixels.subarray(i, i + 0x80_00))
  return btoa(text)
}
document.title = 'ready'
