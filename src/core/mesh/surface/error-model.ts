import { countedTravel, parallaxOfRange } from '../../camera.js'
import type { DisparityMap } from '../../depth/convention.js'
import type { Settings } from '../../options.js'

/** What a deviation costs: see `ErrorModel`. */
export interface ErrorScale {
  /** Source pixels that a disparity error of 1 shows as. */
  pixelsPerDisparity: number
  /** Inverse depth at disparity 1, 1/m; w(d) = wFar + d · (wNear − wFar). Orthographic: 1. */
  wNear: number
  /** Inverse depth at disparity 0, 1/m. Orthographic: 1. */
  wFar: number
}

/**
 * What a deviation costs, in source pixels: the larger of
 * - the disparity error, as the parallax it shows when the camera has moved by `travel`, and
 * - the texture slip: renderers interpolate texture coordinates linearly in space, while the picture was projected. At a pixel with screen
 *   barycentrics λ they show the picture at Σ λᵢwᵢpᵢ / Σ λᵢwᵢ, w = 1/depth. A floor of two triangles slips by 88 px though its depth is exact.
 */
export interface ErrorModel extends ErrorScale {
  /** Whether there is texture slip: perspective alone. */
  slip: boolean
  /** Orthographic: metres a disparity of 1 is high. Perspective: 0. */
  metresPerDisparity: number
}

/** How errors are counted under these settings. */
export function errorModel(map: DisparityMap, settings: Settings): ErrorModel {
  if (settings.projection === 'orthographic') {
    return { pixelsPerDisparity: (map.relief * map.width) / settings.width, wNear: 1, wFar: 1, slip: false, metresPerDisparity: map.relief }
  }
  const [wNear, wFar] = [1 / map.near, 1 / map.far]
  return { pixelsPerDisparity: parallaxOfRange(map, { fovY: settings.fovY, near: map.near, far: map.far }, countedTravel(settings, map)), wNear, wFar, slip: wNear !== wFar, metresPerDisparity: 0 }
}
