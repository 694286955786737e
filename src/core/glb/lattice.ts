import { focalLength, type SourceCamera } from '../camera.js'
import type { Mesh } from '../mesh/unproject.js'
import type { PackPlan } from './packing.js'
import { finestDisparity } from './tolerance.js'

/** meshopt's quaternion filter makes value · GAIN / scale of a stored number. */
export const GAIN = 32_767 / Math.SQRT2
const GAIN_FLOAT = Math.fround(GAIN)
export const MAX_SHORT = 32_767
/** The two lowest bits of the filter's scale say in which order its results come: 3 is as they are stored. */
export const SCALE_STEP = 4
export const AS_STORED = 3
/** How far a vertex may be slid in the picture where no lattice point is near enough to its ray, in parts of a pixel. */
export const MOST_SLID = 3
/**
 * How many tenths of a pixel a vertex may be off in depth where even that is not enough, and in the picture about half as many: where what comes out is about a whole multiple of what goes in, neighbouring places are as bad. It is one of
 * 20,000 vertices of a photo of 2752 px between 1 m and 11 m, and few in a thousand of any regular sheet. (With 3, one corner of a skirt kept three levels of another such photo from being stored so, at 15 to 30 % more bytes.)
 */
export const MOST_WIDENED = 6
/** How far z of lit maps may be scaled by more or less than x and y, as a share. Where a whole number is farther off, of maps of ten pixels or of very wide views, finer parts of a pixel bring it closer. */
const MOST_UNEVEN = 0.01
/** Float32 has steps of 1/256 to 1/512 at the largest numbers that come out. */
const UNCERTAIN = 1 / 128

/** What vertices can be stored as: parts of pixels from the picture's middle, and a scale in steps of four. */
export interface Lattice {
  perPixel: number
  /** Parts of pixels of a ray that leans by 1. */
  perUnit: number
  scaleTimesDepth: number
  /** Steps of the scale that show as a tenth of a pixel of parallax, and how many of these tenths depth may be off by. */
  tenth: number
  tenths: number
  /** Parts that z comes in, as `perUnit` is of x and y: what is stored for the filter's third number where z is counted from the camera. */
  third: number
  /** How far ahead of the camera z is counted from, in steps of what is decoded. Where that is not at the camera, positive numbers are of use too, and the third number that is stored follows from the scale. */
  ahead: number
}

/** Where a mesh lies as the camera sees it. */
export interface Reach {
  nearest: number
  deepest: number
  /** How far the outermost ray leans. */
  widest: number
}

export function reachOf(meshes: readonly Mesh[]): Reach {
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

/**
 * The coarsest scale that depth allows, as its results are the finest; `null` where 16 bits are too few.
 *
 * @param tenths of a pixel of parallax that depth may be off by.
 * @param shifted whether z may be counted from somewhere else than the camera.
 */
export function latticeFor({ nearest, deepest, widest }: Reach, plan: PackPlan, { camera, perPixel, tenths, shifted }: { camera: SourceCamera; perPixel: number; tenths: number; shifted: boolean }): Lattice | null {
  const perUnit = perPixel * focalLength(plan.map, camera)
  const alike = plan.lit ? Math.round(perUnit) : 0
  if (plan.lit && Math.abs(alike / perUnit - 1) > MOST_UNEVEN) return null
  const largest = Math.max(widest * perUnit + MOST_SLID, plan.lit && !shifted ? perUnit : 0)
  const finest = finestDisparity(plan, camera) / 2
  const widened = Math.max(tenths, MOST_WIDENED) * finest
  // At the deepest vertex what is decoded has to fit into 16 bits (z too, which where lit comes in the same steps as x and y); and half a step of the scale takes no more than half of what depth may be off by.
  const fits = (largest * GAIN) / MAX_SHORT
  // (Shifted, z has twice as many numbers, for the farthest that a vertex may be off besides.)
  const fitsShifted = shifted ? ((perUnit * GAIN) / MAX_SHORT / 2 + SCALE_STEP) / Math.max(0, 1 - widened * deepest) : 0
  const least = Math.max((Math.max(fits, fitsShifted) / camera.far) * deepest, SCALE_STEP / (tenths * finest) / camera.far)
  // The farthest plane, which fills so many pictures, comes out where it is.
  const scaleOfFar = Math.ceil(least / SCALE_STEP + 2) * SCALE_STEP + AS_STORED
  const scaleTimesDepth = scaleOfFar * camera.far
  const tenth = finest * scaleTimesDepth
  const slack = widened * scaleTimesDepth + SCALE_STEP
  const [smallest, greatest] = [scaleTimesDepth / deepest - slack, scaleTimesDepth / nearest + slack]
  const third = alike || Math.min(MAX_SHORT, Math.floor((smallest * MAX_SHORT) / GAIN))
  // The deepest vertex fits, as it is decoded and as it is stored: of large scales what is stored is the larger of the two.
  const ahead = shifted ? Math.max(0, Math.ceil((third * GAIN) / smallest) - MAX_SHORT, Math.ceil(((third - MAX_SHORT) * GAIN) / smallest)) : 0
  // The nearest vertex fits as well, as it is stored and as it is decoded.
  const nearFits = (ahead * greatest) / GAIN - third <= MAX_SHORT && ahead - (third * GAIN) / greatest <= MAX_SHORT
  const possible = largest <= MAX_SHORT && greatest <= MAX_SHORT && third >= 1 && smallest > 0 && nearFits
  return possible ? { perPixel, perUnit, scaleTimesDepth, tenth, tenths, third, ahead } : null
}

/** What is stored for the filter's third number beside a scale. */
export function storedThird(scale: number, { third, ahead }: Lattice): number {
  return Math.round((ahead * scale) / GAIN) - third
}

/** How deep a vertex of a scale is decoded, in what z comes in. */
export function seenDepth(scale: number, lattice: Lattice): number {
  return lattice.ahead - decoded(storedThird(scale, lattice), scale)
}

/** The scale that belongs to the depth that is decoded, which is rounded too. */
export function seenScale(scale: number, lattice: Lattice): number {
  return (lattice.third * GAIN) / seenDepth(scale, lattice)
}

/** What the filter makes of a stored number. */
export function decoded(value: number, scale: number): number {
  const exact = filtered(value, scale)
  return Math.sign(exact) * Math.floor(Math.abs(exact) + 0.5)
}

/** Whether what comes out fits into 16 bits, and all decoders round it alike: what lies in the middle between two numbers, to float32's precision, may become either. */
export function isCertain(value: number, scale: number): boolean {
  const exact = Math.abs(filtered(value, scale))
  return exact < MAX_SHORT && Math.abs((exact % 1) - 0.5) > UNCERTAIN
}

/** The same before it is rounded. */
function filtered(value: number, scale: number): number {
  return Math.fround(value * Math.fround(GAIN_FLOAT / scale))
}
