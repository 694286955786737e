import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, decodeDepth, makeShape, parseSettings, shapeNames } from '../../src/core/index.js'
import { meanDepth } from '../../src/core/shape/mean.js'
import { Relief } from '../../src/core/shape/relief.js'
import { closeRim } from '../../src/core/shape/rim.js'
import { dropSpecks } from '../../src/core/shape/specks.js'
import { lightRelief } from '../../src/core/shape/light.js'
import { SHAPES } from '../../src/core/shape/shapes.js'

/** Level 0..1 of each pixel, and its colour. */
async function pixels(shape: string, seed: number, size = 96) {
  const made = await makeShape({ shape, seed, size })
  const { samples } = await decodeDepth(made.depth, { channel: null, encoding: 'disparity', maxPixels: 2 ** 20 })
  const color = await sharp(made.color).raw().toBuffer({ resolveWithObject: true })
  return { made, samples, color }
}

describe.each(shapeNames)('the shape %s', (shape) => {
  it('fills a picture on black with depth and colour, in the same places', async () => {
    const { made, samples, color } = await pixels(shape, 1)
    expect(Math.max(made.width, made.height)).toBe(96)
    expect(color.info).toMatchObject({ width: made.width, height: made.height, channels: 3 })
    let covered = 0
    let dark = 0
    for (let i = 0; i < samples.length; i++) {
      const brightness = color.data[3 * i] + color.data[3 * i + 1] + color.data[3 * i + 2]
      if (samples[i] === 0) expect(brightness).toBe(0)
      else {
        covered++
        if (brightness < 24) dark++
      }
    }
    expect(covered / samples.length).toBeGreaterThan(0.25)
    expect(dark / covered).toBeLessThan(0.15)
    // An empty border: the outline is closed.
    for (let x = 0; x < made.width; x++) expect(samples[x] + samples[samples.length - 1 - x]).toBe(0)
    for (let y = 0; y < made.height; y++) expect(samples[y * made.width] + samples[(y + 1) * made.width - 1]).toBe(0)
    expect(Math.max(...samples)).toBe(1)
  })

  it('is the same for the same seed, and plainly another for another', async () => {
    const [one, again, other] = await Promise.all([makeShape({ shape, seed: 5, size: 64 }), makeShape({ shape, seed: 5, size: 64 }), makeShape({ shape, seed: 6, size: 64 })])
    expect(again).toEqual(one)
    const thumbnail = (made: typeof one) => sharp(made.color).resize(32, 32, { fit: 'fill' }).raw().toBuffer()
    const [a, b] = await Promise.all([thumbnail(one), thumbnail(other)])
    expect(a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length).toBeGreaterThan(8)
  })

  it('keeps its size in metres at every size in pixels', async () => {
    const [small, large] = await Promise.all([makeShape({ shape, seed: 2, size: 96 }), makeShape({ shape, seed: 2, size: 192 })])
    const ratio = (key: 'width' | 'relief') => (large.settings[key] ?? NaN) / (small.settings[key] ?? NaN)
    expect(Math.abs(ratio('width') - 1)).toBeLessThan(0.02)
    // The depth of the deepest pixel alone: a petal or a tile more or less.
    expect(Math.abs(ratio('relief') - 1)).toBeLessThan(0.12)
  })

  it('bakes into levels, and pre-flight has nothing to say against it', async () => {
    const { depth, color, settings } = await makeShape({ shape, seed: 3, size: 256 })
    expect(() => parseSettings([{ origin: shape, settings }])).not.toThrow()
    const { manifest } = await bakeDepthMesh({ name: shape, depth, color }, { settings: { ...settings, lods: [2000, 400] } })
    expect(manifest.lods).toHaveLength(2)
    expect(manifest.preflight.checks.filter(({ severity }) => severity !== 'info')).toEqual([])
    expect(manifest.bounds.max[2]).toBeLessThan(1.05 * (settings.relief ?? 0))
  })

  it('lies inside the box that it says it does, whatever the seed', () => {
    for (let seed = 0; seed < 40; seed++) {
      const { across, tall, sculpt } = SHAPES[shape].design(seed)
      // A box of half the size again around it, 48 pixels a side: the part beyond its own must stay empty.
      const pixel = (1.5 * Math.max(across, tall)) / 48
      const relief = new Relief(48, 48, -24 * pixel, 1.25 * tall, pixel)
      sculpt(relief)
      dropSpecks(relief)
      relief.all((x, y, i) => {
        if (Math.abs(x) > across / 2 || y > tall || y < -pixel) expect(relief.z[i], `seed ${seed} at ${x}, ${y}`).toBe(-Infinity)
      })
    }
  })
})

describe('makeShape', () => {
  it('refuses what it does not know, and says what was meant', async () => {
    await expect(makeShape({ shape: 'rok' })).rejects.toMatchObject({ code: 'INPUT_MISSING', message: 'expected a shape, got "rok"', hint: 'Did you mean "rock"?' })
    await expect(makeShape({ shape: 'submarine' })).rejects.toMatchObject({ hint: `Shapes: ${shapeNames.join(', ')}.` })
    await expect(makeShape({ shape: 'toString' })).rejects.toMatchObject({ code: 'INPUT_MISSING' })
    await expect(makeShape({ shape: 'rock', seed: -1 })).rejects.toMatchObject({ code: 'SETTINGS_INVALID', message: 'seed: expected a whole number 0..4294967295, got -1' })
    await expect(makeShape({ shape: 'rock', size: 8 })).rejects.toMatchObject({ code: 'SETTINGS_INVALID', message: 'size: expected a whole number 32..4096, got 8' })
  })

  it('grows in depth with its width, unless told its relief', async () => {
    const make = async (settings: object) => (await makeShape({ shape: 'pillar', size: 64, settings })).settings
    const plain = await make({})
    const wide = await make({ width: 2 * (plain.width ?? 0) })
    expect(wide.relief).toBeCloseTo(2 * (plain.relief ?? 0), 2)
    expect(await make({ width: 5, relief: 3 })).toMatchObject({ width: 5, relief: 3 })
  })

  it('leaves sun and shadow out of the picture of a lit shape, and nothing out of its depth', async () => {
    const [unlit, lit] = await Promise.all([makeShape({ shape: 'tower', size: 128 }), makeShape({ shape: 'tower', size: 128, settings: { shading: 'lit' } })])
    expect(lit.depth).toEqual(unlit.depth)
    expect(lit.color).not.toEqual(unlit.color)
  })
})

describe('a relief', () => {
  /** A half sphere of radius 1 m in the middle of a picture of 4 × 4 m. */
  const dome = () => {
    const relief = new Relief(80, 80, -2, 2, 0.05)
    relief.all((x, y, i) => relief.put(i, Math.sqrt(1 - x * x - y * y)))
    return relief
  }

  it('is lit from the upper left, and shades its lower right', () => {
    const { pixels } = lightRelief(dome(), (_spot, rgb) => void rgb.fill(0.4), { baked: true })
    const at = (x: number, y: number) => pixels[3 * (Math.round(39.5 - y / 0.05) * 80 + Math.round(39.5 + x / 0.05))]
    expect(at(-0.4, 0.5)).toBeGreaterThan(1.5 * at(0.5, -0.6))
    expect(at(1.5, 1.5)).toBe(0)
  })

  it('throws a shadow away from the sun', () => {
    const relief = new Relief(80, 80, -2, 2, 0.05)
    relief.all((x, y, i) => relief.put(i, Math.abs(x) < 0.1 && y > -1 && y < 1 ? 1 : 0.1))
    const { pixels } = lightRelief(relief, (_spot, rgb) => void rgb.fill(0.4), { baked: true })
    const red = (column: number) => pixels[3 * (44 * 80 + column)]
    // The wall is 0.2 m wide, so that its right side is in shadow, its left side a little in its glow.
    expect(red(46)).toBeLessThan(0.75 * red(12))
    expect(red(70)).toBeGreaterThan(0.9 * red(12))
  })

  it('ends on the picture plane once its rim is closed, and only there', () => {
    const relief = dome()
    const before = relief.z.slice()
    closeRim(relief)
    let closed = 0
    relief.all((x, y, i) => {
      if (relief.z[i] === before[i]) return
      closed++
      expect(relief.z[i]).toBe(0)
      expect(Math.sqrt(x * x + y * y)).toBeGreaterThan(1 - 2 * 0.05)
    })
    // Four-connected: the eight eighths of a circle of 20 pixels' radius, √½ · 20 steps each.
    expect(closed).toBeGreaterThan(8 * Math.SQRT1_2 * 18)
  })

  it('loses specks that hang together with nothing', () => {
    const relief = dome()
    relief.put(3 * 80 + 3, 1)
    dropSpecks(relief)
    expect(relief.z[3 * 80 + 3]).toBe(-Infinity)
    expect(relief.z[40 * 80 + 40]).toBeGreaterThan(0.9)
  })

  it('has a mean depth that knows no background', () => {
    const z = Float32Array.from([2, 4, -Infinity, 8])
    expect(Array.from(meanDepth({ width: 4, height: 1, z }, 1))).toEqual([3, 3, -Infinity, 8])
  })
})
