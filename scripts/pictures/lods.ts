// Four levels of one depth map side by side: the left half of each as the player sees it, the right half with its wires.
import { Mesh, MeshBasicMaterial, PerspectiveCamera, Scene, WebGLRenderer, type Object3D } from 'three'
import { loadDepthBackground } from 'depthmesh/three'
import { asset } from '../../examples/game/src/art/canyon.depth.png'

const PANEL = { width: 340, height: 330 }
const canvas = document.querySelector('canvas')
const row = document.querySelector('#row')
if (canvas === null || row === null) throw new Error('index.html: expected a canvas and #row')

const renderer = new WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true })
renderer.setPixelRatio(1)
renderer.setSize(PANEL.width * asset.lods.length, PANEL.height)
renderer.setClearColor('#1d1524')
renderer.setScissorTest(true)
renderer.autoClear = false

const wire = new MeshBasicMaterial({ color: '#fff3e2', wireframe: true, transparent: true, opacity: 0.5, depthWrite: false })
const wires: Mesh[] = []
function addWires(scene: Object3D): void {
  const meshes: Mesh[] = []
  scene.traverse((node) => void (node instanceof Mesh && meshes.push(node)))
  for (const mesh of meshes) {
    const lines = new Mesh(mesh.geometry, wire)
    mesh.add(lines)
    wires.push(lines)
  }
}

const scene = new Scene()
const camera = new PerspectiveCamera(36, PANEL.width / PANEL.height, 1, 9000)
camera.position.set(9, 5, 0)
camera.lookAt(10, 12, -300)
const background = await loadDepthBackground(asset, { prepare: addWires })
scene.add(background.object)

for (const [level, lod] of asset.lods.entries()) {
  await background.show(level)
  for (const half of [0, 1]) {
    for (const lines of wires) lines.visible = half === 1
    const left = level * PANEL.width
    const middle = Math.round(PANEL.width * 0.42)
    renderer.setViewport(left, 0, PANEL.width, PANEL.height)
    renderer.setScissor(half === 0 ? left : left + middle, 0, half === 0 ? middle : PANEL.width - middle - 3, PANEL.height)
    renderer.clear()
    renderer.render(scene, camera)
  }
  row.insertAdjacentHTML('beforeend', `<p><b>LOD ${level}</b>${lod.triangles.toLocaleString('en')} triangles · ${Math.round(lod.bytes / 1024)} KiB</p>`)
}
document.title = 'ready'
