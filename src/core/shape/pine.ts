import { seededRandom } from '../random.js'
import { chanceOf } from './chance.js'
import { eachOnLimb } from './limbs.js'
import { clamp, mix, smoothstep } from './numbers.js'
import { linear, pick, scale, setColor, tint } from './palette.js'
import type { Design, Relief } from './relief.js'

const BARK = 0
const NEEDLES = 1

const GREENS = [
  { dark: linear('#2a4636'), light: linear('#5f8a60') },
  { dark: linear('#2c4a40'), light: linear('#6b957a') },
  { dark: linear('#37492e'), light: linear('#7f9155') },
]
const BARK_COLOR = linear('#5c4638')
const SNOW = linear('#f0f4fa')

/** A bough: from the trunk outward, drooping. Metres. */
interface Bough {
  y: number
  /** Around the trunk, radians; π/2 points at the viewer. */
  turn: number
  length: number
  droop: number
}

/** A conifer: whorls of drooping boughs, shorter toward the tip. */
export function pine(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const green = pick(GREENS, random())
  const snowy = random() < 0.3
  const tall = between(5.6, 8.4)
  const wide = tall * between(0.2, 0.3)
  const bare = between(0.5, 1.1)
  const thick = between(0.13, 0.19)
  const gap = between(0.34, 0.46)
  const droop = between(0.25, 0.6)
  const full = between(0.75, 1.05)

  const boughs: Bough[] = []
  for (let y = bare, whorl = 0; y < tall - 0.25; y += gap * mix(1, 0.55, y / tall), whorl++) {
    const share = (y - bare) / (tall - bare)
    const reach = wide * (1 - share) ** full * smoothstep(-0.12, 0.1, share) + 0.1
    const around = Math.round(mix(11, 6, share))
    for (let k = 0; k < around; k++) {
      // Only the front half is ever seen.
      const turn = (Math.PI * (k + 0.5)) / around + 0.37 * (whorl % 2) * (Math.PI / around) + between(-0.12, 0.12)
      boughs.push({ y: y + between(-0.12, 0.12), turn, length: reach * between(0.74, 1.12), droop: droop * between(0.7, 1.3) * mix(1, 0.3, share) })
    }
  }
  const needle = 0.2

  return {
    across: 6,
    tall: 9.5,
    sculpt(relief) {
      const trunk = [{ x: 0, y: -0.05, z: 0.5, r: 1.3 * thick }, { x: 0, y: tall, z: 0.5, r: 0.02 }]
      eachOnLimb(relief, trunk, (i, { across, along, z, radius }) => {
        const scales = noise.octaves(5 * across, 4 * along * tall, 3, 4)
        relief.put(i, z + 0.25 * radius * scales, BARK, scales)
      })
      // What is seen between the boughs: the shade inside.
      relief.each(-wide, bare, wide, tall, (x, y, i) => {
        const share = (y - bare) / (tall - bare)
        const reach = 0.8 * wide * (1 - share) ** full * smoothstep(-0.05, 0.1, share) + 0.12 * noise.octaves(3 * x, 4 * y, 5, 4)
        if (Math.abs(x) < reach) relief.put(i, 0.5 + 0.58 * Math.sqrt(reach * reach - x * x), NEEDLES, 0.06 + 0.12 * noise.octaves(9 * x, 9 * y, 3, 3))
      })
      for (const [which, bough] of boughs.entries()) growNeedles(relief, bough, needle, seededRandom(seed + 7919 * (which + 1)))
    },
    paint(spot, rgb) {
      const { x, y } = spot
      if (spot.kind === BARK) {
        setColor(rgb, BARK_COLOR)
        scale(rgb, 0.8 + 0.7 * spot.tone)
        return
      }
      setColor(rgb, green.dark)
      tint(rgb, green.light, clamp(0.75 * spot.tone + 0.25 * noise.octaves(2 * x, 2 * y, 1, 2) + 0.15 * spot.bulge - 0.05, 0, 1))
      scale(rgb, 0.6 + 0.55 * spot.open)
      if (snowy) tint(rgb, SNOW, 0.95 * smoothstep(0.2, 0.5, spot.tone * 0.5 + 0.35 * spot.ny + 0.3 * spot.open + 0.3 * noise.octaves(1.2 * x, 1.2 * y, 8, 3) - 0.2))
    },
  }
}

/** Sprays of needles along a bough, hanging a little. */
function growNeedles(relief: Relief, { y, turn, length, droop }: Bough, needle: number, random: () => number): void {
  const [toSide, toFront] = [Math.cos(turn), Math.sin(turn)]
  const sprays = Math.ceil(16 * length) + 4
  for (let k = 0; k < sprays; k++) {
    const t = (k + 0.3) / sprays
    const out = length * t
    const bx = toSide * out
    const bz = 0.5 + 0.62 * toFront * out
    // Down first, and up again at the tip, as boughs do.
    const by = y - droop * length * t * (1.25 - 0.55 * t)
    const spread = mix(0.3, 0.13, t) * (0.55 + 0.45 * length)
    for (let n = 0; n < 9; n++) {
      const long = needle * (0.7 + 0.6 * random())
      const angle = Math.atan2(-0.75 - random(), toSide * 1.1 + 1.5 * (random() - 0.5))
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      const x = bx + (random() - 0.5) * spread
      const top = by + (random() - 0.35) * 0.1
      const z = bz + 0.03 * random()
      const tone = clamp(0.25 + 0.55 * t + 0.4 * (random() - 0.5), 0, 1)
      const wide = 0.024
      relief.each(Math.min(x, x + c * long) - wide, top + s * long - wide, Math.max(x, x + c * long) + wide, top + wide, (px, py, i) => {
        const along = (px - x) * c + (py - top) * s
        if (along < 0 || along > long) return
        const side = Math.abs((py - top) * c - (px - x) * s)
        if (side > wide * (1.15 - along / long)) return
        relief.put(i, z - 0.1 * along, NEEDLES, tone * (1 - (0.45 * along) / long))
      })
    }
  }
}
