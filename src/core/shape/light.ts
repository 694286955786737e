import { meanDepth } from './mean.js'
import { clamp, mix, smoothstep } from './numbers.js'
import type { Design, Relief, Rgb, Spot } from './relief.js'

/** Toward the sun: over the viewer's left shoulder, as painters have it. */
const SUN: Rgb = unit([-0.52, 0.62, 0.59])
const SUN_COLOR: Rgb = [2.35, 2.16, 1.86]
/** Light from above, from the horizon, and what the ground throws back. */
const ZENITH: Rgb = [0.5, 0.64, 0.92]
const HORIZON: Rgb = [0.74, 0.76, 0.78]
const GROUND: Rgb = [0.36, 0.31, 0.25]
/** What is left of the picture in `"lit"` scenes, which bring lights of their own: the bare colour, darker in corners. */
const UNLIT_CORNERS = 0.55

/** The shoulder of the tone curve makes colours stronger: this much gray takes that back. */
const SHOULDER_GRAY = 0.14

/** Directions in the picture plane along which the surface may hide the sky, and distances at which it is asked, shares of the longer side. */
const AZIMUTHS = 8
const REACHES = [0.002, 0.006, 0.015, 0.035, 0.075]
/** Elevations out of the picture plane, radians: the sky behind the shape lights its rims. */
const ELEVATIONS = [-0.5, 0, 0.45, 0.95]
/** How sharply a horizon hides what is behind it. */
const SHARPNESS = 1.6
/** Steps of a ray toward the sun; each goes farther by this factor, from this share of the longer side. */
const SHADOW_STEPS = 26
const SHADOW_GROWTH = 1.2
const SHADOW_FROM = 0.0018
/** Tangent of the sun's radius: softer than nature's. */
const SHADOW_SOFTNESS = 0.09
/** Reach of what counts as an edge or a crack: fine and broad, shares of the longer side. */
const BULGE_REACH = [0.004, 0.018]

/** 8-bit sRGB, three bytes a pixel; black where there is nothing. */
export interface LitPicture {
  width: number
  height: number
  pixels: Uint8Array
}

/** Paints a relief and lights it, from what the relief itself hides of sun and sky. `baked`: with sun and shadows; otherwise the bare colour, for scenes with lights. */
export function lightRelief(relief: Relief, paint: Design['paint'], { baked }: { baked: boolean }): LitPicture {
  const { width, height, z, pixel, left, top } = relief
  const longer = Math.max(width, height)
  const fine = bulges(relief, Math.max(1, Math.round(BULGE_REACH[0] * longer)))
  const broad = bulges(relief, Math.max(2, Math.round(BULGE_REACH[1] * longer)))
  const sky = skyDirections()
  const reaches = REACHES.map((share) => Math.max(1, Math.round(share * longer)))
  const pixels = new Uint8Array(3 * width * height)
  const spot: Spot = { x: 0, y: 0, z: 0, nx: 0, ny: 0, nz: 1, bulge: 0, open: 1, kind: 0, tone: 0 }
  const light: Rgb = [0, 0, 0]
  const rgb: Rgb = [0, 0, 0]

  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++, i++) {
      const here = z[i]
      if (here === -Infinity) continue
      // (1) The normal.
      const toLeft = column > 0 ? z[i - 1] : -Infinity
      const toRight = column < width - 1 ? z[i + 1] : -Infinity
      const above = row > 0 ? z[i - width] : -Infinity
      const below = row < height - 1 ? z[i + width] : -Infinity
      const gx = slope(toLeft, here, toRight) / pixel
      const gy = slope(below, here, above) / pixel
      const length = Math.sqrt(gx * gx + gy * gy + 1)
      spot.nx = -gx / length
      spot.ny = -gy / length
      spot.nz = 1 / length

      // (2) The sky, less what stands in its way.
      light.fill(0)
      let seen = 0
      let whole = 0
      for (const { dx, dy, samples } of sky) {
        let steepest = -Infinity
        for (const reach of reaches) {
          const atX = column + Math.round(dx * reach)
          const atY = row - Math.round(dy * reach)
          if (atX < 0 || atY < 0 || atX >= width || atY >= height) break
          const rise = (z[atY * width + atX] - here) / (reach * pixel)
          if (rise > steepest) steepest = rise
        }
        for (const { x, y, z: out, tangent, color } of samples) {
          const facing = spot.nx * x + spot.ny * y + spot.nz * out
          if (facing <= 0) continue
          const visible = clamp(0.5 + (tangent - steepest) * SHARPNESS, 0, 1)
          whole += facing
          seen += facing * visible
          light[0] += facing * visible * color[0]
          light[1] += facing * visible * color[1]
          light[2] += facing * visible * color[2]
        }
      }
      spot.open = whole > 0 ? seen / whole : 1

      // (3) The sun.
      const sun = baked ? sunAt(relief, column, row, spot) : 0

      // (4) The paint under it.
      spot.x = left + (column + 0.5) * pixel
      spot.y = top - (row + 0.5) * pixel
      spot.z = here
      spot.bulge = clamp(0.6 * fine[i] + 0.6 * broad[i], -1, 1)
      spot.kind = relief.kind[i]
      spot.tone = relief.tone[i]
      paint(spot, rgb)
      const gray = 0.25 * rgb[0] + 0.6 * rgb[1] + 0.15 * rgb[2]
      for (let c = 0; c < 3; c++) {
        const lit = baked ? filmic(mix(rgb[c], gray, SHOULDER_GRAY) * (light[c] + SUN_COLOR[c] * sun)) : rgb[c] * mix(UNLIT_CORNERS, 1, spot.open)
        pixels[3 * i + c] = Math.round(255 * srgb(lit))
      }
    }
  }
  return { width, height, pixels }
}

/** Rise over two pixels; beside a jump, over the one on the nearer side. */
function slope(before: number, here: number, after: number): number {
  if (before === -Infinity && after === -Infinity) return 0
  if (before === -Infinity) return after - here
  if (after === -Infinity) return here - before
  return (after - before) / 2
}

interface SkySample extends Record<'x' | 'y' | 'z', number> {
  tangent: number
  color: Rgb
}

function skyDirections(): { dx: number; dy: number; samples: SkySample[] }[] {
  const directions: { dx: number; dy: number; samples: SkySample[] }[] = []
  for (let a = 0; a < AZIMUTHS; a++) {
    const turn = ((a + 0.5) / AZIMUTHS) * 2 * Math.PI
    const dx = Math.cos(turn)
    const dy = Math.sin(turn)
    const samples = ELEVATIONS.map((elevation) => {
      const flat = Math.cos(elevation)
      const y = dy * flat
      const color: Rgb = [0, 0, 0]
      const high = smoothstep(0, 0.9, y)
      const low = smoothstep(0.1, -0.6, y)
      // Weighted by its share of the sphere; together they make 1 on a surface that faces the viewer.
      for (let c = 0; c < 3; c++) color[c] = (mix(mix(HORIZON[c], ZENITH[c], high), GROUND[c], low) * flat) / (AZIMUTHS * 1.05)
      return { x: dx * flat, y, z: Math.sin(elevation), tangent: Math.tan(elevation), color }
    })
    directions.push({ dx, dy, samples })
  }
  return directions
}

/** Cosine to the sun × what of it arrives, 0..1. */
function sunAt({ width, height, z, pixel }: Relief, column: number, row: number, { nx, ny, nz }: Spot): number {
  const facing = nx * SUN[0] + ny * SUN[1] + nz * SUN[2]
  if (facing <= 0) return 0
  const flat = Math.sqrt(SUN[0] * SUN[0] + SUN[1] * SUN[1])
  const rise = SUN[2] / flat
  const dx = SUN[0] / flat
  const dy = SUN[1] / flat
  let along = Math.max(1.5, SHADOW_FROM * Math.max(width, height))
  const here = z[row * width + column] + nz * 0.5 * pixel
  let lit = 1
  for (let step = 0; step < SHADOW_STEPS && lit > 0; step++, along *= SHADOW_GROWTH) {
    const x = Math.round(column + dx * along)
    const y = Math.round(row - dy * along)
    if (x < 0 || y < 0 || x >= width || y >= height) break
    const clear = (here + rise * along * pixel - z[y * width + x]) / (along * pixel)
    lit = Math.min(lit, 0.5 + clear / (2 * SHADOW_SOFTNESS * (1 + rise)))
  }
  lit = clamp(lit, 0, 1)
  return facing * lit * lit * (3 - 2 * lit)
}

/** How far each pixel stands out of the mean of the square around it, as a share of that square's half side, −1..1. */
function bulges(relief: Relief, reach: number): Float32Array {
  const means = meanDepth(relief, reach)
  return means.map((mean, i) => (mean === -Infinity ? 0 : clamp((3 * (relief.z[i] - mean)) / (reach * relief.pixel), -1, 1)))
}

/** Linear light to 0..1 with a shoulder (the fit of ACES by Krzysztof Narkowicz, 2016). */
function filmic(value: number): number {
  const x = 0.54 * value
  return clamp((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
}

/** Linear 0..1 to sRGB 0..1. */
function srgb(value: number): number {
  const x = clamp(value, 0, 1)
  return x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055
}

function unit([x, y, z]: Rgb): Rgb {
  const length = Math.sqrt(x * x + y * y + z * z)
  return [x / length, y / length, z / length]
}
