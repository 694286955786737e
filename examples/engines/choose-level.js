/** Pixels of the screen that 99 of 100 pixels of the surface may lie from where they should. */
const MAX_ERROR = 1
/** Pixels of the screen that a texel may cover while a finer level has finer ones. */
const TEXEL = 1.5
/** A coarser level has to stay this far below both, so that a camera that breathes does not switch back and forth. */
const COARSER_SHARE = 0.7

/**
 * The level of a depth map that is good enough for a view: the coarsest whose error stays below a pixel of the screen. What `depthmesh/three`
 * does by itself, for engines of any kind.
 *
 * @param asset what `import { asset } from './canyon.depth.png'` gives
 * @param view `position`: the camera, in the space of the asset, metres; `fovY`: vertical, radians; `height`: of the canvas, pixels
 * @param current the level in use
 */
export function chooseLevel(asset, view, current) {
  for (let level = asset.lods.length - 1; level > 0; level--) {
    if (errorOnScreen(asset, asset.lods[level], view) <= (level > current ? MAX_ERROR * COARSER_SHARE : MAX_ERROR)) return level
  }
  return 0
}

function errorOnScreen({ size, camera, lods, bounds: { min, max } }, { error, textureSize }, { position, fovY, height }) {
  const pixelsPerUnit = height / 2 / Math.tan(fovY / 2)
  const distance = Math.hypot(...position.map((value, axis) => Math.max(min[axis] - value, 0, value - max[axis])))
  const pixelsPerMetre = distance > 0 ? pixelsPerUnit / distance : Infinity
  // Metres at the surface, as large as they look from here …
  let shape = error.p99.metres * pixelsPerMetre
  let mapPixel = ((max[0] - min[0]) / size.width) * pixelsPerMetre
  if (camera !== null) {
    // … and pixels of the picture, which hold up to a tenth of `near` from where it was taken. Either bound will do.
    const sourcePixel = ((2 * Math.tan((camera.fovY * Math.PI) / 360)) / size.height) * pixelsPerUnit
    shape = Math.min(shape, error.p99.pixels * sourcePixel * Math.max(1, Math.hypot(...position) / (0.1 * camera.near)))
    mapPixel = sourcePixel * Math.min(1, camera.far / (distance + camera.far - camera.near))
  }
  if (error.p99.metres === 0) shape = 0
  const texel = textureSize < lods[0].textureSize ? mapPixel * (Math.max(size.width, size.height) / textureSize) : 0
  return Math.max(shape, texel / TEXEL)
}
