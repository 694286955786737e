import type { Mesh } from '../mesh/unproject.js'
import type { SourceCamera } from './manifest.js'
import type { PackPlan, Packing, Placement, Stored } from './packing.js'
import { FINEST_PIXELS, finestDisparity } from './perspective.js'
import { pixelUvs } from './pixel-uvs.js'
import { untangle } from './untangle.js'

/** meshopt's quaternion filter makes value · GAIN / scale of a stored number. */
const GAIN = 32_767 / Math.SQRT2
const GAIN_FLOAT = Math.fround(GAIN)
const MAX_SHORT = 32_767
/** The two lowest bits of the filter's scale say in which order its results come: 3 is as they are stored. */
const SCALE_STEP = 4
const AS_STORED = 3
/**
 * Parts of a pixel that places are counted in, best first. Quarters hold silhouettes to an eighth; halves, 7 % smaller, are for ranges of depth that quarters leave no bits for; small maps need more,
 * as what comes out is no finer than what goes in times the range of depth.
 */
const PARTS_OF_A_PIXEL = [4, 2, 8, 16, 32, 64]
/** How far a vertex may be slid in the picture where no lattice point is near enough to its ray, in those parts. */
const MOST_SLID = 3
/**
 * How many times as far off a vertex may be in depth where even that is not enough, and in the picture about half as many: where what comes out is about a whole multiple of what goes in, neighbouring places are as bad. It is one of
 * 20,000 vertices of a photo of 2752 px between 1 m and 11 m, and few in a thousand of any regular sheet. (With 3, one corner of a skirt kept three levels of another such photo from being stored so, at 15 to 30 % more bytes.)
 */
const MOST_WIDENED = 6
/** Share of the vertices that may have to: hardly any, if there are parts of a pixel for it; else a quarter. */
const MAY_SLIDE = [0.02, 0.25]
/** How far what lies on the picture's edge may be seen inside of it, pixels, if there is a place for it at all. */
const UNSEEN_SEAM = 0.02
/** Float32 has steps of 1/256 to 1/512 at the largest numbers that come out. */
const UNCERTAIN = 1 / 128
/** Farthest that float32 puts a vertex from the ray of its pixel, pixels (measured 1e-3 on 8192 px). */
const ON_RAY = 0.02

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

/** How vertices are stored: as parts of pixels from the picture's middle, and as a scale in steps of four. */
interface Lattice {
  perPixel: number
  /** Parts of pixels of a ray that leans by 1. */
  perUnit: number
  scaleTimesDepth: number
  /** What may be tried, the closest first. */
  allowances: Allowance[]
  /** What is stored for the filter's third number, z. */
  third: number
}

/** Where a vertex is stored. */
interface Place {
  a: number
  b: number
  scale: number
  slid: boolean
}

/** How far a mesh reaches, parts of pixels. */
interface Outline {
  left: number
  right: number
  bottom: number
  top: number
}

/**
 * Perspective vertices as three numbers: their pixel and their disparity.
 *
 * meshopt's quaternion filter makes (a, b, c) · 32767 / √2 / s of four stored 16-bit numbers a, b, c, s. With the pixel for a and b, counted from the picture's middle, the same c for all
 * vertices, and the disparity for s, that is the unprojection: x = pixel · depth / focal. And UVs are the pixel itself: the same bytes, seen without the filter. What takes five numbers a
 * vertex elsewhere takes three.
 *
 * What comes out are 16-bit integers, which are coarse where it is near: .3 px at 1 m of 10 m and 2048 px. So of all disparities within a tenth of a pixel of parallax the one is taken whose
 * lattice point lies within a tenth of a pixel of the vertex's ray, and where there is none the vertex slides.
 *
 * (The extension knows scales of the form 2ⁿ − 1; its formula, and every decoder that was looked at, divides by what is there. See docs/architecture.md.)
 *
 * @returns `null` where 16 bits are too few for the range of depth.
 */
export function onRays(meshes: readonly Mesh[], plan: PackPlan, camera: SourceCamera): Packing | null {
  const focal = plan.map.height / (2 * Math.tan((camera.fovY * Math.PI) / 360))
  const reach = reachOf(meshes)
  for (const share of MAY_SLIDE) {
    for (const perPixel of PARTS_OF_A_PIXEL) {
      const lattice = latticeFor(reach, plan, { camera, perPixel, perUnit: perPixel * focal })
      const packing = lattice && packOn(lattice, meshes, plan, share)
      if (packing) return packing
    }
  }
  return null
}

interface Reach {
  nearest: number
  deepest: number
  /** How far the outermost ray leans. */
  widest: number
}

function reachOf(meshes: readonly Mesh[]): Reach {
  let [nearest, deepest, widest] = [Infinity, 0, 0]
  for (const { positions } of meshes) {
    for (let i = 0; i < positions.length; i += 3) {
      const depth = -positions[i + 2]
      nearest = Math.min(nearest, depth)
      deepest = Math.max(deepest, depth)
      widest = Math.max(widest, Math.abs(positions[i]) / depth, Math.abs(positions[i + 1]) / depth)
    }
  }
  return { nearest, deepest, widest }
}

/** The coarsest scale that depth allows, as its results are the finest; `null` where 16 bits are too few. */
function latticeFor({ nearest, deepest, widest }: Reach, plan: PackPlan, { camera, perPixel, perUnit }: { camera: SourceCamera; perPixel: number; perUnit: number }): Lattice | null {
  const largest = Math.max(widest * perUnit + MOST_SLID, plan.lit ? perUnit : 0)
  const tolerance = finestDisparity(plan, camera) / 2
  // At the deepest vertex what is decoded has to fit into 16 bits (z too, which where lit comes in the same steps as x and y); and half a step of the scale takes no more than half of what depth may be off by.
  const fits = (largest * GAIN) / MAX_SHORT
  const least = Math.max((fits / camera.far) * deepest, SCALE_STEP / tolerance / camera.far)
  // The farthest plane, which fills so many pictures, comes out where it is.
  const scaleOfFar = Math.ceil(least / SCALE_STEP + 2) * SCALE_STEP + AS_STORED
  const scaleTimesDepth = scaleOfFar * camera.far
  const window = tolerance * scaleTimesDepth
  const slack = MOST_WIDENED * window + SCALE_STEP
  // (Of the smallest lit maps a whole number is off by 1 %, so that z is scaled by as much more or less than x and y.)
  const third = plan.lit ? Math.round(perUnit) : Math.min(MAX_SHORT, Math.floor(((scaleTimesDepth / deepest - slack) * MAX_SHORT) / GAIN))
  const possible = largest <= MAX_SHORT && scaleTimesDepth / nearest + slack <= MAX_SHORT && third >= 1
  return possible ? { perPixel, perUnit, scaleTimesDepth, allowances: allowancesFor(window), third } : null
}

/** All steps that are as far as this, row by row. */
function ringOf(far: number): Slide[] {
  const side = Array.from({ length: 2 * far + 1 }, (_, i) => i - far)
  const square = side.flatMap((da) => side.map((db) => ({ da, db, slid: far > 0 })))
  return square.filter(({ da, db }) => Math.max(Math.abs(da), Math.abs(db)) === far)
}

/** @param window how far the scale may be off where that is not widened: a tenth of a pixel of parallax. */
function allowancesFor(window: number): Allowance[] {
  return Array.from({ length: MOST_WIDENED }, (_, i) => {
    const widened = i + 1
    const steps = Array.from({ length: Math.ceil((widened * window) / SCALE_STEP) }, (_, n) => (n + 1) * SCALE_STEP)
    return { window: widened * window, slip: ((widened + 1) / 2) * FINEST_PIXELS, seam: widened === MOST_WIDENED, rises: [0, ...steps.flatMap((step) => [-step, step])] }
  })
}

/** `null` where the lattice is not fine enough for all but a share of the vertices to stay where they are. */
function packOn(lattice: Lattice, meshes: readonly Mesh[], plan: PackPlan, share: number): Packing | null {
  const packed = new Map<Mesh, Stored>()
  const rounding = { metres: 0, pixels: 0 }
  for (const mesh of meshes) {
    const stored = placeVertices(mesh, lattice, share, rounding)
    if (!stored) return null
    const pixels = pictureUvs(mesh, lattice)
    const uvs = pixels ? { uvs: { values: stored.pixels, stored: { data: stored.data, size: 4, filter: 'NONE' as const } }, ...pixels } : pixelUvs(mesh, plan)
    packed.set(mesh, { positions: { values: stored.positions, stored: { data: stored.data, size: 4, filter: 'QUATERNION' } }, ...uvs, indices: stored.indices })
  }
  return { packer: (mesh) => packed.get(mesh) as Stored, placement: placementOf(lattice), rounding }
}

/** From decoded numbers to metres. */
function placementOf({ perUnit, scaleTimesDepth, third }: Lattice): Placement {
  const [across, along] = [scaleTimesDepth / perUnit / GAIN, scaleTimesDepth / third / GAIN]
  return { translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [across, across, along] }
}

/** What is stored of a mesh, what the filter makes of it, and the pixels alone; `null` where a vertex or a triangle finds no place. `rounding` grows with what it takes. */
function placeVertices(mesh: Mesh, lattice: Lattice, share: number, rounding: { metres: number; pixels: number }): { data: Int16Array; positions: Int16Array; pixels: Int16Array; indices: Uint32Array } | null {
  const count = mesh.positions.length / 3
  const data = new Int16Array(count * 4)
  const positions = new Int16Array(count * 3)
  const outline = outlineOf(mesh, lattice)
  let sliding = Math.floor(share * count)
  for (let vertex = 0; vertex < count; vertex++) {
    const place = placeFor(mesh, vertex, outline, lattice)
    if (!place || (place.slid && --sliding < 0)) return null
    const { a, b, scale } = place
    data.set([a, b, -lattice.third, scale], vertex * 4)
    for (let axis = 0; axis < 3; axis++) positions[vertex * 3 + axis] = decoded(data[vertex * 4 + axis], scale)
    rounding.metres = Math.max(rounding.metres, Math.abs(lattice.scaleTimesDepth / seenScale(scale, lattice) + mesh.positions[vertex * 3 + 2]))
    rounding.pixels = Math.max(rounding.pixels, slipOf(place, lattice))
  }
  const indices = untangle(mesh, positions)
  if (!indices) return null

  const pixels = Int16Array.from({ length: count * 2 }, (_, i) => data[(i >> 1) * 4 + (i & 1)])
  return { data, positions, pixels, indices }
}

/** The first place near enough to a vertex that it may be stored at: where it is, with another disparity, slid. `null` where there is none. */
function placeFor(mesh: Mesh, vertex: number, outline: Outline, lattice: Lattice): Place | null {
  const [a0, b0] = placeIn(mesh, vertex, lattice)
  const exact = lattice.scaleTimesDepth / -mesh.positions[vertex * 3 + 2]
  const scale0 = Math.round((exact - AS_STORED) / SCALE_STEP) * SCALE_STEP + AS_STORED
  const slides = slidesFrom(a0, b0, outline)
  for (const { window, slip, seam, rises } of lattice.allowances) {
    for (const { da, db, slid } of slides) {
      for (const rise of rises) {
        const scale = scale0 + rise
        if (Math.abs(seenScale(scale, lattice) - exact) > window) continue
        const place = { a: a0 + da, b: b0 + db, scale, slid }
        if (isCertain(place, lattice) && slipOf(place, lattice) <= slip && (seam || !leavesSeam(place, outline, lattice))) return place
      }
    }
  }
  return null
}

/** What may be tried of a vertex that is stored at (a, b): what lies on the outline slides outward alone, where the texture goes on as it ends. */
function slidesFrom(a: number, b: number, { left, right, bottom, top }: Outline): readonly Slide[] {
  if (a > left && a < right && b > bottom && b < top) return SLIDES
  return SLIDES.filter(({ da, db }) => !(a === right && da < 0) && !(a === left && da > 0) && !(b === top && db < 0) && !(b === bottom && db > 0))
}

/** Whether what lies on the outline is seen inside of it: the outermost pixels would stay open there. */
function leavesSeam({ a, b, scale }: Place, { left, right, bottom, top }: Outline, { perPixel, third }: Lattice): boolean {
  if (a > left && a < right && b > bottom && b < top) return false
  const along = third / decoded(third, scale)
  const [x, y] = [decoded(a, scale) * along, decoded(b, scale) * along]
  const unseen = UNSEEN_SEAM * perPixel
  return (a <= left && x > left + unseen) || (a >= right && x < right - unseen) || (b <= bottom && y > bottom + unseen) || (b >= top && y < top - unseen)
}

function placeIn({ positions }: Mesh, vertex: number, { perUnit }: Lattice): [a: number, b: number] {
  const depth = -positions[vertex * 3 + 2]
  return [Math.round((positions[vertex * 3] / depth) * perUnit), Math.round((positions[vertex * 3 + 1] / depth) * perUnit)]
}

function outlineOf(mesh: Mesh, lattice: Lattice): Outline {
  const outline = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity }
  for (let vertex = 0; vertex < mesh.positions.length / 3; vertex++) {
    const [a, b] = placeIn(mesh, vertex, lattice)
    outline.left = Math.min(outline.left, a)
    outline.right = Math.max(outline.right, a)
    outline.bottom = Math.min(outline.bottom, b)
    outline.top = Math.max(outline.top, b)
  }
  return outline
}

/** How far what is decoded is seen from the pixel that a and b name, pixels. */
function slipOf({ a, b, scale }: Place, { perPixel, third }: Lattice): number {
  const along = third / decoded(third, scale)
  return Math.hypot(decoded(a, scale) * along - a, decoded(b, scale) * along - b) / perPixel
}

/** The scale that belongs to the depth that is decoded, which is rounded too. */
function seenScale(scale: number, { third }: Lattice): number {
  return (third * GAIN) / decoded(third, scale)
}

/** What the filter makes of a stored number. */
function decoded(value: number, scale: number): number {
  const exact = filtered(value, scale)
  return Math.sign(exact) * Math.floor(Math.abs(exact) + 0.5)
}

/** The same before it is rounded. */
function filtered(value: number, scale: number): number {
  return Math.fround(value * Math.fround(GAIN_FLOAT / scale))
}

/** Whether what comes out fits into 16 bits, and all decoders round it alike: what lies in the middle between two numbers, to float32's precision, may become either. */
function isCertain({ a, b, scale }: Place, { third }: Lattice): boolean {
  return [a, b, third].every((value) => {
    const exact = Math.abs(filtered(value, scale))
    return exact < MAX_SHORT && Math.abs((exact % 1) - 0.5) > UNCERTAIN
  })
}

/** How UVs follow from pixels, on whatever canvas; `null` where they don't. */
function pictureUvs({ positions, uvs }: Mesh, { perPixel, perUnit }: Lattice): Pick<Stored, 'uvScale' | 'uvOffset'> | null {
  if (uvs.length === 0) return null
  const [u, v] = [0, 1].map((axis) => {
    const away = axis === 0 ? 1 : -1
    const pixelOf = (vertex: number): number => ((away * positions[vertex * 3 + axis]) / -positions[vertex * 3 + 2]) * (perUnit / perPixel)
    let [first, last] = [0, 0]
    for (let vertex = 1; vertex < uvs.length / 2; vertex++) {
      if (uvs[vertex * 2 + axis] < uvs[first * 2 + axis]) first = vertex
      if (uvs[vertex * 2 + axis] > uvs[last * 2 + axis]) last = vertex
    }
    // A canvas is a whole number of pixels, and the picture's middle lies on a half one of it.
    const size = Math.round((pixelOf(last) - pixelOf(first)) / (uvs[last * 2 + axis] - uvs[first * 2 + axis]))
    const middle = Math.round((uvs[first * 2 + axis] * size - pixelOf(first)) * 2) / 2
    for (let vertex = 0; vertex < uvs.length / 2; vertex++) if (!(Math.abs(uvs[vertex * 2 + axis] * size - middle - pixelOf(vertex)) < ON_RAY)) return null
    return { scale: away / perPixel / size, offset: middle / size }
  })
  return u && v && { uvScale: [u.scale, v.scale], uvOffset: [u.offset, v.offset] }
}
