import { percentileBin } from '../histogram.js'
import type { Settings } from '../../options.js'
import type { GrayPicture } from '../picture.js'
import { extentOf } from '../range.js'
import { percent, type PreflightCheck } from './check.js'
import { shrink, type Thumbnail } from './thumbnail.js'

/** How far behind the farthest of a prop its background counts as lying, as a share of the range: enough for its outline to be an edge. */
const BEHIND = 0.5
/** Shapes that differ by more than this do not lie over each other. */
const ASPECT = 0.01
/** Shifts that are tried, pixels of the small copies in each direction. */
const REACH = 12
/** Gain in fit from which another place is believed: 13 of 13 pictures moved by 2 % and 13 of 13 mirrored ones gain 1.7 times and more; untouched photographs up to 1.25. */
const GAIN = 1.4
/** A shift shorter than this, pixels of the small copies, is none: light, shadow and rims move outlines that far (by 1 to 2.3 on four painted reliefs that fit to the pixel). */
const SHORTEST = 3
/**
 * What has been moved has been moved everywhere: of the upper, lower, left and right half of the edges this many find the same place, to within {@link SAME_PLACE} pixels.
 * In moved pictures 2 to 4 do; where shadows make a place look better than the right one, 1 at most.
 */
const HALVES = 2
const SAME_PLACE = 2
/** Fit below this part of the best one is none at all: the picture is of something else, or seen from elsewhere, and no single shift need mend it … */
const NO_FIT = 0.1
/** … if the best one is this good, so that it is no coincidence. */
const GOOD_FIT = 1
/** About this many of the strongest depth edges are compared, so that 1,250 placements cost milliseconds. */
const EDGES = 2000
/** Strengths that are told apart on the way to them, from 0 to the strongest. */
const BINS = 4096
/** Fit (in standard deviations of the picture's slopes) below which picture and map have too little in common to say anything. Real pairs: .6–2.5. */
const RELATED = 0.3

/** Checks of the colour picture against the map: shape, mirroring, standing on its head, shift. */
export function checkPicture(thumbnail: Thumbnail, size: { width: number; height: number }, picture: GrayPicture, settings: Pick<Settings, 'black'>): PreflightCheck[] {
  const ratio = (picture.sourceWidth / picture.sourceHeight) * (size.height / size.width)
  const checks: PreflightCheck[] = []
  if (Math.abs(ratio - 1) > ASPECT) {
    checks.push({
      id: 'aspect',
      severity: 'warning',
      value: ratio - 1,
      found: `the picture is ${picture.sourceWidth}×${picture.sourceHeight}, the map ${size.width}×${size.height}: ${percent(Math.abs(ratio - 1))} ${ratio > 1 ? 'wider' : 'narrower'} in shape`,
      why: 'The picture is stretched over the map, so that its outlines miss the surface’s.',
      advice: 'Crop both alike, or make the map from this very picture.',
    })
  }

  // What is cut from black has an outline besides the edges inside it. Some props are painted beyond their outlines, some have hardly an edge inside: where either fits, all is well.
  const gray = shrink(picture.gray, picture.width, picture.height, thumbnail)
  const cut = settings.black === 'cut'
  const verdicts = (cut ? [thumbnail, onBackground(thumbnail)] : [thumbnail]).map((depth) => compare(depth, gray, cut))
  const verdict = verdicts.find(({ says }) => says === 'fits') ?? verdicts.find(({ says }) => says !== 'nothing')
  if (verdict?.says === 'mirrored') {
    checks.push({
      id: 'mirrored',
      severity: 'warning',
      value: verdict.gain,
      found: `the picture’s outlines fit the map ${times(verdict.gain)} better when it is mirrored`,
      why: 'Left and right seem to be swapped between map and picture.',
      advice: 'Mirror one of the two.',
    })
  } else if (verdict?.says === 'upside down') {
    checks.push({
      id: 'upside-down',
      severity: 'warning',
      value: verdict.gain,
      found: `the picture’s outlines fit the map ${times(verdict.gain)} better when it is turned upside down`,
      why: 'Top and bottom seem to be swapped between map and picture. Graphics libraries read pixels back from the bottom row up.',
      advice: 'Turn one of the two over, top to bottom.',
    })
  } else if (verdict?.says === 'moved') {
    checks.push({
      id: 'misaligned',
      severity: 'warning',
      value: verdict.gain,
      found: `the picture’s outlines fit the map ${times(verdict.gain)} better when it is moved ${way(verdict, thumbnail, size)}`,
      why: 'Colours of one thing will lie on another along every silhouette.',
      advice: 'Crop both alike, or make the map from this very picture.',
    })
  }
  return checks
}

/** What the edges of map and picture say about each other, how many times better the other place is, and where. */
interface Verdict {
  says: 'fits' | 'mirrored' | 'upside down' | 'moved' | 'nothing'
  gain: number
  x: number
  y: number
}

/** @param sure whether "fits" has to be certain, since it silences another verdict */
function compare(depth: Thumbnail, gray: Thumbnail, sure: boolean): Verdict {
  const edges = strongestEdges(depth)
  const nothing: Verdict = { says: 'nothing', gain: 1, x: 0, y: 0 }
  if (edges.at.length === 0) return nothing
  const strength = slopes(gray)
  const plain = bestPlacement(edges, strength, depth)
  const turned = ([['mirrored', mirror], ['upside down', turnOver]] as const).map(([says, turn]) => {
    const strength = slopes(turn(gray))
    return { ...bestPlacement(edges, strength, depth), says, strength }
  })
  const other = turned[0].best >= turned[1].best ? turned[0] : turned[1]
  if (Math.max(plain.best, other.best) < RELATED) return nothing
  if (other.best > GAIN * plain.best) return isOnePlace({ ...other, still: plain.best }, edges, other.strength, depth) ? { ...other, gain: gain(other.best, plain.best) } : nothing
  const moved = plain.best > GAIN * plain.still && Math.hypot(plain.x, plain.y) >= SHORTEST
  if ((moved || sure) && !isOnePlace(plain, edges, strength, depth)) return nothing
  return { ...plain, says: moved ? 'moved' : 'fits', gain: gain(plain.best, plain.still) }
}

/**
 * A prop before something farther away. Without that, its outline would be an edge of its picture alone, a pixel beside the last slope that the map knows:
 * the two seemed to fit better when the picture was moved outward.
 */
function onBackground({ width, height, values }: Thumbnail): Thumbnail {
  const { lowest, highest } = extentOf(values)
  return { width, height, values: values.map((value) => (Number.isNaN(value) ? lowest - BEHIND * (highest - lowest) : value)) }
}

/** Where depth changes most. */
interface Edges {
  /** Indices into the small copy. */
  at: Int32Array
  /** How much it changes there. */
  weights: Float32Array
}

/** The strongest depth edges, without what lies nearer to the border than the reach, so that each can be looked up at every shift. */
function strongestEdges(depth: Thumbnail): Edges {
  const { width, height } = depth
  const strength = slopes(depth)
  let steepest = 0
  for (let i = 0; i < strength.length; i++) if (strength[i] > steepest) steepest = strength[i]
  const counts = new Uint32Array(BINS)
  const binOf = (slope: number) => (slope * ((BINS - 1) / steepest)) | 0
  const inner = new Int32Array(strength.length)
  let count = 0
  for (let y = REACH; y < height - REACH; y++) {
    for (let x = REACH; x < width - REACH; x++) {
      const i = y * width + x
      if (strength[i] === 0) continue
      counts[binOf(strength[i])]++
      inner[count++] = i
    }
  }
  const threshold = percentileBin(counts, Math.max(0, 1 - EDGES / count))
  let strong = 0
  for (let k = 0; k < count; k++) if (binOf(strength[inner[k]]) >= threshold) inner[strong++] = inner[k]
  const at = inner.slice(0, strong)
  return { at, weights: Float32Array.from(at, (i) => strength[i]) }
}

/** The shift at which depth edges fit best, how well they do there, and how well where they are. */
interface Placement {
  best: number
  still: number
  x: number
  y: number
}

/** How well depth edges fit the picture's at every shift within reach: their mean slope there, weighted, less that of a random place, in standard deviations. */
function bestPlacement({ at, weights }: Edges, strength: Float32Array, { width, height }: Thumbnail): Placement {
  const pixels = width * height
  let sum = 0
  let squares = 0
  for (let i = 0; i < pixels; i++) {
    sum += strength[i]
    squares += strength[i] * strength[i]
  }
  const mean = sum / pixels
  const deviation = Math.sqrt(Math.max(1e-12, squares / pixels - mean * mean))
  const total = weights.reduce((total, weight) => total + weight, 0)
  let best = -Infinity
  let still = 0
  let [bestX, bestY] = [0, 0]
  for (let y = -REACH; y <= REACH; y++) {
    for (let x = -REACH; x <= REACH; x++) {
      const shift = y * width + x
      let fit = 0
      for (let k = 0; k < at.length; k++) fit += weights[k] * strength[at[k] + shift]
      fit = (fit / total - mean) / deviation
      if (x === 0 && y === 0) still = fit
      if (fit > best) {
        best = fit
        bestX = x
        bestY = y
      }
    }
  }
  return { best, still, x: bestX, y: bestY }
}

/** Whether the picture is in that place as a whole, and not just where it happens to fit best. */
function isOnePlace({ best, still, x, y }: Placement, { at, weights }: Edges, strength: Float32Array, thumbnail: Thumbnail): boolean {
  const byRow = Array.from(at, (_, k) => k)
  const byColumn = byRow.toSorted((a, b) => (at[a] % thumbnail.width) - (at[b] % thumbnail.width))
  const middle = at.length >> 1
  const halves = [byRow.slice(0, middle), byRow.slice(middle), byColumn.slice(0, middle), byColumn.slice(middle)].map((half) =>
    bestPlacement({ at: Int32Array.from(half, (k) => at[k]), weights: Float32Array.from(half, (k) => weights[k]) }, strength, thumbnail),
  )
  // Outlines that were painted too wide (or too narrow) fit when the top is moved up and the bottom down, and so with left and right.
  const [top, bottom, left, right] = halves
  const apart = (one: number, other: number) => one * other < 0 && Math.abs(one + other) <= SAME_PLACE
  const isRim = apart(top.y, bottom.y) && apart(left.x, right.x)
  const agreeing = halves.filter((half) => Math.hypot(half.x - x, half.y - y) <= SAME_PLACE).length
  return agreeing > HALVES || (!isRim && (agreeing === HALVES || (best > GOOD_FIT && still < NO_FIT * best)))
}

/** Length of the gradient (central differences); 0 at the border and where it is unknown. */
function slopes({ width, height, values }: Thumbnail): Float32Array {
  const strength = new Float32Array(values.length)
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x
      const slope = Math.sqrt((values[i + 1] - values[i - 1]) ** 2 + (values[i + width] - values[i - width]) ** 2)
      if (slope === slope) strength[i] = slope
    }
  }
  return strength
}

function mirror({ width, height, values }: Thumbnail): Thumbnail {
  const mirrored = new Float32Array(values.length)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) mirrored[y * width + x] = values[y * width + width - 1 - x]
  return { width, height, values: mirrored }
}

function turnOver({ width, height, values }: Thumbnail): Thumbnail {
  const turned = new Float32Array(values.length)
  for (let y = 0; y < height; y++) turned.set(values.subarray((height - 1 - y) * width, (height - y) * width), y * width)
  return { width, height, values: turned }
}

/** How to move the picture so that what lies at `x`, `y` comes to lie where it belongs: `8 px to the left and 3 px up`. */
function way({ x, y }: { x: number; y: number }, thumbnail: Thumbnail, size: { width: number; height: number }): string {
  const across = Math.round((Math.abs(x) / thumbnail.width) * size.width)
  const down = Math.round((Math.abs(y) / thumbnail.height) * size.height)
  return [across > 0 ? `${across} px to the ${x > 0 ? 'left' : 'right'}` : '', down > 0 ? `${down} px ${y > 0 ? 'up' : 'down'}` : ''].filter((part) => part !== '').join(' and ')
}

/** How many times better; 10 stands for all that is more. */
const gain = (more: number, less: number) => (less <= more / 10 ? 10 : more / less)
const times = (gain: number) => (gain >= 10 ? 'more than 10 times' : `${gain.toFixed(1)} times`)
