import { InstancedMesh, Mesh, MeshBasicMaterial, type Object3D } from 'three'
import type { DepthBackground } from 'depthmesh/three'

/** One colour a level, as in the table on screen. */
const COLORS = ['#fff3e2', '#7de8dd', '#ffb45e', '#ff7aa2']

const wires = COLORS.map((color) => new MeshBasicMaterial({ color, wireframe: true, transparent: true, opacity: 0.55, depthWrite: false, fog: false }))
let showing = false
const overlays = new Set<WeakRef<Object3D>>()

/** Lays the wires of a level over its picture, seen only while the player inspects. */
export function addWires(scene: Object3D, level: number): void {
  const meshes: Mesh[] = []
  scene.traverse((node) => {
    if ((node as Partial<Mesh>).isMesh === true) meshes.push(node as Mesh)
  })
  for (const mesh of meshes) {
    const wire = wiresOf(mesh, wires[Math.min(level, wires.length - 1)])
    wire.visible = showing
    // After the picture, so that the same depth passes.
    wire.renderOrder = mesh.renderOrder + 1
    mesh.add(wire)
    overlays.add(new WeakRef(wire))
  }
}

/** Shows or hides all wires. */
export function showWires(show: boolean): void {
  showing = show
  for (const overlay of overlays) {
    const wire = overlay.deref()
    if (wire === undefined) overlays.delete(overlay)
    else wire.visible = show
  }
}

function wiresOf(mesh: Mesh, material: MeshBasicMaterial): Mesh {
  if (!(mesh instanceof InstancedMesh)) return new Mesh(mesh.geometry, material)
  const wire = new InstancedMesh(mesh.geometry, material, mesh.count)
  wire.instanceMatrix = mesh.instanceMatrix
  wire.frustumCulled = false
  return wire
}

/** The table of what is drawn: name, level, triangles, error in pixels of its picture. */
export function fillLevels(table: HTMLTableElement, rows: readonly { name: string; background: DepthBackground }[], forced: number | null): void {
  const cells = rows.map(({ name, background }) => {
    const { level, asset } = background
    const lod = asset.lods[level]
    if (lod === undefined) return ''
    return `<tr class="l${Math.min(level, 3)}"><td>${name}</td><td>LOD ${level}</td><td>${lod.triangles.toLocaleString('en')} △</td><td>${Math.round(lod.bytes / 1024)} KiB</td></tr>`
  })
  table.innerHTML = `<tr><td>${forced === null ? 'level: by error on screen' : `level: ${forced}, forced`}</td></tr>${cells.join('')}`
}
