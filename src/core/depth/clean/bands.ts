import type { DisparityMap } from '../convention.js'
import { halfSize, halve } from './halve.js'

/** Levels of the pyramid: terraces up to about 2⁵ px wide are spanned. */
const PYRAMID = 5
/** Sweeps on each coarse level of the pyramid, coarsest first … */
const SWEEPS = 16
/** … and on the map itself, which only has to be polished. 20: motorcycle 2.46°, moon 2.14°; 8: 2.47° and 2.14°; 4: 2.55° and 2.22°. */
const FINEST_SWEEPS = 8
/** Over-relaxation: each pixel goes this many times the way to its neighbours' mean, which halves the sweeps. */
const OVER = 1.5
/** Pixels further apart than this many steps lie on different surfaces. */
const EDGE_STEPS = 2.5

/**
 * Turns the terraces of a coarsely quantised map back into slopes. Every value stays within half a step of what the map says, so that the result never contradicts it:
 * rounded to the map's levels it is the map again. Within that room it is as smooth as can be: each pixel moves to the mean of its neighbours on the same surface,
 * on a pyramid, since a terrace can be wider than any filter.
 */
export function smoothBands({ width, height, disparity }: DisparityMap): Float32Array {
  const finest: Layer = { width, height, said: disparity, room: halfSteps(disparity), now: disparity.slice() }
  const layers = [finest]
  while (layers.length < PYRAMID && Math.min(layers.at(-1)!.width, layers.at(-1)!.height) > 2) layers.push(coarsen(layers.at(-1)!))
  for (let k = layers.length - 1; k >= 0; k--) {
    if (k < layers.length - 1) refine(layers[k], layers[k + 1])
    relax(layers[k], k === 0 ? FINEST_SWEEPS : SWEEPS)
  }
  return finest.now
}

interface Layer {
  width: number
  height: number
  /** What the map says: disparity, NaN = nothing. */
  said: Float32Array
  /** Half a step: how far `now` may be from `said`; NaN where that is. */
  room: Float32Array
  now: Float32Array
}

/** Half a step at each pixel: half the smaller of the gaps to the levels around it in use. Steps are uneven where levels are not linear in disparity. */
function halfSteps(disparity: Float32Array): Float32Array {
  const levels = new Float32Array(65536).fill(NaN)
  const binOf = (value: number) => Math.min(65535, Math.max(0, (value * 65535 + 0.5) | 0))
  for (let i = 0; i < disparity.length; i++) if (disparity[i] === disparity[i]) levels[binOf(disparity[i])] = disparity[i]
  const used: number[] = []
  for (let bin = 0; bin < levels.length; bin++) if (levels[bin] === levels[bin]) used.push(bin)
  const gap = used.map((bin, i) => (i + 1 < used.length ? levels[used[i + 1]] - levels[bin] : Infinity))
  const half = new Float32Array(65536)
  for (let i = 0; i < used.length; i++) {
    let smallest = Infinity
    for (let k = Math.max(0, i - 2); k <= Math.min(used.length - 1, i + 1); k++) smallest = Math.min(smallest, gap[k])
    half[used[i]] = smallest === Infinity ? 0 : smallest / 2
  }
  const room = new Float32Array(disparity.length).fill(NaN)
  for (let i = 0; i < disparity.length; i++) if (disparity[i] === disparity[i]) room[i] = half[binOf(disparity[i])]
  return room
}

/** The next coarser layer: means of both what the map says and how far it may be left. */
function coarsen(fine: Layer): Layer {
  const said = halve(fine.said, fine)
  return { ...halfSize(fine), said, room: halve(fine.room, fine), now: said.slice() }
}

/** Carries over what the coarser layer moved. */
function refine(fine: Layer, coarse: Layer): void {
  for (let y = 0; y < fine.height; y++) {
    for (let x = 0; x < fine.width; x++) {
      const i = y * fine.width + x
      const k = (y >> 1) * coarse.width + (x >> 1)
      fine.now[i] = fine.said[i] + clamp(coarse.now[k] - coarse.said[k], fine.room[i])
    }
  }
}

/** Moves each pixel toward the mean of its neighbours, within its room, in place: the pixels of one colour of a chessboard, then those of the other, which only depend on the first. */
function relax({ width, height, said, room, now }: Layer, sweeps: number): void {
  const links = linkNeighbours(width, height, said, room)
  for (let sweep = 0; sweep < 2 * sweeps; sweep++) {
    for (let y = 0; y < height; y++) {
      const end = (y + 1) * width
      for (let i = y * width + ((y + sweep) & 1); i < end; i += 2) {
        const link = links[i]
        if (link === 0) continue
        let sum = 0
        if (link & LEFT) sum += now[i - 1]
        if (link & RIGHT) sum += now[i + 1]
        if (link & ABOVE) sum += now[i - width]
        if (link & BELOW) sum += now[i + width]
        const here = now[i]
        const to = here + OVER * (sum * SHARE[link] - here)
        const middle = said[i]
        const half = room[i]
        now[i] = to < middle - half ? middle - half : to > middle + half ? middle + half : to
      }
    }
  }
}

const [LEFT, RIGHT, ABOVE, BELOW] = [1, 2, 4, 8]
/** One over the number of neighbours, by their bits. */
const SHARE = Float64Array.from({ length: 16 }, (_, link) => 1 / Math.max(1, (link & 1) + ((link >> 1) & 1) + ((link >> 2) & 1) + (link >> 3)))

/** Bits of the neighbours that lie on the same surface. */
function linkNeighbours(width: number, height: number, said: Float32Array, room: Float32Array): Uint8Array {
  const links = new Uint8Array(said.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      const here = said[i]
      const stop = 2 * EDGE_STEPS * room[i]
      if (x < width - 1 && Math.abs(said[i + 1] - here) <= stop) {
        links[i] |= RIGHT
        links[i + 1] |= LEFT
      }
      if (y < height - 1 && Math.abs(said[i + width] - here) <= stop) {
        links[i] |= BELOW
        links[i + width] |= ABOVE
      }
    }
  }
  return links
}

const clamp = (value: number, room: number) => (value > room ? room : value < -room ? -room : value)
