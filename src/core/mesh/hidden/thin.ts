/** Triangles whose height is less than this, px, may run between the centres of pixels all the way. */
const THIN = 2

/** Whether a triangle of this area, twice in px², is so thin that the pixels it covers say little about it. */
export function isThin(area: number, ax: number, ay: number, bx: number, by: number, cx: number, cy: number): boolean {
  const square = (x: number, y: number): number => x * x + y * y
  return area * area < THIN * THIN * Math.max(square(bx - ax, by - ay), square(cx - bx, cy - by), square(ax - cx, ay - cy))
}

/** Visits places along a triangle's edges, at most a pixel apart. */
export function eachEdgePlace(ax: number, ay: number, bx: number, by: number, cx: number, cy: number, visit: (x: number, y: number) => void): void {
  const along = (x: number, y: number, dx: number, dy: number): void => {
    const count = Math.ceil(Math.sqrt(dx * dx + dy * dy))
    for (let i = 0; i < count; i++) visit(x + ((i + 0.5) / count) * dx, y + ((i + 0.5) / count) * dy)
  }
  along(ax, ay, bx - ax, by - ay)
  along(bx, by, cx - bx, cy - by)
  along(cx, cy, ax - cx, ay - cy)
}
