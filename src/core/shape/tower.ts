import { chanceOf } from './chance.js'
import { blockAt, type Masonry } from './masonry.js'
import { clamp, mix, smoothstep } from './numbers.js'
import { linear, pick, scale, setColor, tint } from './palette.js'
import type { Design } from './relief.js'
import { paintStone, STONES } from './stone.js'

const WALL = 0
const ROOF = 1
const WOOD = 2
const VOID = 3

const ROOFS = [linear('#8a4a38'), linear('#4d5a68'), linear('#6f5a45'), linear('#55684f')]
const OAK = linear('#5f4630')

/** A round tower of masonry: a door, slits, and a roof or battlements. */
export function tower(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const material = pick([STONES.limestone, STONES.granite, STONES.sandstone, STONES.granite], random())
  const roofColor = pick(ROOFS, random())
  const roofed = random() < 0.6
  const radius = between(1.5, 2)
  const high = between(6.2, 9.5)
  const flare = between(0.08, 0.2)
  const crown = radius * between(1.12, 1.22)
  const crownHigh = between(1.1, 1.5)
  const roofHigh = between(2.4, 4.2)
  const merlons = 2 * (6 + Math.floor(between(0, 3)))
  const masonry: Masonry = { course: between(0.3, 0.4), block: between(0.55, 0.8), joint: 0.045 }
  const slits = Array.from({ length: 2 + Math.floor(between(0, 2)) }, (_, i) => ({ angle: between(-0.55, 0.55), y: high * (0.42 + 0.2 * i) }))
  const door = { angle: between(-0.3, 0.3), half: 0.48, high: 1.35 }
  const top = high + crownHigh

  return {
    across: 6.5,
    tall: 16,
    sculpt(relief) {
      const half = (y: number): number => {
        if (y < high) return radius * (1 + flare * (1 - y / high) ** 2.5)
        // Corbels carry the crown.
        return mix(radius, crown, smoothstep(-0.35, 0.05, y - high))
      }
      relief.all((x, y, i) => {
        if (y < 0) return
        const r = y < high - 0.45 ? half(y) : mix(half(Math.min(y, high - 0.45)), crown, smoothstep(high - 0.45, high, y))
        if (y < top) {
          if (Math.abs(x) > r) return
          const angle = Math.asin(x / r)
          const inCrown = y > high
          if (!roofed && y > top - 0.55 && Math.cos(angle * (merlons / 2)) < 0) return
          let z = Math.sqrt(r * r - x * x)
          const { face, tone } = blockAt(masonry, noise, angle * radius, y)
          z += -0.05 * (1 - face) + 0.07 * (tone - 0.5) + 0.03 * noise.octaves(3 * x, 3 * y, 2, 4)
          // Arched shadows between the corbels.
          if (y > high - 0.45 && y < high) {
            const gap = Math.cos(angle * merlons)
            const arch = (y - (high - 0.45)) / 0.45
            if (gap < 0.35 - 0.7 * arch * arch) z = Math.sqrt(Math.max(0, radius * radius - x * x))
          }
          let kind = WALL
          for (const slit of slits) {
            const u = (angle - slit.angle) * radius
            const v = y - slit.y
            if (Math.abs(v) > 0.75 || Math.abs(u) > 0.34) continue
            if (Math.abs(u) < 0.1 && Math.abs(v) < 0.52) {
              z -= 0.3
              kind = VOID
            } else if (Math.abs(u) < 0.24 && Math.abs(v) < 0.68) z += 0.06 - 0.03 * noise.tone(Math.floor((v + 9) / 0.28))
          }
          const u = (angle - door.angle) * radius
          const arched = Math.sqrt(u * u + Math.max(0, y - door.high) ** 2)
          if (y < door.high ? Math.abs(u) < door.half : arched < door.half) {
            z -= 0.2
            kind = WOOD
            const plank = u / 0.2
            z -= 0.03 * smoothstep(0.1, 0, Math.abs(plank - Math.round(plank)))
          } else if (y < door.high ? Math.abs(u) < door.half + 0.2 : arched < door.half + 0.2) {
            const around = y < door.high ? y / 0.34 : (Math.atan2(y - door.high, u) * door.half) / 0.17
            z += 0.07 - 0.06 * smoothstep(0.12, 0, Math.abs(around - Math.round(around)))
          }
          if (inCrown && roofed) {
            // A row of openings under the roof.
            const bay = Math.abs(((angle * merlons) / (2 * Math.PI)) % 1)
            const gap = Math.min(bay, 1 - bay)
            const v = (y - high - 0.3) / (crownHigh - 0.45)
            if (v > 0 && v < 1 && gap < 0.22 && v < 1 - 6 * gap * gap) {
              z -= 0.3
              kind = VOID
            }
          }
          relief.put(i, Math.max(0.02, z), kind, tone)
        }
        if (roofed && y > top - 0.12) {
          const t = (y - top + 0.12) / roofHigh
          if (t > 1) return
          // Bell-cast eaves.
          const rr = crown * 1.16 * ((1 - t) ** 1.15 * 0.92 + 0.08 * (1 - t) ** 6)
          if (Math.abs(x) > rr) return
          const angle = Math.asin(x / rr)
          const row = Math.floor(t * 22)
          const inRow = t * 22 - row
          const tile = angle * 9 + 0.5 * (row % 2)
          const slot = Math.abs(tile - Math.round(tile))
          const shade = noise.tone(Math.round(tile) + 40, row, 5)
          relief.put(i, Math.max(0.02, Math.sqrt(rr * rr - x * x) + 0.06 * (1 - inRow) - 0.05 * smoothstep(0.4, 0.5, slot)), ROOF, shade)
        }
      })
    },
    paint(spot, rgb) {
      const { x, y, kind, tone } = spot
      if (kind === VOID) {
        setColor(rgb, [0.012, 0.012, 0.016])
        return
      }
      if (kind === WOOD) {
        setColor(rgb, OAK)
        scale(rgb, 0.85 + 0.5 * noise.octaves(12 * x, 0.8 * y, 3, 4))
        return
      }
      if (kind === ROOF) {
        setColor(rgb, roofColor)
        scale(rgb, 0.7 + 0.5 * tone + 0.25 * noise.octaves(1.2 * x, 1.2 * y, 4, 3))
        tint(rgb, material.moss, 0.35 * smoothstep(0.1, 0.5, noise.octaves(0.8 * x, 0.8 * y, 21, 4)))
        return
      }
      paintStone(rgb, spot, noise, material, 1.5)
      scale(rgb, 0.76 + 0.46 * tone)
      tint(rgb, material.warm, 0.3 * clamp(2 * tone - 1.2, 0, 1))
      scale(rgb, 1 - 0.25 * smoothstep(0.1, 0.5, noise.octaves(1.1 * x, 0.12 * y, 9, 3)))
    },
  }
}
