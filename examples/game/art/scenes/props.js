// What stands in the valley, each alone on black, seen from the front without perspective.
import { diffuse, direction, grade, linear } from '../engine/light.js'
import { fbm, hash, noise, seeded } from '../engine/noise.js'
import { openness, sunlight, upright } from '../engine/render.js'
import { ledges, sandstone } from '../engine/rock.js'
import { blend, box, carve, clamp, common, ellipsoid, limb, mix, smoothstep, sphere } from '../engine/shapes.js'

/** More from the front than in the painting: a prop is looked at from there alone. */
const SUN = direction(-62, 32).map((value, axis) => (axis === 2 ? 0.34 : value))

/** @param body gives `distance(x, y, z)` and `albedo(out, hit)`; `glow(out, hit)`, if there is one, is added to the light */
function prop(scale, { across, tall, relief, width, soft = 2.2, ...body }) {
  const w = Math.round(width * scale)
  const h = Math.round((w * tall) / across)
  const scene = {
    ...upright(w, h, across, relief),
    step: 0.7,
    sun: SUN,
    settings: { projection: 'orthographic', black: 'cut', width: across, relief, lods: [3_000, 900, 250] },
    // Nothing behind the plane that the relief stands on, and nothing below the ground.
    distance: (x, y, z) => Math.max(body.distance(x, y, z - relief * 0.12), -z),
    shade(rgb, hit) {
      hit.z -= relief * 0.12
      body.albedo(albedo, hit)
      hit.z += relief * 0.12
      diffuse(rgb, albedo, hit.nx, hit.ny, sunlight(scene, hit, across * 0.012, tall, 0.14), 0.2 + 0.8 * openness(scene, hit, soft))
      body.glow?.(rgb, hit)
      grade(rgb)
    },
  }
  const albedo = [0, 0, 0]
  return scene
}

// --- a juniper, bent by the wind ------------------------------------------------------------------------------------

const BARK = linear(142, 104, 84)
const BARK_DARK = linear(92, 66, 58)
const NEEDLE = linear(122, 136, 96)
const NEEDLE_DARK = linear(60, 84, 70)

/** Centre and radius of each cushion of needles. */
const CUSHIONS = (() => {
  const random = seeded(7)
  const cushions = [[-1.9, 4.6, 1.1, 1.35], [1.5, 5.6, 1.2, 1.5], [0.1, 6.6, 1.3, 1.45], [-0.9, 5.9, 1.5, 1.2], [2.6, 4.4, 1.1, 1.05], [-2.8, 3.7, 1.2, 0.85], [0.7, 4.9, 1.9, 0.95]]
  for (let i = 0; i < 16; i++) {
    const [x, y, z, r] = cushions[Math.floor(random() * 7)]
    const turn = random() * 6.283
    const out = r * (0.75 + 0.35 * random())
    cushions.push([x + Math.cos(turn) * out, y + Math.sin(turn) * out * 0.6, z + (random() - 0.4) * r, r * (0.34 + 0.3 * random())])
  }
  return cushions
})()

function wood(x, y, z) {
  const twist = 0.22 * Math.sin(y * 1.3)
  const tx = x - twist
  let d = limb(tx, y, z - 1, -0.1, -0.3, 0, 0.25, 2.6, 0.1, 0.62, 0.36)
  d = blend(d, limb(tx, y, z - 1, 0.25, 2.4, 0.1, -1.7, 4.4, 0.1, 0.3, 0.12), 0.35)
  d = blend(d, limb(tx, y, z - 1, 0.25, 2.5, 0.1, 1.4, 5.2, 0.2, 0.3, 0.12), 0.35)
  d = blend(d, limb(tx, y, z - 1, 0.3, 2.6, 0.1, 0.1, 6.3, 0.3, 0.26, 0.1), 0.3)
  d = blend(d, limb(tx, y, z - 1, 1, 3.9, 0.2, 2.6, 4.3, 0.1, 0.16, 0.08), 0.2)
  d = blend(d, limb(tx, y, z - 1, -0.8, 3.5, 0.1, -2.7, 3.6, 0.1, 0.15, 0.07), 0.2)
  for (const [rx, rz] of [[-1.3, 0.8], [1.2, 0.9], [0.3, 1.7], [-0.6, 1.5]]) d = blend(d, limb(x, y, z - 1, 0, 0.35, 0.1, rx, -0.2, rz - 0.6, 0.36, 0.14), 0.3)
  return d - 0.07 * noise(x * 7, y * 1.6, z * 7)
}

function needles(x, y, z) {
  let d = Infinity
  for (const [cx, cy, cz, r] of CUSHIONS) d = blend(d, ellipsoid(x - cx, y - cy, z - cz, r, r * 0.66, r * 0.9), 0.18)
  if (d > 0.8) return d - 0.45
  return (d - 0.26 * noise(x * 2.1, y * 2.6, z * 2.1) - 0.17 * noise(x * 5.3, y * 6, z * 5.3) - 0.07 * noise(x * 13, y * 15, z * 13)) * 0.7
}

export const tree = (scale) =>
  prop(scale, {
    across: 8.4,
    tall: 8.6,
    relief: 3.4,
    width: 560,
    soft: 1.1,
    distance: (x, y, z) => Math.min(wood(x, y, z), needles(x, y, z)),
    albedo(out, { x, y, z, ny }) {
      if (needles(x, y, z) < wood(x, y, z)) {
        const tone = clamp(0.45 + 0.35 * ny + 0.35 * noise(x * 4, y * 4, z * 4), 0, 1)
        for (let c = 0; c < 3; c++) out[c] = mix(NEEDLE_DARK[c], NEEDLE[c], tone)
      } else {
        const tone = 0.5 + 0.5 * noise(x * 9, y * 1.4, z * 9)
        for (let c = 0; c < 3; c++) out[c] = mix(BARK_DARK[c], BARK[c], tone)
      }
    },
  })

// --- a hoodoo --------------------------------------------------------------------------------------------------------

function column(x, y, z, cx, cz, radius, height) {
  const share = clamp(y / height, 0, 1)
  const k = Math.hypot(x - cx - 0.5 * noise(cx, y / 6, 3), z - cz)
  const waist = 1 - 0.42 * share + 0.42 * Math.exp(-((share - 0.88) ** 2) / 0.005) + 0.8 * Math.exp(-share * 11) - 0.12 * Math.exp(-((share - 0.55) ** 2) / 0.004)
  const side = k - radius * waist - 0.28 * radius * noise(x / 2.4, y / 5, z / 2.4)
  return common(side - ledges(x, y, z, 1.5, 0.7) - ledges(x, y, z, 0.5, 0.22) - 0.16 * noise(x * 1.5, y * 1.1, z * 1.5), y - height, 1.2)
}

const hoodoos = (x, y, z) =>
  Math.min(
    blend(column(x, y, z, -0.8, 2.4, 2.7, 20), column(x, y, z, 3.3, 2.2, 1.7, 12.4), 0.8),
    sphere(x + 4.3, y - 0.5, z - 3, 1.5) - 0.4 * noise(x, y, z) - ledges(x, y, z, 0.6, 0.3),
    sphere(x - 5.2, y - 0.2, z - 3.2, 0.9) - 0.3 * noise(x * 1.4, y, z),
  ) * 0.8

export const spire = (scale) =>
  prop(scale, {
    across: 14,
    tall: 21.4,
    relief: 6.4,
    width: 512,
    distance: hoodoos,
    albedo(out, { x, y, z, ny }) {
      sandstone(out, x, y, z, 2.1)
      const dust = 0.5 * smoothstep(0.6, 0.95, ny)
      for (let c = 0; c < 3; c++) out[c] = mix(out[c], DUST[c], dust) * (1 + 0.1 * fbm(x * 2.5, y * 2.5, z * 2.5, 3))
    },
  })

const DUST = linear(206, 152, 114)

// --- a gate that someone built ---------------------------------------------------------------------------------------

const COURSE = 0.82

/** Rough masonry: courses of blocks, each a little in or out, with joints between. */
function masonry(x, y, z, d) {
  if (d > 0.8) return d - 0.3
  const row = Math.floor(y / COURSE)
  const shift = hash(row, 4) * 1.3
  const block = Math.floor((x + shift) / 1.3)
  const fy = y / COURSE - row
  const fx = (x + shift) / 1.3 - block
  const joint = smoothstep(0.07, 0, Math.min(fy, 1 - fy) * 0.82) + smoothstep(0.07, 0, Math.min(fx, 1 - fx) * 1.3)
  return d - 0.16 * (hash(row, block, 8) - 0.5) + 0.07 * Math.min(joint, 1) - 0.06 * noise(x * 2.4, y * 2.4, z * 2.4) - 0.03 * noise(x * 7, y * 7, z * 7)
}

function gate(x, y, z) {
  let d = box(x, y - 4, z - 2, 6.6, 7.6, 1.5, 0.12)
  // The opening: a round arch.
  const opening = y < 5 ? Math.abs(x + 0.3) - 2.5 : Math.hypot(x + 0.3, y - 5) - 2.5
  d = carve(d, opening, 0.2)
  // What fell: the right shoulder, and a bite out of the crown.
  const block = Math.floor(x / 1.3)
  const bx = (block + 0.5) * 1.3
  const broken = 8.7 + 1.5 * noise(bx * 0.55, 1, 0.4) - 0.85 * Math.max(0, bx - 1.4) - 0.3 * Math.max(0, -bx - 4.2) + hash(block, 5)
  d = Math.max(d, y - Math.floor(broken / COURSE) * COURSE - 0.02)
  d = masonry(x, y, z, d)
  const cornice = Math.max(box(x + 4.7, y - 6.6, z - 2.2, 2.1, 0.3, 1.75, 0.08), -opening) - 0.04 * noise(x * 3, y * 3, z * 3)
  let rubble = Infinity
  for (let i = 0; i < 9; i++) {
    const bx = mix(1.4, 8, hash(i, 21)) * (i < 6 ? 1 : -0.95)
    const size = 0.35 + 0.5 * hash(i, 22)
    const turn = hash(i, 23) * 2
    const dx = x - bx
    const dy = y - size * 0.4
    const rx = dx * Math.cos(turn) - dy * Math.sin(turn)
    const ry = dx * Math.sin(turn) + dy * Math.cos(turn)
    rubble = Math.min(rubble, box(rx, ry, z - 2.6 - hash(i, 24) * 0.9, size, size * 0.7, size * 0.8, 0.1))
  }
  return Math.min(d, cornice, rubble - 0.06 * noise(x * 3, y * 3, z * 3)) * 0.6
}

const STONE = linear(198, 152, 120)
const STONE_DARK = linear(150, 100, 80)
const MOSS = linear(122, 126, 88)

export const ruin = (scale) =>
  prop(scale, {
    across: 17,
    tall: 10.6,
    relief: 4.6,
    width: 720,
    soft: 1.8,
    distance: gate,
    albedo(out, { x, y, z, ny }) {
      const row = Math.floor(y / COURSE)
      const tone = clamp(0.25 + 0.5 * hash(row, Math.floor((x + hash(row, 4) * 1.3) / 1.3), 9) + 0.3 * fbm(x * 1.5, y * 1.5, z * 1.5, 3), 0, 1)
      const moss = 0.55 * smoothstep(0.45, 0.9, ny) * smoothstep(-0.2, 0.4, noise(x * 0.9, 3, z))
      const damp = 0.35 * Math.exp(-y / 1.1)
      for (let c = 0; c < 3; c++) out[c] = mix(mix(STONE_DARK[c], STONE[c], tone), MOSS[c], moss) * (1 - damp)
    },
  })

// --- crystals that keep the light ------------------------------------------------------------------------------------

/** Foot x, z; lean x, z; length; radius. */
const SHARDS = [
  [0, 1.4, 0.06, 0.05, 6.6, 0.82],
  [-1.2, 1.5, -0.3, 0.1, 4.7, 0.62],
  [1.25, 1.6, 0.34, 0.12, 4.2, 0.58],
  [-0.55, 2.1, -0.14, 0.3, 3.3, 0.5],
  [0.7, 2.2, 0.2, 0.34, 2.6, 0.46],
  [-2.2, 1.6, -0.62, 0.1, 2.7, 0.42],
  [2.2, 1.6, 0.7, 0.14, 2.3, 0.4],
]

/** A six-sided prism with a point, and which of its faces is nearest. */
function shard(x, y, z, [fx, fz, lx, lz, length, radius], turn) {
  const norm = Math.hypot(lx, 1, lz)
  const px = x - fx
  const pz = z - fz
  const along = (px * lx + y + pz * lz) / norm
  const ax = px - (along * lx) / norm
  const az = pz - (along * lz) / norm
  let side = -Infinity
  let face = 0
  for (let i = 0; i < 6; i++) {
    const angle = turn + (i * Math.PI) / 3
    const reach = ax * Math.cos(angle) + az * Math.sin(angle)
    if (reach > side) {
      side = reach
      face = i
    }
  }
  const taper = radius * (0.86 + 0.14 * clamp(along / length, 0, 1))
  const tip = side * 0.5 + (along - length) * 0.6
  shard.face = tip > side - taper ? face + 6 : face
  shard.along = along / length
  return Math.max(side - taper, tip, -along - 0.6)
}

function cluster(x, y, z) {
  let d = Infinity
  for (const [i, of] of SHARDS.entries()) d = Math.min(d, shard(x, y, z, of, i * 0.7 + 0.2))
  return Math.min(d * 0.9, plinth(x, y, z))
}

const plinth = (x, y, z) => (ellipsoid(x, y + 0.2, z - 1.7, 3.4, 0.95, 1.7) - 0.3 * noise(x * 1.1, y, z * 1.1) - 0.12 * noise(x * 3, y * 3, z * 3)) * 0.8

const DEEP = linear(14, 92, 112)
const CLEAR = linear(120, 232, 220)

export const crystal = (scale) => {
  let light = 0
  return prop(scale, {
    across: 7.6,
    tall: 7.2,
    relief: 3.6,
    width: 480,
    soft: 1,
    distance: cluster,
    albedo(out, { x, y, z }) {
      let best = Infinity
      let face = 0
      let along = 0
      let which = 0
      for (const [i, of] of SHARDS.entries()) {
        const d = shard(x, y, z, of, i * 0.7 + 0.2)
        if (d < best) {
          best = d
          face = shard.face
          along = shard.along
          which = i
        }
      }
      if (plinth(x, y, z) < best) {
        sandstone(out, x, y, z, 0.8)
        light = 0.12 * Math.exp(-y)
        return
      }
      const tone = clamp(0.15 + 0.5 * hash(face, which, 5) + 0.5 * along + 0.12 * noise(x * 2, y * 5, z * 2), 0, 1)
      for (let c = 0; c < 3; c++) out[c] = mix(DEEP[c], CLEAR[c], tone) * 0.55
      light = 0.1 + 0.95 * tone * tone
    },
    glow(rgb) {
      rgb[0] += 0.16 * light
      rgb[1] += 0.86 * light
      rgb[2] += 0.82 * light
    },
  })
}
