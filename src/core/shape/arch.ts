import { chanceOf } from './chance.js'
import { clamp, smoothstep, softMin } from './numbers.js'
import { pick, scale, tint } from './palette.js'
import type { Design } from './relief.js'
import { paintStone, STONES } from './stone.js'
import { layerAt, ledgeAt, type Strata } from './strata.js'

/** How deep the mass goes in from its outline before it is flat, metres. */
const ROUND = 1.15

/** A natural arch: a fin of layered rock with a hole in it. */
export function arch(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const material = pick([STONES.red, STONES.sandstone, STONES.limestone, STONES.red], random())
  const wide = between(2.1, 3)
  const high = between(2.7, 3.6)
  const holeX = between(-0.35, 0.35)
  const holeWide = wide * between(0.42, 0.55)
  const holeHigh = high * between(0.52, 0.66)
  const strata: Strata = { thick: between(0.24, 0.4), relief: between(0.2, 0.34), dip: between(-0.16, 0.16) }
  const tilt = between(-0.14, 0.14)

  return {
    across: 9,
    tall: 5.2,
    sculpt(relief) {
      relief.all((x, y, i) => {
        if (y < 0) return
        const bent = 0.3 * noise.octaves(0.8 * x, 0.8 * y, 4, 4)
        const ledge = ledgeAt(strata, noise, x, y)
        // Inside distances: to the sides, which widen at the foot, to the top, to the hole.
        const share = y / high
        const side = wide * (1 + 0.42 * (1 - share) ** 3 - 0.12 * share) - Math.abs(x - 0.2 * tilt * y) + bent
        const top = high + tilt * x + 0.35 * noise.octaves(0.55 * x, 2, 8, 4) - 0.055 * x * x - y
        const hx = (x - holeX) / holeWide
        const hy = y / holeHigh
        const hole = (Math.sqrt(hx * hx + hy * hy) - 1) * Math.min(holeWide, holeHigh) + 0.6 * bent
        const inside = softMin(softMin(side, top, 0.5), hole, 0.3) + 0.45 * ledge
        if (inside < 0) return
        const t = clamp(inside / ROUND, 0, 1)
        const fine = noise.octaves(2.4 * x, 2.4 * y, 6, 5)
        const joint = noise.cell(0.8 * x + 0.06 * fine + 0.2 * noise.at(0.9 * y, 3), 0.3 * y)
        relief.put(i, 0.12 + 1.25 * Math.sqrt(t * (2 - t)) + 0.3 * bent + ledge * smoothstep(0, 0.25, t) + 0.07 * fine - 0.06 * smoothstep(0.04, 0, joint.border) * smoothstep(0, 0.5, noise.at(x, 0.5 * y, 21)))
      })
    },
    paint(spot, rgb) {
      paintStone(rgb, spot, noise, material, 1.2)
      const layer = Math.floor(layerAt(strata, noise, spot.x, spot.y))
      scale(rgb, 0.82 + 0.36 * noise.tone(layer, 3))
      tint(rgb, material.warm, 0.4 * noise.tone(layer, 12))
      // Water leaves dark streaks.
      scale(rgb, 1 - 0.3 * smoothstep(0.1, 0.45, noise.octaves(2.2 * spot.x, 0.18 * spot.y, 14, 3)))
    },
  }
}
