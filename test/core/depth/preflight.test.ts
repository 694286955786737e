import { describe, expect, it } from 'vitest'
import { preflight, type CheckId, type DepthRaster, type GrayPicture, type PreflightCheck, type SettingsInput } from '../../../src/core/index.js'
import { meant, rasterOf, sameBits, seeded, seededNormal } from '../../support/raster.js'

/** A floor that comes nearer downward with a ball on it: smooth, the whole range, 16 bits. */
const scene = (x: number, y: number) => {
  const inside = 1 - ((x - 100) ** 2 + (y - 70) ** 2) / 40 ** 2
  return inside > 0 ? 0.6 + 0.3 * Math.sqrt(inside) : 0.02 + (0.96 * y) / 160
}
const plain = () => rasterOf(200, 160, scene)

function checks(raster: DepthRaster, input: SettingsInput = {}, picture: GrayPicture | null = null): PreflightCheck[] {
  const { map, settings } = meant(raster, input)
  return preflight({ raster, map, picture }, settings).checks
}
const ids = (found: PreflightCheck[]) => found.map(({ id }) => id)

function only(id: CheckId, raster: DepthRaster, input: SettingsInput = {}, picture: GrayPicture | null = null): PreflightCheck {
  const found = checks(raster, input, picture).filter((check) => check.id === id)
  expect(found, `${id} is reported once`).toHaveLength(1)
  for (const text of [found[0]!.found, found[0]!.why, found[0]!.advice]) expect(text.length).toBeGreaterThan(10)
  return found[0]!
}

/** A picture painted from the scene: the ball bright, the floor dark, seen `x` px further right. */
function painted(x = 0, mirror = false): GrayPicture {
  const gray = new Uint8Array(200 * 160)
  for (let v = 0; v < 160; v++) {
    for (let u = 0; u < 200; u++) {
      const at = mirror ? 199 - u : u - x
      gray[v * 200 + u] = (at - 100) ** 2 + (v - 70) ** 2 < 40 ** 2 ? 200 : 60 + 20 * Math.sin(at / 3)
    }
  }
  return { width: 200, height: 160, gray, sourceWidth: 400, sourceHeight: 320 }
}

describe('pre-flight', () => {
  it('finds nothing in a smooth 16-bit map with a picture that fits', () => {
    const { raster, map, settings } = meant(plain())
    const report = preflight({ raster, map, picture: painted() }, settings)
    expect(report.checks).toEqual([])
    expect(report).toMatchObject({ width: 200, height: 160, bitDepth: 16 })
    expect(report.levels).toBe(new Set(raster.samples).size)
  })

  it('changes nothing in what it looks at', () => {
    const { raster, map, settings } = meant(plain())
    const [samples, disparity] = [raster.samples.slice(), map.disparity.slice()]
    preflight({ raster, map, picture: painted() }, settings)
    expect(sameBits(raster.samples, samples)).toBe(true)
    expect(sameBits(map.disparity, disparity)).toBe(true)
  })

  it('says when every pixel has the same level', () => {
    expect(only('flat', rasterOf(8, 8, () => 0.5))).toMatchObject({ severity: 'warning', found: 'every pixel has the same level' })
    expect(ids(checks(rasterOf(8, 8, () => 0)))).toEqual(['flat'])
  })

  it.each([
    [257, (level: number) => Math.round(level * 255) / 255],
    [256, (level: number) => (Math.round(level * 255) * 256) / 65535],
  ])('sees 8 bits in a 16-bit file by multiples of %i', (multiple, round) => {
    const check = only('eight-bit', rasterOf(200, 160, (x, y) => round(scene(x, y))))
    expect(check.severity).toBe('warning')
    expect(check.found).toMatch(new RegExp(`^8 bits in a 16-bit file: all levels are multiples of ${multiple}, ${check.value} of them$`))
  })

  it('does not blame an 8-bit file for having 8 bits', () => {
    expect(ids(checks(rasterOf(200, 160, scene, 8)))).not.toContain('eight-bit')
  })

  it('counts few levels', () => {
    const check = only('few-levels', rasterOf(200, 160, (x, y) => Math.round(scene(x, y) * 31) / 31))
    expect(check.value).toBeLessThanOrEqual(32)
    expect(check.found).toBe(`${check.value} distinct levels`)
    expect(check.advice).toContain('16 bits')
  })

  it('offers levels that stretch a map of low contrast', () => {
    const check = only('low-contrast', rasterOf(200, 160, (x, y) => 0.4 + 0.2 * scene(x, y)))
    const [black, white] = check.settings!.levels!
    expect(black).toBeGreaterThan(0.4)
    expect(white).toBeLessThan(0.6)
    expect(check.found).toMatch(/^98 % of the levels lie within 1\d % of the scale \(4\d % to 5\d %\)$/)
    expect(ids(checks(rasterOf(200, 160, (x, y) => 0.4 + 0.2 * scene(x, y)), { levels: check.settings!.levels! }))).not.toContain('low-contrast')
  })

  it('offers levels that cut off no peak, unless it is an outlier', () => {
    const hills = (peak: number) => rasterOf(200, 160, (x, y) => (Math.hypot(x - 50, y - 50) < 4 ? peak : 0.01 + 0.01 * scene(x, y)))
    expect(only('low-contrast', hills(0.0303)).settings).toEqual({ levels: [0.01, 0.031] })
    expect(only('low-contrast', hills(1)).settings).toEqual({ levels: [0.01, 0.02] })
  })

  it('notes a lifted black and offers levels', () => {
    const check = only('lifted-black', rasterOf(200, 160, (x, y) => 0.2 + 0.8 * scene(x, y)))
    expect(check.severity).toBe('info')
    expect(check.settings).toEqual({ levels: [expect.closeTo(0.22, 1), 1] })
    expect(check.found).toMatch(/^99 % of the levels lie at 2\d % of the scale or above$/)
    expect(ids(checks(rasterOf(200, 160, (x, y) => 0.2 + 0.8 * scene(x, y)), { levels: [0.1, 1] }))).not.toContain('lifted-black')
  })

  it('says nothing of the contrast of floats, which have no scale', () => {
    for (const peak of [1, 50]) expect(ids(checks(rasterOf(200, 160, (x, y) => (x + y === 0 ? peak : 0.01 + 0.01 * scene(x, y)), 32)))).not.toContain('low-contrast')
  })

  it('does not say of a canyon that nothing in it is as low as black, where its river is', () => {
    // One column of 200 is black, half of what the 1st percentile leaves out.
    const canyon = rasterOf(200, 160, (x) => (x === 100 ? 0 : 0.2 + (0.8 * x) / 200))
    const check = checks(canyon, { projection: 'orthographic', relief: 30, clean: false }).find(({ id }) => id === 'lifted-black')
    expect(check?.found).toBe('99 % of the levels lie at 20 % of the scale or above')
    expect(check?.why).toBe('Hardly anything in the map is as low as black: 99 % of the surface lies 6 m or more above its base.')
  })

  it('takes floats beyond 1 for metres, and says which setting reads them', () => {
    const floats = rasterOf(200, 160, (x, y) => 2 + 24.5 * (1 - scene(x, y)), 32)
    const check = checks(floats).find(({ id }) => id === 'metres')
    expect(check).toMatchObject({ severity: 'warning', settings: { encoding: 'metric' } })
    expect(check?.found).toMatch(/^floats up to 2\d(\.\d+)?, read as disparity and stretched to the full range$/)
    expect(ids(checks(floats, check!.settings))).not.toContain('metres')
    expect(ids(checks(rasterOf(200, 160, scene, 32)))).not.toContain('metres')
  })

  it('does not take an estimator’s disparity for metres, whose floor comes nearer downward as it is read', () => {
    const estimated = rasterOf(200, 160, (x, y) => 37 + 421 * scene(x, y), 32)
    expect(ids(checks(estimated))).toEqual([])
    // Of a relief, or a view without a floor, nobody knows.
    expect(ids(checks(estimated, { projection: 'orthographic' }))).toEqual(['metres'])
    expect(ids(checks(rasterOf(200, 160, (x, y) => 37 + 421 * scene(y, x), 32)))).toContain('metres')
  })

  it('does not ask for other levels where a renderer’s ends are known and levels are enough', () => {
    // From 2 to 40 m, in a room of 2.6 to 8 m.
    const room = (bitDepth: number) => rasterOf(200, 160, (x, y) => (40 - (2.6 + 5.4 * (1 - scene(x, y)))) / 38, bitDepth)
    for (const id of ['low-contrast', 'lifted-black']) expect(ids(checks(room(16), { encoding: 'depth', near: 2, far: 40 }))).not.toContain(id)
    expect(ids(checks(room(16)))).toContain('low-contrast')
    expect(ids(checks(room(8), { encoding: 'depth', near: 2, far: 40 }))).toContain('low-contrast')
  })

  it('sees black that breaks off as holes, and mends them with a setting', () => {
    const holed = rasterOf(200, 160, (x, y) => ((x - 60) ** 2 + (y - 120) ** 2 < 15 ** 2 ? 0 : scene(x, y)))
    const check = only('holes', holed)
    expect(check.value).toBeCloseTo((Math.PI * 15 ** 2) / 32000, 2)
    expect(check.settings).toEqual({ black: 'hole' })
    expect(check.found).toMatch(/^2.2 % of the pixels are black and break off from their surroundings$/)
    expect(ids(checks(holed, check.settings))).toEqual(['unknown'])
    expect(ids(checks(holed, { black: 'cut' }))).toEqual([])
  })

  it('does not take a far background that fades into black for a hole', () => {
    expect(ids(checks(rasterOf(200, 160, (_, y) => Math.max(0, (y - 40) / 120))))).not.toContain('holes')
  })

  it('counts what is unknown and says what happens to it', () => {
    const floats = rasterOf(100, 100, (x, y) => (x < 10 ? NaN : 0.1 + 0.009 * y), 32)
    expect(only('unknown', floats, { black: 'hole' })).toMatchObject({ severity: 'info', value: 0.1, found: '10 % of the pixels are unknown', why: 'They are filled in from around.' })
    expect(only('unknown', floats, { black: 'cut' }).why).toBe('They are left open.')
    expect(only('unknown', floats).settings).toEqual({ black: 'hole' })
  })

  it('says of a rendered sky what becomes of it, and measures levels without it', () => {
    const rendered = rasterOf(200, 160, (x, y) => (y < 60 ? 1e10 : 1 / (0.02 + 0.002 * (y - 60) + 1e-5 * x)), 32)
    expect(checks(rendered, { encoding: 'metric' })).toEqual([
      {
        id: 'sky',
        severity: 'info',
        value: 0.375,
        found: '38 % of the pixels are a renderer’s background, where its rays hit nothing',
        why: 'They are put as far away as the farthest surface, as a sky is.',
        advice: 'To leave them open instead, set "black": "cut".',
      },
    ])
    expect(ids(checks(rendered, { encoding: 'metric', black: 'far' }))).toEqual([])
    expect(ids(checks(rasterOf(200, 160, (x, y) => 1 / (0.02 + 0.002 * y + 1e-5 * x), 32), { encoding: 'metric' })), 'no sky').toEqual([])
    expect(only('unknown', rendered, { encoding: 'metric', black: 'cut' }).why).toBe('They are left open.')
    expect(only('unknown', rendered, { encoding: 'metric', black: 'hole' }).why).toBe('They are filled in from around.')
    // Not said to be metres: what is found has the scene's own range, and few levels are not blamed on it.
    expect(only('metres', rendered).found).toMatch(/^floats up to 50, read as disparity/)
    expect(ids(checks(rendered))).not.toContain('few-levels')
  })

  it.each([1e4, 1e8])('does not blame distances for few levels or terraces, where an estimator put the sky %d m away', (sky) => {
    const estimated = rasterOf(200, 160, (x, y) => (y < 60 ? sky : 1 / (0.02 + 0.002 * (y - 60) + 1e-5 * x)), 32)
    expect(ids(checks(estimated, { encoding: 'metric' }))).toEqual([])
    // A map of 40 levels is one of few, whatever its sky is.
    const few = rasterOf(200, 160, (x, y) => (y < 60 ? sky : 1 / (0.1 + 0.002 * Math.floor(x / 5))), 32)
    expect(only('few-levels', few, { encoding: 'metric' }).found).toBe('41 distinct levels')
    expect(ids(checks(few, { encoding: 'metric' }))).toContain('banded')
  })

  it('counts distances that are 0 or behind the camera as unknown', () => {
    const found = only('unknown', rasterOf(100, 100, (x, y) => (x < 5 ? 0 : x < 10 ? -3 : 2 + 0.01 * y), 32), { encoding: 'metric' })
    expect(found.value).toBeCloseTo(0.1, 6)
  })

  it('sees a black-and-white picture beside its map', () => {
    const photo = (x: number, y: number) => 0.3 + 0.2 * Math.sin(x / 3) * Math.cos(y / 5)
    const both = (gap: number, left: (x: number, y: number) => number) => rasterOf(400 + gap, 160, (x, y) => (x < 200 ? left(x, y) : x < 200 + gap ? 1 : scene(x - 200 - gap, y)), 8)
    const check = only('side-by-side', both(50, photo))
    expect(check).toMatchObject({ severity: 'warning', value: 50 })
    expect(check.advice).toContain('it is 200 × 160 pixels from x = 250 on')
    // A pillar on a wall, a white line, a stripe beside the middle, a white wall.
    expect(ids(checks(both(50, (x, y) => scene(199 - x, y))))).not.toContain('side-by-side')
    expect(ids(checks(both(4, photo)))).not.toContain('side-by-side')
    expect(ids(checks(rasterOf(400, 160, (x, y) => (x > 150 && x < 200 ? 1 : scene(x, y)), 8)))).not.toContain('side-by-side')
    expect(ids(checks(rasterOf(400, 160, (x, y) => (x > 20 ? 1 : scene(x, y)), 8)))).not.toContain('side-by-side')
  })

  it('suspects whole metres where levels are read as millimetres, and is told with a setting', () => {
    const heights = (from: number, to: number) => rasterOf(200, 160, (x, y) => (from + (to - from) * scene(x, y)) / 65_535)
    const dem = { projection: 'orthographic', encoding: 'metric', width: 30_000 } as const
    const check = only('millimetres', heights(236, 1076), dem)
    expect(check).toMatchObject({ severity: 'warning', settings: { unit: 1 } })
    expect(check.found).toMatch(/^heights that differ by 0.8\d+ m over a width of 30,000 m, read as millimetres$/)
    for (const unit of [1, 0.001]) expect(ids(checks(heights(236, 1076), { ...dem, unit }))).not.toContain('millimetres')
    // A wall and a coin that were scanned, and a sensor's room.
    expect(ids(checks(heights(1000, 1150), { ...dem, width: 2.4 }))).not.toContain('millimetres')
    expect(ids(checks(heights(100, 2000), { ...dem, width: 0.024 }))).not.toContain('millimetres')
    expect(ids(checks(heights(500, 4000), { encoding: 'metric' }))).not.toContain('millimetres')
    // What says where on Earth it lies is no sensor's, however wide it is.
    const geo = { ...heights(236, 1076), georeferenced: true }
    expect(only('millimetres', geo, { ...dem, width: 10 }).found).toBe('a GeoTIFF of whole levels, read as millimetres')
    expect(ids(checks({ ...geo, format: 'float' }, dem))).not.toContain('millimetres')
  })

  it('does not blame floats of 16 bits for having 8, where their range is 255', () => {
    const metres = { ...rasterOf(200, 160, (x) => 40 + Math.round((255 * x) / 199), 32), bitDepth: 16 }
    expect(ids(checks(metres, { projection: 'orthographic', encoding: 'metric' }))).not.toContain('eight-bit')
  })

  it('does not take what alpha cuts away for a hole', () => {
    const inside = (x: number, y: number) => (x - 100) ** 2 + (y - 80) ** 2 < 60 ** 2
    const prop = rasterOf(200, 160, (x, y) => (inside(x, y) ? 0.5 + 0.4 * scene(x, y) : 0))
    const { raster, map, settings } = meant(prop)
    expect(ids(checks(prop))).toContain('holes')
    const cut = { ...map, disparity: map.disparity.map((disparity) => (disparity === 0 ? NaN : disparity)) }
    expect(ids(preflight({ raster, map: cut, picture: null }, settings).checks)).not.toContain('holes')
  })

  it('reports what the file says about colour, and offers a gamma', () => {
    const check = only('color-chunks', { ...plain(), colourChunks: ['gAMA 0.45455', 'sRGB'] })
    expect(check).toMatchObject({ severity: 'info', found: 'the file was saved as a colour picture (gAMA 0.45455, sRGB)' })
    expect(check.advice).toContain('"gamma": 2.2')
    expect(ids(checks({ ...plain(), colourChunks: ['sRGB'] }, { gamma: 2.2 }))).not.toContain('color-chunks')
    // A renderer's Z through its view transform, and a sensor's millimetres.
    expect(ids(checks({ ...plain(), colourChunks: ['sRGB'] }, { encoding: 'depth' }))).toContain('color-chunks')
    expect(ids(checks({ ...plain(), colourChunks: ['sRGB'] }, { encoding: 'metric' }))).not.toContain('color-chunks')
  })

  it('says of a prop whose background is not black what stands there, and where the black point belongs', () => {
    const random = seeded(3)
    const grain = Array.from({ length: 200 * 160 }, () => 0.02 + 0.03 * random())
    const prop = (ground: (x: number, y: number) => number) => rasterOf(200, 160, (x, y) => (Math.hypot(x - 100, y - 80) < 50 ? 0.4 + scene(x, y) / 2 : ground(x, y)))
    const relief: SettingsInput = { projection: 'orthographic', black: 'cut', clean: false }

    const plate = only('dirty-black', prop((x, y) => grain[y * 200 + x]!), relief)
    expect(plate.found).toBe('the map’s border is dark but not black (up to 5.0 % of the scale), so that "black": "cut" leaves it standing')
    expect(plate.settings).toEqual({ levels: [0.05, 1] })
    expect(ids(checks(prop((x, y) => grain[y * 200 + x]!), { ...relief, ...plate.settings }))).not.toContain('dirty-black')

    const specks = only('dirty-black', prop((x, y) => (x % 10 === 5 && y % 20 === 5 ? 0.5 : 0)), relief)
    expect(specks.found).toMatch(/^1\d\d specks of fewer than 8 pixels stand on what "black": "cut" cuts away$/)
    expect(specks).not.toHaveProperty('settings')

    expect(ids(checks(prop(() => 0), relief))).not.toContain('dirty-black')
    expect(ids(checks(prop(() => 0.4), relief)), 'a wall of which nothing was to be cut away').not.toContain('dirty-black')
    expect(ids(checks(prop((x, y) => grain[y * 200 + x]!), { ...relief, black: 'far' }))).not.toContain('dirty-black')
    // Metres and floats have no black that was painted.
    expect(ids(checks(prop((x, y) => grain[y * 200 + x]!), { ...relief, encoding: 'metric' }))).not.toContain('dirty-black')
    const { samples } = prop((x, y) => grain[y * 200 + x]!)
    expect(ids(checks(rasterOf(200, 160, (x, y) => samples[y * 200 + x]!, 32), relief))).not.toContain('dirty-black')
  })

  it('counts as specks what has fewer than 8 pixels', () => {
    // 25 of a pixel, one of 7 and one of 8, apart from a square.
    const isSpeck = (x: number, y: number) => (y === 5 && x % 7 === 3 && x < 175) || (y === 10 && x >= 20 && x < 27) || (y === 14 && x >= 20 && x < 28)
    const raster = rasterOf(200, 160, (x, y) => (isSpeck(x, y) || (x > 50 && x < 150 && y > 50 && y < 130) ? 0.3 + 0.5 * (y / 160) : 0))
    expect(only('dirty-black', raster, { projection: 'orthographic', black: 'cut', clean: false })).toMatchObject({
      value: 26,
      found: '26 specks of fewer than 8 pixels stand on what "black": "cut" cuts away',
    })
  })

  it('knows sparse points from holes', () => {
    const random = seeded(5)
    const check = only('sparse', rasterOf(200, 160, (x, y) => (random() < 0.1 ? scene(x, y) : 0)))
    expect(check.value).toBeCloseTo(0.9, 1)
    expect(check.found).toMatch(/^90 % of the pixels are black, the rest lie in \d,\d{3} islands$/)
    expect(check.settings).toEqual({ black: 'hole' })
  })

  it('measures noise, and leaves it to the artist to keep it', () => {
    const normal = seededNormal(7)
    const check = only('noise', rasterOf(200, 160, (x, y) => scene(x, y) + 0.008 * normal()))
    expect(check.value).toBeCloseTo(0.008, 3)
    expect(check.found).toMatch(/^noise with a standard deviation of about 0\.[789] % of the scale \(\d\.\d of 255 levels\)$/)
    expect(check.advice).toContain('"clean": { "noise": false } keeps it')
    expect(check).not.toHaveProperty('settings')
  })

  it('counts spikes', () => {
    const random = seeded(9)
    const check = only('spikes', rasterOf(200, 160, (x, y) => (random() < 0.005 ? 1 - scene(x, y) : scene(x, y))))
    expect(check.value).toBeGreaterThan(0.003)
    expect(check.found).toMatch(/ % of the pixels stick out from their neighbours by more than 5 % of the scale$/)
  })

  it('notes the terraces of an 8-bit slope, but not those of rough ground', () => {
    const check = only('banded', rasterOf(1500, 20, (x) => x / 1500, 8))
    expect(check).toMatchObject({ severity: 'info', value: 6 })
    expect(check.found).toBe('terraces: 256 levels in runs of 6 pixels and more')
    const random = seeded(3)
    const rough = Array.from({ length: 500 }, random)
    expect(ids(checks(rasterOf(1500, 20, (x) => rough[Math.floor(x / 3)]!, 8), { projection: 'orthographic' }))).not.toContain('banded')
  })

  it('sees soft silhouettes, and only in perspective', () => {
    const soft = rasterOf(200, 160, (x, y) => 0.1 + (0.5 * y) / 160 + 0.3 / (1 + Math.exp(-(x - 100) / 1.2)))
    const check = only('soft-silhouettes', soft)
    expect(check.value).toBeGreaterThan(0.25)
    expect(check.found).toMatch(/^\d\d % of the pixels at silhouettes lie halfway between front and back$/)
    expect(ids(checks(soft, { projection: 'orthographic' }))).not.toContain('soft-silhouettes')
    expect(ids(checks(rasterOf(200, 160, (x, y) => 0.1 + (0.5 * y) / 160 + (x < 100 ? 0 : 0.3))))).not.toContain('soft-silhouettes')
  })

  it('notes silhouettes of a large map that are a little soft, and warns of none', () => {
    /** An edge whose upper third is blurred. */
    const edge = (width: number) => rasterOf(width, 60, (x, y) => 0.2 + (0.4 * y) / 60 + (y < 20 ? 0.3 / (1 + Math.exp(-(x - width / 2) / 1.2)) : x < width / 2 ? 0 : 0.3))
    const check = only('soft-silhouettes', edge(800))
    expect(check.severity).toBe('info')
    expect(check.value).toBeGreaterThan(0.07)
    expect(check.value).toBeLessThan(0.25)
    // (In a map of 200 px anything round may be as steep.)
    expect(ids(checks(edge(200)))).not.toContain('soft-silhouettes')
  })

  it('sees soft silhouettes in a large map too, of which they cover less', () => {
    const large = rasterOf(2048, 400, (x) => 0.02 + 0.4 / (1 + Math.exp(-(x - 700) / 1.2)) + 0.4 / (1 + Math.exp(-(x - 1400) / 1.2)))
    const check = only('soft-silhouettes', large)
    expect(check.value).toBeGreaterThan(0.3)
  })

  it('says of silhouettes too wide to be cut that the map was enlarged or blurred, and at what size it is read', () => {
    const disc = (ramp: number) => rasterOf(768, 640, (x, y) => 0.02 + 0.9 / (1 + Math.exp((Math.hypot(x - 384, y - 320) - 200) / ramp)))
    expect(ids(checks(disc(0.1)))).toEqual([])
    const check = only('wide-silhouettes', disc(4))
    expect(check).toMatchObject({ severity: 'warning', found: 'about 100 % of the silhouettes are ramps too wide to be told from slopes, as in a map that was enlarged or blurred' })
    expect(check.advice).toContain('shrink it, to 192 × 160 say')
    expect(ids(checks(disc(4), { clean: { silhouettes: false } }))).toEqual([])
    expect(ids(checks(disc(4), { projection: 'orthographic' }))).toEqual([])
    // A hill is no silhouette, however the map is looked at.
    expect(ids(checks(rasterOf(768, 640, (x, y) => 0.02 + 0.9 * Math.exp(-((x - 384) ** 2 + (y - 320) ** 2) / 150 ** 2))))).toEqual([])
  })

  it('does not take what a sensor could not see around a silhouette for a ramp', () => {
    const shadowed = rasterOf(768, 640, (x, y) => {
      const outside = Math.hypot(x - 384, y - 320) - 200
      return outside > 0 && outside < 4 ? 0 : outside > 0 ? 8 : 2
    }, 32)
    expect(ids(checks(shadowed, { encoding: 'metric' }))).toEqual(['few-levels', 'unknown'])
  })

  it('suspects swapped near and far, advises, and never swaps', () => {
    const upsideDown = rasterOf(200, 160, (x, y) => 1 - scene(x, y))
    const check = only('inverted', upsideDown)
    expect(check.value).toBeLessThan(-0.5)
    expect(check.settings).toEqual({ white: 'far' })
    expect(check.advice).toContain('Look at the map')
    expect(ids(checks(upsideDown, { white: 'far' }))).not.toContain('inverted')
    expect(only('inverted', plain(), { white: 'far' }).settings).toEqual({ white: 'near' })
    expect(ids(checks(upsideDown, { projection: 'orthographic' }))).not.toContain('inverted')
    // What is unknown at its top says nothing about the rest of it.
    expect(only('inverted', rasterOf(200, 160, (x, y) => (x < 20 && y < 20 ? NaN : 1 - scene(x, y)), 32)).value).toBeLessThan(-0.5)
    // A view up at a bridge, in metres that say so themselves.
    expect(ids(checks(rasterOf(200, 160, (_, y) => 2 + y / 20, 32), { encoding: 'metric' }))).not.toContain('inverted')
  })

  it.each([[0.05, false], [0.25, true]])('%s of the range that the top is nearer than the bottom, and near and far are suspected of being swapped: %s', (lean, suspected) => {
    // From left to right the whole range.
    const map = rasterOf(200, 160, (x, y) => (1 - 1.2 * lean) * (x / 199) + 1.2 * lean * (1 - y / 159))
    expect(ids(checks(map)).includes('inverted')).toBe(suspected)
  })

  it('tells a Z pass from disparity by planes that bend, advises, and never converts', () => {
    // A floor and a wall that run toward the camera, in disparity; the same as a renderer’s linear Z with far = 8 × near.
    const planes = (x: number, y: number) => Math.max(0.02 + (0.9 * y) / 160, 0.05 + (0.9 * (x - 60)) / 140)
    const linearZ = (x: number, y: number) => (8 - 1 / (1 / 8 + planes(x, y) * (1 - 1 / 8))) / 7
    const [disparity, depth] = [rasterOf(200, 160, planes), rasterOf(200, 160, linearZ)]
    const check = only('encoding', depth)
    expect(check).toMatchObject({ severity: 'warning', settings: { encoding: 'depth' } })
    expect(check.found).toMatch(/^(9\d|100) % of the slanted surfaces bend toward the camera, all by the law of a map that is linear in depth with far = (7\.[89]|8\.\d) × near$/)
    expect(ids(checks(disparity))).not.toContain('encoding')
    expect(ids(checks(depth, { encoding: 'depth', near: 1, far: 8 }))).not.toContain('encoding')
    const back = only('encoding', disparity, { encoding: 'depth', near: 1, far: 8 })
    expect(back.settings).toEqual({ encoding: 'disparity' })
    expect(back.found).toMatch(/^(9\d|100) % of the slanted surfaces bend away from the camera, all by the law of a map that is linear in disparity$/)
  })

  describe('takes no bent surfaces for a sign of another encoding', () => {
    const ramps = (x: number, y: number) => 0.1 + 0.8 * ((x % 100) / 200 + y / 320)
    /** Disparities of a scene from 1 m to `far`, as a renderer's linear Z. */
    const linearZ = (x: number, y: number, far: number) => (far - 1 / (1 / far + ramps(x, y) * (1 - 1 / far))) / (far - 1)

    it.each<[string, (x: number, y: number) => number]>([
      ['they are a small part of the map', (x, y) => (x < 44 && y < 44 ? linearZ(x, y, 8) : 0.1)],
      ['they are seven in ten', (x, y) => (x < 140 ? linearZ(x, y, 8) : ramps(x, y))],
      ['the scene is so shallow that it makes no difference', (x, y) => linearZ(x, y, 1.5)],
    ])('of what is read as disparity, where %s', (_, level) => {
      expect(ids(checks(rasterOf(200, 160, level)))).not.toContain('encoding')
    })

    it.each<[string, number, (x: number, y: number) => number]>([
      ['the scene is so shallow that it makes no difference', 1.5, ramps],
      ['it is one, of another depth than was said', 30, (x, y) => linearZ(x, y, 4)],
    ])('of what is read as a Z pass, where %s', (_, far, level) => {
      expect(ids(checks(rasterOf(200, 160, level), { encoding: 'depth', near: 1, far }))).not.toContain('encoding')
    })
  })

  it('takes bulging things for what they are', () => {
    const balls = rasterOf(200, 160, (x, y) => Math.max(0, 1 - (((x % 70) - 35) ** 2 + ((y % 60) - 30) ** 2) / 30 ** 2))
    expect(ids(checks(balls))).not.toContain('encoding')
  })

  it('sees a picture of another shape', () => {
    const check = only('aspect', plain(), {}, { ...painted(), sourceWidth: 420 })
    expect(check.found).toBe('the picture is 420×320, the map 200×160: 5.0 % wider in shape')
    expect(only('aspect', plain(), {}, { ...painted(), sourceWidth: 380 }).found).toContain('5.0 % narrower')
    expect(ids(checks(plain(), {}, { ...painted(), sourceWidth: 402 }))).not.toContain('aspect')
  })

  it('sees a mirrored picture', () => {
    const off = rasterOf(200, 160, (x, y) => scene(x + 30, y))
    const fitting = { ...painted(-30) }
    expect(ids(checks(off, {}, fitting))).toEqual([])
    const check = only('mirrored', off, {}, { ...painted(-30), gray: mirrored(painted(-30)) })
    expect(check.found).toMatch(/^the picture’s outlines fit the map .* times better when it is mirrored$/)
    expect(check.advice).toBe('Mirror one of the two.')
  })

  it('sees a map that was saved upside down, as graphics libraries read pixels back', () => {
    const low = rasterOf(200, 160, (x, y) => scene(x, y - 30))
    const { gray, ...size } = painted()
    const rows = (from: (y: number) => number) => ({ ...size, gray: gray.map((_, i) => gray[from(Math.floor(i / 200)) * 200 + (i % 200)]!) })
    const picture = rows((y) => Math.max(0, y - 30))
    expect(ids(checks(low, {}, picture))).not.toContain('upside-down')
    const upside = rows((y) => Math.max(0, 129 - y))
    const check = only('upside-down', low, {}, upside)
    expect(check.found).toMatch(/^the picture’s outlines fit the map .* times better when it is turned upside down$/)
    expect(check.advice).toBe('Turn one of the two over, top to bottom.')
    expect(ids(checks(low, {}, upside))).not.toContain('mirrored')
    // What stands on its head is not inside out as well.
    const turned = { ...low, samples: low.samples.map((_, i) => low.samples[(159 - Math.floor(i / 200)) * 200 + (i % 200)]!) }
    expect(ids(checks(turned))).toContain('inverted')
    expect(ids(checks(turned, {}, picture))).toEqual(['upside-down'])
  })

  it('sees a shifted picture and says by how much', () => {
    const check = only('misaligned', plain(), {}, painted(8))
    expect(check.found).toMatch(/times better when it is moved 8 px to the left$/)
    expect(only('misaligned', plain(), {}, painted(-6)).found).toMatch(/times better when it is moved 6 px to the right$/)
    const { gray, ...size } = painted()
    expect(only('misaligned', plain(), {}, { ...size, gray: gray.map((_, i) => gray[Math.max(0, i - 5 * 200)]!) }).found).toMatch(/times better when it is moved 5 px up$/)
  })

  it('does not take a rim that is painted over all outlines for a picture in another place', () => {
    // The ball of the picture is larger than that of the map: moved up its top fits, moved down its bottom.
    const ball = rasterOf(200, 160, (x, y) => (Math.hypot(x - 100, y - 80) < 50 ? 0.8 : 0.2))
    const larger = { ...painted(), gray: Uint8Array.from({ length: 200 * 160 }, (_, i) => (Math.hypot((i % 200) - 100, Math.floor(i / 200) - 80) < 54 ? 200 : 60)) }
    expect(ids(checks(ball, { projection: 'orthographic' }, larger))).not.toContain('misaligned')
  })

  it('asks no more what has been answered: what black is, and what not to clean', () => {
    const sky = rasterOf(200, 160, (x, y) => (y < 60 + 10 * Math.sin(x / 20) ? 0 : 0.3 + (0.6 * y) / 160))
    expect(ids(checks(sky))).toContain('holes')
    expect(ids(checks(sky, { black: 'far' }))).toEqual([])
    expect(ids(checks(sky, { black: 'cut' }))).toEqual([])
    const random = seeded(9)
    const normal = seededNormal(7)
    const rough = rasterOf(200, 160, (x, y) => (random() < 0.005 ? 1 - scene(x, y) : scene(x, y) + 0.008 * normal()))
    expect(ids(checks(rough))).toEqual(['noise', 'spikes'])
    expect(ids(checks(rough, { clean: { noise: false } }))).toEqual(['spikes'])
    expect(ids(checks(rough, { clean: false }))).toEqual([])
    expect(ids(checks(rasterOf(1500, 20, (x) => x / 1500, 8), { clean: { bands: false } }))).not.toContain('banded')
  })

  it.each([32, 48, 64, 96, 128])('does not take what is round in a small map for a soft silhouette: %i px', (size) => {
    const ball = (x: number, y: number) => {
      const [u, v] = [x / size - 0.5, y / size - 0.5]
      const inside = 1 - (u * u + v * v) / 0.16
      return inside > 0 ? 0.3 + 0.7 * Math.sqrt(inside) : 0.2 * (v + 0.5)
    }
    expect(ids(checks(rasterOf(size, size, ball)))).not.toContain('soft-silhouettes')
    expect(ids(checks(rasterOf(size, size, (x, y) => 0.5 + 0.5 * Math.sin((9 * x) / size) * Math.cos((7 * y) / size))))).not.toContain('soft-silhouettes')
  })
})

function mirrored({ width, height, gray }: GrayPicture): Uint8Array {
  return Uint8Array.from(gray, (_, i) => gray[i - (i % width) + width - 1 - (i % width)]!).slice(0, width * height)
}
