import { chanceOf } from './chance.js'
import { blockAt, type Masonry } from './masonry.js'
import { mix, smoothstep } from './numbers.js'
import { linear, pick, scale, setColor, tint } from './palette.js'
import type { Design, Relief } from './relief.js'

const WALL = 0
const TRIM = 1
const GLASS = 2
const WOOD = 3
const ROOF = 4
const SHUTTER = 5
const LEAF = 6

const PLASTERS = [linear('#d8c7a6'), linear('#c99f7b'), linear('#b9c0b2'), linear('#d3b08f'), linear('#c9c2b4')]
const BRICKS = [linear('#9a5a45'), linear('#a8694c'), linear('#84503f')]
const TRIMS = [linear('#ddd3bf'), linear('#b7ab97'), linear('#efe9dc')]
const SHUTTERS = [linear('#3f5f58'), linear('#41546f'), linear('#7a3a34'), linear('#5a5f3d')]
const ROOFS = [linear('#7d4a3a'), linear('#565d66'), linear('#94583f')]
const DOOR = linear('#4a3526')
const SKY_IN_GLASS = linear('#9fb4c4')
const GREEN = linear('#5f7d3c')
const BLOOMS = [linear('#d2485a'), linear('#e6b04a'), linear('#d98fb5')]

/** Depth of the house, metres: its front stands this far before the picture plane. */
const DEEP = 1.7

/** The front of a town house: a door, windows with shutters or frames, a cornice, a roof. */
export function building(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const brick = random() < 0.42
  const wall = brick ? pick(BRICKS, random()) : pick(PLASTERS, random())
  const trim = pick(TRIMS, random())
  const shutter = pick(SHUTTERS, random())
  const roof = pick(ROOFS, random())
  const bloom = pick(BLOOMS, random())
  const shuttered = random() < 0.55
  const gabled = random() < 0.5
  const storeys = 2 + Math.floor(between(0, 2.6))
  const bays = 2 + Math.floor(between(0, 2.99))
  const bay = between(1.45, 1.75)
  const storey = between(2.5, 2.8)
  const ground = between(2.9, 3.2)
  const half = (bays * bay) / 2 + 0.35
  const eaves = ground + (storeys - 1) * storey + 0.35
  const roofHigh = gabled ? half * between(0.75, 1.05) : between(1.3, 1.9)
  const doorBay = Math.floor(between(0, bays))
  const arched = random() < 0.4
  const boxes = random() < 0.5
  const chimney = { x: (random() < 0.5 ? -1 : 1) * half * between(0.35, 0.6), half: 0.32 }
  const bricks: Masonry = { course: 0.12, block: 0.34, joint: 0.018 }
  const quoins: Masonry = { course: 0.4, block: 0.8, joint: 0.03 }

  const bayX = (k: number): number => -half + 0.35 + (k + 0.5) * bay

  return {
    across: 11,
    tall: 17,
    sculpt(relief) {
      // (1) What stands behind: chimney, roof.
      layChimney(relief)
      layRoof(relief)
      // (2) The wall, with corner stones.
      relief.each(-half, 0, half, eaves + roofHigh, (x, y, i) => {
        if (y > eaves && !(gabled && Math.abs(x) < half * (1 - (y - eaves) / roofHigh) - 0.18)) return
        const corner = half - Math.abs(x) < (Math.floor(y / 0.4) % 2 === 0 ? 0.5 : 0.34)
        if (corner && y < eaves) {
          const { face, tone } = blockAt(quoins, noise, 4, y)
          relief.set(i, DEEP + 0.06 * face, TRIM, tone)
        } else if (brick) {
          const { face, tone } = blockAt(bricks, noise, x, y)
          relief.set(i, DEEP - 0.018 * (1 - face) + 0.008 * tone, WALL, face * (0.4 + 0.6 * tone))
        } else relief.set(i, DEEP + 0.025 * noise.octaves(0.9 * x, 0.9 * y, 4, 4), WALL, 1)
      })
      // (3) A plinth, a string course above the ground floor, a cornice under the eaves.
      band(relief, 0, 0.45, 0.1, half + 0.06)
      band(relief, ground - 0.12, ground + 0.08, 0.12, half + 0.04)
      if (!gabled) {
        band(relief, eaves - 0.34, eaves - 0.1, 0.16, half + 0.08)
        band(relief, eaves - 0.1, eaves + 0.12, 0.34, half + 0.26)
      }
      // (4) Openings.
      for (let floor = 0; floor < storeys; floor++) {
        for (let k = 0; k < bays; k++) {
          const foot = floor === 0 ? 0.95 : ground + (floor - 1) * storey + 0.75
          const tall = floor === 0 ? 1.45 : mix(1.5, 1.2, floor / storeys)
          if (floor === 0 && k === doorBay) layDoor(relief, bayX(k))
          else layWindow(relief, bayX(k), foot, 0.44, tall, floor * 8 + k)
        }
      }
      if (gabled) layWindow(relief, 0, eaves + 0.28, 0.34, Math.min(1.1, 0.45 * roofHigh), 90)
    },
    paint(spot, rgb) {
      const { x, y, kind, tone } = spot
      const grime = noise.octaves(0.8 * x, 0.8 * y, 7, 4)
      switch (kind) {
        case GLASS: {
          // Dark rooms, and the sky in the upper panes.
          setColor(rgb, [0.02, 0.026, 0.032])
          tint(rgb, SKY_IN_GLASS, 0.1 + 0.35 * smoothstep(-0.1, 0.5, grime + tone - 0.35))
          return
        }
        case WOOD:
          setColor(rgb, DOOR)
          scale(rgb, 0.9 + 0.4 * noise.octaves(14 * x, 0.7 * y, 2, 3))
          return
        case SHUTTER:
          setColor(rgb, shutter)
          scale(rgb, 0.85 + 0.25 * grime + 0.15 * tone)
          return
        case LEAF:
          setColor(rgb, tone > 0.62 ? bloom : GREEN)
          scale(rgb, 0.7 + 0.5 * noise.tone(Math.floor(30 * x) & 255, Math.floor(30 * y) & 255))
          return
        case ROOF:
          setColor(rgb, roof)
          scale(rgb, 0.72 + 0.5 * tone + 0.2 * grime)
          return
        case TRIM:
          setColor(rgb, trim)
          scale(rgb, 0.86 + 0.14 * tone + 0.16 * grime)
          break
        default:
          setColor(rgb, wall)
          if (brick) tint(rgb, trim, 0.55 * smoothstep(0.35, 0.05, tone))
          scale(rgb, 0.9 + (brick ? 0.3 * (tone - 0.7) : 0) + 0.2 * grime + 0.05 * noise.octaves(9 * x, 9 * y, 1, 3))
      }
      // Rain under the ledges, splashes at the foot.
      scale(rgb, 1 - 0.28 * smoothstep(0.05, 0.4, noise.octaves(3.5 * x, 0.25 * y, 9, 3)))
      scale(rgb, 1 - 0.3 * smoothstep(0.7, 0, y + 0.3 * grime))
    },
  }

  function band(relief: Relief, from: number, to: number, out: number, wide: number): void {
    relief.each(-wide, from, wide, to, (x, y, i) => {
      const joint = x / 0.9
      const seam = 0.02 * smoothstep(0.012, 0, Math.abs(joint - Math.round(joint)) * 0.9)
      relief.set(i, DEEP + out * mix(0.75, 1, smoothstep(from, from + 0.3 * (to - from), y)) - seam, TRIM, noise.tone(Math.round(joint) + 50, 3))
    })
  }

  function layWindow(relief: Relief, cx: number, foot: number, halfWide: number, tall: number, which: number): void {
    const round = (x: number, y: number, grow: number): boolean => {
      if (!arched) return true
      const spring = foot + tall - 0.22
      return y < spring || (x - cx) ** 2 / (halfWide + grow) ** 2 + (y - spring) ** 2 / (0.22 + grow) ** 2 < 1
    }
    const around = 0.13
    relief.each(cx - halfWide - around, foot - 0.02, cx + halfWide + around, foot + tall + around, (x, y, i) => {
      if (round(x, y, around)) relief.set(i, DEEP + 0.07, TRIM, 0.6)
    })
    relief.each(cx - halfWide, foot, cx + halfWide, foot + tall, (x, y, i) => {
      if (!round(x, y, 0)) return
      const u = Math.abs(x - cx)
      const rail = Math.min(Math.abs(y - foot - 0.62 * tall), y - foot, foot + tall - y)
      const frame = halfWide - u < 0.07 || u < 0.035 || rail < 0.035
      relief.set(i, DEEP - (frame ? 0.1 : 0.17), frame ? TRIM : GLASS, frame ? 1 : (y - foot) / tall)
    })
    // The sill.
    relief.each(cx - halfWide - 0.2, foot - 0.12, cx + halfWide + 0.2, foot, (_x, _y, i) => relief.set(i, DEEP + 0.16, TRIM, 0.9))
    if (shuttered && which < 90) {
      for (const side of [-1, 1]) {
        const middle = cx + side * (halfWide + 0.13 + 0.24)
        relief.each(middle - 0.22, foot + 0.02, middle + 0.22, foot + tall, (x, y, i) => {
          const rim = Math.min(0.22 - Math.abs(x - middle), y - foot - 0.02, foot + tall - y)
          const slat = y / 0.075
          relief.set(i, DEEP + 0.09 - (rim > 0.05 ? 0.035 * (slat - Math.floor(slat)) : 0), SHUTTER, rim > 0.05 ? slat - Math.floor(slat) : 1)
        })
      }
    }
    if (boxes && noise.tone(which, 44) < 0.65 && which < 90) {
      relief.each(cx - halfWide - 0.08, foot - 0.06, cx + halfWide + 0.08, foot + 0.34, (x, y, i) => {
        const high = 0.16 + 0.16 * noise.octaves(5 * x, 3, which, 3)
        if (y < foot + high) relief.put(i, DEEP + 0.26 + 0.1 * noise.octaves(8 * x, 8 * y, which, 3), LEAF, noise.cell(14 * x, 14 * y).tone)
      })
    }
  }

  function layDoor(relief: Relief, cx: number): void {
    const halfWide = 0.52
    const tall = 2.25
    relief.each(cx - 0.74, 0, cx + 0.74, tall + 0.5, (x, y, i) => {
      const u = Math.abs(x - cx)
      if (y > tall + 0.2) {
        relief.set(i, DEEP + 0.24, TRIM, 1)
        return
      }
      if (u > halfWide || y > tall) {
        relief.set(i, DEEP + 0.12, TRIM, 0.8)
        return
      }
      if (y > tall - 0.42) {
        relief.set(i, DEEP - 0.12, Math.abs(u) < 0.03 ? TRIM : GLASS, 0.6)
        return
      }
      // Two rows of panels.
      const px = Math.abs(u - 0.26)
      const py = y < 0.8 ? Math.abs(y - 0.45) / 0.24 : Math.abs(y - 1.3) / 0.38
      const panel = px < 0.17 && py < 1
      relief.set(i, DEEP - (panel ? 0.17 : 0.13), WOOD, 0)
    })
    relief.each(cx - 0.85, 0, cx + 0.85, 0.14, (_x, _y, i) => relief.set(i, DEEP + 0.5, TRIM, 0.7))
  }

  function layRoof(relief: Relief): void {
    relief.each(-half - 0.4, eaves - 0.1, half + 0.4, eaves + roofHigh + 0.3, (x, y, i) => {
      const t = (y - eaves) / roofHigh
      if (gabled) {
        // Only the edge of the tiles shows beside the gable.
        const edge = (half + 0.3) * (1 - t) - Math.abs(x) + 0.08
        if (edge < 0 || edge > 0.42) return
        const course = (y + Math.abs(x)) / 0.2
        relief.set(i, DEEP + 0.2 - 0.05 * (course - Math.floor(course)), ROOF, noise.tone(Math.floor(course) & 255, 4))
        return
      }
      if (t > 1 || Math.abs(x) > half + 0.24 - 0.85 * t * Math.min(half, 1.6)) return
      const row = Math.floor(t * 13)
      const inRow = t * 13 - row
      const tile = x / 0.26 + 0.5 * (row % 2)
      const slot = Math.abs(tile - Math.round(tile))
      relief.set(i, DEEP + 0.22 - 1.25 * t + 0.07 * (1 - inRow) + 0.05 * (1 - 4 * slot * slot), ROOF, noise.tone(Math.round(tile) + 90, row, 6))
    })
  }

  function layChimney(relief: Relief): void {
    const top = eaves + (gabled ? roofHigh * 0.95 : roofHigh + 0.7)
    relief.each(chimney.x - chimney.half - 0.08, eaves, chimney.x + chimney.half + 0.08, top, (x, y, i) => {
      const cap = y > top - 0.22
      if (!cap && Math.abs(x - chimney.x) > chimney.half) return
      const { face, tone } = blockAt(bricks, noise, x, y)
      relief.set(i, 0.75 + (cap ? 0.1 : 0) - 0.02 * (1 - face), cap ? TRIM : WALL, cap ? 0.5 : face * (0.4 + 0.6 * tone))
    })
  }
}
