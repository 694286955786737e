import { gatherCorners } from '../../../../src/core/mesh/pixels/batch.js'
import type { Fit, Solving } from '../../../../src/core/mesh/pixels/fit.js'
import { BATCH, type PixelLoops } from '../../../../src/core/mesh/pixels/pixels.js'
import type { Surface } from '../../../../src/core/mesh/surface/surface.js'

/** How strongly vertices hold to where they were, in pixels: enough for those that no pixel speaks for. */
const HOLD = 1e-3

/** `solveDisparity` in plain TypeScript: what the compiled one is held to, to the bit. */
export function solvePlainly({ points, triangles }: Surface, loops: Pick<PixelLoops, 'corners' | 'sums' | 'moments'>, { steps, low, high, changed }: Solving, before?: Fit): Fit {
  const vertices = points.length / 3
  const count = triangles.length / 3
  // (1) Per triangle: Σλᵢλⱼ and Σλᵢ·off over its pixels, from the sums of 1, x, y, x², xy, y² and of off, off·x, off·y: λ is affine.
  const { local, rest, squares } = before ?? { local: new Float64Array(6 * count), rest: new Float64Array(3 * count), squares: new Float64Array(count) }
  const { corners, sums } = loops
  const looked = new Int32Array(BATCH)
  for (let t = 0; t < count; ) {
    let n = 0
    for (; n < BATCH && t < count; t++) {
      if (changed?.[t] === 0) continue
      gatherCorners(corners, points, triangles, 3 * t, 3 * t + 3, 9 * n)
      looked[n++] = t
    }
    loops.moments(n)
    for (let i = 0; i < n; i++) fitTriangle(looked[i], i, corners, sums, { local, rest, squares })
  }
  const residual = new Float64Array(vertices)
  const diagonal = new Float64Array(vertices).fill(HOLD)
  for (let t = 0, m = 0; t < 3 * count; t += 3, m += 6) {
    const a = triangles[t]
    const b = triangles[t + 1]
    const c = triangles[t + 2]
    diagonal[a] += local[m]
    diagonal[b] += local[m + 1]
    diagonal[c] += local[m + 2]
    residual[a] += rest[t]
    residual[b] += rest[t + 1]
    residual[c] += rest[t + 2]
  }

  // (2) Conjugate gradients for the change of every vertex, preconditioned by the diagonal.
  const change = new Float64Array(vertices)
  const direction = new Float64Array(vertices)
  const product = new Float64Array(vertices)
  let energy = 0
  for (let v = 0; v < vertices; v++) {
    direction[v] = residual[v] / diagonal[v]
    energy += residual[v] * direction[v]
  }
  const enough = energy * 1e-6
  for (let step = 0; step < steps && energy > enough; step++) {
    for (let v = 0; v < vertices; v++) product[v] = HOLD * direction[v]
    for (let t = 0, m = 0; t < 3 * count; t += 3, m += 6) {
      const a = triangles[t]
      const b = triangles[t + 1]
      const c = triangles[t + 2]
      const da = direction[a]
      const db = direction[b]
      const dc = direction[c]
      product[a] += local[m] * da + local[m + 3] * db + local[m + 5] * dc
      product[b] += local[m + 3] * da + local[m + 1] * db + local[m + 4] * dc
      product[c] += local[m + 5] * da + local[m + 4] * db + local[m + 2] * dc
    }
    let along = 0
    for (let v = 0; v < vertices; v++) along += direction[v] * product[v]
    if (!(along > 0)) break
    const stride = energy / along
    let next = 0
    for (let v = 0; v < vertices; v++) {
      change[v] += stride * direction[v]
      residual[v] -= stride * product[v]
      next += (residual[v] * residual[v]) / diagonal[v]
    }
    const keep = next / energy
    for (let v = 0; v < vertices; v++) direction[v] = residual[v] / diagonal[v] + keep * direction[v]
    energy = next
  }
  for (let v = 0; v < vertices; v++) {
    const before = points[3 * v + 2]
    points[3 * v + 2] = Math.min(high, Math.max(low, before + change[v]))
    change[v] = points[3 * v + 2] - before
  }

  // (3) What is off then.
  for (let t = 0, m = 0; t < 3 * count; t += 3, m += 6) {
    const da = change[triangles[t]]
    const db = change[triangles[t + 1]]
    const dc = change[triangles[t + 2]]
    const offA = local[m] * da + local[m + 3] * db + local[m + 5] * dc
    const offB = local[m + 3] * da + local[m + 1] * db + local[m + 4] * dc
    const offC = local[m + 5] * da + local[m + 4] * db + local[m + 2] * dc
    squares[m / 6] += da * (offA - 2 * rest[t]) + db * (offB - 2 * rest[t + 1]) + dc * (offC - 2 * rest[t + 2])
    rest[t] -= offA
    rest[t + 1] -= offB
    rest[t + 2] -= offC
  }
  return { local, rest, squares }
}

/** Triangle `t` of the fit, from the sums over the pixels of the `i`-th that was looked at. */
function fitTriangle(t: number, i: number, corners: Float64Array, sums: Float64Array, { local, rest, squares }: Fit): void {
  const at = 9 * i
  const from = 10 * i
  const n = sums[from], sx = sums[from + 1], sy = sums[from + 2], sxx = sums[from + 3], sxy = sums[from + 4], syy = sums[from + 5]
  const r = sums[from + 6], rx = sums[from + 7], ry = sums[from + 8]
  squares[t] = sums[from + 9]
  if (n === 0) {
    local.fill(0, 6 * t, 6 * t + 6)
    rest.fill(0, 3 * t, 3 * t + 3)
    return
  }
  const bx = corners[at + 3] - corners[at]
  const by = corners[at + 4] - corners[at + 1]
  const cx = corners[at + 6] - corners[at]
  const cy = corners[at + 7] - corners[at + 1]
  const area = bx * cy - by * cx
  // λb = bX·dx + bY·dy, λc = cX·dx + cY·dy, λa = 1 − λb − λc
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
  local[6 * t] = n - 2 * sb - 2 * sc + bb + cc + 2 * bc
  local[6 * t + 1] = bb
  local[6 * t + 2] = cc
  local[6 * t + 3] = sb - bb - bc
  local[6 * t + 4] = bc
  local[6 * t + 5] = sc - cc - bc
  rest[3 * t] = r - rb - rc
  rest[3 * t + 1] = rb
  rest[3 * t + 2] = rc
}
