import { depthAt, disparityAt, inverseDepth, pixelSize } from '../camera.js'
import type { DisparityMap } from '../depth/convention.js'
import type { Settings } from '../options.js'
import type { Surface } from './surface/surface.js'

/** A surface in glTF space. */
export interface Mesh {
  /** x, y, z metres per vertex; +Y up, −Z forward. */
  positions: Float32Array
  /** u, v per vertex, 0..1, origin top left. */
  uvs: Float32Array
  /** Three vertices per triangle, counter-clockwise. */
  indices: Uint32Array
}

/** A larger picture around the picture, pixels: where the picture's upper left corner lies on it, and its size. */
export interface Canvas {
  left: number
  top: number
  width: number
  height: number
}

/**
 * From the picture to metres.
 *
 * Perspective: the camera stands at the origin and looks down −Z (see `src/core/camera.ts`).
 * Orthographic: `width` metres from edge to edge, centred on the origin, disparity 0 at 0 and disparity 1 at `relief`;
 * a `wall` stands in the XY plane and faces +Z, the `ground` lies in the XZ plane, the picture's upper edge at −Z.
 *
 * @param map the picture's; says what its pixels and disparities are in metres.
 * @param canvas what the plane's pixels are counted on and its texture covers, where that is more than the picture: see {@link Canvas}.
 */
export function unproject(plane: Surface, map: DisparityMap, settings: Settings, canvas: Canvas = { left: 0, top: 0, width: map.width, height: map.height }): Mesh {
  const { points, triangles } = plane
  const count = points.length / 3
  const positions = new Float32Array(count * 3)
  const uvs = new Float32Array(count * 2)
  const perspective = settings.projection === 'perspective'
  const ground = settings.orientation === 'ground'
  const metresPerPixel = pixelSize(map, settings)
  const middleU = canvas.left + map.width / 2
  const middleV = canvas.top + map.height / 2
  const inverse = inverseDepth(map)
  for (let i = 0; i < count; i++) {
    const u = points[i * 3]
    const v = points[i * 3 + 1]
    const d = points[i * 3 + 2]
    uvs[i * 2] = u / canvas.width
    uvs[i * 2 + 1] = v / canvas.height
    const right = (u - middleU) * metresPerPixel
    const down = (v - middleV) * metresPerPixel
    if (perspective) {
      const depth = depthAt(d, inverse)
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

/**
 * The way back, from metres to (u px, v px on the picture, disparity) per vertex: {@link unproject} undone, to float precision.
 */
export function project(positions: Float32Array, map: Omit<DisparityMap, 'disparity'>, settings: Settings): Float32Array {
  const points = new Float32Array(positions.length)
  const perspective = settings.projection === 'perspective'
  const ground = settings.orientation === 'ground'
  const metresPerPixel = pixelSize(map, settings)
  const inverse = inverseDepth(map)
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = positions.subarray(i, i + 3)
    const scale = perspective ? -z * metresPerPixel : metresPerPixel
    points[i] = map.width / 2 + x / scale
    points[i + 1] = map.height / 2 + (ground && !perspective ? z : -y) / scale
    points[i + 2] = perspective ? disparityAt(-z, inverse) : (ground ? y : z) / map.relief
  }
  return points
}
