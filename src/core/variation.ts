import { seededRandom } from './random.js'

/** Largest displacement of the warp, as a share of the picture's longer side. With {@link WARP_CELLS} the warp's slope stays below ½: nothing folds over. */
const WARP_AMPLITUDE = 0.04
/** Cells of the warp's noise along the picture: low enough to bend a silhouette and never to tear it. */
const WARP_CELLS = 2.5
/** Relief is scaled by at most this factor, up or down. */
const RELIEF_FACTOR = 1.3
/** Size is scaled by at most this factor, up or down: a field of rocks wants small ones too. */
const SIZE_FACTOR = 1.35
/** Largest zoom of a re-framed map. */
const ZOOM = 1.15
/** Cells of the coarsest octave of weathering along the picture's longer side, and how many octaves follow. */
const WEATHER_CELLS = 14
const WEATHER_OCTAVES = 4
/** Highest weathering, as a share of the map's range: dents and ledges, no new shapes. */
const WEATHER_HEIGHT = 0.02

/**
 * One deterministic variation of a map: how its picture is bent, mirrored and re-framed, and what is added to its relief.
 * The map and its colour picture are bent alike.
 */
export interface Variation {
  /** Factor on metres across and on relief; orthographic alone. */
  size: number
  /** Factor on the relief. */
  relief: number
  /** Where the variation takes its content at (u, v) from: writes u, v to `out`. All 0..1, origin top left. */
  source(u: number, v: number, out: Float64Array): void
  /** What weathering adds at (u, v), as a share of the map's range. */
  weather(u: number, v: number): number
}

export interface VariationOptions {
  /** Width / height of the map. */
  aspect: number
  /** May the frame cut off part of the picture? Not where the map ends inside it: a prop stays whole. */
  reframe: boolean
}

/**
 * Draws variation `index` (from 1) of `seed`.
 *
 * The warp is value noise, faded to nothing at the picture's edges, so that the frame stays the frame; the mirror and the frame come after it.
 */
export function drawVariation(seed: number, index: number, { aspect, reframe }: VariationOptions): Variation {
  const random = seededRandom((seed ^ Math.imul(index, 0x9e3779b1)) >>> 0)
  const between = (factor: number) => factor ** (2 * random() - 1)
  const mirror = random() < 0.5
  const size = between(SIZE_FACTOR)
  const relief = between(RELIEF_FACTOR)
  const zoom = reframe ? 1 + (ZOOM - 1) * random() : 1
  const left = (1 - 1 / zoom) * random()
  const top = (1 - 1 / zoom) * random()
  const warpU = valueNoise((random() * 2 ** 32) >>> 0)
  const warpV = valueNoise((random() * 2 ** 32) >>> 0)
  const grain = valueNoise((random() * 2 ** 32) >>> 0)
  const cellsU = aspect >= 1 ? 1 : aspect
  const cellsV = aspect >= 1 ? 1 / aspect : 1

  return {
    size,
    relief,
    source(u, v, out) {
      const fade = 16 * u * (1 - u) * v * (1 - v)
      const x = u * cellsU * WARP_CELLS
      const y = v * cellsV * WARP_CELLS
      const bentU = u + ((WARP_AMPLITUDE * fade) / cellsU) * warpU(x, y)
      const bentV = v + ((WARP_AMPLITUDE * fade) / cellsV) * warpV(x, y)
      out[0] = left + (mirror ? 1 - bentU : bentU) / zoom
      out[1] = top + bentV / zoom
    },
    weather(u, v) {
      let sum = 0
      let cells = WEATHER_CELLS
      let height = 0.5
      for (let octave = 0; octave < WEATHER_OCTAVES; octave++) {
        sum += height * grain(u * cellsU * cells + 31 * octave, v * cellsV * cells)
        cells *= 2
        height /= 2
      }
      return WEATHER_HEIGHT * sum
    },
  }
}

/** Smooth noise, −1..1, one random value a lattice point. */
function valueNoise(seed: number): (x: number, y: number) => number {
  const at = (x: number, y: number): number => {
    let hash = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 31 - 1
  }
  return (x, y) => {
    const x0 = Math.floor(x)
    const y0 = Math.floor(y)
    const fx = x - x0
    const fy = y - y0
    const sx = fx * fx * (3 - 2 * fx)
    const sy = fy * fy * (3 - 2 * fy)
    const top = at(x0, y0) + (at(x0 + 1, y0) - at(x0, y0)) * sx
    const bottom = at(x0, y0 + 1) + (at(x0 + 1, y0 + 1) - at(x0, y0 + 1)) * sx
    return top + (bottom - top) * sy
  }
}
