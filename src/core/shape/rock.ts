import { chanceOf } from './chance.js'
import { clamp, smoothstep, softMax, softMin } from './numbers.js'
import { pick } from './palette.js'
import type { Design } from './relief.js'
import { paintStone, STONES } from './stone.js'

/** A plane that cuts a boulder: what lies beyond it is gone. Its normal always looks at the viewer a little. */
interface Cut {
  nx: number
  ny: number
  nz: number
  /** From the boulder's middle, metres. */
  away: number
}

interface Boulder {
  x: number
  y: number
  /** How far its middle stands before the picture plane, metres. */
  z: number
  size: number
  cuts: Cut[]
}

/** Cuts of a large boulder, and of a stone beside it. */
const CUTS = 26
const CUTS_SMALL = 15
/** Roundness of the edges between cuts, share of the size. */
const ROUND = 0.075

/** A boulder, split and worn, often with smaller ones at its foot. */
export function rock(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const material = pick([STONES.granite, STONES.limestone, STONES.basalt, STONES.sandstone, STONES.granite], random())
  const wide = between(0.85, 1.5)
  const high = between(0.72, 1.3)
  const boulder = (x: number, z: number, size: number, flat: number, count: number): Boulder => {
    const cuts: Cut[] = []
    for (let i = 0; i < count; i++) {
      // Spread evenly over the half sphere, then shaken.
      const out = clamp((i + 0.5) / count + between(-0.12, 0.12), 0.1, 0.98)
      const turn = i * 2.399963 + between(-0.5, 0.5)
      const side = Math.sqrt(1 - out * out)
      const nx = side * Math.cos(turn)
      const ny = side * Math.sin(turn)
      const reach = Math.sqrt((nx * wide) ** 2 + (ny * high * flat) ** 2 + (0.8 * out) ** 2)
      cuts.push({ nx, ny, nz: out, away: size * reach * between(0.8, 1.05) })
    }
    return { x, y: 0.62 * size * high * flat, z, size, cuts }
  }
  const boulders = [boulder(0, 0, 1, 1, CUTS)]
  const companions = Math.floor(between(0, 4.2))
  for (let i = 0; i < companions; i++) {
    const size = between(0.2, 0.5)
    const side = i % 2 === 0 ? -1 : 1
    boulders.push(boulder(side * wide * between(0.55, 1.15), between(0.15, 0.55), size, between(0.6, 0.95), CUTS_SMALL))
  }
  const strata = random() < 0.45 ? between(0.16, 0.3) : 0
  const lean = between(-0.35, 0.35)

  return {
    across: 5.2,
    tall: 3.2,
    sculpt(relief) {
      relief.all((px, py, i) => {
        // Bent a little, so that no cut is a ruled plane.
        const x = px + 0.07 * noise.octaves(px * 1.3, py * 1.3, 3, 3)
        const y = py + 0.07 * noise.octaves(px * 1.3, py * 1.3, 9, 3)
        if (y < 0) return
        let z = -Infinity
        for (const { x: cx, y: cy, z: cz, size, cuts } of boulders) {
          const dx = x - cx
          const dy = y - cy
          if (dx * dx + dy * dy > 4 * size * size) continue
          let front = Infinity
          for (const { nx, ny, nz, away } of cuts) front = softMin(front === Infinity ? 9 : front, (away - nx * dx - ny * dy) / nz, ROUND * size)
          z = z === -Infinity ? front + cz : softMax(z, front + cz, 0.02)
        }
        if (z < -0.5) return
        const rough = 0.07 * noise.octaves(x * 2.2, y * 2.2, z * 2.2, 5) - 0.035 * noise.ridges(x * 1.6, y * 1.6, z * 1.6, 3)
        // Cracks run where two cells of warped ground meet; some are open, most are hairlines.
        const warp = 0.25 * noise.at(x * 1.7, y * 1.7, 5)
        const { border } = noise.cell(x * 0.9 + warp, y * 0.9 - warp)
        const crack = 0.05 * smoothstep(0.04, 0, border) * smoothstep(-0.1, 0.5, noise.at(x * 0.8, y * 0.8, 17))
        const along = strata > 0 ? (y + lean * x + 0.06 * noise.at(x, y, 2)) / strata : 0
        const ledge = strata > 0 ? 0.05 * (smoothstep(0, 0.25, along - Math.floor(along)) - 0.5) * noise.tone(Math.floor(along), 5) : 0
        relief.put(i, z + rough - crack + ledge)
      })
    },
    paint(spot, rgb) {
      paintStone(rgb, spot, noise, material, 0.8)
    },
  }
}
