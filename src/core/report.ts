import { drawPreflight } from './depth/preflight/draw.js'
import type { DepthManifest } from './glb/manifest.js'
import { readLevels, type StoredImage, type StoredLayer } from './glb/read.js'
import { deviation } from './mesh/deviation.js'
import { errorModel } from './mesh/error.js'
import { project } from './mesh/unproject.js'
import type { DisparityMap } from './depth/convention.js'
import { DEFAULT_TRAVEL, parseSettings, type Settings } from './options.js'
import { bakeDepthMesh, mendMap, readMap, type BakeOptions, type BakeResult, type BakeSources } from './pipeline.js'
import { packLayer } from './report/pack.js'
import { writePage, type PageLevel } from './report/page.js'
import type { ViewData } from './report/view-data.js'
import { encodePicture, type EncodedImage } from './texture/encode.js'
import { illustrateErrors, illustrateFile, illustrateMap } from './texture/illustrate.js'

/** KTX2 textures are for graphics cards; the page shows the picture instead, at most this long, pixels. */
const STAND_IN_SIZE = 1024

export interface ReportOptions extends Omit<BakeOptions, 'prepared'> {
  /** What a bake of the same sources under the same settings gave; without it the report bakes. */
  baked?: Pick<BakeResult, 'manifest' | 'files'> | undefined
  /** Names of the files, for the page's head. */
  fileNames?: { depth: string; color: string | null } | undefined
}

export interface ReportResult {
  /** One page, self-contained: it loads nothing. */
  html: string
  manifest: DepthManifest
}

/**
 * A page to look at a map and what became of it: pre-flight pictures and findings, every level in a small viewer, its error against the map, sizes, settings.
 *
 * Same sources and settings, same page.
 *
 * @throws DepthMeshError
 * @example
 * const { html } = await reportDepthMesh({ name: 'canyon', depth, color }, { settings: { near: 2, far: 50 } })
 */
export async function reportDepthMesh(sources: BakeSources, options: ReportOptions = {}): Promise<ReportResult> {
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  const { raster, meant, picture, gray, report } = await readMap(sources, settings, options)
  const mended = await mendMap({ raster, meant, picture, gray, report }, settings)
  const prepared = { map: mended.map, report: { ...report, cleaned: mended.steps }, picture }
  const { manifest, files } = options.baked ?? (await bakeDepthMesh(sources, { ...options, prepared }))
  options.signal?.throwIfAborted()

  const { map } = prepared
  const color = picture && sources.color ? await illustrateFile(sources.color) : null
  const standIn = picture && settings.texture.format === 'ktx2' ? await encodePicture(picture, { format: 'webp', quality: 80, size: STAND_IN_SIZE }) : null
  const { view, levels } = await showLevels(glbsOf(manifest, files), map, settings, standIn)
  options.signal?.throwIfAborted()

  const html = writePage({
    sources: options.fileNames ?? { depth: `${sources.name}.depth.*`, color: sources.color ? 'with a colour picture' : null },
    manifest,
    settings,
    map: await illustrateMap(meant),
    color,
    checked: await illustrateFile(await drawPreflight({ raster, map: meant }, settings), { sharpEdges: true }),
    view,
    levels,
  })
  return { html, manifest }
}

/** The map's own GLBs, fine → coarse. */
function glbsOf({ lods }: DepthManifest, files: BakeResult['files']): Uint8Array[] {
  return lods.flatMap(({ url }) => files.filter(({ name }) => name === url).map(({ bytes }) => bytes))
}

/** read ▶ project ▶ deviation ▶ pack, level by level */
async function showLevels(glbs: readonly Uint8Array[], map: DisparityMap, settings: Settings, standIn: EncodedImage | null): Promise<{ view: ViewData; levels: PageLevel[] }> {
  const model = errorModel(map, settings)
  const stored: StoredLayer[][] = []
  for (const glb of glbs) stored.push(...(await readLevels(glb)))

  const levels: PageLevel[] = []
  const views: ViewData['levels'] = []
  for (const layers of stored) {
    const planes = layers.map(({ positions }) => project(positions, map, settings))
    const front = layers.findIndex(({ role }) => role === 'front')
    const { pixels, ...found } = deviation(planes[front], layers[front].indices, map, model)
    const errors = await illustrateErrors({ width: map.width, height: map.height, pixels })
    const images = new Set(layers.flatMap(({ color, normalMap }) => [color, normalMap]).filter((image): image is StoredImage => image !== null))
    const triangles = layers.reduce((sum, { indices }) => sum + indices.length / 3, 0)
    levels.push({
      triangles,
      vertices: layers.reduce((sum, { positions }) => sum + positions.length / 3, 0),
      textureBytes: [...images].reduce((sum, { bytes }) => sum + bytes.length, 0),
      deviation: found,
      errors,
    })
    views.push({ triangles, layers: layers.map((layer, i) => packLayer(standIn && layer.role === 'front' ? { ...layer, color: standIn } : layer, planes[i], map)) })
  }

  const { width, height, near, far, relief } = map
  const perspective = settings.projection === 'perspective'
  const view: ViewData = {
    width,
    height,
    metresPerPixel: perspective ? (2 * Math.tan((settings.fovY * Math.PI) / 360)) / height : settings.width / width,
    inverseDepth: perspective ? { far: 1 / far, range: 1 / near - 1 / far } : null,
    relief,
    ground: !perspective && settings.orientation === 'ground',
    pivot: perspective ? 1 / (1 / far + median(map.disparity) * (1 / near - 1 / far)) : 0,
    travel: perspective ? (settings.travel ?? DEFAULT_TRAVEL * near) : 0,
    levels: views,
  }
  return { view, levels }
}

function median(values: Float32Array): number {
  const known = values.filter((value) => value === value).sort()
  return known[known.length >> 1]
}
