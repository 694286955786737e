import { describe, expect, it } from 'vitest'
import { cutByAlpha, DepthMeshError, parseSettings, toDisparity, type DepthRaster, type DisparityMap, type SettingsInput } from '../../../src/core/index.js'

/** Stored levels of a 2-row raster: the second row repeats the first. */
function levels(bitDepth: number, row: readonly number[], extra: Partial<DepthRaster> = {}): DepthRaster {
  return raster(row.map((level) => level / (2 ** bitDepth - 1)), { format: 'unorm', bitDepth, ...extra })
}

function floats(row: readonly number[], extra: Partial<DepthRaster> = {}): DepthRaster {
  return raster(row, { format: 'float', bitDepth: 32, source: 'exr', channel: 'Z', channels: ['Z'], ...extra })
}

function raster(row: readonly number[], extra: Partial<DepthRaster>): DepthRaster {
  const samples = Float32Array.from([...row, ...row])
  return { width: row.length, height: 2, samples, format: 'unorm', bitDepth: 16, source: 'png', channel: 'gray', channels: ['gray'], alpha: null, colourChunks: [], ...extra }
}

const read = (map: DepthRaster, settings: SettingsInput = {}): DisparityMap => toDisparity(map, parseSettings([{ origin: 'hill.depth.json', settings }]))

/** The first row of disparities. */
const row = ({ disparity, width }: DisparityMap): number[] => [...disparity.subarray(0, width)]

/** The first row as distances: what `mesh/unproject` makes of it. */
const metres = (map: DisparityMap): number[] => row(map).map((d) => 1 / (1 / map.far + d * (1 / map.near - 1 / map.far)))

function expectRow(found: readonly number[], expected: readonly number[], digits = 6): void {
  expect(found).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) {
    if (Number.isNaN(value)) expect(found[i], `pixel ${i}`).toBeNaN()
    else expect(found[i], `pixel ${i}`).toBeCloseTo(value, digits)
  }
}

function refusal(map: DepthRaster, settings: SettingsInput = {}): string {
  try {
    read(map, settings)
  } catch (error) {
    expect(error).toBeInstanceOf(DepthMeshError)
    return `${(error as DepthMeshError).code}: ${String(error)}`
  }
  throw new Error('expected a refusal')
}

describe('levels of a perspective map', () => {
  it('are disparity: black is far, white is near, mid gray is halfway in 1/depth', () => {
    const map = read(levels(8, [0, 51, 255]), { near: 2, far: 8 })
    expectRow(row(map), [0, 0.2, 1])
    // 1/8 + 0.2 · (1/2 − 1/8) = 0.2 per metre
    expectRow(metres(map), [8, 5, 2])
    expect(map).toMatchObject({ near: 2, far: 8 })
  })

  it('are depth when they say so: mid gray is halfway in metres', () => {
    expectRow(metres(read(levels(8, [0, 51, 102, 255]), { encoding: 'depth', near: 2, far: 12 })), [12, 10, 8, 2])
  })

  it('turn round when white is far', () => {
    expectRow(row(read(levels(8, [0, 51, 255]), { white: 'far' })), [1, 0.8, 0])
    expectRow(metres(read(levels(8, [0, 51, 255]), { encoding: 'depth', white: 'far', near: 2, far: 12 })), [2, 4, 12])
  })

  it('lie on the same plane as the wall they were rendered from', () => {
    // A wall from 2 m on the left to 6 m on the right: 1/z is linear across the picture, so its disparity is too, and its depth is not.
    const across = [0, 1, 2, 3, 4]
    const z = across.map((i) => 1 / (1 / 2 + (i / 4) * (1 / 6 - 1 / 2)))
    expectRow(metres(read(levels(16, across.map((i) => 65_535 * (1 - i / 4))), { near: 2, far: 6 })), z, 4)
    expectRow(metres(read(levels(16, z.map((depth) => Math.round((65_535 * (6 - depth)) / 4))), { encoding: 'depth', near: 2, far: 6 })), z, 3)
  })

  it('are the same whether each level or each pixel is looked up', () => {
    const settings: SettingsInput = { encoding: 'depth', gamma: 2.2, levels: [0.1, 0.9], black: 'hole' }
    const few = [0, 3, 40, 128, 200, 254, 255]
    const many = Array.from({ length: 700 }, (_, i) => few[i % few.length])
    expect(row(read(levels(8, many), settings)).slice(0, few.length)).toEqual(row(read(levels(8, few), settings)))
  })
})

describe('black', () => {
  const stored = levels(16, [0, 1, 65_535])
  it('is the farthest surface by default', () => {
    expectRow(row(read(stored)), [0, 1 / 65_535, 1], 9)
    expectRow(row(read(stored, { black: 'far' })), [0, 1 / 65_535, 1], 9)
  })
  it.each(['cut', 'hole'] as const)('holds nothing when it means %s, and the levels above it stay where they are', (black) => {
    expectRow(row(read(stored, { black })), [NaN, 1 / 65_535, 1], 9)
    expectRow(row(read(stored, { black, white: 'far' })), [NaN, 1 - 1 / 65_535, 0], 6)
    expectRow(metres(read(stored, { black, encoding: 'depth' })), [NaN, 10 - 9 / 65_535, 1], 5)
  })
})

describe('levels and gamma', () => {
  it('stretch between the black and the white point that the file shows', () => {
    expectRow(row(read(levels(8, [0, 51, 102, 204, 255]), { levels: [0.2, 0.8] })), [0, 0, 1 / 3, 1, 1])
  })
  it('cut away all that is no brighter than the black point', () => {
    expectRow(row(read(levels(8, [0, 51, 102, 204]), { levels: [0.2, 0.8], black: 'cut' })), [NaN, NaN, 1 / 3, 1])
  })
  it('undo a gamma after that', () => {
    const linear = [0, 0.1, 0.5, 1]
    const baked = linear.map((level) => 65_535 * level ** (1 / 2.2))
    expectRow(row(read(levels(16, baked), { gamma: 2.2 })), linear, 4)
    expectRow(row(read(levels(16, baked.map((level) => 6553.5 + level * 0.8)), { gamma: 2.2, levels: [0.1, 0.9] })), linear, 4)
  })
  it('are refused with metres, which need none', () => {
    expect(() => read(floats([1, 2]), { encoding: 'metric', gamma: 2.2 })).toThrow('gamma: expected none with encoding "metric", got 2.2')
    expect(() => read(floats([1, 2]), { encoding: 'metric', levels: [0, 0.5] })).toThrow('levels: expected none with encoding "metric", got [0,0.5]')
  })
})

describe('metric maps', () => {
  it('take near and far from the data, and 0 as unknown', () => {
    const map = read(levels(16, [0, 500, 1000, 4000]), { encoding: 'metric' })
    expect(map.near).toBeCloseTo(0.5, 12)
    expect(map.far).toBeCloseTo(4, 12)
    expectRow(metres(map), [NaN, 0.5, 1, 4])
    expectRow(row(map), [NaN, 1, (1 / 1 - 1 / 4) / (1 / 0.5 - 1 / 4), 0])
  })

  it('multiply whole levels by the unit, whatever their bits', () => {
    expectRow(metres(read(levels(16, [5000, 10_000, 50_000]), { encoding: 'metric', unit: 1 / 5000 })), [1, 2, 10], 4)
    expectRow(metres(read(levels(8, [10, 20, 200]), { encoding: 'metric', unit: 0.1 })), [1, 2, 20], 4)
    expectRow(metres(read(levels(32, [1_288_500, 2_572_100]), { encoding: 'metric', unit: 1e-6 })), [1.2885, 2.5721], 5)
  })

  it('take floats as metres, and NaN, Inf, 0 and negatives as unknown', () => {
    const map = read(floats([2, NaN, Infinity, -Infinity, 0, -0, -3, 8]), { encoding: 'metric' })
    expect(map).toMatchObject({ near: 2, far: 8 })
    expectRow(metres(map), [2, NaN, NaN, NaN, NaN, NaN, NaN, 8])
  })

  it('take a renderer’s background as a sky at the farthest surface, unless black is cut or a hole', () => {
    const rendered = floats([2, 1e10, 1e30, -1e30, 8])
    for (const black of [null, 'far'] as const) {
      const map = read(rendered, { encoding: 'metric', black })
      expect(map).toMatchObject({ near: 2, far: 8 })
      expectRow(metres(map), [2, 8, 8, NaN, 8])
    }
    for (const black of ['cut', 'hole'] as const) expectRow(metres(read(rendered, { encoding: 'metric', black })), [2, NaN, NaN, NaN, 8])
    expectRow(row(read(rendered, { encoding: 'metric', projection: 'orthographic' })), [0, NaN, NaN, NaN, 1])
  })

  it('take the largest half as background in a file of halves alone', () => {
    expectRow(metres(read(floats([2, 65_504, 4], { bitDepth: 16 }), { encoding: 'metric' })), [2, 4, 4])
    expectRow(metres(read(floats([2, 65_504, 4]), { encoding: 'metric' })), [2, 65_504, 4], 0)
    expect(read(floats([2, 65_472, 4], { bitDepth: 16 }), { encoding: 'metric' }).far, 'the half before it').toBe(65_472)
  })

  it('mean the same whether white is near or far: metres are metres', () => {
    const map = levels(16, [700, 1400])
    expect(read(map, { encoding: 'metric', white: 'far' })).toEqual(read(map, { encoding: 'metric' }))
  })

  it('stand at their distance when there is only one', () => {
    const map = read(floats([3, 3]), { encoding: 'metric' })
    expectRow(metres(map), [3, 3])
    expect(map.far).toBeGreaterThan(map.near)
  })
})

describe('orthographic maps', () => {
  it('are heights: black at 0, white at the relief', () => {
    const map = read(levels(8, [0, 51, 255]), { projection: 'orthographic', relief: 40 })
    expectRow(row(map), [0, 0.2, 1])
    expect(map.relief).toBe(40)
    expectRow(row(read(levels(8, [0, 51, 255]), { projection: 'orthographic', white: 'far' })), [1, 0.8, 0])
    expectRow(row(read(levels(8, [0, 51, 255]), { projection: 'orthographic', encoding: 'depth' })), [0, 0.2, 1])
  })

  it('take the relief of metric ones from the data', () => {
    const map = read(floats([-20, 30, 80, NaN, 0, -9999, -3.4e38]), { projection: 'orthographic', encoding: 'metric' })
    expect(map.relief).toBe(100)
    expectRow(row(map), [0, 0.5, 1, NaN, NaN, NaN, NaN])
  })

  it('read the distances of a camera overhead when white is far', () => {
    expectRow(row(read(floats([10, 12, 20]), { projection: 'orthographic', encoding: 'metric', white: 'far' })), [1, 0.8, 0])
  })

  it.each(['terrain-rgb', 'terrarium'] as const)('read the heights of %s tiles, the sea at 0 among them', (encoding) => {
    const map = read(floats([-10, 0, 30, NaN], { bitDepth: 24, source: 'png' }), { projection: 'orthographic', encoding })
    expect(map.relief).toBe(40)
    expectRow(row(map), [0, 0.25, 1, NaN])
    expect(() => read(floats([1, 2]), { encoding })).toThrow(`projection: expected "orthographic" with encoding "${encoding}", got "perspective"`)
  })

  it('are flat where the data are', () => {
    expect(read(floats([7, 7]), { projection: 'orthographic', encoding: 'metric' })).toMatchObject({ relief: 0, disparity: new Float32Array(4) })
  })
})

describe('floats that are no metres', () => {
  it('are levels when they lie in 0..1', () => {
    expectRow(row(read(floats([0.25, 0.5, 1]))), [0.25, 0.5, 1])
    expectRow(row(read(floats([-1e-5, 0.5, 1.0001]))), [0, 0.5, 1])
  })
  it('are stretched when they do not, as AI estimators write them', () => {
    expectRow(row(read(floats([100, NaN, 300, 500, Infinity]))), [0, NaN, 0.5, 1, NaN])
    expectRow(row(read(floats([7, 7]))), [1, 1])
  })
  it('are nothing at exactly 0 when black says so, and only there', () => {
    expectRow(row(read(floats([0, 250, 500]), { black: 'hole' })), [NaN, 0.5, 1])
    expectRow(row(read(floats([100, 300, 500]), { black: 'hole' })), [0, 0.5, 1])
  })
})

describe('alpha', () => {
  const map = () => read(levels(8, [10, 20, 30, 40]))
  it('of the depth map cuts geometry away where it is less than half opaque', () => {
    const alpha = Uint8Array.of(0, 127, 128, 255, 255, 255, 255, 255)
    expectRow(row(read(levels(8, [10, 20, 30, 40], { alpha }))), [NaN, NaN, 30 / 255, 40 / 255])
  })
  it('of the colour picture does the same, in bytes or in floats, and leaves its input alone', () => {
    const before = map()
    expectRow(row(cutByAlpha(before, Uint8Array.of(0, 127, 128, 255, 255, 255, 255, 255))), [NaN, NaN, 30 / 255, 40 / 255])
    expectRow(row(cutByAlpha(before, Float32Array.of(0, 0.49, 0.5, 1, 1, 1, 1, NaN))), [NaN, NaN, 30 / 255, 40 / 255])
    expect(before).toEqual(map())
  })
  it('that leaves nothing is refused', () => {
    expect(() => cutByAlpha(map(), new Uint8Array(8))).toThrow(
      expect.objectContaining({
        code: 'INPUT_NOTHING_TO_MESH',
        message: 'expected a surface, found nothing that the alpha of the colour picture leaves standing',
        hint: 'Less than half opaque means "nothing there": save the colour picture without alpha to keep all of it.',
      }),
    )
    expect(() => cutByAlpha(map(), new Uint8Array(7))).toThrow('expected alpha for 8 pixels, got 7')
  })
})

describe('a map with nothing to mesh', () => {
  it('is refused when it is a line or a dot', () => {
    expect(refusal({ ...levels(8, [1]), height: 1, samples: Float32Array.of(1) })).toBe(
      'INPUT_NOTHING_TO_MESH: expected at least 2 × 2 pixels, found 1 × 1. A surface needs pixels side by side: use the map at full size.',
    )
    expect(refusal(levels(8, [1]))).toContain('found 1 × 2')
  })
  it('is refused when black means nothing and all is black', () => {
    expect(refusal(levels(8, [0, 0]), { black: 'cut' })).toBe(
      'INPUT_NOTHING_TO_MESH: expected a surface, found that all 4 pixels are black, which "black": "cut" reads as nothing there. If black is the farthest surface, set "black": "far"; else check the export of the map.',
    )
    expect(refusal(levels(8, [0, 0]), { black: 'hole' })).toContain('"black": "hole" reads as unknown')
    expect(row(read(levels(8, [0, 0])))).toEqual([0, 0])
  })
  it('is refused when only lone pixels stand on the black that is cut away, but not when holes are to be filled', () => {
    expect(refusal({ ...levels(8, [0, 9, 0]), samples: Float32Array.of(0, 1, 0, 0, 0, 1) }, { black: 'cut' })).toContain('found too few neighbours for a triangle (2 of 6 pixels); the rest are black, which "black": "cut" reads as nothing there.')
    expectRow(row(read(levels(8, [0, 9, 0]), { black: 'hole' })), [NaN, 9 / 255, NaN])
  })
  it('is refused when there are no metres in it', () => {
    expect(refusal(floats([0, NaN]), { encoding: 'metric' })).toBe(
      'INPUT_NOTHING_TO_MESH: expected metres, found that all 4 pixels are unknown (0, NaN, infinite). Check the pass or channel that was saved.',
    )
    expect(refusal(floats([-1, -2]), { encoding: 'metric' })).toContain('(0, NaN, infinite or negative). Distances grow away from the camera: turn the sign of Z round before saving.')
  })
  it('is refused when its own alpha hides all of it', () => {
    expect(refusal(levels(8, [5, 0], { alpha: Uint8Array.of(0, 255, 0, 255) }), { black: 'cut' })).toContain('reads as nothing there or transparent')
    expect(refusal(levels(8, [5, 6], { alpha: new Uint8Array(4) }))).toBe('INPUT_NOTHING_TO_MESH: expected a surface, found that all 4 pixels are transparent. Check the export of the map.')
    expect(refusal(floats([NaN, NaN]))).toBe('INPUT_NOTHING_TO_MESH: expected a surface, found that all 4 pixels are not a number. Check the export of the map.')
  })
})
