import { depthAt, inverseDepth, pixelSize, travelOf } from './camera.js'
import type { DisparityMap } from './depth/convention.js'
import { drawPreflight } from './depth/preflight/draw.js'
import { variedSpace } from './depth/vary.js'
import type { DepthAsset, DepthManifest } from './glb/manifest.js'
import { mediaTypeOf, renamePictures } from './glb/pictures.js'
import { readLevels, type StoredImage, type StoredLayer } from './glb/read.js'
import { deviation } from './mesh/error/deviation.js'
import { errorModel } from './mesh/surface/error-model.js'
import { project } from './mesh/unproject.js'
import type { Settings } from './options.js'
import { pause } from './pause.js'
import { bakeDepthMesh, mendMap, readMap, settingsOf, variationOf, type BakeResult, type BakeSources, type MapOptions } from './pipeline.js'
import { packLayer, Pictures } from './report/pack.js'
import { writePage, type PageLevel } from './report/page.js'
import type { ViewAsset, ViewData } from './report/view-data.js'
import type { Picture } from './texture/color.js'
import { encodePicture, type EncodedImage } from './texture/encode.js'
import { illustrateErrors, illustrateFile, illustrateMap } from './texture/illustrate.js'
import { varyPicture } from './texture/vary.js'

/** KTX2 textures are for graphics cards; the page shows the picture instead, at most this long, pixels. */
const STAND_IN_SIZE = 1024

export interface ReportOptions extends MapOptions {
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
 * @throws DepthMeshError, or `options.signal`'s reason
 * @example
 * const { html } = await reportDepthMesh({ name: 'canyon', depth, color }, { settings: { near: 2, far: 50 } })
 */
export async function reportDepthMesh(sources: BakeSources, options: ReportOptions = {}): Promise<ReportResult> {
  const settings = settingsOf(options)
  const { signal } = options
  const read = await readMap(sources, settings, options)
  const { raster, meant, picture } = read
  const prepared = await mendMap(read, settings, signal)
  const { manifest, files } = options.baked ?? (await bakeDepthMesh(sources, { ...options, prepared }))
  await pause(signal)

  const { map } = prepared
  const color = picture && sources.color ? await illustrateFile(sources.color) : null
  const standIn = picture && settings.texture.format === 'ktx2' ? await standInOf(picture) : null
  const pictures = new Pictures()
  const own = await readAll(manifest, files)
  const levels = await measureLevels(own, map, settings, signal)
  const view: ViewData = { shown: [showLevels(own, map, settings, { pictures, standInAt: () => standIn })], pictures: pictures.uris }
  for (const [i, variant] of manifest.variants.entries()) {
    await pause(signal)
    const variation = variationOf(map, i + 1, settings)
    const space = { ...map, ...variedSpace(map, variation) }
    const bent = picture && standIn ? await standInOf(varyPicture(picture, variation)) : null
    const standInAt = (level: number) => (variant.lods[level]?.textures ? standIn : bent)
    view.shown.push(showLevels(await readAll(variant, files), space, { ...settings, width: settings.width * variation.size }, { pictures, standInAt }))
  }
  await pause(signal)

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

/** The levels of a map or of a variation, fine → coarse, with the pictures that they name. */
async function readAll({ lods }: DepthAsset, files: BakeResult['files']): Promise<StoredLayer[][]> {
  const fileOf = (wanted: string): Uint8Array => files.find(({ name }) => name === wanted)?.bytes ?? new Uint8Array()
  const levels: StoredLayer[][] = []
  for (const { url } of lods) {
    const whole = renamePictures(fileOf(url), (uri) => `data:${mediaTypeOf(uri)};base64,${Buffer.from(fileOf(decodeURIComponent(uri))).toString('base64')}`)
    levels.push(...(await readLevels(whole)))
  }
  return levels
}

/** project ▶ deviation, level by level: what the page says about the map's own levels. */
async function measureLevels(stored: readonly StoredLayer[][], map: DisparityMap, settings: Settings, signal: AbortSignal | undefined): Promise<PageLevel[]> {
  const model = errorModel(map, settings)
  const levels: PageLevel[] = []
  for (const layers of stored) {
    await pause(signal)
    const front = layers.find(({ role }) => role === 'front') ?? layers[0]
    const { pixels, ...found } = deviation(project(front.positions, map, settings), front.indices, map, model)
    const errors = await illustrateErrors({ width: map.width, height: map.height, pixels })
    const images = new Set(layers.flatMap(({ color, normalMap }) => [color, normalMap]).filter((image): image is StoredImage => image !== null))
    levels.push({
      triangles: trianglesOf(layers),
      vertices: layers.reduce((sum, { positions }) => sum + positions.length / 3, 0),
      textureBytes: [...images].reduce((sum, { bytes }) => sum + bytes.length, 0),
      deviation: found,
      errors,
    })
  }
  return levels
}

/** project ▶ pack, level by level: what the viewer draws. */
function showLevels(stored: readonly StoredLayer[][], map: DisparityMap, settings: Settings, { pictures, standInAt }: { pictures: Pictures; standInAt: (level: number) => EncodedImage | null }): ViewAsset {
  const { width, height, relief } = map
  const inverse = inverseDepth(map)
  const perspective = settings.projection === 'perspective'
  const show = (layer: StoredLayer, level: number) => {
    const color = (layer.role === 'front' && standInAt(level)) || layer.color
    return packLayer({ ...layer, color }, project(layer.positions, map, settings), { size: map, pictures })
  }
  return {
    width,
    height,
    metresPerPixel: pixelSize(map, settings),
    inverseDepth: perspective ? inverse : null,
    relief,
    ground: !perspective && settings.orientation === 'ground',
    pivot: perspective ? depthAt(median(map.disparity), inverse) : 0,
    travel: perspective ? travelOf(settings, map) : 0,
    levels: stored.map((layers, level) => ({ triangles: trianglesOf(layers), layers: layers.map((layer) => show(layer, level)) })),
  }
}

function standInOf(picture: Picture): Promise<EncodedImage> {
  return encodePicture(picture, { format: 'webp', quality: 80, size: STAND_IN_SIZE })
}

function trianglesOf(layers: readonly StoredLayer[]): number {
  return layers.reduce((sum, { indices }) => sum + indices.length / 3, 0)
}

function median(values: Float32Array): number {
  const known = values.filter((value) => value === value).sort()
  return known[known.length >> 1]
}
