import { coverTriangle, createSpans } from './spans.js'
import type { RefinableSurface } from './refine.js'
import type { Mesh } from './unproject.js'

/** Where a place of a surface's own picture lies in the picture that it wears: writes u, v to `out`. All 0..1, origin top left. */
export type Bend = (u: number, v: number, out: Float64Array) => void

/** Places along the longer side at which slip is looked at: 37,000 at most tell the 99th percentile to a few hundredths. */
const PLACES = 192

/** How far a picture slips, pixels of the map. */
export interface BentSlip {
  /** The largest found. */
  max: number
  /** 99 of 100 places slip by less. */
  p99: number
}

/**
 * The surface with UVs into a picture that is bent into its own, instead of UVs into a bent copy.
 *
 * @param map its size, pixels.
 * @param step UVs are rounded to pixel centres and parts of pixels as large as this: a power of two. They take a third of a byte a triangle less for each bit.
 */
export function bendUvs(mesh: Mesh, bend: Bend, { map, step }: { map: { width: number; height: number }; step: number }): Mesh {
  const uvs = new Float32Array(mesh.uvs.length)
  const out = new Float64Array(2)
  const rounded = (share: number, pixels: number): number => (Math.round((share * pixels - 0.5) / step) * step + 0.5) / pixels
  for (let i = 0; i < uvs.length; i += 2) {
    bend(mesh.uvs[i], mesh.uvs[i + 1], out)
    uvs[i] = rounded(out[0], map.width)
    uvs[i + 1] = rounded(out[1], map.height)
  }
  return { ...mesh, uvs }
}

/**
 * How far a bent picture slips on a surface: renderers interpolate UVs linearly inside each triangle, while the picture bends there too.
 *
 * @param surface in pixels of the map.
 * @param map its size, pixels.
 */
export function bentSlip({ points, triangles }: RefinableSurface, { width, height }: { width: number; height: number }, bend: Bend): BentSlip {
  const scale = Math.min(1, PLACES / Math.max(width, height))
  const [columns, rows] = [Math.ceil(width * scale), Math.ceil(height * scale)]
  const spans = createSpans(rows)
  const slips = new Float32Array(columns * rows * 2)
  let count = 0
  const out = new Float64Array(2)
  const at = (vertex: number): [x: number, y: number, u: number, v: number] => {
    const [x, y] = [points[3 * vertex], points[3 * vertex + 1]]
    bend(x / width, y / height, out)
    return [x * scale, y * scale, out[0] * width, out[1] * height]
  }
  for (let t = 0; t < triangles.length; t += 3) {
    const [ax, ay, au, av] = at(triangles[t])
    const [bx, by, bu, bv] = at(triangles[t + 1])
    const [cx, cy, cu, cv] = at(triangles[t + 2])
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if (area === 0) continue
    coverTriangle(spans, ax, ay, bx, by, cx, cy, columns, rows)
    for (let row = 0, y = spans.top + 0.5; row < spans.rows; row++, y++) {
      for (let x = spans.bounds[2 * row] + 0.5; x < spans.bounds[2 * row + 1]; x++) {
        const b = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
        const c = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
        bend(x / scale / width, y / scale / height, out)
        const du = au + b * (bu - au) + c * (cu - au) - out[0] * width
        const dv = av + b * (bv - av) + c * (cv - av) - out[1] * height
        // (A closed surface covers each place twice; one that lies over itself more often may overflow.)
        if (count < slips.length) slips[count++] = Math.sqrt(du * du + dv * dv)
      }
    }
  }
  if (count === 0) return { max: 0, p99: 0 }
  const found = slips.subarray(0, count).sort()
  return { max: found[count - 1], p99: found[Math.ceil(count * 0.99) - 1] }
}
