import { seededRandom } from '../random.js'
import { chanceOf } from './chance.js'
import { eachOnLimb, type Joint } from './limbs.js'
import { clamp, mix, smoothstep } from './numbers.js'
import { linear, pick, scale, setColor, tint } from './palette.js'
import type { Design, Relief } from './relief.js'

const BARK = 0
const LEAF = 1

/** Clumps are this much flatter than round, toward the viewer: less is seen of what is stretched between a near one and a far one. */
const FLAT = 0.62

const FOLIAGE = [
  { dark: linear('#304a25'), light: linear('#7f9a4b') },
  { dark: linear('#3a5527'), light: linear('#a0b356') },
  { dark: linear('#2c4a33'), light: linear('#79a06b') },
  { dark: linear('#54582a'), light: linear('#b0a552') },
  { dark: linear('#6f4022'), light: linear('#c4854a') },
]
const BARKS = [linear('#6b5847'), linear('#57493d'), linear('#8a8074')]

/** A round of leaves. Metres. */
interface Clump {
  x: number
  y: number
  z: number
  radius: number
}

/** A broad-leaved tree. */
export function tree(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const foliage = pick(FOLIAGE, random() ** 1.3)
  const bark = pick(BARKS, random())
  const trunk = between(1.3, 2.3)
  const crown = { wide: between(1.5, 2.4), high: between(1.5, 2.3) }
  const lean = between(-0.35, 0.35)
  const thick = between(0.2, 0.3)
  const middle = { x: 1.3 * lean, y: trunk + 0.85 * crown.high, z: 1.5 }

  const clumps: Clump[] = []
  const count = 32 + Math.floor(between(0, 16))
  for (let i = 0; i < count; i++) {
    // On a spiral over the crown's front half, the larger the nearer to its middle.
    const out = 1 - (i + 0.5) / count
    const turn = i * 2.399963 + between(-0.4, 0.4)
    const away = Math.sqrt(1 - out * out) * between(0.78, 1)
    const low = Math.sin(turn) < 0 ? 0.72 : 1
    clumps.push({
      x: middle.x + crown.wide * away * Math.cos(turn),
      y: middle.y + crown.high * low * away * Math.sin(turn),
      z: 0.62 + 0.6 * out + between(-0.2, 0.12),
      radius: mix(0.38, 0.62, out) * between(0.62, 1.3) * Math.min(1, 0.42 * (crown.wide + crown.high)),
    })
  }
  const limbs = branches(clumps, { trunk, lean, thick, between })
  const leaf = between(0.045, 0.065)

  return {
    across: 9,
    tall: 8.5,
    sculpt(relief) {
      for (const limb of limbs) {
        eachOnLimb(relief, limb, (i, { across, along, z, radius }) => {
          const furrow = noise.octaves(5 * Math.asin(across), 0.7 * along, limb[0].x + 9, 4)
          relief.put(i, z + 0.3 * radius * furrow, BARK, furrow)
        })
      }
      for (const [which, clump] of clumps.entries()) growLeaves(relief, clump, leaf, seededRandom(seed + 977 * (which + 1)))
    },
    paint(spot, rgb) {
      const { x, y } = spot
      if (spot.kind === BARK) {
        setColor(rgb, bark)
        scale(rgb, 0.75 + 0.5 * spot.tone + 0.3 * noise.octaves(9 * x, 3 * y, 1, 3))
        return
      }
      const patch = noise.octaves(0.9 * x, 0.9 * y, spot.z, 3)
      const high = smoothstep(middle.y - crown.high, middle.y + crown.high, y)
      setColor(rgb, foliage.dark)
      tint(rgb, foliage.light, clamp(0.04 + 0.42 * spot.tone + 0.35 * patch + 0.3 * high + 0.2 * spot.bulge, 0, 1))
      scale(rgb, 0.6 + 0.45 * spot.open)
    },
  }
}

/** A trunk that bends and forks toward the clumps. */
function branches(clumps: readonly Clump[], { trunk, lean, thick, between }: { trunk: number; lean: number; thick: number; between: (low: number, high: number) => number }): Joint[][] {
  const limbs: Joint[][] = []
  const path = (x0: number, y0: number, z0: number, r0: number, x1: number, y1: number, z1: number, r1: number, bend: number): void => {
    const steps = 5
    const joint = (t: number): Joint => ({ x: mix(x0, x1, t) + bend * Math.sin(Math.PI * t), y: mix(y0, y1, t), z: mix(z0, z1, t), r: mix(r0, r1, t) })
    limbs.push(Array.from({ length: steps + 1 }, (_, i) => joint(i / steps)))
  }
  const fork = { x: lean, y: trunk }
  path(0, 0, 0.75, 1.25 * thick, fork.x, fork.y, 0.85, 0.8 * thick, between(-0.12, 0.12))
  // Roots spread at the foot.
  for (const side of [-1, 1, 0.3]) limbs.push([
    { x: 0.35 * thick * side, y: 0.34, z: 0.75, r: 0.75 * thick },
    { x: 0.9 * thick * side, y: 0.1, z: 0.8, r: 0.6 * thick },
    { x: 2.1 * thick * side, y: -0.08, z: 0.8 + 0.3 * (1 - Math.abs(side)), r: 0.25 * thick },
  ])
  for (const [i, clump] of clumps.entries()) {
    if (i % 3 !== 0) continue
    path(fork.x, fork.y - between(0, 0.25) * trunk, 0.85, 0.6 * thick, clump.x, clump.y - 0.2 * clump.radius, Math.min(clump.z, 1.2), 0.12 * thick, between(-0.2, 0.2))
  }
  return limbs
}

/** Leaves all over the front of a clump, laid like scales: each a few centimetres before the next. */
function growLeaves(relief: Relief, { x: cx, y: cy, z: cz, radius }: Clump, leaf: number, random: () => number): void {
  // What is seen between the leaves: the shade inside.
  relief.each(cx - radius, cy - radius, cx + radius, cy + radius, (px, py, i) => {
    const d2 = (px - cx) ** 2 + ((py - cy) / 0.86) ** 2
    if (d2 < (0.93 * radius) ** 2) relief.put(i, cz + FLAT * Math.sqrt(radius * radius - d2) - 0.7 * leaf, LEAF, 0)
  })
  const shade = random()
  const count = Math.ceil(4.2 * (radius / leaf) ** 2)
  for (let k = 0; k < count; k++) {
    const turn = random() * 2 * Math.PI
    const away = radius * (1 + 0.16 * Math.sin(3 * turn + cx * 7)) * Math.sqrt(random())
    const x = cx + away * Math.cos(turn)
    const y = cy + 0.86 * away * Math.sin(turn)
    const long = leaf * (0.8 + 0.7 * random())
    const wide = 0.55 * long
    const angle = turn + (random() - 0.5) * 2.2
    const [c, s] = [Math.cos(angle), Math.sin(angle)]
    const lift = 0.7 * leaf * random()
    const tone = 0.75 * random() + 0.25 * shade
    relief.each(x - long, y - long, x + long, y + long, (px, py, i) => {
      const u = ((px - x) * c + (py - y) * s) / long
      const v = ((py - y) * c - (px - x) * s) / wide
      // Pointed at both ends.
      if (u * u + Math.abs(v) > 1) return
      const dx = px - cx
      const dy = (py - cy) / 0.86
      const d2 = dx * dx + dy * dy
      const round = d2 < radius * radius ? Math.sqrt(radius * radius - d2) : -0.8 * (Math.sqrt(d2) - radius)
      relief.put(i, cz + FLAT * round + lift - 0.3 * leaf * Math.abs(v), LEAF, tone)
    })
  }
}
