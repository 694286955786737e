import { cleanDepth } from './depth/clean.js'
import type { CleanStep } from './depth/clean/step.js'
import { cutByAlpha, toDisparity, type DisparityMap } from './depth/convention.js'
import { decodeDepth, DEFAULT_MAX_PIXELS, type DepthRaster } from './depth/decode.js'
import type { GrayPicture } from './depth/picture.js'
import { preflight, type PreflightReport } from './depth/preflight.js'
import { drawPreflight } from './depth/preflight/draw.js'
import { dilateNear } from './depth/silhouette.js'
import { varyMap } from './depth/vary.js'
import { createAsset, type DepthAsset, type DepthManifest, type ManifestLevel, type SourceCamera } from './glb/manifest.js'
import { shadingOf, writeGlb, writeLodGlb, type GlbContent, type GlbLayer } from './glb/write.js'
import { buildBackdrop } from './mesh/backdrop.js'
import { fillBackdropColor } from './mesh/backdrop-color.js'
import { errorInMetres, errorModel } from './mesh/error.js'
import { buildLevels } from './mesh/levels.js'
import { correctSlip } from './mesh/slip.js'
import { unproject } from './mesh/unproject.js'
import { parseSettings, type Settings, type SettingsInput } from './options.js'
import { alphaAt, coverage, decodeColor, grayAt, padEdges, shrinkPicture, type Picture } from './texture/color.js'
import { encodeForLevel, encodeNormals, encodePicture, encodePlaceholder, textureSize, type EncodingUse } from './texture/encode.js'
import { bakeNormals, normalPicture, shrinkNormals } from './texture/normal.js'
import { varyPicture } from './texture/vary.js'
import { drawVariation } from './variation.js'

/** The hidden layer's pictures are smooth: at half the resolution of the front's its colours cost 6 KiB instead of 20 and no dB (25.57 both). */
const BACKDROP_TEXTURE = 0.5
/** What it weighs then against the front's: 9–15 % on three photos, with room to spare. */
const BACKDROP_WEIGHT = 0.25

/** Texture slip is taken out of a picture so many times as fine as the level's texture: resampled at its own size it would blur. */
const OVERSAMPLED = 2

/**
 * While one level's pictures are encoded, which is done in threads of their own, the next is drawn and packed: of a lit map of 1024² this thread waits for 10 % of the time
 * instead of 25. More at once would hold more pictures as large as the map.
 */
const LEVELS_AT_ONCE = 2

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
  /** What {@link prepareMap} gave for the same sources: saves doing it again. */
  prepared?: PreparedMap
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
  return (await readMap(sources, settings, options)).report
}

/**
 * What pre-flight says about a map, and a PNG of the map with what was found drawn on it (see `PREFLIGHT_COLORS`).
 *
 * @throws DepthMeshError
 */
export async function drawDepthMapCheck(sources: BakeSources, options: BakeOptions = {}): Promise<{ report: PreflightReport; picture: Uint8Array }> {
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  const { raster, meant, report } = await readMap(sources, settings, options)
  return { report, picture: await drawPreflight({ raster, map: meant }, settings) }
}

/**
 * The whole way from a depth map to GLBs.
 *
 * @throws DepthMeshError
 */
export async function bakeDepthMesh(sources: BakeSources, options: BakeOptions = {}): Promise<BakeResult> {
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  const prepared = options.prepared ?? (await prepareMap(sources, options))
  const { map, report, picture = await readPicture(sources, map, settings, options) } = prepared
  options.signal?.throwIfAborted()
  const { asset, files } = await bakeChain({ name: sources.name, map, picture }, settings, options)

  const variants: DepthAsset[] = []
  for (let index = 1; index <= settings.variants; index++) {
    const variation = drawVariation(settings.seed, index, { aspect: map.width / map.height, reframe: isWhole(map) })
    const name = `${sources.name}.variant${index}`
    const varied = { name, map: varyMap(map, variation), picture: picture && varyPicture(picture, variation) }
    const chain = await bakeChain(varied, { ...settings, width: settings.width * variation.size }, options)
    variants.push(chain.asset)
    files.push(...chain.files)
  }
  return { manifest: { ...asset, variants, preflight: report }, files }
}

/** A map ready to be meshed, and what was found in it and done to it. */
export interface PreparedMap {
  map: DisparityMap
  report: PreflightReport
  /** The colour picture as it was read on the way; without it the bake reads it again. */
  picture?: Picture | null | undefined
}

/**
 * The first half of a bake: decode ▶ convention ▶ preflight ▶ clean ▶ silhouette. Its result can be handed to `bakeDepthMesh` again and again,
 * with other budgets, textures or compression, but only with the same sources and the same `MAP_SETTINGS`.
 *
 * @throws DepthMeshError
 */
export async function prepareMap(sources: BakeSources, options: BakeOptions = {}): Promise<PreparedMap> {
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  const read = await readMap(sources, settings, options)
  options.signal?.throwIfAborted()
  const { map, steps } = await mendMap(read, settings)
  return { map, report: { ...read.report, cleaned: steps }, picture: read.picture }
}

/** What a chain of levels is made from: the map itself, or one of its variations. */
interface ChainSources {
  name: string
  map: DisparityMap
  picture: Picture | null
}

/** backdrop ▶ triangulate ▶ cut ▶ refine ▶ lod ▶ unproject ▶ color · normal ▶ encode ▶ pack ▶ write */
async function bakeChain({ name, map, picture }: ChainSources, settings: Settings, { signal }: BakeOptions): Promise<{ asset: DepthAsset; files: BakedFile[] }> {
  const model = errorModel(map, settings)
  const backdrop = buildBackdrop(map, settings)
  const surfaces = await buildLevels(map, backdrop, settings, model)
  signal?.throwIfAborted()

  const size = { width: map.width, height: map.height }
  const camera = sourceCamera(map, settings)
  const placeholder = picture ? await encodePlaceholder(picture) : ''
  const triangles = surfaces.map(({ front, backdrop: hidden }) => (front.triangles.length + (hidden?.triangles.length ?? 0)) / 3)
  const padded = picture ? padEdges(picture, coverage(map)) : null
  const plate = padded && backdrop ? fillBackdropColor(await shrinkPicture(padded, settings.texture.size * BACKDROP_TEXTURE), size, backdrop) : null
  const normals = shadingOf(settings, picture !== null) === 'lit' ? bakeNormals(map, settings.normalMap.size, settings) : null
  const hiddenScale = backdrop ? BACKDROP_TEXTURE * (Math.max(backdrop.map.width, backdrop.map.height) / Math.max(size.width, size.height)) : 0
  // The hidden layer goes on with the shading of what it continues, as with its colours: both show through a cut, beside the front.
  const hiddenNormals = normals && backdrop ? fillBackdropColor(normalPicture(shrinkNormals(normals, settings.normalMap.size * BACKDROP_TEXTURE)), size, backdrop) : null
  const textures = (padded ? 1 : 0) + (normals ? 1 : 0) + BACKDROP_WEIGHT * ((plate ? 1 : 0) + (hiddenNormals ? 1 : 0))
  const { format } = settings.texture
  const encodeOnce = onceEach((worn: Picture, size: number, quality: number) => encodePicture(worn, { format, quality, size }))
  const contentOf = async (level: number): Promise<GlbContent> => {
    const { front, backdrop: hidden } = surfaces[level]
    const use = { format, projection: settings.projection, level, triangles, textures }
    const colorUse: EncodingUse = { ...use, ...settings.texture, role: 'color' }
    const worn = padded ? correctSlip(await shrinkPicture(padded, OVERSAMPLED * textureSize(colorUse)), front, size, model) : null
    const color = worn ? await encodeForLevel(colorUse, (size, quality) => encodeOnce(worn, size, quality)) : null
    const normalUse: EncodingUse = { ...use, ...settings.normalMap, role: 'normals' }
    const normalMap = normals
      ? await encodeForLevel(normalUse, (size, quality) => encodeNormals(correctSlip(normalPicture(shrinkNormals(normals, size)), front, map, model), { format, quality }))
      : null
    const layers: GlbLayer[] = [{ role: 'front', mesh: unproject(front, map, settings), color, normalMap }]
    if (hidden && backdrop) {
      const { left, top, map: { width, height } } = backdrop
      const hiddenSize = Math.ceil((color ? Math.max(color.width, color.height) : 0) * hiddenScale)
      const hiddenColor = plate ? await encodePicture(correctSlip(plate, hidden, backdrop.map, model), { ...settings.texture, size: hiddenSize }) : null
      const hiddenUse = { ...normalUse, size: Math.round(settings.normalMap.size * hiddenScale), textures: textures / BACKDROP_WEIGHT }
      const worn = hiddenNormals ? correctSlip(hiddenNormals, hidden, backdrop.map, model) : null
      const hiddenMap = worn ? await encodeForLevel(hiddenUse, (size, quality) => encodeNormals(worn, { format, quality, size })) : null
      layers.push({ role: 'backdrop', mesh: unproject(hidden, map, settings, { left, top, width, height }), color: hiddenColor, normalMap: hiddenMap })
    }
    const error = { metres: errorInMetres(model, front.maxError), pixels: front.pixelError.max }
    return { name, layers, camera, map: size, error }
  }

  const levels = await writeLevels(surfaces.length, { name, contentOf, signal }, settings)
  return { asset: createAsset({ name, size, levels, camera, placeholder }), files: levels.map(({ file, glb }) => ({ name: file, bytes: glb.bytes })) }
}

/** pack ▶ write: a GLB a level, or one with all of them, which the manifest then tells as its finest level. */
async function writeLevels(count: number, { name, contentOf, signal }: { name: string; contentOf: (level: number) => Promise<GlbContent>; signal: AbortSignal | undefined }, settings: Settings): Promise<ManifestLevel[]> {
  if (settings.container === 'msft_lod') {
    const contents = await inOrder(count, contentOf, signal)
    const glb = await writeLodGlb(contents, settings)
    return [{ file: `${name}.glb`, glb, error: glb.error, color: contents[0].layers[0].color }]
  }
  const levelOf = async (level: number): Promise<ManifestLevel> => {
    const content = await contentOf(level)
    const glb = await writeGlb(content, settings)
    return { file: `${name}.lod${level}.glb`, glb, error: glb.error, color: content.layers[0].color }
  }
  return inOrder(count, levelOf, signal)
}

/** The same, but encodes each picture once a size and quality: two levels wear the same where nothing slips and the picture is no larger than the coarser one's. */
function onceEach<Result>(encode: (picture: Picture, size: number, quality: number) => Promise<Result>): typeof encode {
  const encoded = new WeakMap<Picture, Map<string, Promise<Result>>>()
  return (picture, wanted, quality) => {
    const size = Math.min(wanted, Math.max(picture.width, picture.height))
    const key = `${size} ${quality}`
    const results = encoded.get(picture) ?? new Map<string, Promise<Result>>()
    encoded.set(picture, results)
    const result = results.get(key) ?? encode(picture, size, quality)
    results.set(key, result)
    return result
  }
}

/** What `work` makes of each level, a few of them at once. */
async function inOrder<T>(count: number, work: (level: number) => Promise<T>, signal: AbortSignal | undefined): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      signal?.throwIfAborted()
      const level = next++
      results[level] = await work(level)
    }
  }
  await Promise.all(Array.from({ length: LEVELS_AT_ONCE }, lane))
  return results
}

/** What the first stages give. */
export interface ReadMap {
  raster: DepthRaster
  /** What the map says, before anything is mended. */
  meant: DisparityMap
  /** The colour picture, and in gray at the map's size. */
  picture: Picture | null
  gray: GrayPicture | null
  report: PreflightReport
}

/** decode ▶ convention ▶ preflight */
export async function readMap(sources: BakeSources, settings: Settings, options: BakeOptions): Promise<ReadMap> {
  const { maxPixels = DEFAULT_MAX_PIXELS } = options
  const raster = await decodeDepth(sources.depth, { channel: settings.channel, encoding: settings.encoding, maxPixels })
  const meant = toDisparity(raster, settings)
  const picture = await readPicture(sources, raster, settings, options)
  const gray = picture ? await grayAt(picture, raster) : null
  return { raster, meant, picture, gray, report: preflight({ raster, map: meant, picture: gray }, settings) }
}

/** The colour picture, no larger than the map and its texture need. */
async function readPicture({ color }: BakeSources, map: { width: number; height: number }, settings: Settings, { maxPixels = DEFAULT_MAX_PIXELS }: BakeOptions): Promise<Picture | null> {
  return color ? decodeColor(color, map, { size: Math.max(settings.texture.size, map.width, map.height), maxPixels }) : null
}

/** clean ▶ silhouette: the map as it is meshed, and what was done to it. */
export async function mendMap({ raster, meant, picture, gray, report }: ReadMap, settings: Settings): Promise<{ map: DisparityMap; steps: CleanStep[] }> {
  const { map, steps } = cleanDepth({ map: meant, raster, report, picture: gray }, settings)
  // After the holes: what alpha cuts away is not to be filled.
  const visible = await cutAway(map, picture)
  return { map: settings.cut === false ? visible : dilateNear(visible, settings.cut), steps }
}

/** The map where the picture is opaque. */
export async function cutAway(map: DisparityMap, picture: Picture | null): Promise<DisparityMap> {
  const alpha = picture ? await alphaAt(picture, map.width, map.height) : null
  return alpha ? cutByAlpha(map, alpha) : map
}

/** Does the surface fill its picture? */
function isWhole({ disparity }: DisparityMap): boolean {
  return !disparity.some(Number.isNaN)
}

/** The source view of a perspective map. */
export function sourceCamera({ width, height, near, far }: DisparityMap, { projection, fovY }: Settings): SourceCamera | null {
  return projection === 'perspective' ? { fovY, aspect: width / height, near, far } : null
}
