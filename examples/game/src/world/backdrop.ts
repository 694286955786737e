import { BackSide, Mesh, PerspectiveCamera, Scene, ShaderMaterial, SphereGeometry, SRGBColorSpace, Texture, TextureLoader, type WebGLRenderer } from 'three'
import type { DepthAsset } from 'depthmesh'
import { loadDepthBackground, type DepthBackground } from 'depthmesh/three'
import { asset as canyon } from '../art/canyon.depth.png'
import { addWires } from './inspect.js'
import { paint, weather } from './weather.js'

/** How far the eye wanders in the painting for each metre in the game… */
const SIDEWAYS = 0.22
const UPWARD = 0.3
/** …and how far it walks into it in one flight, metres. */
const FORWARD = 10
/** Height in the game that the painting was seen from, metres. */
const EYE = 13

/** Radius of the sky, metres: beyond the farthest of the painting, its sky, seen at an angle. */
const SKY = 9000

/** The far world: a painting with depth before a sky, drawn first, with a camera of its own that moves less than the player's. */
export interface Backdrop {
  scene: Scene
  camera: PerspectiveCamera
  background: DepthBackground
  /** @param progress 0..1 of the flight */
  follow(player: PerspectiveCamera, middle: number, progress: number): void
}

export async function createBackdrop(renderer: WebGLRenderer): Promise<Backdrop> {
  const scene = new Scene()
  const camera = new PerspectiveCamera(50, 1, 4, 2 * SKY)
  const background = await loadDepthBackground(canyon, {
    scene,
    renderer,
    prepare: (level, index) => {
      paint(level)
      addWires(level, index)
    },
  })
  const heaven = sky()
  scene.add(heaven.mesh, background.object)
  return {
    scene,
    camera,
    background,
    follow(player, middle, progress) {
      heaven.show(background.asset)
      if (camera.fov !== player.fov || camera.aspect !== player.aspect) {
        camera.fov = player.fov
        camera.aspect = player.aspect
        camera.updateProjectionMatrix()
      }
      camera.quaternion.copy(player.quaternion)
      camera.position.set((player.position.x - middle) * SIDEWAYS, (player.position.y - EYE) * UPWARD, -FORWARD * progress)
    },
  }
}

/** What is above and beside the painting: the colours of its border carried on, from the very small picture that the import gives. */
function sky(): { mesh: Mesh; show(asset: DepthAsset): void } {
  const picture = { value: new Texture() }
  const slope = { value: 1 }
  const aspect = { value: 1 }
  const material = new ShaderMaterial({
    side: BackSide,
    depthWrite: false,
    uniforms: { tint: weather.tint, picture, slope, aspect },
    vertexShader: 'varying vec3 toward; void main() { toward = position; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }',
    fragmentShader: `uniform vec3 tint; uniform sampler2D picture; uniform float slope, aspect; varying vec3 toward;
      void main() {
        vec2 at = toward.xy / max(-toward.z, 1.0) / slope;
        vec2 inside = clamp(vec2(0.5 + 0.5 * at.x / aspect, 0.5 + 0.5 * at.y), 0.02, 0.98);
        gl_FragColor = vec4(texture2D(picture, inside).rgb * tint, 1.0);
        #include <colorspace_fragment>
      }`,
  })
  const mesh = new Mesh(new SphereGeometry(SKY, 32, 24), material)
  mesh.frustumCulled = false
  mesh.renderOrder = -1
  let shown: string | undefined
  return {
    mesh,
    show({ placeholder, camera }) {
      if (placeholder === shown || camera === null) return
      shown = placeholder
      slope.value = Math.tan((camera.fovY * Math.PI) / 360)
      aspect.value = camera.aspect
      picture.value.dispose()
      picture.value = new TextureLoader().load(placeholder)
      picture.value.colorSpace = SRGBColorSpace
    },
  }
}
