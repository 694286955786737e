/** Faults to plant in a raster; seeded, so that every run plants the same ones. Each returns a new raster. */
import { seededRandom } from './scenes.js'

const withSamples = (raster, samples, more = {}) => ({ ...raster, ...more, samples })
const clamp01 = (value) => Math.min(1, Math.max(0, value))
/** What is unknown stays unknown: NaN, and black where black is unknown. */
const isBlank = (sample, hole) => Number.isNaN(sample) || (hole && sample === 0)

/** Near for far. */
export function invert(raster, { hole }) {
  const high = highest(raster)
  return withSamples(raster, raster.samples.map((sample) => (isBlank(sample, hole) ? sample : (raster.bitDepth > 16 ? high : 1) - sample)))
}

/** Rounded to `levels` levels, stored with `bitDepth` bits. */
export function quantize(raster, levels, bitDepth = raster.bitDepth) {
  const top = levels - 1
  const unit = 2 ** Math.min(16, bitDepth) - 1
  return withSamples(raster, raster.samples.map((sample) => Math.round((Math.round(clamp01(sample) * top) / top) * unit) / unit), { bitDepth })
}

/** Gaussian noise of standard deviation `sigma`, of the scale (of a sensor: of its own range). */
export function addNoise(raster, sigma, { hole, seed = 1 }) {
  const random = seededRandom(seed)
  const scale = rangeOf(raster)
  return withSamples(raster, raster.samples.map((sample) => {
    const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return isBlank(sample, hole) ? sample : store(raster, clamp01(sample + gauss * sigma * scale))
  }))
}

/** A share of the pixels set to a random level. */
export function addSalt(raster, share, { hole, seed = 2 }) {
  const random = seededRandom(seed)
  const scale = rangeOf(raster)
  return withSamples(raster, raster.samples.map((sample) => {
    const hit = random() < share
    const level = random()
    return hit && !isBlank(sample, hole) ? store(raster, level * scale) : sample
  }))
}

/** Discs of black (`unknown`: of NaN) until `share` of the map is covered; radii .3..0.9 % of the longer side, as the unknown areas of stereo maps have (.1..1.9 %). */
export function punchHoles(raster, share, { seed = 3, unknown = 0 } = {}) {
  const random = seededRandom(seed)
  const { width, height } = raster
  const samples = raster.samples.slice()
  const mask = new Uint8Array(samples.length)
  const longer = Math.max(width, height)
  let covered = 0
  while (covered < share * samples.length) {
    const radius = longer * (0.003 + 0.006 * random())
    const [cx, cy] = [random() * width, random() * height]
    for (let y = Math.max(0, Math.ceil(cy - radius)); y < Math.min(height, cy + radius); y++) {
      for (let x = Math.max(0, Math.ceil(cx - radius)); x < Math.min(width, cx + radius); x++) {
        const i = y * width + x
        if (mask[i] || (x - cx) ** 2 + (y - cy) ** 2 > radius * radius) continue
        mask[i] = 1
        covered++
        samples[i] = unknown
      }
    }
  }
  return { raster: withSamples(raster, samples), mask }
}

/** The picture mirrored, turned upside down, or moved by whole pixels (the border is repeated). */
export function movePicture(picture, { mirror = false, over = false, x = 0, y = 0 }) {
  const { width, height, gray } = picture
  const moved = new Uint8Array(gray.length)
  for (let row = 0; row < height; row++) {
    const at = Math.min(height - 1, Math.max(0, row - y))
    const from = (over ? height - 1 - at : at) * width
    for (let column = 0; column < width; column++) {
      const at = Math.min(width - 1, Math.max(0, column - x))
      moved[row * width + column] = gray[from + (mirror ? width - 1 - at : at)]
    }
  }
  return { ...picture, gray: moved }
}

/** Integers go back to a level of the file. */
function store(raster, value) {
  if (raster.bitDepth > 16) return value
  const unit = 2 ** raster.bitDepth - 1
  return Math.round(value * unit) / unit
}

/** The scale of a full map is 1; of a sensor that uses the low levels, its largest level. */
function rangeOf(raster) {
  const high = highest(raster)
  return high < 0.25 ? high : 1
}

const highest = ({ samples }) => samples.reduce((high, sample) => (sample > high ? sample : high), 0)
