import { LATTICE, type Triangulation } from '../surface/delaunay.js'
import type { ErrorModel } from '../surface/error-model.js'

/** Errors below this are the file's rounding, not shape: half a step of a 16-bit map, disparity. */
export const ROUNDING = 0.5 / 65535

/** Bytes of a vertex and of a triangle: wasm/surface.ts. */
const VERTEX = 16
const TRIANGLE = 48

/** A surface that points are inserted into. */
export interface Insertion {
  readonly vertexCount: number
  readonly triangleCount: number
  /** Finds the worst error of every triangle that changed; past `enough` px, which is split anyway, of a large one some error will do. */
  flush(enough: number): void
  /** The largest error that counts, px. */
  largest(): number
  /** Splits those of the `most` worst triangles that err more than `above` px, worst first, each at its worst pixel or first at the boundary beside that; but none that a split has changed. */
  split(above: number, most: number): void
  /** Three vertices a triangle, a copy. */
  triangles(): Uint32Array
  /** The first vertices: u px, v px, disparity. */
  points(count: number): Float32Array
}

/** What wasm/ does for it. */
export interface InsertionExports {
  memory: WebAssembly.Memory
  beginInsertion(address: number, vertices: number, triangles: number, map: number, jump: number): void
  useModel(scale: number, smallest: number, slip: boolean, far: number, range: number, tiles: number): void
  touch(triangle: number): void
  flush(enough: number): void
  largest(): number
  split(above: number, most: number): void
  vertexCount: WebAssembly.Global<'i32'>
  triangleCount: WebAssembly.Global<'i32'>
  /** Addresses, signed. */
  vertices: WebAssembly.Global<'i32'>
  triangles: WebAssembly.Global<'i32'>
}

/** Where in the memory of wasm/ there is room for insertion. */
export interface Room {
  /** For a number for each tile of the map, and some more. */
  tiles: number
  /** Behind everything else: as much as it takes. */
  free: number
  /** The map's values, row after row. */
  values: number
}

/**
 * Begins to insert points into a surface, in WebAssembly; the surface itself stays as it is.
 *
 * @param jump neighbours that differ by more are not extrapolated from.
 */
export function beginInsertion(wasm: InsertionExports, surface: Triangulation, model: ErrorModel, jump: number, room: Room): Insertion {
  wasm.useModel(model.pixelsPerDisparity, smallestError(model), model.slip, model.wFar, model.wNear - model.wFar, room.tiles)
  wasm.beginInsertion(room.free, surface.vertexCount, surface.triangleCount, room.values, jump)
  const { x, y, z, tri, twin, changed } = surface
  const { buffer } = wasm.memory
  const vertices = new Int32Array(buffer, wasm.vertices.value >>> 0, (VERTEX / 4) * surface.vertexCount)
  const disparities = new Float64Array(buffer, wasm.vertices.value >>> 0, (VERTEX / 8) * surface.vertexCount)
  for (let v = 0; v < surface.vertexCount; v++) {
    vertices[4 * v] = x[v]
    vertices[4 * v + 1] = y[v]
    disparities[2 * v + 1] = z[v]
  }
  const triangles = new Int32Array(buffer, wasm.triangles.value >>> 0, (TRIANGLE / 4) * surface.triangleCount).fill(0)
  for (let e = 0, at = 0; e < 3 * surface.triangleCount; e++, at += e % 3 === 0 ? TRIANGLE / 4 - 2 : 1) {
    triangles[at] = tri[e]
    // half-edges are 4t + i there
    triangles[at + 3] = twin[e] < 0 ? -1 : twin[e] + Math.floor(twin[e] / 3)
  }
  for (let i = 0; i < surface.changedCount; i++) wasm.touch(changed[i])
  return {
    get vertexCount() {
      return wasm.vertexCount.value
    },
    get triangleCount() {
      return wasm.triangleCount.value
    },
    flush: (enough) => wasm.flush(enough),
    largest: () => wasm.largest(),
    split: (above, most) => wasm.split(above, Math.min(most, wasm.triangleCount.value)),
    triangles() {
      const count = wasm.triangleCount.value
      const records = new Uint32Array(wasm.memory.buffer, wasm.triangles.value >>> 0, (TRIANGLE / 4) * count)
      const corners = new Uint32Array(3 * count)
      for (let e = 0, at = 0; e < 3 * count; e += 3, at += TRIANGLE / 4) {
        corners[e] = records[at]
        corners[e + 1] = records[at + 1]
        corners[e + 2] = records[at + 2]
      }
      return corners
    },
    points(count) {
      const places = new Int32Array(wasm.memory.buffer, wasm.vertices.value >>> 0, (VERTEX / 4) * count)
      const heights = new Float64Array(wasm.memory.buffer, wasm.vertices.value >>> 0, (VERTEX / 8) * count)
      const points = new Float32Array(3 * count)
      for (let v = 0; v < count; v++) {
        points[3 * v] = places[4 * v] / LATTICE
        points[3 * v + 1] = places[4 * v + 1] / LATTICE
        points[3 * v + 2] = heights[2 * v + 1]
      }
      return points
    },
  }
}

/** Errors up to this don't count, px. */
export function smallestError({ pixelsPerDisparity }: Pick<ErrorModel, 'pixelsPerDisparity'>): number {
  return ROUNDING * Math.max(pixelsPerDisparity, Number.MIN_VALUE)
}
