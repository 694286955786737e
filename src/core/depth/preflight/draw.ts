import sharp from 'sharp'
import type { Settings } from '../../options.js'
import type { DisparityMap } from '../convention.js'
import type { DepthRaster } from '../decode.js'
import { EDGE_RADIUS, EDGE_STEP, placeAtEdge } from '../edge.js'
import { disparityRange, grainScale } from '../range.js'
import { SPIKE_HEIGHT, spikeMedian } from '../spike.js'
import { borderStep, findBlackHoles } from './holes.js'
import { measureLevels } from './spread.js'

/** Colours of what is drawn on the map, RGB. Later ones lie on top. */
export const PREFLIGHT_COLORS = {
  /** Where the surface will be cut open. */
  jumps: [255, 208, 0],
  /** Pixels halfway between front and back. */
  silhouettes: [0, 208, 255],
  /** Pixels that stick out from their neighbours. */
  spikes: [255, 48, 48],
  /** Unknown pixels, and black ones that look unknown where nobody has said what black is. */
  holes: [255, 0, 255],
} as const satisfies Record<string, readonly [number, number, number]>

/** Gray levels of the map in the drawing, far and near: what is drawn on it stands out from both. */
const GRAY = [24, 200] as const
/** Spikes are drawn this large and lines this wide, as shares of the longer side, so that they are seen when the picture is scaled to a screen; at least a pixel. */
const SPIKE_SIZE = 1 / 400
const LINE_WIDTH = 1 / 1000

/** What {@link drawPreflight} draws from. */
export interface DrawInput {
  /** The map as stored. */
  raster: DepthRaster
  /** What it means, before any cleaning. */
  map: DisparityMap
}

/**
 * The map in gray (near is bright, whatever the file's convention is) with holes, spikes, jumps and soft silhouettes drawn on it.
 *
 * @returns a PNG of the map's size
 */
export async function drawPreflight({ raster, map }: DrawInput, settings: Settings): Promise<Uint8Array> {
  const { width, height, disparity } = map
  const pixels = new Uint8Array(width * height * 3)
  const paint = (i: number, [r, g, b]: readonly [number, number, number]) => {
    pixels[i * 3] = r
    pixels[i * 3 + 1] = g
    pixels[i * 3 + 2] = b
  }

  const dab = (x: number, y: number, size: number, color: readonly [number, number, number]) => {
    const reach = Math.floor((size * Math.max(width, height)) / 2)
    for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
      for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) paint(v * width + u, color)
    }
  }

  // (1) The map. (What holds nothing is painted over as a hole.)
  for (let i = 0; i < disparity.length; i++) {
    pixels.fill(GRAY[0] + (GRAY[1] - GRAY[0]) * Math.min(1, Math.max(0, disparity[i])), i * 3, i * 3 + 3)
  }

  // (2) Jumps and soft silhouettes.
  const { cut } = settings
  if (cut !== false) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = y * width + x
        if ((x < width - 1 && Math.abs(disparity[i] - disparity[i + 1]) > cut) || (y < height - 1 && Math.abs(disparity[i] - disparity[i + width]) > cut)) dab(x, y, LINE_WIDTH, PREFLIGHT_COLORS.jumps)
      }
    }
    const step = EDGE_STEP * disparityRange(disparity)
    for (let y = EDGE_RADIUS; y < height - EDGE_RADIUS; y++) {
      for (let x = EDGE_RADIUS; x < width - EDGE_RADIUS; x++) {
        if (placeAtEdge(map, x, y, step) === 'amid') dab(x, y, LINE_WIDTH, PREFLIGHT_COLORS.silhouettes)
      }
    }
  }

  // (3) Spikes, as squares.
  const spike = SPIKE_HEIGHT * grainScale(disparity, settings)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (!Number.isNaN(spikeMedian(map, x, y, spike))) dab(x, y, SPIKE_SIZE, PREFLIGHT_COLORS.spikes)
  }

  // (4) Holes.
  const black = settings.black === null ? findBlackHoles(raster, map, borderStep(measureLevels(raster, settings))) : null
  for (let i = 0; i < disparity.length; i++) if (disparity[i] !== disparity[i] || black?.has(i)) paint(i, PREFLIGHT_COLORS.holes)

  return sharp(pixels, { raw: { width, height, channels: 3 } }).png().toBuffer()
}
