/** Other meshers, brought to the same interface: a disparity map without gaps and budgets (fine → coarse) in, plane meshes (u px, v px, disparity) out. */
import Delatin from 'delatin'
import { MeshoptSimplifier } from 'meshoptimizer'

/** Weight of disparity against pixels in the simplifier, as a share of the width: measured best for parallax (docs/experiments.md). */
const DISPARITY_WEIGHT = 0.25

/** delatin: one greedy run, a snapshot at every budget. */
export function delatinChain({ width, height, disparity }, budgets) {
  const tin = new Delatin(disparity, width, height)
  const levels = []
  for (const budget of budgets.toReversed()) {
    while (tin.triangles.length / 3 < budget - 1 && tin.getMaxError() > 0) tin.refine()
    const count = tin.coords.length / 2
    const points = new Float32Array(count * 3)
    for (let i = 0; i < count; i++) {
      const x = tin.coords[i * 2]
      const y = tin.coords[i * 2 + 1]
      points.set([x + 0.5, y + 0.5, disparity[y * width + x]], i * 3)
    }
    levels.push({ points, triangles: facing(Uint32Array.from(tin.triangles), points), maxError: tin.getMaxError(), rmsError: tin.getRMSD() })
  }
  return levels.reverse()
}

/** meshoptimizer: every pixel a vertex, then simplify, each level from the one before. */
export async function fullGridChain({ width, height, disparity }, budgets) {
  await MeshoptSimplifier.ready
  const points = new Float32Array(width * height * 3)
  const weighted = new Float32Array(width * height * 3)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const d = disparity[y * width + x]
      points[at] = weighted[at] = x + 0.5
      points[at + 1] = weighted[at + 1] = y + 0.5
      points[at + 2] = d
      weighted[at + 2] = DISPARITY_WEIGHT * width * d
    }
  }
  let triangles = new Uint32Array((width - 1) * (height - 1) * 6)
  for (let y = 0, at = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++, at += 6) {
      const a = y * width + x
      triangles.set([a, a + width, a + 1, a + 1, a + width, a + width + 1], at)
    }
  }
  return budgets.map((budget) => {
    const [simplified] = MeshoptSimplifier.simplify(triangles, weighted, 3, Math.min(budget * 3, triangles.length), 1)
    triangles = simplified
    return { ...compact(simplified, points), maxError: NaN, rmsError: NaN }
  })
}

/** Only the vertices that are used. */
function compact(triangles, points) {
  const index = new Map()
  const used = []
  const renamed = triangles.map((vertex) => {
    if (!index.has(vertex)) {
      index.set(vertex, used.length / 3)
      used.push(points[vertex * 3], points[vertex * 3 + 1], points[vertex * 3 + 2])
    }
    return index.get(vertex)
  })
  return { points: Float32Array.from(used), triangles: renamed }
}

/** Winding as seen from the camera: counter-clockwise with v growing downward. */
function facing(triangles, points) {
  for (let i = 0; i < triangles.length; i += 3) {
    const [a, b, c] = [triangles[i] * 3, triangles[i + 1] * 3, triangles[i + 2] * 3]
    const area = (points[b] - points[a]) * (points[c + 1] - points[a + 1]) - (points[b + 1] - points[a + 1]) * (points[c] - points[a])
    if (area > 0) [triangles[i + 1], triangles[i + 2]] = [triangles[i + 2], triangles[i + 1]]
  }
  return triangles
}
