import type { InstancedMesh, Material, Mesh, Object3D } from 'three'
import { closePicture } from './picture.js'
import { isShared } from './shared-pictures.js'
import { texturesOf } from './textures.js'

/** What copies of a level wear: its geometries and its textures. */
const lent = new WeakSet<object>()

/** From now on what the level is made of is freed with the level alone, and not with a copy that wears it. */
export function lend(level: Object3D): Object3D {
  level.traverse((node) => {
    const { geometry } = node as Partial<Mesh>
    if (geometry) lent.add(geometry)
  })
  for (const texture of texturesOf(level)) lent.add(texture)
  return level
}

/**
 * Takes a scene out of its parent and frees what is its own on the GPU: geometries, materials and textures. What is lent to it stays, and so does every decoded picture: it is the level's, whose texture a
 * page has cloned, or one of the page's, which may be worn elsewhere.
 */
export function disposeScene(scene: Object3D): void {
  free(scene, (thing) => !lent.has(thing))
}

/** Frees a level once no copy of it is left, decoded pictures included, which three itself leaves to the garbage collector. Those that other levels wear too go with the last of these. */
export function disposeLevel(level: Object3D): void {
  free(level, () => true)
  for (const { source } of texturesOf(level)) if (!isShared(source)) closePicture(source)
}

function free(scene: Object3D, owns: (thing: object) => boolean): void {
  scene.removeFromParent()
  const textures = texturesOf(scene)
  scene.traverse((node) => {
    const { geometry, material, isInstancedMesh } = node as Partial<InstancedMesh>
    if (geometry && owns(geometry)) geometry.dispose()
    for (const each of [material ?? []].flat() as Material[]) each.dispose()
    // (Its places are a buffer of its own.)
    if (isInstancedMesh) (node as InstancedMesh).dispose()
  })
  for (const texture of textures) if (owns(texture)) texture.dispose()
}
