import type { DisparityMap } from './convention.js'

/** So many pixels in a row may hang between two surfaces. With 1 three stereo pairs give 26.66 dB from the second camera, with 2 26.70, and 26.59 where none is put down. */
const MOST_HANGING = 2
/** Part of an edge's height within which both of its sides have to be level, and within which a pixel counts as the near one. */
const LEVEL = 0.12

export interface LandOptions {
  /** Jump at which the surface is cut, disparity. */
  cut: number
  /** Whether the map's silhouettes were snapped: then only what lies at the foot of an edge is put down, since all else has been given a side that was looked for. */
  snapped: boolean
}

/**
 * Puts down what hangs in mid-air: pixels at silhouettes whose disparity is that of neither side, as a map has them that was scaled, filtered or drawn with antialiasing (of depth sensors
 * they are known as flying or mixed pixels).
 * The surface is cut on one side of each, now on this, now on that, so that silhouettes become combs as soon as the camera moves, and the hidden layer goes on from where nothing is.
 *
 *     near ───────┐                 near ───────┐
 *                 ╲·  hangs    ▶                │
 *                   └────── far                 └──────── far
 *
 * They go to the far side: {@link dilateNear} then gives the near one a pixel, and that is the one whose colour is mixed. Halfway divided, as a snapped silhouette is, the near side would carry what is behind it:
 * 26.56 dB.
 *
 * @returns the same map where nothing hangs, else a new one
 */
export function landHanging(map: DisparityMap, { cut, snapped }: LandOptions): DisparityMap {
  const { width, height, disparity } = map
  const highest = snapped ? LEVEL : 1 - LEVEL
  let landed: Float32Array | null = null
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const across = footOf(disparity, i, 1, x, width - 1 - x, cut, highest)
      const down = footOf(disparity, i, width, y, height - 1 - y, cut, highest)
      // of two edges that cross here the higher one
      const foot = down < across || across !== across ? down : across
      if (foot !== foot) continue
      landed ??= disparity.slice()
      landed[i] = foot
    }
  }
  return landed === null ? map : { ...map, disparity: landed }
}

/** The disparity of the far side of the edge at which a pixel hangs, along a row (`step` 1) or a column (`step` width); NaN where it does not. `before`, `after`: how many pixels there are. */
function footOf(disparity: Float32Array, i: number, step: number, before: number, after: number, cut: number, highest: number): number {
  const here = disparity[i]
  let foot = NaN
  // Most pixels lie level with those beside them.
  if (before < 2 || after < 2 || !(Math.max(Math.abs(here - disparity[i - step]), Math.abs(here - disparity[i + step])) > cut / (2 * MOST_HANGING))) return foot
  let highestRise = cut
  for (let back = 1; back <= MOST_HANGING; back++) {
    for (let on = 1; on <= MOST_HANGING + 1 - back; on++) {
      if (back >= before || on >= after) continue
      const a = disparity[i - back * step]
      const b = disparity[i + on * step]
      const rise = Math.abs(a - b)
      if (!(rise > highestRise)) continue
      const far = Math.min(a, b)
      // Half the cut: what rises by less is neither cut nor hidden.
      if (!(here - far > cut / 2 && here - far < highest * rise)) continue
      if (Math.abs(a - disparity[i - (back + 1) * step]) > LEVEL * rise || Math.abs(b - disparity[i + (on + 1) * step]) > LEVEL * rise) continue
      highestRise = rise
      foot = far
    }
  }
  return foot
}
