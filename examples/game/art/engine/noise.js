// Value noise from one seeded lattice. Everything in the pictures that looks random comes from here.

const SIZE = 32
const MASK = SIZE - 1

/** Mulberry32: a small seeded generator, 0..1. */
export function seeded(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const lattice = new Float32Array(SIZE ** 3)
{
  const random = seeded(20)
  for (let i = 0; i < lattice.length; i++) lattice[i] = random() * 2 - 1
}

/** −1..1, smooth, repeats every 32 units. `periodZ`, a whole number, is where it repeats along z instead. */
export function noise(x, y, z, periodZ = SIZE) {
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const z0 = Math.floor(z)
  let u = x - x0
  let v = y - y0
  let w = z - z0
  u = u * u * (3 - 2 * u)
  v = v * v * (3 - 2 * v)
  w = w * w * (3 - 2 * w)
  const xa = x0 & MASK
  const xb = (x0 + 1) & MASK
  const ya = (y0 & MASK) * SIZE
  const yb = ((y0 + 1) & MASK) * SIZE
  const wrapped = periodZ === SIZE ? z0 & MASK : ((z0 % periodZ) + periodZ) % periodZ
  const za = (wrapped & MASK) * SIZE * SIZE
  const zb = (periodZ === SIZE ? (z0 + 1) & MASK : ((wrapped + 1) % periodZ) & MASK) * SIZE * SIZE
  const near = lattice[xa + ya + za] * (1 - u) + lattice[xb + ya + za] * u
  const up = lattice[xa + yb + za] * (1 - u) + lattice[xb + yb + za] * u
  const back = lattice[xa + ya + zb] * (1 - u) + lattice[xb + ya + zb] * u
  const far = lattice[xa + yb + zb] * (1 - u) + lattice[xb + yb + zb] * u
  const front = near * (1 - v) + up * v
  return front + (back * (1 - v) + far * v - front) * w
}

/** Octaves of noise, each twice as fine and half as strong; about −1..1. */
export function fbm(x, y, z, octaves) {
  let sum = 0
  let gain = 0.5
  for (let i = 0; i < octaves; i++) {
    sum += gain * noise(x, y, z)
    gain *= 0.5
    x = x * 2.03 + 17.1
    y = y * 2.03 + 3.7
    z = z * 2.03 + 9.2
  }
  return sum
}

/** A whole number to 0..1. */
export function hash(a, b = 0, c = 0) {
  let h = Math.imul(a | 0, 374761393) ^ Math.imul(b | 0, 668265263) ^ Math.imul(c | 0, 2147483647)
  h = Math.imul(h ^ (h >>> 13), 1274126177)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}
