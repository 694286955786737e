import { chanceOf } from './chance.js'
import { clamp, smoothstep } from './numbers.js'
import { linear, pick, scale, tint } from './palette.js'
import type { Design } from './relief.js'
import { paintStone, STONES, type Stone } from './stone.js'

const MARBLE: Stone = { light: linear('#dcd6c8'), dark: linear('#b5ac9b'), warm: linear('#c9b592'), moss: linear('#7f8756'), mossy: 0.25 }

/** Metres: height of a drum of the shaft. */
const DRUM = 0.92
/** Half the depth of the plinth, metres: where the column's axis stands before the picture plane. */
const AXIS = 0.12

/** A fluted column on a plinth: whole with its capital, or broken, with what fell off at its foot. */
export function pillar(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const material = pick([MARBLE, STONES.limestone, STONES.sandstone, MARBLE], random())
  const broken = random() < 0.5
  const radius = between(0.36, 0.5)
  const flutes = pick([16, 20, 24], random())
  const shaft = broken ? between(1.9, 3.4) : between(3.4, 4.6)
  const breakTilt = between(-0.7, 0.7)
  const wear = between(0.15, 1)
  const stones = Array.from({ length: broken ? 3 + Math.floor(between(0, 3)) : Math.floor(between(0, 3)) }, (_, i) => ({
    x: (i % 2 === 0 ? 1 : -1) * radius * between(1.5, 2.5),
    size: between(0.14, 0.32),
    z: between(0.2, 0.55),
    turn: between(-0.5, 0.5),
  }))
  const base = 0.42
  const top = base + shaft

  /** Half width at a height, and whether it is round. */
  const profile = (y: number): { half: number; round: boolean; fluted: boolean } => {
    if (y < 0.2) return { half: 1.42 * radius, round: false, fluted: false }
    if (y < base) {
      // Two rings and a hollow between them.
      const t = (y - 0.2) / (base - 0.2)
      const ring = t < 0.5 ? 0.14 * Math.sqrt(clamp(1 - (4 * t - 1) ** 2, 0, 1)) : t > 0.68 ? 0.08 * Math.sqrt(clamp(1 - ((t - 0.84) / 0.16) ** 2, 0, 1)) : 0
      return { half: radius * (1.16 + ring - 0.1 * t), round: true, fluted: false }
    }
    if (y < top) {
      const t = (y - base) / Math.max(shaft, 3.4)
      const edge = smoothstep(0.1, 0, y - base) + (broken ? 0 : smoothstep(0.14, 0, top - y))
      return { half: radius * (1 - 0.16 * t * t + 0.05 * edge), round: true, fluted: edge < 0.5 }
    }
    const t = (y - top) / 0.3
    if (t < 1) return { half: radius * (0.84 + 0.1 * (t < 0.25 ? 1 : 0) + 0.42 * t * t * (3 - 2 * t)), round: true, fluted: false }
    return { half: 1.36 * radius, round: false, fluted: false }
  }
  const end = broken ? top : top + 0.3 + 0.22

  return {
    across: 3.4,
    tall: 6.2,
    sculpt(relief) {
      relief.all((x, y, i) => {
        if (y < 0) return
        if (broken && y > top + breakTilt * x - 0.55 + 0.5 * noise.octaves(2.6 * x, 1, 5, 4)) return
        if (y > end) return
        const chipped = noise.octaves(2.1 * x, 2.1 * y, 3, 5)
        const { half, round, fluted } = profile(y)
        const bite = wear * 0.12 * smoothstep(0.12, 0.4, chipped)
        const reach = half - 0.5 * bite
        if (Math.abs(x) > reach) return
        let z = AXIS + (round ? Math.sqrt(reach * reach - x * x) : reach)
        if (!round) z -= 0.06 * smoothstep(0.05, 0, reach - Math.abs(x))
        if (fluted) {
          const angle = Math.asin(clamp(x / half, -1, 1))
          const flute = Math.abs(Math.sin((angle * flutes) / 2))
          z -= 0.13 * radius * Math.sqrt(1 - flute * flute) ** 1.4 * Math.min(1, 2.4 * Math.cos(angle))
          const drum = (y - base) / DRUM
          z -= 0.03 * smoothstep(0.018, 0, Math.abs(drum - Math.round(drum)) * DRUM) * (Math.round(drum) > 0 ? 1 : 0)
        }
        relief.put(i, z - bite + 0.012 * chipped)
      })
      for (const [which, { x: cx, size, z, turn }] of stones.entries()) {
        relief.each(cx - 2 * size, 0, cx + 2 * size, 2 * size, (x, y, i) => {
          const [c, s] = [Math.cos(turn), Math.sin(turn)]
          const u = ((x - cx) * c + (y - 0.4 * size) * s) / size
          const v = ((y - 0.4 * size) * c - (x - cx) * s) / (0.7 * size)
          const rough = 0.3 * noise.octaves(2 * x, 2 * y, which + 7, 4)
          const k = 1 - (u + rough) ** 4 - (v + rough) ** 4
          if (k > 0) relief.put(i, z + size * k ** 0.35 * (0.8 + 0.4 * rough - 0.3 * u))
        })
      }
    },
    paint(spot, rgb) {
      paintStone(rgb, spot, noise, material, 0.9)
      // Rain runs down the flutes.
      scale(rgb, 1 - 0.22 * smoothstep(0.05, 0.4, noise.octaves(5 * spot.x, 0.35 * spot.y, 3, 3)))
      tint(rgb, material.dark, 0.3 * smoothstep(0.5, 0, spot.open))
    },
  }
}
