import { clamp, smoothstep } from './numbers.js'
import type { Noise } from './noise.js'
import { linear, scale, setColor, tint } from './palette.js'
import type { Rgb, Spot } from './relief.js'

/** Colours of one kind of stone. */
export interface Stone {
  light: Rgb
  dark: Rgb
  /** Of veins and patches. */
  warm: Rgb
  /** What grows on it, and how willingly, 0..1. */
  moss: Rgb
  mossy: number
}

const stone = (light: string, dark: string, warm: string, moss: string, mossy: number): Stone => ({ light: linear(light), dark: linear(dark), warm: linear(warm), moss: linear(moss), mossy })

export const STONES = {
  granite: stone('#a9a49c', '#6d6a68', '#a08c78', '#6f7a3f', 0.6),
  limestone: stone('#c6bfae', '#8d8778', '#b09d7e', '#788052', 0.4),
  basalt: stone('#6d6f74', '#3f4148', '#6b5d55', '#5c6d3c', 0.8),
  sandstone: stone('#c4a27e', '#8b6a50', '#cba679', '#83805a', 0.2),
  red: stone('#ad7660', '#744c42', '#bd9078', '#85794d', 0.08),
} as const

/** Dust and earth at the foot of what stands on the ground. */
const EARTH = linear('#6f5a45')
const LICHEN = linear('#b9b48e')

/**
 * The colour of weathered stone: patches, worn edges, dark cracks, lichen, moss on what faces up, earth at its foot.
 *
 * @param size metres of the patches; grain, lichen and moss follow it
 */
export function paintStone(rgb: Rgb, { x, y, z, ny, bulge, open }: Spot, noise: Noise, of: Stone, size: number): void {
  const patch = noise.octaves(x / size, y / size, z / size, 4)
  const grain = noise.octaves((9 * x) / size, (9 * y) / size, (9 * z) / size, 3)
  setColor(rgb, of.dark)
  tint(rgb, of.light, clamp(0.55 + 0.75 * patch + 0.2 * grain, 0, 1))
  tint(rgb, of.warm, 0.65 * smoothstep(0.05, 0.5, noise.octaves(x / size + 40, (1.7 * y) / size, z / size, 3)))
  // Wear: edges are pale, cracks hold dirt.
  scale(rgb, 1 + 0.16 * grain)
  tint(rgb, of.light, 0.5 * smoothstep(0.12, 0.7, bulge))
  scale(rgb, 1 - 0.5 * smoothstep(-0.08, -0.8, bulge))
  const lichen = smoothstep(0.34, 0.46, noise.octaves((3.4 * x) / size + 9, (3.4 * y) / size, (3.4 * z) / size, 4) + 0.16 * open - 0.08)
  tint(rgb, LICHEN, 0.34 * lichen * of.mossy)
  const moss = smoothstep(0.3, 0.8, ny + 0.55 * patch + 0.25 * grain) * of.mossy
  tint(rgb, of.moss, 0.85 * moss)
  tint(rgb, EARTH, 0.5 * smoothstep(0.35 * size, 0, y + 0.2 * size * grain))
}
