import type { Settings } from '../options.js'
import type { DepthRaster } from './decode.js'

/** What the map says, whatever the file's convention was: 0 farthest … 1 nearest, linear in 1/depth (perspective) or in height (orthographic). */
export interface DisparityMap {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** width × height values, row 0 on top; NaN = nothing there. */
  disparity: Float32Array
  /** Perspective: metres of disparity 1. */
  near: number
  /** Perspective: metres of disparity 0. */
  far: number
  /** Orthographic: metres from disparity 0 to disparity 1. */
  relief: number
}

/** Gives stored samples their meaning. */
export function toDisparity(raster: DepthRaster, settings: Settings): DisparityMap {
  const { width, height, samples } = raster
  const { near, far } = settings
  const disparity = new Float32Array(samples.length)
  const flip = settings.white === 'far'
  const asDepth = settings.encoding === 'depth' && settings.projection === 'perspective'
  const unknown = settings.black !== 'far'
  for (let i = 0; i < samples.length; i++) {
    const stored = samples[i]
    if (unknown && stored === 0) {
      disparity[i] = NaN
      continue
    }
    const level = flip ? 1 - stored : stored
    disparity[i] = asDepth ? (1 / (far + (near - far) * level) - 1 / far) / (1 / near - 1 / far) : level
  }
  return { width, height, disparity, near, far, relief: settings.relief }
}
