import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { edgeSlip } from '../../../../src/core/mesh/error/texture-slip.js'
import { ROUNDING, smallestError, type Insertion } from '../../../../src/core/mesh/pixels/insertion.js'
import { BATCH, type PixelLoops } from '../../../../src/core/mesh/pixels/pixels.js'
import { LATTICE, type Triangulation } from '../../../../src/core/mesh/surface/delaunay.js'
import type { ErrorModel } from '../../../../src/core/mesh/surface/error-model.js'
import { extrapolate } from '../../../../src/core/mesh/triangulate/sample.js'

/** How far a pixel centre may lie from a boundary for the boundary to be split beside it first, px: the outermost rows and columns, and along cuts. */
const BESIDE_BOUNDARY = 0.75

/** A boundary is not split closer to its ends than this, px. */
const FROM_ENDS = 0.45

/** Stands for the pixel of a triangle that is to be split where it slips most: that is looked for only then. */
const SLIPPING = -1

/** How far inside a triangle the pixel is looked for that slips most, px from the edge that does: the first that is inside and holds something. */
const INSIDE = [0.25, 0.75, 1.5, 3]

/** Insertion in plain TypeScript, over any pixel loops: what the compiled one is held to, to the bit. The surface grows in place. */
export function createPlainInsertion(surface: Triangulation, map: DisparityMap, loops: Pick<PixelLoops, 'corners' | 'errors' | 'places' | 'scan'>, model: ErrorModel, jump: number): Insertion {
  const { width } = map
  const floor = smallestError(model)
  const wRange = model.wNear - model.wFar
  const error = new Map<number, number>()
  const put = (t: number, value: number): void => {
    if (Math.fround(value) > 0) error.set(t, Math.fround(value))
    else error.delete(t)
  }
  /** Per triangle the pixel that it is to be split at: the one farthest from the map, or {@link SLIPPING}. */
  const candidate: number[] = []

  /** The triangles whose corners the loops are to scan, and how much they slip, px. */
  const scanned = new Int32Array(BATCH)
  const slipOf = new Float64Array(BATCH)

  /** Puts triangle `t` at a place of the loops' batch. */
  const gatherCorners = (t: number, place: number): void => {
    const { tri, x, y, z } = surface
    const { corners } = loops
    for (let e = 3 * t, at = 9 * place; e < 3 * t + 3; e++) {
      const v = tri[e]
      corners[at++] = x[v] / LATTICE
      corners[at++] = y[v] / LATTICE
      corners[at++] = z[v]
    }
  }

  /** The largest texture slip in a triangle of `corners`, px. */
  const largestSlip = (corners: Float64Array, at: number): number => {
    const ax = corners[at]
    const ay = corners[at + 1]
    const bx = corners[at + 3]
    const by = corners[at + 4]
    const cx = corners[at + 6]
    const cy = corners[at + 7]
    const wa = model.wFar + corners[at + 2] * wRange
    const wb = model.wFar + corners[at + 5] * wRange
    const wc = model.wFar + corners[at + 8] * wRange
    return Math.max(edgeSlip(bx - ax, by - ay, wa, wb), edgeSlip(cx - bx, cy - by, wb, wc), edgeSlip(ax - cx, ay - cy, wc, wa))
  }

  /** The pixel just inside triangle `t` at the place of its edges that slips most; −1 where none there holds something. */
  const slippingPixel = (t: number): number => {
    const { tri, x, y, z } = surface
    let worst = 0
    let edge = 0
    for (let k = 0; k < 3; k++) {
      const a = tri[3 * t + k]
      const b = tri[3 * t + (k === 2 ? 0 : k + 1)]
      const slipped = edgeSlip(x[b] - x[a], y[b] - y[a], model.wFar + z[a] * wRange, model.wFar + z[b] * wRange)
      if (slipped > worst) {
        worst = slipped
        edge = k
      }
    }
    const a = tri[3 * t + edge]
    const b = tri[3 * t + ((edge + 1) % 3)]
    const c = tri[3 * t + ((edge + 2) % 3)]
    const along = slipsMostAt(model.wFar + z[a] * wRange, model.wFar + z[b] * wRange)
    const qx = (x[a] + along * (x[b] - x[a])) / LATTICE
    const qy = (y[a] + along * (y[b] - y[a])) / LATTICE
    const dx = x[c] / LATTICE - qx
    const dy = y[c] / LATTICE - qy
    const length = Math.sqrt(dx * dx + dy * dy)
    for (const inside of INSIDE) {
      const column = Math.floor(qx + (inside / length) * dx)
      const row = Math.floor(qy + (inside / length) * dy)
      const px = LATTICE * column + LATTICE / 2
      const py = LATTICE * row + LATTICE / 2
      if (column < 0 || row < 0 || column >= width || row >= map.height || Number.isNaN(map.disparity[row * width + column])) continue
      if (surface.side(a, b, px, py) >= 0 && surface.side(b, c, px, py) >= 0 && surface.side(c, a, px, py) >= 0) return row * width + column
    }
    return -1
  }

  /** Finds the worst error of every triangle that changed; past `enough` px, which is split anyway, of a large one some error will do. */
  const flush = (enough: number): void => {
    const { changed, dirty } = surface
    const { corners, errors, places } = loops
    const scan = (count: number): void => {
      loops.scan(count, enough / model.pixelsPerDisparity)
      for (let i = 0; i < count; i++) {
        const t = scanned[i]
        const distance = errors[i] > ROUNDING ? errors[i] * model.pixelsPerDisparity : 0
        const slips = slipOf[i] > distance && slipOf[i] > floor
        candidate[t] = slips ? SLIPPING : places[i]
        const worst = slips ? slipOf[i] : distance
        put(t, worst > floor ? worst : 0)
      }
    }
    let count = 0
    for (let i = 0; i < surface.changedCount; i++) {
      const t = changed[i]
      dirty[t] = 0
      gatherCorners(t, count)
      const slip = model.slip ? largestSlip(corners, 9 * count) : 0
      if (slip > floor && slip >= enough) {
        // will be split for that, however far it is from the map
        candidate[t] = SLIPPING
        put(t, slip)
        continue
      }
      scanned[count] = t
      slipOf[count++] = slip
      if (count < BATCH) continue
      scan(count)
      count = 0
    }
    scan(count)
    surface.changedCount = 0
  }

  /** Splits the surface at the candidate of triangle `t`, or first the boundary beside it; not at all where there is nothing to gain. */
  const insert = (t: number): void => {
    const pixel = candidate[t] === SLIPPING ? slippingPixel(t) : candidate[t]
    if (pixel < 0) {
      // nothing slips where a pixel holds something: then by its distance alone
      gatherCorners(t, 0)
      loops.scan(1, Infinity)
      candidate[t] = loops.places[0]
      const distance = loops.errors[0] * model.pixelsPerDisparity
      put(t, loops.errors[0] > ROUNDING && distance > floor ? distance : 0)
      return
    }
    const column = pixel % width
    const row = Math.floor(pixel / width)
    const px = LATTICE * column + LATTICE / 2
    const py = LATTICE * row + LATTICE / 2
    const { tri, twin, x, y } = surface
    // a vertex can't be improved by another one in its place
    for (let e = 3 * t; e < 3 * t + 3; e++) {
      if (x[tri[e]] !== px || y[tri[e]] !== py) continue
      put(t, 0)
      return
    }
    for (let k = 0; k < 3; k++) {
      const e = 3 * t + k
      if (twin[e] >= 0) continue
      const a = tri[e]
      const b = tri[3 * t + (k === 2 ? 0 : k + 1)]
      const c = tri[3 * t + (k === 0 ? 2 : k - 1)]
      const ex = x[b] - x[a]
      const ey = y[b] - y[a]
      const length2 = ex * ex + ey * ey
      const far = surface.side(a, b, px, py)
      if (far * far > (BESIDE_BOUNDARY * LATTICE) ** 2 * length2) continue
      const along = ((px - x[a]) * ex + (py - y[a]) * ey) / length2
      const fromEnds = (FROM_ENDS * LATTICE) / Math.sqrt(length2)
      if (along < fromEnds || along > 1 - fromEnds) continue
      const qx = x[a] + Math.round(along * ex)
      const qy = y[a] + Math.round(along * ey)
      if (surface.side(b, c, qx, qy) <= 0 || surface.side(c, a, qx, qy) <= 0) continue
      surface.splitEdge(e, surface.addVertex(qx, qy, extrapolate(map, column, row, qx / LATTICE, qy / LATTICE, jump)))
      return
    }
    let onEdge = -1
    for (let k = 0; k < 3; k++) {
      if (surface.side(tri[3 * t + k], tri[3 * t + (k === 2 ? 0 : k + 1)], px, py) === 0) onEdge = 3 * t + k
    }
    const p = surface.addVertex(px, py, map.disparity[pixel])
    if (onEdge >= 0) surface.splitEdge(onEdge, p)
    else surface.splitTriangle(t, p)
  }
  return {
    get vertexCount() {
      return surface.vertexCount
    },
    get triangleCount() {
      return surface.triangleCount
    },
    flush,
    largest: () => Math.max(0, ...error.values()),
    split(above, most) {
      const worst = [...error].filter(([, value]) => value > above).sort(([s, a], [t, b]) => b - a || s - t).slice(0, most)
      for (const [t] of worst) if (surface.dirty[t] === 0) insert(t)
    },
    triangles: () => Uint32Array.from(surface.tri.subarray(0, 3 * surface.triangleCount)),
    points: (count) => surface.toSurface().points.slice(0, 3 * count),
  }
}

/** Where along an edge from a to b it slips most (see `edgeSlip`), 0 to 1. */
export function slipsMostAt(wa: number, wb: number): number {
  const a = Math.sqrt(wa)
  return a / (a + Math.sqrt(wb))
}
