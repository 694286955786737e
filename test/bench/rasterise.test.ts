import { describe, expect, it } from 'vitest'
// @ts-expect-error benchmarks are plain JavaScript
import { rasterise } from '../../bench/support/rasterise.js'
// @ts-expect-error benchmarks are plain JavaScript
import { psnr, ssim } from '../../bench/support/compare.js'
// @ts-expect-error benchmarks are plain JavaScript
import { loadPair } from '../../bench/support/stereo.js'
import { describeWithShared } from '../support/shared.js'

/** 90° across 8 px: focal length 4 px. */
const camera = { eye: [0, 0, 0], fovY: 90, width: 8, height: 8 }

/** A texture whose red is 10 × column and green is 10 × row at texel centres. */
const ramp = (width: number, height: number) => {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) data.set([10 * (i % width), 10 * Math.floor(i / width), 0], i * 3)
  return { width, height, channels: 3, data }
}

/** A quad at depths left and right that fills the view of `camera` exactly. */
const wall = (left: number, right: number) => ({
  positions: Float32Array.of(-left, left, -left, -left, -left, -left, right, right, -right, right, -right, -right),
  uvs: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1),
  indices: Uint32Array.of(0, 1, 2, 2, 1, 3),
  texture: ramp(8, 8),
})

describe('the rasteriser of the view benchmark', () => {
  it('gives the picture back when a flat wall fills the view', () => {
    const { rgb, depth, layer } = rasterise([wall(2, 2)], camera)
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++) {
        expect(rgb[(y * 8 + x) * 3]).toBeCloseTo(10 * x, 4)
        expect(rgb[(y * 8 + x) * 3 + 1]).toBeCloseTo(10 * y, 4)
        expect(depth[y * 8 + x]).toBeCloseTo(2, 5)
        expect(layer[y * 8 + x]).toBe(1)
      }
    }
  })

  it('interpolates texture coordinates in space, not on screen', () => {
    // Along the upper edge a screen position s between depths 1 and 3 shows u = (s/3) / ((1 − s) + s/3): the perspective division by hand.
    const { rgb } = rasterise([{ ...wall(1, 3), indices: Uint32Array.of(0, 1, 2) }], camera)
    const s = 2.5 / 8
    const t = 0.5 / 8
    const weight = (1 - s - t) / 1 + s / 3 + t / 1
    expect(rgb[2 * 3]).toBeCloseTo(10 * ((8 * s) / 3 / weight - 0.5), 3)
  })

  it('covers each pixel of a mesh exactly once, wherever its edges fall', () => {
    const positions: number[] = []
    const indices: number[] = []
    const side = 13
    for (let j = 0; j <= side; j++) for (let i = 0; i <= side; i++) positions.push((i / side) * 2 - 1, 1 - (j / side) * 2, -1)
    for (let j = 0; j < side; j++) {
      for (let i = 0; i < side; i++) {
        const a = j * (side + 1) + i
        indices.push(a, a + side + 1, a + 1, a + 1, a + side + 1, a + side + 2)
      }
    }
    const mesh = { positions: Float32Array.from(positions), uvs: new Float32Array((positions.length / 3) * 2), texture: ramp(1, 1) }
    const once = new Uint8Array(64)
    for (let t = 0; t < indices.length; t += 3) {
      const { layer } = rasterise([{ ...mesh, indices: Uint32Array.from(indices.slice(t, t + 3)) }], camera)
      layer.forEach((seen: number, i: number) => (once[i] += seen))
    }
    expect([...once]).toEqual(Array.from({ length: 64 }, () => 1))
  })

  it('shows the nearer layer, whatever the order, and not its masked texels', () => {
    const near = { ...wall(1, 1), texture: { width: 2, height: 1, channels: 4, data: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 0) }, alphaCutoff: 0.5 }
    for (const layers of [[near, wall(2, 2)], [wall(2, 2), near]]) {
      const { layer } = rasterise(layers, camera)
      expect(layer[0]).toBe(1 + layers.indexOf(near))
      expect(layer[7]).toBe(2 - layers.indexOf(near))
    }
  })

  it('leaves back faces out unless they are double-sided', () => {
    const back = { ...wall(2, 2), indices: Uint32Array.of(0, 2, 1) }
    expect(rasterise([back], camera).layer.some((seen: number) => seen > 0)).toBe(false)
    expect(rasterise([{ ...back, doubleSided: true }], camera).layer[0]).toBe(1)
  })
})

describe('the measures of the view benchmark', () => {
  it('computes PSNR as by hand', () => {
    expect(psnr([0, 0, 0, 10, 10, 10], [0, 0, 0, 0, 0, 0])).toBeCloseTo(10 * Math.log10((255 * 255) / 50), 10)
    expect(psnr([0, 0, 0, 10, 10, 10], [0, 0, 0, 0, 0, 0], [0, 1])).toBeCloseTo(10 * Math.log10((255 * 255) / 100), 10)
  })

  it('gives 1 for the same picture and less for a noisy one', () => {
    const picture = Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => (Math.sin(i * 0.37) + 1) * 120)
    expect(ssim(picture, picture, 32, 32)).toBeCloseTo(1, 12)
    expect(ssim(picture, picture.map((value, i) => value + (i % 7) * 9), 32, 32)).toBeLessThan(0.99)
  })
})

describeWithShared('the second camera of a stereo pair', () => {
  it.each(['cones', 'reindeer', 'motorcycle'])('sees each pixel of %s moved by its measured disparity', async (name) => {
    const { height, disparityPx, settings, baseline } = await loadPair(name)
    const focal = height / 2 / Math.tan((settings.fovY * Math.PI) / 360)
    const least = disparityPx.reduce((least: number, d: number) => (d < least ? d : least), Infinity)
    const most = disparityPx.reduce((most: number, d: number) => (d > most ? d : most), 0)
    let worst = 0
    for (const d of disparityPx) {
      if (Number.isNaN(d)) continue
      const level = (1 + Math.round(((d - least) / (most - least)) * 65534)) / 65535
      const depth = 1 / (1 / settings.far + level * (1 / settings.near - 1 / settings.far))
      worst = Math.max(worst, Math.abs((focal * baseline) / depth - d))
    }
    expect(worst).toBeLessThan(0.001)
  })
})
