/** What cleaning repairs: real maps are damaged, then go through pre-flight and cleaning as in a bake, with the one step that is meant on "auto" and the others off. */
import { cleanDepth, parseSettings, preflight, toDisparity } from '../dist/core/index.js'
import { addNoise, addSalt, punchHoles, quantize } from './support/damage.js'
import { markdownTable } from './support/measure.js'
import { loadReal, realMaps } from './support/real.js'

/** Wider 8-bit maps are left out: their own terraces, steeper the wider a map is, would be most of the normal error. */
const WIDEST = 750

/** Normals are those of the surface (u px, v px, .25 · width · disparity), in which meshes are simplified. */
const HEIGHT = 0.25

/** Damage, the steps that mend it, and which maps it is done to. */
const CASES = [
  {
    name: '8 bits',
    steps: ['bands'],
    fits: ({ raster, entry }) => raster.bitDepth > 8 && entry.class !== 'rgbd-sensor',
    damage: (raster) => ({ raster: to8Bits(raster) }),
    target: 'moon ≤ 2.2°, motorcycle ≤ 2.5°, DEM unchanged',
  },
  {
    name: 'noise .8 %, salt .5 %',
    steps: ['spikes', 'noise'],
    fits: ({ entry }) => entry.class !== 'rgbd-sensor', // noise of a sensor is in metres: in disparity it would be many times as strong up close
    damage: (raster, hole) => ({ raster: addSalt(addNoise(raster, 0.008, { hole }), 0.005, { hole }) }),
    target: '≤ 1.4 steps, ≤ 8°',
  },
  {
    name: 'holes 10 %',
    steps: ['holes'],
    fits: () => true,
    damage: (raster) => punchHoles(raster, 0.1, { unknown: raster.format === 'float' ? NaN : 0 }),
    settings: { black: 'hole' },
    target: '≤ 7.5 steps',
  },
]

export async function run() {
  const tables = []
  for (const { name, steps, fits, damage, target, settings: more = {} } of CASES) {
    const rows = []
    const sums = [0, 0, 0, 0]
    for (const entry of realMaps().filter(({ width }) => width <= WIDEST)) {
      const truth = await loadReal(entry)
      if (!fits(truth)) continue
      const hole = truth.settings.black === 'hole' || truth.settings.encoding === 'metric'
      const damaged = damage(truth.raster, hole)
      const clean = Object.fromEntries(['spikes', 'noise', 'bands', 'holes', 'silhouettes'].map((step) => [step, steps.includes(step) ? 'auto' : false]))
      const settings = parseSettings([{ origin: 'bench', settings: { ...entry.sidecar, ...more, clean } }])
      const before = toDisparity(damaged.raster, settings)
      const report = preflight({ raster: damaged.raster, map: before, picture: truth.picture }, settings)
      const after = cleanDepth({ map: before, raster: damaged.raster, report, picture: truth.picture }, settings)
      const figures = [compare(withoutHoles(before, damaged.mask), truth.map, damaged.mask), compare(after.map, truth.map, damaged.mask)].flat()
      figures.forEach((figure, i) => (sums[i] += figure))
      rows.push([entry.name, ...figures.map(degrees), after.steps.length === 0 ? 'unchanged, to the bit' : after.steps.map(({ step }) => step).join(', ')])
    }
    rows.push(['**mean**', ...sums.map((sum) => degrees(sum / rows.length)), target])
    tables.push(`**${name}**\n\n${markdownTable(['map', 'RMS before, steps', 'normals before, °', 'RMS after, steps', 'normals after, °', 'steps taken'], rows)}`)
  }
  return `Steps are 1/255 of the range. Holes are discs with a radius of .3–.9 % of the longer side (those of stereo maps: .1–1.9 %), measured inside the holes alone; the rest is measured over all known pixels.\n\n${tables.join('\n\n')}`
}

/** A float or 16-bit map saved with 8 bits; level 0 stays free for what is unknown. */
function to8Bits(raster) {
  const lowest = raster.samples.some(Number.isNaN) ? 1 / 255 : 0
  const bounded = { ...raster, samples: raster.samples.map((sample) => (Number.isNaN(sample) ? 0 : Math.max(lowest, sample))) }
  return { ...quantize(bounded, 256, 8), format: 'unorm', source: 'png' }
}

/** What a hole is without filling: the farthest surface. */
function withoutHoles(map, mask) {
  return mask ? { ...map, disparity: map.disparity.map((value, i) => (mask[i] ? 0 : value)) } : map
}

/** RMS difference in steps and mean angle between normals in degrees, over what both know (and the mask holds). */
function compare(map, truth, mask) {
  // Metric maps carry their own near and far: compare disparities of the same scale.
  const inverse = ({ near, far }, value) => 1 / far + value * (1 / near - 1 / far)
  const same = map.near === truth.near && map.far === truth.far
  const disparity = same ? map.disparity : map.disparity.map((value) => (inverse(map, value) - 1 / truth.far) / (1 / truth.near - 1 / truth.far))
  const { width, height } = truth
  let squares = 0
  let count = 0
  for (let i = 0; i < disparity.length; i++) {
    const difference = disparity[i] - truth.disparity[i]
    if (Number.isNaN(difference) || (mask && !mask[i])) continue
    squares += difference * difference
    count++
  }
  let angles = 0
  let normals = 0
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x
      if (mask && !mask[i]) continue
      const [ax, ay] = slope(disparity, i, width)
      const [bx, by] = slope(truth.disparity, i, width)
      const cosine = (ax * bx + ay * by + 1) / Math.sqrt((ax * ax + ay * ay + 1) * (bx * bx + by * by + 1))
      if (Number.isNaN(cosine)) continue
      angles += Math.acos(Math.min(1, cosine))
      normals++
    }
  }
  return [255 * Math.sqrt(squares / count), (angles / normals) * (180 / Math.PI)]
}

/** Sobel gradient of the surface. */
function slope(d, i, width) {
  const k = (HEIGHT * width) / 8
  const [above, below] = [i - width, i + width]
  return [
    k * (d[above + 1] + 2 * d[i + 1] + d[below + 1] - d[above - 1] - 2 * d[i - 1] - d[below - 1]),
    k * (d[below - 1] + 2 * d[below] + d[below + 1] - d[above - 1] - 2 * d[above] - d[above + 1]),
  ]
}

const degrees = (value) => Number(value.toFixed(2))

if (process.argv[1]?.endsWith('/bench/clean.js')) console.log(await run())
