import { mix, smoothstep } from './numbers.js'
import type { Noise } from './noise.js'

/** Rock in layers, each of which stands out or falls back. */
export interface Strata {
  /** Metres a layer. */
  thick: number
  /** How far layers stand out, metres. */
  relief: number
  /** Rise of the layers to the right, metres a metre. */
  dip: number
}

/** Number of the layer at a point, with a fraction; bent a little, so that no line is straight. */
export function layerAt({ thick, dip }: Strata, noise: Noise, x: number, y: number): number {
  const up = (y - dip * x) / thick
  // Thick layers and thin ones: the second term never falls faster than the first rises.
  return up + 0.9 * noise.at(up / 3.1, 41) + 0.9 * noise.octaves(x / (7 * thick), y / (9 * thick), 31, 3)
}

/** How far the layer at a point stands out, metres, about ±half of `relief`: a shelf above, undercut below. */
export function ledgeAt(strata: Strata, noise: Noise, x: number, y: number): number {
  const at = layerAt(strata, noise, x, y)
  const k = Math.floor(at)
  const t = at - k
  return strata.relief * (mix(noise.tone(k - 1, 7), noise.tone(k, 7), smoothstep(0, 0.16, t)) - 0.5 - 0.25 * (1 - t) ** 3)
}
