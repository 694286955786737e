import { array, assert, double, integer, property, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { untangle } from '../../../src/core/glb/untangle.js'

/** Six times the volume between a triangle and the origin. */
function volume(p: ArrayLike<number>, [a, b, c]: readonly number[]): number {
  const [x, y, z] = [0, 1, 2].map((axis) => [p[a * 3 + axis], p[b * 3 + axis], p[c * 3 + axis]])
  return x[0] * (y[1] * z[2] - z[1] * y[2]) + y[0] * (z[1] * x[2] - x[1] * z[2]) + z[0] * (x[1] * y[2] - y[1] * x[2])
}

const trianglesOf = (indices: Uint32Array) => Array.from({ length: indices.length / 3 }, (_, t) => Array.from(indices.subarray(3 * t, 3 * t + 3)))
const open = (indices: Uint32Array) => trianglesOf(indices).filter(([a, b, c]) => a !== b && b !== c && c !== a)
/** A plane at depth 100. */
const plane = (...points: [number, number][]) => Float32Array.from(points.flatMap(([x, y]) => [x, y, -100]))
type Point = [x: number, y: number]
/** Rounded to whole numbers at that depth; some may be elsewhere, the nearest first. */
const rounded = (...points: Point[]) => movable(points, {})
const movable = (points: Point[], places: Record<number, Point[]>) => ({
  positions: Int32Array.from(points.flatMap(([x, y]) => [x, y, -100])),
  placeOf(vertex: number): Point {
    return [this.positions[vertex * 3], this.positions[vertex * 3 + 1]]
  },
  placesFor: (vertex: number) => places[vertex] ?? [],
  put(vertex: number, place: Point) {
    this.positions.set(place, vertex * 3)
  },
})

describe('a triangle that rounding turned over', () => {
  it.each([[0, 1, 2], [1, 2, 0], [2, 0, 1]])('shares its neighbour’s quad along the other diagonal, whichever corner is its first: %i, %i, %i', (...corners) => {
    const indices = Uint32Array.of(...corners, 1, 0, 3)
    // The third corner comes to lie below the edge from 0 to 1.
    const set = untangle({ positions: plane([0, 0], [10, 0], [5, 0.4], [5, -8]), indices }, rounded([0, 0], [10, 0], [5, -1], [5, -8]), 0.05)
    expect(trianglesOf(set as Uint32Array)).toEqual([[0, 3, 2], [3, 1, 2]])
  })

  it('is closed at the border', () => {
    const set = untangle({ positions: plane([0, 0], [10, 0], [5, 0.4]), indices: Uint32Array.of(0, 1, 2) }, rounded([0, 0], [10, 0], [5, -1]), 0.05)
    expect(open(set as Uint32Array)).toEqual([])
  })

  it('goes with the vertex that three triangles stand around', () => {
    // Vertex 3 inside of 0, 1, 2 comes to lie outside of it.
    const indices = Uint32Array.of(0, 1, 3, 1, 2, 3, 2, 0, 3, 1, 0, 4)
    const set = untangle({ positions: plane([0, 0], [10, 0], [5, 9], [5, 0.4], [5, -9]), indices }, rounded([0, 0], [10, 0], [5, 9], [5, -1], [5, -9]), 0.05) as Uint32Array
    const kept = open(set)
    for (const triangle of kept) expect(volume(rounded([0, 0], [10, 0], [5, 9], [5, -1], [5, -9]).positions, triangle)).toBeLessThan(0)
    expect(kept.length).toBeGreaterThanOrEqual(2)
  })

  it.each<[string, Point[], number[], number[]]>([
    ['its second', [[0, 0], [100, 0], [90, 4], [200, -10], [300, -50], [300, 40]], [0, 1, 2, 1, 0, 3, 2, 1, 3], [0, 3, 2]],
    ['its first', [[-100, 0], [0, 0], [-90, 4], [-200, -10], [-300, 40], [-300, -50]], [0, 1, 2, 1, 0, 3, 0, 2, 3], [3, 1, 2]],
  ])('leaves out the end of its edge that it shares with two others alone: %s', (_, points, indices, expected) => {
    // The third corner comes to lie below the edge from 0 to 1, and what turning would join, 2 and 3, is joined already.
    const [a, b, [x], ...others] = points
    // (The first triangle has a corner in common with them, and stays.)
    const set = untangle({ positions: plane(...points), indices: Uint32Array.of(3, 4, 5, ...indices) }, rounded(a, b, [x, -1], ...others), 0.05)
    expect(open(set as Uint32Array)).toEqual([[3, 4, 5], expected])
  })

  it('is left as it is where nothing was turned', () => {
    const indices = Uint32Array.of(0, 1, 2, 1, 0, 3)
    expect(untangle({ positions: plane([0, 0], [10, 0], [5, 4], [5, -8]), indices }, rounded([0, 0], [10, 0], [5, 4], [5, -8]), 0.05)).toEqual(indices)
  })

  it('has a corner moved to the nearest place that is right, where its edge can’t be turned', () => {
    // Beyond the edge from 0 to 1 the surface folds back under itself: what lies there is seen from behind.
    const indices = Uint32Array.of(0, 1, 2, 1, 0, 3)
    const corners = movable([[0, 0], [10, 0], [5, -1], [5, 8]], { 2: [[4, -1], [6, 1], [5, 2]] })
    expect(untangle({ positions: plane([0, 0], [10, 0], [5, 0.4], [5, 8]), indices }, corners, 0.05)).toEqual(indices)
    expect(corners.placeOf(2)).toEqual([6, 1])
    // The same behind triangles that have nothing to do with it.
    const others: Point[] = [[100, 0], [110, 0], [100, 10], [110, 10], [100, 20], [110, 20]]
    const more = Uint32Array.of(4, 5, 6, 5, 7, 6, 6, 7, 8, 7, 9, 8, ...indices)
    const later = movable([[0, 0], [10, 0], [5, -1], [5, 8], ...others], { 2: [[4, -1], [6, 1], [5, 2]] })
    expect(untangle({ positions: plane([0, 0], [10, 0], [5, 0.4], [5, 8], ...others), indices: more }, later, 0.05)).toEqual(more)
    expect(later.placeOf(2)).toEqual([6, 1])
  })

  it('keeps its corners where no place is better, and is told of', () => {
    const corners = movable([[0, 0], [10, 0], [5, -1], [5, 8]], { 2: [[4, -1], [6, -2]] })
    expect(untangle({ positions: plane([0, 0], [10, 0], [5, 0.4], [5, 8]), indices: Uint32Array.of(0, 1, 2, 1, 0, 3) }, corners, 0.05)).toBeNull()
    expect(corners.placeOf(2)).toEqual([5, -1])
  })

  it('is set right in a copy: the mesh is asked for again where it is stored in another way', () => {
    const indices = Uint32Array.of(0, 1, 2, 1, 0, 3)
    expect(untangle({ positions: plane([0, 0], [10, 0], [5, 0.4], [5, -8]), indices }, rounded([0, 0], [10, 0], [5, -1], [5, -8]), 0.05)).not.toEqual(indices)
    expect(indices).toEqual(Uint32Array.of(0, 1, 2, 1, 0, 3))
  })

  it('is closed at last on an open surface, where its edge can’t be turned and no corner moved', () => {
    // What turning would join, 2 and 3, is joined already.
    const points: Point[] = [[0, 0], [10, 0], [5, 0.4], [5, -8], [20, -3]]
    const indices = Uint32Array.of(0, 1, 2, 1, 0, 3, 3, 4, 2)
    const set = untangle({ positions: plane(...points), indices }, rounded([0, 0], [10, 0], [5, -1], [5, -8], [20, -3]), 0.05)
    expect(open(set as Uint32Array)).toEqual([[1, 0, 3], [3, 4, 2]])
  })

  it('is never seen again, whatever was rounded, and no edge joins more than two triangles', () => {
    const SIDE = 6
    assert(
      property(array(tuple(double({ min: -0.45, max: 0.45, noNaN: true }), double({ min: -0.45, max: 0.45, noNaN: true })), { minLength: SIDE * SIDE, maxLength: SIDE * SIDE }), integer({ min: 2, max: 6 }), (jitter, coarse) => {
        // A jittered grid, as narrow as a pixel here and there, on a lattice of `coarse` units.
        const points = jitter.map(([dx, dy], i) => [((i % SIDE) + dx) * 4, (Math.floor(i / SIDE) + dy) * 4] as [number, number])
        const positions = plane(...points)
        const lattice = rounded(...points.map(([x, y]) => [Math.round(x / coarse) * coarse, Math.round(y / coarse) * coarse] as [number, number]))
        const indices: number[] = []
        for (let y = 0; y < SIDE - 1; y++) {
          for (let x = 0; x < SIDE - 1; x++) {
            const a = y * SIDE + x
            for (const triangle of [[a, a + 1, a + SIDE], [a + 1, a + SIDE + 1, a + SIDE]]) if (volume(positions, triangle) < 0) indices.push(...triangle)
          }
        }
        const set = untangle({ positions, indices: Uint32Array.from(indices) }, lattice, 0.05)
        expect(set).not.toBeNull()
        if (set === null) return
        const edges = new Map<string, number>()
        for (const triangle of open(set)) {
          expect(volume(lattice.positions, triangle)).toBeLessThanOrEqual(0)
          for (let i = 0; i < 3; i++) {
            const edge = `${triangle[i]} ${triangle[(i + 1) % 3]}`
            edges.set(edge, (edges.get(edge) ?? 0) + 1)
          }
        }
        // (Each half-edge once: no triangle twice, none on the wrong side of another.)
        for (const [edge, count] of edges) expect([edge, count]).toEqual([edge, 1])
      }),
      { numRuns: 300 },
    )
  })
})
