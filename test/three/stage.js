// The page of test/support/stage.ts: the package as it ships (dist, unbundled) and a small stage to draw on.
import * as THREE from 'three'
import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js'
import { KTX2Loader } from 'three/examples/jsm/loaders/KTX2Loader.js'
import { MeshoptDecoder } from 'three/examples/jsm/libs/meshopt_decoder.module.js'
import { loadDepthBackground } from 'depthmesh/three'

const renderer = new THREE.WebGLRenderer({ preserveDrawingBuffer: true })
renderer.setPixelRatio(1)
renderer.setSize(96, 72)
renderer.toneMapping = THREE.NoToneMapping
document.body.append(renderer.domElement)
const scene = new THREE.Scene()
const camera = new THREE.PerspectiveCamera(45, 96 / 72, 0.1, 100)

const bitmaps = []
const { createImageBitmap } = globalThis
globalThis.createImageBitmap = async (...args) => {
  const bitmap = await createImageBitmap(...args)
  bitmaps.push(bitmap)
  return bitmap
}

globalThis.stage = {
  THREE,
  renderer,
  scene,
  camera,
  bitmaps,
  loadDepthBackground,
  gltfLoader: () => new GLTFLoader().setMeshoptDecoder(MeshoptDecoder),
  ktx2Loader() {
    const ktx2 = new KTX2Loader().setTranscoderPath('/node_modules/three/examples/jsm/libs/basis/').detectSupport(renderer)
    return Object.assign(new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).setKTX2Loader(ktx2), { dispose: () => ktx2.dispose() })
  },
  /** Another kind of renderer, here without WebGPU. */
  async webGpuRenderer() {
    const { WebGPURenderer } = await import('/node_modules/three/build/three.webgpu.js')
    const other = new WebGPURenderer({ forceWebGL: true })
    await other.init()
    return other
  },
  /** From now on what is fetched comes in parts, and its last 8 bytes once the result is called. */
  holdTheLine() {
    const { fetch } = globalThis
    let letGo = () => {}
    const held = new Promise((resolve) => (letGo = resolve))
    globalThis.fetch = async (input, init) => {
      const bytes = new Uint8Array(await (await fetch(input, init)).arrayBuffer())
      async function* parts() {
        for (let at = 0; at < bytes.length - 8; at += 501) yield bytes.slice(at, Math.min(at + 501, bytes.length - 8))
        await held
        yield bytes.slice(-8)
      }
      const iterator = parts()
      init?.signal?.addEventListener('abort', () => iterator.return())
      return new Response(new ReadableStream({ pull: async (stream) => iterator.next().then(({ value, done }) => (done ? stream.close() : stream.enqueue(value))) }))
    }
    return letGo
  },
  /** A stand-in for the plugin's subscription. */
  hot() {
    const listeners = new Set()
    return {
      listeners,
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      emit(next) {
        for (const listener of listeners) listener(next)
      },
    }
  },
  /** Draws a frame; which of red, green and blue is strongest in the middle, or `none`. */
  look() {
    renderer.render(scene, camera)
    const gl = renderer.getContext()
    const pixel = new Uint8Array(4)
    gl.readPixels(48, 36, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel)
    const [r, g, b] = pixel
    if (r + g + b < 60) return 'none'
    return r > g && r > b ? 'red' : g > b ? 'green' : 'blue'
  },
  memory() {
    const { geometries, textures } = renderer.info.memory
    return { geometries, textures, programs: renderer.info.programs.length, openBitmaps: bitmaps.filter((bitmap) => bitmap.width > 0).length }
  },
}
document.title = 'ready'
