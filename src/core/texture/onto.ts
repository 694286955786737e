import { pixelSize } from '../camera.js'
import type { DisparityMap } from '../depth/convention.js'
import type { Settings } from '../options.js'
import type { NormalMap } from './normal.js'

/** A surface with UVs of its own: see `readUnwrapped`. */
export interface OntoTarget {
  positions: Float32Array
  normals: Float32Array
  tangents: Float32Array | null
  uvs: Float32Array
  indices: Uint32Array
}

export interface OntoInput {
  /** What the normals were taken from. */
  map: Pick<DisparityMap, 'width' | 'height'>
  /** Normals at full resolution, relative to the base plane. */
  normals: NormalMap
  /** Meshes that share one UV space. */
  targets: readonly OntoTarget[]
}

/**
 * The detail of a map on another mesh of the same place and size: for every texel of that mesh's UVs the map's normal where the texel lies, in the
 * frame of the mesh (its normals; its tangents, or else the directions of its UVs).
 *
 * @returns `size` × `size` sums as {@link NormalMap} holds them; empty where no triangle lies or the map holds nothing.
 */
export function bakeNormalsOnto({ map, normals, targets }: OntoInput, size: number, settings: Pick<Settings, 'projection' | 'orientation' | 'fovY' | 'width'>): NormalMap {
  const sums = new Float32Array(size * size * 3)
  const normalAt = sourceNormal(map, normals, settings)
  const found = new Float64Array(3)
  for (const { positions, normals: vertexNormals, tangents, uvs, indices } of targets) {
    for (let i = 0; i < indices.length; i += 3) {
      const [a, b, c] = [indices[i], indices[i + 1], indices[i + 2]]
      const [ax, ay, bx, by, cx, cy] = [uvs[a * 2], uvs[a * 2 + 1], uvs[b * 2], uvs[b * 2 + 1], uvs[c * 2], uvs[c * 2 + 1]].map((value) => value * size)
      const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
      if (area === 0) continue
      const flat = tangents === null ? uvTangent(positions, uvs, a, b, c) : null
      const bottom = Math.min(size - 1, Math.ceil(Math.max(ay, by, cy) - 0.5))
      const right = Math.min(size - 1, Math.ceil(Math.max(ax, bx, cx) - 0.5))
      for (let y = Math.max(0, Math.floor(Math.min(ay, by, cy) - 0.5)); y <= bottom; y++) {
        for (let x = Math.max(0, Math.floor(Math.min(ax, bx, cx) - 0.5)); x <= right; x++) {
          const wb = ((x + 0.5 - ax) * (cy - ay) - (y + 0.5 - ay) * (cx - ax)) / area
          const wc = ((bx - ax) * (y + 0.5 - ay) - (by - ay) * (x + 0.5 - ax)) / area
          const wa = 1 - wb - wc
          if (wa < 0 || wb < 0 || wc < 0) continue
          const blend = (values: Float32Array, stride: number, axis: number) => wa * values[a * stride + axis] + wb * values[b * stride + axis] + wc * values[c * stride + axis]
          if (!normalAt(blend(positions, 3, 0), blend(positions, 3, 1), blend(positions, 3, 2), found)) continue
          const [nx, ny, nz] = unit(blend(vertexNormals, 3, 0), blend(vertexNormals, 3, 1), blend(vertexNormals, 3, 2))
          const [tx, ty, tz] = tangents === null ? (flat as Direction) : unit(blend(tangents, 4, 0), blend(tangents, 4, 1), blend(tangents, 4, 2))
          const along = nx * tx + ny * ty + nz * tz
          const [sx, sy, sz] = unit(tx - along * nx, ty - along * ny, tz - along * nz)
          const hand = tangents === null ? -Math.sign(area) : tangents[a * 4 + 3]
          const at = (y * size + x) * 3
          sums[at] = found[0] * sx + found[1] * sy + found[2] * sz
          sums[at + 1] = hand * (found[0] * (ny * sz - nz * sy) + found[1] * (nz * sx - nx * sz) + found[2] * (nx * sy - ny * sx))
          sums[at + 2] = found[0] * nx + found[1] * ny + found[2] * nz
        }
      }
    }
  }
  return { width: size, height: size, sums }
}

type Direction = [number, number, number]

/** The map's normal at a place in space, in that space; false where the map ends or holds nothing. */
function sourceNormal({ width, height }: OntoInput['map'], { sums }: NormalMap, settings: Pick<Settings, 'projection' | 'orientation' | 'fovY' | 'width'>) {
  const perspective = settings.projection === 'perspective'
  const ground = !perspective && settings.orientation === 'ground'
  const metresPerPixel = pixelSize({ width, height }, settings)
  return (x: number, y: number, z: number, out: Float64Array): boolean => {
    const depth = perspective ? -z : 1
    const u = Math.floor(width / 2 + x / depth / metresPerPixel)
    const v = Math.floor(height / 2 - (ground ? -z : y / depth) / metresPerPixel)
    if (!(depth > 0 && u >= 0 && u < width && v >= 0 && v < height)) return false
    const at = (v * width + u) * 3
    const [right, up, toward] = unit(sums[at], sums[at + 1], sums[at + 2])
    if (toward === 0 && right === 0 && up === 0) return false
    out[0] = right
    out[1] = ground ? toward : up
    out[2] = ground ? -up : toward
    return true
  }
}

/** Where u grows on a triangle, in space. */
function uvTangent(positions: Float32Array, uvs: Float32Array, a: number, b: number, c: number): Direction {
  const [du1, dv1, du2, dv2] = [uvs[b * 2] - uvs[a * 2], uvs[b * 2 + 1] - uvs[a * 2 + 1], uvs[c * 2] - uvs[a * 2], uvs[c * 2 + 1] - uvs[a * 2 + 1]]
  const sign = Math.sign(du1 * dv2 - du2 * dv1)
  const along = (axis: number) => sign * ((positions[b * 3 + axis] - positions[a * 3 + axis]) * dv2 - (positions[c * 3 + axis] - positions[a * 3 + axis]) * dv1)
  return unit(along(0), along(1), along(2))
}

function unit(x: number, y: number, z: number): Direction {
  const length = Math.hypot(x, y, z) || 1
  return [x / length, y / length, z / length]
}
