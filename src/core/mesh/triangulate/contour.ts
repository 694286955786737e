import type { DisparityMap } from '../../depth/convention.js'
import { LATTICE } from '../surface/delaunay.js'
import { JUMP_BELOW, JUMP_RIGHT, type Jumps } from './cut.js'

/**
 * A line along which the surface is open, between the pixels of two surfaces.
 *
 * Its points are the middles of pairs of neighbours that differ (so that the staircase of a slanted silhouette is already a straight line),
 * and at its ends the pixel corners where lines meet, stop, or leave the picture.
 *
 *     near  near  near                    near  near  near
 *     near ┌───── far     the pixels’      near ╱ ─── far     the line
 *     ─────┘far   far     staircase        ───╱  far  far     through the middles
 */
export interface Contour {
  /** x, y of every point, in 1/LATTICE px. Of a loop the first point is not repeated. */
  points: Int32Array
  /** For every point the pixel on its left and on its right as seen when walking along the line. */
  left: Int32Array
  right: Int32Array
  loop: boolean
  /** Whether there is nothing (NaN) on that side, all along the line. */
  leftNothing: boolean
  rightNothing: boolean
  /** Length, px, of all contours it hangs together with. */
  extent: number
  /** Whether it stops within the picture, at one end at least. */
  loose: boolean
}

/** Jumps up to this many times the threshold may be left uncut where triangles are few: novel views score alike with thresholds of 1.5–10 % of the range. */
const STRONGEST = 4

/**
 * Contours that hang together over less than this, px, and those that come loose after less, are noise rather than silhouettes: the sheet stays whole
 * there. Mean of three stereo pairs at 25k | 6k | 1.5k triangles: 4 and 2: 26.04 | 24.58 | 22.26 dB, 8 and 3: 25.94 | 24.60 | 22.20, 16 and 6: 25.81 | 24.08 | 21.78.
 */
const SHORTEST = 4
const SHORTEST_LOOSE = 2

/** Rounds of taking away loose ends: what remains runs on without them. */
const TRIMMING_ROUNDS = 3

/**
 * The lines along which a surface of a certain coarseness is opened. 1: all that matter. Above, in proportion, faint jumps and short lines are left out.
 * Around nothing no line is too short.
 */
export function findContours({ width, height, disparity }: DisparityMap, jumps: Jumps, coarseness: number): Contour[] {
  const flags = jumps.flags.slice()
  const strength = jumps.threshold * Math.min(coarseness, STRONGEST)
  const jumping: number[] = []
  for (let i = 0; i < flags.length; i++) {
    if (flags[i] === 0) continue
    if ((flags[i] & JUMP_RIGHT) !== 0 && Math.abs(disparity[i] - disparity[i + 1]) < strength) flags[i] &= ~JUMP_RIGHT
    if ((flags[i] & JUMP_BELOW) !== 0 && Math.abs(disparity[i] - disparity[i + width]) < strength) flags[i] &= ~JUMP_BELOW
    if (flags[i] !== 0) jumping.push(i)
  }
  for (let round = 0; ; round++) {
    const contours = traceContours(width, height, disparity, flags, jumping)
    const short = contours.filter((contour) =>
      !contour.leftNothing && !contour.rightNothing && (contour.extent < SHORTEST * coarseness || (contour.loose && contour.left.length < SHORTEST_LOOSE * coarseness)))
    if (short.length === 0) return contours
    const gone = new Set(short)
    if (round === TRIMMING_ROUNDS) return contours.filter((contour) => !gone.has(contour))
    for (const { left, right } of short) {
      for (let k = 0; k < left.length; k++) flags[Math.min(left[k], right[k])] &= width > 1 && Math.abs(left[k] - right[k]) === 1 ? ~JUMP_RIGHT : ~JUMP_BELOW
    }
  }
}

/** Links pairs of neighbours that differ into lines. `flags` as in {@link Jumps}; `jumping`: the pixels that may have one, rising. */
function traceContours(width: number, height: number, disparity: Float32Array, flags: Uint8Array, jumping: readonly number[]): Contour[] {
  // (1) Pixel corners are nodes, numbered y · (width + 1) + x. From each at most four steps lead on.
  const across = width + 1
  const step = [1, across, -1, -across] // east, south, west, north
  const seen = new Uint8Array(width * height) // bits as in flags
  /** Pixel whose flag the step holds, and which flag; -1 outside. */
  const flagged = (corner: number, direction: number): number => {
    const x = corner % across
    const y = (corner - x) / across
    if (direction === 0) return x < width && y > 0 && y < height && (flags[(y - 1) * width + x] & JUMP_BELOW) !== 0 ? ((y - 1) * width + x) * 2 + 1 : -1
    if (direction === 2) return x > 0 && y > 0 && y < height && (flags[(y - 1) * width + x - 1] & JUMP_BELOW) !== 0 ? ((y - 1) * width + x - 1) * 2 + 1 : -1
    if (direction === 1) return y < height && x > 0 && x < width && (flags[y * width + x - 1] & JUMP_RIGHT) !== 0 ? (y * width + x - 1) * 2 : -1
    return y > 0 && x > 0 && x < width && (flags[(y - 1) * width + x - 1] & JUMP_RIGHT) !== 0 ? ((y - 1) * width + x - 1) * 2 : -1
  }
  const degree = (corner: number): number => {
    let n = 0
    for (let d = 0; d < 4; d++) if (flagged(corner, d) >= 0) n++
    return n
  }
  const isLoose = (corner: number): boolean => {
    const x = corner % across
    const y = (corner - x) / across
    return x > 0 && x < width && y > 0 && y < height && degree(corner) === 1
  }
  const taken = (flag: number): boolean => (seen[flag >> 1] & (flag & 1 ? JUMP_BELOW : JUMP_RIGHT)) !== 0
  const take = (flag: number): void => {
    seen[flag >> 1] |= flag & 1 ? JUMP_BELOW : JUMP_RIGHT
  }

  const contours: Contour[] = []
  const ends: [number, number][] = []
  const walk = (start: number, first: number, loop: boolean): void => {
    const points: number[] = []
    const left: number[] = []
    const right: number[] = []
    let corner = start
    let direction = first
    const push = (x: number, y: number, l: number, r: number): void => {
      points.push(x, y)
      left.push(l)
      right.push(r)
    }
    for (;;) {
      const flag = flagged(corner, direction)
      take(flag)
      const pixel = flag >> 1
      // walking east the pixel above is on the left; walking south the pixel to the east
      const l = direction === 0 ? pixel : direction === 1 ? pixel + 1 : direction === 2 ? pixel + width : pixel
      const r = direction === 0 ? pixel + width : direction === 1 ? pixel : direction === 2 ? pixel : pixel + 1
      const x = (corner % across) * LATTICE
      const y = Math.floor(corner / across) * LATTICE
      if (points.length === 0 && !loop) push(x, y, l, r)
      const half = LATTICE / 2
      push(x + (direction === 0 ? half : direction === 2 ? -half : 0), y + (direction === 1 ? half : direction === 3 ? -half : 0), l, r)
      corner += step[direction]
      let onward = -1
      let ways = 0
      for (let d = 0; d < 4; d++) {
        if (d === (direction + 2) % 4 || flagged(corner, d) < 0) continue
        ways++
        onward = d
      }
      if (ways !== 1 || (loop && corner === start)) {
        if (!loop) push((corner % across) * LATTICE, Math.floor(corner / across) * LATTICE, l, r)
        break
      }
      direction = onward
    }
    ends.push([start, corner])
    contours.push({
      points: Int32Array.from(points), left: Int32Array.from(left), right: Int32Array.from(right), loop,
      leftNothing: Number.isNaN(disparity[left[0]]), rightNothing: Number.isNaN(disparity[right[0]]), extent: 0,
      loose: !loop && (isLoose(start) || isLoose(corner)),
    })
  }

  // (2) Lines between nodes where other than two steps meet; what is left then are loops.
  const setOut = (corner: number, direction: number, loop: boolean): void => {
    const flag = flagged(corner, direction)
    if (flag >= 0 && !taken(flag) && (loop || degree(corner) !== 2)) walk(corner, direction, loop)
  }
  for (const loops of [false, true]) {
    for (const pixel of jumping) {
      if (flags[pixel] === 0) continue
      // from both ends of both steps of this pixel
      const below = Math.floor(pixel / width) * across + (pixel % width) + across
      setOut(below - width, 1, loops)
      setOut(below + 1, 3, loops)
      setOut(below, 0, loops)
      setOut(below + 1, 2, loops)
    }
  }

  // (3) How much hangs together.
  const group = new Map<number, number>()
  const find = (corner: number): number => {
    let root = corner
    while (group.get(root) !== undefined && group.get(root) !== root) root = group.get(root) as number
    group.set(corner, root)
    return root
  }
  for (const [a, b] of ends) group.set(find(a), find(b))
  const extents = new Map<number, number>()
  for (const [i, contour] of contours.entries()) {
    const root = find(ends[i][0])
    extents.set(root, (extents.get(root) ?? 0) + contour.points.length / 2 - (contour.loop ? 0 : 2))
  }
  for (const [i, contour] of contours.entries()) contour.extent = extents.get(find(ends[i][0])) ?? 0
  return contours
}

/**
 * The points of a line that are worth keeping (Douglas & Peucker 1973): no other lies farther than `tolerance` px from the line through them.
 *
 * @returns indices, rising; the ends always among them. Empty when a loop is too thin for the tolerance.
 */
export function simplifyContour(contour: Contour, tolerance: number): number[] {
  const { points, loop } = contour
  const n = points.length / 2
  const kept = new Uint8Array(n)
  const limit = (tolerance * LATTICE) ** 2
  const stack: number[] = []
  kept[0] = 1
  if (loop) {
    let far = 0
    let distance = -1
    for (let i = 1; i < n; i++) {
      const d = (points[2 * i] - points[0]) ** 2 + (points[2 * i + 1] - points[1]) ** 2
      if (d > distance) {
        distance = d
        far = i
      }
    }
    kept[far] = 1
    stack.push(0, far, far, n)
  } else {
    kept[n - 1] = 1
    stack.push(0, n - 1)
  }
  while (stack.length > 0) {
    const j = stack.pop() as number
    const i = stack.pop() as number
    const end = j === n ? 0 : j
    let far = -1
    let distance = limit
    for (let k = i + 1; k < j; k++) {
      const d = toSegment(points[2 * k], points[2 * k + 1], points[2 * i], points[2 * i + 1], points[2 * end], points[2 * end + 1])
      if (d > distance) {
        distance = d
        far = k
      }
    }
    if (far < 0) continue
    kept[far] = 1
    stack.push(i, far, far, j)
  }
  const indices: number[] = []
  for (let i = 0; i < n; i++) if (kept[i] === 1) indices.push(i)
  return loop && (indices.length < 3 || turn(points, indices) * turn(points, Array.from({ length: n }, (_, i) => i)) <= 0) ? [] : indices
}

/** Twice the area of the polygon of some points; its sign is the way around. */
function turn(points: Int32Array, indices: readonly number[]): number {
  let sum = 0
  for (let k = 0, before = indices.length - 1; k < indices.length; before = k++) {
    const a = 2 * indices[before]
    const b = 2 * indices[k]
    sum += points[a] * points[b + 1] - points[b] * points[a + 1]
  }
  return sum
}

/** Square of the distance from a point to a segment. */
export function toSegment(px: number, py: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax
  const dy = by - ay
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / length))
  return (ax + t * dx - px) ** 2 + (ay + t * dy - py) ** 2
}
