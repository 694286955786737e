import { describe, expect, it } from 'vitest'
import { preflight, type DepthRaster, type GrayPicture, type PreflightCheck, type SettingsInput } from '../../../src/core/index.js'
import { meant, rasterOf, seeded, seededNormal } from '../../support/raster.js'

const [W, H] = [200, 160]

/** A floor that comes nearer downward with a ball on it. */
const scene = (x: number, y: number) => {
  const inside = 1 - ((x - 100) ** 2 + (y - 70) ** 2) / 40 ** 2
  return inside > 0 ? 0.6 + 0.3 * Math.sqrt(inside) : 0.02 + (0.96 * y) / H
}

/** The same, with something only on the left, so that left and right can be told apart. */
const lopsided = (x: number, y: number) => (Math.hypot(x - 40, y - 40) < 25 ? 0.9 : scene(x, y))

/** The map itself as its picture. */
function pictureOf(level: (x: number, y: number) => number, more: Partial<GrayPicture> = {}): GrayPicture {
  const gray = Uint8Array.from({ length: W * H }, (_, i) => 255 * level(i % W, Math.floor(i / W)))
  return { width: W, height: H, gray, sourceWidth: W, sourceHeight: H, ...more }
}

/** A disc on a ground that was to be black. */
const prop = (ground: (x: number, y: number) => number) => rasterOf(W, H, (x, y) => (Math.hypot(x - 100, y - 80) < 50 ? 0.4 + scene(x, y) / 2 : ground(x, y)))
const holed = () => rasterOf(W, H, (x, y) => ((x - 60) ** 2 + (y - 120) ** 2 < 15 ** 2 ? 0 : scene(x, y)))
const unknown = () => rasterOf(100, 100, (x, y) => (x < 10 ? NaN : 0.1 + 0.009 * y), 32)
const soft = () => rasterOf(W, H, (x, y) => 0.1 + (0.5 * y) / H + 0.3 / (1 + Math.exp(-(x - 100) / 1.2)))
const sparse = () => {
  const random = seeded(5)
  return rasterOf(W, H, (x, y) => (random() < 0.1 ? scene(x, y) : 0))
}
const noisy = () => {
  const normal = seededNormal(7)
  return rasterOf(W, H, (x, y) => scene(x, y) + 0.008 * normal())
}
const spiked = () => {
  const random = seeded(9)
  return rasterOf(W, H, (x, y) => (random() < 0.005 ? 1 - scene(x, y) : scene(x, y)))
}
const planes = (x: number, y: number) => Math.max(0.02 + (0.9 * y) / H, 0.05 + (0.9 * (x - 60)) / 140)
const linearZ = (x: number, y: number) => (8 - 1 / (1 / 8 + planes(x, y) * (1 - 1 / 8))) / 7

interface Case {
  map: () => DepthRaster
  settings?: SettingsInput
  picture?: () => GrayPicture
  /** All that is said, but for the number that is measured. */
  says: Omit<PreflightCheck, 'value' | 'found'> & { found: string | RegExp }
}

const CASES: Case[] = [
  {
    map: () => rasterOf(450, H, (x, y) => (x < 200 ? 0.3 + 0.2 * Math.sin(x / 3) * Math.cos(y / 5) : x < 250 ? 1 : scene(x - 250, y)), 8),
    says: {
      id: 'side-by-side',
      severity: 'warning',
      found: 'a white stripe of 50 px from top to bottom, exactly in the middle',
      why: 'Estimators save a picture beside its map like this, to be looked at. All of it would become one surface.',
      advice: 'Save the map alone (--pred-only in Depth Anything’s run.py), or cut it out: it is 200 × 160 pixels from x = 250 on.',
    },
  },
  {
    map: () => ({ ...rasterOf(W, H, (x, y) => (236 + 840 * scene(x, y)) / 65_535), georeferenced: true }),
    settings: { projection: 'orthographic', encoding: 'metric' },
    says: {
      id: 'millimetres',
      severity: 'warning',
      found: 'a GeoTIFF of whole levels, read as millimetres',
      why: 'Whole levels are millimetres, as sensors write them, unless "unit" says otherwise. Heights in metres come out a thousand times too low.',
      advice: 'If a level is a metre, as in most elevation models, say so. If it is a millimetre, "unit": 0.001 says that.',
      settings: { unit: 1 },
    },
  },
  {
    map: () => rasterOf(8, 8, () => 0.5),
    says: {
      id: 'flat',
      severity: 'warning',
      found: 'every pixel has the same level',
      why: 'The mesh will be a flat plane.',
      advice: 'Check that this is the file that was meant, and that depth was not clipped when it was saved.',
    },
  },
  {
    map: () => rasterOf(W, H, (x, y) => Math.round(scene(x, y) * 255) / 255),
    says: {
      id: 'eight-bit',
      severity: 'warning',
      found: /^8 bits in a 16-bit file: all levels are multiples of 257, \d+ of them$/,
      why: 'Somewhere on the way the map was rounded to 256 levels, which shows as terraces on slopes.',
      advice: 'Export it again with a 16-bit pipeline from end to end. Until then the terraces are smoothed within half a level.',
    },
  },
  {
    map: () => rasterOf(W, H, (x, y) => Math.round(scene(x, y) * 15) / 15),
    says: {
      id: 'few-levels',
      severity: 'warning',
      found: '16 distinct levels',
      why: 'With fewer than 64 levels, slopes turn into steps that no cleaning can undo.',
      advice: 'Export it again with 16 bits, and use the whole range from black to white.',
    },
  },
  {
    map: () => rasterOf(W, H, (x, y) => 0.4 + 0.2 * scene(x, y)),
    says: {
      id: 'low-contrast',
      severity: 'warning',
      found: /^98 % of the levels lie within 1\d % of the scale \(4\d % to 5\d %\)$/,
      why: 'The surface will be almost flat between near and far, and few levels are left for its shape.',
      advice: 'Stretch the levels, or, if this is a sensor’s depth in millimetres, say so with "encoding": "metric".',
      settings: { levels: [0.403, 0.595] },
    },
  },
  {
    map: () => rasterOf(768, 640, (x, y) => 0.02 + 0.9 / (1 + Math.exp((Math.hypot(x - 384, y - 320) - 200) / 4))),
    says: {
      id: 'wide-silhouettes',
      severity: 'warning',
      found: 'about 100 % of the silhouettes are ramps too wide to be told from slopes, as in a map that was enlarged or blurred',
      why: 'The surface is not cut there: the picture hangs stretched between front and back.',
      advice: 'Use the map at the size at which it was made, or shrink it, to 192 × 160 say; the colour picture may stay as large as it is. If they are slopes, "clean": { "silhouettes": false } says so.',
    },
  },
  {
    map: () => prop(() => 0.05),
    settings: { projection: 'orthographic', black: 'cut' },
    says: {
      id: 'dirty-black',
      severity: 'warning',
      found: 'the map’s border is dark but not black (up to 5.0 % of the scale), so that "black": "cut" leaves it standing',
      why: 'What is meant to be nothing becomes a plate behind what was to be cut out.',
      advice: 'Move the black point above it, or paint it black. The alpha of a colour picture cuts more cleanly than black does.',
      settings: { levels: [0.051, 1] },
    },
  },
  {
    map: () => prop((x, y) => (x % 10 === 5 && y % 20 === 5 ? 0.5 : 0)),
    settings: { projection: 'orthographic', black: 'cut', clean: false },
    says: {
      id: 'dirty-black',
      severity: 'warning',
      found: /^1\d\d specks of fewer than 8 pixels stand on what "black": "cut" cuts away$/,
      why: 'Each becomes a flake that floats beside what was to be cut out.',
      advice: 'Move the black point above them, or paint them black. The alpha of a colour picture cuts more cleanly than black does.',
    },
  },
  {
    map: () => rasterOf(W, H, (x, y) => 0.2 + 0.8 * scene(x, y)),
    says: {
      id: 'lifted-black',
      severity: 'info',
      found: /^99 % of the levels lie at 2\d % of the scale or above$/,
      why: 'Hardly anything in the map reaches "far": the scene will be squeezed toward the camera.',
      advice: 'If the darkest surface is meant to be at "far", stretch the levels: the 1 % that may be darker goes there with it.',
      settings: { levels: [expect.closeTo(0.22, 1) as number, 1] },
    },
  },
  {
    map: () => rasterOf(W, H, (x, y) => 2 + 24.5 * (1 - scene(x, y)), 32),
    says: {
      id: 'metres',
      severity: 'warning',
      found: /^floats up to 2\d(\.\d+)?, read as disparity and stretched to the full range$/,
      why: 'Values like these are most often metres. Read as anything else, what is near and what is far change places.',
      advice: 'If they are metres from the camera, say so.',
      settings: { encoding: 'metric' },
    },
  },
  {
    map: sparse,
    says: {
      id: 'sparse',
      severity: 'warning',
      found: /^90 % of the pixels are black, the rest lie in \d,\d{3} islands$/,
      why: 'This looks like a lidar’s sparse points: most of the surface would be made up between them.',
      advice: 'Densify the map first (depth completion), or let depthmesh fill it in and look at the result closely.',
      settings: { black: 'hole' },
    },
  },
  {
    map: sparse,
    settings: { black: 'hole' },
    says: {
      id: 'sparse',
      severity: 'warning',
      found: /^90 % of the pixels are black/,
      why: 'This looks like a lidar’s sparse points: most of the surface would be made up between them.',
      advice: 'Densify the map first (depth completion), or let depthmesh fill it in and look at the result closely.',
    },
  },
  {
    map: unknown,
    says: { id: 'unknown', severity: 'info', found: '10 % of the pixels are unknown', why: 'They are left open.', advice: 'To fill them in instead, set "black": "hole".', settings: { black: 'hole' } },
  },
  {
    map: unknown,
    settings: { black: 'cut' },
    says: { id: 'unknown', severity: 'info', found: '10 % of the pixels are unknown', why: 'They are left open.', advice: 'To fill them in instead, set "black": "hole".' },
  },
  {
    map: unknown,
    settings: { black: 'hole' },
    says: { id: 'unknown', severity: 'info', found: '10 % of the pixels are unknown', why: 'They are filled in from around.', advice: 'To leave them open instead, set "black": "cut".' },
  },
  {
    map: unknown,
    settings: { black: 'hole', clean: { holes: false } },
    says: {
      id: 'unknown',
      severity: 'info',
      found: '10 % of the pixels are unknown',
      why: 'They are left open.',
      advice: 'To fill them in instead, let "clean" do it.',
      settings: { clean: { holes: 'auto' } },
    },
  },
  {
    map: holed,
    settings: { black: 'hole' },
    says: { id: 'unknown', severity: 'info', found: '2.2 % of the pixels are black, which stands for unknown', why: 'They are filled in from around.', advice: 'To leave them open instead, set "black": "cut".' },
  },
  {
    map: holed,
    says: {
      id: 'holes',
      severity: 'warning',
      found: '2.2 % of the pixels are black and break off from their surroundings',
      why: 'These look like unknown pixels. Taken for depth, each becomes a pit that reaches to "far".',
      advice: 'Say what black is: unknown ("hole", to be filled in), nothing ("cut"), or the farthest surface after all ("far").',
      settings: { black: 'hole' },
    },
  },
  {
    map: noisy,
    says: {
      id: 'noise',
      severity: 'warning',
      found: /^noise with a standard deviation of about 0\.[789] % of the scale \(\d\.\d of 255 levels\)$/,
      why: 'Noise becomes a sandpaper surface, and triangles are spent on it.',
      advice: 'It is smoothed with an edge-preserving filter. If it is real roughness (gravel, bark), "clean": { "noise": false } keeps it.',
    },
  },
  {
    map: spiked,
    says: {
      id: 'spikes',
      severity: 'warning',
      found: /^0\.\d\d % of the pixels stick out from their neighbours by more than 5 % of the scale$/,
      why: 'Each becomes a needle in the surface.',
      advice: 'They are replaced by the median of their neighbours. If they are thin real things (wires, grass), "clean": { "spikes": false } keeps them.',
    },
  },
  {
    map: () => rasterOf(1500, 20, (x) => x / 1500, 8),
    says: {
      id: 'banded',
      severity: 'info',
      found: 'terraces: 256 levels in runs of 6 pixels and more',
      why: 'Slopes were rounded to steps, which show when light falls across them.',
      advice: 'The steps are smoothed within half a level, so that the surface still says what the map says. A 16-bit map would not need it.',
    },
  },
  {
    map: soft,
    says: {
      id: 'soft-silhouettes',
      severity: 'warning',
      found: /^\d\d % of the pixels at silhouettes lie halfway between front and back$/,
      why: 'Blurred silhouettes become ramps of stretched picture around everything in front.',
      advice: 'They are snapped to the side they belong to, with the colour picture as a guide; a sharper map is better still. If the ramps are real slopes, "clean": { "silhouettes": false } keeps them.',
    },
  },
  {
    map: () => ({ ...rasterOf(W, H, scene), colourChunks: ['gAMA 0.45455', 'sRGB'] }),
    says: {
      id: 'color-chunks',
      severity: 'info',
      found: 'the file was saved as a colour picture (gAMA 0.45455, sRGB)',
      why: 'Levels are read as they are stored. If the program bent them to look right on a screen, near things come out too near and far ones squeezed.',
      advice: 'Save it as data (linear, no colour management). If the levels were bent, "gamma": 2.2 straightens them.',
    },
  },
  {
    map: () => rasterOf(W, H, (x, y) => 1 - scene(x, y)),
    says: {
      id: 'inverted',
      severity: 'warning',
      found: /^the top of the map is nearer than its bottom, by \d\d % of the range$/,
      why: 'Scenes mostly stand on a floor that comes toward the camera. If near and far are swapped, the surface is turned inside out.',
      advice: 'Look at the map: if things in front are dark, white is far.',
      settings: { white: 'far' },
    },
  },
  {
    map: () => rasterOf(W, H, scene),
    settings: { white: 'far' },
    says: {
      id: 'inverted',
      severity: 'warning',
      found: /^the top of the map is nearer than its bottom, by \d\d % of the range$/,
      why: 'Scenes mostly stand on a floor that comes toward the camera. If near and far are swapped, the surface is turned inside out.',
      advice: 'Look at the map: if things in front are bright, white is near.',
      settings: { white: 'near' },
    },
  },
  {
    map: () => rasterOf(W, H, linearZ),
    says: {
      id: 'encoding',
      severity: 'warning',
      found: /^(9\d|100) % of the slanted surfaces bend toward the camera, all by the law of a map that is linear in depth with far = (7\.[89]|8\.\d) × near$/,
      why: 'Floors and walls are flat: in disparity they are straight. A map whose levels are taken for something else is as bad as no depth at all.',
      advice: 'If it is a renderer’s normalised Z pass, say so, and set "near" and "far" to its own.',
      settings: { encoding: 'depth' },
    },
  },
  {
    map: () => rasterOf(W, H, planes),
    settings: { encoding: 'depth', near: 1, far: 8 },
    says: {
      id: 'encoding',
      severity: 'warning',
      found: /^(9\d|100) % of the slanted surfaces bend away from the camera, all by the law of a map that is linear in disparity$/,
      why: 'Floors and walls are flat: in disparity they are straight. A map whose levels are taken for something else is as bad as no depth at all.',
      advice: 'If it is disparity (1/depth), as AI estimators and stereo programs write it, say so.',
      settings: { encoding: 'disparity' },
    },
  },
  {
    map: () => rasterOf(W, H, scene),
    picture: () => pictureOf(scene, { sourceWidth: 420, sourceHeight: 320 }),
    says: {
      id: 'aspect',
      severity: 'warning',
      found: 'the picture is 420×320, the map 200×160: 5.0 % wider in shape',
      why: 'The picture is stretched over the map, so that its outlines miss the surface’s.',
      advice: 'Crop both alike, or make the map from this very picture.',
    },
  },
  {
    map: () => rasterOf(W, H, scene),
    picture: () => pictureOf(scene, { sourceWidth: 380, sourceHeight: 320 }),
    says: {
      id: 'aspect',
      severity: 'warning',
      found: 'the picture is 380×320, the map 200×160: 5.0 % narrower in shape',
      why: 'The picture is stretched over the map, so that its outlines miss the surface’s.',
      advice: 'Crop both alike, or make the map from this very picture.',
    },
  },
  {
    map: () => rasterOf(W, H, lopsided),
    picture: () => pictureOf((x, y) => lopsided(W - 1 - x, y)),
    says: {
      id: 'mirrored',
      severity: 'warning',
      found: /^the picture’s outlines fit the map \d\.\d times better when it is mirrored$/,
      why: 'Left and right seem to be swapped between map and picture.',
      advice: 'Mirror one of the two.',
    },
  },
  {
    map: () => rasterOf(W, H, lopsided),
    picture: () => pictureOf((x, y) => lopsided(x, H - 1 - y)),
    says: {
      id: 'upside-down',
      severity: 'warning',
      found: /^the picture’s outlines fit the map .* better when it is turned upside down$/,
      why: 'Top and bottom seem to be swapped between map and picture. Graphics libraries read pixels back from the bottom row up.',
      advice: 'Turn one of the two over, top to bottom.',
    },
  },
  {
    map: () => rasterOf(W, H, lopsided),
    picture: () => pictureOf((x, y) => lopsided(x - 8, y + 3)),
    says: {
      id: 'misaligned',
      severity: 'warning',
      found: 'the picture’s outlines fit the map more than 10 times better when it is moved 8 px to the left and 3 px down',
      why: 'Colours of one thing will lie on another along every silhouette.',
      advice: 'Crop both alike, or make the map from this very picture.',
    },
  },
]

const RELIEF = { projection: 'orthographic', relief: 5 } as const

/** What is said of reliefs, and of maps whose white is far, instead. */
const OTHERWISE: { map: () => DepthRaster; settings: SettingsInput; says: Partial<PreflightCheck> & Pick<PreflightCheck, 'id'> }[] = [
  {
    map: () => rasterOf(W, H, (x, y) => 0.2 + 0.8 * scene(x, y)),
    settings: { white: 'far' },
    says: { id: 'lifted-black', why: 'Hardly anything in the map reaches "near": the scene will be pushed away from the camera.', advice: 'If the darkest surface is meant to be at "near", stretch the levels: the 1 % that may be darker goes there with it.' },
  },
  {
    map: () => rasterOf(W, H, (x) => 0.2 + (0.8 * x) / W),
    settings: RELIEF,
    says: {
      id: 'lifted-black',
      // The 1st percentile is the 2nd of 200 columns: (0.2 + 0.8 · 1 / 200) · 5 m.
      why: 'Hardly anything in the map is as low as black: 99 % of the surface lies 1 m or more above its base.',
      advice: 'If the darkest surface is meant to be the lowest, as black is, stretch the levels: the 1 % that may be darker goes there with it.',
    },
  },
  {
    map: () => rasterOf(W, H, (x) => 0.2 + (0.8 * x) / W),
    settings: { ...RELIEF, white: 'far' },
    says: {
      id: 'lifted-black',
      why: 'Hardly anything in the map is as high as black: 99 % of the surface stays 1 m or more below the height that "relief" says.',
      advice: 'If the darkest surface is meant to be the highest, as black is, stretch the levels: the 1 % that may be darker goes there with it.',
    },
  },
  {
    map: () => rasterOf(W, H, (x) => 0.4 + (0.2 * x) / W),
    settings: RELIEF,
    says: {
      id: 'low-contrast',
      why: 'From its lowest to its highest place the surface will have 20 % of the height that "relief" says, and few levels are left for its shape.',
      advice: 'Stretch the levels, or, if they are heights in metres or parts of them, say so with "encoding": "metric".',
    },
  },
  {
    map: () => rasterOf(W, H, (x, y) => 2 + 24.5 * (1 - scene(x, y)), 32),
    settings: RELIEF,
    says: { id: 'metres', why: 'Values like these are most often metres. Read as anything else, the surface is as high as "relief" says, whatever they say.', advice: 'If they are metres, say so.' },
  },
  {
    map: holed,
    settings: RELIEF,
    says: { id: 'holes', why: 'These look like unknown pixels. Taken for depth, each becomes a pit down to the base.', advice: 'Say what black is: unknown ("hole", to be filled in), nothing ("cut"), or the lowest surface after all ("far").' },
  },
  {
    map: holed,
    settings: { ...RELIEF, white: 'far' },
    says: { id: 'holes', why: 'These look like unknown pixels. Taken for depth, each becomes a tower of the full height.', advice: 'Say what black is: unknown ("hole", to be filled in), nothing ("cut"), or the highest surface after all ("far").' },
  },
  {
    map: holed,
    settings: { white: 'far' },
    says: { id: 'holes', why: 'These look like unknown pixels. Taken for depth, each becomes a spike that reaches to "near".', advice: 'Say what black is: unknown ("hole", to be filled in), nothing ("cut"), or the nearest surface after all ("far").' },
  },
  {
    map: () => ({ ...rasterOf(W, H, scene), colourChunks: ['sRGB'] }),
    settings: RELIEF,
    says: { id: 'color-chunks', why: 'Levels are read as they are stored. If the program bent them to look right on a screen, slopes come out too steep in dark places and too flat in bright ones.' },
  },
]

describe('what pre-flight says of reliefs, and where white is far', () => {
  it.each(OTHERWISE.map((one) => [`${one.says.id} with ${JSON.stringify(one.settings)}`, one] as const))('%s', (_, { map: stored, settings: input, says }) => {
    const { raster, map, settings } = meant(stored(), input)
    expect(preflight({ raster, map, picture: null }, settings).checks.find(({ id }) => id === says.id)).toMatchObject(says)
  })

  it('speaks of no camera, and of neither near nor far, where there is none', () => {
    const said = CASES.flatMap(({ map: stored, settings: input, picture }) => {
      const { raster, map, settings } = meant(stored(), { ...input, ...RELIEF })
      return preflight({ raster, map, picture: picture?.() ?? null }, settings).checks
    })
    expect(new Set(said.map(({ id }) => id)).size).toBeGreaterThan(12)
    // ("black": "far" is called so for reliefs too.)
    for (const { id, found, why, advice } of said) expect([found, why, advice].join(' ').replace('after all ("far")', ''), id).not.toMatch(/\b(near|far|nearer|camera)\b/)
  })
})

describe('what pre-flight says, whole', () => {
  it('never offers settings that turn off what mends it', () => {
    for (const { map: stored, settings: input, picture } of CASES) {
      const { raster, map, settings } = meant(stored(), input)
      for (const { id, settings: offered } of preflight({ raster, map, picture: picture?.() ?? null }, settings).checks) expect(Object.values(offered?.clean ?? {}), id).not.toContain(false)
    }
    // Each of the three that are mended by itself says how to leave it as it is.
    expect(CASES.filter(({ says }) => /"clean": \{ "\w+": false \} keeps/.test(says.advice)).map(({ says }) => says.id)).toEqual(['noise', 'spikes', 'soft-silhouettes'])
  })

  it.each(CASES.map((one): [string, Case] => [`${one.says.id}${one.settings ? ` with ${JSON.stringify(one.settings)}` : ''}`, one]))('%s', (_, { map: stored, settings: input, picture, says }) => {
    const { raster, map, settings } = meant(stored(), input)
    const found = preflight({ raster, map, picture: picture?.() ?? null }, settings).checks.filter(({ id }) => id === says.id)
    expect(found).toHaveLength(1)
    const { value, ...said } = found[0]!
    expect(Number.isFinite(value)).toBe(true)
    expect(said).toEqual({ ...says, found: typeof says.found === 'string' ? says.found : (expect.stringMatching(says.found) as string) })
  })
})
