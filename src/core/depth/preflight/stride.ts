/** At most about this many pixels are looked at, on an even grid: shares of them then have a standard error under 0.1 %. */
const SAMPLES = 2 ** 18

/** Every how many pixels, in both directions, a map is looked at. */
export function strideOf({ width, height }: { width: number; height: number }): number {
  return Math.max(1, Math.ceil(Math.sqrt((width * height) / SAMPLES)))
}
