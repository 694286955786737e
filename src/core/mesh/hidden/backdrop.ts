import { disparityAt, focalLength, inverseDepth, parallaxOfRange, travelOf } from '../../camera.js'
import type { DisparityMap } from '../../depth/convention.js'
import type { Settings } from '../../options.js'
import { relax } from './relax.js'

/**
 * What lies behind and beside the front surface: behind each foreground edge the farther side goes on for as far as a camera that moves by
 * `travel` can look behind the edge, and all around the picture the surface goes on for as far as such a camera can look past the border.
 *
 *       front   ────────┐ cut
 *                       │
 *    backdrop   · ┌─────┼───────────────── the farther side itself (a ring, so that both surfaces overlap)
 *                 hidden, continued
 */
export interface Backdrop {
  /** The hidden layer on its canvas: the picture and what is added around it. NaN where nobody can see it. */
  map: DisparityMap
  /** Where the picture's left edge lies on the canvas, pixels of the map. */
  left: number
  /** Where the picture's upper edge lies on the canvas, pixels of the map. */
  top: number
  /** The canvas pixels whose depth and colour are continued from elsewhere, row by row. */
  continued: Uint32Array
  /** For each of them the pixel of the picture that goes on there. */
  source: Uint32Array
  /** How far the layer may be set back, disparity. */
  deepest: number
}

/**
 * Added to what can be seen from `travel` away, as a share of the picture's longer side: a silhouette of the coarsest levels wanders by about that much. With 4 px at any size, a view of a photo of 2752 px at
 * 1,500 triangles was open at hundreds to thousands of its pixels in 900 × 1612, where it is at tens.
 */
const MARGIN = 0.009
const LEAST_MARGIN = 4

/** How far behind the front surface the hidden layer has to stay, disparity. */
export const CLEARANCE = 0.005

/**
 * How far behind the surface that it goes on from the layer stands, disparity: as far as its triangles are kept behind the front's. Set back by half the cut threshold, three times as far, what it
 * shows moves beside what it continues: three stereo pairs 26.53 instead of 26.57 dB.
 */
const SET_BACK = CLEARANCE

/**
 * Beside the skirt the ring is wider by what so many times this moves less: coarse fronts and skirts part there. A canyon from `travel` below has 1,618 and 1,356 open pixels of 500,000 at 6,000 and 1,500
 * triangles with 1, 417 and 596 with 3; with 6, 351 and 1,113, and three stereo pairs lose .05 dB.
 */
const SKIRT_OVERLAP = 3

/**
 * A picture's sides may begin with so many empty lines of pixels, as a share of all, as where a map's outermost ones are transparent: its border is where the surface ends. Six of 17 photos are such (2 lines of
 * 1024, 18 to 20 of 2752) and had no skirt there: up to a tenth of what is seen from `travel` away was open.
 */
const MOST_EMPTY = 1 / 64
/** Of small maps. */
const MOST_EMPTY_LINES = 2

/** The layer may stand behind the farthest surface, at most this many times as far. (The range of depth takes bits of every vertex: with 1.1 those of a photo of 2752 px had none left.) */
const BEHIND_FAR = 1.05

/**
 * Width of the ring in which front and backdrop overlap, as a share of the picture's longer side, and at least, pixels. 1 of 450 to 740 px leaves .23 % of a 1,500-triangle view open, 2 .14 %. Beside the
 * skirt it is wider: a picture of 2048 px whose ring was not showed slits of 3 px along its border.
 */
const RING = 0.0045
const LEAST_RING = 2

/** The hidden layer never reaches farther than this share of the picture's longer side, whatever `travel` says: beyond it there is nothing worth showing. */
const FARTHEST_REACH = 0.25

/**
 * The hidden layer of a map; `null` where a camera can't see any: `travel: 0`, solid meshes, grids, reliefs that are not cut or have no `travel` of
 * their own, and maps without edges or borders to look past.
 *
 * With `cut: false` there is a skirt alone. All of the layer is set back a little, so that it runs under the front surface.
 */
export function buildBackdrop(map: DisparityMap, settings: Settings): Backdrop | null {
  const reach = reachOf(map, settings)
  if (!reach || settings.solid || settings.topology === 'grid') return null
  const { width, height } = map
  const cut = settings.cut === false ? Infinity : settings.cut

  // (1) A canvas with room for the skirt.
  const empty = emptySides(map)
  const room = reach.skirt ? roomAround(map, reach, empty) : { left: 0, right: 0, top: 0, bottom: 0 }
  const { left, top } = room
  const columns = width + left + room.right
  const rows = height + top + room.bottom
  const front = new Float32Array(columns * rows).fill(NaN)
  for (let y = 0; y < height; y++) front.set(map.disparity.subarray(y * width, (y + 1) * width), (y + top) * columns + left)
  const canvas: Canvas = { columns, rows, left: left + empty.left, top: top + empty.top, width: width - empty.left - empty.right, height: height - empty.top - empty.bottom, front, cut }

  // (2) In from each edge's farther side, and out from the picture's border: each pixel continues the nearest source.
  const from = new Int32Array(columns * rows).fill(-1)
  spread(canvas, from, reach)
  // (Row by row, as the memory lies: in the order in which they were reached all that follows takes two to three times as long.)
  const continued = indicesOf(from)
  if (continued.length === 0) return null
  const back = new Float32Array(columns * rows).fill(NaN)
  for (let k = 0; k < continued.length; k++) back[continued[k]] = front[from[continued[k]]]

  const ring = ringOf(map)
  // (3) A ring of the farther side itself; beside the skirt as wide as that, being set back, moves less than the border.
  addRing(canvas, continued.filter((i) => !isInPicture(canvas, i)), from, back, ring + Math.ceil(parallax(reach, SKIRT_OVERLAP * SET_BACK, 0, 0, 0, width, height)))
  addRing(canvas, continued, from, back, ring)

  // (4) Smooth what was continued, keep it behind the front surface, set all of it back.
  // (Past the border a near thing goes on beside what is continued behind it: held by that, the skirt would leave the thing. The step between both belongs behind the thing.)
  const isBehindSkirt = (i: number, j: number): boolean => back[j] - back[i] > cut && isInPicture(canvas, i) && !isInPicture(canvas, j)
  relax(back, 1, continued, columns, (i, j) => !Number.isNaN(back[i]) && !isBehindSkirt(i, j))
  for (let k = 0; k < continued.length; k++) {
    const i = continued[k]
    if (back[i] > front[i] - SET_BACK) back[i] = front[i] - SET_BACK
  }
  const deepest = deepestOf(map, settings)
  for (let i = 0; i < back.length; i++) {
    back[i] -= SET_BACK
    if (back[i] < deepest) back[i] = deepest
  }

  const source = new Uint32Array(continued.length)
  for (let k = 0; k < continued.length; k++) {
    const i = from[continued[k]]
    const x = i % columns
    source[k] = ((i - x) / columns - top) * width + x - left
  }
  return { map: { ...map, width: columns, height: rows, disparity: back }, left, top, continued, source, deepest }
}

/** How far the layer overlaps the front beside an edge, pixels. */
export function ringOf({ width, height }: Pick<DisparityMap, 'width' | 'height'>): number {
  return Math.max(LEAST_RING, Math.round(RING * Math.max(width, height)))
}

/**
 * How far the layer may be set back, disparity. Below 0 in perspective, so that it stands behind a sky that is at `far` itself: at the same depth the two
 * flicker through each other.
 */
function deepestOf(map: DisparityMap, { projection }: Settings): number {
  return projection === 'perspective' ? disparityAt(BEHIND_FAR * map.far, inverseDepth(map)) : 0
}

/** The canvas and the front surface on it. */
interface Canvas {
  columns: number
  rows: number
  /** Where the picture begins, without its empty sides. */
  left: number
  top: number
  /** Its size, without them. */
  width: number
  height: number
  /** Disparity, NaN beside the picture and where there is nothing. */
  front: Float32Array
  /** Disparity. */
  cut: number
}

function isInPicture({ columns, left, top, width, height }: Canvas, i: number): boolean {
  const x = i % columns
  const y = (i - x) / columns
  return x >= left && y >= top && x < left + width && y < top + height
}

/** How far a camera that moves by `travel` sees things move, pixels of the map. */
interface Reach {
  /** Of a thing at disparity 0, in the middle of the picture. */
  atZero: number
  /** Added by a disparity of 1. */
  perDisparity: number
  /** Pixels at which a ray stands at 45° to the axis: away from the middle things move by √(1 + (r / focal)²) more. */
  focal: number
  /** Never more than this. */
  limit: number
  /** Added to all of it. */
  margin: number
  /** Whether one can look past the border. */
  skirt: boolean
}

function reachOf(map: DisparityMap, settings: Settings): Reach | null {
  const { width, height, near, far } = map
  const longer = Math.max(width, height)
  const margin = Math.max(LEAST_MARGIN, MARGIN * longer)
  const most = FARTHEST_REACH * longer
  if (settings.projection === 'orthographic') {
    // A relief has no source view to move away from. A `travel` of its own says how far to go under an edge, at most as deep as it is high.
    if (!settings.travel || settings.cut === false) return null
    const pixelsPerMetre = width / settings.width
    return { atZero: 0, perDisparity: map.relief * pixelsPerMetre, focal: Infinity, limit: Math.min(most, settings.travel * pixelsPerMetre), margin, skirt: false }
  }
  const travel = travelOf(settings, map)
  if (travel === 0) return null
  // A point at r px from the middle moves by (focal · tx − r · tz) / depth, |t| ≤ travel: at most travel · √(focal² + r²) / depth.
  const focal = focalLength(map, settings)
  return { atZero: (focal * travel) / far, perDisparity: parallaxOfRange(map, { fovY: settings.fovY, near, far }, travel), focal, limit: most, margin, skirt: true }
}

/** Pixels by which something of this disparity (or an edge of this height, `base` 0) moves at a pixel of the picture. */
function parallax(reach: Reach, disparity: number, base: number, x: number, y: number, width: number, height: number): number {
  const r2 = (x + 0.5 - width / 2) ** 2 + (y + 0.5 - height / 2) ** 2
  return Math.min(reach.limit, (base + disparity * reach.perDisparity) * Math.sqrt(1 + r2 / (reach.focal * reach.focal)))
}

/** Of each side of a picture, pixels. */
interface Sides {
  left: number
  right: number
  top: number
  bottom: number
}

/** How many empty lines of pixels each side begins with; 0 where they are more than {@link MOST_EMPTY} of all, or the next is empty along more than half of it. */
function emptySides({ width, height, disparity }: DisparityMap): Sides {
  const count = (lines: number, length: number, indexOf: (line: number, i: number) => number): number => {
    for (let line = 0; line <= Math.max(MOST_EMPTY_LINES, MOST_EMPTY * lines) && line < lines / 2; line++) {
      let full = 0
      for (let i = 0; i < length; i++) if (!Number.isNaN(disparity[indexOf(line, i)])) full++
      if (full > 0) return 2 * full >= length ? line : 0
    }
    return 0
  }
  return {
    left: count(width, height, (x, y) => y * width + x),
    right: count(width, height, (x, y) => y * width + width - 1 - x),
    top: count(height, width, (y, x) => y * width + x),
    bottom: count(height, width, (y, x) => (height - 1 - y) * width + x),
  }
}

/** How many pixels the skirt needs on each side. */
function roomAround({ width, height, disparity }: DisparityMap, reach: Reach, empty: Sides): Sides {
  const most = (from: number, to: number, x: (i: number) => number, y: (i: number) => number) => {
    let pixels = -1
    for (let i = from; i < to; i++) {
      const d = disparity[y(i) * width + x(i)]
      if (d >= 0) pixels = Math.max(pixels, parallax(reach, d, reach.atZero, x(i), y(i), width, height))
    }
    return pixels < 0 ? 0 : Math.ceil(pixels + reach.margin)
  }
  return {
    left: most(empty.top, height - empty.bottom, () => empty.left, (i) => i),
    right: most(empty.top, height - empty.bottom, () => width - 1 - empty.right, (i) => i),
    top: most(empty.left, width - empty.right, (i) => i, () => empty.top),
    bottom: most(empty.left, width - empty.right, (i) => i, () => height - 1 - empty.bottom),
  }
}

/**
 * Fills `from` with the canvas pixel that each reached pixel continues.
 *
 * A wave from all sources at once, one pixel a step; a pixel keeps the nearest source that has come by.
 */
function spread({ columns, rows, left, top, width, height, front, cut }: Canvas, from: Int32Array, reach: Reach): void {
  /** Whether a pixel has joined the next wave already. */
  const joined = new Uint8Array(columns * rows)
  let wave = new List()
  let next = new List()

  /** Squared distance from a source. (Kept for every pixel, it would be the canvas once more: 100 MB of 4096².) */
  const toSource = (x: number, y: number, source: number): number => {
    const dx = x - (source % columns)
    const dy = y - Math.floor(source / columns)
    return dx * dx + dy * dy
  }

  /** Lets the pixel at (x, y) continue the source at (sx, sy) if it may and no nearer source has come by. */
  const offer = (x: number, y: number, sx: number, sy: number) => {
    if (x < 0 || y < 0 || x >= columns || y >= rows) return
    const i = y * columns + x
    const square = (x - sx) * (x - sx) + (y - sy) * (y - sy)
    if (from[i] >= 0 && toSource(x, y, from[i]) <= square) return
    const source = sy * columns + sx
    let limit: number
    if (x >= left && y >= top && x < left + width && y < top + height) {
      // behind the front surface only, and no farther than the edge lets one look
      const rise = front[i] - front[source]
      if (!(rise > cut / 2)) return
      limit = parallax(reach, rise, 0, x - left, y - top, width, height) + reach.margin
    } else {
      if (!reach.skirt) return
      limit = parallax(reach, front[source], reach.atZero, sx - left, sy - top, width, height) + reach.margin
    }
    if (square > limit * limit) return
    from[i] = source
    if (joined[i] === 1) return
    joined[i] = 1
    next.push(i)
  }

  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      const here = front[y * columns + x]
      if (Number.isNaN(here)) continue
      for (let side = 0; side < 4; side++) {
        const nx = x + DX[side]
        const ny = y + DY[side]
        const beside = nx < left || ny < top || nx >= left + width || ny >= top + height
        if (beside || front[ny * columns + nx] - here > cut) offer(nx, ny, x, y)
      }
    }
  }
  while (next.length > 0) {
    ;[wave, next] = [next, wave]
    next.length = 0
    for (let k = 0; k < wave.length; k++) joined[wave.items[k]] = 0
    for (let k = 0; k < wave.length; k++) {
      const i = wave.items[k]
      const x = i % columns
      const y = (i - x) / columns
      const sx = from[i] % columns
      const sy = (from[i] - sx) / columns
      for (let side = 0; side < 4; side++) offer(x + DX[side], y + DY[side], sx, sy)
    }
  }
}

/** Where a list holds something, 0 or more. */
function indicesOf(list: Int32Array): Uint32Array {
  let count = 0
  for (let i = 0; i < list.length; i++) if (list[i] >= 0) count++
  const indices = new Uint32Array(count)
  for (let i = 0, at = 0; at < count; i++) if (list[i] >= 0) indices[at++] = i
  return indices
}

/** Whole numbers, as many as come. */
class List {
  items = new Uint32Array(1024)
  length = 0

  push(item: number): void {
    if (this.length === this.items.length) {
      const larger = new Uint32Array(this.length * 2)
      larger.set(this.items)
      this.items = larger
    }
    this.items[this.length++] = item
  }
}

const DX = [1, -1, 0, 0]
const DY = [0, 0, 1, -1]

/** Adds to `back` the pixels of the front surface that lie around what was continued, up to `width` pixels away, and are level with it. */
function addRing({ columns, rows, front, cut }: Canvas, continued: Uint32Array, from: Int32Array, back: Float32Array, width: number): void {
  let wave = continued
  for (let round = 0; round < width; round++) {
    const next = new List()
    for (let k = 0; k < wave.length; k++) {
      const i = wave[k]
      const x = i % columns
      const y = (i - x) / columns
      for (let side = 0; side < 4; side++) {
        const nx = x + DX[side]
        const ny = y + DY[side]
        if (nx < 0 || ny < 0 || nx >= columns || ny >= rows) continue
        const j = ny * columns + nx
        if (from[j] >= 0 || !Number.isNaN(back[j]) || !(Math.abs(front[j] - back[i]) <= cut)) continue
        back[j] = front[j]
        next.push(j)
      }
    }
    wave = next.items.subarray(0, next.length)
  }
}
