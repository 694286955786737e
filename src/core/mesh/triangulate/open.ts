import type { DisparityMap } from '../../depth/convention.js'
import { LATTICE, Triangulation } from '../surface/delaunay.js'
import { lastOf, nextOf } from '../surface/half-edges.js'
import { layConstraints, type Laid, type Span } from './constraints.js'
import { simplifyContour, toSegment, type Contour } from './contour.js'
import { extrapolate } from './sample.js'

/** Up to this tolerance no pixel centre changes sides: a centre lies at least ½ · cos 45° from a line through the middles of pairs. */
export const EXACT_TOLERANCE = 0.35

/** A surface that is ready for insertion: open along the contours, without what holds nothing. */
export interface OpenSurface {
  surface: Triangulation
  /** Where a simplified contour passes on the wrong side of a pixel: how far, px; 0 elsewhere. `undefined`: nowhere. */
  exempt: Float32Array | undefined
}

/** How many vertices the contours would take at this tolerance. */
export function countContourVertices(contours: readonly Contour[], tolerance: number): number {
  let count = 0
  for (const contour of contours) count += simplifyContour(contour, tolerance).length
  return count
}

/**
 * Opens the picture's rectangle along the contours, each simplified to `tolerance`: both sides share the line and have vertices of their own.
 *
 * @param tolerance px
 * @param jump disparity: neighbours that differ by more are not continued into one another.
 */
export function openSurface(map: DisparityMap, contours: readonly Contour[], tolerance: number, jump: number): OpenSurface {
  // (1) Which points of which line; where two simplified lines would cross, both keep more of their points.
  const chains = contours.map((contour) => ({ contour, indices: simplifyContour(contour, tolerance) }))
    .filter(({ indices }) => indices.length > 0)
  for (;;) {
    const spansOf = chains.map(({ contour, indices }) => toSpans(contour, indices))
    const spans = spansOf.flat()
    const laid = layConstraints(map, spans)
    const dead = laid.conflicts.size === 0 ? findNothing(laid, spans) : undefined
    if (dead !== undefined && laid.conflicts.size === 0) return finish(map, laid, spans, dead, tolerance, jump)
    let refined = false
    for (const [i, chain] of chains.entries()) {
      const more: number[] = []
      const n = chain.contour.points.length / 2
      for (const span of spansOf[i]) {
        if (laid.conflicts.has(span) && span.to - span.from > 1) more.push(farthest(chain.contour, span.from, span.to) % n)
      }
      if (more.length === 0) continue
      refined = true
      chain.indices = [...chain.indices, ...more].sort((a, b) => a - b)
    }
    // lines at full detail can't cross; if ever they did, leaving one out keeps the surface sound
    if (!refined) {
      const worst = spansOf.findIndex((own) => own.some((span) => laid.conflicts.has(span)))
      chains.splice(worst, 1)
    }
  }
}

function toSpans(contour: Contour, indices: readonly number[]): Span[] {
  const spans: Span[] = []
  for (let i = 1; i < indices.length; i++) spans.push({ contour, from: indices[i - 1], to: indices[i] })
  if (contour.loop) spans.push({ contour, from: indices[indices.length - 1], to: indices[0] + contour.points.length / 2 })
  return spans
}

function farthest({ points }: Contour, from: number, to: number): number {
  const n = points.length / 2
  const a = 2 * from
  const b = 2 * (to % n)
  let best = (from + to) >> 1
  let distance = 0
  for (let k = from + 1; k < to; k++) {
    const d = toSegment(points[2 * (k % n)], points[2 * (k % n) + 1], points[a], points[a + 1], points[b], points[b + 1])
    if (d > distance) {
      distance = d
      best = k
    }
  }
  return best
}

/**
 * Which triangles hold nothing: what can be reached from the empty side of a contour without crossing another.
 * Where that is also the full side of one (a thin shape was simplified until its sides changed places), both are conflicts.
 */
function findNothing({ surface: { tri, twin, triangleCount }, fixed, halfEdges, conflicts }: Laid, spans: readonly Span[]): Uint8Array {
  // (1) Regions, each with a number.
  const region = new Int32Array(triangleCount).fill(-1)
  let regions = 0
  for (let first = 0; first < triangleCount; first++) {
    if (region[first] >= 0) continue
    const stack = [first]
    region[first] = regions
    while (stack.length > 0) {
      const t = stack.pop() as number
      for (let e = 3 * t; e < 3 * t + 3; e++) {
        const u = twin[e] < 0 ? -1 : (twin[e] / 3) | 0
        if (u < 0 || fixed[e] !== 0 || region[u] >= 0) continue
        region[u] = regions
        stack.push(u)
      }
    }
    regions++
  }
  // (2) What the contours say of them.
  const nothing = new Uint8Array(regions)
  const something = new Uint8Array(regions)
  const sides = spans.map(({ contour }, i) => {
    const left = region[(halfEdges[i] / 3) | 0]
    const right = twin[halfEdges[i]] < 0 ? -1 : region[(twin[halfEdges[i]] / 3) | 0]
    ;(contour.leftNothing ? nothing : something)[left] = 1
    if (right >= 0) (contour.rightNothing ? nothing : something)[right] = 1
    return [left, right]
  })
  for (const [i, span] of spans.entries()) {
    if (span.to - span.from > 1 && sides[i].some((side) => side >= 0 && nothing[side] === 1 && something[side] === 1)) conflicts.add(span)
  }
  const dead = new Uint8Array(tri.length / 3)
  for (let t = 0; t < triangleCount; t++) dead[t] = nothing[region[t]] === 1 && something[region[t]] === 0 ? 1 : 0
  return dead
}

/** Takes out what holds nothing, gives each side vertices of its own, and values. */
function finish(map: DisparityMap, { surface: laid, fixed, halfEdges }: Laid, spans: readonly Span[], dead: Uint8Array, tolerance: number, jump: number): OpenSurface {
  const { tri, twin, x, y } = laid
  const count = laid.triangleCount

  // (1) The pixel beside each end of each half-edge that is open.
  const startPixel = new Map<number, number>()
  const endPixel = new Map<number, number>()
  for (const [i, { contour, from, to }] of spans.entries()) {
    const n = contour.points.length / 2
    const e = halfEdges[i]
    const f = twin[e]
    startPixel.set(e, contour.left[from])
    endPixel.set(e, contour.left[to % n])
    if (f < 0) continue
    startPixel.set(f, contour.right[to % n])
    endPixel.set(f, contour.right[from])
  }

  // (2) One vertex for each fan of triangles that open edges leave together.
  const surface = new Triangulation(laid.vertexCount + spans.length + 64, count + 64)
  const vertexOf = new Int32Array(3 * count).fill(-1)
  for (let first = 0; first < 3 * count; first++) {
    if (vertexOf[first] >= 0 || dead[(first / 3) | 0] !== 0) continue
    const v = tri[first]
    // back to the fan's first half-edge, or once around
    let e = first
    for (;;) {
      const f = twin[e]
      if (f < 0 || fixed[e] !== 0 || nextOf(f) === first) break
      e = nextOf(f)
    }
    let sum = 0
    let sides = 0
    const fan: number[] = []
    for (const begin = e; ;) {
      fan.push(e)
      for (const pixel of [startPixel.get(e), endPixel.get(lastOf(e))]) {
        if (pixel === undefined) continue
        sum += extrapolate(map, pixel % map.width, Math.floor(pixel / map.width), x[v] / LATTICE, y[v] / LATTICE, jump)
        sides++
      }
      const through = lastOf(e)
      if (twin[through] < 0 || fixed[through] !== 0) break
      e = twin[through]
      if (e === begin) break
    }
    const vertex = surface.addVertex(x[v], y[v], sides > 0 ? sum / sides : valueNear(map, x[v] / LATTICE, y[v] / LATTICE, jump))
    for (const corner of fan) vertexOf[corner] = vertex
  }
  const renumbered = new Int32Array(count).fill(-1)
  for (let t = 0; t < count; t++) if (dead[t] === 0) renumbered[t] = surface.addTriangle()
  const across = (e: number): number => {
    const f = twin[e]
    if (f < 0 || fixed[e] !== 0 || renumbered[(f / 3) | 0] < 0) return -1
    return 3 * renumbered[(f / 3) | 0] + (f % 3)
  }
  for (let t = 0; t < count; t++) {
    if (renumbered[t] < 0) continue
    surface.setTriangle(renumbered[t], vertexOf[3 * t], vertexOf[3 * t + 1], vertexOf[3 * t + 2], across(3 * t), across(3 * t + 1), across(3 * t + 2))
  }
  return { surface, exempt: tolerance > EXACT_TOLERANCE ? findExempt(map, spans) : undefined }
}

/** The value of the pixel at a place, carried on to it; 0 where there is nothing. */
function valueNear(map: DisparityMap, u: number, v: number, jump: number): number {
  const column = Math.min(map.width - 1, Math.max(0, Math.floor(u)))
  const row = Math.min(map.height - 1, Math.max(0, Math.floor(v)))
  const value = extrapolate(map, column, row, u, v, jump)
  return Number.isNaN(value) ? 0 : value
}

/** Pixels between a line and what is left of it: they lie on the wrong side. */
function findExempt(map: DisparityMap, spans: readonly Span[]): Float32Array | undefined {
  const { width, height } = map
  let exempt: Float32Array | undefined
  for (const { contour: { points }, from, to } of spans) {
    if (to - from < 2) continue
    const n = points.length / 2
    let top = Infinity
    let bottom = -Infinity
    for (let k = from; k <= to; k++) {
      top = Math.min(top, points[2 * (k % n) + 1])
      bottom = Math.max(bottom, points[2 * (k % n) + 1])
    }
    const a = 2 * from
    const b = 2 * (to % n)
    for (let row = Math.max(0, Math.floor(top / LATTICE)); row < height && row * LATTICE <= bottom; row++) {
      const centre = (row + 0.5) * LATTICE
      const crossings: number[] = []
      for (let k = from; k <= to; k++) {
        const i = 2 * (k % n)
        const j = k === to ? a : 2 * ((k + 1) % n)
        if (points[i + 1] <= centre === points[j + 1] <= centre) continue
        crossings.push(points[i] + ((centre - points[i + 1]) / (points[j + 1] - points[i + 1])) * (points[j] - points[i]))
      }
      crossings.sort((p, q) => p - q)
      for (let c = 0; c + 1 < crossings.length; c += 2) {
        for (let column = Math.ceil(crossings[c] / LATTICE - 0.5); column < width && (column + 0.5) * LATTICE <= crossings[c + 1]; column++) {
          exempt ??= new Float32Array(width * height)
          const distance = toSegment((column + 0.5) * LATTICE, centre, points[a], points[a + 1], points[b], points[b + 1])
          exempt[row * width + column] = Math.max(Math.sqrt(distance) / LATTICE, 1e-3)
        }
      }
    }
  }
  return exempt
}
