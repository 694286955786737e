import { chanceOf } from './chance.js'
import { clamp, mix, smoothstep } from './numbers.js'
import { linear, pick, scale, setColor, tint } from './palette.js'
import type { Design } from './relief.js'
import { paintStone, STONES } from './stone.js'

/** Facets of a shard: sides of a prism, then those of its point. */
const SIDES = 6

interface Shard {
  /** Foot. */
  x: number
  y: number
  z: number
  /** Its axis, a unit vector. */
  ax: number
  ay: number
  az: number
  length: number
  radius: number
  /** Planes n · p ≤ d, seen from its foot: nx, ny, nz, d. */
  planes: Float64Array
}

const GEMS = [
  { deep: linear('#123f66'), clear: linear('#7fd8ef') },
  { deep: linear('#46206e'), clear: linear('#cf9cf2') },
  { deep: linear('#0e5647'), clear: linear('#86ecc0') },
  { deep: linear('#7a1f3d'), clear: linear('#ff9fae') },
  { deep: linear('#7a4a12'), clear: linear('#ffd27a') },
  { deep: linear('#5b6672'), clear: linear('#eef4f8') },
] as const

const GEM = 1

/** A cluster of six-sided crystals on a stone. */
export function crystal(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const gem = pick(GEMS, random())
  const host = pick([STONES.basalt, STONES.granite, STONES.limestone], random())
  const tallest = between(2.2, 3.1)
  const count = 7 + Math.floor(between(0, 7))
  const shards: Shard[] = []
  for (let i = 0; i < count; i++) {
    const share = i / count
    const side = (i % 2 === 0 ? 1 : -1) * (0.15 + share) * between(0.7, 1.1)
    const length = tallest * (i === 0 ? 1 : mix(0.78, 0.22, share) * between(0.8, 1.15))
    const radius = (i === 0 ? 0.3 : mix(0.26, 0.11, share)) * between(0.85, 1.15)
    shards.push(shard({ x: 0.55 * side, y: 0.1 - 0.1 * share, z: between(0.02, 0.16) + 0.3 * share }, i === 0 ? between(-0.15, 0.15) : 0.62 * side, between(0, 0.2) * share + 0.02, length, radius, random))
  }

  return {
    across: 5,
    tall: 3.6,
    sculpt(relief) {
      relief.all((x, y, i) => {
        if (y < 0) return
        for (const [which, each] of shards.entries()) {
          const front = frontOf(each, x, y)
          if (front !== null) relief.put(i, front.z, GEM, which + front.facet / 16)
        }
        const rough = noise.octaves(1.8 * x, 1.8 * y, 1, 5)
        const k = 1 - (x / 1.3) ** 2 - ((y + 0.12) / (0.55 + 0.25 * noise.at(1.4 * x, 7))) ** 2
        if (k > 0) relief.put(i, 0.85 * Math.sqrt(k) + 0.16 * rough)
      })
    },
    paint(spot, rgb) {
      if (spot.kind !== GEM) {
        paintStone(rgb, spot, noise, host, 0.7)
        return
      }
      const which = Math.floor(spot.tone)
      const facet = Math.round(16 * (spot.tone - which))
      const { x, y, ax, ay, length } = shards[which]
      const along = clamp(((spot.x - x) * ax + (spot.y - y) * ay) / length, 0, 1)
      // Milky at the foot, clear at the point; each facet has a tone of its own, and inclusions run across it.
      const veil = noise.octaves(3 * spot.x, 1.2 * spot.y, 3 * spot.z, 4)
      setColor(rgb, gem.deep)
      tint(rgb, gem.clear, clamp(0.62 * along + 0.3 * (noise.tone(which, facet) - 0.4) + 0.22 * veil, 0, 1))
      tint(rgb, gem.clear, 0.6 * smoothstep(0.2, 0.75, spot.bulge))
      scale(rgb, 0.42 + 0.3 * along)
    },
  }
}

function shard(foot: { x: number; y: number; z: number }, leanX: number, leanZ: number, length: number, radius: number, random: () => number): Shard {
  const norm = Math.sqrt(leanX * leanX + 1 + leanZ * leanZ)
  const [ax, ay, az] = [leanX / norm, 1 / norm, leanZ / norm]
  // Two directions across the axis.
  const flat = Math.sqrt(ax * ax + ay * ay)
  const [ux, uy, uz] = [ay / flat, -ax / flat, 0]
  const [vx, vy, vz] = [ay * uz - az * uy, az * ux - ax * uz, ax * uy - ay * ux]
  const turn = random() * Math.PI
  const planes = new Float64Array(4 * 2 * SIDES)
  for (let i = 0; i < SIDES; i++) {
    const angle = turn + (i * 2 * Math.PI) / SIDES
    const [c, s] = [Math.cos(angle), Math.sin(angle)]
    const [nx, ny, nz] = [c * ux + s * vx, c * uy + s * vy, c * uz + s * vz]
    const out = radius * (0.85 + 0.3 * random())
    // Sides lean in a little; the point's facets are steep, and each has its own height.
    planes.set([nx + 0.05 * ax, ny + 0.05 * ay, nz + 0.05 * az, out + 0.05 * 0.3 * length], 4 * i)
    const steep = 0.75
    planes.set([nx + steep * ax, ny + steep * ay, nz + steep * az, steep * (length * (0.93 + 0.1 * random()))], 4 * (SIDES + i))
  }
  return { ...foot, ax, ay, az, length, radius, planes }
}

/** Where a ray along −Z meets a shard, and which facet. */
function frontOf({ x, y, z, planes }: Shard, px: number, py: number): { z: number; facet: number } | null {
  const dx = px - x
  const dy = py - y
  let front = Infinity
  let back = -Infinity
  let facet = 0
  for (let i = 0; i < planes.length; i += 4) {
    const left = planes[i + 3] - planes[i] * dx - planes[i + 1] * dy
    const nz = planes[i + 2]
    if (nz > 1e-6) {
      if (left / nz < front) {
        front = left / nz
        facet = i / 4
      }
    } else if (nz < -1e-6) back = Math.max(back, left / nz)
    else if (left < 0) return null
  }
  return front >= back && front < 9 ? { z: front + z, facet } : null
}
