import type { DisparityMap } from '../depth/convention.js'
import type { Backdrop } from './backdrop.js'
import type { ErrorModel } from './error.js'
import { forgetLoops } from './pixels.js'
import { refineSurface, type RefinableSurface } from './refine.js'
import { coverTriangle, createSpans } from './spans.js'
import { eachEdgePlace, isThin } from './thin.js'
import { dropUnused } from './topology.js'
import { triangulateLevels, type Level, type LevelGoals } from './triangulate.js'

/** Insertion also spends triangles beside the hidden layer, which are dropped; it is stopped at the budget times each of these, and the most that fits is kept. */
const OVERSHOOT = [1.6, 1.45, 1.3, 1.2, 1.1, 1]

/**
 * A triangle may stand in front of what is seen at so many pixels for each pixel of the layer that it covers: it is pushed back there, but a gap stays a gap. Three stereo
 * pairs at 6k | 1.5k triangles: 1 25.86 | 23.87 dB with .04 | .36 % of the view open, 3 25.90 | 24.19 with .01 | .06, 8 25.91 | 24.10 with none, any 25.85 | 24.13.
 */
const HARM_FOR_USE = 8

/**
 * The hidden layer at several budgets or error bounds. Beside the layer nothing is to be met: no error counts there, and no outline has to be
 * followed (held to its own ragged outline, the layer took ten times as long and left holes).
 */
export function hiddenLevels(map: DisparityMap, backdrop: Backdrop, goals: LevelGoals, model: ErrorModel): RefinableSurface[] {
  try {
    return usefulLevels(map, backdrop, goals, model)
  } finally {
    // Nobody asks again how far the layer is from its canvas, which is larger than the map.
    forgetLoops(backdrop.map)
  }
}

function usefulLevels(map: DisparityMap, backdrop: Backdrop, goals: LevelGoals, model: ErrorModel): RefinableSurface[] {
  const isOfUse = createUsefulness(map, backdrop)
  const keep = ({ points, triangles }: RefinableSurface): Uint32Array => {
    const kept = new Uint32Array(triangles.length)
    let count = 0
    for (let t = 0; t < triangles.length; t += 3) {
      if (!isOfUse(points, 3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2])) continue
      kept.set(triangles.subarray(t, t + 3), count)
      count += 3
    }
    return kept.slice(0, count)
  }
  const finish = ({ points, loops }: Level, kept: Uint32Array): RefinableSurface => refineSurface(dropUnused(points, kept), backdrop.map, loops, model)
  if ('errors' in goals) return triangulateLevels(backdrop.map, goals, model).map((level) => finish(level, keep(level)))
  const stops = [...new Set(goals.budgets.flatMap((budget) => OVERSHOOT.map((share) => Math.floor(budget * share))))].sort((a, b) => b - a)
  const levels = triangulateLevels(backdrop.map, { budgets: stops }, model).map((level) => ({ level, triangles: level.triangles.length / 3 }))
  return goals.budgets.flatMap((budget) => {
    let i = levels.findIndex(({ triangles }) => triangles <= budget * OVERSHOOT[0])
    while (i >= 0 && i < levels.length) {
      const { level, triangles } = levels[i]
      const kept = keep(level)
      if (kept.length <= 3 * budget) return [finish(level, kept)]
      // about the same share of the next one will stay
      const fitting = (triangles * 3 * budget) / kept.length
      i = levels.findIndex((other, at) => at > i && other.triangles <= fitting)
    }
    return []
  })
}

/**
 * Which triangles are of use: they cover pixels of the hidden layer, and not too many others at which they would stand in front of what is seen.
 * Thin ones count by their edges too.
 */
function createUsefulness(map: DisparityMap, { map: hidden, left, top }: Backdrop) {
  const { width, height, disparity } = hidden
  const spans = createSpans(height)
  const { bounds } = spans
  /** How many pixels of a row before a column the layer has: most triangles lie all inside it or all beside it. */
  const before = new Uint32Array((width + 1) * height)
  for (let y = 0, i = 0, at = 0; y < height; y++, at++) {
    for (let x = 0; x < width; x++, i++, at++) before[at + 1] = before[at] + (disparity[i] === disparity[i] ? 1 : 0)
  }
  const isInFront = (column: number, row: number, value: number): boolean =>
    column >= left && row >= top && column < left + map.width && row < top + map.height && value > map.disparity[(row - top) * map.width + column - left]
  /** Pixels of the triangle in `spans` at which its plane z = c + x · zx + y · zy hides what is seen, and the layer has nothing. */
  const countHarm = (c: number, zx: number, zy: number): number => {
    let harmful = 0
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      if (y < top || y >= top + map.height) continue
      for (let x = Math.max(left, bounds[2 * row]), end = Math.min(left + map.width, bounds[2 * row + 1]); x < end; x++) {
        const wanted = disparity[y * width + x]
        if (wanted !== wanted && c + (x + 0.5) * zx + (y + 0.5) * zy > map.disparity[(y - top) * map.width + x - left]) harmful++
      }
    }
    return harmful
  }
  return (points: Float32Array, a: number, b: number, c: number): boolean => {
    const ax = points[a]
    const ay = points[a + 1]
    const bx = points[b]
    const by = points[b + 1]
    const cx = points[c]
    const cy = points[c + 1]
    coverTriangle(spans, ax, ay, bx, by, cx, cy, width, height)
    let useful = 0
    let covered = 0
    for (let row = 0, at = spans.top * (width + 1); row < spans.rows; row++, at += width + 1) {
      const start = bounds[2 * row]
      const end = bounds[2 * row + 1]
      if (end <= start) continue
      covered += end - start
      useful += before[at + end] - before[at + start]
    }
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    const thin = isThin(area, ax, ay, bx, by, cx, cy)
    if (!thin && (useful === 0 || useful === covered)) return useful > 0
    const rise = points[b + 2] - points[a + 2]
    const fall = points[c + 2] - points[a + 2]
    const zx = (rise * (cy - ay) - fall * (by - ay)) / area
    const zy = (fall * (bx - ax) - rise * (cx - ax)) / area
    const base = points[a + 2] - ax * zx - ay * zy
    let harmful = countHarm(base, zx, zy)
    if (thin) {
      // it may run between the pixels' centres all the way
      eachEdgePlace(ax, ay, bx, by, cx, cy, (x, y) => {
        const column = Math.min(width - 1, Math.floor(x))
        const row = Math.min(height - 1, Math.floor(y))
        if (!Number.isNaN(disparity[row * width + column])) useful++
        else if (isInFront(column, row, base + x * zx + y * zy)) harmful++
      })
    }
    return useful > 0 && HARM_FOR_USE * useful >= harmful
  }
}
