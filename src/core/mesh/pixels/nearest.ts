import type { Surface } from '../surface/surface.js'
import { slopeAcross, slopeDown } from './slope.js'
import { coverTriangle, createSpans } from './spans.js'

/** What lies this much farther than another part of the surface is hidden by it, disparity: more than 32-bit floats are off by. */
export const BEHIND = 1e-6

/**
 * The disparity of what is seen of a surface that may lie over itself, at the centre of each texel; −∞ where there is nothing.
 *
 * @param texels how many of them a pixel of the surface's canvas has, across and down.
 */
export function nearestAt({ points, triangles }: Surface, { width, height }: { width: number; height: number }, [scaleX, scaleY]: readonly [x: number, y: number]): Float32Array {
  const nearest = new Float32Array(width * height).fill(-Infinity)
  const spans = createSpans(height)
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    const ax = points[a] * scaleX
    const ay = points[a + 1] * scaleY
    const bx = points[b] * scaleX - ax
    const by = points[b + 1] * scaleY - ay
    const cx = points[c] * scaleX - ax
    const cy = points[c + 1] * scaleY - ay
    const area = bx * cy - by * cx
    if (area === 0) continue
    const bz = points[b + 2] - points[a + 2]
    const cz = points[c + 2] - points[a + 2]
    const zx = slopeAcross(bz, cz, by, cy, area)
    const zy = slopeDown(bz, cz, bx, cx, area)
    coverTriangle(spans, ax, ay, ax + bx, ay + by, ax + cx, ay + cy, width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      const start = spans.bounds[2 * row]
      let z = points[a + 2] + (start + 0.5 - ax) * zx + (y + 0.5 - ay) * zy
      for (let at = y * width + start, end = y * width + spans.bounds[2 * row + 1]; at < end; at++, z += zx) if (z > nearest[at]) nearest[at] = z
    }
  }
  return nearest
}
