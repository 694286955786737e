import { DEFAULT_TRAVEL, type Settings } from './options.js'

/*
 * The camera that a perspective map was taken with: a pinhole (Hartley & Zisserman, Multiple View Geometry, 6.1) at the origin that looks down −Z. What lies at x and at a depth,
 * which is counted along the axis, is seen
 *
 *   focal length · x / depth   pixels right of the picture's middle;   focal length = height / (2 tan(fovY / 2)), pixels.
 *
 * 1/depth is linear in disparity, 0 at `far` and 1 at `near`. So planes are linear in (u, v, disparity).
 */

/** The source view of a perspective map. */
export interface SourceCamera {
  /** Vertical field of view, degrees. */
  fovY: number
  /** Width / height. */
  aspect: number
  /** Metres. */
  near: number
  /** Metres. */
  far: number
}

/** The source view of a map; `null` for an orthographic one. */
export function sourceCamera({ width, height, near, far }: { width: number; height: number; near: number; far: number }, { projection, fovY }: Pick<Settings, 'projection' | 'fovY'>): SourceCamera | null {
  return projection === 'perspective' ? { fovY, aspect: width / height, near, far } : null
}

/** Pixels: see above. */
export function focalLength({ height }: { height: number }, { fovY }: Pick<SourceCamera, 'fovY'>): number {
  return height / (2 * tangent(fovY))
}

/** Metres that a pixel is wide: one metre from the camera in perspective, everywhere on a relief. */
export function pixelSize({ width, height }: { width: number; height: number }, settings: Pick<Settings, 'projection' | 'fovY' | 'width'>): number {
  return settings.projection === 'perspective' ? (2 * tangent(settings.fovY)) / height : settings.width / width
}

/** Of half the field of view. */
function tangent(fovY: number): number {
  return Math.tan((fovY * Math.PI) / 360)
}

/** 1/depth, 1/m: at disparity 0, and how much more it is at disparity 1. */
export interface InverseDepth {
  far: number
  range: number
}

export function inverseDepth({ near, far }: Pick<SourceCamera, 'near' | 'far'>): InverseDepth {
  return { far: 1 / far, range: 1 / near - 1 / far }
}

/** Metres. */
export function depthAt(disparity: number, { far, range }: InverseDepth): number {
  return 1 / (far + disparity * range)
}

/** @param depth metres. */
export function disparityAt(depth: number, { far, range }: InverseDepth): number {
  return (1 / depth - far) / range
}

/** Pixels of the map by which a thing at `near` moves against one at `far`, in its middle, when the camera moves aside by `travel` metres. */
export function parallaxOfRange(map: { height: number }, camera: Pick<SourceCamera, 'fovY' | 'near' | 'far'>, travel: number): number {
  return focalLength(map, camera) * travel * inverseDepth(camera).range
}

/** Metres that a game's camera may move away from where the map was taken. */
export function travelOf({ travel }: Pick<Settings, 'travel'>, { near }: { near: number }): number {
  return travel ?? DEFAULT_TRAVEL * near
}

/** The same where errors are counted: a camera that may not move still deserves the right shape, so that it counts as the default. */
export function countedTravel({ travel }: Pick<Settings, 'travel'>, { near }: { near: number }): number {
  return travel || DEFAULT_TRAVEL * near
}
