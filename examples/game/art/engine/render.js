// Marches rays through a scene of signed distances: colour with smooth edges, depth with hard ones.
import { SUN } from './light.js'
import { clamp } from './shapes.js'

const MAX_STEPS = 420
/** A pixel gets 2 × 2 rays when it differs this much (0..1 after grading) from its neighbour… */
const EDGE_CONTRAST = 0.05
/** …and 4 × 4 when its depth does by this share: a silhouette. */
const EDGE_DEPTH = 0.02
/** Depth under a soft edge is the nearest of its rays: colour there is half foreground, so it belongs to the foreground. */
const NEAR_SIDE = 0.02

/**
 * Renders rows y0 … y1 of a scene.
 *
 * A scene has: `width`, `height` (px), `ray(ray, px, py)` (sets `ray` = [ox, oy, oz, dx, dy, dz, depth per unit of t, tMin, tMax]; d is a unit vector),
 * `distance(x, y, z)`, `step` (share of the distance that a step may go), `shade(rgb, hit)` (graded colour, 0..1), `miss(rgb, hit)`.
 * Gives `rgb` 0..1 and `depth` along the axis, Infinity where nothing is.
 */
export function renderRows(scene, y0, y1) {
  const { width } = scene
  const top = Math.max(0, y0 - 1)
  const bottom = Math.min(scene.height, y1 + 1)
  const rows = bottom - top
  const rgb = new Float32Array(width * rows * 3)
  const depth = new Float32Array(width * rows)
  const sample = new Float64Array(3)
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      depth[i] = trace(scene, x + 0.5, y + top + 0.5, sample)
      rgb.set(sample, i * 3)
    }
  }

  const fineRgb = rgb.slice((y0 - top) * width * 3, (y1 - top) * width * 3)
  const fineDepth = depth.slice((y0 - top) * width, (y1 - top) * width)
  for (let y = y0; y < y1; y++) {
    for (let x = 0; x < width; x++) {
      const fine = raysWanted(rgb, depth, width, rows, x, y - top)
      if (fine === 1) continue
      const sum = [0, 0, 0]
      let hits = 0
      let nearest = Infinity
      for (let k = 0; k < fine * fine; k++) {
        const found = trace(scene, x + ((k % fine) + 0.5) / fine, y + (Math.floor(k / fine) + 0.5) / fine, sample)
        // On black there is no background to mix with: only rays that hit count.
        if (scene.cutOut && found === Infinity) continue
        hits++
        nearest = Math.min(nearest, found)
        for (let c = 0; c < 3; c++) sum[c] += sample[c] * sample[c]
      }
      const i = (y - y0) * width + x
      if (hits > 0) for (let c = 0; c < 3; c++) fineRgb[i * 3 + c] = Math.sqrt(sum[c] / hits)
      const centre = depth[(y - top) * width + x]
      if (nearest < centre * (1 - NEAR_SIDE) || centre === Infinity) fineDepth[i] = nearest
    }
  }
  return { rgb: fineRgb, depth: fineDepth }
}

/** Rays a side of a pixel. */
function raysWanted(rgb, depth, width, rows, x, y) {
  const i = y * width + x
  let wanted = 1
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    const nx = x + dx
    const ny = y + dy
    if (nx < 0 || ny < 0 || nx >= width || ny >= rows) continue
    const j = ny * width + nx
    const a = depth[i]
    const b = depth[j]
    if (a !== b && !(Math.abs(a - b) <= EDGE_DEPTH * Math.min(a, b))) return 4
    for (let c = 0; c < 3; c++) if (Math.abs(rgb[i * 3 + c] - rgb[j * 3 + c]) > EDGE_CONTRAST) wanted = 2
  }
  return wanted
}

const ray = new Float64Array(9)
const hit = { x: 0, y: 0, z: 0, nx: 0, ny: 0, nz: 0, dx: 0, dy: 0, dz: 0, t: 0, px: 0, py: 0, depth: 0 }

function trace(scene, px, py, rgb) {
  scene.ray(ray, px, py)
  const [ox, oy, oz, dx, dy, dz, depthPerUnit, tMin, tMax] = ray
  hit.dx = dx
  hit.dy = dy
  hit.dz = dz
  hit.px = px
  hit.py = py
  const t = march(scene, ox, oy, oz, dx, dy, dz, tMin, tMax, scene.pixelCone ?? 0)
  if (t === Infinity) {
    hit.t = tMax
    hit.depth = Infinity
    scene.miss(rgb, hit)
    return Infinity
  }
  hit.t = t
  hit.x = ox + dx * t
  hit.y = oy + dy * t
  hit.z = oz + dz * t
  hit.depth = t * depthPerUnit
  normal(scene, hit, Math.max(scene.detail ?? 0.01, t * (scene.pixelCone ?? 0)))
  scene.shade(rgb, hit)
  return hit.depth
}

/** Distance along a ray to the surface, Infinity when it is missed. `cone`: radius of a pixel per unit of t. */
export function march(scene, ox, oy, oz, dx, dy, dz, tMin, tMax, cone) {
  let t = tMin
  for (let i = 0; i < MAX_STEPS && t < tMax; i++) {
    const d = scene.distance(ox + dx * t, oy + dy * t, oz + dz * t)
    if (d < 0.0012 + cone * t * 0.5) return t
    t += d * scene.step
  }
  return t < tMax ? t : Infinity
}

/** Tetrahedral differences over `e` metres, which is about a pixel, so that detail finer than that does not sparkle. */
function normal(scene, out, e) {
  const { x, y, z } = out
  const a = scene.distance(x + e, y - e, z - e)
  const b = scene.distance(x - e, y - e, z + e)
  const c = scene.distance(x - e, y + e, z - e)
  const d = scene.distance(x + e, y + e, z + e)
  const nx = a - b - c + d
  const ny = -a - b + c + d
  const nz = -a + b - c + d
  const length = Math.sqrt(nx * nx + ny * ny + nz * nz) || 1
  out.nx = nx / length
  out.ny = ny / length
  out.nz = nz / length
}

/** Cosine to the sun × what of it arrives at a hit, 0..1; `softness`: tangent of the sun's radius, larger than in nature. `from`, `reach`: metres. */
export function sunlight(scene, { x, y, z, nx, ny, nz }, from, reach, softness) {
  const [sx, sy, sz] = scene.sun ?? SUN
  const facing = nx * sx + ny * sy + nz * sz
  if (facing <= 0) return 0
  const ox = x + nx * from * 0.25
  const oy = y + ny * from * 0.25
  const oz = z + nz * from * 0.25
  let lit = 1
  let t = from
  for (let i = 0; i < 90 && t < reach; i++) {
    const d = scene.distance(ox + sx * t, oy + sy * t, oz + sz * t)
    lit = Math.min(lit, 0.5 + (0.5 * d) / (softness * t))
    if (lit <= 0) return 0
    t += clamp(d * 0.8, from * 0.5, reach * 0.08)
  }
  return facing * lit * lit * (3 - 2 * lit)
}

/** 0..1 of the sky that is seen, judged by how fast the surface recedes along the normal. `reach`: metres. */
export function openness(scene, h, reach) {
  let closed = 0
  let weight = 1
  let total = 0
  for (let i = 1; i <= 6; i++) {
    const at = (reach * i * i) / 36
    const d = scene.distance(h.x + h.nx * at, h.y + h.ny * at, h.z + h.nz * at)
    closed += weight * clamp(1 - d / at, 0, 1)
    total += weight
    weight *= 0.82
  }
  const open = 1 - closed / total
  return open * open
}

/** A camera at the origin that looks down −Z, as the sidecar tells it. */
export function perspective(width, height, fovY, near, far) {
  const pixel = (2 * Math.tan((fovY * Math.PI) / 360)) / height
  return {
    pixelCone: pixel * 0.5,
    ray(out, px, py) {
      const x = (px - width / 2) * pixel
      const y = -(py - height / 2) * pixel
      const length = Math.sqrt(x * x + y * y + 1)
      out[0] = 0
      out[1] = 0
      out[2] = 0
      out[3] = x / length
      out[4] = y / length
      out[5] = -1 / length
      out[6] = 1 / length
      out[7] = near * length * 0.5
      out[8] = far * length
    },
  }
}

/** A view along −Z without perspective: `across` metres wide, from z = `relief` down to 0, the picture's bottom at y = 0. */
export function upright(width, height, across, relief) {
  const pixel = across / width
  return {
    width,
    height,
    pixelCone: 0,
    detail: pixel * 0.7,
    cutOut: true,
    level: (depth) => (depth === Infinity ? 0 : Math.max(1 / 65535, 1 - depth / relief)),
    ray(out, px, py) {
      out[0] = px * pixel - across / 2
      out[1] = (height - py) * pixel
      out[2] = relief
      out[3] = 0
      out[4] = 0
      out[5] = -1
      out[6] = 1
      out[7] = 0.001
      out[8] = relief
    },
    miss: (rgb) => rgb.fill(0),
  }
}
