/** Largest error of a level on the player's screen, pixels. It is the largest anywhere in the map: most of the surface is far below it. */
const MAX_ERROR = 2
/** A coarser level has to stay this far below it, so that a camera that breathes does not switch back and forth. */
const COARSER_SHARE = 0.7

/**
 * The level of a depth map that is good enough for a view: the coarsest whose error stays below two pixels of the screen. What `depthmesh/three`
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

function errorOnScreen({ size, camera, bounds: { min, max } }, { error }, { position, fovY, height }) {
  const pixelsPerUnit = height / 2 / Math.tan(fovY / 2)
  // Metres at the surface, as large as they look from here …
  const distance = Math.hypot(...position.map((value, axis) => Math.max(min[axis] - value, 0, value - max[axis])))
  const atSurface = distance > 0 ? error.metres / distance : Infinity
  if (camera === null) return atSurface * pixelsPerUnit
  // … and pixels of the picture, which hold up to a tenth of `near` from where it was taken. Either bound will do.
  const unitsPerPixel = (2 * Math.tan((camera.fovY * Math.PI) / 360)) / size.height
  const inPicture = error.pixels * unitsPerPixel * Math.max(1, Math.hypot(...position) / (0.1 * camera.near))
  return Math.min(atSurface, inPicture) * pixelsPerUnit
}
