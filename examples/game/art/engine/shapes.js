// Signed distances, metres: negative inside.

export const clamp = (value, min, max) => (value < min ? min : value > max ? max : value)
export const mix = (a, b, share) => a + (b - a) * share

export function smoothstep(from, to, value) {
  const t = clamp((value - from) / (to - from), 0, 1)
  return t * t * (3 - 2 * t)
}

/** Union with a fillet of radius about `k`. */
export function blend(a, b, k) {
  const h = Math.max(k - Math.abs(a - b), 0) / k
  return Math.min(a, b) - h * h * k * 0.25
}

/** `a` without `b`, the new edge rounded. */
export function carve(a, b, k) {
  return -blend(-a, b, k)
}

/** Intersection, rounded. */
export function common(a, b, k) {
  return -blend(-a, -b, k)
}

export function box(x, y, z, hx, hy, hz, round = 0) {
  const qx = Math.abs(x) - hx + round
  const qy = Math.abs(y) - hy + round
  const qz = Math.abs(z) - hz + round
  const ox = Math.max(qx, 0)
  const oy = Math.max(qy, 0)
  const oz = Math.max(qz, 0)
  return Math.sqrt(ox * ox + oy * oy + oz * oz) + Math.min(Math.max(qx, qy, qz), 0) - round
}

export const sphere = (x, y, z, radius) => Math.sqrt(x * x + y * y + z * z) - radius

/** An ellipsoid; a bound rather than a distance far away. */
export function ellipsoid(x, y, z, rx, ry, rz) {
  const k0 = Math.sqrt((x / rx) ** 2 + (y / ry) ** 2 + (z / rz) ** 2)
  const k1 = Math.sqrt((x / (rx * rx)) ** 2 + (y / (ry * ry)) ** 2 + (z / (rz * rz)) ** 2)
  return k1 < 1e-9 ? -Math.min(rx, ry, rz) : (k0 * (k0 - 1)) / k1
}

/** A cone with round ends, from a (radius ra) to b (radius rb). */
export function limb(x, y, z, ax, ay, az, bx, by, bz, ra, rb) {
  const dx = bx - ax
  const dy = by - ay
  const dz = bz - az
  const t = clamp(((x - ax) * dx + (y - ay) * dy + (z - az) * dz) / (dx * dx + dy * dy + dz * dz), 0, 1)
  return sphere(x - ax - dx * t, y - ay - dy * t, z - az - dz * t, mix(ra, rb, t))
}

/** A vertical prism over a circle or ellipse of radii rx, rz, flat on top. */
export function drum(x, y, z, rx, rz, top) {
  const k = Math.sqrt((x / rx) ** 2 + (z / rz) ** 2)
  const side = (k - 1) * Math.min(rx, rz)
  return Math.max(side, y - top)
}
