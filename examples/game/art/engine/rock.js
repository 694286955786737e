// Sandstone: layers that stand out or fall back, and the colour of each.
import { hash, noise } from './noise.js'
import { linear } from './light.js'
import { clamp, mix, smoothstep } from './shapes.js'

const BANDS = [linear(184, 98, 68), linear(206, 132, 92), linear(162, 82, 62), linear(220, 166, 122), linear(192, 112, 82), linear(146, 74, 60), linear(212, 146, 110), linear(176, 92, 66)]

/** Height in layers, warped a little so that no line is straight. */
function layer(x, y, z, thickness) {
  return (y + 2.2 * thickness * noise(x / (22 * thickness), y / (30 * thickness), z / (22 * thickness))) / thickness
}

/** How far the layers stand out at a point, metres, about ±0.5 × `relief`. */
export function ledges(x, y, z, thickness, relief) {
  const at = layer(x, y, z, thickness)
  const k = Math.floor(at)
  const t = at - k
  const edge = smoothstep(0, 0.22, t)
  return relief * (mix(hash(k - 1, 7), hash(k, 7), edge) - 0.5)
}

/** Linear colour of sandstone at a point. */
export function sandstone(out, x, y, z, thickness) {
  const at = layer(x, y, z, thickness)
  const k = Math.floor(at)
  const t = smoothstep(0, 0.3, at - k)
  const a = BANDS[Math.floor(hash(k - 1, 3) * BANDS.length)]
  const b = BANDS[Math.floor(hash(k, 3) * BANDS.length)]
  const fine = 1 + 0.1 * noise(x / thickness, (y / thickness) * 5, z / thickness) + 0.08 * noise((x / thickness) * 0.2, y / thickness, (z / thickness) * 0.2)
  // Dark streaks that water left, running down.
  const streak = clamp(noise(x / (1.1 * thickness), y / (14 * thickness), z / (1.1 * thickness)) - 0.25, 0, 1)
  for (let c = 0; c < 3; c++) out[c] = mix(a[c], b[c], t) * fine * (1 - 0.55 * streak)
  return out
}
