import { scatter, seededRandom } from '../random.js'
import { Noise } from './noise.js'
import { mix } from './numbers.js'

/** All that a shape's seed decides. */
export interface Chance {
  /** The next number, 0..1. */
  random(): number
  /** The next number, between two. */
  between(low: number, high: number): number
  noise: Noise
}

/** The same for the same seed, as long as the same is asked for in the same order. */
export function chanceOf(seed: number): Chance {
  const random = seededRandom(scatter(seed))
  return { random, between: (low, high) => mix(low, high, random()), noise: new Noise(seed) }
}
