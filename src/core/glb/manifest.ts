import type { PreflightReport } from '../depth/preflight.js'
import type { WrittenGlb } from './write.js'

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

/** A picture in a file of its own. */
export interface DepthTexture {
  /** Where it is, as with a level. */
  url: string
  /** Size of the file. */
  bytes: number
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
  /** Pictures that its GLB names instead of holding them: variants of a map share theirs. Without this the GLB is self-contained. */
  textures?: DepthTexture[] | undefined
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
  /** Dev only: a first look at an edit, which the whole bake replaces in a moment. All of its levels are one file. */
  draft?: true | undefined
  /** Absent in builds. */
  hot?: DepthAssetHot | undefined
}

/** What `depthmesh bake` writes beside the GLBs. */
export interface DepthManifest extends DepthAsset {
  preflight: PreflightReport
}

/** A level as its stages made it. */
export interface ManifestLevel {
  /** Name of its GLB. */
  file: string
  glb: Pick<WrittenGlb, 'bytes' | 'triangles' | 'vertices' | 'bounds'>
  error: { metres: number; pixels: number }
  /** Its colour texture. */
  color: { width: number; height: number } | null
  /** Pictures that the GLB names, as files beside it. */
  beside: DepthTexture[]
}

export interface AssetContent extends Pick<DepthAsset, 'name' | 'size' | 'camera' | 'placeholder'> {
  /** Fine → coarse; at least one. */
  levels: ManifestLevel[]
}

/** Puts together what the import gives. The bounds hold every vertex of every level, as stored. */
export function createAsset({ levels, name, size, camera, placeholder }: AssetContent): DepthAsset {
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  for (const { glb } of levels) {
    for (let axis = 0; axis < 3; axis++) {
      min[axis] = Math.min(min[axis], glb.bounds.min[axis])
      max[axis] = Math.max(max[axis], glb.bounds.max[axis])
    }
  }
  const lods = levels.map(
    ({ file, glb, error, color, beside }, level): DepthLod => ({
      url: file,
      triangles: glb.triangles,
      vertices: glb.vertices,
      bytes: glb.bytes.length,
      error,
      ...(beside.length > 0 ? { textures: beside } : {}),
      textureSize: color ? Math.max(color.width, color.height) : 0,
      screenCoverage: screenCoverage(level, levels.length),
    }),
  )
  return { name, size, lods, bounds: { min, max }, placeholder, camera, variants: [] }
}

/** Each level has half the next finer one's texture and edges twice as long, so it serves half its height on screen. The coarsest serves all the rest. */
export function screenCoverage(level: number, levels: number): number {
  return level === levels - 1 ? 0 : 0.5 ** (level + 1)
}
