import { EDGE_RADIUS, EDGE_STEP, placeAtEdge } from '../edge.js'
import type { DisparityMap } from '../convention.js'
import { percent, type PreflightCheck } from './check.js'
import { strideOf } from './stride.js'
import { shrink } from './thumbnail.js'

/** Share of pixels on edges below which there is nothing to snap … */
const FEW_EDGES = 0.005
/** … in maps of up to this many pixels along their longer side: the same silhouettes cover half the share of a map twice as large. */
const FEW_EDGES_PIXELS = 1024
/** Share above which it is the map that is small, not its silhouettes that are soft: real maps have up to 8.7 %, rendered scenes of 48 to 128 pixels 11–41 %. */
const MANY_EDGES = 0.1
/** Share of them amid a ramp from which silhouettes are soft. Rendered, stereo and sensor maps have 0–5 %, AI and lens-blur maps 8–95 %: those of 8, 15 and 19 % have combs of ramps a pixel wide around what stands in front. */
const SOFT_SHARE = 0.07
/** … of large maps. In small ones, round things rise as fast: this, over the longer side in pixels, up to what a person should know. (A scene of three shapes has 13 % at 200 px.) */
const SOFT_SHARE_TIMES_PIXELS = 40
/** … and from which a person should know: 8 of 11 AI and lens-blur maps have 30 % and more. */
const VERY_SOFT_SHARE = 0.25

/** Shrunk by this, a map shows the silhouettes that are too wide to be seen at its own size, … */
const SHRUNK = 4
/** … unless it is smaller than this already, pixels of its longer side … */
const WORTH_SHRINKING = 512
/** … with this share of its pixels on edges then. */
const EDGES_OF_SHRUNK = 0.01
/**
 * Part of the silhouettes that a map has when it is shrunk and not at its own size, from which on it was enlarged or blurred. (Edges are as many pixels wide at any size, so
 * that 4 times the share is as many of them.) 15 AI, rendered and stereo maps as their makers left them have .0–.25; enlarged 8-fold and blurred .54, blurred by 4 or 8 pixels .97 and 1.
 */
const WIDE_SHARE = 0.4

/** Silhouettes that are ramps: soft ones, which can be snapped, and those that are too wide for that. */
export function checkSilhouettes(map: DisparityMap, range: number): PreflightCheck[] {
  const edges = countEdges(map, range)
  return [...checkSoft(map, edges), ...checkWide(map, range, edges)]
}

function checkSoft({ width, height }: DisparityMap, { edges, amid, seen }: EdgeCount): PreflightCheck[] {
  const longer = Math.max(width, height)
  const soft = Math.min(VERY_SOFT_SHARE, Math.max(SOFT_SHARE, SOFT_SHARE_TIMES_PIXELS / longer))
  const few = FEW_EDGES * Math.min(1, FEW_EDGES_PIXELS / longer)
  if (edges < few * seen || edges > MANY_EDGES * seen || amid <= soft * edges) return []
  return [
    {
      id: 'soft-silhouettes',
      severity: amid > VERY_SOFT_SHARE * edges ? 'warning' : 'info',
      value: amid / edges,
      found: `${percent(amid / edges)} of the pixels at silhouettes lie halfway between front and back`,
      why: 'Blurred silhouettes become ramps of stretched picture around everything in front.',
      advice: 'They are snapped to the side they belong to, with the colour picture as a guide; a sharper map is better still. If the ramps are real slopes, "clean": { "silhouettes": false } keeps them.',
    },
  ]
}

function checkWide({ width, height, disparity }: DisparityMap, range: number, { edges, seen }: EdgeCount): PreflightCheck[] {
  if (Math.max(width, height) < WORTH_SHRINKING || Math.min(width, height) < SHRUNK) return []
  const to = { width: Math.round(width / SHRUNK), height: Math.round(height / SHRUNK) }
  const shrunk = countEdges({ ...to, disparity: shrinkKnown(disparity, width, height, to) }, range)
  if (shrunk.edges < EDGES_OF_SHRUNK * shrunk.seen) return []
  const wide = 1 - (SHRUNK * edges * shrunk.seen) / (shrunk.edges * seen)
  if (wide < WIDE_SHARE) return []
  return [
    {
      id: 'wide-silhouettes',
      severity: 'warning',
      value: wide,
      found: `about ${percent(wide)} of the silhouettes are ramps too wide to be told from slopes, as in a map that was enlarged or blurred`,
      why: 'The surface is not cut there: the picture hangs stretched between front and back.',
      advice: `Use the map at the size at which it was made, or shrink it, to ${to.width} × ${to.height} say; the colour picture may stay as large as it is. If they are slopes, "clean": { "silhouettes": false } says so.`,
    },
  ]
}

/**
 * Block means, NaN where anything in the block is: around what stands in front, a sensor has a rim of pixels that it could not see. At the map's own size no edge can be looked at
 * across that; without it, one would stand there in the small copy alone.
 */
function shrinkKnown(disparity: Float32Array, width: number, height: number, to: { width: number; height: number }): Float32Array {
  const { values } = shrink(disparity, width, height, to)
  for (let i = 0; i < disparity.length; i++) {
    if (disparity[i] !== disparity[i]) values[Math.floor((Math.floor(i / width) * to.height) / height) * to.width + Math.floor(((i % width) * to.width) / width)] = NaN
  }
  return values
}

interface EdgeCount {
  /** Pixels at edges, of those that were seen. */
  edges: number
  /** Of these, pixels amid a ramp. */
  amid: number
  seen: number
}

function countEdges(map: Pick<DisparityMap, 'width' | 'height' | 'disparity'>, range: number): EdgeCount {
  const { width, height } = map
  const step = EDGE_STEP * range
  const stride = strideOf(map)
  const count = { edges: 0, amid: 0, seen: 0 }
  for (let y = EDGE_RADIUS; y < height - EDGE_RADIUS; y += stride) {
    for (let x = EDGE_RADIUS; x < width - EDGE_RADIUS; x += stride) {
      const place = placeAtEdge(map, x, y, step)
      if (place === 'unknown') continue
      count.seen++
      if (place === 'nowhere') continue
      count.edges++
      if (place === 'amid') count.amid++
    }
  }
  return count
}
