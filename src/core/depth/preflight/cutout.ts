import type { Settings } from '../../options.js'
import { labelAreas } from '../areas.js'
import type { DisparityMap } from '../convention.js'
import type { DepthRaster } from '../decode.js'
import { percent, type PreflightCheck } from './check.js'

/** Areas of fewer pixels are specks. Leaves and stones that stand apart in painted props have more: of 24 props one has 2 such areas, one has 1. */
const SPECK = 8
/** As many are no accident. A background with grain leaves hundreds. */
const MANY_SPECKS = 20
/** A border of which this part stands, … */
const STANDING = 0.5
/** … and hardly any pixel is brighter than this share of the scale, was meant to be black. */
const DARK = 0.15

/** Black that was meant to cut a thing out, and is not black: it stands as a plate, or as specks. */
export function checkCutout(raster: DepthRaster, { disparity, width, height }: DisparityMap, settings: Settings): PreflightCheck[] {
  if (settings.black !== 'cut' || settings.encoding === 'metric' || raster.format === 'float') return []
  const border = borderOf(width, height)
  const standing = border.filter((i) => disparity[i] === disparity[i])
  const levels = Float32Array.from(standing, (i) => raster.samples[i]).sort()
  const dark = levels[Math.floor(0.99 * (levels.length - 1))] ?? 0
  const [low, high] = settings.levels ?? [0, 1]
  const point = Math.ceil(dark * 1000 + 0.001) / 1000
  const mend = levels.length > 0 && dark < DARK && point > low && point < high ? { settings: { levels: [point, high] as [number, number] } } : {}
  if (standing.length > STANDING * border.length && 'settings' in mend) {
    return [
      {
        id: 'dirty-black',
        severity: 'warning',
        value: dark,
        found: `the map’s border is dark but not black (up to ${percent(dark)} of the scale), so that "black": "cut" leaves it standing`,
        why: 'What is meant to be nothing becomes a plate behind what was to be cut out.',
        advice: 'Move the black point above it, or paint it black. The alpha of a colour picture cuts more cleanly than black does.',
        ...mend,
      },
    ]
  }
  const specks = countSpecks(disparity, width, height)
  if (specks < MANY_SPECKS) return []
  return [
    {
      id: 'dirty-black',
      severity: 'warning',
      value: specks,
      found: `${specks.toLocaleString('en-US')} specks of fewer than ${SPECK} pixels stand on what "black": "cut" cuts away`,
      why: 'Each becomes a flake that floats beside what was to be cut out.',
      advice: 'Move the black point above them, or paint them black. The alpha of a colour picture cuts more cleanly than black does.',
      ...mend,
    },
  ]
}

/** The outermost pixels. */
function borderOf(width: number, height: number): number[] {
  const border: number[] = []
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x)
  for (let y = 1; y < height - 1; y++) border.push(y * width, y * width + width - 1)
  return border
}

function countSpecks(disparity: Float32Array, width: number, height: number): number {
  const { labels, count, runs } = labelAreas(width, height, (i) => disparity[i] === disparity[i])
  const pixels = new Uint32Array(count)
  for (const [run, start] of runs.starts.entries()) pixels[labels[start]] += runs.ends[run] - start
  return pixels.reduce((specks, area) => (area < SPECK ? specks + 1 : specks), 0)
}
