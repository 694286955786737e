// One sun, one sky, one grade: every picture of the game is lit by these, so that they belong together.
import { clamp, mix, smoothstep } from './shapes.js'

const radians = Math.PI / 180

/** A unit vector; degrees to the right of straight ahead (−Z), and up. */
export function direction(azimuth, elevation) {
  const flat = Math.cos(elevation * radians)
  return [Math.sin(azimuth * radians) * flat, Math.sin(elevation * radians), -Math.cos(azimuth * radians) * flat]
}

/** Toward the light: from the left, a little ahead, so that left faces glow and shadows run to the right. */
export const SUN = direction(-58, 25)
/** Where the sun is painted: farther in, so that it is in the picture. A matte painter's licence. */
export const SUN_IN_THE_PICTURE = direction(-6.5, 4.6)

/** sRGB 0..255 to linear 0..1. */
export function linear(r, g, b) {
  return [r, g, b].map((level) => {
    const s = level / 255
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
  })
}

export const SUNLIGHT = [3.55, 2.28, 1.22]
const ZENITH = [0.33, 0.46, 0.86]
const BOUNCE = [0.5, 0.25, 0.16]

const HIGH = linear(44, 84, 150)
const MIDDLE = linear(150, 160, 188)
const LOW = linear(246, 196, 140)
const GLOW = [1.5, 0.78, 0.28]

/** Light from the sky along a unit direction. */
export function sky(out, x, y, z) {
  const up = clamp(y, 0, 1)
  const high = smoothstep(0.03, 0.55, up)
  const low = Math.exp(-up * 7.5)
  const toSun = Math.max(0, x * SUN_IN_THE_PICTURE[0] + y * SUN_IN_THE_PICTURE[1] + z * SUN_IN_THE_PICTURE[2])
  const glow = 0.34 * toSun ** 9 + 0.6 * toSun ** 60 + 2.5 * toSun ** 700
  for (let c = 0; c < 3; c++) out[c] = mix(mix(MIDDLE[c], HIGH[c], high), LOW[c], low) * 0.95 + GLOW[c] * glow
  return out
}

/** Colour of the air along a unit direction: apricot toward the sun, mauve away from it. */
export function air(out, x, y, z) {
  const toSun = Math.max(0, x * SUN_IN_THE_PICTURE[0] + Math.max(y, 0) * SUN_IN_THE_PICTURE[1] + z * SUN_IN_THE_PICTURE[2])
  const warm = 0.25 + 0.75 * toSun ** 4
  const glow = 0.34 * toSun ** 14
  out[0] = mix(0.52, 0.86, warm) + 1.0 * glow
  out[1] = mix(0.44, 0.53, warm) + 0.5 * glow
  out[2] = mix(0.52, 0.32, warm) + 0.17 * glow
  return out
}

/**
 * A matt surface under sun, sky and the light that the ground throws back.
 * @param albedo linear @param sun cosine to the sun × what of it arrives, 0..1 @param open 0..1 of the sky that is seen
 */
export function diffuse(out, albedo, nx, ny, sun, open) {
  const dome = (0.5 + 0.5 * ny) * open
  // The ground is lit from the left: what faces it, and what faces left, gets its warmth back.
  const back = clamp(0.42 - 0.38 * ny + 0.25 * -nx, 0, 1) * (0.35 + 0.65 * open)
  for (let c = 0; c < 3; c++) out[c] = albedo[c] * (SUNLIGHT[c] * sun + ZENITH[c] * dome * 0.95 + BOUNCE[c] * back * 0.62)
  return out
}

/** Linear light to the final picture, sRGB 0..1: a filmic shoulder, shadows pulled to violet, highlights to amber. */
export function grade(rgb) {
  const luma = 0.25 * rgb[0] + 0.6 * rgb[1] + 0.15 * rgb[2]
  const shade = Math.exp(-luma * 5)
  const tint = [rgb[0] * 0.98 + 0.006 * shade, rgb[1] * 0.965 + 0.003 * shade, rgb[2] * 0.98 + 0.02 * shade]
  for (let c = 0; c < 3; c++) {
    const saturated = Math.max(0, mix(luma, tint[c], 1.1)) * 0.92
    const filmic = (saturated * (2.51 * saturated + 0.03)) / (saturated * (2.43 * saturated + 0.59) + 0.14)
    const level = clamp(filmic, 0, 1)
    rgb[c] = level <= 0.0031308 ? level * 12.92 : 1.055 * level ** (1 / 2.4) - 0.055
  }
  return rgb
}
