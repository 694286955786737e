/**
 * Seeded scenes that every benchmark shares. The same arguments give the same pixels on every machine.
 *
 * A scene is
 *   { name, width, height                    pixels
 *     projection                             'perspective' | 'orthographic'
 *     near, far, fovY                        metres, metres, degrees (perspective)
 *     disparity                              Float32Array, width × height, row 0 on top: 0 far … 1 near, NaN = nothing there
 *     color                                  Uint8Array, width × height × 3, RGB
 *     settings }                             what a sidecar would say
 * `depthPng(scene)` and `colorPng(scene)` are its files as an artist would save them.
 */
import sharp from 'sharp'

/** Uniform numbers in 0..1 from a 32-bit seed (mulberry32). */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** All scenes at about `size` pixels a side. */
export function allScenes(size, seed = 1) {
  return [terrain(size, seed), room(size, seed), spheres(size, seed), prop(size, seed)]
}

/** Eroded-looking hills: seven octaves of value noise, ridged in the upper half. Smooth, no jumps. */
export function terrain(size, seed = 1) {
  const noise = fractalNoise(seed)
  const disparity = new Float32Array(size * size)
  const color = new Uint8Array(size * size * 3)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const base = noise((x / size) * 4, (y / size) * 4, 7)
      const ridge = 1 - Math.abs(2 * noise((x / size) * 3 + 17, (y / size) * 3 + 5, 6) - 1)
      disparity[y * size + x] = 0.55 * base + 0.45 * base * ridge
    }
  }
  stretch(disparity)
  const grass = [70, 96, 48]
  const rock = [142, 132, 118]
  for (let i = 0; i < disparity.length; i++) {
    const right = (i + 1) % size === 0 ? i : i + 1
    const light = clamp01(0.75 + (disparity[right] - disparity[i]) * size * 0.12)
    const grain = 0.85 + 0.15 * noise((i % size) * 0.31, Math.floor(i / size) * 0.31, 2)
    for (let c = 0; c < 3; c++) color[i * 3 + c] = mix(grass[c], rock[c], disparity[i]) * light * grain
  }
  return {
    name: 'terrain', width: size, height: size, projection: 'orthographic', near: 1, far: 10, fovY: 45, disparity, color,
    settings: { projection: 'orthographic', orientation: 'ground', width: 100, relief: 18 },
  }
}

/** A ray-cast room: floor, ceiling, walls, pillars, crates and a lamp. Large planes seen at a slant, hard jumps between them. 4:3. */
export function room(size, seed = 1) {
  const random = seededRandom(seed)
  const bodies = [
    plane(1, -1.6, [128, 104, 80], 0.8),
    plane(1, 2.2, [196, 190, 178], 3),
    plane(0, -4.2, [156, 120, 100], 1.2),
    plane(0, 4.2, [156, 120, 100], 1.2),
    plane(2, -9.6, [110, 126, 140], 1.6),
    box([-2.6, -1.6, -5.4], [-2.1, 2.2, -4.9], [190, 180, 160]),
    box([2.0, -1.6, -7.2], [2.5, 2.2, -6.7], [190, 180, 160]),
    sphere([0.7, 0.6, -3.6], 0.45, [230, 190, 90]),
  ]
  for (let i = 0; i < 7; i++) {
    const side = 0.3 + 0.5 * random()
    const x = -3.2 + 6.2 * random()
    const z = -2.4 - 6.2 * random()
    bodies.push(box([x, -1.6, z - side], [x + side, -1.6 + side * (0.7 + random()), z], [90 + 120 * random(), 70 + 90 * random(), 60 + 60 * random()]))
  }
  return rayCast('room', size, Math.round(size * 0.75), 62, bodies, seed)
}

/** Spheres floating before a slanted wall: curved surfaces, long silhouettes, nothing flat. */
export function spheres(size, seed = 1) {
  const random = seededRandom(seed + 101)
  const bodies = [plane(2, -9, [88, 100, 120], 1.1), plane(1, -1.9, [120, 110, 96], 0.9)]
  for (let i = 0; i < 14; i++) {
    const z = -2 - 6 * random()
    bodies.push(sphere([(random() - 0.5) * -z * 1.1, (random() - 0.5) * -z * 0.9, z], 0.2 + 0.5 * random(), [80 + 160 * random(), 80 + 120 * random(), 70 + 120 * random()]))
  }
  return rayCast('spheres', size, size, 50, bodies, seed)
}

/** A boulder on black, as a prop artist delivers it: a relief with nothing around it. */
export function prop(size, seed = 1) {
  const noise = fractalNoise(seed + 211)
  const disparity = new Float32Array(size * size)
  const color = new Uint8Array(size * size * 3)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const u = ((x + 0.5) / size) * 2 - 1
      const v = ((y + 0.5) / size) * 2 - 1
      const radius = 0.62 + 0.3 * noise(u * 1.5 + 3, v * 1.5 + 7, 5)
      const inside = 1 - (u * u + v * v) / (radius * radius)
      const at = y * size + x
      if (inside <= 0) {
        disparity[at] = NaN
        continue
      }
      const bump = noise(u * 5 + 11, v * 5 + 2, 6)
      disparity[at] = 0.1 + 0.9 * clamp01(Math.sqrt(inside) * 0.85 + 0.15 * bump)
      for (let c = 0; c < 3; c++) color[at * 3 + c] = (96 + 70 * bump) * (c === 2 ? 0.9 : 1)
    }
  }
  return {
    name: 'prop', width: size, height: size, projection: 'orthographic', near: 1, far: 10, fovY: 45, disparity, color,
    settings: { projection: 'orthographic', width: 2, relief: 0.8, black: 'cut' },
  }
}

/** The map as a 16-bit gray PNG; level 0 where there is nothing (levels 1…65535 elsewhere then). */
export async function depthPng(scene) {
  const { width, height, disparity } = scene
  const lowest = disparity.some(Number.isNaN) ? 1 : 0
  const levels = new Uint16Array(disparity.length)
  for (let i = 0; i < levels.length; i++) levels[i] = Number.isNaN(disparity[i]) ? 0 : Math.max(lowest, Math.round(disparity[i] * 65535))
  return sharp(levels, { raw: { width, height, channels: 1 } }).toColourspace('grey16').png({ compressionLevel: 6 }).toBuffer()
}

/** The picture as an 8-bit RGB PNG. */
export async function colorPng(scene) {
  return sharp(scene.color, { raw: { width: scene.width, height: scene.height, channels: 3 } }).png({ compressionLevel: 6 }).toBuffer()
}

// --- ray casting ------------------------------------------------------------------------------------------------

/** Axis-aligned plane: coordinate `axis` equals `at`. */
function plane(axis, at, rgb, tile) {
  const normal = [0, 0, 0]
  normal[axis] = 1
  return { rgb, tile, hit: (d) => (d[axis] === 0 ? Infinity : at / d[axis]), normal: () => normal }
}

function sphere(center, radius, rgb) {
  const [cx, cy, cz] = center
  const c = cx * cx + cy * cy + cz * cz - radius * radius
  return {
    rgb,
    tile: 0.25,
    hit: (d) => {
      const a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
      const b = cx * d[0] + cy * d[1] + cz * d[2]
      const root = b * b - a * c
      return root < 0 ? Infinity : (b - Math.sqrt(root)) / a
    },
    normal: (p) => [(p[0] - cx) / radius, (p[1] - cy) / radius, (p[2] - cz) / radius],
  }
}

function box(min, max, rgb) {
  return {
    rgb,
    tile: 0.4,
    hit: (d) => {
      let enter = 0
      let leave = Infinity
      for (let axis = 0; axis < 3; axis++) {
        const a = min[axis] / d[axis]
        const b = max[axis] / d[axis]
        enter = Math.max(enter, Math.min(a, b))
        leave = Math.min(leave, Math.max(a, b))
      }
      return enter < leave && enter > 0 ? enter : Infinity
    },
    normal: (p) => {
      for (let axis = 0; axis < 3; axis++) {
        if (Math.abs(p[axis] - min[axis]) < 1e-6 || Math.abs(p[axis] - max[axis]) < 1e-6) return [0, 1, 2].map((i) => Number(i === axis))
      }
      return [0, 0, 1]
    },
  }
}

/** Looks down −Z from the origin; ray directions have z = −1, so that the ray parameter is the depth. near and far are the nearest and the farthest surface seen. */
function rayCast(name, width, height, fovY, bodies, seed) {
  const noise = fractalNoise(seed + 7)
  const halfHeight = Math.tan((fovY * Math.PI) / 360)
  const depths = new Float64Array(width * height)
  const color = new Uint8Array(width * height * 3)
  const direction = [0, 0, -1]
  let near = Infinity
  let far = 0
  for (let y = 0; y < height; y++) {
    direction[1] = (1 - (2 * (y + 0.5)) / height) * halfHeight
    for (let x = 0; x < width; x++) {
      direction[0] = ((2 * (x + 0.5)) / width - 1) * halfHeight * (width / height)
      let depth = Infinity
      let body = bodies[0]
      for (const candidate of bodies) {
        const t = candidate.hit(direction)
        if (t > 0 && t < depth) {
          depth = t
          body = candidate
        }
      }
      const at = y * width + x
      depths[at] = depth
      near = Math.min(near, depth)
      far = Math.max(far, depth)
      const p = [direction[0] * depth, direction[1] * depth, -depth]
      const n = body.normal(p)
      const light = 0.45 + 0.55 * Math.abs(n[0] * 0.3 + n[1] * 0.8 + n[2] * 0.52)
      const check = (Math.floor(p[0] / body.tile) + Math.floor(p[1] / body.tile) + Math.floor(p[2] / body.tile)) & 1 ? 1 : 0.82
      const grain = 0.8 + 0.35 * noise(p[0] * 6 + p[1] * 4, p[2] * 6 + p[1] * 5, 4)
      for (let c = 0; c < 3; c++) color[at * 3 + c] = Math.min(255, body.rgb[c] * light * check * grain)
    }
  }
  const disparity = Float32Array.from(depths, (depth) => (1 / depth - 1 / far) / (1 / near - 1 / far))
  return { name, width, height, projection: 'perspective', near, far, fovY, disparity, color, settings: { near, far, fovY } }
}

// --- noise ------------------------------------------------------------------------------------------------------

/** Value noise summed over octaves, 0..1. */
function fractalNoise(seed) {
  const random = seededRandom(seed)
  const lattice = Float32Array.from({ length: 256 * 256 }, random)
  const value = (x, y) => {
    const x0 = Math.floor(x)
    const y0 = Math.floor(y)
    const fx = smooth(x - x0)
    const fy = smooth(y - y0)
    const row0 = (y0 & 255) << 8
    const row1 = ((y0 + 1) & 255) << 8
    const top = mix(lattice[row0 | (x0 & 255)], lattice[row0 | ((x0 + 1) & 255)], fx)
    const bottom = mix(lattice[row1 | (x0 & 255)], lattice[row1 | ((x0 + 1) & 255)], fx)
    return mix(top, bottom, fy)
  }
  return (x, y, octaves) => {
    let sum = 0
    let amplitude = 0.5
    let total = 0
    for (let octave = 0; octave < octaves; octave++) {
      sum += amplitude * value(x * 2 ** octave + octave * 13.7, y * 2 ** octave + octave * 7.3)
      total += amplitude
      amplitude *= 0.5
    }
    return sum / total
  }
}

/** Stretches values to exactly 0..1, in place. */
function stretch(values) {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - low) / (high - low)
}

const clamp01 = (value) => Math.min(1, Math.max(0, value))
const mix = (a, b, t) => a + (b - a) * t
const smooth = (t) => t * t * (3 - 2 * t)
