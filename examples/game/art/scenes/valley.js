// The ground that the game flies over, seen from straight above: a dry wash between terraces. Its top and bottom edges match, so that it repeats.
import { diffuse, direction, grade, linear } from '../engine/light.js'
import { hash, noise } from '../engine/noise.js'
import { openness, sunlight } from '../engine/render.js'
import { ledges, sandstone } from '../engine/rock.js'
import { clamp, mix, smoothstep } from '../engine/shapes.js'

/** Metres: across, along (the picture's height), from black to white. */
const WIDTH = 200
const LENGTH = 350
const RELIEF = 46

export function valley(scale) {
  const width = Math.round(1024 * scale)
  const height = Math.round(1792 * scale)
  const pixel = WIDTH / width
  const scene = {
    width,
    height,
    pixelCone: 0,
    detail: pixel * 0.6,
    step: 0.55,
    settings: { projection: 'orthographic', orientation: 'ground', width: WIDTH, relief: RELIEF, lods: [60_000, 20_000, 6_000, 1_500] },
    level: (depth) => (RELIEF - depth) / RELIEF,
    ray(out, px, py) {
      out[0] = px * pixel - WIDTH / 2
      out[1] = RELIEF
      out[2] = py * pixel - LENGTH / 2
      out[3] = 0
      out[4] = -1
      out[5] = 0
      out[6] = 1
      out[7] = 0.01
      out[8] = RELIEF + 1
    },
    // Higher than in the painting: the floor that is flown over must not drown in the shadow of its walls.
    sun: direction(-58, 40),
    // Heights, not distances: what is steep is nearer than it is high.
    distance: (x, y, z) => (y - heightAt(x, z)) * 0.5,
    shade,
    miss: (rgb) => rgb.fill(0),
  }
  const albedo = [0, 0, 0]
  function shade(rgb, hit) {
    surface(albedo, hit)
    diffuse(rgb, albedo, hit.nx, hit.ny, sunlight(scene, hit, 0.5, 60, 0.16), 0.25 + 0.75 * openness(scene, hit, 6))
    grade(rgb)
  }
  return scene
}

// --- shape ---------------------------------------------------------------------------------------------------------

const TURN = (2 * Math.PI) / LENGTH
/** Middle of the wash: back where it began after one length. */
const washX = (z) => 15 * Math.sin(z * TURN + 0.4) + 7 * Math.sin(2 * z * TURN + 2)

/** Noise of `count` cells along the length, so that it repeats with it; cells are about square. */
function repeating(x, y, z, count) {
  return noise((x * count) / LENGTH + 11, y, (z * count) / LENGTH, count)
}

/** Rough ground, before boulders and shrubs. */
function bed(x, z) {
  const off = Math.abs(x - washX(z))
  // Bays and gullies bite into the terraces, at every size.
  const gully = Math.abs(repeating(x, 17, z, 22))
  const side = off + 10 * repeating(x, 1, z, 7) + 6 * repeating(x, 2, z, 16) + 7 * gully + 1.8 * repeating(x, 18, z, 48) + 0.7 * repeating(x, 19, z, 110)
  const roll = 1.4 * repeating(x, 3, z, 11) + 0.6 * repeating(x, 4, z, 28) + 0.25 * repeating(x, 9, z, 60) + 0.07 * repeating(x, 20, z, 180)
  let y = 3 + roll
  // The wash: a shallow bed with soft banks.
  y -= 2.2 * (1 - smoothstep(4, 12, off + 2.5 * repeating(x, 5, z, 20)))
  // Terraces: each a steep face with its rubble below, then a gentle tread.
  y += step(side, 38, 7) + step(side + 4 * repeating(x, 6, z, 12), 57, 9) + step(side + 5 * repeating(x, 7, z, 9), 77, 11)
  y += 0.03 * Math.max(0, side - 30)
  // Lone stacks on the floor.
  const stack = repeating(x, 8, z, 12) + 0.12 * repeating(x, 18, z, 48)
  return y + 6.5 * smoothstep(0.52, 0.6, stack) * smoothstep(14, 22, off) * smoothstep(60, 45, off)
}

const step = (side, at, rise) => rise * (0.3 * smoothstep(at - 10, at, side) + 0.7 * smoothstep(at, at + 3, side))

function heightAt(x, z) {
  let y = bed(x, z)
  y += ledgeOf(x, y, z)
  return Math.max(0.05, y, boulder(x, z, y), shrub(x, z, y))
}

/** Layers show where the ground is steep: heights move by themselves when their own layer stands out. */
const ledgeOf = (x, y, z) => (y > 6.5 ? 0.9 * ledges(0, y, 0, 2.1, 1) + 0.3 * repeating(x, y / 3, z, 90) : 0)

/** Whole cells along the length, so that they repeat with it. */
function inCell(x, z, across, count, salt) {
  const size = LENGTH / count
  const cx = Math.floor(x / across)
  const cz = Math.floor(z / size + 1000) % count
  const line = Math.floor(z / size)
  const jitter = 0.32
  return {
    chance: hash(cx, cz, salt),
    dx: x - (cx + 0.5 + jitter * (hash(cx, cz, salt + 1) * 2 - 1)) * across,
    dz: z - (line + 0.5 + jitter * (hash(cx, cz, salt + 2) * 2 - 1)) * size,
    size: hash(cx, cz, salt + 3),
  }
}

function boulder(x, z, base) {
  const { chance, dx, dz, size } = inCell(x, z, 14, 25, 11)
  if (chance > 0.42) return 0
  const radius = 0.7 + 1.9 * size * size
  const k = Math.sqrt(dx * dx + dz * dz) / (radius * (1 + 0.22 * noise(x / radius, 3, z / radius)))
  return k < 1 ? base + radius * 0.95 * Math.sqrt(1 - k * k) - 0.2 : 0
}

function shrub(x, z, base) {
  if (base < 2.2) return 0
  const { chance, dx, dz, size } = inCell(x, z, 6.25, 56, 31)
  if (chance > 0.3 + 0.5 * repeating(x, 12, z, 8)) return 0
  const radius = 0.5 + 0.8 * size
  const k = Math.sqrt(dx * dx + dz * dz) / radius
  return k < 1 ? base + radius * 0.9 * Math.sqrt(1 - k * k) * (0.8 + 0.35 * noise(x * 3.1, 1, z * 3.1)) : 0
}

// --- colour --------------------------------------------------------------------------------------------------------

const SAND = linear(188, 128, 100)
const SAND_DARK = linear(160, 94, 72)
const WASH = linear(206, 158, 130)
const SAGE = linear(132, 134, 98)
const SAGE_DARK = linear(84, 98, 76)
const GRASS = linear(124, 116, 90)
const STONE = linear(176, 120, 92)
const STONE_DARK = linear(134, 84, 70)

function surface(out, { x, y, z, ny }) {
  const base = bed(x, z)
  const ground = base + ledgeOf(x, base, z)
  const off = Math.abs(x - washX(z))
  if (y > ground + 0.08 && shrub(x, z, ground) > y - 0.05) {
    const tone = 0.5 + 0.5 * noise(x * 2.2, 0, z * 2.2)
    for (let c = 0; c < 3; c++) out[c] = mix(SAGE_DARK[c], SAGE[c], tone)
    return
  }
  const rocky = smoothstep(0.93, 0.7, ny)
  const patch = smoothstep(-0.5, 0.5, repeating(x, 13, z, 14) + 0.6 * repeating(x, 14, z, 50) + 0.3 * repeating(x, 21, z, 150))
  const grass = 0.75 * smoothstep(0.05, 0.45, repeating(x, 15, z, 10) + 0.5 * repeating(x, 22, z, 70)) * smoothstep(8, 14, off)
  const gravel = 0.5 * smoothstep(0.3, 0.6, repeating(x, 23, z, 34) + 0.5 * repeating(x, 24, z, 170))
  const wash = 1 - smoothstep(4, 9, off + 2.5 * repeating(x, 5, z, 20))
  sandstone(out, 0, y, 0, 3.2)
  const grain = 1 + 0.06 * noise(x * 1.7, 2, z * 1.7) + 0.1 * repeating(x, 16, z, 80)
  if (y > ground + 0.08) for (let c = 0; c < 3; c++) out[c] = mix(out[c], STONE[c], 0.6)
  for (let c = 0; c < 3; c++) {
    const floor = mix(mix(mix(mix(SAND_DARK[c], SAND[c], patch), STONE_DARK[c], gravel), GRASS[c], grass), WASH[c], wash * 0.7)
    out[c] = clamp(mix(floor, out[c], y > ground + 0.08 ? 0.8 : rocky) * grain, 0, 1)
  }
}
