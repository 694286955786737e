import type { Camera, Object3D, Vector3 } from 'three'
import type { DepthAsset, DepthLod } from '../core/glb/manifest.js'

/** Largest error of a level on the player's screen, pixels. `error` is the largest deviation anywhere in the map, so most of the surface is far below it. */
const MAX_SCREEN_ERROR = 2

/** A coarser level is taken only when its error is this share of the bound, so that a camera that breathes does not flicker between two levels. */
const COARSER_SHARE = 0.7

/** `error.pixels` holds for a camera this far from the source view, as a share of `near`: the default of `travel`. */
const TRAVEL_SHARE = 0.1

/** How the player looks at a surface. */
export interface View {
  /** Screen pixels per unit of tangent (perspective camera), or per metre (orthographic camera). */
  pixelsPerUnit: number
  /** From the camera to the nearest point of the asset's bounds, metres of the asset; 0 inside. */
  distance: number
  /** From the camera to the source view, metres of the asset. */
  displacement: number
  /** Whether the player's camera is orthographic. */
  parallel: boolean
}

/** Measures how `camera` sees an asset that hangs in the scene as `object`. `scratch` is overwritten. */
export function viewOf(asset: DepthAsset, object: Object3D, camera: Camera, viewportHeight: number, scratch: Vector3): View {
  const projection = camera.projectionMatrix.elements
  const parallel = projection[15] === 1
  const scale = object.getWorldScale(scratch).y
  const { x, y, z } = object.worldToLocal(scratch.setFromMatrixPosition(camera.matrixWorld))
  const { min, max } = asset.bounds
  return {
    pixelsPerUnit: (projection[5] * viewportHeight) / 2 * (parallel ? scale : 1),
    distance: Math.hypot(outside(x, min[0], max[0]), outside(y, min[1], max[1]), outside(z, min[2], max[2])),
    displacement: Math.hypot(x, y, z),
    parallel,
  }
}

/**
 * Error of a level on the player's screen, pixels.
 *
 * Two bounds hold for a perspective map, and the smaller is taken: metres at the surface over the distance to it, and the angle of
 * `error.pixels` in the source view, which grows as the camera leaves that view. An orthographic map has the first alone.
 */
export function screenError(asset: DepthAsset, lod: DepthLod, view: View): number {
  const { metres, pixels } = lod.error
  if (view.parallel) return metres * view.pixelsPerUnit
  const atSurface = view.distance > 0 ? metres / view.distance : Infinity
  if (asset.camera === null) return metres === 0 ? 0 : atSurface * view.pixelsPerUnit
  const anglePerPixel = (2 * Math.tan((asset.camera.fovY * Math.PI) / 360)) / asset.size.height
  const inPicture = pixels * anglePerPixel * Math.max(1, view.displacement / (TRAVEL_SHARE * asset.camera.near))
  return Math.min(atSurface, inPicture) * view.pixelsPerUnit
}

/**
 * The coarsest level whose error stays under the bound, else the finest that can be shown.
 *
 * @param errors per level, fine → coarse, screen pixels; NaN for a level that can't be shown
 * @param current the level in use: a coarser one needs a margin
 * @param finest never finer than this
 */
export function chooseLevel(errors: readonly number[], current: number, finest: number): number {
  let chosen = current
  for (let level = errors.length - 1; level >= finest; level--) {
    if (Number.isNaN(errors[level])) continue
    chosen = level
    if (errors[level] <= (level > current ? MAX_SCREEN_ERROR * COARSER_SHARE : MAX_SCREEN_ERROR)) break
  }
  return chosen
}

function outside(value: number, min: number, max: number): number {
  return value < min ? min - value : value > max ? value - max : 0
}
