import type { DisparityMap } from '../../depth/convention.js'
import { LATTICE } from '../surface/delaunay.js'
import { lastOf, linkTriangles, nextOf } from '../surface/half-edges.js'
import type { Surface } from '../surface/surface.js'
import { seenArea } from '../surface/topology.js'

/** What lies beyond an open edge: another surface in front, the picture's end, or anything else. */
type Beyond = 'front' | 'border' | 'other'

/** How far beyond an edge that is asked for, pixels, and where along it; two places of three decide. */
const BEYOND = 0.75
const ALONG = [0.25, 0.5, 0.75]
const ENOUGH = 2

/** A corner moves by at most so many times as much as the edges that meet there. */
const MOST_AT_CORNERS = 2
/** An edge that meets the picture's end at a smaller sine than this stays: its corner would slide far along the end. */
const LEAST_SINE = 0.3
/** A triangle keeps this share of its area. A corner that would take more moves less, or stays: pixels next to an edge may have a vertex in their middle. */
const KEPT = 0.25
const SHARES = [1, 0.75, 0.5]

/** How a surface recedes. */
export interface Receding {
  /** Disparity from which one surface stands in front of another. */
  cut: number
  /** Pixels. */
  by: number
  /** By how much the surface may come to lie elsewhere, disparity. */
  bend: number
}

/**
 * Ends what lies behind an edge by `by` pixels before the edge; there the hidden layer shows, which goes on with the same colours.
 *
 *                 near                          near
 *       far ─────┐                    far ────   ┐
 *      hidden ···│·····       ▶      hidden ·····│·····
 *
 * Up to the edge itself a renderer mixes the last pixel of the farther side with the first of the nearer one: from aside that was a line, the ghost of each outline. Three stereo pairs at LOD 0:
 * −.03 dB from the second camera, and −.8 of 36.1 from where they were taken, since the hidden layer's picture is coarser; by three quarters −.06 and −1.2, with hardly a line less.
 *
 * @param seen the surface's disparity at each pixel, as `meshDisparity` gives it.
 */
export function recede<Given extends Surface>(surface: Given, seen: Float32Array, map: Pick<DisparityMap, 'width' | 'height'>, { cut, by, bend }: Receding): Given {
  const { triangles } = surface
  const receded = { points: surface.points.slice(), triangles }
  const twin = linkTriangles(triangles, surface.points.length / 3)
  const open = openEdges(triangles, twin, surface.points.length / 3)
  const leaving = halfEdgesByVertex(triangles, surface.points.length / 3)
  const beyond = new Map<number, Beyond>()
  const beyondOf = (e: number): Beyond => {
    let kind = beyond.get(e)
    if (kind === undefined) beyond.set(e, (kind = whatIsBeyond(surface, e, seen, map, cut)))
    return kind
  }
  for (let v = 0; v < open.after.length; v++) {
    const [after, before] = [open.after[v], open.before[v]]
    if (after < 0 || before < 0) continue
    const direction = directionOf([inwardOf(surface, before), beyondOf(before)], [inwardOf(surface, after), beyondOf(after)])
    if (direction) move(receded, v, direction, { by, bend }, leaving)
  }
  return { ...surface, points: receded.points }
}

/** The open half-edges after and before each vertex along its outline; −1 where there is none, or more than one. */
function openEdges(triangles: Uint32Array, twin: Int32Array, vertices: number): { after: Int32Array; before: Int32Array } {
  const [after, before] = [new Int32Array(vertices).fill(-1), new Int32Array(vertices).fill(-1)]
  const crowded: number[] = []
  for (let e = 0; e < triangles.length; e++) {
    if (twin[e] >= 0) continue
    const [a, b] = [triangles[e], triangles[nextOf(e)]]
    if (after[a] >= 0) crowded.push(a)
    after[a] = before[b] = e
  }
  for (const v of crowded) after[v] = -1
  return { after, before }
}

/** The half-edges that leave each vertex: the last one, and of each half-edge the one before it. */
interface Leaving {
  last: Int32Array
  earlier: Int32Array
}

function halfEdgesByVertex(triangles: Uint32Array, vertices: number): Leaving {
  const [last, earlier] = [new Int32Array(vertices).fill(-1), new Int32Array(triangles.length)]
  for (let e = 0; e < triangles.length; e++) {
    earlier[e] = last[triangles[e]]
    last[triangles[e]] = e
  }
  return { last, earlier }
}

function whatIsBeyond({ points, triangles }: Surface, e: number, seen: Float32Array, { width, height }: Pick<DisparityMap, 'width' | 'height'>, cut: number): Beyond {
  const [a, b] = [3 * triangles[e], 3 * triangles[nextOf(e)]]
  const [inX, inY] = inwardOf({ points, triangles }, e)
  let before = 0
  for (const share of ALONG) {
    const x = Math.floor(points[a] + share * (points[b] - points[a]) - BEYOND * inX)
    const y = Math.floor(points[a + 1] + share * (points[b + 1] - points[a + 1]) - BEYOND * inY)
    if (x < 0 || y < 0 || x >= width || y >= height) return 'border'
    if (seen[y * width + x] - (points[a + 2] + share * (points[b + 2] - points[a + 2])) > cut) before++
  }
  return before >= ENOUGH ? 'front' : 'other'
}

type Vector = readonly [x: number, y: number]

/** Away from an open edge, into the surface; of length 1. */
function inwardOf({ points, triangles }: Surface, e: number): Vector {
  const [a, b] = [3 * triangles[e], 3 * triangles[nextOf(e)]]
  const [dx, dy] = [points[b] - points[a], points[b + 1] - points[a + 1]]
  const length = Math.hypot(dx, dy)
  return [dy / length, -dx / length]
}

/** Where a corner goes for its edges to move by 1 px; `null` where it has to stay, as where the two sides of a cut meet. */
function directionOf([[ax, ay], beyondA]: readonly [Vector, Beyond], [[bx, by], beyondB]: readonly [Vector, Beyond]): Vector | null {
  if (beyondA === 'front' && beyondB === 'front') {
    const scale = 1 / Math.max(1 + ax * bx + ay * by, 2 / MOST_AT_CORNERS ** 2)
    return [(ax + bx) * scale, (ay + by) * scale]
  }
  if (beyondA === 'border' && beyondB === 'front') return alongBorder([ax, ay], [bx, by])
  if (beyondA === 'front' && beyondB === 'border') return alongBorder([bx, by], [ax, ay])
  return null
}

function alongBorder([borderX, borderY]: Vector, [x, y]: Vector): Vector | null {
  const sine = y * borderX - x * borderY
  return Math.abs(sine) < LEAST_SINE ? null : [-borderY / sine, borderX / sine]
}

/** Moves a vertex within the surface, as far as its triangles bear it. */
function move(surface: Surface, v: number, [x, y]: Vector, { by, bend }: Pick<Receding, 'by' | 'bend'>, leaving: Leaving): void {
  const { points } = surface
  for (const share of SHARES) {
    const place = [points[3 * v] + share * by * x, points[3 * v + 1] + share * by * y].map((value) => Math.round(value * LATTICE) / LATTICE)
    const z = disparityAt(surface, v, place[0], place[1], bend, leaving)
    if (z === null) continue
    points.set([place[0], place[1], z], 3 * v)
    return
  }
}

/**
 * The disparity of the triangles around a vertex at a place near it, where one goes on from the other; `null` where they bend by more than `bend` there, and where one would be left too small if the vertex
 * were there.
 */
function disparityAt({ points, triangles }: Surface, v: number, x: number, y: number, bend: number, { last, earlier }: Leaving): number | null {
  const [dx, dy, z] = [x - points[3 * v], y - points[3 * v + 1], points[3 * v + 2]]
  let disparity = z
  let innermost = -Infinity
  let lowest = Infinity
  let highest = -Infinity
  for (let e = last[v]; e >= 0; e = earlier[e]) {
    const [b, c] = [3 * triangles[nextOf(e)], 3 * triangles[lastOf(e)]]
    const area = seenArea(points, v, b / 3, c / 3)
    // the place's barycentrics in the triangle
    const lb = ((points[c] - points[3 * v]) * dy - (points[c + 1] - points[3 * v + 1]) * dx) / area
    const lc = ((points[b + 1] - points[3 * v + 1]) * dx - (points[b] - points[3 * v]) * dy) / area
    const la = 1 - lb - lc
    if (!(la >= KEPT)) return null
    const here = z + lb * (points[b + 2] - z) + lc * (points[c + 2] - z)
    lowest = Math.min(lowest, here)
    highest = Math.max(highest, here)
    const inside = Math.min(lb, lc)
    if (inside <= innermost) continue
    innermost = inside
    disparity = here
  }
  return highest - lowest <= bend ? disparity : null
}
