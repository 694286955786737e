import { toDisparity } from './depth/convention.js'
import { decodeDepth, DEFAULT_MAX_PIXELS } from './depth/decode.js'
import { readGray } from './depth/picture.js'
import { preflight } from './depth/preflight.js'
import type { DepthLod, DepthManifest, SourceCamera } from './glb/manifest.js'
import { writeGlb } from './glb/write.js'
import { triangulateGrid } from './mesh/triangulate.js'
import { unproject } from './mesh/unproject.js'
import { parseSettings, type SettingsInput } from './options.js'
import { encodeColor } from './texture/encode.js'

/** What a bake starts from: bytes, no paths. */
export interface BakeSources {
  /** Names the output files: `canyon` gives `canyon.lod0.glb`. */
  name: string
  /** The depth map's file, whole. */
  depth: Uint8Array
  /** The colour picture's file, whole. */
  color?: Uint8Array | undefined
}

export interface BakedFile {
  name: string
  bytes: Uint8Array
}

export interface BakeResult {
  /** URLs in it are names of `files`. */
  manifest: DepthManifest
  files: BakedFile[]
}

export interface BakeOptions {
  settings?: SettingsInput
  /** Refuse pictures larger than this, pixels. */
  maxPixels?: number
  /** Stops the bake between stages. */
  signal?: AbortSignal
}

/**
 * The whole way from a depth map to GLBs.
 *
 * @throws DepthMeshError
 */
export async function bakeDepthMesh(sources: BakeSources, options: BakeOptions = {}): Promise<BakeResult> {
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  const maxPixels = options.maxPixels ?? DEFAULT_MAX_PIXELS
  const raster = await decodeDepth(sources.depth, { channel: settings.channel, encoding: settings.encoding, maxPixels })
  const map = toDisparity(raster, settings)
  const picture = sources.color ? await readGray(sources.color, { width: raster.width, height: raster.height, maxPixels }) : null
  const report = preflight({ raster, map, picture }, settings)

  const camera: SourceCamera | null =
    settings.projection === 'perspective' ? { fovY: settings.fovY, aspect: map.width / map.height, near: map.near, far: map.far } : null
  const files: BakedFile[] = []
  const lods: DepthLod[] = []
  const min: [number, number, number] = [Infinity, Infinity, Infinity]
  const max: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  const budgets = Array.isArray(settings.lods) ? settings.lods : [100_000]
  for (const [level, budget] of budgets.entries()) {
    const mesh = unproject(triangulateGrid(map, budget), map, settings)
    for (let i = 0; i < mesh.positions.length; i++) {
      min[i % 3] = Math.min(min[i % 3], mesh.positions[i])
      max[i % 3] = Math.max(max[i % 3], mesh.positions[i])
    }
    const color = sources.color ? await encodeColor(sources.color, settings.texture.size >> level, settings.texture) : null
    const bytes = await writeGlb({ name: sources.name, mesh, color, camera }, settings)
    const file = `${sources.name}.lod${level}.glb`
    files.push({ name: file, bytes })
    lods.push({
      url: file,
      triangles: mesh.indices.length / 3,
      vertices: mesh.positions.length / 3,
      bytes: bytes.length,
      error: { metres: 0, pixels: 0 },
      textureSize: color ? Math.max(color.width, color.height) : 0,
      screenCoverage: 1 / 2 ** level,
    })
  }
  return { manifest: { name: sources.name, size: { width: map.width, height: map.height }, lods, bounds: { min, max }, placeholder: '', camera, variants: [], preflight: report }, files }
}
