import type { Settings } from '../../options.js'
import { percent, type PreflightCheck } from './check.js'
import type { Thumbnail } from './thumbnail.js'

/** How much nearer the top sixth may be than the bottom sixth, as a share of the range, before anything is said; and the bottom than the top, before it is a floor. */
export const LEANING = 0.12

/** How much nearer the bottom sixth of a map is than its top sixth, as a share of the range. Photos stand on a floor: their bottom is near. NaN where nothing is known. */
export function leanOf({ width, height, values }: Thumbnail, range: number): number {
  const sixth = Math.max(1, Math.floor(height / 6))
  return (mean(values.subarray((height - sixth) * width)) - mean(values.subarray(0, sixth * width))) / range
}

/** A guess at whether near and far are swapped. Advice only: a look up at a bridge is no mistake. */
export function checkLayout(lean: number, range: number, settings: Settings): PreflightCheck[] {
  // Metres say themselves what is near.
  if (settings.projection !== 'perspective' || settings.encoding === 'metric' || range <= 0) return []
  if (!(lean < -LEANING)) return []
  return [
    {
      id: 'inverted',
      severity: 'warning',
      value: lean,
      found: `the top of the map is nearer than its bottom, by ${percent(-lean)} of the range`,
      why: 'Scenes mostly stand on a floor that comes toward the camera. If near and far are swapped, the surface is turned inside out.',
      advice: `Look at the map: ${settings.white === 'near' ? 'if things in front are dark, white is far' : 'if things in front are bright, white is near'}.`,
      settings: { white: settings.white === 'near' ? 'far' : 'near' },
    },
  ]
}

/** Mean of what is known; NaN where nothing is. */
function mean(values: Float32Array): number {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (value !== value) continue
    sum += value
    count++
  }
  return sum / count
}
