import { bakeChain, type BakedFile } from './bake-chain.js'
import { cleanDepth } from './depth/clean.js'
import { cutByAlpha, toDisparity, type DisparityMap } from './depth/convention.js'
import { decodeDepth, DEFAULT_MAX_PIXELS, type DepthRaster } from './depth/decode.js'
import { hasGaps } from './depth/gaps.js'
import { landHanging } from './depth/hanging.js'
import type { GrayPicture } from './depth/picture.js'
import { preflight, type PreflightReport } from './depth/preflight.js'
import { drawPreflight } from './depth/preflight/draw.js'
import { dilateNear } from './depth/silhouette.js'
import { varyMap } from './depth/vary.js'
import type { DepthAsset, DepthManifest } from './glb/manifest.js'
import { parseSettings, type Settings, type SettingsInput } from './options.js'
import { pause } from './pause.js'
import { canShare, sharePicture } from './shared-picture.js'
import { alphaAt, coverage, decodeColor, grayAt, type Picture } from './texture/color.js'
import { drawVariation, type Variation } from './variation.js'

export type { BakedFile }

/** What a bake starts from: bytes, no paths. */
export interface BakeSources {
  /** Names the output files: `canyon` gives `canyon.lod0.glb`. */
  name: string
  /** The depth map's file, whole. */
  depth: Uint8Array
  /** The colour picture's file, whole. */
  color?: Uint8Array | undefined
}

export interface BakeResult {
  /** URLs in it are names of `files`. */
  manifest: DepthManifest
  files: BakedFile[]
}

/** How a map is read, whatever becomes of it. */
export interface MapOptions {
  settings?: SettingsInput
  /** Refuse pictures larger than this, pixels. */
  maxPixels?: number
  /** Stops the work between stages, levels and variations: with it, the event loop gets its turn there. */
  signal?: AbortSignal
}

export interface BakeOptions extends MapOptions {
  /** What {@link prepareMap} gave for the same sources: saves doing it again. */
  prepared?: PreparedMap
}

/**
 * The whole settings that options of the core's own functions give.
 *
 * @throws DepthMeshError `SETTINGS_INVALID`
 */
export function settingsOf({ settings = {} }: Pick<MapOptions, 'settings'>): Settings {
  return parseSettings([{ origin: 'settings', settings }])
}

/**
 * What pre-flight says about a map, without baking it.
 *
 * @throws DepthMeshError, or `options.signal`'s reason
 */
export async function checkDepthMap(sources: BakeSources, options: MapOptions = {}): Promise<PreflightReport> {
  const settings = settingsOf(options)
  return (await readMap(sources, settings, options)).report
}

/**
 * What pre-flight says about a map, and a PNG of the map with what was found drawn on it (see `PREFLIGHT_COLORS`).
 *
 * @throws DepthMeshError, or `options.signal`'s reason
 */
export async function drawDepthMapCheck(sources: BakeSources, options: MapOptions = {}): Promise<{ report: PreflightReport; picture: Uint8Array }> {
  const settings = settingsOf(options)
  const { raster, meant, report } = await readMap(sources, settings, options)
  await pause(options.signal)
  return { report, picture: await drawPreflight({ raster, map: meant }, settings) }
}

/**
 * The whole way from a depth map to GLBs.
 *
 * @throws DepthMeshError, or `options.signal`'s reason
 */
export async function bakeDepthMesh(sources: BakeSources, options: BakeOptions = {}): Promise<BakeResult> {
  const settings = settingsOf(options)
  const { signal } = options
  const { map, report, picture } = await readPrepared(sources, settings, options)
  const { asset, files, triangles } = await bakeChain({ name: sources.name, map, picture }, settings, signal)

  await pause(signal)
  const shared = canShare(settings, picture) ? sharePicture({ name: sources.name, picture, mask: coverage(map), triangles }, settings) : null
  const variants: DepthAsset[] = []
  for (let index = 1; index <= settings.variants; index++) {
    await pause(signal)
    const variation = variationOf(map, index, settings)
    const name = `${sources.name}.variant${index}`
    const varied = { name, map: varyMap(map, variation), picture, variation, shared }
    const chain = await bakeChain(varied, { ...settings, width: settings.width * variation.size }, signal)
    variants.push(chain.asset)
    files.push(...chain.files)
  }
  files.push(...(shared?.files() ?? []))
  return { manifest: { ...asset, variants, preflight: report }, files }
}

/** Variation `index` (from 1) that the settings ask for. */
export function variationOf(map: DisparityMap, index: number, { seed }: Settings): Variation {
  return drawVariation(seed, index, { aspect: map.width / map.height, reframe: isWhole(map) })
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
 * @throws DepthMeshError, or `options.signal`'s reason
 */
export async function prepareMap(sources: BakeSources, options: MapOptions = {}): Promise<PreparedMap> {
  const settings = settingsOf(options)
  return mendMap(await readMap(sources, settings, options), settings, options.signal)
}

/** The prepared map and its picture: what the caller has of them, else read. */
export async function readPrepared(sources: BakeSources, settings: Settings, options: BakeOptions): Promise<Required<PreparedMap> & { picture: Picture | null }> {
  await pause(options.signal)
  const { map, report, picture } = options.prepared ?? (await prepareMap(sources, options))
  return { map, report, picture: picture === undefined ? await readPicture(sources, map, settings, options) : picture }
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
export async function readMap(sources: BakeSources, settings: Settings, options: MapOptions): Promise<ReadMap> {
  const { maxPixels = DEFAULT_MAX_PIXELS, signal } = options
  await pause(signal)
  const raster = await decodeDepth(sources.depth, { channel: settings.channel, encoding: settings.encoding, maxPixels })
  await pause(signal)
  const meant = toDisparity(raster, settings)
  await pause(signal)
  const picture = await readPicture(sources, raster, settings, options)
  await pause(signal)
  const gray = picture ? await grayAt(picture, raster) : null
  await pause(signal)
  return { raster, meant, picture, gray, report: preflight({ raster, map: meant, picture: gray }, settings) }
}

/** The colour picture, no larger than the map and its texture need. */
async function readPicture({ color }: BakeSources, map: { width: number; height: number }, settings: Settings, { maxPixels = DEFAULT_MAX_PIXELS }: MapOptions): Promise<Picture | null> {
  return color ? decodeColor(color, map, { size: Math.max(settings.texture.size, map.width, map.height), maxPixels }) : null
}

/** clean ▶ silhouette: the map as it is meshed, and in the report what was done to it. */
export async function mendMap({ raster, meant, picture, gray, report }: ReadMap, settings: Settings, signal?: AbortSignal): Promise<PreparedMap> {
  await pause(signal)
  const { map, steps } = cleanDepth({ map: meant, raster, report, picture: gray }, settings)
  await pause(signal)
  // After the holes: what alpha cuts away is not to be filled.
  const visible = await cutAway(map, picture)
  const mended = { report: { ...report, cleaned: steps }, picture }
  if (settings.cut === false) return { map: visible, ...mended }
  const landed = landHanging(visible, { cut: settings.cut, snapped: steps.some(({ step }) => step === 'silhouettes') })
  await pause(signal)
  return { map: dilateNear(landed, settings.cut), ...mended }
}

/** The map where the picture is opaque. */
export async function cutAway(map: DisparityMap, picture: Picture | null): Promise<DisparityMap> {
  const alpha = picture ? await alphaAt(picture, map.width, map.height) : null
  return alpha ? cutByAlpha(map, alpha) : map
}

/** Does the surface fill its picture? */
function isWhole({ disparity }: DisparityMap): boolean {
  return !hasGaps(disparity)
}
