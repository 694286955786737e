import { PerspectiveCamera, Scene, WebGLRenderer, type Mesh, type Texture } from 'three'
import type { Flight } from '../play/flight.js'
import type { Backdrop } from './backdrop.js'

/** Degrees; a tall screen sees more upward so that it sees enough sideways. */
const FOV = 58
const FOV_TALL = 78
const FOV_BOOST = 9
/** Behind and above the glider, metres. */
const BEHIND = 9.4
const ABOVE = 2.7
/** Frames a second below which the picture gets coarser, and above which finer again. */
const SLOW = 42
const QUICK = 57
const COARSEST = 0.6
/** RGBA and its mipmaps. */
const BYTES_A_TEXEL = (4 * 4) / 3
/** `#sharp` in the address, for screenshots on slow machines. */
const KEEP_SHARP = location.hash.includes('sharp')

/** The picture: the far world first, then the near one over it. */
export class Stage {
  readonly renderer: WebGLRenderer
  readonly scene = new Scene()
  readonly camera = new PerspectiveCamera(FOV, 1, 0.3, 1200)
  #shake = 0
  #boost = 0
  #density = 1
  #settled = 0

  constructor(canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: 'high-performance' })
    this.renderer.autoClear = false
    this.renderer.info.autoReset = false
    addEventListener('resize', () => this.#resize())
    this.#resize()
  }

  shake(strength: number): void {
    this.#shake = Math.max(this.#shake, strength)
  }

  /** Puts the camera behind the glider. */
  chase(flight: Flight, dt: number, time: number, boosting: boolean): void {
    const { camera } = this
    this.#boost += ((boosting ? 1 : 0) - this.#boost) * (1 - Math.exp(-4 * dt))
    this.#shake *= Math.exp(-5 * dt)
    const jolt = this.#shake + this.#boost * 0.04
    const follow = 1 - Math.exp(-9 * dt)
    camera.position.x += (flight.x - flight.roll * 1.4 - camera.position.x) * follow
    camera.position.y += (flight.y + ABOVE - flight.pitch * 0.8 - camera.position.y) * follow
    camera.position.z = flight.z + BEHIND - this.#boost * 0.9
    camera.rotation.set(
      -0.055 + flight.pitch * 0.09 + jolt * 0.05 * Math.sin(time * 47),
      -flight.roll * 0.07 + jolt * 0.05 * Math.sin(time * 39 + 1),
      -flight.roll * 0.11,
      'YXZ',
    )
    const base = camera.aspect < 1 ? FOV_TALL : FOV
    const fov = base + FOV_BOOST * this.#boost
    if (Math.abs(camera.fov - fov) > 0.01) {
      camera.fov = fov
      camera.updateProjectionMatrix()
    }
    camera.updateMatrixWorld()
  }

  /** Jumps behind the glider. */
  place(flight: Flight): void {
    this.camera.position.set(flight.x, flight.y + ABOVE, flight.z + BEHIND)
  }

  draw(backdrop: Backdrop): void {
    const { renderer } = this
    renderer.info.reset()
    renderer.clear()
    renderer.render(backdrop.scene, backdrop.camera)
    renderer.clearDepth()
    renderer.render(this.scene, this.camera)
  }

  /** What the last picture took: draw calls, triangles, textures and what those hold of the GPU's memory, bytes. */
  cost(backdrop: Backdrop): Record<'calls' | 'triangles' | 'textures' | 'memory', number> {
    const { render, memory } = this.renderer.info
    const textures = new Set<Texture>()
    for (const scene of [this.scene, backdrop.scene]) {
      scene.traverse((node) => {
        const { map } = ((node as Partial<Mesh>).material ?? {}) as { map?: Texture | null }
        if (map) textures.add(map)
      })
    }
    let bytes = 0
    for (const { image } of textures) {
      const { width = 0, height = 0 } = (image ?? {}) as { width?: number; height?: number }
      bytes += width * height * BYTES_A_TEXEL
    }
    return { calls: render.calls, triangles: render.triangles, textures: memory.textures, memory: bytes }
  }

  /** Trades sharpness for frames where the machine is slow. Waits between two steps, so that it does not swing. */
  adapt(fps: number, dt: number): void {
    this.#settled += dt
    if (this.#settled < 2 || KEEP_SHARP) return
    const wanted = fps < SLOW ? Math.max(COARSEST, this.#density - 0.2) : fps > QUICK ? Math.min(1, this.#density + 0.1) : this.#density
    if (wanted === this.#density) return
    this.#density = wanted
    this.#settled = 0
    this.#resize()
  }

  #resize(): void {
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2) * this.#density)
    this.renderer.setSize(innerWidth, innerHeight, false)
    this.camera.aspect = innerWidth / innerHeight
    this.camera.updateProjectionMatrix()
  }
}
