import { describe, expect, it } from 'vitest'
import { cleanDepth, preflight, type CleanResult, type DepthRaster, type GrayPicture, type SettingsInput } from '../../../src/core/index.js'
import { meant, rasterOf, sameBits, seeded, seededNormal } from '../../support/raster.js'

const W = 200
const H = 160

/** A floor that comes nearer downward, with a box on it that is nearer than the floor around it. */
const onBox = (x: number, y: number) => x >= 70 && x < 130 && y >= 40 && y < 110
const scene = (x: number, y: number) => (onBox(x, y) ? 0.8 : 0.02 + (0.6 * y) / H)

function clean(raster: DepthRaster, input: SettingsInput = {}, picture: GrayPicture | null = null): CleanResult & { before: Float32Array } {
  const { map, settings } = meant(raster, input)
  const before = map.disparity.slice()
  const result = cleanDepth({ map, raster, report: preflight({ raster, map, picture }, settings), picture }, settings)
  expect(sameBits(map.disparity, before), 'what came in is not changed').toBe(true)
  if (result.steps.length === 0) expect(result.map).toBe(map)
  return { ...result, before }
}
/** Pixels (x, y) of which something does not hold: empty where all is well. */
function failing(holds: (x: number, y: number, i: number) => boolean): [number, number][] {
  const found: [number, number][] = []
  for (let y = 0; y < H; y++) for (let x = 0; x < W; x++) if (!holds(x, y, y * W + x)) found.push([x, y])
  return found
}
/** Levels softened by a Gaussian of so many pixels; the border is repeated. */
function blur(level: (x: number, y: number) => number, sigma: number): (x: number, y: number) => number {
  const reach = Math.ceil(3 * sigma)
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma * sigma)))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const across = (of: (x: number, y: number) => number, dx: number, dy: number) => {
    const levels = Float64Array.from({ length: W * H }, (_, i) =>
      weights.reduce((sum, weight, k) => {
        const [x, y] = [(i % W) + (k - reach) * dx, Math.floor(i / W) + (k - reach) * dy]
        return sum + (weight / all) * of(Math.min(W - 1, Math.max(0, x)), Math.min(H - 1, Math.max(0, y)))
      }, 0),
    )
    return (x: number, y: number) => levels[y * W + x]!
  }
  return across(across(level, 1, 0), 0, 1)
}
const stepsOf = ({ steps }: CleanResult) => steps.map(({ step }) => step)

function rms(a: Float32Array, of: (x: number, y: number) => number, where: (x: number, y: number) => boolean = () => true): number {
  let sum = 0
  let count = 0
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      if (!where(x, y)) continue
      sum += (a[y * W + x]! - of(x, y)) ** 2
      count++
    }
  }
  return Math.sqrt(sum / count)
}

describe('cleaning', () => {
  it.each<[string, (x: number, y: number) => number, SettingsInput]>([
    ['a scene with hard silhouettes', scene, {}],
    ['a smooth slope', (x, y) => (x + y) / (W + H), {}],
    ['hills', (x, y) => 0.5 + 0.25 * Math.sin(x / 9) + 0.25 * Math.cos(y / 7), { projection: 'orthographic' }],
    ['a prop on black', (x, y) => (onBox(x, y) ? 0.3 + 0.005 * x : 0), { black: 'cut' }],
  ])('gives %s back to the bit', (_, level, input) => {
    expect(clean(rasterOf(W, H, level), input).steps).toEqual([])
  })

  it('does nothing with "clean": false, whatever was found', () => {
    const random = seeded(1)
    const salted = rasterOf(W, H, (x, y) => (random() < 0.01 ? random() : x > 20 && x < 30 ? 0 : scene(x, y)))
    expect(clean(salted, { clean: false, black: 'hole' }).steps).toEqual([])
  })
})

describe('spikes', () => {
  const random = seeded(4)
  const salt = new Map<number, number>()
  while (salt.size < 0.005 * W * H) salt.set(Math.floor(random() * W * H), random())
  const salted = rasterOf(W, H, (x, y) => salt.get(y * W + x) ?? scene(x, y))

  it('are replaced by a value from around, and nothing else changes', () => {
    const result = clean(salted)
    expect(stepsOf(result)).toEqual(['spikes'])
    const { pixels, done } = result.steps[0]!
    expect(done).toBe(`replaced ${pixels} pixels (${((100 * pixels) / (W * H)).toFixed(1)} %) that stuck out by the median of their neighbours`)
    expect(failing((_x, _y, i) => salt.has(i) || result.map.disparity[i] === result.before[i])).toEqual([])
    expect(rms(result.map.disparity, scene)).toBeLessThan(0.1 * rms(result.before, scene))
  })

  it('before a sensor’s lens do not set the scale: near comes from what is left', () => {
    const metres = (x: number, y: number) => 2 + (2 * y) / H + (onBox(x, y) ? -0.5 : 0)
    const raster = rasterOf(W, H, (x, y) => (salt.has(y * W + x) ? 0.001 : metres(x, y)), 32)
    const { map, steps } = clean(raster, { encoding: 'metric' })
    expect(steps.map(({ step }) => step)).toEqual(['spikes'])
    const whole = meant(rasterOf(W, H, metres, 32), { encoding: 'metric' }).map
    expect(map.near).toBeCloseTo(whole.near, 2)
    expect(map.far).toBeCloseTo(whole.far, 2)
    const depth = (i: number) => 1 / (1 / map.far + map.disparity[i]! * (1 / map.near - 1 / map.far))
    expect(failing((x, y, i) => salt.has(i) || Math.abs(depth(i) - metres(x, y)) < 0.01)).toEqual([])
  })

  it.each([{ encoding: 'metric' }, { encoding: 'terrarium' }, { encoding: 'terrain-rgb' }] as const)('on a relief are found however far one of them flies, and it sets no height: %j', (input) => {
    const hills = (x: number, y: number) => 500 + 300 * Math.sin(x / 19) * Math.cos(y / 17)
    const wild = 77 * W + 33
    const raster = rasterOf(W, H, (x, y) => (y * W + x === wild ? 30_000 : salt.has(y * W + x) ? 1000 : hills(x, y)), 32)
    const { map, steps } = clean(raster, { projection: 'orthographic', ...input })
    expect(steps.map(({ step }) => step)).toEqual(['spikes'])
    expect(map.relief).toBeGreaterThan(590)
    expect(map.relief).toBeLessThan(620)
    const lowest = Math.min(...raster.samples)
    expect(failing((x, y, i) => i === wild || salt.has(i) || Math.abs(lowest + map.disparity[i] * map.relief - hills(x, y)) < 0.01)).toEqual([])
  })

  it('before a flat wall leave a flat wall', () => {
    const raster = rasterOf(W, H, (x, y) => (x === 30 && y === 30 ? 1 : 2), 32)
    const { map, steps } = clean(raster, { encoding: 'metric', clean: { spikes: true } })
    expect(steps.map(({ step }) => step)).toEqual(['spikes'])
    expect(map).toMatchObject({ far: 2, disparity: new Float32Array(W * H) })
  })

  it('stay when the artist says so', () => {
    expect(stepsOf(clean(salted, { clean: { spikes: false } }))).not.toContain('spikes')
  })

  it('are not thin lines and corners, even when the step is forced', () => {
    const wire = rasterOf(W, H, (x, y) => (y === 30 || x === 50 ? 0.9 : scene(x, y)))
    expect(clean(wire, { clean: { spikes: true } }).steps).toEqual([])
    // (Forced, it takes even one that the check is silent about.)
    const speck = rasterOf(W, H, (x, y) => (x === 30 && y === 30 ? 0.9 : scene(x, y)))
    expect(stepsOf(clean(speck))).toEqual([])
    expect(stepsOf(clean(speck, { clean: { spikes: true } }))).toEqual(['spikes'])
  })
})

describe('noise', () => {
  const normal = seededNormal(11)
  const noisy = rasterOf(W, H, (x, y) => scene(x, y) + 0.008 * normal())

  it('is smoothed while silhouettes stay where they are', () => {
    const result = clean(noisy)
    expect(stepsOf(result)).toEqual(['noise'])
    expect(result.steps[0]!.done).toMatch(/^smoothed noise in [\d,]+ pixels \(\d+\.\d %\)$/)
    const inner = (x: number, y: number) => x < 60 && y > 8 && y < H - 8
    expect(rms(result.map.disparity, scene, inner)).toBeLessThan(0.4 * rms(result.before, scene, inner))
    for (let x = 5; x < W - 5; x++) {
      const [box, floor] = [result.map.disparity[60 * W + x]! > 0.5, !onBox(x, 60)]
      expect(box, `side of pixel ${x}`).toBe(!floor)
    }
  })

  it('is left alone when the artist says so, and a clean map is smoothed when forced', () => {
    expect(clean(noisy, { clean: { noise: false } }).steps).toEqual([])
    expect(stepsOf(clean(rasterOf(W, H, scene), { clean: { noise: true } }))).toEqual(['noise'])
  })

  it('leaves nothing where nothing is', () => {
    const prop = rasterOf(W, H, (x, y) => (onBox(x, y) ? 0.5 + 0.01 * normal() : 0))
    const { map, before } = clean(prop, { black: 'cut', clean: { noise: true } })
    expect(failing((_x, _y, i) => Number.isNaN(map.disparity[i]) === Number.isNaN(before[i]))).toEqual([])
  })
})

describe('bands', () => {
  const dome = (x: number, y: number) => 0.1 + 0.15 * Math.exp(-((x - 100) ** 2 + (y - 80) ** 2) / 80 ** 2)

  it('turn back into slopes within half a level, so that the result never contradicts the map', () => {
    const result = clean(rasterOf(W, H, dome, 8))
    expect(stepsOf(result)).toEqual(['bands'])
    expect(result.steps[0]!.done).toMatch(/^smoothed terraces in [\d,]+ pixels \(\d+\.\d %\), each within half a level$/)
    expect(failing((_x, _y, i) => Math.abs(result.map.disparity[i]! - result.before[i]!) <= 0.5 / 255 + 1e-7)).toEqual([])
    const slope = (map: Float32Array) => {
      let sum = 0
      for (let y = 1; y < H - 1; y++) for (let x = 1; x < W - 1; x++) sum += Math.abs((map[y * W + x + 1]! - map[y * W + x - 1]!) / 2 - (dome(x + 1, y) - dome(x - 1, y)) / 2)
      return sum / (W * H)
    }
    expect(slope(result.map.disparity)).toBeLessThan(0.3 * slope(result.before))
  })

  it('of 8 bits in a 16-bit file go too', () => {
    expect(stepsOf(clean(rasterOf(W, H, (x, y) => Math.round(dome(x, y) * 255) / 255)))).toEqual(['bands'])
  })

  it('keep each pixel within half of its own step where levels are depth and steps uneven', () => {
    const raster = rasterOf(W, H, dome, 8)
    const { map, before } = clean(raster, { encoding: 'depth', near: 1, far: 10 })
    const at = (level: number) => (1 / (10 - 9 * level) - 0.1) / 0.9
    const step = (level: number) => at(level + 1 / 255) - at(level)
    expect(failing((_x, _y, i) => Math.abs(map.disparity[i]! - before[i]!) <= step(raster.samples[i]!) / 2 + 1e-6)).toEqual([])
    expect(failing((_x, _y, i) => map.disparity[i] === before[i]).length).toBeGreaterThan(0.5 * W * H)
  })

  it('are not the flat layers of a paper theatre', () => {
    expect(clean(rasterOf(W, H, (x) => Math.floor(x / 10) / 19)).steps).toEqual([])
    expect(clean(rasterOf(W, H, (x) => (x < 100 ? 0.2 : 0.8), 8)).steps).toEqual([])
  })

  it('do not reach across a silhouette', () => {
    const { map } = clean(rasterOf(W, H, (x, y) => (x < 100 ? 0.2 + (0.1 * y) / H : 0.7 + (0.1 * y) / H), 8))
    for (let y = 0; y < H; y++) {
      expect(map.disparity[y * W + 99]).toBeLessThan(0.31)
      expect(map.disparity[y * W + 100]).toBeGreaterThan(0.69)
    }
  })
})

describe('holes', () => {
  const ramp = (x: number, y: number) => 0.2 + (0.3 * x) / W + (0.2 * y) / H
  const disc = (x: number, y: number) => (x - 60) ** 2 + (y - 90) ** 2 < 14 ** 2

  it('in a slope are filled with the slope, and nothing else changes', () => {
    const result = clean(rasterOf(W, H, (x, y) => (disc(x, y) ? 0 : ramp(x, y))), { black: 'hole' })
    expect(stepsOf(result)).toEqual(['holes'])
    const { pixels, done } = result.steps[0]!
    expect(done).toBe(`filled ${pixels} pixels (${((100 * pixels) / (W * H)).toFixed(1)} %) that were unknown`)
    const now = result.map.disparity
    expect(failing((x, y, i) => (disc(x, y) ? Math.abs(now[i]! - ramp(x, y)) < 0.01 : now[i] === result.before[i]))).toEqual([])
  })

  it('at the border are filled with what is beside them', () => {
    const corner = (x: number, y: number) => Math.min(x, W - 1 - x) < 9 && Math.min(y, H - 1 - y) < 9
    const { map } = clean(rasterOf(W, H, (x, y) => (corner(x, y) ? 0 : ramp(x, y))), { black: 'hole' })
    expect(failing((x, y, i) => !corner(x, y) || Math.abs(map.disparity[i]! - ramp(x, y)) < 0.025)).toEqual([])
  })

  it('are only what is unknown: "cut", "far", transparent pixels and "holes": false leave them as they are', () => {
    const holed = rasterOf(W, H, (x, y) => (disc(x, y) ? 0 : ramp(x, y)))
    expect(clean(holed, { black: 'cut' }).steps).toEqual([])
    expect(clean(holed, { black: 'cut', clean: { holes: true } }).steps).toEqual([])
    expect(clean(holed, { black: 'far', clean: { holes: true } }).steps).toEqual([])
    expect(clean(holed, { black: 'hole', clean: { holes: false } }).steps).toEqual([])
    const alpha = Uint8Array.from(holed.samples, (sample) => (sample === 0 ? 0 : 255))
    expect(clean({ ...holed, alpha }, { black: 'hole' }).steps).toEqual([])
  })

  it('of a sensor are its unknown pixels, without being asked', () => {
    const metres = rasterOf(W, H, (x, y) => (disc(x, y) ? NaN : 2 + x / 100), 32)
    expect(stepsOf(clean(metres, { encoding: 'metric' }))).toEqual(['holes'])
    expect(clean(metres, { encoding: 'metric', black: 'cut' }).steps).toEqual([])
  })

  it('in the shadow of something near are filled from the far side alone', () => {
    // A box stands before a slanted wall; the strip left of it was not seen.
    const wall = (_: number, y: number) => 0.1 + (0.1 * y) / H
    const box = (x: number, y: number) => x >= 90 && x < 150 && y >= 30 && y < 130
    const shadow = (x: number, y: number) => x >= 78 && x < 90 && y >= 30 && y < 130
    for (const input of [{ black: 'hole' }, { encoding: 'disparity', black: 'hole' }] as const) {
      const { map } = clean(rasterOf(W, H, (x, y) => (shadow(x, y) ? 0 : box(x, y) ? 0.8 : wall(x, y))), input)
      expect(failing((x, y, i) => !shadow(x, y) || Math.abs(map.disparity[i]! - wall(x, y)) < 0.01)).toEqual([])
      expect(map.disparity[80 * W + 90]).toBeCloseTo(0.8, 4)
    }
  })

  it('between two near things, one on either side, are no shadow of one of them', () => {
    const strip = (x: number, y: number) => x >= 90 && x < 98 && y >= 30 && y < 130
    const { map } = clean(rasterOf(W, H, (x, y) => (strip(x, y) ? 0 : x < 90 === y < 80 ? 0.8 : 0.15)), { black: 'hole' })
    expect(map.disparity[50 * W + 90]).toBeGreaterThan(0.6)
    expect(map.disparity[110 * W + 97]).toBeGreaterThan(0.6)
  })

  it('beside something near, of any shape, are filled from the far side when they are a sensor’s', () => {
    const blot = (x: number, y: number) => x >= 100 && x < 130 && y >= 60 && y < 85
    const depth = (x: number) => (x < 100 ? 1 : 4)
    const sensed = clean(rasterOf(W, H, (x, y) => (blot(x, y) ? NaN : depth(x)), 32), { encoding: 'metric' })
    const drawn = clean(rasterOf(W, H, (x, y) => (blot(x, y) ? 0 : 0.8 / depth(x))), { black: 'hole' })
    expect(sensed.map.disparity[70 * W + 100]).toBeCloseTo(0, 3)
    expect(drawn.map.disparity[70 * W + 100]).toBeGreaterThan(0.5)
  })

  it('of a sensor whose far side is the near end of another hole are filled all the same', () => {
    // Three walls, one behind the other, the middle one a pixel wide.
    const depth = (x: number) => (x < 100 ? 1 : x === 104 ? 2 : x >= 109 ? 4 : NaN)
    const { map } = clean(rasterOf(W, H, depth, 32), { encoding: 'metric' })
    const middle = (1 / 2 - 1 / 4) / (1 - 1 / 4)
    expect(failing((x, _y, i) => x < 100 || x >= 104 || (map.disparity[i]! >= middle - 1e-6 && map.disparity[i]! <= 1))).toEqual([])
    expect(failing((x, _y, i) => x <= 104 || Math.abs(map.disparity[i]!) < 1e-6)).toEqual([])
  })

  it('that are blots across a silhouette of another map are filled from both sides', () => {
    const { map } = clean(rasterOf(W, H, (x, y) => ((x - 100) ** 2 + (y - 80) ** 2 < 10 ** 2 ? 0 : x < 100 ? 0.8 : 0.2)), { black: 'hole' })
    expect(map.disparity[80 * W + 92]).toBeGreaterThan(0.5)
    expect(map.disparity[80 * W + 108]).toBeLessThan(0.5)
  })

  describe('across a silhouette', () => {
    // Blots on the left edge of the box; the picture shows the box bright before a dark floor.
    const blot = (x: number, y: number) => [50, 70, 90].some((row) => Math.hypot(x - 70, y - row) < 6.5)
    const picture = (shift = 0): GrayPicture => ({
      width: W,
      height: H,
      gray: Uint8Array.from({ length: W * H }, (_, i) => (onBox((i % W) - shift, Math.floor(i / W)) ? 200 : 60)),
      sourceWidth: W,
      sourceHeight: H,
    })
    const holed = () => rasterOf(W, H, (x, y) => (blot(x, y) ? 0 : scene(x, y)))

    it('end where the picture shows it, without a ramp', () => {
      const { map, steps } = clean(holed(), { black: 'hole' }, picture())
      expect(steps.map(({ step }) => step)).toEqual(['holes'])
      expect(failing((x, y, i) => !blot(x, y) || Math.abs(map.disparity[i]! - scene(x, y)) < 0.03)).toEqual([])
      const alone = clean(holed(), { black: 'hole' }).map.disparity
      expect(rms(map.disparity, scene, blot)).toBeLessThan(rms(alone, scene, blot) / 5)
    })

    it('are filled without the picture where that lies elsewhere', () => {
      const { map } = clean(holed(), { black: 'hole' }, picture(12))
      expect(sameBits(map.disparity, clean(holed(), { black: 'hole' }).map.disparity)).toBe(true)
    })
  })
})

describe('silhouettes', () => {
  const soft = (x: number, y: number) => 0.1 + (0.3 * y) / H + 0.4 / (1 + Math.exp(-(x - 99.5) / 1.2))
  const hard = (x: number, y: number) => 0.1 + (0.3 * y) / H + (x < 99.5 ? 0 : 0.4)

  it('that are soft are snapped to the side that each pixel belongs to', () => {
    const result = clean(rasterOf(W, H, soft))
    expect(stepsOf(result)).toEqual(['silhouettes'])
    expect(result.steps[0]!.done).toMatch(/^snapped [\d,]+ pixels \(\d\.\d %\) at soft silhouettes to one side$/)
    const edge = (x: number, y: number) => x > 90 && x < 110 && y > 3 && y < H - 4
    expect(rms(result.map.disparity, hard, edge)).toBeLessThan(0.35 * rms(result.before, hard, edge))
    expect(failing((x, _, i) => (x >= 90 && x <= 110) || result.map.disparity[i] === result.before[i])).toEqual([])
  })

  // A disc of a radius of 40 px, a pole of 4 px that stands on it, and a pole of its own.
  const disc = (x: number, y: number) => Math.hypot(x - 99.5, y - 100) - 40
  const onPole = (x: number, y: number) => x >= 98 && x < 102 && y >= 35 && y < 80
  const alone = (x: number) => x >= 20 && x < 24
  const crisp = (x: number, y: number) => (disc(x, y) < 0 || onPole(x, y) || alone(x) ? 0.7 : 0.2)
  const blurred = blur(crisp, 1.6)

  it('that are round become one outline, with no second one beside it', () => {
    const now = clean(rasterOf(W, H, blurred)).map.disparity
    const apart = (x: number, y: number) => Math.abs(disc(x, y)) > 1.5 || y < 75
    const round = (x: number, y: number) => Math.hypot(x - 99.5, y - 100) > 30 && Math.hypot(x - 99.5, y - 100) < 50 && y > 75
    expect(failing((x, y, i) => !round(x, y) || !apart(x, y) || Math.abs(now[i]! - crisp(x, y)) < 0.03)).toEqual([])
    // On the outline itself nothing hangs by more than an eighth of the height.
    expect(failing((x, y, i) => !round(x, y) || Math.min(Math.abs(now[i]! - 0.2), Math.abs(now[i]! - 0.7)) < 0.5 / 8)).toEqual([])
  })

  it('leave no single pixel of their near side behind, where it would stand out as a needle', () => {
    // (Softness that changes from row to row, as estimators deliver it.)
    const uneven = (x: number, y: number) => 0.2 + 0.5 / (1 + Math.exp(-(x - 60 - y / 3) / (0.8 + 0.9 * Math.abs(Math.sin(y * 1.7)))))
    const now = clean(rasterOf(W, H, uneven), { clean: { silhouettes: true } }).map.disparity
    const isNear = (x: number, y: number) => now[y * W + x]! > 0.45
    const isAlone = (x: number, y: number) => {
      const beside = [-1, 0, 1].flatMap((v) => [-1, 0, 1].map((u) => [x + u, y + v] as const)).filter(([u, v]) => (u !== x || v !== y) && isNear(u, v))
      return beside.length > 1 && beside.every(([u, v]) => now[v * W + u]! - now[y * W + x]! > 0.025)
    }
    expect(failing((x, y) => y < 8 || y > H - 8 || x < 8 || x > W - 8 || !isNear(x, y) || !isAlone(x, y))).toEqual([])
  })

  it('of thin things come forward to what those are part of, no further, and stay whole', () => {
    const { map, before } = clean(rasterOf(W, H, blurred))
    // 4 px that a Gaussian of 1.6 px softens reach erf(2 / (1.6 √2)) = .79 of their height.
    expect(before[52 * W + 100]).toBeCloseTo(0.2 + 0.5 * 0.79, 1)
    for (const y of [55, 57]) expect(map.disparity[y * W + 100]! - before[y * W + 100]!, `row ${y}`).toBeGreaterThan(0.05)
    expect(Math.max(...map.disparity)).toBeLessThanOrEqual(Math.max(...before))
    for (let y = 8; y < H - 8; y++) {
      for (const x of [21, 22]) expect(map.disparity[y * W + x], `the pole alone, row ${y}`).toBeGreaterThan(0.55)
      if (y > 38 && y < 60) expect(map.disparity[y * W + 100], `the other, row ${y}`).toBeGreaterThan(0.55)
    }
  })

  it.each([4, 5])('leave a crisp pole beside a soft wall as far back as it is, %s px away', (gap) => {
    const wall = (x: number) => 0.2 + 0.5 / (1 + Math.exp(-(x - 100) / 1.2))
    const [from, to] = [100 - gap - 3, 100 - gap]
    const pole = (x: number) => x >= from && x < to
    const { map, steps } = clean(rasterOf(W, H, (x) => (pole(x) ? 0.45 : wall(x))), { clean: { silhouettes: true } })
    expect(steps.map(({ step }) => step)).toEqual(['silhouettes'])
    for (let y = 20; y < H - 20; y += 10) for (let x = from; x < to; x++) expect(map.disparity[y * W + x]).toBeCloseTo(0.45, 3)
  })

  it('beside nothing are snapped too, and nothing stays nothing', () => {
    const prop = (x: number, y: number) => (y < 30 || y > 130 ? 0 : blurred(x, y))
    const { map, before, steps } = clean(rasterOf(W, H, prop), { black: 'cut', clean: { silhouettes: true } })
    expect(steps.map(({ step }) => step)).toEqual(['silhouettes'])
    expect(failing((_x, _y, i) => Number.isNaN(map.disparity[i]) === Number.isNaN(before[i]))).toEqual([])
    expect(before[110 * W + 61]).toBeCloseTo(0.49, 1)
    expect(failing((x, y, i) => y < 34 || y > 126 || Math.abs(disc(x, y)) < 1.5 || disc(x, y) > 4 || disc(x, y) < -4 || y < 85 || Math.abs(map.disparity[i]! - crisp(x, y)) < 0.05)).toEqual([])
  })

  it('follow the picture where map and picture disagree by a pixel', () => {
    const gray = new Uint8Array(W * H)
    for (let y = 0; y < H; y++) for (let x = 0; x < W; x++) gray[y * W + x] = x < 101 ? 40 : 200
    const picture: GrayPicture = { width: W, height: H, gray, sourceWidth: W, sourceHeight: H }
    const alone = clean(rasterOf(W, H, soft)).map.disparity
    const guided = clean(rasterOf(W, H, soft), {}, picture)
    expect(guided.steps[0]!.done).toContain('to one side, guided by the picture')
    expect(alone[80 * W + 100]).toBeGreaterThan(0.5)
    expect(guided.map.disparity[80 * W + 100]).toBeLessThan(0.4)
    expect(guided.map.disparity[80 * W + 101]).toBeGreaterThan(0.5)
  })

  it('are not slopes: forced on a steep one, the step changes nothing', () => {
    expect(clean(rasterOf(40, 40, (x) => x / 40), { clean: { silhouettes: true } }).steps).toEqual([])
    // (Forced, it takes those of a relief, which the check never asks for.)
    expect(stepsOf(clean(rasterOf(W, H, soft), { projection: 'orthographic' }))).toEqual([])
    expect(stepsOf(clean(rasterOf(W, H, soft), { projection: 'orthographic', clean: { silhouettes: true } }))).toEqual(['silhouettes'])
  })

  it('that are hard stay to the bit, even when forced', () => {
    expect(clean(rasterOf(W, H, scene), { clean: { silhouettes: true } }).steps).toEqual([])
    // (Forced, it takes those of a relief, which the check never asks for.)
    expect(stepsOf(clean(rasterOf(W, H, soft), { projection: 'orthographic' }))).toEqual([])
    expect(stepsOf(clean(rasterOf(W, H, soft), { projection: 'orthographic', clean: { silhouettes: true } }))).toEqual(['silhouettes'])
  })

  it('stay when the artist says so', () => {
    expect(clean(rasterOf(W, H, soft), { clean: { silhouettes: false } }).steps).toEqual([])
  })
})

describe('depthInfluence', () => {
  const random = seeded(2)
  const bump = Array.from({ length: W * H }, random)
  const rough = (x: number, y: number) => scene(x, y) + 0.004 * bump[y * W + x]!

  it('blends toward a smooth form that keeps its edges', () => {
    const raster = rasterOf(W, H, rough)
    const [full, half, none] = [1, 0.5, 0].map((depthInfluence) => clean(raster, { depthInfluence, clean: false }))
    expect(full!.steps).toEqual([])
    expect(half!.steps[0]!.done).toMatch(/^blended [\d,]+ pixels \(\d+\.\d %\) toward the map’s smooth form \(depthInfluence 0\.5\)$/)
    const onFloor = (x: number, y: number) => !onBox(x, y) && x < 60 && y > 8 && y < H - 8
    const flat = (x: number, y: number) => scene(x, y) + 0.002
    expect(rms(none!.map.disparity, flat, onFloor)).toBeLessThan(0.5 * rms(full!.map.disparity, flat, onFloor))
    expect(none!.map.disparity[60 * W + 72]! - none!.map.disparity[60 * W + 67]!).toBeGreaterThan(0.4)
    for (let i = 0; i < W * H; i += 97) expect(half!.map.disparity[i]).toBeCloseTo((full!.map.disparity[i]! + none!.map.disparity[i]!) / 2, 5)
  })
})

it('gives the same bytes for the same map', () => {
  const normal = seededNormal(3)
  const noisy = rasterOf(W, H, (x, y) => (x > 50 && x < 60 && y < 50 ? 0 : scene(x, y) + 0.01 * normal()))
  const [once, again] = [clean(noisy, { black: 'hole' }), clean(noisy, { black: 'hole' })]
  expect(stepsOf(once)).toEqual(['noise', 'holes'])
  expect(sameBits(again.map.disparity, once.map.disparity)).toBe(true)
})
