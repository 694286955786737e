import { parseSettings, toDisparity, type DepthRaster, type DisparityMap, type Settings, type SettingsInput } from '../../src/core/index.js'
import type { ErrorModel } from '../../src/core/mesh/surface/error-model.js'

/** A raster from a formula that gives 0..1 at pixel (x, y), rounded to levels as its file would be; 32 bits keep floats as they are. */
export function rasterOf(width: number, height: number, level: (x: number, y: number) => number, bitDepth = 16): DepthRaster {
  const samples = new Float32Array(width * height)
  const top = bitDepth > 16 ? 0 : 2 ** bitDepth - 1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = level(x, y)
      samples[y * width + x] = top === 0 ? value : Math.round(Math.min(1, Math.max(0, value)) * top) / top
    }
  }
  const float = bitDepth > 16
  return { width, height, samples, format: float ? 'float' : 'unorm', bitDepth, source: float ? 'exr' : 'png', channel: 'gray', channels: ['gray'], alpha: null, colourChunks: [] }
}

/** What a raster means under settings as people write them. */
export function meant(raster: DepthRaster, input: SettingsInput = {}): { raster: DepthRaster; map: DisparityMap; settings: Settings } {
  const settings = parseSettings([{ origin: 'test', settings: input }])
  return { raster, map: toDisparity(raster, settings), settings }
}

/** A map as it stands before the mesh, from a formula that gives 0 far … 1 near. */
export function mapOf(width: number, height: number, disparity: (x: number, y: number) => number): DisparityMap {
  return { width, height, disparity: rasterOf(width, height, disparity, 32).samples, near: 1, far: 10, relief: 1 }
}

/** What errors cost on a relief: the whole range is 100 px high, and nothing slips. */
export const RELIEF: ErrorModel = { pixelsPerDisparity: 100, wNear: 1, wFar: 1, slip: false, metresPerDisparity: 1 }

/** Seeded uniform numbers in 0..1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Seeded numbers of a normal distribution. */
export function seededNormal(seed: number): () => number {
  const random = seeded(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Whether two arrays are the same to the bit, NaN included. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))
}
