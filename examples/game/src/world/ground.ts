import type { Camera, Mesh, Object3D, Scene } from 'three'
import { loadDepthBackground, type DepthBackground } from 'depthmesh/three'
import { asset as relief } from '../art/valley.depth.png'
import { Valley } from '../play/valley.js'
import { addWires } from './inspect.js'
import { weatherIn } from './weather.js'

/** Pieces of ground in use: one below, two ahead reach past where the ground fades, one behind until it is out of sight. */
const TILES = 3

/** An endless valley from one picture: pieces that pass behind are hung ahead again, each at the level that its distance asks for. */
export interface Ground {
  valley: Valley
  tiles: readonly DepthBackground[]
  /** Hangs the pieces around `z` and lets each pick its level. */
  follow(z: number, camera: Camera, choose: boolean): void
}

export async function createGround(scene: Scene): Promise<Ground> {
  const { min, max } = relief.bounds
  const valley = new Valley(max[0] - min[0], max[2] - min[2])
  let surveyed = Infinity
  let of: string | undefined

  const prepare = (level: Object3D, index: number): void => {
    weatherIn(level, true)
    survey(level, index)
    addWires(level, index)
  }
  const survey = (level: Object3D, index: number): void => {
    // The finest level that was seen of the newest state tells the rules where the ground is.
    const newest = tiles[0]?.asset.lods[0].url ?? relief.lods[0].url
    if (newest === of && index >= surveyed) return
    of = newest
    surveyed = index
    level.updateMatrixWorld(true)
    level.traverse((node) => {
      if ((node as Partial<Mesh>).isMesh === true) valley.survey(node as Mesh)
    })
  }
  const tiles: DepthBackground[] = []
  // Levels are loaded once and are on the GPU once, however many pieces show them.
  tiles.push(...(await Promise.all(Array.from({ length: TILES }, () => loadDepthBackground(relief, { prepare })))))
  scene.add(...tiles.map(({ object }) => object))

  return {
    valley,
    tiles,
    follow(z, camera, choose) {
      // The piece that `z` is over, but the one behind stays until its end has passed the camera.
      const first = Math.floor((-z - 30) / valley.length + 0.5)
      for (let i = 0; i < TILES; i++) {
        const piece = first + ((((i - first) % TILES) + TILES) % TILES)
        tiles[i].object.position.z = -piece * valley.length
        if (choose) tiles[i].update(camera)
      }
    },
  }
}
