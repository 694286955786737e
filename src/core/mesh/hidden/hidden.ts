import { pause } from '../../pause.js'
import { forgetLoops } from '../pixels/pixels.js'
import { coverTriangle, createSpans } from '../pixels/spans.js'
import { refineSurface } from '../refine/refine.js'
import type { ErrorModel } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'
import { dropUnused } from '../surface/topology.js'
import { triangulateLevels, type Level, type LevelGoals } from '../triangulate/triangulate.js'
import type { Backdrop } from './backdrop.js'
import { eachEdgePlace, isThin } from './thin.js'

/** Insertion also spends triangles beside the hidden layer, which are dropped; it is stopped at the budget times each of these, and the most that fits is kept. */
const OVERSHOOT = [1.6, 1.45, 1.3, 1.2, 1.1, 1]

/**
 * The hidden layer at several budgets or error bounds. Beside the layer nothing is to be met: no error counts there, and no outline has to be
 * followed (held to its own ragged outline, the layer took ten times as long and left holes).
 */
export async function hiddenLevels(backdrop: Backdrop, goals: LevelGoals, model: ErrorModel, signal?: AbortSignal): Promise<Surface[]> {
  try {
    return await usefulLevels(backdrop, goals, model, signal)
  } finally {
    // Nobody asks again how far the layer is from its canvas, which is larger than the map.
    forgetLoops(backdrop.map)
  }
}

async function usefulLevels(backdrop: Backdrop, goals: LevelGoals, model: ErrorModel, signal: AbortSignal | undefined): Promise<Surface[]> {
  const isOfUse = createUsefulness(backdrop)
  const keep = ({ points, triangles }: Surface): Uint32Array => {
    const kept = new Uint32Array(triangles.length)
    let count = 0
    for (let t = 0; t < triangles.length; t += 3) {
      if (!isOfUse(points, 3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2])) continue
      kept.set(triangles.subarray(t, t + 3), count)
      count += 3
    }
    return kept.slice(0, count)
  }
  const finish = ({ points, loops }: Level, kept: Uint32Array): Surface => refineSurface(dropUnused(points, kept), backdrop.map, loops, model)
  const inserted = triangulateLevels(backdrop.map, 'errors' in goals ? goals : { budgets: stopsOf(goals.budgets) }, model)
  await pause(signal)
  const finished: Surface[] = []
  if ('errors' in goals) {
    for (const level of inserted) {
      finished.push(finish(level, keep(level)))
      await pause(signal)
    }
    return finished
  }
  const levels = inserted.map((level) => ({ level, triangles: level.triangles.length / 3 }))
  const fitting = (budget: number): Surface | null => {
    let i = levels.findIndex(({ triangles }) => triangles <= budget * OVERSHOOT[0])
    while (i >= 0 && i < levels.length) {
      const { level, triangles } = levels[i]
      const kept = keep(level)
      if (kept.length <= 3 * budget) return finish(level, kept)
      // about the same share of the next one will stay
      const next = (triangles * 3 * budget) / kept.length
      i = levels.findIndex((other, at) => at > i && other.triangles <= next)
    }
    return null
  }
  for (const budget of goals.budgets) {
    const surface = fitting(budget)
    if (surface !== null) finished.push(surface)
    await pause(signal)
  }
  return finished
}

function stopsOf(budgets: readonly number[]): number[] {
  return [...new Set(budgets.flatMap((budget) => OVERSHOOT.map((share) => Math.floor(budget * share))))].sort((a, b) => b - a)
}

/**
 * Which triangles are of use: they cover pixels of the hidden layer, thin ones by their edges too. However many others they cover: where they would stand in front of what is seen they are pushed back, but a gap
 * stays a gap. Without those that do so at more than eight pixels for each of the layer's, what shows between an astronaut's legs and beside a glass was open at 1,500 triangles; three stereo pairs
 * give the same to .03 dB.
 */
function createUsefulness({ map: { width, height, disparity } }: Backdrop) {
  const spans = createSpans(height)
  const { bounds } = spans
  /** How many pixels of a row before a column the layer has. */
  const before = new Uint32Array((width + 1) * height)
  for (let y = 0, i = 0, at = 0; y < height; y++, at++) {
    for (let x = 0; x < width; x++, i++, at++) before[at + 1] = before[at] + (disparity[i] === disparity[i] ? 1 : 0)
  }
  return (points: Float32Array, a: number, b: number, c: number): boolean => {
    const [ax, ay, bx, by, cx, cy] = [points[a], points[a + 1], points[b], points[b + 1], points[c], points[c + 1]]
    coverTriangle(spans, ax, ay, bx, by, cx, cy, width, height)
    for (let row = 0, at = spans.top * (width + 1); row < spans.rows; row++, at += width + 1) {
      const [start, end] = [bounds[2 * row], bounds[2 * row + 1]]
      if (end > start && before[at + end] > before[at + start]) return true
    }
    let useful = false
    // It may run between the pixels' centres all the way.
    if (isThin((bx - ax) * (cy - ay) - (by - ay) * (cx - ax), ax, ay, bx, by, cx, cy)) {
      eachEdgePlace(ax, ay, bx, by, cx, cy, (x, y) => {
        useful ||= !Number.isNaN(disparity[Math.min(height - 1, Math.floor(y)) * width + Math.min(width - 1, Math.floor(x))])
      })
    }
    return useful
  }
}
