import type { Variation } from '../variation.js'
import type { DisparityMap } from './convention.js'
import { extentOf } from './range.js'

/** Disparity difference from which neighbours are two surfaces, not one: nothing is mixed across it. The default of `cut`. */
const JUMP = 0.03

/**
 * A variation of a map, as large as the map itself: bent, mirrored, re-framed, weathered. Silhouettes stay as sharp as they were, and what was nothing stays nothing.
 *
 * @param map not changed
 */
export function varyMap(map: DisparityMap, variation: Variation): DisparityMap {
  const { width, height, disparity } = map
  const varied = new Float32Array(disparity.length)
  const from = new Float64Array(2)
  const { lowest, highest } = extentOf(disparity)
  const range = highest - lowest
  for (let y = 0, i = 0; y < height; y++) {
    const v = (y + 0.5) / height
    for (let x = 0; x < width; x++, i++) {
      const u = (x + 0.5) / width
      variation.source(u, v, from)
      const value = sample(map, from[0] * width - 0.5, from[1] * height - 0.5)
      const weathered = value + range * variation.weather(u, v)
      // clamped to what the map spans: bounds and budget of bits stay those of the map; NaN stays NaN
      varied[i] = weathered < lowest ? lowest : weathered > highest ? highest : weathered
    }
  }
  return { ...map, ...variedSpace(map, variation), disparity: varied }
}

/** What a variation makes of the metres of a map. */
export function variedSpace({ near, far, relief }: Pick<DisparityMap, 'near' | 'far' | 'relief'>, variation: Variation): Pick<DisparityMap, 'far' | 'relief'> {
  return { far: near + (far - near) * variation.relief, relief: relief * variation.relief * variation.size }
}

/** Bilinear between neighbours of one surface, else the nearest pixel. */
function sample({ width, height, disparity }: DisparityMap, x: number, y: number): number {
  const cx = Math.min(width - 1, Math.max(0, x))
  const cy = Math.min(height - 1, Math.max(0, y))
  const x0 = Math.min(width - 2, Math.floor(cx))
  const y0 = Math.min(height - 2, Math.floor(cy))
  const at = y0 * width + x0
  const a = disparity[at]
  const b = disparity[at + 1]
  const c = disparity[at + width]
  const d = disparity[at + width + 1]
  const fx = cx - x0
  const fy = cy - y0
  // false for NaN too
  if (!(Math.max(a, b, c, d) - Math.min(a, b, c, d) < JUMP)) return disparity[(fy < 0.5 ? at : at + width) + (fx < 0.5 ? 0 : 1)]
  const top = a + (b - a) * fx
  const bottom = c + (d - c) * fx
  return top + (bottom - top) * fy
}
