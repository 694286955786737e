import { DepthMeshError } from '../errors.js'

/** Largest picture that is read unless the caller says otherwise, pixels (8192²). */
export const DEFAULT_MAX_PIXELS = 2 ** 26

/** Longest side that is read, pixels: beyond it no GPU takes a texture, and libvips' own limits begin. */
export const MAX_SIDE = 32_768

/**
 * Refuses a picture by the size that its header claims, before anything is allocated for it.
 *
 * @throws DepthMeshError `INPUT_TOO_LARGE`, with the size and the limit.
 */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (width <= MAX_SIDE && height <= MAX_SIDE && width * height <= maxPixels) return
  const tooMany = width * height > maxPixels
  const limit = tooMany ? `at most ${group(maxPixels)} pixels` : `sides of at most ${group(MAX_SIDE)} pixels`
  throw new DepthMeshError('INPUT_TOO_LARGE', `expected ${limit}, found ${group(width)} × ${group(height)}`, {
    hint: tooMany ? 'Scale the map down, or raise "limits.maxPixels" if it really is that large.' : 'Scale the map down, or cut it into several.',
  })
}

/** 67108864 → `67,108,864`, whatever the machine's language. */
export function group(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
