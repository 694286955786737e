import type { SourceCamera } from '../camera.js'
import type { DisparityMap } from '../depth/convention.js'
import type { Mesh } from '../mesh/unproject.js'
import type { Settings } from '../options.js'

/** What packing has to know beside the meshes. */
export interface PackPlan {
  /** The depth map's size, pixels, and, if it is orthographic, its height, metres. */
  map: Pick<DisparityMap, 'width' | 'height' | 'relief'>
  /** The source view; `null` for an orthographic map. */
  camera: SourceCamera | null
  /** How an orthographic map stands, and how many metres it is across. */
  placed: Pick<Settings, 'width' | 'orientation'>
  /** Source pixels that the whole range of disparity moves by when the camera has moved by `travel`. */
  parallax: number
  /** What this level deviates from the map. */
  error: { metres: number }
  /** Closed surfaces stay closed: each triangle is kept that holds others together, even where rounding left it no area. */
  solid: boolean
  /** 16-bit integers where they are fine enough; else floats for the exponential filter. */
  integers: boolean
  /** Lit surfaces need one scale on all axes: Babylon shades tangents under a non-uniform scale wrongly. */
  lit: boolean
}

/** Where a packed mesh stands: translation · rotation · scale takes stored numbers to metres in glTF space. */
export interface Placement {
  translation: [number, number, number]
  rotation: [number, number, number, number]
  scale: [number, number, number]
}

/** Numbers as they are stored. */
export interface PackedNumbers {
  values: Uint16Array | Int16Array | Float32Array
  /** What meshopt's codec stores, where that is not the values themselves. */
  stored: Filtered | null
}

/** What meshopt's filter makes the values of, `size` numbers a vertex. Values that share their data are compressed once. */
export type Filtered = { data: Int32Array; size: number; filter: 'EXPONENTIAL' } | { data: Int16Array; size: number; filter: 'QUATERNION' | 'NONE' }

/** A mesh as it is stored. */
export interface PackedMesh {
  /** x, y, z per vertex, in the space that {@link Placement} takes to metres. */
  positions: PackedNumbers
  /** u, v per vertex; uv = stored · uvScale + uvOffset, origin top left. */
  uvs: PackedNumbers
  uvScale: [number, number]
  uvOffset: [number, number]
  /** Three vertices per triangle, counter-clockwise, in the order that meshopt stores smallest. */
  indices: Uint32Array
  /** Triangles that had no area left after rounding. */
  dropped: number
}

export interface PackedMeshes {
  meshes: PackedMesh[]
  placement: Placement
  rounding: Rounding
}

/** What rounding moved vertices by, at most: along the view axis, and in source pixels, the larger of slip and parallax. */
export interface Rounding {
  metres: number
  pixels: number
  /** 99 of 100 vertices were moved by less. */
  p99: { metres: number; pixels: number }
}

/** Where every vertex may be moved by as much as the next. */
export function evenly(rounding: { metres: number; pixels: number }): Rounding {
  return { ...rounding, p99: rounding }
}

/** How to pack each mesh of a level. */
export type Packing = Omit<PackedMeshes, 'meshes'> & { packer: (mesh: Mesh) => Stored }
/** Without indices where triangles stay as they were. */
export type Stored = Omit<PackedMesh, 'indices' | 'dropped'> & Partial<Pick<PackedMesh, 'indices'>>
