import { lastOf, nextOf } from './half-edges.js'
import type { Surface } from './surface.js'

/** Vertices stand on a lattice of ⅛ px, so that which side of a line a point lies on is decided in whole numbers, exactly. Pixel centres and edges are on it. */
export const LATTICE = 8

/** The error of the floating-point in-circle test, relative to the fourth power of the size: below it the four points count as cocircular. */
const COCIRCULAR = 1e-15

/**
 * A triangulation that grows: flat arrays, half-edges, Delaunay but for the edges that are boundaries.
 *
 * Half-edge 3t + i runs from the i-th vertex of triangle t to the next; `twin` is the half-edge on its other side, −1 at a boundary
 * (the picture's edge, or where the surface is cut). Triangles are counter-clockwise as seen (v grows downward).
 */
export class Triangulation {
  /** Vertices, in 1/LATTICE px. */
  x: Int32Array
  y: Int32Array
  /** Disparity per vertex. */
  z: Float64Array
  vertexCount = 0
  /** Three vertices per triangle. */
  tri: Int32Array
  twin: Int32Array
  triangleCount = 0
  /** Triangles made or changed since the list was last emptied; each once. */
  changed: Int32Array
  changedCount = 0
  /** Whether a triangle is in that list. */
  dirty: Uint8Array
  private stack = new Int32Array(256)

  constructor(vertexCapacity: number, triangleCapacity: number) {
    this.x = new Int32Array(vertexCapacity)
    this.y = new Int32Array(vertexCapacity)
    this.z = new Float64Array(vertexCapacity)
    this.tri = new Int32Array(3 * triangleCapacity)
    this.twin = new Int32Array(3 * triangleCapacity)
    this.changed = new Int32Array(triangleCapacity)
    this.dirty = new Uint8Array(triangleCapacity)
  }

  addVertex(x: number, y: number, z: number): number {
    if (this.vertexCount === this.x.length) {
      const capacity = Math.ceil(1.6 * this.vertexCount) + 16
      this.x = grown(this.x, capacity)
      this.y = grown(this.y, capacity)
      const before = this.z
      this.z = new Float64Array(capacity)
      this.z.set(before)
    }
    this.x[this.vertexCount] = x
    this.y[this.vertexCount] = y
    this.z[this.vertexCount] = z
    return this.vertexCount++
  }

  addTriangle(): number {
    if (this.triangleCount === this.dirty.length) {
      const capacity = Math.ceil(1.6 * this.triangleCount) + 16
      this.tri = grown(this.tri, 3 * capacity)
      this.twin = grown(this.twin, 3 * capacity)
      this.changed = grown(this.changed, capacity)
      const { dirty } = this
      this.dirty = new Uint8Array(capacity)
      this.dirty.set(dirty)
    }
    return this.triangleCount++
  }

  /** Makes triangle `t` of three vertices and the half-edges on their other sides. */
  setTriangle(t: number, a: number, b: number, c: number, ab: number, bc: number, ca: number): void {
    const { tri, twin } = this
    const e = 3 * t
    tri[e] = a
    tri[e + 1] = b
    tri[e + 2] = c
    twin[e] = ab
    twin[e + 1] = bc
    twin[e + 2] = ca
    if (ab >= 0) twin[ab] = e
    if (bc >= 0) twin[bc] = e + 1
    if (ca >= 0) twin[ca] = e + 2
    if (this.dirty[t] === 0) {
      this.dirty[t] = 1
      this.changed[this.changedCount++] = t
    }
  }

  /** Twice the area of vertices a, b, c in lattice units: > 0 counter-clockwise as seen. Exact. */
  area(a: number, b: number, c: number): number {
    const { x, y } = this
    return (y[b] - y[a]) * (x[c] - x[a]) - (x[b] - x[a]) * (y[c] - y[a])
  }

  /** The same for an edge and a place. */
  side(a: number, b: number, px: number, py: number): number {
    const { x, y } = this
    return (y[b] - y[a]) * (px - x[a]) - (x[b] - x[a]) * (py - y[a])
  }

  /** Splits triangle `t` at vertex `p` inside it. */
  splitTriangle(t: number, p: number): void {
    const t1 = this.addTriangle()
    const t2 = this.addTriangle()
    const { tri, twin } = this
    const e = 3 * t
    const a = tri[e]
    const b = tri[e + 1]
    const c = tri[e + 2]
    const ab = twin[e]
    const bc = twin[e + 1]
    const ca = twin[e + 2]
    this.setTriangle(t, a, b, p, ab, -1, -1)
    this.setTriangle(t1, b, c, p, bc, -1, e + 1)
    this.setTriangle(t2, c, a, p, ca, e + 2, 3 * t1 + 1)
    this.legalize(e, 3 * t1, 3 * t2)
  }

  /** Splits half-edge `e` at vertex `p` on it (or, at a boundary, beside it). */
  splitEdge(e: number, p: number): void {
    const f = this.twin[e]
    const t = (e / 3) | 0
    const t1 = this.addTriangle()
    const u1 = f < 0 ? -1 : this.addTriangle()
    const { tri, twin } = this
    const a = tri[e]
    const b = tri[nextOf(e)]
    const c = tri[lastOf(e)]
    const bc = twin[nextOf(e)]
    const ca = twin[lastOf(e)]
    //        c                 c
    //      / t \             / | \
    //     a──e──b    →      a──p──b      t: c a p, t1: b c p, u: a d p, u1: d b p
    //      \ u /             \ | /
    //        d                 d
    if (f < 0) {
      this.setTriangle(t, c, a, p, ca, -1, -1)
      this.setTriangle(t1, b, c, p, bc, 3 * t + 2, -1)
      this.legalize(3 * t, 3 * t1)
      return
    }
    const u = (f / 3) | 0
    const d = tri[lastOf(f)]
    const ad = twin[nextOf(f)]
    const db = twin[lastOf(f)]
    this.setTriangle(t, c, a, p, ca, -1, -1)
    this.setTriangle(t1, b, c, p, bc, 3 * t + 2, -1)
    this.setTriangle(u, a, d, p, ad, -1, 3 * t + 1)
    this.setTriangle(u1, d, b, p, db, 3 * t1 + 2, 3 * u + 1)
    this.legalize(3 * t, 3 * t1, 3 * u, 3 * u1)
  }

  /** Turns half-edge `e` within its quad, which must be convex. Vertex 2 of both triangles is what was opposite `e`. */
  flip(e: number): void {
    const { tri, twin } = this
    const f = twin[e]
    const t = (e / 3) | 0
    const u = (f / 3) | 0
    //        p                   p
    //      / t \               / | \
    //     x──e──y      →      x t|u y      t: x d p, u: d y p
    //      \ u /               \ | /
    //        d                   d
    const x = tri[e]
    const y = tri[nextOf(e)]
    const p = tri[lastOf(e)]
    const d = tri[lastOf(f)]
    const yp = twin[nextOf(e)]
    const px = twin[lastOf(e)]
    const xd = twin[nextOf(f)]
    const dy = twin[lastOf(f)]
    this.setTriangle(t, x, d, p, xd, -1, px)
    this.setTriangle(u, d, y, p, dy, yp, 3 * t + 1)
  }

  /** Flips outward from a new vertex (the last of every triangle given) until the triangulation is Delaunay again. */
  private legalize(e0: number, e1: number, e2 = -1, e3 = -1): void {
    let stack = this.stack
    let top = 0
    if (e3 >= 0) stack[top++] = e3
    if (e2 >= 0) stack[top++] = e2
    stack[top++] = e1
    stack[top++] = e0
    while (top > 0) {
      const e = stack[--top]
      const { tri, twin, x, y } = this
      const f = twin[e]
      if (f < 0) continue
      const u = (f / 3) | 0
      const d = tri[f - 3 * u === 0 ? f + 2 : f - 1]
      const a = tri[e]
      const b = tri[e + 1]
      const p = tri[e + 2]
      const px = x[p]
      const py = y[p]
      const dx = x[d] - px
      const dy = y[d] - py
      const ax = x[a] - px
      const ay = y[a] - py
      const bx = x[b] - px
      const by = y[b] - py
      const aa = ax * ax + ay * ay
      const bb = bx * bx + by * by
      const dd = dx * dx + dy * dy
      const inside = dx * (ay * bb - aa * by) - dy * (ax * bb - aa * bx) + dd * (ax * by - ay * bx)
      const scale = aa + bb + dd
      if (inside <= COCIRCULAR * scale * scale) continue
      // new triangles a d p and d b p must both be counter-clockwise: exact, whatever rounding made of the circle
      if (dy * ax - dx * ay >= 0 || by * dx - bx * dy >= 0) continue
      this.flip(e)
      if (top + 2 > stack.length) {
        stack = grown(stack, 2 * stack.length)
        this.stack = stack
      }
      stack[top++] = 3 * u
      stack[top++] = 3 * ((e / 3) | 0)
    }
  }

  /** Adds a vertex where it belongs; nothing may stand there yet. Gives a triangle beside it, from which to look for the next. */
  insert(px: number, py: number, z: number, from: number): number {
    const t = this.locate(px, py, from)
    const vertex = this.addVertex(px, py, z)
    for (let k = 0; k < 3; k++) {
      if (this.side(this.tri[3 * t + k], this.tri[3 * t + (k === 2 ? 0 : k + 1)], px, py) !== 0) continue
      this.splitEdge(3 * t + k, vertex)
      return t
    }
    this.splitTriangle(t, vertex)
    return t
  }

  /** Its vertices and triangles in pixels. */
  toSurface(): Surface {
    const points = new Float32Array(3 * this.vertexCount)
    for (let i = 0; i < this.vertexCount; i++) {
      points[3 * i] = this.x[i] / LATTICE
      points[3 * i + 1] = this.y[i] / LATTICE
      points[3 * i + 2] = this.z[i]
    }
    return { points, triangles: Uint32Array.from(this.tri.subarray(0, 3 * this.triangleCount)) }
  }

  /** The triangle at or beside a place, by a walk from triangle `from`. Boundaries stop the walk. */
  locate(px: number, py: number, from: number): number {
    let t = from
    for (let steps = this.triangleCount; steps >= 0; steps--) {
      const e = 3 * t
      let worst = 0
      let through = -1
      for (let k = 0; k < 3; k++) {
        const a = this.tri[e + k]
        const b = this.tri[e + (k === 2 ? 0 : k + 1)]
        const side = this.side(a, b, px, py)
        if (side < worst && this.twin[e + k] >= 0) {
          worst = side
          through = this.twin[e + k]
        }
      }
      if (through < 0) return t
      t = (through / 3) | 0
    }
    return t
  }
}

function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
  larger.set(array)
  return larger
}
