// Least squares for a surface's disparities: test/core/mesh/refine/plain-solve.ts again, statement by statement.

import { moments } from './fit'

/** As in plain-solve.ts. */
const HOLD: f64 = 1e-3

/** Triangles looked at a time; their corners, sums and numbers. */
const BATCH = 128
const corners = memory.data(72 * 128, 16)
const sums = memory.data(80 * 128, 16)
const looked = memory.data(4 * 128, 16)

let points: usize = 0
let triangles: usize = 0
let vertexCount: i32 = 0
let triangleCount: i32 = 0
let local: usize = 0
let rest: usize = 0
let squares: usize = 0
/** A number a vertex each. */
let change: usize = 0
let direction: usize = 0
let product: usize = 0
let residual: usize = 0
let diagonal: usize = 0

/** Where a surface lies (points: three f32 a vertex; triangles: three i32) and where there is room for what is said of it; `vectors`: five f64 a vertex. */
export function useSurface(pointsAt: usize, vertices: i32, trianglesAt: usize, count: i32, localAt: usize, restAt: usize, squaresAt: usize, vectors: usize): void {
  points = pointsAt
  vertexCount = vertices
  triangles = trianglesAt
  triangleCount = count
  local = localAt
  rest = restAt
  squares = squaresAt
  change = vectors
  direction = change + (<usize>vertices << 3)
  product = direction + (<usize>vertices << 3)
  residual = product + (<usize>vertices << 3)
  diagonal = residual + (<usize>vertices << 3)
}

/** What the pixels say of the triangles that have changed (a byte each; 0: of all). */
export function fitTriangles(changed: usize): void {
  let n = 0
  for (let t = 0; t < triangleCount; t++) {
    if (changed != 0 && load<u8>(changed + t) == 0) continue
    const at = triangles + <usize>t * 12
    const to = corners + <usize>n * 72
    for (let k: usize = 0; k < 3; k++) {
      const p = points + <usize>load<u32>(at + (k << 2)) * 12
      store<f64>(to + k * 24, <f64>load<f32>(p))
      store<f64>(to + k * 24, <f64>load<f32>(p, 4), 8)
      store<f64>(to + k * 24, <f64>load<f32>(p, 8), 16)
    }
    store<i32>(looked + (<usize>n << 2), t)
    if (++n < BATCH) continue
    fitLooked(n)
    n = 0
  }
  fitLooked(n)
}

function fitLooked(count: i32): void {
  moments(corners, count, sums)
  for (let i = 0; i < count; i++) {
    const at = corners + <usize>i * 72
    const from = sums + <usize>i * 80
    const t = <usize>load<i32>(looked + (<usize>i << 2))
    const own = local + t * 48
    const off = rest + t * 24
    const n = load<f64>(from), sx = load<f64>(from, 8), sy = load<f64>(from, 16), sxx = load<f64>(from, 24), sxy = load<f64>(from, 32), syy = load<f64>(from, 40)
    const r = load<f64>(from, 48), rx = load<f64>(from, 56), ry = load<f64>(from, 64)
    store<f64>(squares + (t << 3), load<f64>(from, 72))
    if (n == 0) {
      memory.fill(own, 0, 48)
      memory.fill(off, 0, 24)
      continue
    }
    const bx = load<f64>(at, 24) - load<f64>(at)
    const by = load<f64>(at, 32) - load<f64>(at, 8)
    const cx = load<f64>(at, 48) - load<f64>(at)
    const cy = load<f64>(at, 56) - load<f64>(at, 8)
    const area = bx * cy - by * cx
    const bX = cy / area
    const bY = -cx / area
    const cX = -by / area
    const cY = bx / area
    const sb = bX * sx + bY * sy
    const sc = cX * sx + cY * sy
    const bb = bX * bX * sxx + 2 * bX * bY * sxy + bY * bY * syy
    const cc = cX * cX * sxx + 2 * cX * cY * sxy + cY * cY * syy
    const bc = bX * cX * sxx + (bX * cY + bY * cX) * sxy + bY * cY * syy
    const rb = bX * rx + bY * ry
    const rc = cX * rx + cY * ry
    store<f64>(own, n - 2 * sb - 2 * sc + bb + cc + 2 * bc)
    store<f64>(own, bb, 8)
    store<f64>(own, cc, 16)
    store<f64>(own, sb - bb - bc, 24)
    store<f64>(own, bc, 32)
    store<f64>(own, sc - cc - bc, 40)
    store<f64>(off, r - rb - rc)
    store<f64>(off, rb, 8)
    store<f64>(off, rc, 16)
  }
}

// @ts-ignore: decorator
@inline
function add(to: usize, value: f64): void {
  store<f64>(to, load<f64>(to) + value)
}

/** Conjugate gradients for the change of every vertex, which is kept between `low` and `high`; then what is off. */
export function solve(steps: i32, low: f64, high: f64): void {
  const end = <usize>vertexCount << 3
  const endOfTriangles = triangles + <usize>triangleCount * 12
  memory.fill(change, 0, end)
  memory.fill(residual, 0, end)
  for (let v: usize = 0; v < end; v += 8) store<f64>(diagonal + v, HOLD)
  for (let t = triangles, m = local, o = rest; t < endOfTriangles; t += 12, m += 48, o += 24) {
    const a = <usize>load<u32>(t) << 3, b = <usize>load<u32>(t, 4) << 3, c = <usize>load<u32>(t, 8) << 3
    add(diagonal + a, load<f64>(m))
    add(diagonal + b, load<f64>(m, 8))
    add(diagonal + c, load<f64>(m, 16))
    add(residual + a, load<f64>(o))
    add(residual + b, load<f64>(o, 8))
    add(residual + c, load<f64>(o, 16))
  }
  let energy: f64 = 0
  for (let v: usize = 0; v < end; v += 8) {
    const pull = load<f64>(residual + v)
    const first = pull / load<f64>(diagonal + v)
    store<f64>(direction + v, first)
    energy += pull * first
  }
  const enough = energy * 1e-6
  for (let step = 0; step < steps && energy > enough; step++) {
    for (let v: usize = 0; v < end; v += 8) store<f64>(product + v, HOLD * load<f64>(direction + v))
    for (let t = triangles, m = local; t < endOfTriangles; t += 12, m += 48) {
      const a = <usize>load<u32>(t) << 3, b = <usize>load<u32>(t, 4) << 3, c = <usize>load<u32>(t, 8) << 3
      const da = load<f64>(direction + a), db = load<f64>(direction + b), dc = load<f64>(direction + c)
      const aa = load<f64>(m), bb = load<f64>(m, 8), cc = load<f64>(m, 16), ab = load<f64>(m, 24), bc = load<f64>(m, 32), ca = load<f64>(m, 40)
      add(product + a, aa * da + ab * db + ca * dc)
      add(product + b, ab * da + bb * db + bc * dc)
      add(product + c, ca * da + bc * db + cc * dc)
    }
    let along: f64 = 0
    for (let v: usize = 0; v < end; v += 8) along += load<f64>(direction + v) * load<f64>(product + v)
    if (!(along > 0)) break
    const stride = energy / along
    let next: f64 = 0
    for (let v: usize = 0; v < end; v += 8) {
      store<f64>(change + v, load<f64>(change + v) + stride * load<f64>(direction + v))
      const left = load<f64>(residual + v) - stride * load<f64>(product + v)
      store<f64>(residual + v, left)
      next += (left * left) / load<f64>(diagonal + v)
    }
    const keep = next / energy
    for (let v: usize = 0; v < end; v += 8) store<f64>(direction + v, load<f64>(residual + v) / load<f64>(diagonal + v) + keep * load<f64>(direction + v))
    energy = next
  }
  for (let v: usize = 0, p = points; v < end; v += 8, p += 12) {
    const before = load<f32>(p, 8)
    const after = <f32>min(high, max(low, <f64>before + load<f64>(change + v)))
    store<f32>(p, after, 8)
    store<f64>(change + v, <f64>after - <f64>before)
  }
  for (let t = triangles, m = local, o = rest, s = squares; t < endOfTriangles; t += 12, m += 48, o += 24, s += 8) {
    const da = load<f64>(change + (<usize>load<u32>(t) << 3)), db = load<f64>(change + (<usize>load<u32>(t, 4) << 3)), dc = load<f64>(change + (<usize>load<u32>(t, 8) << 3))
    const aa = load<f64>(m), bb = load<f64>(m, 8), cc = load<f64>(m, 16), ab = load<f64>(m, 24), bc = load<f64>(m, 32), ca = load<f64>(m, 40)
    const offA = aa * da + ab * db + ca * dc
    const offB = ab * da + bb * db + bc * dc
    const offC = ca * da + bc * db + cc * dc
    const restA = load<f64>(o), restB = load<f64>(o, 8), restC = load<f64>(o, 16)
    store<f64>(s, load<f64>(s) + (da * (offA - 2 * restA) + db * (offB - 2 * restB) + dc * (offC - 2 * restC)))
    store<f64>(o, restA - offA)
    store<f64>(o, restB - offB, 8)
    store<f64>(o, restC - offC, 16)
  }
}
