import type { Settings } from '../options.js'

/** A depth map as stored: no meaning yet. */
export interface DepthRaster {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** width × height values, row 0 on top. `unorm`: level / (2^bitDepth − 1), 0..1. `float`: as stored, NaN and Inf included; metres of height for elevation tiles. */
  samples: Float32Array
  /** Whether the file holds whole levels or floats. */
  format: 'unorm' | 'float'
  /** Bits a stored sample has: 1, 2, 4, 8, 16 and 32 for `unorm`; 16 (half) and 32 for `float`; 24 for elevation packed into R, G and B. */
  bitDepth: number
  source: 'png' | 'exr' | 'tiff'
  /** The channel that the samples are from: `gray`, `r`, `g`, `b`, `rgb` (all alike, or elevation); or the name of an EXR channel. */
  channel: string
  /** Every channel of the file, as stored: `['gray', 'alpha']`, `['R', 'G', 'B', 'Z']`. */
  channels: string[]
  /** width × height, 0 (transparent) … 255. `null` when there is none, or when it says nothing: all opaque or all transparent. */
  alpha: Uint8Array | null
  /** Chunks or tags about colour that the file carries and that were ignored: `gAMA 0.45455`, `sRGB`, `iCCP`. A sign that a gamma may be baked in. */
  colourChunks: string[]
  /** Whether the file says where on Earth it lies, as a GeoTIFF does: then it holds heights. */
  georeferenced?: boolean
}

/** Unpacked samples, as stored. */
export interface Pixels {
  /** Pixels side by side, each with its channels side by side, row 0 on top. */
  data: Uint8Array | Uint16Array | Float32Array
  /** How many channels stand side by side: 1 gray, 2 gray + alpha, 3 RGB, 4 RGB + alpha. */
  stride: number
  /** The value of a full channel: 255 or 65535; 1 for floats, which have no full value. */
  top: number
  /** Pixels in a row. */
  width: number
}

export interface DecodeOptions {
  /** The channel that holds depth where a file has several. */
  channel: Settings['channel']
  /** What the levels mean: elevation tiles spread one value over R, G and B. */
  encoding: Settings['encoding']
  /** Refuse pictures larger than this, pixels. */
  maxPixels: number
}
