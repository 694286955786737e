// The far backdrop: a canyon in the last light, a natural bridge over the river, and a beacon on the butte behind it.
import { air, diffuse, grade, linear, sky, SUN_IN_THE_PICTURE } from '../engine/light.js'
import { fbm, hash, noise } from '../engine/noise.js'
import { march, openness, perspective, sunlight } from '../engine/render.js'
import { ledges, sandstone } from '../engine/rock.js'
import { box, carve, clamp, common, mix, smoothstep, sphere } from '../engine/shapes.js'

/** The eye above the river, metres. */
const EYE = 34
const NEAR = 50
const FAR = 5000
const FOV_Y = 58

const riverX = (z) => 24 * Math.sin(z / 74 + 2.1) + 13 * Math.sin(z / 31 + 1) + 0.05 * z
const RIVER = 9

/** [x, z, rx, rz, top]: mesas and buttes, near to far. */
const BUTTES = [
  [395, -610, 200, 210, 112],
  [-395, -560, 200, 190, 128],
  [-640, -1000, 300, 230, 210],
  [620, -1150, 250, 220, 190],
  [215, -1560, 95, 90, 205],
  [-250, -1900, 150, 120, 190],
  [118, -2500, 105, 95, 300],
  [-1000, -2300, 420, 260, 330],
  [1000, -2500, 430, 260, 350],
  [-560, -3500, 330, 240, 400],
  [560, -3700, 300, 220, 420],
  [1700, -3800, 400, 220, 460],
]
/** [x, z, radius, height]: hoodoos. */
const HOODOOS = [
  [108, -176, 11, 60],
  [135, -204, 13, 82],
  [86, -226, 7, 40],
  [164, -238, 14, 66],
  [205, -300, 16, 74],
  [-118, -168, 12, 50],
  [-92, -196, 7, 30],
]
const BEACON = { x: 118, z: -2500, foot: 285, top: 384 }

export function canyon(scale) {
  const width = Math.round(2048 * scale)
  const height = Math.round(1024 * scale)
  const camera = perspective(width, height, FOV_Y, NEAR, FAR)
  const scene = {
    width,
    height,
    ...camera,
    step: 0.62,
    settings: { projection: 'perspective', encoding: 'disparity', black: 'far', near: NEAR, far: FAR, fovY: FOV_Y, travel: 12 },
    level: (depth) => (depth === Infinity ? 0 : (1 / depth - 1 / FAR) / (1 / NEAR - 1 / FAR)),
    distance: (x, y, z) => Math.min(land(x, y + EYE, z), rocks(x, y + EYE, z)),
    shade,
    miss: (rgb, hit) => grade(haze(clouds(sky(rgb, hit.dx, hit.dy, hit.dz), hit), hit, 0.35)),
  }

  const shafts = lightShafts(scene)
  const fog = [0, 0, 0]
  const albedo = [0, 0, 0]
  function haze(rgb, hit, share = 1) {
    air(fog, hit.dx, hit.dy, hit.dz)
    // Thicker near the ground: the integral of exp(−y / 120) along the ray.
    const rise = hit.dy * hit.t
    const thick = Math.abs(rise) < 1 ? hit.t : (hit.t * (1 - Math.exp(-clamp(rise, -200, 2000) / 150))) / (rise / 150)
    const seen = 1 - share * (1 - Math.exp(-thick * Math.exp(-EYE / 150) * 0.00074))
    // Air in a shadow is darker and cooler.
    const lit = shafts(hit.px, hit.py, hit.t)
    const dim = [mix(0.5, 1.14, lit), mix(0.56, 1.08, lit), mix(0.8, 1, lit)]
    for (let c = 0; c < 3; c++) rgb[c] = rgb[c] * seen + fog[c] * dim[c] * (1 - seen)
    return rgb
  }

  function shade(rgb, hit) {
    const wx = hit.x
    const wy = hit.y + EYE
    const wz = hit.z
    const beaconLight = lamp(wx, wy, wz) < 2.2
    const isWater = wy < 0.6 && ground(wx, wz) < 0.02
    if (beaconLight) {
      rgb[0] = 3.4
      rgb[1] = 2.6
      rgb[2] = 1.5
    } else if (isWater) water(rgb, hit)
    else {
      surface(albedo, wx, wy, wz, hit.ny)
      diffuse(rgb, albedo, hit.nx, hit.ny, sunlight(scene, hit, 0.6, 700, 0.035), openness(scene, hit, 26))
    }
    haze(rgb, hit)
    return grade(rgb)
  }

  const mirrored = { dx: 0, dy: 0, dz: 0, t: 0, px: 0, py: 0 }
  function water(rgb, hit) {
    const ripple = 0.012
    const nx = ripple * noise(hit.x * 0.35, 0, hit.z * 0.12)
    mirrored.dx = hit.dx + 2 * nx
    mirrored.px = hit.px
    mirrored.py = hit.py
    mirrored.dy = Math.abs(hit.dy) + 0.004
    mirrored.dz = hit.dz
    const t = march(scene, hit.x, hit.y + 0.6, hit.z, mirrored.dx, mirrored.dy, mirrored.dz, 2, 1600, 0.002)
    if (t < Infinity) {
      const x = hit.x + mirrored.dx * t
      const y = hit.y + mirrored.dy * t
      const z = hit.z + mirrored.dz * t
      surface(albedo, x, y + EYE, z, 0)
      diffuse(rgb, albedo, 0.2, 0.2, 0.1, 0.7)
      mirrored.t = t + hit.t
      haze(rgb, mirrored)
    } else sky(rgb, mirrored.dx, mirrored.dy, mirrored.dz)
    const glance = 0.25 + 0.75 * (1 - Math.abs(hit.dy)) ** 4
    const deep = [0.03, 0.05, 0.055]
    for (let c = 0; c < 3; c++) rgb[c] = mix(deep[c], rgb[c] * 0.92, glance)
  }

  return scene
}

// --- the land ------------------------------------------------------------------------------------------------------

function ground(x, z) {
  const off = Math.abs(x - riverX(z)) + 3 * noise(x / 12, 8, z / 12)
  const bank = smoothstep(RIVER - 4, RIVER + 16, off)
  const roll = 2.4 * noise(x / 60, 3, z / 60) + 0.7 * noise(x / 17, 5, z / 17)
  return bank * (2.6 + roll + 0.035 * Math.max(0, off - 40)) - 0.9 * (1 - bank)
}

function land(x, y, z) {
  const above = y - 7 - 0.035 * (Math.abs(x) + 60)
  if (above > 8) return above * 0.8
  const floor = Math.max(ground(x, z), 0)
  return Math.min((y - floor) * 0.8, shrubs(x, y, z, floor))
}

/** Sage and juniper on the valley floor: one in a cell of 12 m. */
function shrubs(x, y, z, floor) {
  if (y > floor + 6 || z < -900) return Math.max(y - floor - 3.5, 3)
  const cx = Math.floor(x / 12)
  const cz = Math.floor(z / 12)
  const chance = hash(cx, cz, 1)
  if (chance > 0.42 + 0.6 * noise(cx * 0.17, 9, cz * 0.17)) return 3
  const sx = (cx + 0.35 + 0.3 * hash(cx, cz, 2)) * 12
  const sz = (cz + 0.35 + 0.3 * hash(cx, cz, 3)) * 12
  if (Math.abs(sx - riverX(sz)) < RIVER + 5) return 3
  const radius = 0.6 + 1.7 * hash(cx, cz, 4) ** 2
  const lump = 0.35 * radius * noise((x * 2.6) / radius, (y * 2.6) / radius, (z * 2.6) / radius)
  return Math.min(sphere(x - sx, (y - floor - radius * 0.45) * 1.15, z - sz, radius) - lump, 4)
}

/** Each rock with the upright cylinder that holds it. */
const ROCKS = [
  ...BUTTES.map(([x, z, rx, rz, top]) => ({ x, z, radius: Math.max(rx, rz) * 1.62 + 22, top: top + 14, at: (px, py, pz) => butte(px, py, pz, x, z, rx, rz, top) })),
  ...HOODOOS.map(([x, z, radius, height]) => ({ x, z, radius: radius * 2.4 + 6, top: height + 6, at: (px, py, pz) => hoodoo(px, py, pz, x, z, radius, height) })),
  { x: -22, z: -395, radius: 250, top: 160, at: bridge },
  { x: BEACON.x, z: BEACON.z, radius: 30, top: 440, at: beacon },
]
/** Beyond this a rock is as far as its cylinder, metres. */
const CLEAR = 24

/** Rocks that may be near a cell of the map, and how far the others are at least. */
const CELL = 50
const COLUMNS = 120
const LINES = 116
const ORIGIN_X = -3000
const ORIGIN_Z = -5600
const cells = Array.from({ length: COLUMNS * LINES }, (_, i) => {
  const x = ORIGIN_X + ((i % COLUMNS) + 0.5) * CELL
  const z = ORIGIN_Z + (Math.floor(i / COLUMNS) + 0.5) * CELL
  const near = []
  let others = 200
  for (const rock of ROCKS) {
    const gap = Math.hypot(x - rock.x, z - rock.z) - rock.radius - CELL * Math.SQRT1_2
    if (gap < CLEAR) near.push(rock)
    else others = Math.min(others, gap)
  }
  return { near, others }
})

function rocks(x, y, z) {
  const column = clamp(Math.floor((x - ORIGIN_X) / CELL), 0, COLUMNS - 1)
  const line = clamp(Math.floor((z - ORIGIN_Z) / CELL), 0, LINES - 1)
  const { near, others } = cells[line * COLUMNS + column]
  let d = others
  for (let i = 0; i < near.length; i++) {
    const rock = near[i]
    const bound = Math.max(Math.hypot(x - rock.x, z - rock.z) - rock.radius, y - rock.top)
    if (bound > d) continue
    d = Math.min(d, bound > CLEAR ? bound : rock.at(x, y, z))
  }
  return d
}

function butte(x, y, z, bx, bz, rx, rz, top) {
  const size = Math.min(rx, rz)
  const bend = size * 0.28 * fbm(x / (size * 1.1) + bx, 1.5, z / (size * 1.1), 3)
  const talus = 0.34 * size * Math.exp(-y / (top * 0.16))
  const k = Math.sqrt(((x - bx) / rx) ** 2 + ((z - bz) / rz) ** 2)
  // One step back on the way up: a lower and an upper cliff.
  const terrace = y > top * 0.62 ? size * 0.09 * smoothstep(top * 0.62, top * 0.66, y) : 0
  const side = (k - 1) * size - bend - talus + terrace + 0.04 * y
  const crown = y - top - 10 * noise(x / 50, 7, z / 50)
  if (side > 30) return Math.max(side - 18, crown - 6)
  const bays = 9 * noise(x / 34, y / 320, z / 34) + 4 * noise(x / 13, y / 160, z / 13)
  return common(side + bays - ledges(x, y, z, 9, 6) - ledges(x, y, z, 2.6, 1.3), crown, 9) * 0.92
}

function hoodoo(x, y, z, hx, hz, radius, height) {
  const share = clamp(y / height, 0, 1)
  const lean = 3 * noise(hx, y / 40, hz)
  const k = Math.hypot(x - hx - lean, z - hz)
  const waist = 1 - 0.45 * share + 0.32 * Math.exp(-((share - 0.86) ** 2) / 0.006) + 0.9 * Math.exp(-share * 9)
  const side = k - radius * waist - radius * 0.25 * noise(x / 9, y / 16, z / 9)
  return common(side - ledges(x, y, z, 5, 2.6) - 0.5 * noise(x / 2.4, y / 2.4, z / 2.4), y - height, 5) * 0.8
}

/** The natural bridge: a fin of rock over the river with a hole that the far valley is seen through. */
function bridge(x, y, z) {
  const cx = x + 22
  const cz = z + 395 - 0.2 * cx
  const rough = box(cx, y - 60, cz, 236, 100, 52)
  if (rough > 26) return rough - 12
  const top = 136 - 0.0016 * (cx + 20) ** 2 - 22 * smoothstep(70, 150, Math.abs(cx + 6)) + 6 * noise(x / 26, 2, z / 26) + 9 * noise(x / 64, 5, 1)
  const thick = 17 + 7 * noise(x / 44, y / 60, 4) + 16 * Math.exp(-y / 24) + 7 * smoothstep(80, 150, Math.abs(cx))
  let d = common(Math.max(Math.abs(cz) - thick, Math.abs(cx) - 200 + 0.25 * y + 14 * noise(1, y / 20, z / 20)), y - top, 8)
  const hole = Math.sqrt(((cx - 2 - 0.1 * y) / 96) ** 2 + ((y - 4) / (98 + 6 * noise(x / 30, 1, 1))) ** 2)
  d = carve(d, (hole - 1) * 90, 14)
  const window = Math.sqrt(((cx + 143) / 17) ** 2 + ((y - 58) / 25) ** 2)
  d = carve(d, (window - 1) * 17, 8)
  // Layers stand out from its sides alone: on its back they would float.
  const side = smoothstep(1, -7, y - top)
  return (d - side * (ledges(x, y, z, 8, 5) + ledges(x, y, z, 2.4, 1.3)) + 2.4 * noise(x / 12, y / 40, z / 12)) * 0.85
}

/** A tower with a light on a butte that stands alone: where the game is going. */
function beacon(x, y, z) {
  const bx = x - BEACON.x
  const bz = z - BEACON.z
  const tower = Math.max(Math.hypot(bx, bz) - 10 + (y - BEACON.foot) * 0.07, y - BEACON.top, BEACON.foot - y)
  return Math.min(tower, lamp(x, y, z))
}

const lamp = (x, y, z) => sphere(x - BEACON.x, y - BEACON.top - 9, z - BEACON.z, 9)

// --- its colours ---------------------------------------------------------------------------------------------------

const SAND = linear(204, 150, 112)
const SAND_DARK = linear(176, 118, 80)
const SAGE = linear(158, 156, 116)
const SAGE_DARK = linear(112, 122, 94)
const GRASS = linear(140, 124, 92)
const WET = linear(126, 92, 70)

function surface(out, x, y, z, ny) {
  const floor = Math.max(ground(x, z), 0)
  const fromRiver = Math.abs(x - riverX(z))
  if (y < floor + 4 && z > -900 && shrubs(x, y, z, floor) < 0.25 && y > floor + 0.12) {
    const tone = 0.5 + 0.5 * noise(x * 0.9, y * 0.9, z * 0.9)
    for (let c = 0; c < 3; c++) out[c] = mix(SAGE_DARK[c], SAGE[c], tone)
    return
  }
  if (rocks(x, y, z) < 0.6) {
    sandstone(out, x, y, z, 8)
    const dust = smoothstep(0.62, 0.92, ny) * 0.75
    for (let c = 0; c < 3; c++) out[c] = mix(out[c], SAND[c], dust)
    return
  }
  const patch = smoothstep(-0.2, 0.5, fbm(x / 55, 2, z / 55, 3))
  const grass = smoothstep(0.0, 0.5, noise(x / 38, 6, z / 38) + 0.9 * Math.exp(-(fromRiver - RIVER) / 26)) * 0.8
  const wet = Math.exp(-Math.max(0, fromRiver - RIVER - 1) / 3.5)
  for (let c = 0; c < 3; c++) out[c] = mix(mix(mix(SAND_DARK[c], SAND[c], patch), GRASS[c], grass), WET[c], wet)
}

/** Thin bands of cloud, lit from below by the low sun. */
function clouds(rgb, hit) {
  if (hit.dy < 0.01) return rgb
  const across = hit.dx / (hit.dy + 0.13)
  const along = -hit.dz / (hit.dy + 0.13)
  const drift = fbm(across * 0.55 + 3, 1, along * 1.5 + across * 0.35, 5) + 0.45 * fbm(across * 0.2, 4, along * 0.42, 2)
  const amount = smoothstep(0.02, 0.5, drift) * smoothstep(0.02, 0.16, hit.dy) * (1 - 0.45 * smoothstep(0.3, 0.55, hit.dy))
  const thick = smoothstep(0.2, 0.75, drift)
  const warm = Math.exp(-hit.dy * 3.2)
  const bright = [mix(0.95, 1.45, warm), mix(0.8, 0.88, warm), mix(0.84, 0.6, warm)]
  const dark = [mix(0.48, 0.8, warm), mix(0.42, 0.44, warm), mix(0.56, 0.42, warm)]
  for (let c = 0; c < 3; c++) rgb[c] = mix(rgb[c], mix(bright[c], dark[c], thick), amount * 0.78)
  return rgb
}

// --- the air -------------------------------------------------------------------------------------------------------

/** One column of air for every 8 × 8 pixels… */
const GRID = 8
/** …in this many slices… */
const SLICES = 22
/** …up to this far, metres. */
const REACH = 1600

/** Share of the air between the eye and `t` that the painted sun shines through. Far cheaper on a grid than a ray a pixel, and air is smooth. */
function lightShafts(scene) {
  const columns = new Map()
  const [sx, sy, sz] = SUN_IN_THE_PICTURE
  const ray = new Float64Array(9)
  const column = (gx, gy) => {
    const key = gy * 4096 + gx
    const known = columns.get(key)
    if (known) return known
    scene.ray(ray, gx * GRID, gy * GRID)
    const means = new Float32Array(SLICES + 1)
    let lit = 0
    let weights = 0
    for (let k = 0; k < SLICES; k++) {
      const t = REACH * ((k + 0.2 + 0.6 * hash(gx, gy, k)) / SLICES) ** 1.5
      const weight = Math.sqrt(k + 0.5)
      weights += weight
      const x = ray[3] * t
      const y = ray[4] * t
      const z = ray[5] * t
      if (march(scene, x, y, z, sx, sy, sz, 6, 900, 0.012) === Infinity) lit += weight
      means[k + 1] = lit / weights
    }
    means[0] = means[1]
    columns.set(key, means)
    return means
  }
  return (px, py, t) => {
    const gx = px / GRID
    const gy = py / GRID
    const x = Math.floor(gx)
    const y = Math.floor(gy)
    const slice = Math.min(SLICES - 1e-6, SLICES * Math.min(1, t / REACH) ** (2 / 3))
    const k = Math.floor(slice)
    const within = slice - k
    const at = (means) => mix(means[k], means[k + 1], within)
    const above = mix(at(column(x, y)), at(column(x + 1, y)), gx - x)
    const below = mix(at(column(x, y + 1)), at(column(x + 1, y + 1)), gx - x)
    return mix(above, below, gy - y)
  }
}
