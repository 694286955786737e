import type { Mesh } from '../mesh/unproject.js'

/** How narrow float32 can't tell from nothing, as the camera sees it, per metre of depth: the sides of a closed surface lie along its rays. */
const EDGE_ON = 5e-7

/** Triangles whose vertices have been rounded, and which side of them the camera is to see. */
export interface Tangle {
  /** Closed ones have three times the same vertex. */
  triangles: Uint32Array
  /** x, y, z per vertex. */
  rounded: Int32Array
  /** Of each triangle 1 or −1, 0 where the camera sees its edge alone. */
  sides: Int8Array
}

export function tangleOf({ positions, indices }: Pick<Mesh, 'positions' | 'indices'>, rounded: Int32Array): Tangle {
  const sides = new Int8Array(indices.length / 3)
  for (let t = 0; t < sides.length; t++) sides[t] = sideOf(positions, indices, t)
  const tangle = { triangles: indices.slice(), rounded, sides }
  // What is seen from the front alone is so where it is narrow, too.
  if (isOpen(tangle)) sides.fill(-1)
  return tangle
}

/** Whether the camera sees nothing of it from behind, as it does of a closed surface. */
export function isOpen({ sides }: Tangle): boolean {
  return !sides.includes(1)
}

export function turnedTriangles(tangle: Tangle): number[] {
  const turned: number[] = []
  for (let t = 0; t < tangle.sides.length; t++) if (isTurned(tangle, t)) turned.push(t)
  return turned
}

export function isTurned({ triangles, rounded, sides }: Tangle, t: number): boolean {
  return volumeOf(rounded, triangles, t) * sides[t] < 0
}

/** Gives a triangle the same vertex three times. */
export function close({ triangles }: Tangle, t: number): void {
  triangles.fill(triangles[3 * t], 3 * t, 3 * t + 3)
}

/** Of some vertices the triangles that have them as a corner, but for closed ones. */
export function trianglesAround({ triangles }: Tangle, vertices: ReadonlySet<number>): Map<number, number[]> {
  const around = new Map(Array.from(vertices, (vertex) => [vertex, [] as number[]]))
  for (let e = 0; e < triangles.length; e++) {
    const t = (e / 3) | 0
    if (vertices.has(triangles[e]) && triangles[3 * t] !== triangles[3 * t + 1]) around.get(triangles[e])?.push(t)
  }
  return around
}

/** How far two vertices lie apart as the camera sees them, of a depth of 1. */
export function seenLength({ rounded }: Tangle, a: number, b: number): number {
  const along = (axis: number): number => rounded[a * 3 + axis] / rounded[a * 3 + 2] - rounded[b * 3 + axis] / rounded[b * 3 + 2]
  return Math.hypot(along(0), along(1))
}

/** Six times the volume between a triangle and the camera; its sign says which side the camera sees. */
export function volume(p: Float32Array | Int32Array, a: number, b: number, c: number): number {
  return p[a] * (p[b + 1] * p[c + 2] - p[b + 2] * p[c + 1]) + p[a + 1] * (p[b + 2] * p[c] - p[b] * p[c + 2]) + p[a + 2] * (p[b] * p[c + 1] - p[b + 1] * p[c])
}

/** See {@link volume}. */
function volumeOf(p: Float32Array | Int32Array, triangles: Uint32Array, t: number): number {
  return volume(p, triangles[3 * t] * 3, triangles[3 * t + 1] * 3, triangles[3 * t + 2] * 3)
}

/** 1 or −1, 0 where the camera sees a triangle's edge alone. */
function sideOf(p: Float32Array, triangles: Uint32Array, t: number): number {
  const a = triangles[3 * t] * 3
  const b = triangles[3 * t + 1] * 3
  const c = triangles[3 * t + 2] * 3
  const bx = p[b] / p[b + 2] - p[a] / p[a + 2]
  const by = p[b + 1] / p[b + 2] - p[a + 1] / p[a + 2]
  const cx = p[c] / p[c + 2] - p[a] / p[a + 2]
  const cy = p[c + 1] / p[c + 2] - p[a + 1] / p[a + 2]
  return Math.abs(bx * cy - by * cx) < EDGE_ON * (Math.hypot(bx, by) + Math.hypot(cx, cy)) ? 0 : Math.sign(volumeOf(p, triangles, t))
}
