import type { Mesh } from '../mesh/unproject.js'
import { AS_STORED, decoded, isCertain, MAX_SHORT, MOST_SLID, MOST_WIDENED, SCALE_STEP, seenDepth, seenScale, storedThird, type Lattice } from './lattice.js'
import { FINEST_PIXELS } from './tolerance.js'

/** How far what lies on the picture's edge may be seen inside of it, pixels, if there is a place for it at all. */
const UNSEEN_SEAM = 0.02

/**
 * How far off a vertex may be stored where there is no place nearer, pixels in the picture and tenths of a pixel in depth: one of some thousand random sheets that 16 bits hardly suffice for has one such vertex,
 * around which nothing is rounded alike by all decoders. There is always a place then, as no lattice of halves of a pixel rounds farther: at scales up to 2¹⁵ what is decoded comes in steps of 1.41 parts, and so does z.
 */
const LAST_RESORT = { slip: 1, tenths: 24 }

/** Where a vertex is stored. */
export interface Place {
  a: number
  b: number
  scale: number
}

/** Where one may be stored, and whether its pixel is another there. */
interface PossiblePlace extends Place {
  slid: boolean
}

/** Where a vertex would be stored if all places were right, and its scale before that is rounded. */
interface Aim extends Place {
  exact: number
}

/** A step in the picture, parts of pixels. */
interface Slide {
  da: number
  db: number
  slid: boolean
}

/** From nowhere to {@link MOST_SLID} away, ring after ring. */
const SLIDES = Array.from({ length: MOST_SLID + 1 }, (_, far) => ringOf(far)).flat()

/** How far off a vertex may be stored. */
interface Allowance {
  /** In scale. */
  window: number
  /** In the picture, pixels. */
  slip: number
  /** Whether what lies on the outline may be seen inside of it. */
  seam: boolean
  /** Steps of the scale to try, from the smallest on, first down and then up. */
  rises: number[]
}

/** How far a mesh reaches, parts of pixels. */
interface Outline {
  left: number
  right: number
  bottom: number
  top: number
}

/** Where the vertices of a mesh may be stored on a lattice. */
export class Places {
  private readonly allowances: Allowance[]
  private readonly outline: Outline

  constructor(
    private readonly mesh: Mesh,
    private readonly lattice: Lattice,
  ) {
    this.allowances = allowancesFor(lattice)
    this.outline = outlineOf(mesh, lattice)
  }

  /** The first place near enough to a vertex that it may be stored at: where it is, with another disparity, slid. `null` where there is none. */
  first(vertex: number): PossiblePlace | null {
    const { a, b, scale, exact } = aimOf(this.mesh, vertex, this.lattice)
    // Nearly all vertices come to lie where they aim at: no other places need to be gone through for them.
    const aimed = { a, b, scale, slid: false }
    if (this.allows(aimed, exact, this.allowances[0])) return aimed
    for (const place of this.of(vertex)) return place
    return null
  }

  /** All of them, the nearest first; some more than once. */
  *of(vertex: number): Generator<PossiblePlace, void> {
    const { a, b, scale, exact } = aimOf(this.mesh, vertex, this.lattice)
    const slides = slidesFrom(a, b, this.outline)
    for (const allowance of this.allowances) {
      for (const { da, db, slid } of slides) {
        for (const rise of allowance.rises) {
          const place = { a: a + da, b: b + db, scale: scale + rise, slid }
          if (this.allows(place, exact, allowance)) yield place
        }
      }
    }
  }

  private allows(place: Place, exact: number, { window, slip, seam }: Allowance): boolean {
    const { lattice, outline } = this
    return Math.abs(seenScale(place.scale, lattice) - exact) <= window && areCertain(place, lattice) && slipOf(place, lattice) <= slip && (seam || !leavesSeam(place, outline, lattice))
  }
}

/** How far what is decoded is seen from the pixel that a and b name, pixels. */
export function slipOf({ a, b, scale }: Place, lattice: Lattice): number {
  const along = lattice.third / seenDepth(scale, lattice)
  return Math.hypot(decoded(a, scale) * along - a, decoded(b, scale) * along - b) / lattice.perPixel
}

/** All steps that are as far as this, row by row. */
function ringOf(far: number): Slide[] {
  const side = Array.from({ length: 2 * far + 1 }, (_, i) => i - far)
  const square = side.flatMap((da) => side.map((db) => ({ da, db, slid: far > 0 })))
  return square.filter(({ da, db }) => Math.max(Math.abs(da), Math.abs(db)) === far)
}

function allowancesFor({ tenth, tenths }: Lattice): Allowance[] {
  const allowance = (widened: number, slip: number, seam: boolean): Allowance => {
    const window = Math.max(widened, tenths) * tenth
    const steps = Array.from({ length: Math.ceil(window / SCALE_STEP) }, (_, n) => (n + 1) * SCALE_STEP)
    return { window, slip, seam, rises: [0, ...steps.flatMap((step) => [-step, step])] }
  }
  const widening = Array.from({ length: MOST_WIDENED }, (_, i) => allowance(i + 1, (i / 2 + 1) * FINEST_PIXELS, i + 1 === MOST_WIDENED))
  return [...widening, allowance(LAST_RESORT.tenths, LAST_RESORT.slip, true)]
}

/** What may be tried of a vertex that is stored at (a, b): what lies on the outline slides outward alone, where the texture goes on as it ends. */
function slidesFrom(a: number, b: number, { left, right, bottom, top }: Outline): readonly Slide[] {
  if (a > left && a < right && b > bottom && b < top) return SLIDES
  return SLIDES.filter(({ da, db }) => !(a === right && da < 0) && !(a === left && da > 0) && !(b === top && db < 0) && !(b === bottom && db > 0))
}

/** Whether what lies on the outline is seen inside of it: the outermost pixels would stay open there. */
function leavesSeam({ a, b, scale }: Place, { left, right, bottom, top }: Outline, lattice: Lattice): boolean {
  if (a > left && a < right && b > bottom && b < top) return false
  const along = lattice.third / seenDepth(scale, lattice)
  const [x, y] = [decoded(a, scale) * along, decoded(b, scale) * along]
  const unseen = UNSEEN_SEAM * lattice.perPixel
  return (a <= left && x > left + unseen) || (a >= right && x < right - unseen) || (b <= bottom && y > bottom + unseen) || (b >= top && y < top - unseen)
}

function areCertain({ a, b, scale }: Place, lattice: Lattice): boolean {
  const third = storedThird(scale, lattice)
  // (Windows may be wider than a scale is large: below 0 a vertex would lie behind the camera.)
  return scale > 0 && scale <= MAX_SHORT && Math.abs(third) <= MAX_SHORT && isCertain(a, scale) && isCertain(b, scale) && isCertain(third, scale)
}

function aimOf({ positions }: Mesh, vertex: number, { perUnit, scaleTimesDepth }: Lattice): Aim {
  const depth = -positions[vertex * 3 + 2]
  const exact = scaleTimesDepth / depth
  return {
    a: Math.round((positions[vertex * 3] / depth) * perUnit),
    b: Math.round((positions[vertex * 3 + 1] / depth) * perUnit),
    scale: Math.round((exact - AS_STORED) / SCALE_STEP) * SCALE_STEP + AS_STORED,
    exact,
  }
}

function outlineOf(mesh: Mesh, lattice: Lattice): Outline {
  const outline = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity }
  for (let vertex = 0; vertex < mesh.positions.length / 3; vertex++) {
    const { a, b } = aimOf(mesh, vertex, lattice)
    outline.left = Math.min(outline.left, a)
    outline.right = Math.max(outline.right, a)
    outline.bottom = Math.min(outline.bottom, b)
    outline.top = Math.max(outline.top, b)
  }
  return outline
}
