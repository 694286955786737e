// A triangulation that grows: src/core/mesh/surface/delaunay.ts again, statement by statement. All that belongs to a triangle lies together, so that it comes with one cache miss.

/** A vertex: x, y (i32, in 1/LATTICE px), disparity (f64). */
export const VERTEX: usize = 16

/** A triangle: three vertices, three twins, and what insertion knows of it: error (f32), candidate, the triangles after and before it in its bucket, whether it changed. */
export const TRIANGLE: usize = 48
export const ERROR: usize = 24
export const CANDIDATE: usize = 28
export const AFTER: usize = 32
export const BEFORE: usize = 36
const DIRTY: usize = 40

/** As in delaunay.ts. */
const COCIRCULAR: f64 = 1e-15

export let vertices: usize = 0
export let triangles: usize = 0
/** Triangles made or changed since the list was last emptied (i32). */
export let changed: usize = 0
export let vertexCount: i32 = 0
export let triangleCount: i32 = 0
export let changedCount: i32 = 0
let stack: usize = 0

let arena: usize = 0
let vertexCapacity: i32 = 0
let triangleCapacity: i32 = 0
/** Room for two lists of 8 bytes a triangle. */
export let lists: usize = 0

/** Begins a surface behind `address`: the host writes its vertices and triangles (whose other numbers are 0), half-edges as 4 × triangle + corner. */
export function begin(address: usize, vertexTotal: i32, triangleTotal: i32): void {
  arena = (address + 15) & ~15
  vertexCapacity = triangleCapacity = 0
  vertexCount = triangleCount = changedCount = 0
  reserve(vertexTotal, triangleTotal, 0)
  vertexCount = vertexTotal
  triangleCount = triangleTotal
}

/**
 * The host's part of growing: the memory ends no sooner than there (bytes) afterwards, or the host throws. In f64, since what is asked for may lie beyond what an address can say.
 */
// @ts-ignore: decorator
@external("env", "makeRoom")
declare function makeRoom(end: f64): void

/** Makes room for so many vertices and triangles, or throws and leaves all as it is. The list of changed ones must be empty; of `lists` the first bytes are kept. */
export function reserve(vertexTotal: i32, triangleTotal: i32, kept: usize): void {
  if (vertexTotal <= vertexCapacity && triangleTotal <= triangleCapacity) return
  const forVertices = max(vertexTotal, vertexCapacity + (vertexCapacity >> 1))
  const forTriangles = max(triangleTotal, triangleCapacity + (triangleCapacity >> 1))
  const end = <f64>arena + <f64>forVertices * VERTEX + <f64>forTriangles * (TRIANGLE + 16 + 4 + 4) + 64
  if (end > <f64>memory.size() * 65536) makeRoom(end)
  vertexCapacity = forVertices
  triangleCapacity = forTriangles
  const oldTriangles = triangles
  const oldLists = lists
  vertices = arena
  triangles = vertices + <usize>vertexCapacity * VERTEX
  lists = triangles + <usize>triangleCapacity * TRIANGLE
  changed = lists + (<usize>triangleCapacity << 4)
  stack = changed + (<usize>triangleCapacity << 2)
  // all of it moves up, so that the last goes first
  memory.copy(lists, oldLists, kept)
  memory.copy(triangles, oldTriangles, <usize>triangleCount * TRIANGLE)
}

export function clearChanged(): void {
  changedCount = 0
}

// @ts-ignore: decorator
@inline
export function vertex(v: i32): usize {
  return vertices + (<usize>v << 4)
}

// @ts-ignore: decorator
@inline
export function xOf(v: i32): i32 {
  return load<i32>(vertex(v))
}

// @ts-ignore: decorator
@inline
export function yOf(v: i32): i32 {
  return load<i32>(vertex(v), 4)
}

// @ts-ignore: decorator
@inline
export function zOf(v: i32): f64 {
  return load<f64>(vertex(v), 8)
}

// @ts-ignore: decorator
@inline
export function triangle(t: i32): usize {
  return triangles + <usize>t * TRIANGLE
}

// @ts-ignore: decorator
@inline
function edge(e: i32): usize {
  return triangle(e >> 2) + (<usize>(e & 3) << 2)
}

/** The vertex that half-edge `e` leaves. */
// @ts-ignore: decorator
@inline
export function origin(e: i32): i32 {
  return load<i32>(edge(e))
}

/** The half-edge on its other side, −1 at a boundary. */
// @ts-ignore: decorator
@inline
export function twin(e: i32): i32 {
  return load<i32>(edge(e), 12)
}

// @ts-ignore: decorator
@inline
export function next(e: i32): i32 {
  return (e & 3) == 2 ? e - 2 : e + 1
}

// @ts-ignore: decorator
@inline
export function last(e: i32): i32 {
  return (e & 3) == 0 ? e + 2 : e - 1
}

// @ts-ignore: decorator
@inline
export function isDirty(t: i32): bool {
  return load<i32>(triangle(t), DIRTY) != 0
}

// @ts-ignore: decorator
@inline
export function clean(t: i32): void {
  store<i32>(triangle(t), 0, DIRTY)
}

/** Puts a triangle on the list of those that changed. */
// @ts-ignore: decorator
@inline
export function touch(t: i32): void {
  if (isDirty(t)) return
  store<i32>(triangle(t), 1, DIRTY)
  store<i32>(changed + (<usize>changedCount << 2), t)
  changedCount++
}

export function addVertex(x: i32, y: i32, z: f64): i32 {
  const at = vertex(vertexCount)
  store<i32>(at, x)
  store<i32>(at, y, 4)
  store<f64>(at, z, 8)
  return vertexCount++
}

function addTriangle(): i32 {
  const at = triangle(triangleCount)
  store<f32>(at, 0, ERROR)
  store<i32>(at, 0, DIRTY)
  return triangleCount++
}

function setTriangle(t: i32, a: i32, b: i32, c: i32, ab: i32, bc: i32, ca: i32): void {
  const at = triangle(t)
  store<i32>(at, a)
  store<i32>(at, b, 4)
  store<i32>(at, c, 8)
  store<i32>(at, ab, 12)
  store<i32>(at, bc, 16)
  store<i32>(at, ca, 20)
  const e = t << 2
  if (ab >= 0) store<i32>(edge(ab), e, 12)
  if (bc >= 0) store<i32>(edge(bc), e + 1, 12)
  if (ca >= 0) store<i32>(edge(ca), e + 2, 12)
  touch(t)
}

/** Twice the area of an edge and a place in lattice units. Exact. */
export function side(a: i32, b: i32, px: i32, py: i32): f64 {
  const x = xOf(a)
  const y = yOf(a)
  return <f64>(yOf(b) - y) * <f64>(px - x) - <f64>(xOf(b) - x) * <f64>(py - y)
}

/** Splits triangle `t` at vertex `p` inside it. */
export function splitTriangle(t: i32, p: i32): void {
  const t1 = addTriangle()
  const t2 = addTriangle()
  const e = t << 2
  const a = origin(e), b = origin(e + 1), c = origin(e + 2)
  const ab = twin(e), bc = twin(e + 1), ca = twin(e + 2)
  setTriangle(t, a, b, p, ab, -1, -1)
  setTriangle(t1, b, c, p, bc, -1, e + 1)
  setTriangle(t2, c, a, p, ca, e + 2, (t1 << 2) + 1)
  legalize(e, t1 << 2, t2 << 2, -1)
}

/** Splits half-edge `e` at vertex `p` on it (or, at a boundary, beside it). */
export function splitEdge(e: i32, p: i32): void {
  const f = twin(e)
  const t = e >> 2
  const t1 = addTriangle()
  const a = origin(e), b = origin(next(e)), c = origin(last(e))
  const bc = twin(next(e)), ca = twin(last(e))
  if (f < 0) {
    setTriangle(t, c, a, p, ca, -1, -1)
    setTriangle(t1, b, c, p, bc, (t << 2) + 2, -1)
    legalize(t << 2, t1 << 2, -1, -1)
    return
  }
  const u = f >> 2
  const u1 = addTriangle()
  const d = origin(last(f))
  const ad = twin(next(f)), db = twin(last(f))
  setTriangle(t, c, a, p, ca, -1, -1)
  setTriangle(t1, b, c, p, bc, (t << 2) + 2, -1)
  setTriangle(u, a, d, p, ad, -1, (t << 2) + 1)
  setTriangle(u1, d, b, p, db, (t1 << 2) + 2, (u << 2) + 1)
  legalize(t << 2, t1 << 2, u << 2, u1 << 2)
}

/** Flips outward from a new vertex (the last of every triangle given) until the triangulation is Delaunay again. */
function legalize(e0: i32, e1: i32, e2: i32, e3: i32): void {
  let top = stack
  if (e3 >= 0) { store<i32>(top, e3); top += 4 }
  if (e2 >= 0) { store<i32>(top, e2); top += 4 }
  store<i32>(top, e1)
  store<i32>(top, e0, 4)
  top += 8
  while (top > stack) {
    top -= 4
    // the first half-edge of a triangle, always
    const e = load<i32>(top)
    const f = twin(e)
    if (f < 0) continue
    const d = origin(last(f)), a = origin(e), b = origin(e + 1), p = origin(e + 2)
    const x = xOf(p), y = yOf(p)
    const dx = <f64>(xOf(d) - x), dy = <f64>(yOf(d) - y)
    const ax = <f64>(xOf(a) - x), ay = <f64>(yOf(a) - y)
    const bx = <f64>(xOf(b) - x), by = <f64>(yOf(b) - y)
    const aa = ax * ax + ay * ay
    const bb = bx * bx + by * by
    const dd = dx * dx + dy * dy
    const inside = dx * (ay * bb - aa * by) - dy * (ax * bb - aa * bx) + dd * (ax * by - ay * bx)
    const scale = aa + bb + dd
    if (inside <= COCIRCULAR * scale * scale) continue
    if (dy * ax - dx * ay >= 0 || by * dx - bx * dy >= 0) continue
    const t = e >> 2
    const u = f >> 2
    const yp = twin(e + 1), px = twin(e + 2), xd = twin(next(f)), db = twin(last(f))
    setTriangle(t, a, d, p, xd, -1, px)
    setTriangle(u, d, b, p, db, yp, (t << 2) + 1)
    store<i32>(top, u << 2)
    store<i32>(top, t << 2, 4)
    top += 8
  }
}
