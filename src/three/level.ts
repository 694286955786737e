import type { Camera, Object3D, Vector3 } from 'three'
import type { SourceCamera } from '../core/camera.js'
import type { DepthAsset, DepthLod } from '../core/glb/manifest.js'

/** Error of a level on the player's screen, pixels, that 99 of 100 pixels of the surface have to stay below. */
const MAX_SCREEN_ERROR = 1

/** Screen pixels that a texel of a coarser level may cover: beyond, a finer texture shows. */
const TEXEL = 1.5

/** A coarser level is taken only when its error is this share of the bound, so that a camera that breathes does not flicker between two levels. */
const COARSER_SHARE = 0.7

/** `error.p99.pixels` holds for a camera this far from the source view, as a share of `near`: the default of `travel`. */
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
 * Error of a level on the player's screen, pixels: how far 99 of 100 pixels of its surface may lie from where they should, or, where a finer level has a finer texture,
 * how coarse its texels look, so that {@link TEXEL} pixels count as one pixel of error.
 */
export function screenError(asset: DepthAsset, lod: DepthLod, view: View): number {
  const texel = lod.textureSize < asset.lods[0].textureSize ? screenPixel(asset, view) * (Math.max(asset.size.width, asset.size.height) / lod.textureSize) : 0
  return Math.max(shapeError(asset, lod, view), texel / TEXEL)
}

/**
 * Two bounds hold for a perspective map, and the smaller is taken: metres at the surface over the distance to it, and the angle of
 * `error.p99.pixels` in the source view, which grows as the camera leaves that view. An orthographic map has the first alone.
 */
function shapeError(asset: DepthAsset, lod: DepthLod, view: View): number {
  const { metres, pixels } = lod.error.p99
  if (metres === 0) return 0
  const atSurface = metres * pixelsPerMetre(view)
  if (view.parallel || asset.camera === null) return atSurface
  return Math.min(atSurface, pixels * sourcePixel(asset.camera, asset.size, view) * Math.max(1, view.displacement / (TRAVEL_SHARE * asset.camera.near)))
}

/** How many pixels of the screen a pixel of the map covers: from the source view as many as it takes up there, from farther back fewer; of a relief those at its nearest point. */
function screenPixel({ size, camera, bounds: { min, max } }: DepthAsset, view: View): number {
  if (camera !== null && !view.parallel) {
    return sourcePixel(camera, size, view) * Math.min(1, camera.far / (view.distance + camera.far - camera.near))
  }
  return ((max[0] - min[0]) / size.width) * pixelsPerMetre(view)
}

/** How many pixels of the screen a pixel of the source view covers from there. */
function sourcePixel(camera: SourceCamera, { height }: DepthAsset['size'], { pixelsPerUnit }: View): number {
  return ((2 * Math.tan((camera.fovY * Math.PI) / 360)) / height) * pixelsPerUnit
}

function pixelsPerMetre({ parallel, distance, pixelsPerUnit }: View): number {
  if (parallel) return pixelsPerUnit
  return distance > 0 ? pixelsPerUnit / distance : Infinity
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
