import type { Material, Mesh, Object3D } from 'three'

/** Where three keeps who listens to an object: who drew the original is to hear when that is freed, not a copy. */
const LISTENERS = '_listeners'

/**
 * A level to be hung in a scene and changed: nodes and materials are its own, geometries and textures are those of `level`. Its shaders are too, as long as its materials stay as they are.
 */
export function copyLevel(level: Object3D): Object3D {
  const copy = level.clone()
  const materials = new Map<Material, Material>()
  const own = (material: Material): Material => {
    const known = materials.get(material)
    if (known) return known
    const made = withRest(material.clone(), material)
    materials.set(material, made)
    return made
  }
  const nodes = nodesOf(copy)
  for (const [i, node] of nodesOf(level).entries()) {
    const mesh = withRest(nodes[i], node) as Partial<Mesh>
    if (mesh.material) mesh.material = Array.isArray(mesh.material) ? mesh.material.map(own) : own(mesh.material)
  }
  return copy
}

/**
 * What three's `clone` leaves behind: functions, such as an `onBeforeCompile` that a loader of one's own may have set, and what the class itself knows nothing of, such as the
 * `flatShading` of an unlit material, without which the shader would be another one than the stand-in's.
 */
function withRest<T extends object>(copy: T, original: T): T {
  for (const [name, value] of Object.entries(original)) {
    if (name !== LISTENERS && (typeof value === 'function' || !(name in copy))) (copy as Record<string, unknown>)[name] = value
  }
  return copy
}

/** A node and all below it, in the order of its tree. */
function nodesOf(root: Object3D): Object3D[] {
  const nodes: Object3D[] = []
  root.traverse((node) => nodes.push(node))
  return nodes
}
