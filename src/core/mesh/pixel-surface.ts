import { inverseDepth, pixelSize } from '../camera.js'
import type { DisparityMap } from '../depth/convention.js'
import { DepthMeshError } from '../errors.js'
import type { Settings } from '../options.js'
import { place } from './grid.js'
import { unproject } from './unproject.js'

/**
 * The surface of a map with a vertex a pixel, made row by row as it is asked for: all of it at once would be 44 bytes a pixel, 740 MB of 4096².
 *
 * Its cells have a pixel at each corner: two triangles, or one where a corner holds nothing.
 */
export interface PixelSurface {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** Pixels that are a corner of a triangle; the others have no vertex. */
  vertices: number
  quads: number
  /** Cells that lack a corner. */
  triangles: number
  /** Of the vertices, metres. */
  bounds: { min: [number, number, number]; max: [number, number, number] }
  /** How far a vertex may be rounded, metres. */
  resolution: Resolution
  rows(): Generator<PixelRow>
  /** A row of cells after another. */
  cells(): Generator<CellRow>
}

/** What a map can tell apart. */
export interface Resolution {
  /** The axis along which the map says how far away things are: z of a view and of a wall, y of the ground. */
  axis: 1 | 2
  /** How wide a pixel is, metres, where a view is so many metres deep; the same throughout a relief. */
  pixel(depth: number): number
  /** How far one level of 16 bits is from the next, metres. */
  level(depth: number): number
}

export interface PixelRow {
  /** x, y, z metres per pixel. Without meaning where there is no vertex. */
  positions: Float32Array
  /** u, v per pixel, 0..1, origin top left. */
  uvs: Float32Array
  /** Per pixel 1 where it has a vertex, else 0. */
  has: Uint8Array
}

/** Of each pixel in a row of pixels, and in the one below, the number of its vertex, counted from 0 along the rows; −1 where it has none. The same arrays each time. */
export interface CellRow {
  upper: Int32Array
  lower: Int32Array
}

/** @throws DepthMeshError `INPUT_NOTHING_TO_MESH` when no three pixels of any cell hold something. */
export function pixelSurface(map: DisparityMap, settings: Settings): PixelSurface {
  const { width, height, disparity } = map
  // (1) Which pixels have a vertex: those of cells of which three corners are there.
  const has = new Uint8Array(width * height)
  const known = (i: number): number => (disparity[i] === disparity[i] ? 1 : 0)
  let quads = 0
  let triangles = 0
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0, a = y * width; x < width - 1; x++, a++) {
      const there = known(a) + known(a + 1) + known(a + width) + known(a + width + 1)
      if (there < 3) continue
      if (there === 4) quads++
      else triangles++
      has[a] |= known(a)
      has[a + 1] |= known(a + 1)
      has[a + width] |= known(a + width)
      has[a + width + 1] |= known(a + width + 1)
    }
  }
  if (quads + triangles === 0) {
    throw new DepthMeshError('INPUT_NOTHING_TO_MESH', 'expected three pixels side by side that hold something, found none', { hint: 'Is the map all black, with "black": "cut" or "hole"?' })
  }

  const points = new Float32Array(width * 3)
  function* rows(): Generator<PixelRow> {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        points[x * 3] = place(x, width - 1, width)
        points[x * 3 + 1] = place(y, height - 1, height)
        points[x * 3 + 2] = disparity[y * width + x]
      }
      yield { ...unproject({ points, triangles: new Uint32Array() }, map, settings), has: has.subarray(y * width, (y + 1) * width) }
    }
  }
  function* cells(): Generator<CellRow> {
    let [upper, lower] = [new Int32Array(width), new Int32Array(width)]
    let count = 0
    for (let y = 0; y < height; y++) {
      ;[upper, lower] = [lower, upper]
      for (let x = 0; x < width; x++) lower[x] = has[y * width + x] === 1 ? count++ : -1
      if (y > 0) yield { upper, lower }
    }
  }

  // (2) How many, and where.
  let vertices = 0
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  for (const { positions, has } of rows()) {
    for (let x = 0; x < width; x++) {
      if (has[x] === 0) continue
      vertices++
      for (let axis = 0; axis < 3; axis++) {
        const value = positions[x * 3 + axis]
        if (value < min[axis]) min[axis] = value
        if (value > max[axis]) max[axis] = value
      }
    }
  }
  return { width, height, vertices, quads, triangles, bounds: { min, max }, resolution: resolutionOf(map, settings), rows, cells }
}

/** Levels of a 16-bit map. */
const LEVELS = 65_535

function resolutionOf(map: DisparityMap, settings: Settings): Resolution {
  const size = pixelSize(map, settings)
  if (settings.projection === 'orthographic') return { axis: settings.orientation === 'ground' ? 1 : 2, pixel: () => size, level: () => map.relief / LEVELS }
  // 1/z is linear in levels: dz = z² d(1/z).
  const perLevel = inverseDepth(map).range / LEVELS
  return { axis: 2, pixel: (depth) => depth * size, level: (depth) => depth * depth * perLevel }
}
