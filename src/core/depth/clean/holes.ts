import { labelAreas, type Areas } from '../areas.js'
import type { DisparityMap } from '../convention.js'
import { hasGaps } from '../gaps.js'
import type { GrayPicture } from '../picture.js'
import { halfSize, halve } from './halve.js'
import { chooseSides } from './sides.js'

/** Sweeps that turn the blocky push-pull into a membrane. None: 7.1 steps RMS in the holes of 6 maps; 6: 6.2; 10: 6.1; 20: 6.0. */
const SWEEPS = 10
/** Over-relaxation: each pixel goes this many times the way to its neighbours' mean. Without, 10 sweeps: 6.2 steps. */
const OVER = 1.7
/** Difference across a hole, in disparity, from which its sides belong to different surfaces. */
const SHADOW_JUMP = 0.06
/** A shadow is a strip along a silhouette: this part of its rows has a near and a far end … */
const SHADOW_ROWS = 0.5
/** … with the near end on the same side in this part of them … */
const SHADOW_SIDE = 0.8
/** … and it is narrower than this part of its height. A disc is .78 as wide as high. */
const SHADOW_SHAPE = 0.35

export interface FillOptions {
  /** The map is a depth sensor's: whatever lies between near and far is its shadow. Of other maps only strips along silhouettes are. */
  sensor: boolean
  /** The colour picture, which shows where a silhouette runs through a hole; a sensor's shadows are known to belong to the far side. */
  picture: GrayPicture | null
}

/**
 * Fills unknown pixels from around: push-pull (Gortler et al., *The Lumigraph*, 1996), relaxed to a membrane.
 * What a sensor or a stereo pair could not see because something nearer stood before it is filled from the far side alone, for that is what is there:
 *
 * ```
 *  near ─┐                      near ─┐
 *        │· · · · · ·                 │
 *        · shadow ·  ┌─ far           └──────────┬─ far     and not a ramp from one to the other
 * ```
 *
 * @param isHole 1 where a pixel is to be filled; other NaN pixels stay NaN and give nothing
 */
export function fillHoles(map: DisparityMap, isHole: Uint8Array, options: FillOptions): Float32Array {
  const { width, height } = map
  const disparity = map.disparity.slice()
  const filled = pushPull(disparity, map)
  const holes: number[] = []
  for (let i = 0; i < disparity.length; i++) if (isHole[i] === 1) holes.push(i)

  const areas = labelAreas(width, height, (i) => isHole[i] === 1)
  const { shadows, nearEnds } = findShadows(map, isHole, areas, options)
  for (const i of holes) disparity[i] = shadows[areas.labels[i]] === 1 ? NaN : filled[i]
  spread(map, disparity, holes, nearEnds)
  // A shadow without any far end within reach is filled like any other hole.
  for (const i of holes) if (disparity[i] !== disparity[i]) disparity[i] = filled[i]
  relax(map, disparity, holes, nearEnds)
  if (options.picture !== null && !options.sensor) chooseSides(map, disparity, areas, options.picture)
  return disparity
}

/** Which areas are shadows, and the known pixels (1) at their near ends, which give nothing. */
function findShadows({ width, height, disparity }: DisparityMap, isHole: Uint8Array, { labels, count }: Areas, { sensor }: FillOptions): { shadows: Uint8Array; nearEnds: Uint8Array } {
  const rows = new Uint32Array(count)
  const nearLeft = new Uint32Array(count)
  const nearRight = new Uint32Array(count)
  const across = new Uint32Array(count)
  const nearEnds = new Uint8Array(disparity.length)
  const shadows = new Uint8Array(count)
  // Ends of runs along rows and columns; `visit` gets the run's first pixel, the known pixels before and after it (−1: none), and its length.
  const eachRun = (along: number, lines: number, length: number, next: number, visit: (first: number, before: number, after: number, run: number) => void) => {
    for (let line = 0; line < lines; line++) {
      for (let k = 0; k < length; k++) {
        const first = line * next + k * along
        if (isHole[first] === 0) continue
        let run = 1
        while (k + run < length && isHole[first + run * along] === 1) run++
        visit(first, k > 0 ? first - along : -1, k + run < length ? first + run * along : -1, run)
        k += run
      }
    }
  }
  const lean = (before: number, after: number) => (before < 0 || after < 0 ? 0 : disparity[before] - disparity[after])

  eachRun(1, height, width, width, (first, before, after, run) => {
    const area = labels[first]
    const difference = lean(before, after)
    rows[area]++
    if (difference > SHADOW_JUMP) nearLeft[area]++
    else if (difference < -SHADOW_JUMP) nearRight[area]++
    else return
    across[area] += run
  })
  for (let area = 0; area < count; area++) {
    const jumps = nearLeft[area] + nearRight[area]
    const strip = jumps >= SHADOW_ROWS * rows[area] && Math.max(nearLeft[area], nearRight[area]) >= SHADOW_SIDE * jumps && across[area] < SHADOW_SHAPE * jumps * rows[area]
    if (jumps > 0 && (sensor || strip)) shadows[area] = 1
  }
  const closeNearEnd = (first: number, before: number, after: number) => {
    if (shadows[labels[first]] === 0) return
    const difference = lean(before, after)
    if (difference > SHADOW_JUMP) nearEnds[before] = 1
    else if (difference < -SHADOW_JUMP) nearEnds[after] = 1
  }
  eachRun(1, height, width, width, closeNearEnd)
  eachRun(width, width, height, 1, closeNearEnd)
  return { shadows, nearEnds }
}

/** Fills holes that are still NaN inward from their open border, ring by ring, each pixel with the mean of what is filled around it. */
function spread({ width, height }: DisparityMap, disparity: Float32Array, holes: number[], closed: Uint8Array): void {
  let ring = holes.filter((i) => disparity[i] !== disparity[i])
  const size = width * height
  while (ring.length > 0) {
    const means = ring.map((i) => meanAround(i, width, size, disparity, closed))
    const later = ring.filter((_, k) => Number.isNaN(means[k]))
    if (later.length === ring.length) return
    for (let k = 0; k < ring.length; k++) disparity[ring[k]] = means[k]
    ring = later
  }
}

/** Moves each filled pixel to the mean of its neighbours, forward and backward in turn. */
function relax({ width, height }: DisparityMap, disparity: Float32Array, holes: number[], closed: Uint8Array): void {
  const size = width * height
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let k = 0; k < holes.length; k++) {
      const i = sweep % 2 === 0 ? holes[k] : holes[holes.length - 1 - k]
      const mean = meanAround(i, width, size, disparity, closed)
      if (mean === mean) disparity[i] += OVER * (mean - disparity[i])
    }
  }
}

/** Mean of the known, open pixels on the four sides; NaN if there is none. */
function meanAround(i: number, width: number, size: number, disparity: Float32Array, closed: Uint8Array): number {
  const x = i % width
  let sum = 0
  let count = 0
  if (x > 0 && closed[i - 1] === 0 && disparity[i - 1] === disparity[i - 1]) {
    sum += disparity[i - 1]
    count++
  }
  if (x < width - 1 && closed[i + 1] === 0 && disparity[i + 1] === disparity[i + 1]) {
    sum += disparity[i + 1]
    count++
  }
  if (i >= width && closed[i - width] === 0 && disparity[i - width] === disparity[i - width]) {
    sum += disparity[i - width]
    count++
  }
  if (i + width < size && closed[i + width] === 0 && disparity[i + width] === disparity[i + width]) {
    sum += disparity[i + width]
    count++
  }
  return sum / count
}

/** The values with every NaN filled; all NaN stays all NaN. */
function pushPull(values: Float32Array, size: { width: number; height: number }): Float32Array {
  const { width, height } = size
  if (!hasGaps(values) || (width === 1 && height === 1)) return values
  const half = halfSize(size)
  const coarse = pushPull(halve(values, size), half)
  const filled = values.slice()
  for (let y = 0; y < height; y++) {
    // A fine pixel lies a quarter of a coarse pixel off its parent's centre: 3/4 of the parent and 1/4 of the parent's neighbour on that side.
    const row = (y >> 1) * half.width
    const beside = Math.min(half.height - 1, Math.max(0, (y >> 1) + (y % 2 ? 1 : -1))) * half.width
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      if (filled[i] === filled[i]) continue
      const column = x >> 1
      const aside = Math.min(half.width - 1, Math.max(0, column + (x % 2 ? 1 : -1)))
      filled[i] = (9 * coarse[row + column] + 3 * coarse[row + aside] + 3 * coarse[beside + column] + coarse[beside + aside]) / 16
    }
  }
  return filled
}
