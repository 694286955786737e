import type { DisparityMap } from '../../depth/convention.js'
import type { Pixels } from './backdrop-color.js'

/** How far beside a silhouette its colour may be found, as a share of the map's longer side, and at least, pixels. */
const REACH = 0.01
const LEAST_REACH = 3
/** From this share of the reach on less is taken out, so that nothing ends at a line. */
const FADES_FROM = 0.7

/** Near and far colours have to differ by this much to be told apart (8 bits a channel, Euclidean). */
const LEAST_CONTRAST = 24
/** A farther side whose own colours scatter by more than this hides fringes by itself, and what would be taken for one is as often its own. */
const MOST_SCATTER = 6
/** A pixel differs from its surface by this many times what that scatters by, and by {@link ROUNDING} more, or is left as it is. */
const STANDS_OUT = 4
/** Nor is a glow or a rounding a fringe: it differs by this many times what the surface's change would come to on the way to the silhouette, too. */
const BEYOND_SLOPE = 2
const ROUNDING = 2
/** Share of that difference which may point elsewhere than to the near colour. */
const MOST_ASIDE = 0.3
/** Shares of the near colour that a fringe has. Sharpened pictures have less than none; of more than this it is the near side's own, on the wrong side of the map's edge. */
const [LEAST_SHARE, MOST_SHARE] = [-0.1, 0.6]

/** The farther side's colour is taken from as many pixels as the reach has, and so many more: of three or four, two are alike by chance. */
const MORE_SAMPLES = 5
/** The near side's colour is taken from this far inside, pixels: it has one that is mixed, too. */
const INSIDE = 3
/** Half the side of the square that says where the near side lies. */
const AROUND = 3

const DX = [1, -1, 0, 0]
const DY = [0, 0, 1, -1]

/**
 * Takes out of the farther side what stands in front has left there. A lens, an antialiased edge or a sharpening filter spreads an outline over some pixels of what lies behind; there it stays when the
 * camera moves and the outline doesn't, as a ghost beside it.
 *
 * A pixel c beside a silhouette is a mixture of its surface's colour b, found farther out, and the near side's f, found inside: c = b + α (f − b) + r. Where b is nearly one colour, and r is little, α (f − b)
 * is taken away. On a textured surface nothing is: told from its own colours a fringe is not, and not seen.
 *
 * @param picture of the whole map; its size is free, its aspect the map's. Its alpha stays.
 * @param cut disparity from which neighbours belong to different surfaces.
 * @returns the picture itself where there is no such edge.
 */
export function clearFringes<P extends Pixels>(picture: P, map: DisparityMap, cut: number): P {
  const { width, height, channels, pixels } = picture
  const band = besideSilhouettes(map, cut, Math.max(LEAST_REACH, Math.round(REACH * Math.max(map.width, map.height))))
  if (band.feet.length === 0) return picture
  const sides = band.feet.map((foot) => colorsOfSides(foot, picture, map, cut, band))
  const cleared = pixels.slice()
  const columns = Uint32Array.from({ length: width }, (_, u) => ((u + 0.5) * map.width) / width)
  for (let v = 0, at = 0; v < height; v++) {
    const row = Math.floor(((v + 0.5) * map.height) / height) * map.width
    for (let u = 0; u < width; u++, at += channels) {
      const pixel = row + columns[u]
      const nearest = band.nearest[pixel]
      const side = nearest < 0 ? null : sides[nearest]
      if (!side) continue
      const distance = Math.sqrt(squaredDistance(pixel, band.feet[nearest], map.width))
      const share = shareOfNear(pixels, at, side, distance)
      if (share === 0) continue
      const taken = share * Math.min(1, Math.max(0, (1 - distance / band.reach) / (1 - FADES_FROM)))
      for (let c = 0; c < 3; c++) cleared[at + c] = Math.min(255, Math.max(0, Math.round(pixels[at + c] - taken * (side.near[c] - side.far[c]))))
    }
  }
  return { ...picture, pixels: cleared }
}

/** The pixels beside silhouettes, on the farther side of each. */
interface Band {
  reach: number
  /** Those right at a silhouette. */
  feet: number[]
  /** By pixel of the map: which of the feet is nearest on the same surface; −1 where none is within reach. */
  nearest: Int32Array
}

/** A wave from all feet at once, one pixel a step, along the surface that they belong to. */
function besideSilhouettes({ width, height, disparity }: DisparityMap, cut: number, reach: number): Band {
  const nearest = new Int32Array(width * height).fill(-1)
  const feet: number[] = []
  const stand = (pixel: number): void => {
    if (nearest[pixel] >= 0) return
    nearest[pixel] = feet.length
    feet.push(pixel)
  }
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (x + 1 < width && Math.abs(disparity[i + 1] - disparity[i]) > cut) stand(disparity[i] < disparity[i + 1] ? i : i + 1)
      if (y + 1 < height && Math.abs(disparity[i + width] - disparity[i]) > cut) stand(disparity[i] < disparity[i + width] ? i : i + width)
    }
  }
  let wave = feet.slice()
  while (wave.length > 0) {
    const next: number[] = []
    for (const i of wave) {
      const x = i % width
      const y = (i - x) / width
      for (let side = 0; side < 4; side++) {
        const nx = x + DX[side]
        const ny = y + DY[side]
        const j = ny * width + nx
        if (nx < 0 || ny < 0 || nx >= width || ny >= height || nearest[j] === nearest[i] || !(Math.abs(disparity[j] - disparity[i]) <= cut)) continue
        const distance = squaredDistance(j, feet[nearest[i]], width)
        if (distance > reach * reach || (nearest[j] >= 0 && squaredDistance(j, feet[nearest[j]], width) <= distance)) continue
        nearest[j] = nearest[i]
        next.push(j)
      }
    }
    wave = next
  }
  return { reach, feet, nearest }
}

function squaredDistance(a: number, b: number, width: number): number {
  return ((a % width) - (b % width)) ** 2 + (Math.floor(a / width) - Math.floor(b / width)) ** 2
}

/** The colours on both sides of a silhouette: R, G, B, 0..255. */
interface Sides {
  near: number[]
  /** The farther side's, in the mean. */
  far: number[]
  /** From how far away that is told, pixels. */
  middle: number
  /** By how much it changes with each pixel there. */
  slope: number
  /** How much the farther side's own colours differ from their mean, RMS. */
  scatter: number
}

/** Along the line through the foot that leads away from the silhouette: outside, beyond the reach of any, and inside; `null` where either is not to be found, or they can't be told apart. */
function colorsOfSides(foot: number, picture: Pixels, map: DisparityMap, cut: number, { reach, nearest }: Band): Sides | null {
  const { disparity } = map
  const isNearer = (i: number): boolean => disparity[i] - disparity[foot] > cut / 2
  const away = directionAway(foot, map, isNearer)
  if (away === null) return null
  let before = disparity[foot]
  const goesOn = (i: number): boolean => {
    const isOn = Math.abs(disparity[i] - before) <= cut
    before = disparity[i]
    return isOn
  }
  const outside = [...alongLine(foot, away, 2 * reach + MORE_SAMPLES, map, goesOn)].filter(({ step, pixel }) => step > reach && nearest[pixel] < 0)
  const inside = [...alongLine(foot, [-away[0], -away[1]], reach + INSIDE, map, isNearer)].filter(({ step }) => step >= INSIDE)
  if (outside.length < (reach + MORE_SAMPLES) / 2 || inside.length === 0) return null
  const line = describeFar(outside.map(({ step, pixel }) => ({ step, color: colorAt(picture, map, pixel) })))
  const near = [0, 1, 2].map((c) => inside.reduce((sum, { pixel }) => sum + colorAt(picture, map, pixel)[c], 0) / inside.length)
  return line.scatter > MOST_SCATTER || lengthOf(near.map((value, c) => value - line.far[c])) < LEAST_CONTRAST ? null : { near, ...line }
}

/** The direction in which a silhouette is left behind, of length 1; `null` where the near side is all around. */
function directionAway(foot: number, { width, height }: DisparityMap, isNearer: (pixel: number) => boolean): [x: number, y: number] | null {
  const x = foot % width
  const y = (foot - x) / width
  let [outX, outY] = [0, 0]
  for (let py = Math.max(0, y - AROUND); py <= Math.min(height - 1, y + AROUND); py++) {
    for (let px = Math.max(0, x - AROUND); px <= Math.min(width - 1, x + AROUND); px++) {
      if (!isNearer(py * width + px)) continue
      outX += x - px
      outY += y - py
    }
  }
  const length = Math.hypot(outX, outY)
  return length === 0 ? null : [outX / length, outY / length]
}

/** The pixels along a line, beside where it begins, until one is not on its surface. */
function* alongLine(from: number, [dx, dy]: readonly [number, number], steps: number, { width, height }: DisparityMap, isOn: (pixel: number) => boolean): Generator<{ step: number; pixel: number }> {
  const x = from % width
  const y = (from - x) / width
  for (let step = 1; step <= steps; step++) {
    const px = Math.round(x + dx * step)
    const py = Math.round(y + dy * step)
    const pixel = py * width + px
    if (px < 0 || py < 0 || px >= width || py >= height || !isOn(pixel)) return
    yield { step, pixel }
  }
}

/** The mean, and a line through each channel by least squares. */
function describeFar(samples: readonly { step: number; color: readonly number[] }[]): Omit<Sides, 'near'> {
  const count = samples.length
  const middle = samples.reduce((sum, { step }) => sum + step, 0) / count
  const far = [0, 1, 2].map((c) => samples.reduce((sum, { color }) => sum + color[c], 0) / count)
  const spread = samples.reduce((sum, { step }) => sum + (step - middle) ** 2, 0)
  const slopes = far.map((_, c) => (spread === 0 ? 0 : samples.reduce((sum, { step, color }) => sum + (step - middle) * color[c], 0) / spread))
  const squares = samples.reduce((sum, { color }) => sum + far.reduce((all, value, c) => all + (color[c] - value) ** 2, 0), 0)
  return { far, middle, slope: lengthOf(slopes), scatter: Math.sqrt(squares / count) }
}

/** How much of the near colour is mixed into a texel so far from its silhouette; 0 where that can't be said. */
function shareOfNear(pixels: Uint8Array, at: number, { far, slope, near, scatter, middle }: Sides, distance: number): number {
  let [own, both, contrast] = [0, 0, 0]
  for (let c = 0; c < 3; c++) {
    const toNear = near[c] - far[c]
    const difference = pixels[at + c] - far[c]
    own += difference * difference
    both += difference * toNear
    contrast += toNear * toNear
  }
  const difference = Math.sqrt(own)
  if (difference < Math.max(STANDS_OUT * scatter, BEYOND_SLOPE * slope * (middle - distance)) + ROUNDING) return 0
  const share = both / contrast
  const aside = Math.sqrt(Math.max(0, own - both * share))
  return share < LEAST_SHARE || share > MOST_SHARE || aside > MOST_ASIDE * difference + (STANDS_OUT / 2) * scatter ? 0 : share
}

function lengthOf(color: readonly number[]): number {
  return Math.hypot(color[0], color[1], color[2])
}

/** The texel in the middle of a pixel of the map: R, G, B. */
function colorAt({ width, height, channels, pixels }: Pixels, map: DisparityMap, pixel: number): number[] {
  const x = pixel % map.width
  const y = (pixel - x) / map.width
  const at = (Math.floor(((y + 0.5) * height) / map.height) * width + Math.floor(((x + 0.5) * width) / map.width)) * channels
  return [pixels[at], pixels[at + 1], pixels[at + 2]]
}
