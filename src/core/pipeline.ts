import { toDisparity, type DisparityMap } from './depth/convention.js'
import { decodeDepth, DEFAULT_MAX_PIXELS } from './depth/decode.js'
import { readGray } from './depth/picture.js'
import { preflight, type PreflightReport } from './depth/preflight.js'
import { createManifest, type DepthManifest, type ManifestLevel, type SourceCamera } from './glb/manifest.js'
import { writeGlb } from './glb/write.js'
import { triangulateGrid } from './mesh/triangulate.js'
import { unproject } from './mesh/unproject.js'
import { parseSettings, type Settings, type SettingsInput } from './options.js'
import { decodeColor, padEdges } from './texture/color.js'
import { encodePicture, encodePlaceholder, textureSize } from './texture/encode.js'

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
 * What pre-flight says about a map, without baking it.
 *
 * @throws DepthMeshError
 */
export async function checkDepthMap(sources: BakeSources, options: BakeOptions = {}): Promise<PreflightReport> {
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  return (await readMap(sources, settings, options.maxPixels ?? DEFAULT_MAX_PIXELS)).report
}

/** From the file to what it says: decode ▶ convention ▶ preflight. */
async function readMap(sources: BakeSources, settings: Settings, maxPixels: number): Promise<{ map: DisparityMap; report: PreflightReport }> {
  const raster = await decodeDepth(sources.depth, { channel: settings.channel, encoding: settings.encoding, maxPixels })
  const map = toDisparity(raster, settings)
  const gray = sources.color ? await readGray(sources.color, { width: raster.width, height: raster.height, maxPixels }) : null
  return { map, report: preflight({ raster, map, picture: gray }, settings) }
}

/**
 * The whole way from a depth map to GLBs.
 *
 * @throws DepthMeshError
 */
export async function bakeDepthMesh(sources: BakeSources, options: BakeOptions = {}): Promise<BakeResult> {
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  const maxPixels = options.maxPixels ?? DEFAULT_MAX_PIXELS
  const { map, report } = await readMap(sources, settings, maxPixels)

  const camera: SourceCamera | null =
    settings.projection === 'perspective' ? { fovY: settings.fovY, aspect: map.width / map.height, near: map.near, far: map.far } : null
  const files: BakedFile[] = []
  const levels: ManifestLevel[] = []
  const budgets = Array.isArray(settings.lods) ? settings.lods : [100_000]
  const meshes = budgets.map((budget) => unproject(triangulateGrid(map, budget), map, settings))
  const picture = sources.color ? padEdges(await decodeColor(sources.color, map, { size: Math.max(settings.texture.size, map.width, map.height), maxPixels })) : null
  for (const [level, mesh] of meshes.entries()) {
    const size = textureSize(settings.texture.size, level, meshes.map(({ indices }) => indices.length / 3))
    const color = picture ? await encodePicture(picture, { ...settings.texture, size }) : null
    const error = { metres: 0, pixels: 0 }
    const glb = await writeGlb({ name: sources.name, layers: [{ role: 'front', mesh, color, normalMap: null }], camera, map, error }, settings)
    const file = `${sources.name}.lod${level}.glb`
    files.push({ name: file, bytes: glb.bytes })
    levels.push({ file, glb, error, color })
  }
  const placeholder = picture ? await encodePlaceholder(picture) : ''
  const size = { width: map.width, height: map.height }
  return { manifest: createManifest({ name: sources.name, size, levels, camera, placeholder, variants: [], preflight: report }), files }
}
