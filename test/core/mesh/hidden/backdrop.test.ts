import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { fillBackdropColor } from '../../../../src/core/mesh/hidden/backdrop-color.js'
import { buildBackdrop, type Backdrop } from '../../../../src/core/mesh/hidden/backdrop.js'
import { parseSettings, type SettingsInput } from '../../../../src/core/options.js'

const WIDTH = 120
const HEIGHT = 80

/** A 90° camera: the focal length is half the height, 40 px. travel 0.5 m, near 1 m, far 4 m: 40 · 0.5 · (1 − 1/4) = 15 px per disparity. */
const settings = (more: SettingsInput = {}) => parseSettings([{ origin: 'test', settings: { fovY: 90, near: 1, far: 4, travel: 0.5, ...more } }])

const mapOf = (disparity: (x: number, y: number) => number): DisparityMap => ({
  width: WIDTH,
  height: HEIGHT,
  disparity: Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => disparity(i % WIDTH, Math.floor(i / WIDTH))),
  near: 1,
  far: 4,
  relief: 1,
})

/** The left half stands in front of the right half. */
const edge = mapOf((x) => (x < 60 ? 0.9 : 0.3))

/** The hidden layer's disparity at a pixel of the picture, NaN where it has none. */
const at = ({ map, left, top }: Backdrop, x: number, y: number) => map.disparity[(y + top) * map.width + x + left]

const built = (map: DisparityMap, more?: SettingsInput): Backdrop => {
  const backdrop = buildBackdrop(map, settings(more))
  if (!backdrop) throw new Error('expected a backdrop')
  return backdrop
}

describe('buildBackdrop', () => {
  it('continues the farther side behind the edge, set back by as much as it is kept behind the front surface', () => {
    const backdrop = built(edge)
    for (const x of [59, 57, 55]) expect(at(backdrop, x, 40)).toBeCloseTo(0.3 - 0.005, 5)
  })

  it('goes on from a near thing past the border, whatever it continues behind the thing there', () => {
    const backdrop = built(mapOf((_, y) => (y < 40 ? 0.3 : 0.9)))
    expect(at(backdrop, WIDTH - 1, 49)).toBeLessThan(0.895)
    for (const x of [-1, WIDTH]) expect(at(backdrop, x, 49)).toBeGreaterThan(0.88)
  })

  it('reaches as far behind the edge as a camera at the end of its travel can look', () => {
    // 0.6 of disparity · 15 px = 9 px in the middle of the picture; 4 px more for simplified silhouettes
    const backdrop = built(edge)
    const reach = (y: number) => Array.from({ length: 60 }, (_, i) => 59 - i).findIndex((x) => Number.isNaN(at(backdrop, x, y)))
    expect(reach(40)).toBe(13)
    // away from it things move by √(1 + (r / focal)²) more; 16 px from the edge r² is 15.5² + 36.5²
    expect(reach(3)).toBe(Math.floor(9 * Math.sqrt(1 + (15.5 ** 2 + 36.5 ** 2) / 40 ** 2) + 4))
    const shorter = built(edge, { travel: 0.25 })
    expect(Number.isNaN(at(shorter, 59 - 9, 40))).toBe(true)
    expect(at(shorter, 59 - 7, 40)).toBeGreaterThan(0)
  })

  it('overlaps the farther side by a ring of two pixels and leaves the rest to the front surface', () => {
    const backdrop = built(edge)
    expect([60, 61, 62, 63].map((x) => Number.isNaN(at(backdrop, x, 40)))).toEqual([false, false, true, true])
  })

  it('runs under the border of the picture by more where it moves farther, since both part there where they are coarse', () => {
    // three times .005 of disparity · 15 px · √(1 + (71.6 / 40)²) in a corner: .46 px, so 2 + 1; with ten times the travel 4.6, so 2 + 5
    const ring = (travel: number) => Array.from({ length: 20 }, (_, x) => x).findIndex((x) => Number.isNaN(at(built(mapOf(() => 0.6), { travel }), x, 40)))
    expect(ring(0.5)).toBe(3)
    expect(ring(5)).toBe(7)
  })

  it('overlaps by shares of a large picture: silhouettes of coarse levels wander by those', () => {
    // 1,000 × 20 px and a step of .6: behind the edge .6 of what moves, and .009 · 1,000 px more; around it a ring of .0045 · 1,000, rounded
    const wide: DisparityMap = { ...edge, width: 1000, height: 20, disparity: Float32Array.from({ length: 20_000 }, (_, i) => (i % 1000 < 500 ? 0.9 : 0.3)) }
    const backdrop = built(wide)
    const reach = Array.from({ length: 400 }, (_, i) => 499 - i).findIndex((x) => Number.isNaN(at(backdrop, x, 10)))
    // (10 px of focal length · .5 · (1 − 1/4) = 3.75 px per disparity, at the edge itself)
    expect(reach).toBeGreaterThanOrEqual(Math.floor(0.6 * 3.75 + 9))
    expect(reach).toBeLessThan(0.6 * 3.75 * 3 + 9)
    const ring = Array.from({ length: 20 }, (_, i) => 500 + i).findIndex((x) => Number.isNaN(at(backdrop, x, 10)))
    expect(ring).toBe(5)
  })

  it('carries the surface past the border by its own parallax', () => {
    // disparity 0.6 everywhere: 40 · 0.5 · (1/4 + 0.6 · 3/4) = 14 px in the middle of a side whose pixels are 59.5 and 39.5 px away
    const { left, top, map } = built(mapOf(() => 0.6))
    const corner = Math.hypot(59.5, 39.5)
    const room = Math.ceil(14 * Math.sqrt(1 + (corner / 40) ** 2) + 4)
    expect([left, top]).toEqual([room, room])
    expect([map.width, map.height]).toEqual([WIDTH + 2 * room, HEIGHT + 2 * room])
    expect(map.disparity[(top + 40) * map.width + left - 10]).toBeCloseTo(0.6 - 0.005, 5)
    expect(map.disparity[(top + 40) * map.width + left - room]).toBeNaN()
  })

  it('stands behind a sky that is at far itself, by a twentieth at most, so that the two do not flicker through each other', () => {
    const deep = built({ ...mapOf((x) => (x < 60 ? 0.9 : 0)), far: 400 }, { far: 400 })
    for (const x of [60, 59, 55]) expect(1 / (1 / 400 + at(deep, x, 40) * (1 - 1 / 400))).toBeCloseTo(420, 0)
  })

  it('never comes out in front of the surface it hides behind', () => {
    const map = mapOf((x, y) => {
      const blob = (cx: number, cy: number, r: number) => Math.max(0, 1 - Math.hypot(x - cx, y - cy) / r)
      return Math.min(1, 0.1 + 0.002 * y + (blob(40, 30, 20) > 0 ? 0.3 + 0.2 * blob(40, 30, 20) : 0) + (blob(70, 50, 25) > 0 ? 0.2 + 0.3 * blob(70, 50, 25) : 0))
    })
    const backdrop = built(map)
    let hidden = 0
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const behind = at(backdrop, x, y)
        if (Number.isNaN(behind)) continue
        hidden++
        expect(behind).toBeLessThanOrEqual(map.disparity[y * WIDTH + x] - 0.005 + 1e-6)
      }
    }
    expect(hidden).toBeGreaterThan(200)
  })

  it('goes on from there too where the empty side of a large picture is wider, but not from far inside', () => {
    const wide = (empty: number): DisparityMap => ({ ...edge, width: 1280, height: 40, disparity: Float32Array.from({ length: 51_200 }, (_, i) => (i % 1280 >= 1280 - empty ? NaN : 0.6)) })
    expect(at(built(wide(20)), 1275, 20)).toBeCloseTo(0.595, 5)
    expect(at(built(wide(21)), 1275, 20)).toBeNaN()
  })

  it('goes on under the nearer of two edges from the nearer source', () => {
    const backdrop = built(mapOf((x) => (x < 50 ? 0.1 : x < 70 ? 0.9 : 0.5)))
    expect(at(backdrop, 51, 40)).toBeLessThan(0.2)
    expect(at(backdrop, 68, 40)).toBeGreaterThan(0.4)
  })

  it('has only a skirt where nothing is cut', () => {
    const backdrop = built(edge, { cut: false })
    for (const i of backdrop.continued) {
      const x = (i % backdrop.map.width) - backdrop.left
      const y = Math.floor(i / backdrop.map.width) - backdrop.top
      expect(x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT).toBe(true)
    }
  })

  it.each<[string, SettingsInput]>([
    ['the camera does not travel', { travel: 0 }],
    ['the mesh is solid', { solid: true }],
    ['it is a relief', { projection: 'orthographic', cut: 0.03, travel: null }],
    ['it is a relief that is not cut', { projection: 'orthographic', travel: 1 }],
  ])('is not there when %s', (_, more) => {
    expect(buildBackdrop(edge, settings(more))).toBeNull()
  })

  it('reaches as deep under the edges of a relief as they are high, and not farther than travel says', () => {
    // 120 px are 12 m; a step of 0.6 · 2 m is 12 px high
    const relief = { projection: 'orthographic', cut: 0.03, width: 12, relief: 2 } as const
    const deep = built({ ...edge, relief: 2 }, { ...relief, travel: 5 })
    expect([deep.left, deep.top]).toEqual([0, 0])
    expect(at(deep, 60 - 15, 40)).toBeCloseTo(0.295, 5)
    expect(at(deep, 60 - 17, 40)).toBeNaN()
    expect(at(built({ ...edge, relief: 2 }, { ...relief, travel: 0.3 }), 60 - 8, 40)).toBeNaN()
  })

  it.each([
    ['all around', (x: number, y: number) => x < 1 || y < 1 || x >= WIDTH - 1 || y >= HEIGHT - 1],
    ['two pixels at the right and below', (x: number, y: number) => x >= WIDTH - 2 || y >= HEIGHT - 2],
  ])('goes on from where the surface ends, where the picture’s outermost pixels hold nothing: %s', (_, isEmpty) => {
    const backdrop = built(mapOf((x, y) => (isEmpty(x, y) ? NaN : 0.6)))
    for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) if (isEmpty(x, y)) expect(at(backdrop, x, y)).toBeCloseTo(0.595, 5)
    for (const [x, y] of [[60, -10], [60, HEIGHT + 9], [-10, 40], [WIDTH + 9, 40]]) expect(at(backdrop, x, y)).toBeCloseTo(0.595, 5)
  })

  it('has no skirt where a prop leaves more than that of its picture empty', () => {
    expect(buildBackdrop(mapOf((x, y) => (x < 3 || y < 3 || x >= WIDTH - 3 || y >= HEIGHT - 3 ? NaN : 0.6)), settings())).toBeNull()
    // along less than half of it
    expect(buildBackdrop(mapOf((x, y) => (Math.hypot(x - 60, y - 40) < 39 ? 0.6 : NaN)), settings())).toBeNull()
  })

  it('makes nothing out of nothing: no skirt and no hidden layer beside empty pixels', () => {
    expect(buildBackdrop(mapOf((x, y) => (Math.hypot(x - 60, y - 40) < 20 ? 0.5 : NaN)), settings())).toBeNull()
  })
})

describe('fillBackdropColor', () => {
  const picture = (scale: number, color: (x: number, y: number) => readonly [number, number, number]) => {
    const [width, height] = [WIDTH * scale, HEIGHT * scale]
    const pixels = new Uint8Array(width * height * 3)
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixels.set(color((x + 0.5) / scale, (y + 0.5) / scale), (y * width + x) * 3)
    return { width, height, channels: 3 as const, pixels }
  }

  it.each([1, 2, 0.5])('lets none of the foreground’s colour onto the backdrop, at %f texels a pixel', (scale) => {
    const backdrop = built(edge)
    const plate = fillBackdropColor(picture(scale, (x) => (x < 60 ? [255, 0, 0] : [0, 0, 255])), edge, backdrop)
    for (const x of [59, 55, 50]) {
      const texel = (Math.floor((40.5 + backdrop.top) * scale) * plate.width + Math.floor((x + 0.5 + backdrop.left) * scale)) * 3
      expect([...plate.pixels.subarray(texel, texel + 3)]).toEqual([0, 0, 255])
    }
  })

  it('carries the border’s colours outward', () => {
    const flat = mapOf(() => 0.5)
    const backdrop = built(flat)
    const plate = fillBackdropColor(picture(1, (_, y) => (y < 40 ? [200, 180, 160] : [20, 40, 60])), flat, backdrop)
    expect(plate.width).toBe(backdrop.map.width)
    const texel = (x: number, y: number) => [...plate.pixels.subarray(((y + backdrop.top) * plate.width + x + backdrop.left) * 3).subarray(0, 3)]
    expect(texel(-8, 10)).toEqual([200, 180, 160])
    expect(texel(WIDTH + 8, 70)).toEqual([20, 40, 60])
  })

  it('puts what lies beside the picture out of focus, the more the farther away, and lightens and darkens none of it', () => {
    const flat = mapOf(() => 0.5)
    const { left, top } = built(flat)
    const { pixels, width } = fillBackdropColor(picture(1, (_, y) => (Math.floor(y / 8) % 2 === 0 ? [200, 180, 160] : [20, 40, 60])), flat, built(flat))
    /** Reds of a column across two stripes of each colour, away from the corners. */
    const reds = (x: number) => Array.from({ length: 32 }, (_, i) => pixels[((24 + i + top) * width + x + left) * 3])
    const contrast = (x: number) => Math.max(...reds(x)) - Math.min(...reds(x))
    const columns = [1, 4, 8, 12].map((x) => contrast(-x))
    expect(columns).toEqual(columns.toSorted((a, b) => b - a))
    expect(columns[0]).toBeGreaterThan(120)
    expect(columns[3]).toBeLessThan(60)
    for (const x of [-1, -4, -8, -12]) expect(reds(x).reduce((sum, red) => sum + red, 0) / 32, `${-x} px beside`).toBeCloseTo(110, -1)
  })

  it('smooths as far in the picture whatever the map’s resolution', () => {
    const flat = mapOf(() => 0.5)
    const fine: DisparityMap = { ...flat, width: 4 * WIDTH, height: 4 * HEIGHT, disparity: new Float32Array(16 * WIDTH * HEIGHT).fill(0.5) }
    const colors = picture(1, (_, y) => (y < 40 ? [200, 180, 160] : [20, 40, 60]))
    /** The red of the skirt's texels beside the border between the two colours, from the upper to the lower. */
    const profile = (map: DisparityMap, scale: number) => {
      const { pixels, width } = fillBackdropColor(colors, map, built(map))
      const { left, top } = built(map)
      return Array.from({ length: 32 }, (_, i) => pixels[((24 + i + Math.round(top / scale)) * width + Math.round(left / scale) - 5) * 3])
    }
    const [coarse, finer] = [profile(flat, 1), profile(fine, 4)]
    expect([coarse[0], coarse.at(-1)]).toEqual([200, 20])
    for (const [i, red] of coarse.entries()) expect(Math.abs(finer[i] - red), `texel ${i}: ${coarse.join()} | ${finer.join()}`).toBeLessThan(16)
  })

  it('shows the picture itself where the farther side is not hidden', () => {
    const backdrop = built(edge)
    const plate = fillBackdropColor(picture(2, (x, y) => [0, Math.floor(y), Math.floor(x)]), edge, backdrop)
    const texel = ((40 + backdrop.top) * 2 * plate.width + (61 + backdrop.left) * 2) * 3
    expect([...plate.pixels.subarray(texel, texel + 3)]).toEqual([0, 40, 61])
  })
})
