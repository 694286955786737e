export const clamp = (value: number, low: number, high: number): number => (value < low ? low : value > high ? high : value)

export const mix = (a: number, b: number, share: number): number => a + (b - a) * share

/** 0 below `from`, 1 above `to`, smooth between. `from` may be the larger. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = clamp((value - from) / (to - from), 0, 1)
  return t * t * (3 - 2 * t)
}

/** The smaller of two, rounded over about `k`. */
export function softMin(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k
  return Math.min(a, b) - h * h * k * 0.25
}

/** The larger of two, rounded over about `k`. */
export const softMax = (a: number, b: number, k: number): number => -softMin(-a, -b, k)
