// A strip of pictures for each shape of the library: three seeds, the first of them from the front and from a side.
import { Group, Mesh, PerspectiveCamera, PlaneGeometry, Scene, ShaderMaterial, WebGLRenderer } from 'three'
import { loadDepthBackground } from 'depthmesh/three'
import { shapes } from 'virtual:shapes' // made by scripts/pictures.js

const PANEL = { width: 264, height: 232 }
/** Which of the seeds, and from where: degrees to the right of the front. */
const VIEWS = [[0, 0], [0, 38], [1, 0], [2, -32]]
const FOV = 28

for (const { name, assets } of shapes) {
  const renderer = new WebGLRenderer({ antialias: true, preserveDrawingBuffer: true })
  renderer.setPixelRatio(1)
  renderer.setSize(PANEL.width * VIEWS.length, PANEL.height)
  renderer.setScissorTest(true)
  renderer.domElement.id = name
  document.body.append(renderer.domElement)
  for (const [panel, [which, turn]] of VIEWS.entries()) {
    const asset = assets[which]
    const { min, max } = asset.bounds
    const wide = max[0] - min[0]
    const tall = max[1] - min[1]
    const background = await loadDepthBackground(asset)
    await background.show(0)
    const turned = new Group()
    background.object.position.set(0, -(min[1] + max[1]) / 2, -max[2] / 2)
    turned.add(background.object)
    turned.rotation.y = (-turn * Math.PI) / 180
    const scene = new Scene()
    scene.add(sky(), turned)
    const camera = new PerspectiveCamera(FOV, PANEL.width / PANEL.height, 0.01 * tall, 100 * Math.max(tall, wide))
    const away = Math.max(1.16 * tall, (1.12 * wide) / camera.aspect) / 2 / Math.tan((FOV * Math.PI) / 360) + max[2] / 2
    camera.position.set(0, 0.12 * tall, away)
    camera.lookAt(0, 0, 0)
    renderer.setViewport(panel * PANEL.width, 0, PANEL.width, PANEL.height)
    renderer.setScissor(panel * PANEL.width, 0, PANEL.width, PANEL.height)
    renderer.render(scene, camera)
    background.dispose()
  }
}
document.title = 'ready'

/** A quiet backdrop: lighter below, as in a photographer's studio. */
function sky() {
  const material = new ShaderMaterial({
    depthTest: false,
    depthWrite: false,
    vertexShader: 'varying float up; void main() { up = position.y; gl_Position = vec4(position.xy, 1.0, 1.0); }',
    fragmentShader: 'varying float up; void main() { gl_FragColor = vec4(mix(vec3(0.80, 0.83, 0.86), vec3(0.60, 0.67, 0.74), smoothstep(-0.9, 1.0, up)), 1.0); }',
  })
  const mesh = new Mesh(new PlaneGeometry(2, 2), material)
  mesh.frustumCulled = false
  mesh.renderOrder = -1
  return mesh
}
