import type { ViewAsset } from '../view-data.js'

/** Where a report's surfaces are seen from. */
export interface Orbit {
  pose: { yaw: number; pitch: number; zoom: number }
  /** Looks at another map; the pose stays. */
  lookAt(asset: ViewAsset): void
  turnBy(yaw: number, pitch: number): void
  zoomBy(factor: number): void
  goHome(): void
  /** Column by column; `swayed` are seconds of swaying, 0 for none. */
  viewMatrix(swayed: number): number[]
  projectionMatrix(aspect: number): number[]
}

/**
 * The eye turns around a pivot at a distance; at the start a perspective map is seen from its source camera. `changed` is called after each turn. Part of the viewer: uses nothing
 * from outside of itself.
 */
export function createOrbit(first: ViewAsset, changed: () => void): Orbit {
  /** How far the view turns up and down, radians. */
  const STEEPEST = 1.45
  /** Nearest and farthest, as a share of the distance at the start. */
  const ZOOM = [0.12, 6] as const
  /** Vertical field of view for reliefs, which have no camera of their own, radians. */
  const RELIEF_VIEW = 0.6
  /** Seconds of a round of swaying. */
  const SWAY_SECONDS = 5

  let asset = first
  const home = asset.inverseDepth ? { yaw: 0, pitch: 0, zoom: 1 } : { yaw: asset.ground ? 0.5 : 0.45, pitch: asset.ground ? 0.6 : 0.2, zoom: 1 }
  const pose = { ...home }
  const span = (): number => Math.hypot(asset.width, asset.height) * asset.metresPerPixel
  const fromPivot = (): number => (asset.inverseDepth ? asset.pivot : (0.42 * span()) / Math.tan(RELIEF_VIEW / 2))

  return {
    pose,
    lookAt(next) {
      asset = next
      changed()
    },
    turnBy(yaw, pitch) {
      pose.yaw += yaw
      pose.pitch = Math.min(STEEPEST, Math.max(-STEEPEST, pose.pitch + pitch))
      changed()
    },
    zoomBy(factor) {
      pose.zoom = Math.min(ZOOM[1], Math.max(ZOOM[0], pose.zoom * factor))
      changed()
    },
    goHome() {
      Object.assign(pose, home)
      changed()
    },
    viewMatrix(swayed) {
      const { yaw, pitch, zoom } = pose
      const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)]
      // columns of the rotation that undoes yaw (around Y), then pitch (around X)
      const rotation = [cy, -sp * sy, cp * sy, 0, 0, cp, sp, 0, -sy, -sp * cy, cp * cy, 0]
      const pivot = asset.inverseDepth ? [0, 0, -asset.pivot] : asset.ground ? [0, asset.relief / 2, 0] : [0, 0, asset.relief / 2]
      const turn = (row: number) => rotation[row] * pivot[0] + rotation[4 + row] * pivot[1] + rotation[8 + row] * pivot[2]
      const round = (swayed / SWAY_SECONDS) * 2 * Math.PI
      const sway = swayed === 0 ? [0, 0] : [asset.travel * Math.cos(round), 0.5 * asset.travel * Math.sin(round)]
      return [...rotation, -turn(0) - sway[0], -turn(1) - sway[1], -turn(2) - fromPivot() * zoom, 1]
    },
    projectionMatrix(aspect) {
      const { inverseDepth, width, height, metresPerPixel } = asset
      // all of the picture is seen, whatever the shape of the canvas
      const tangent = inverseDepth ? Math.max((height / 2) * metresPerPixel, ((width / 2) * metresPerPixel) / aspect) : Math.tan(RELIEF_VIEW / 2) * Math.max(1, 1 / aspect)
      const distance = fromPivot() * pose.zoom
      const near = inverseDepth ? Math.min(0.2 / (inverseDepth.far + inverseDepth.range), 0.2 * distance) : Math.max(distance / 200, distance - 2 * span())
      const far = inverseDepth ? 1.5 / inverseDepth.far + distance : distance + 2 * span()
      return [1 / (tangent * aspect), 0, 0, 0, 0, 1 / tangent, 0, 0, 0, 0, (near + far) / (near - far), -1, 0, 0, (2 * near * far) / (near - far), 0]
    },
  }
}
