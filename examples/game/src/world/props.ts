import { DoubleSide, Group, InstancedMesh, Matrix4, Quaternion, Vector3, type Camera, type Mesh, type MeshBasicMaterial, type Object3D, type Scene } from 'three'
import type { DepthAsset } from 'depthmesh'
import { loadDepthBackground, type DepthBackground } from 'depthmesh/three'
import { asset as arch } from 'depthmesh:arch?seed=1&size=512&width=46&lods=4000,1000,250'
import { asset as cactus } from 'depthmesh:cactus?seed=9&size=384&width=3.4&lods=1600,500,150&variants=1'
import { asset as rock } from 'depthmesh:rock?seed=9&size=448&width=6&lods=2000,600,150&variants=2'
import { asset as crystal } from '../art/crystal.depth.png'
import { asset as ruin } from '../art/ruin.depth.png'
import { asset as spire } from '../art/spire.depth.png'
import { asset as tree } from '../art/tree.depth.png'
import { betweenRings, random } from '../play/course.js'
import type { Valley } from '../play/valley.js'
import { addWires } from './inspect.js'
import { FADE_TO, weatherIn } from './weather.js'

interface Kind {
  asset: DepthAsset
  /** How many stand between here and where the ground fades. */
  count: number
  /** Metres from the middle of the valley, from … to. */
  aside: [number, number]
  /** Scale, from … to. */
  size: [number, number]
  /** Metres that its foot is sunk into the ground. */
  sunk: number
  /** How far it may be turned from facing the way, radians, to either side. */
  turn: number
  /** Moves it along the way, to where it may stand. */
  along?: (z: number) => number
  /** What the evening makes of its colours: shapes of the library are lit by a day's sun. */
  tint?: [red: number, green: number, blue: number]
}

const KINDS: Record<string, Kind> = {
  tree: { asset: tree, count: 15, aside: [19, 46], size: [0.8, 1.5], sunk: 0.2, turn: 0.25 },
  spire: { asset: spire, count: 8, aside: [28, 54], size: [0.7, 1.3], sunk: 1.3, turn: 0.25 },
  ruin: { asset: ruin, count: 3, aside: [24, 42], size: [0.9, 1.3], sunk: 0.6, turn: 0.25 },
  crystal: { asset: crystal, count: 8, aside: [5, 24], size: [0.6, 1], sunk: 0.4, turn: 0.25 },
  rock: { asset: rock, count: 18, aside: [10, 40], size: [0.5, 1.5], sunk: 0.35, turn: 0.3, tint: [1.65, 0.94, 0.55] },
  cactus: { asset: cactus, count: 16, aside: [11, 44], size: [0.7, 1.4], sunk: 0.15, turn: 0.3, tint: [1.35, 1.05, 0.66] },
  arch: { asset: arch, count: 1, aside: [0, 4], size: [1, 1.25], sunk: 1.2, turn: 0.1, tint: [1.5, 1, 0.74], along: betweenRings },
}

/** Distance that a prop may be behind the camera before it is set up ahead again. */
const BEHIND = 12

/** One prop where it stands. */
export interface Standing {
  /** Grows with each that is set up: names it. */
  serial: number
  x: number
  y: number
  z: number
  size: number
}

export interface Props {
  /** Those that are there: each appears when its coarsest level is loaded. */
  readonly kinds: readonly { name: string; background: DepthBackground }[]
  readonly crystals: readonly Standing[]
  /** Sets up ahead what has passed behind. */
  follow(z: number, camera: Camera, choose: boolean): void
}

/** Trees, rocks, ruins and crystals: a picture and its variations, each drawn many times in one call. */
export function createProps(scene: Scene, valley: Valley): Props {
  const sorts = Object.entries(KINDS).flatMap(([name, kind]) => {
    const assets = [kind.asset, ...kind.asset.variants]
    return assets.map((asset, i) => ({ name: i === 0 ? name : `${name} ${i + 1}`, kind: { ...kind, asset, count: Math.ceil(kind.count / assets.length) } }))
  })
  const order = sorts.map(({ name }) => name)
  const groves: (Awaited<ReturnType<typeof createGrove>> & { name: string })[] = []
  for (const [salt, { name, kind }] of sorts.entries()) createGrove(kind, salt + 1, scene, valley).then((grove) => {
    groves.push({ name, ...grove })
    groves.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  }, reportError)
  return {
    kinds: groves,
    get crystals() {
      return groves.find(({ name }) => name === 'crystal')?.standing ?? []
    },
    follow(z, camera, choose) {
      for (const grove of groves) grove.follow(z, camera, choose)
    },
  }
}

async function createGrove({ asset, count, aside, size, sunk, turn, tint, along = (z) => z }: Kind, salt: number, scene: Scene, valley: Valley) {
  const spacing = FADE_TO / count
  const wide = asset.bounds.max[0] - asset.bounds.min[0]
  const standing = Array.from({ length: count }, (_, i) => place(i))
  const drawn = new Group()
  scene.add(drawn)
  let dirty = true
  let last = 0
  let surveys = valley.surveys

  function place(serial: number): Standing {
    const z = along(-40 - (serial + 0.8 * random(serial, salt, 1)) * spacing)
    const side = random(serial, salt, 2) < 0.5 ? -1 : 1
    const x = valley.middle(z) + side * (aside[0] + (aside[1] - aside[0]) * random(serial, salt, 3))
    // On a slope its lower foot has to reach the ground.
    const y = Math.min(...[-0.35, 0, 0.35].map((share) => valley.height(x + share * wide, z))) - sunk
    return { serial, x, z, y, size: size[0] + (size[1] - size[0]) * random(serial, salt, 4) }
  }

  /** Each level is drawn as one instanced mesh instead of the scene that was loaded. */
  const prepare = (level: Object3D, index: number): void => {
    weatherIn(level, false)
    level.updateMatrixWorld(true)
    const meshes: Mesh[] = []
    level.traverse((node) => {
      if ((node as Partial<Mesh>).isMesh === true) meshes.push(node as Mesh)
    })
    for (const mesh of meshes) {
      const material = mesh.material as MeshBasicMaterial
      material.side = DoubleSide // half of them are mirrored
      if (tint !== undefined) material.color.setRGB(...tint)
      const instanced = new InstancedMesh(mesh.geometry, material, count)
      instanced.userData.own = mesh.matrixWorld.clone()
      instanced.frustumCulled = false
      instanced.onBeforeRender = mesh.onBeforeRender
      mesh.removeFromParent()
      level.add(instanced)
    }
    addWires(level, index)
    dirty = true
  }
  const background = await loadDepthBackground(asset, { prepare })
  drawn.add(background.object)

  // Levels are picked for the nearest one: a stand-in is put where it stands.
  const standIn = new Vector3()
  const matrix = new Matrix4()
  const position = new Vector3()
  const turned = new Quaternion()
  const scale = new Vector3()
  const up = new Vector3(0, 1, 0)

  function arrange(): void {
    // The picture is centred: its foot is half its height below.
    const foot = background.asset.bounds.min[1]
    background.object.traverse((node) => {
      if (!(node instanceof InstancedMesh) || node.userData.own === undefined) return
      for (const [i, { serial, x, y, z, size }] of standing.entries()) {
        const mirror = random(serial, salt, 5) < 0.5 ? -1 : 1
        // Its own light comes from the left: mirrored ones are turned less than they could be.
        turned.setFromAxisAngle(up, (2 * random(serial, salt, 6) - 1) * turn)
        matrix.compose(position.set(x, y - foot * size, z), turned, scale.set(size * mirror, size, size))
        node.setMatrixAt(i, matrix.multiply(node.userData.own as Matrix4))
      }
      node.instanceMatrix.needsUpdate = true
    })
  }

  return {
    background,
    standing,
    follow(z: number, camera: Camera, choose: boolean): void {
      let nearest = Infinity
      const startedAnew = z > last + spacing
      const resurveyed = valley.surveys !== surveys
      last = z
      surveys = valley.surveys
      for (let i = 0; i < count; i++) {
        if (startedAnew || resurveyed) standing[i] = place(startedAnew ? i : standing[i].serial)
        dirty ||= startedAnew || resurveyed
        while (standing[i].z > z + BEHIND) {
          standing[i] = place(standing[i].serial + count)
          dirty = true
        }
        const away = z - standing[i].z
        if (away > 0 && away < nearest) {
          nearest = away
          standIn.set(standing[i].x, standing[i].y, standing[i].z)
        }
      }
      const before = background.level
      if (choose) {
        background.object.position.copy(standIn)
        background.update(camera)
        background.object.position.set(0, 0, 0)
      }
      if (dirty || background.level !== before) arrange()
      dirty = false
    },
  }
}
