import type { PreflightReport } from '../depth/preflight.js'

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

/** One level of detail. */
export interface DepthLod {
  /** Where its GLB is: a URL in an import, a file name in a manifest. */
  url: string
  triangles: number
  vertices: number
  /** Size of the GLB. */
  bytes: number
  /** The largest deviation from the map: at the surface, and in the source view. */
  error: { metres: number; pixels: number }
  /** Longer side of its colour texture, pixels; 0 without one. */
  textureSize: number
  /** Share of the screen's height down to which this level is meant to be shown, as in MSFT_lod. */
  screenCoverage: number
}

/** Dev only: news of an edited map, colour or sidecar. */
export interface DepthAssetHot {
  /** Calls `listener` with each new state of the asset, until the function it returns is called. */
  subscribe(listener: (next: DepthAsset) => void): () => void
}

/** What an import gives, in one object. */
export interface DepthAsset {
  name: string
  /** Of the depth map, pixels: what `error.pixels` counts in. */
  size: { width: number; height: number }
  /** Fine → coarse. */
  lods: DepthLod[]
  /** Metres, glTF space. */
  bounds: { min: [number, number, number]; max: [number, number, number] }
  /** Data URI of a very small picture. */
  placeholder: string
  /** `null` for orthographic maps. */
  camera: SourceCamera | null
  variants: DepthAsset[]
  /** Absent in builds. */
  hot?: DepthAssetHot | undefined
}

/** What `depthmesh bake` writes beside the GLBs. */
export interface DepthManifest extends DepthAsset {
  preflight: PreflightReport
}
