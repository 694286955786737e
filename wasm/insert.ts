// Points into the surface: the second half of test/core/mesh/pixels/plain-insertion.ts again, statement by statement. greedy.ts says how many, and when.

import { edgeSlip, flushAlone, LATTICE, SLIPPING, wFar, wRange } from './flush'
import { clearQueue, collect, put } from './queue'
import { addVertex, begin, CANDIDATE, isDirty, lists, next, last, origin, reserve, side, splitEdge, splitTriangle, triangle, triangleCount, twin, vertexCount, xOf, yOf, zOf } from './surface'
import { height, width } from './triangle'

/** As in plain-insertion.ts. */
const BESIDE_BOUNDARY: f64 = 0.75
const FROM_ENDS: f64 = 0.45

/** The map's values (f32, row after row), those too where no error counts. */
let values: usize = 0
/** Neighbours that differ by more are not continued. */
let jump: f64 = 0

/** Begins with a surface that the host writes: see `begin` in surface.ts. */
export function beginInsertion(address: usize, vertices: i32, triangles: i32, map: usize, jumpsOver: f64): void {
  values = map
  jump = jumpsOver
  clearQueue()
  begin(address, vertices, triangles)
}

/** Splits those of the `most` worst triangles that err more than `above` and that no split before has changed. */
export function split(above: f64, most: i32): void {
  const count = collect(above, most)
  reserve(vertexCount + count, triangleCount + 2 * count, <usize>count << 3)
  for (let i = 0; i < count; i++) {
    const t = load<i32>(lists + (<usize>i << 3))
    if (!isDirty(t)) insert(t)
  }
}

/** Splits the surface at the candidate of triangle `t`, or first the boundary beside it; not at all where there is nothing to gain. */
function insert(t: i32): void {
  const candidate = load<i32>(triangle(t), CANDIDATE)
  const pixel = candidate == SLIPPING ? slippingPixel(t) : candidate
  if (pixel < 0) {
    // nothing slips where a pixel holds something: then by its distance alone
    flushAlone(t)
    return
  }
  const column = pixel % width
  const row = pixel / width
  const px = LATTICE * column + LATTICE / 2
  const py = LATTICE * row + LATTICE / 2
  const first = t << 2
  // a vertex can't be improved by another one in its place
  for (let e = first; e < first + 3; e++) {
    if (xOf(origin(e)) != px || yOf(origin(e)) != py) continue
    put(t, 0)
    return
  }
  for (let e = first; e < first + 3; e++) {
    if (twin(e) >= 0) continue
    const a = origin(e), b = origin(next(e)), c = origin(last(e))
    const ex = <f64>(xOf(b) - xOf(a)), ey = <f64>(yOf(b) - yOf(a))
    const length2 = ex * ex + ey * ey
    const far = side(a, b, px, py)
    if (far * far > BESIDE_BOUNDARY * LATTICE * (BESIDE_BOUNDARY * LATTICE) * length2) continue
    const along = (<f64>(px - xOf(a)) * ex + <f64>(py - yOf(a)) * ey) / length2
    const fromEnds = (FROM_ENDS * LATTICE) / Math.sqrt(length2)
    if (along < fromEnds || along > 1 - fromEnds) continue
    const qx = xOf(a) + <i32>Math.round(along * ex)
    const qy = yOf(a) + <i32>Math.round(along * ey)
    if (side(b, c, qx, qy) <= 0 || side(c, a, qx, qy) <= 0) continue
    splitEdge(e, addVertex(qx, qy, extrapolate(column, row, <f64>qx / LATTICE, <f64>qy / LATTICE)))
    return
  }
  let onEdge = -1
  for (let e = first; e < first + 3; e++) if (side(origin(e), origin(next(e)), px, py) == 0) onEdge = e
  const p = addVertex(px, py, <f64>valueAt(pixel))
  if (onEdge >= 0) splitEdge(onEdge, p)
  else splitTriangle(t, p)
}

/** The pixel just inside triangle `t` at the place of its edges that slips most; −1 where none there holds something. */
function slippingPixel(t: i32): i32 {
  let worst: f64 = 0
  let edge = t << 2
  for (let e = t << 2, end = e + 3; e < end; e++) {
    const a = origin(e), b = origin(next(e))
    const slipped = edgeSlip(<f64>(xOf(b) - xOf(a)), <f64>(yOf(b) - yOf(a)), wFar + zOf(a) * wRange, wFar + zOf(b) * wRange)
    if (slipped > worst) {
      worst = slipped
      edge = e
    }
  }
  const a = origin(edge), b = origin(next(edge)), c = origin(last(edge))
  // slipsMostAt in plain-insertion.ts
  const root = Math.sqrt(wFar + zOf(a) * wRange)
  const along = root / (root + Math.sqrt(wFar + zOf(b) * wRange))
  const qx = (<f64>xOf(a) + along * <f64>(xOf(b) - xOf(a))) / LATTICE
  const qy = (<f64>yOf(a) + along * <f64>(yOf(b) - yOf(a))) / LATTICE
  const dx = <f64>xOf(c) / LATTICE - qx
  const dy = <f64>yOf(c) / LATTICE - qy
  const length = Math.sqrt(dx * dx + dy * dy)
  for (let i = 0; i < 4; i++) {
    const inside = load<f64>(INSIDE + (<usize>i << 3))
    const column = <i32>Math.floor(qx + (inside / length) * dx)
    const row = <i32>Math.floor(qy + (inside / length) * dy)
    const px = LATTICE * column + LATTICE / 2
    const py = LATTICE * row + LATTICE / 2
    if (column < 0 || row < 0 || column >= width || row >= height || isNaN(valueAt(row * width + column))) continue
    if (side(a, b, px, py) >= 0 && side(b, c, px, py) >= 0 && side(c, a, px, py) >= 0) return row * width + column
  }
  return -1
}

/** As in plain-insertion.ts. */
const INSIDE = memory.data<f64>([0.25, 0.75, 1.5, 3])

// @ts-ignore: decorator
@inline
function valueAt(pixel: i32): f32 {
  return load<f32>(values + (<usize>pixel << 2))
}

/** As in sample.ts. */
function extrapolate(x: i32, y: i32, u: f64, v: f64): f64 {
  const i = y * width + x
  const here = <f64>valueAt(i)
  const dx = u - (<f64>x + 0.5)
  const dy = v - (<f64>y + 0.5)
  let value = here
  if (dx != 0) value += slope(here, i + (dx > 0 ? -1 : 1), dx > 0 ? x > 0 : x < width - 1) * Math.abs(dx)
  if (dy != 0) value += slope(here, i + (dy > 0 ? -width : width), dy > 0 ? y > 0 : y < height - 1) * Math.abs(dy)
  return value < 0 ? 0 : value > 1 ? 1 : value
}

/** How much the map rises from the pixel behind to this one; 0 where that is unknown. */
function slope(here: f64, behind: i32, exists: bool): f64 {
  if (!exists) return 0
  const rise = here - <f64>valueAt(behind)
  return Math.abs(rise) <= jump ? rise : 0
}
