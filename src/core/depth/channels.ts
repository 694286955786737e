import { DepthMeshError } from '../errors.js'
import { findElevation, readElevation } from './elevation.js'
import { isPacked } from './packed.js'
import type { DecodeOptions, DepthRaster, Pixels } from './raster.js'
import { findStripe } from './stripe.js'

/** What became of them. */
export type Samples = Pick<DepthRaster, 'samples' | 'alpha' | 'channel'> & Partial<Pick<DepthRaster, 'format' | 'bitDepth'>>

/** Channel difference, in 8-bit steps at the 99th percentile, above which a picture is false colour or a photograph: 4 of 4 such maps, none of 61 gray ones. */
const COLOUR_DIFFERENCE = 24

/** Distinct colours at 5 bits a channel up to which a picture is false colour: a colour ramp is a curve through the cube (69 in a real one), photographs fill it (740 and more in 17). */
const FALSE_COLOUR_CELLS = 512

const CHANNEL_NAMES = ['r', 'g', 'b', 'a']

/**
 * Finds depth among the channels of a picture.
 *
 * @throws DepthMeshError `INPUT_UNSUPPORTED` when the channels disagree and none is named: false colour, elevation tiles, photographs.
 */
export function pickDepth(pixels: Pixels, options: Pick<DecodeOptions, 'channel' | 'encoding'>): Samples {
  const gray = pixels.stride < 3
  const named = options.channel?.toLowerCase()
  const alpha = pixels.stride % 2 === 0 ? readAlpha(pixels) : null

  if (options.encoding === 'terrain-rgb' || options.encoding === 'terrarium') {
    if (gray || pixels.top !== 255) {
      throw new DepthMeshError('INPUT_UNSUPPORTED', `expected 8-bit R, G and B that pack a height (encoding "${options.encoding}"), found ${gray ? 'gray' : `colour of ${pixels.top === 1 ? 'floats' : '16 bits'}`}`, {
        hint: 'For gray levels use "encoding": "disparity", "depth" or "metric".',
      })
    }
    return { samples: readElevation(pixels, options.encoding), alpha, channel: 'rgb', format: 'float', bitDepth: 24 }
  }

  if (named !== undefined) {
    const index = CHANNEL_NAMES.indexOf(named)
    if (index === -1 || (index >= pixels.stride && !gray)) throw unknownChannel(options.channel, pixels.stride)
    if (!gray) return { samples: readChannel(pixels, index), alpha: named === 'a' ? null : alpha, channel: named }
  }
  if (gray) return { samples: readChannel(pixels, 0), alpha, channel: 'gray' }
  if (isGray(pixels)) return { samples: readChannel(pixels, 0), alpha, channel: 'rgb' }
  throw refuseColour(pixels)
}

function readChannel({ data, stride, top }: Pixels, channel: number): Float32Array {
  const samples = new Float32Array(data.length / stride)
  for (let i = 0, at = channel; i < samples.length; i++, at += stride) samples[i] = data[at] / top
  return samples
}

/** `null` when alpha says nothing: opaque everywhere, or transparent everywhere, as engines write render targets whose alpha nobody filled. */
function readAlpha({ data, stride, top }: Pixels): Uint8Array | null {
  const alpha = new Uint8Array(data.length / stride)
  const shift = top === 255 ? 0 : 8
  let low = 255
  let high = 0
  for (let i = 0, at = stride - 1; i < alpha.length; i++, at += stride) {
    const a = data[at] >> shift
    alpha[i] = a
    if (a < low) low = a
    if (a > high) high = a
  }
  return low === 255 || high === 0 ? null : alpha
}

function isGray({ data, stride }: Pixels): boolean {
  for (let at = 0; at < data.length; at += stride) if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false
  return true
}

function unknownChannel(channel: string | null, stride: number): DepthMeshError {
  const has = stride < 3 ? 'gray alone' : CHANNEL_NAMES.slice(0, stride).join(', ')
  return new DepthMeshError('INPUT_UNSUPPORTED', `expected the channel "${channel}", found ${has}`, {
    hint: stride < 3 ? 'Remove "channel" from the settings.' : `Set "channel" to one of ${CHANNEL_NAMES.slice(0, stride).map((name) => `"${name}"`).join(', ')}.`,
  })
}

function refuseColour(pixels: Pixels): DepthMeshError {
  const elevation = findElevation(pixels)
  if (elevation !== null) {
    return new DepthMeshError('INPUT_UNSUPPORTED', `expected gray, found heights packed into R, G and B, as ${elevation === 'terrain-rgb' ? 'Mapbox Terrain-RGB' : 'Terrarium'} tiles have them`, {
      hint: `Set "encoding": "${elevation}" and "projection": "orthographic".`,
    })
  }
  if (pixels.top === 1) {
    return new DepthMeshError('INPUT_UNSUPPORTED', 'expected gray, found floats that differ from channel to channel', {
      hint: 'Save depth alone, as gray, or say which channel holds it: "channel": "r", "g" or "b".',
    })
  }
  const { difference, colours } = measureColour(pixels)
  if (difference <= COLOUR_DIFFERENCE) {
    return new DepthMeshError('INPUT_UNSUPPORTED', `expected gray, found channels that differ by up to ${difference} of 255`, {
      hint: 'Say which channel holds depth: "channel": "g" where gray was only rounded in a colour space, else "r" or "b"; or save the map as gray.',
    })
  }
  if (isPacked(pixels)) {
    return new DepthMeshError('INPUT_UNSUPPORTED', 'expected gray, found depth packed into the bytes of several channels', {
      hint: 'Unpack it into one number a pixel (three.js: unpackRGBAToDepth; CARLA: ColorConverter.Depth), and save that as float TIFF or 16-bit gray PNG.',
    })
  }
  const map = findMapBeside(pixels)
  if (map !== null) {
    const cut = map.isGray ? `, or cut it out: it is ${map.width} × ${map.height} pixels from x = ${map.from} on` : ''
    return new DepthMeshError('INPUT_UNSUPPORTED', 'expected gray, found a picture and its map side by side', {
      hint: `Save the map alone, in gray (--pred-only --grayscale in Depth Anything’s run.py)${cut}.`,
    })
  }
  if (colours <= FALSE_COLOUR_CELLS) {
    return new DepthMeshError('INPUT_UNSUPPORTED', `expected gray, found depth in false colour (about ${colours} colours, channels that differ by up to ${difference} of 255)`, {
      hint: 'The colour ramp is for looking at: export the values themselves as a 16-bit gray PNG (switch the colour map off). If one channel does hold depth, name it: "channel": "r".',
    })
  }
  return new DepthMeshError('INPUT_UNSUPPORTED', `expected gray, found a picture in colour (channels that differ by up to ${difference} of 255)`, {
    hint: 'The colour picture belongs in canyon.color.png, its depth in canyon.depth.png. If one channel does hold depth, name it: "channel": "r".',
  })
}

/** The right part of a picture that has a white stripe in the middle, or whose right half is gray while its left is not. */
function findMapBeside({ data, stride, top, width }: Pixels): { from: number; width: number; height: number; isGray: boolean } | null {
  const height = data.length / stride / width
  const isGrayAt = (i: number): boolean => data[i * stride] === data[i * stride + 1] && data[i * stride] === data[i * stride + 2]
  const stripe = findStripe(width, height, (i) => data[i * stride] === top && isGrayAt(i))
  const from = stripe?.to ?? width / 2
  let isGray = width % 2 === 0 || stripe !== null
  for (let y = 0; y < height && isGray; y++) for (let x = from; x < width && isGray; x++) isGray = isGrayAt(y * width + x)
  return stripe !== null || isGray ? { from, width: width - from, height, isGray } : null
}

/** `difference`: between the channels of a pixel, 8-bit steps at the 99th percentile, at least 1. `colours`: distinct ones at 5 bits a channel. */
function measureColour({ data, stride, top }: Pixels): { difference: number; colours: number } {
  const to8 = top === 255 ? 0 : 8
  const differences = new Uint32Array(256)
  const cells = new Uint8Array(2 ** 15)
  for (let at = 0; at < data.length; at += stride) {
    const r = data[at]
    const g = data[at + 1]
    const b = data[at + 2]
    differences[(Math.max(r, g, b) - Math.min(r, g, b)) >> to8]++
    cells[((r >> (to8 + 3)) << 10) | ((g >> (to8 + 3)) << 5) | (b >> (to8 + 3))] = 1
  }
  let left = Math.floor((data.length / stride) * 0.01)
  let difference = 255
  while (difference > 1 && (left -= differences[difference]) >= 0) difference--
  return { difference, colours: cells.reduce((sum, used) => sum + used, 0) }
}
