import type { LevelError } from '../mesh/error/error.js'

/** What coverages are meant for, pixels. */
const SCREEN_HEIGHT = 1080
/** Screen pixels that a texel may cover before a finer texture shows. */
const TEXEL = 1.5
/** Levels whose successor is good enough at once still take turns. */
const NEXT_COVERAGE = 0.9

/** What of a level decides how large it may be shown. */
export interface ShownLevel {
  error: LevelError
  /** Its colour texture. */
  color: { width: number; height: number } | null
}

/**
 * Share of the screen's height down to which each level is meant to be shown, as in MSFT_lod: as soon as the next coarser one is good enough on a screen of 1080 lines,
 * that is its error below a pixel and its texture not stretched by more than {@link TEXEL}. The coarsest serves all the rest.
 *
 * @param levels fine → coarse
 * @param size of the depth map, pixels
 * @returns falling, 1 … 0
 */
export function screenCoverages(levels: readonly ShownLevel[], size: { width: number; height: number }): number[] {
  const coverages: number[] = []
  let above = 1
  for (const { error, color } of levels.slice(1)) {
    const exact = size.height / Math.max(error.p99.pixels, Number.MIN_VALUE)
    const sharp = color ? TEXEL * color.height : Infinity
    above = Math.min(above, Math.min(exact, sharp) / SCREEN_HEIGHT)
    coverages.push(above)
    above *= NEXT_COVERAGE
  }
  return [...coverages, 0]
}
