import { chanceOf } from './chance.js'
import { blockAt } from './masonry.js'
import { clamp, mix, smoothstep, softMin } from './numbers.js'
import { linear, pick, scale, tint } from './palette.js'
import type { Design, Relief } from './relief.js'
import { paintStone, STONES } from './stone.js'
import { layerAt, ledgeAt, type Strata } from './strata.js'

const ROCK = 0
const RUBBLE = 1
const TURF = 2

const STONES_FALLEN = 150

/** Colours of the turf on top, by how dry the country is. */
const TURFS = [linear('#5d7038'), linear('#71753f'), linear('#8a7f52')]

/** A wall of layered rock between two gullies, with rubble at its foot and turf on top. */
export function cliff(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const dry = random()
  const material = pick([STONES.limestone, STONES.granite, STONES.sandstone, STONES.red], dry)
  const turf = pick(TURFS, dry)
  const half = between(4.2, 6.2)
  const high = between(6, 8.6)
  const strata: Strata = { thick: between(0.45, 1.1), relief: between(0.35, 0.65), dip: between(-0.14, 0.14) }
  const fall = between(-0.12, 0.12)
  const blockLong = between(1.3, 2.4)
  const buttress = between(0.28, 0.45)

  return {
    across: 19,
    tall: 14,
    sculpt(relief) {
      relief.all((x, y, i) => {
        if (y < 0) return
        const warp = 0.5 * noise.octaves(0.5 * x, 0.3 * y, 2, 4)
        const ledge = ledgeAt(strata, noise, x, y)
        // Buttresses and gullies run from top to bottom, and change as they go.
        const fold = noise.octaves(buttress * (x + 0.4 * warp), 0.06 * y, 11, 3)
        const crest = high + fall * x + 1.5 * noise.octaves(0.22 * x, 5, 3, 4) + 1.2 * fold
        const side = half + 1.6 * (1 - y / high) + 1.1 * noise.octaves(0.3 * y, 9, x > 0 ? 1 : 8, 4) - Math.abs(x)
        const inside = softMin(side, crest - y, 0.4) + 0.5 * ledge
        const fine = noise.octaves(1.3 * x, 1.3 * y, 6, 5)
        if (inside > 0) {
          const { face, tone } = blockAt({ course: 1, block: blockLong, joint: 0.09 }, noise, x + 0.25 * warp, layerAt(strata, noise, x, y))
          const block = 0.34 * (tone - 0.5) - 0.1 * (1 - face) * smoothstep(0, 0.5, noise.at(0.5 * x, 0.5 * y, 33))
          const cleft = noise.ridges(0.3 * x + 0.12 * warp, 0.045 * y, 51, 2)
          const rim = clamp(inside / 1.1, 0, 1)
          const z = 0.9 + (1.1 + 0.2 * (high - y)) * Math.sqrt(rim * (2 - rim)) + 2.3 * fold - 1.1 * smoothstep(0.5, 0.72, cleft) + ledge + block + 0.3 * fine
          relief.put(i, Math.max(0.12, z), crest - y < 0.22 + 0.3 * fine ? TURF : ROCK)
        }
      })
      layRubble(relief)
    },
    paint(spot, rgb) {
      paintStone(rgb, spot, noise, material, 2.4)
      if (spot.kind === RUBBLE) scale(rgb, 0.72 + 0.4 * spot.tone)
      else {
        const layer = Math.floor(layerAt(strata, noise, spot.x, spot.y))
        scale(rgb, 0.82 + 0.34 * noise.tone(layer, 3))
        tint(rgb, material.warm, 0.35 * noise.tone(layer, 12))
        scale(rgb, 1 - 0.34 * smoothstep(0.08, 0.4, noise.octaves(1.3 * spot.x, 0.1 * spot.y, 14, 3)))
      }
      const grown = spot.kind === TURF ? 0.9 : 0.5 * smoothstep(0.6, 0.95, spot.ny + 0.3 * noise.octaves(spot.x, spot.y, 50, 3))
      if (grown > 0) {
        tint(rgb, turf, grown)
        scale(rgb, 1 + grown * 0.35 * noise.octaves(6 * spot.x, 3 * spot.y, 1, 3))
      }
    },
  }

  /** Blocks that fell, in a heap against the foot: large ones in front. */
  function layRubble(relief: Relief): void {
    for (let k = 0; k < STONES_FALLEN; k++) {
      const back = 1 - k / STONES_FALLEN
      const x = (half + 1.1) * (2 * noise.tone(k, 1, 70) - 1)
      const heap = 1.5 * Math.max(0, 1 - (x / (half + 1.6)) ** 2) * (0.6 + 0.8 * noise.tone(Math.floor(x + 40), 71))
      const size = mix(0.2, 0.62, noise.tone(k, 2, 70) ** 2) * mix(1, 0.7, back)
      const y = heap * back - 0.1
      const z = 1.2 + 2.3 * (1 - back)
      const turn = Math.PI * noise.tone(k, 3, 70)
      const [c, s] = [Math.cos(turn), Math.sin(turn)]
      relief.each(x - 1.5 * size, Math.max(0, y - 1.5 * size), x + 1.5 * size, y + 1.5 * size, (px, py, i) => {
        const rough = 0.22 * noise.octaves(1.6 * px, 1.6 * py, k, 4)
        const u = Math.abs(((px - x) * c + (py - y) * s) / size) + rough
        const v = Math.abs(((py - y) * c - (px - x) * s) / (0.75 * size)) + rough
        // A block whose corners are worn off.
        const flat = Math.max(u, v, 0.72 * (u + v))
        if (flat < 1) relief.put(i, z + size * (0.75 * Math.sqrt(1 - flat) - 0.35 * ((px - x) * s) / size) + 0.1 * rough, RUBBLE, noise.tone(k, 4, 70))
      })
    }
  }
}
