import type { SourceCamera } from '../camera.js'
import type { PreflightReport } from '../depth/preflight.js'
import type { LevelError } from '../mesh/error/error.js'
import type { DepthMaterial } from './material.js'
import { screenCoverages } from './screen-coverage.js'
import type { WrittenGlb } from './write.js'

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
  /** How far it deviates from the map, as it ships: in metres and in source pixels, the largest and what 99 of 100 pixels stay below. */
  error: LevelError
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

/** What an import gives, in one object: plain data, which a server can send. */
export interface DepthAsset {
  name: string
  /** Of the depth map, pixels: what `error` counts in. */
  size: { width: number; height: number }
  /** Fine → coarse. */
  lods: DepthLod[]
  /** Metres, glTF space. */
  bounds: { min: [number, number, number]; max: [number, number, number] }
  /** Data URI of a very small picture. */
  placeholder: string
  /** `null` for orthographic maps. */
  camera: SourceCamera | null
  /** Of all levels. */
  material: DepthMaterial
  /** Variations of the map, in order, as its settings ask for them. */
  variants: DepthAsset[]
  /** Dev only: a first look at an edit, which the whole bake replaces in a moment. All of its levels are one file. */
  draft?: true | undefined
}

/**
 * What a page itself imports, in dev. A type of its own, since frameworks refuse functions in what a loader on the server returns, by type too, and there an asset has none. Every asset is
 * assignable to it.
 *
 * @example
 * const { hot }: LiveDepthAsset = asset
 * hot?.subscribe((next) => show(next))
 */
export interface LiveDepthAsset extends DepthAsset {
  /** Absent in builds and on servers. */
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
  error: LevelError
  /** Its colour texture. */
  color: { width: number; height: number } | null
  /** Pictures that the GLB names, as files beside it. */
  beside: DepthTexture[]
}

export interface AssetContent extends Pick<DepthAsset, 'name' | 'size' | 'camera' | 'material' | 'placeholder'> {
  /** Fine → coarse; at least one. */
  levels: ManifestLevel[]
}

/** Puts together what the import gives. The bounds hold every vertex of every level, as stored. */
export function createAsset({ levels, name, size, camera, material, placeholder }: AssetContent): DepthAsset {
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  for (const { glb } of levels) {
    for (let axis = 0; axis < 3; axis++) {
      min[axis] = Math.min(min[axis], glb.bounds.min[axis])
      max[axis] = Math.max(max[axis], glb.bounds.max[axis])
    }
  }
  const coverages = screenCoverages(levels, size)
  const lods = levels.map(
    ({ file, glb, error, color, beside }, level): DepthLod => ({
      url: file,
      triangles: glb.triangles,
      vertices: glb.vertices,
      bytes: glb.bytes.length,
      error,
      ...(beside.length > 0 ? { textures: beside } : {}),
      textureSize: color ? Math.max(color.width, color.height) : 0,
      screenCoverage: coverages[level],
    }),
  )
  return { name, size, lods, bounds: { min, max }, placeholder, camera, material, variants: [] }
}

/** Levels, fine → coarse, with the errors that finer ones have where they claim smaller ones: by chance, or because their textures show less. */
export function neverBetter<Level extends { error: LevelError }>(levels: readonly Level[]): Level[] {
  let finer: LevelError = { metres: 0, pixels: 0, p99: { metres: 0, pixels: 0 } }
  return levels.map((level) => {
    const { metres, pixels, p99 } = level.error
    finer = {
      metres: Math.max(metres, finer.metres),
      pixels: Math.max(pixels, finer.pixels),
      p99: { metres: Math.max(p99.metres, finer.p99.metres), pixels: Math.max(p99.pixels, finer.p99.pixels) },
    }
    return { ...level, error: finer }
  })
}
