import { mix } from './numbers.js'
import type { Rgb } from './relief.js'

/** A colour as painters write it, `#rrggbb`, in linear light. */
export function linear(hex: string): Rgb {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const level = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4
  })
  return [r, g, b]
}

export function setColor(rgb: Rgb, color: Rgb): void {
  rgb[0] = color[0]
  rgb[1] = color[1]
  rgb[2] = color[2]
}

/** Moves a colour toward another. */
export function tint(rgb: Rgb, color: Rgb, share: number): void {
  rgb[0] = mix(rgb[0], color[0], share)
  rgb[1] = mix(rgb[1], color[1], share)
  rgb[2] = mix(rgb[2], color[2], share)
}

/** Makes a colour lighter or darker. */
export function scale(rgb: Rgb, factor: number): void {
  rgb[0] *= factor
  rgb[1] *= factor
  rgb[2] *= factor
}

/** One of a list. `share` 0..1. */
export const pick = <T>(list: readonly T[], share: number): T => list[Math.min(list.length - 1, Math.floor(share * list.length))]
