import type { Pixels } from './raster.js'

export type ElevationEncoding = 'terrain-rgb' | 'terrarium'

/** A height packed into three bytes: metres = (R · 65536 + G · 256 + B) · step + lowest. */
interface Packing {
  /** Metres of one step of B. */
  step: number
  /** Metres of 0, 0, 0, which tiles use for "no data". */
  lowest: number
}

/** Mapbox: −10000 + v · 0.1. Terrarium (Mapzen, AWS terrain tiles): R · 256 + G + B / 256 − 32768, which is v / 256 − 32768. */
const PACKINGS: Record<ElevationEncoding, Packing> = {
  'terrain-rgb': { step: 0.1, lowest: -10_000 },
  terrarium: { step: 1 / 256, lowest: -32_768 },
}

/** From below the deepest trench to above the highest peak, metres. */
const EARTH = { lowest: -11_500, highest: 9_000 }

/** Neighbouring pixels of a real tile rarely differ by more, metres. */
const STEEP = 100

/** Share of the pixels that must be on Earth and not steep. Measured: .999 for a tile of Mount Fuji; at most .97 (and .85 on Earth) for 45 photographs, gray and false-colour maps. */
const SURE = 0.98

/** Distinct values of the finest channel that a tile has at least: a picture of few colours is no tile. A real one uses all 256. */
const FINE_LEVELS = 128

/** Heights in metres; NaN where the tile says "no data" (0, 0, 0). */
export function readElevation({ data, stride }: Pixels, encoding: ElevationEncoding): Float32Array {
  const { step, lowest } = PACKINGS[encoding]
  const metres = new Float32Array(data.length / stride)
  for (let i = 0, at = 0; i < metres.length; i++, at += stride) {
    const packed = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2]
    metres[i] = packed === 0 ? NaN : packed * step + lowest
  }
  return metres
}

/** Whether a colour picture looks like an elevation tile, and which. */
export function findElevation(pixels: Pixels): ElevationEncoding | null {
  if (pixels.top !== 255 || countLevels(pixels, 2) < FINE_LEVELS) return null
  for (const encoding of ['terrain-rgb', 'terrarium'] as const) if (isTerrain(readElevation(pixels, encoding), pixels.width)) return encoding
  return null
}

function isTerrain(metres: Float32Array, width: number): boolean {
  let known = 0
  let onEarth = 0
  let gentle = 0
  for (let i = 0; i < metres.length; i++) {
    const here = metres[i]
    if (Number.isNaN(here)) continue
    known++
    if (here > EARTH.lowest && here < EARTH.highest) onEarth++
    const left = i % width === 0 ? NaN : metres[i - 1]
    if (!(Math.abs(here - left) > STEEP)) gentle++
  }
  return known > metres.length / 2 && onEarth >= known * SURE && gentle >= known * SURE
}

function countLevels({ data, stride }: Pixels, channel: number): number {
  const used = new Uint8Array(256)
  for (let at = channel; at < data.length; at += stride) used[data[at]] = 1
  return used.reduce((sum, level) => sum + level, 0)
}
