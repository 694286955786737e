import type { DisparityMap } from '../../depth/convention.js'
import { LATTICE, Triangulation } from '../surface/delaunay.js'
import { lastOf, nextOf } from '../surface/half-edges.js'
import type { Contour } from './contour.js'
import { extrapolate } from './sample.js'

/**
 * How often edges that cross a span are looked at before it is given up, in turns that suffice in the right order. From one triangulation to another it takes no more turns than their edges cross each other
 * (Hanke, Ottmann & Schuierer, The Edge-Flipping Distance of Triangulations, 1996), and the k edges that cross a span make way for k others: k² turns. In the order they come in, as Sloan takes them, nothing
 * is proved; of 13,000 spans on real maps and at random none took more than 4.5 k looks, with k up to 303. A span that is given up is in the way of others: it gets more points, and the surface stays sound.
 */
const PATIENCE = 64

/**
 * The same for edges that are not Delaunay, in looks at each half-edge. Each turn lowers the surface that x² + y² makes of the triangulation, so that no edge comes back (Lawson 1977); but angles are compared
 * in floating point, where four points on a circle may take both edges in turn. On real maps and at random it takes up to 1.2 looks.
 */
const PATIENCE_DELAUNAY = 64

/** A stretch of a simplified contour: a straight line between two of its points. */
export interface Span {
  contour: Contour
  /** Indices of its points; `to` may be past the end in a loop. */
  from: number
  to: number
}

/** The picture's rectangle with all spans among its edges; or which spans are in each other's way. */
export interface Laid {
  surface: Triangulation
  /** Of each half-edge whether it runs along a span, on either side. */
  fixed: Uint8Array
  /** The half-edge along each span, in its direction; its twin has the other side. */
  halfEdges: Int32Array
  conflicts: Set<Span>
}

/** The picture's rectangle, two triangles. */
export function createRectangle(map: DisparityMap): Triangulation {
  const { width, height } = map
  const surface = new Triangulation(64, 64)
  for (const [right, bottom] of [[0, 0], [0, 1], [1, 1], [1, 0]]) {
    const value = extrapolate(map, right * (width - 1), bottom * (height - 1), right * width, bottom * height, Infinity)
    surface.addVertex(right * width * LATTICE, bottom * height * LATTICE, Number.isNaN(value) ? 0 : value)
  }
  surface.setTriangle(surface.addTriangle(), 0, 1, 2, -1, -1, -1)
  surface.setTriangle(surface.addTriangle(), 0, 2, 3, 2, -1, -1)
  return surface
}

/** Triangulates the ends of all spans and makes each span an edge (Sloan 1993). */
export function layConstraints(map: DisparityMap, spans: readonly Span[]): Laid {
  const surface = createRectangle(map)
  const conflicts = new Set<Span>()
  const vertices = new Map<number, number>()
  const rowLength = map.width * LATTICE + 1
  let near = 0
  const vertexAt = (x: number, y: number): number => {
    const place = y * rowLength + x
    const known = vertices.get(place)
    if (known !== undefined) return known
    const vertex = surface.vertexCount
    near = surface.insert(x, y, 0, near)
    vertices.set(place, vertex)
    return vertex
  }
  const from = new Int32Array(spans.length)
  const to = new Int32Array(spans.length)
  for (const [i, { contour, from: a, to: b }] of spans.entries()) {
    const n = contour.points.length / 2
    from[i] = vertexAt(contour.points[2 * a], contour.points[2 * a + 1])
    to[i] = vertexAt(contour.points[2 * (b % n)], contour.points[2 * (b % n) + 1])
  }

  const { tri, twin } = surface
  const fixed = new Uint8Array(3 * surface.triangleCount)
  const out = new Int32Array(surface.vertexCount)
  for (let e = 0; e < 3 * surface.triangleCount; e++) out[tri[e]] = e
  /** The half-edges that leave a vertex, and the one that enters at a boundary, as found by turning around it. */
  const leaving = (v: number): number[] => {
    const found: number[] = []
    let e = out[v]
    do {
      found.push(e)
      e = twin[lastOf(e)]
    } while (e >= 0 && e !== out[v])
    if (e < 0) {
      for (e = twin[out[v]]; e >= 0; e = twin[e]) {
        e = nextOf(e)
        found.push(e)
      }
    }
    return found
  }
  const between = (a: number, b: number): number => {
    for (const e of leaving(a)) {
      if (tri[nextOf(e)] === b) return e
      // a boundary edge that enters a has no half-edge that leaves it
      if (tri[lastOf(e)] === b && twin[lastOf(e)] < 0) return lastOf(e)
    }
    return -1
  }
  const owners = new Map<number, number>()
  const pair = (a: number, b: number): number => Math.min(a, b) * surface.vertexCount + Math.max(a, b)
  const clash = (i: number, a: number, b: number): void => {
    conflicts.add(spans[i])
    const other = owners.get(pair(a, b))
    if (other !== undefined) conflicts.add(spans[other])
  }
  const clashAtVertex = (i: number, v: number): void => {
    conflicts.add(spans[i])
    for (const e of leaving(v)) if (fixed[e] !== 0) clash(i, tri[e], tri[nextOf(e)])
  }
  const flip = (e: number): void => {
    const f = twin[e]
    const t = 3 * ((e / 3) | 0)
    const u = 3 * ((f / 3) | 0)
    const [yp, px, xd, dy] = [fixed[nextOf(e)], fixed[lastOf(e)], fixed[nextOf(f)], fixed[lastOf(f)]]
    surface.flip(e)
    fixed.set([xd, 0, px], t)
    fixed.set([dy, yp, 0], u)
    for (const g of [t, t + 1, t + 2, u, u + 1, u + 2]) out[tri[g]] = g
  }

  for (let i = 0; i < spans.length; i++) {
    const a = from[i]
    const b = to[i]
    if (a === b) {
      clash(i, a, b)
      continue
    }
    const crossing: number[] = []
    let e = between(a, b)
    if (e < 0) {
      // (1) Which edges lie across the way.
      let blocked = false
      let through = -1
      for (const leave of leaving(a)) {
        const p = tri[nextOf(leave)]
        const q = tri[lastOf(leave)]
        const sideP = surface.area(a, b, p)
        const sideQ = surface.area(a, b, q)
        const ahead = (v: number) => (surface.x[v] - surface.x[a]) * (surface.x[b] - surface.x[a]) + (surface.y[v] - surface.y[a]) * (surface.y[b] - surface.y[a]) > 0
        if ((sideP === 0 && ahead(p)) || (sideQ === 0 && ahead(q))) {
          clashAtVertex(i, sideP === 0 && ahead(p) ? p : q)
          blocked = true
          break
        }
        if (sideP < 0 && sideQ > 0) {
          through = nextOf(leave)
          break
        }
      }
      if (blocked) continue
      if (through < 0) {
        clash(i, a, b)
        continue
      }
      for (;;) {
        if (fixed[through] !== 0) {
          clash(i, tri[through], tri[nextOf(through)])
          blocked = true
          break
        }
        crossing.push(tri[through], tri[nextOf(through)])
        const f = twin[through]
        if (f < 0) {
          clash(i, a, b)
          blocked = true
          break
        }
        const r = tri[lastOf(f)]
        if (r === b) break
        const side = surface.area(a, b, r)
        if (side === 0) {
          clashAtVertex(i, r)
          blocked = true
          break
        }
        // go on through the edge of the next triangle whose ends lie on both sides
        through = side > 0 ? nextOf(f) : lastOf(f)
      }
      if (blocked) continue
      // (2) Turn them until none is left.
      const crossed = crossing.length / 2
      let patience = PATIENCE * (1 + crossed * crossed)
      for (let at = 0; at < crossing.length && patience > 0; at += 2, patience--) {
        const c = between(crossing[at], crossing[at + 1])
        if (c < 0) continue
        const p = tri[lastOf(c)]
        const q = tri[lastOf(twin[c])]
        const m = tri[c]
        const n = tri[nextOf(c)]
        if (surface.area(m, q, p) <= 0 || surface.area(q, n, p) <= 0) {
          crossing.push(m, n)
          continue
        }
        flip(c)
        if (p !== a && p !== b && q !== a && q !== b && surface.area(a, b, p) * surface.area(a, b, q) < 0) crossing.push(p, q)
      }
      e = between(a, b)
      if (e < 0) {
        clash(i, a, b)
        continue
      }
    } else if (fixed[e] !== 0) {
      clash(i, a, b)
      continue
    }
    fixed[e] = 1
    if (twin[e] >= 0) fixed[twin[e]] = 1
    owners.set(pair(a, b), i)
  }
  const halfEdges = new Int32Array(spans.length).fill(-1)
  if (conflicts.size === 0) {
    restoreDelaunay(surface, fixed, flip)
    for (let i = 0; i < spans.length; i++) halfEdges[i] = between(from[i], to[i])
  }
  return { surface, fixed, halfEdges, conflicts }
}

/** Flips whatever edge is free and not Delaunay, until all are. */
function restoreDelaunay(surface: Triangulation, fixed: Uint8Array, flip: (e: number) => void): void {
  const { tri, twin, x, y } = surface
  const stack = Array.from({ length: 3 * surface.triangleCount }, (_, e) => e)
  for (let patience = PATIENCE_DELAUNAY * stack.length; stack.length > 0 && patience > 0; patience--) {
    const e = stack.pop() as number
    const f = twin[e]
    if (f < 0 || fixed[e] !== 0) continue
    const a = tri[e]
    const b = tri[nextOf(e)]
    const p = tri[lastOf(e)]
    const d = tri[lastOf(f)]
    // Delaunay: the angles opposite an edge add up to at most 180°; compared by their cotangents' signs
    const cotangent = (v: number): [number, number] => {
      const ux = x[a] - x[v], uy = y[a] - y[v], wx = x[b] - x[v], wy = y[b] - y[v]
      return [ux * wx + uy * wy, Math.abs(ux * wy - uy * wx)]
    }
    const [cosP, sinP] = cotangent(p)
    const [cosD, sinD] = cotangent(d)
    if (sinP * cosD + cosP * sinD >= 0 || surface.area(a, d, p) <= 0 || surface.area(d, b, p) <= 0) continue
    flip(e)
    const t = 3 * ((e / 3) | 0)
    const u = 3 * ((f / 3) | 0)
    stack.push(t, t + 2, u, u + 1)
  }
}
