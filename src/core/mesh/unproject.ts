import type { DisparityMap } from '../depth/convention.js'
import type { Settings } from '../options.js'
import type { PlaneMesh } from './triangulate.js'

/** A surface in glTF space. */
export interface Mesh {
  /** x, y, z metres per vertex; +Y up, −Z forward. */
  positions: Float32Array
  /** u, v per vertex, 0..1, origin top left. */
  uvs: Float32Array
  /** Three vertices per triangle, counter-clockwise. */
  indices: Uint32Array
}

/**
 * From the picture to metres.
 *
 * Perspective: the camera stands at the origin and looks down −Z; 1/depth = 1/far + disparity · (1/near − 1/far).
 * Orthographic: `width` metres from edge to edge, centred on the origin, disparity 0 at 0 and disparity 1 at `relief`.
 */
export function unproject(plane: PlaneMesh, map: DisparityMap, settings: Settings): Mesh {
  const { points, triangles } = plane
  const count = points.length / 3
  const positions = new Float32Array(count * 3)
  const uvs = new Float32Array(count * 2)
  const { width, height } = map
  const halfHeight = Math.tan((settings.fovY * Math.PI) / 360)
  const perspective = settings.projection === 'perspective'
  const ground = settings.orientation === 'ground'
  const metresPerPixel = perspective ? (2 * halfHeight) / height : settings.width / width
  for (let i = 0; i < count; i++) {
    const u = points[i * 3]
    const v = points[i * 3 + 1]
    const d = points[i * 3 + 2]
    uvs[i * 2] = u / width
    uvs[i * 2 + 1] = v / height
    const right = (u - width / 2) * metresPerPixel
    const down = (v - height / 2) * metresPerPixel
    if (perspective) {
      const depth = 1 / (1 / map.far + d * (1 / map.near - 1 / map.far))
      positions[i * 3] = right * depth
      positions[i * 3 + 1] = -down * depth
      positions[i * 3 + 2] = -depth
    } else {
      positions[i * 3] = right
      positions[i * 3 + 1] = ground ? d * map.relief : -down
      positions[i * 3 + 2] = ground ? down : d * map.relief
    }
  }
  return { positions, uvs, indices: triangles }
}
