import { chanceOf } from './chance.js'
import { clamp, mix, smoothstep } from './numbers.js'
import { linear, pick, scale, setColor, tint } from './palette.js'
import type { Design, Relief } from './relief.js'
import { paintStone, STONES } from './stone.js'

const GROUND = 0
const SHRUB = 1

const GRASSES = [
  { fresh: linear('#5c7a3a'), dry: linear('#8f8d55'), shrub: linear('#374f2a') },
  { fresh: linear('#6c7f42'), dry: linear('#a6975f'), shrub: linear('#43542f') },
  { fresh: linear('#84824d'), dry: linear('#b89f70'), shrub: linear('#57593a') },
  { fresh: linear('#7a6a86'), dry: linear('#8f8f55'), shrub: linear('#4b5a34') },
]
const SNOW_COLOR = linear('#eef2f8')
const FOREST = linear('#3d5238')

/** A grassy hill with outcrops of rock and shrubs. */
export function hill(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const grass = pick(GRASSES, random())
  const material = pick([STONES.limestone, STONES.granite, STONES.sandstone], random())
  const half = between(8, 10.5)
  const high = between(3.6, 5.6)
  const top = between(-0.3, 0.3) * half
  const second = { x: between(0.35, 0.65) * half * (random() < 0.5 ? -1 : 1), high: high * between(0.4, 0.75), wide: between(0.35, 0.55) * half }
  const rocky = between(-0.05, 0.16)
  const shrubs = between(0.25, 0.7)
  const deep = 6

  /** Its plan is half an ellipse: 1 in the middle of the back, 0 outside. */
  const rimAt = (x: number, z: number): number => clamp(1 - ((x - 0.35 * top) / (half + 0.8 * noise.at(0.3 * z, 4))) ** 2 - (z / deep) ** 2, 0, 1)
  const bare = (x: number, z: number): number => {
    const back = 1 - z / deep
    const rim = rimAt(x, z)
    const main = high * Math.exp(-(((x - top) / (0.62 * half)) ** 2)) * (1 - (1 - back) ** 1.6) * 0.9
    const other = second.high * Math.exp(-(((x - second.x) / second.wide) ** 2)) * smoothstep(0.95, 0.35, z / deep)
    const roll = 0.75 * noise.octaves(0.28 * x, 0.4 * z, 3, 4) * (0.4 + back)
    return rim ** 0.6 * (main + other + roll * 0.8 + 0.55 * back) - 0.25 * (1 - rim)
  }

  return {
    across: 24,
    tall: 12,
    sculpt(relief) {
      const height = (x: number, z: number): number => {
        const ground = bare(x, z)
        const out = smoothstep(0.22 - rocky, 0.34 - rocky, noise.octaves(0.5 * x, 0.6 * z, 71, 4))
        const crag = out * (0.2 + 0.4 * noise.ridges(0.9 * x, 0.9 * z, 5, 4))
        return ground + crag * smoothstep(0, 0.6, ground) + 0.025 * noise.octaves(3 * x, 3 * z, 1, 3)
      }
      layTerrain(relief, deep, height, GROUND)
      // Shrubs: a few rounds each, standing where a lattice that is shaken has them.
      const reach = Math.ceil(half)
      for (let cell = 0; cell < 3 * reach * 10; cell++) {
        if (noise.tone(cell, 61) > shrubs) continue
        const x = -half + ((cell / 10) * 2 * half) / (3 * reach) * 1.0 + (noise.tone(cell, 62) - 0.5)
        const z = deep * 0.95 * noise.tone(cell, 63)
        const foot = height(x, z)
        if (foot < 0.15 || rimAt(x, z) < 0.16 || noise.at(0.35 * x, 0.4 * z, 90) < 0.05) continue
        const size = mix(0.12, 0.34, noise.tone(cell, 64) ** 2)
        for (let k = 0; k < 4; k++) {
          const cx = x + size * (noise.tone(cell, 65, k) - 0.5) * 1.6
          const cy = foot + size * (0.35 + 0.5 * noise.tone(cell, 66, k))
          const r = size * mix(0.55, 0.9, noise.tone(cell, 67, k))
          relief.each(cx - 1.3 * r, cy - 1.3 * r, cx + 1.3 * r, cy + 1.3 * r, (px, py, i) => {
            const d = Math.sqrt((px - cx) ** 2 + (py - cy) ** 2) - 0.35 * r * noise.octaves(5 * px, 5 * py, cell, 3)
            if (d < r) relief.put(i, z + 0.15 + 0.8 * Math.sqrt(r * r - Math.max(0, d) ** 2), SHRUB, noise.tone(cell, 68))
          })
        }
      }
    },
    paint(spot, rgb) {
      const { x, y, z } = spot
      if (spot.kind === SHRUB) {
        setColor(rgb, grass.shrub)
        tint(rgb, grass.fresh, clamp(0.3 * spot.tone + 0.5 * noise.octaves(7 * x, 7 * y, 2, 3) + 0.35 * spot.bulge, 0, 0.8))
        return
      }
      const patch = noise.octaves(0.45 * x, 0.7 * y, 0.45 * z, 4)
      setColor(rgb, grass.fresh)
      tint(rgb, grass.dry, clamp(0.45 + 0.9 * patch, 0, 1))
      scale(rgb, 0.78 + 0.26 * noise.octaves(9 * x, 5 * y, 7 * z, 3) + 0.22 * noise.octaves(2.2 * x, 3.5 * y, 2 * z, 3))
      const out = smoothstep(0.2 - rocky, 0.3 - rocky, noise.octaves(0.5 * x, 0.6 * z, 71, 4))
      const steep = out * smoothstep(0.95, 0.55, spot.ny + 0.25 * patch)
      if (steep > 0.02) {
        const [r, g, b] = rgb
        paintStone(rgb, spot, noise, material, 1.2)
        rgb[0] = mix(r, rgb[0], steep)
        rgb[1] = mix(g, rgb[1], steep)
        rgb[2] = mix(b, rgb[2], steep)
      }
    },
  }
}

/** A ridge of peaks for the far distance; the high ones keep snow. */
export function mountain(seed: number): Design {
  const { random, between, noise } = chanceOf(seed)
  const material = pick([STONES.granite, STONES.basalt, STONES.granite, STONES.limestone, STONES.red], random())
  const half = between(85, 115)
  const high = between(78, 118)
  const peak = between(-0.35, 0.35) * half
  const second = { x: peak + half * between(0.35, 0.7) * (peak > 0 ? -1 : 1), high: between(0.45, 0.9) }
  const snowLine = material === STONES.red ? 2 * high : high * between(0.38, 0.85)
  const woods = between(0.1, 0.3) * high
  const deep = 90

  return {
    across: 280,
    tall: 190,
    sculpt(relief) {
      const height = (x: number, z: number): number => {
        const back = 1 - z / deep
        const rim = clamp(1 - (x / half) ** 2 - (z / deep) ** 2, 0, 1)
        const warp = 9 * noise.octaves(0.02 * x, 0.02 * z, 6, 3)
        const crest = noise.ridges(0.013 * (x + warp), 0.016 * (z - warp), 3, 7)
        const main = Math.max(Math.exp(-(((x - peak) / (0.36 * half)) ** 2)), second.high * Math.exp(-(((x - second.x) / (0.3 * half)) ** 2)))
        const shape = (0.32 + 0.68 * main) * back ** 0.75
        return rim ** 0.6 * high * shape * (0.25 + 1.15 * crest) - 4 * (1 - rim) + 1.2 * noise.octaves(0.1 * x, 0.1 * z, 9, 3)
      }
      layTerrain(relief, deep, height, GROUND)
      relief.all((x, y, i) => {
        if (relief.z[i] > -Infinity) relief.tone[i] = (y - snowLine) / (0.2 * high) + 0.9 * noise.octaves(0.03 * x, 0.03 * y, 5, 5)
      })
    },
    paint(spot, rgb) {
      const { x, y, z } = spot
      paintStone(rgb, spot, noise, { ...material, mossy: 0 }, 26)
      const rough = noise.octaves(0.12 * x, 0.12 * y, 0.12 * z, 4)
      // Woods and meadows climb the gentle slopes.
      const green = smoothstep(woods * 1.5, woods * 0.5, y - 18 * rough) * smoothstep(0.05, 0.4, spot.ny + 0.3 * rough + 0.25)
      tint(rgb, FOREST, 0.85 * green)
      scale(rgb, 1 + 0.3 * green * noise.octaves(0.9 * x, 0.9 * y, z, 3))
      const lies = smoothstep(0.25, 0.6, 0.42 * clamp(spot.tone, -1.5, 1.4) + 0.55 * spot.ny + 0.4 * rough - 0.25 * spot.bulge)
      tint(rgb, SNOW_COLOR, lies)
    },
  }
}

/** A landscape seen level from the front: each column of the picture is filled from the nearest ground to the farthest, each hiding what lies lower behind it. */
function layTerrain(relief: Relief, deep: number, height: (x: number, z: number) => number, kind: number): void {
  const { width, height: rows, left, top, pixel } = relief
  const steps = Math.ceil(1.5 * Math.max(64, deep / pixel))
  for (let column = 0; column < width; column++) {
    const x = left + (column + 0.5) * pixel
    let nearZ = deep
    let nearY = height(x, deep)
    let filled = Math.max(0, nearY)
    for (let step = 1; step <= steps; step++) {
      const z = deep * (1 - step / steps)
      const y = height(x, z)
      if (y > filled) {
        const to = Math.max(0, Math.ceil((top - y) / pixel - 0.5))
        const from = Math.min(rows - 1, Math.floor((top - filled) / pixel - 0.5))
        for (let row = from; row >= to; row--) {
          const at = top - (row + 0.5) * pixel
          const share = y > nearY ? clamp((at - nearY) / (y - nearY), 0, 1) : 1
          relief.put(row * width + column, mix(nearZ, z, share) + 0.01 * deep, kind)
        }
        filled = y
      }
      nearZ = z
      nearY = y
    }
  }
}
