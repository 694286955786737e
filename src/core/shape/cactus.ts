import { chanceOf } from './chance.js'
import { eachOnLimb, type Joint } from './limbs.js'
import { mix, smoothstep } from './numbers.js'
import { linear, pick, scale, setColor, tint } from './palette.js'
import type { Design, Relief } from './relief.js'

const SKINS = [
  { ridge: linear('#8fa565'), groove: linear('#4c6a3f') },
  { ridge: linear('#a3a768'), groove: linear('#5f6b3c') },
  { ridge: linear('#86a383'), groove: linear('#43634c') },
]
const SPINE = linear('#efe3c0')
const CORK = linear('#8a7355')
const FLOWERS = [linear('#f4e9ef'), linear('#e8668a'), linear('#f2c14e')]

const SKIN = 0
const FLOWER = 1

/** How far its middle stands before the picture plane, metres. */
const AXIS = 0.05
/** Steps of a bent arm. */
const STEPS = 12

/** A ribbed column with arms that turn upward. */
export function cactus(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const skin = pick(SKINS, random())
  const flower = pick(FLOWERS, random())
  const blooms = random() < 0.6
  const tall = between(2.4, 3.8)
  const thick = between(0.24, 0.33)
  const ribs = 7 + Math.floor(between(0, 4))
  const limbs: Joint[][] = []

  /** Narrow at the foot, full in the middle, round at the tip. */
  const column = (points: readonly (readonly [number, number, number])[], radius: number): void => {
    limbs.push(points.map(([x, y, z], i) => ({ x, y, z, r: radius * (0.82 + 0.2 * Math.sin(Math.PI * Math.min(1, (1.15 * i) / (points.length - 1)))) })))
  }
  const sway = between(-0.12, 0.12)
  column(Array.from({ length: STEPS + 1 }, (_, i) => [sway * Math.sin((1.8 * i) / STEPS), (tall * i) / STEPS, AXIS]), thick)
  const arms = Math.floor(between(0.6, 4.4))
  for (let k = 0; k < arms; k++) {
    const side = k % 2 === 0 ? 1 : -1
    const from = tall * between(0.3, 0.55)
    const out = thick * between(2, 2.9)
    const up = tall * between(0.22, 0.48)
    const toward = between(0, 0.22)
    const radius = thick * between(0.6, 0.75)
    column(
      Array.from({ length: STEPS + 1 }, (_, i) => {
        // A quarter of a circle outward, then straight up.
        const t = i / STEPS
        const bend = Math.min(1, t / 0.45)
        const rise = Math.max(0, (t - 0.45) / 0.55)
        return [side * (0.5 * thick + out * Math.sin((bend * Math.PI) / 2)), from + 0.62 * out * (1 - Math.cos((bend * Math.PI) / 2)) + up * rise, AXIS + toward * bend]
      }),
      radius,
    )
  }

  return {
    across: 4,
    tall: 5,
    sculpt(relief) {
      for (const joints of limbs) {
        eachOnLimb(relief, joints, (i, { across, along, z, radius }) => {
          const tip = smoothstep(joints.length - 1.6, joints.length - 1, along)
          const rib = Math.abs(Math.cos((Math.asin(across) * ribs) / 2 + 0.4))
          relief.put(i, z - 0.22 * radius * (1 - rib) ** 1.4 * (1 - 0.6 * tip) + 0.012 * noise.octaves(3 * across, 2 * along, 3, 3), SKIN, rib)
        })
        const { x, y, z, r } = joints[joints.length - 1]
        if (blooms) crown(relief, x, y + 0.72 * r, z + 0.45 * r, r)
      }
    },
    paint(spot, rgb) {
      const { x, y, tone } = spot
      if (spot.kind === FLOWER) {
        setColor(rgb, flower)
        tint(rgb, FLOWERS[2], smoothstep(0.45, 0.1, tone))
        return
      }
      setColor(rgb, skin.groove)
      tint(rgb, skin.ridge, smoothstep(0.25, 0.95, tone))
      scale(rgb, 0.92 + 0.3 * noise.octaves(3 * x, 3 * y, spot.z, 4))
      // Spines sit on the ribs in rows.
      const row = Math.abs(y * 17 - Math.round(y * 17))
      tint(rgb, SPINE, 0.6 * smoothstep(0.36, 0.2, row) * smoothstep(0.955, 0.99, tone))
      tint(rgb, CORK, 0.7 * smoothstep(0.7, 0.05, y + 0.5 * noise.octaves(4 * x, 4 * y, 2, 3)))
    },
  }

  /** A few flowers on a tip, those in front over those behind. */
  function crown(relief: Relief, x: number, y: number, z: number, r: number): void {
    for (let k = 0; k < 6; k++) {
      const turn = (k - 2.5) / 2.5
      const size = r * mix(0.2, 0.27, noise.tone(k, Math.floor(99 * x) & 255))
      const cx = x + 0.72 * r * turn
      const cy = y - 0.42 * r * turn * turn + 0.16 * r * (k % 2)
      relief.each(cx - size, cy - size, cx + size, cy + size, (px, py, i) => {
        const d = Math.sqrt((px - cx) ** 2 + (py - cy) ** 2)
        const petals = size * (0.86 + 0.14 * Math.cos(9 * Math.atan2(py - cy, px - cx)))
        if (d < petals) relief.put(i, z + r * Math.sqrt(1 - 0.5 * turn * turn) + 0.4 * d, FLOWER, d / petals)
      })
    }
  }
}
