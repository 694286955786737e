import { sourceCamera } from './camera.js'
import type { DisparityMap } from './depth/convention.js'
import { createAsset, neverBetter, type DepthAsset, type DepthTexture, type ManifestLevel } from './glb/manifest.js'
import { materialOf } from './glb/material.js'
import { writeGlb, type GlbContent, type GlbLayer } from './glb/write.js'
import { inOrder } from './in-order.js'
import { buildBackdrop } from './mesh/backdrop.js'
import { fillBackdropColor } from './mesh/backdrop-color.js'
import { slipOfBend } from './mesh/bent-error.js'
import { levelError, publishedError } from './mesh/error.js'
import { errorModel, type ErrorModel } from './mesh/error-model.js'
import { buildLevels, type LevelSurfaces } from './mesh/levels.js'
import { measureContrast } from './mesh/contrast.js'
import { clearFringes } from './mesh/fringe.js'
import { correctSlip } from './mesh/correct-slip.js'
import { shippedError, type LaidPicture } from './mesh/shipped-error.js'
import { forgetLoops } from './mesh/pixels.js'
import { unproject } from './mesh/unproject.js'
import type { Settings } from './options.js'
import { pause } from './pause.js'
import { budgetsBeforeSplitting, type SharedPicture, type Wearer, type Worn } from './shared-picture.js'
import { coverage, grayAt, padEdges, shrinkPicture, type Picture } from './texture/color.js'
import { encodeForLevel, encodeNormals, encodePicture, encodePlaceholder, qualityAt, textureSize, type EncodingUse } from './texture/encode.js'
import { varyPicture } from './texture/vary.js'
import { bakeNormals, normalPicture, shrinkNormals } from './texture/normal.js'
import type { Variation } from './variation.js'

/** The hidden layer's pictures are smooth: at half the resolution of the front's its colours cost 6 KiB instead of 20 and no dB (25.57 both). */
const BACKDROP_TEXTURE = 0.5
/** What it weighs then against the front's: 9–15 % on three photos, with room to spare. */
const BACKDROP_WEIGHT = 0.25

/** A variation of a picture this long, pixels, does for its placeholder. */
const SMALL = 256

/** Texture slip is taken out of a picture so many times as fine as the level's texture: resampled at its own size it would blur. */
const OVERSAMPLED = 2

/**
 * While some levels' pictures are encoded, which is done in threads of their own, others are drawn and packed. Of a lit map of 1024² this thread waits for 25 % of the time with one at once, for 10 with two;
 * four take 5 % less again. More of them hold more pictures as large as the map: three of a lit map of 4096² came to 1.52 GB.
 */
const LEVELS_AT_ONCE = { usual: 4, large: 2 }
const LARGE_PIXELS = 2048 ** 2

export interface BakedFile {
  name: string
  bytes: Uint8Array
}

/** What a chain of levels is made from: the map itself, or one of its variations. */
export interface ChainSources {
  name: string
  map: DisparityMap
  /** The map's own, whatever the variation. */
  picture: Picture | null
  /** How the map is varied already, and its picture is still to be. */
  variation?: Variation | undefined
  /** What levels of all variations may wear instead of pictures of their own. */
  shared?: SharedPicture | null
}

export interface BakedChain {
  asset: DepthAsset
  files: BakedFile[]
  /** Of each level's surfaces, fine → coarse, also of those that share a GLB. */
  triangles: number[]
}

/** backdrop ▶ triangulate ▶ cut ▶ refine ▶ lod ▶ unproject ▶ color · normal ▶ encode ▶ pack ▶ write */
export async function bakeChain({ name, map, picture, variation, shared = null }: ChainSources, settings: Settings, signal?: AbortSignal): Promise<BakedChain> {
  await pause(signal)
  const model = errorModel(map, settings)
  let backdrop = buildBackdrop(map, settings)
  await pause(signal)
  const contrast = picture && choosesByPicture(settings) ? measureContrast(await grayAt(variation ? varyPicture(picture, variation) : picture, map)) : null
  const surfaces = await buildLevels(map, backdrop, shared ? { ...settings, lods: budgetsBeforeSplitting(settings) } : settings, model, { contrast, signal }).finally(() => forgetLoops(map))
  await pause(signal)
  const common = shared && variation ? await wearShared(surfaces, shared, { map, model, bend: variation.source, slipAt: slipOfBend(variation.source, map) }, settings, signal) : []

  const size = { width: map.width, height: map.height }
  const camera = sourceCamera(map, settings)
  const ownOf = (picture: Picture): Picture => (variation ? varyPicture(picture, variation) : picture)
  const placeholder = picture ? await encodePlaceholder(variation ? ownOf(await shrinkPicture(picture, SMALL)) : picture) : ''
  const triangles = surfaces.map(trianglesOf)
  const needsOwn = backdrop !== null || surfaces.some((_, level) => !common[level])
  await pause(signal)
  const whole = picture && needsOwn ? padEdges(ownOf(picture), coverage(map)) : null
  // (Where nobody can look behind an edge, nothing moves beside it.)
  const padded = whole && backdrop && settings.cut !== false ? clearFringes(whole, map, settings.cut) : whole
  await pause(signal)
  const material = materialOf(settings, picture !== null)
  const normals = material.lit ? bakeNormals(map, settings.normalMap.size, settings) : null
  const hiddenScale = backdrop ? BACKDROP_TEXTURE * (Math.max(backdrop.map.width, backdrop.map.height) / Math.max(size.width, size.height)) : 0
  const canvas = backdrop && { left: backdrop.left, top: backdrop.top, width: backdrop.map.width, height: backdrop.map.height }
  const hiddenPictures = onceAsked(async () => {
    if (!backdrop) return { plate: null, hiddenNormals: null }
    const plate = padded && fillBackdropColor(await shrinkPicture(padded, settings.texture.size * BACKDROP_TEXTURE), size, backdrop)
    // The hidden layer goes on with the shading of what it continues, as with its colours: both show through a cut, beside the front.
    const hiddenNormals = normals && fillBackdropColor(normalPicture(shrinkNormals(normals, settings.normalMap.size * BACKDROP_TEXTURE)), size, backdrop)
    // (Its depth and its sources, of 4096² 150 MB, have said all they have to say.)
    backdrop = null
    return { plate, hiddenNormals }
  })
  const textures = ((picture ? 1 : 0) + (normals ? 1 : 0)) * (canvas ? 1 + BACKDROP_WEIGHT : 1)
  const { format } = settings.texture
  const colorQuality = qualityAt(settings.texture, picture ?? size)
  const encodeOnce = onceEach((worn: Picture, size: number, quality: number) => encodePicture(worn, { format, quality, size }))
  const contentOf = async (level: number): Promise<GlbContent> => {
    await pause(signal)
    const { front, backdrop: hidden } = surfaces[level]
    const use = { format, projection: settings.projection, level, triangles, textures }
    const colorUse: EncodingUse = { ...use, ...settings.texture, quality: colorQuality, role: 'color' }
    const dressed = common[level]
    const worn = padded && !dressed ? correctSlip(await shrinkPicture(padded, OVERSAMPLED * textureSize(colorUse)), front, size, model) : null
    const encoding = worn ? encodeForLevel(colorUse, (size, quality) => encodeOnce(worn, size, quality)) : (dressed?.image ?? null)
    // (Made while the first picture is encoded, which waits for nothing.)
    const [color, { plate, hiddenNormals }] = await Promise.all([encoding, hiddenPictures()])
    await pause(signal)
    const normalUse: EncodingUse = { ...use, ...settings.normalMap, role: 'normals' }
    const normalMap = normals
      ? await encodeForLevel(normalUse, (size, quality) => encodeNormals(correctSlip(normalPicture(shrinkNormals(normals, size)), front, map, model), { format, quality }))
      : null
    await pause(signal)
    const laid = [worn && color ? laidFrom(worn, color) : null, normalMap ? laidFrom(normalMap, normalMap) : null].filter((picture) => picture !== null)
    const error = levelError(model, { maxError: front.maxError, pixelError: dressed?.error ?? shippedError(front, map, model, laid) })
    await pause(signal)
    const mesh = unproject(front, map, settings)
    const layers: GlbLayer[] = [{ role: 'front', mesh: dressed ? { ...mesh, uvs: dressed.uvs } : mesh, color, normalMap }]
    if (hidden && canvas) {
      await pause(signal)
      const hiddenSize = Math.ceil((color ? Math.max(color.width, color.height) : 0) * hiddenScale)
      const hiddenColor = plate ? await encodePicture(correctSlip(plate, hidden, canvas, model), { ...settings.texture, size: hiddenSize }) : null
      const hiddenUse = { ...normalUse, size: Math.round(settings.normalMap.size * hiddenScale), textures: textures / BACKDROP_WEIGHT }
      const worn = hiddenNormals ? correctSlip(hiddenNormals, hidden, canvas, model) : null
      const hiddenMap = worn ? await encodeForLevel(hiddenUse, (size, quality) => encodeNormals(worn, { format, quality, size })) : null
      layers.push({ role: 'backdrop', mesh: unproject(hidden, map, settings, canvas), color: hiddenColor, normalMap: hiddenMap })
    }
    await pause(signal)
    return { name, layers, camera, map, error }
  }

  const atOnce = map.width * map.height > LARGE_PIXELS ? LEVELS_AT_ONCE.large : LEVELS_AT_ONCE.usual
  const levels = await writeLevels(surfaces.length, { name, contentOf, atOnce, signal }, { settings, model })
  return { asset: createAsset({ name, size, levels, camera, material, placeholder }), files: levels.map(({ file, glb }) => ({ name: file, bytes: glb.bytes })), triangles }
}

/** The shared picture at each level, `null` where it does not fit; levels that wear it are split where it would slip. */
async function wearShared(surfaces: LevelSurfaces[], shared: SharedPicture, wearer: Wearer, { lods }: Settings, signal: AbortSignal | undefined): Promise<(Worn | null)[]> {
  const levels: (Worn | null)[] = []
  for (const [level, surface] of surfaces.entries()) {
    await pause(signal)
    const finer = level === 0 ? Infinity : trianglesOf(surfaces[level - 1]) - 1
    const hidden = trianglesOf(surface) - surface.front.triangles.length / 3
    const budget = Math.min(Array.isArray(lods) ? lods[level] : Infinity, finer) - hidden
    const worn = await shared.worn(surface.front, wearer, { level, budget })
    if (worn) surface.front = worn.front
    levels.push(worn)
  }
  return levels
}

function trianglesOf({ front, backdrop }: LevelSurfaces): number {
  return (front.triangles.length + (backdrop?.triangles.length ?? 0)) / 3
}

interface LevelSource {
  name: string
  contentOf: (level: number) => Promise<GlbContent>
  atOnce: number
  signal: AbortSignal | undefined
}

/** pack ▶ write: a GLB a level, or one with all of them, which the manifest then tells as its finest level. */
async function writeLevels(count: number, { name, contentOf, atOnce, signal }: LevelSource, { settings, model }: { settings: Settings; model: ErrorModel }): Promise<ManifestLevel[]> {
  if (settings.container === 'msft_lod') {
    const contents = neverBetter(await inOrder(count, contentOf, { atOnce, signal }))
    const glb = await writeGlb(contents, settings)
    return [{ file: `${name}.glb`, glb, error: publishedError(model, glb.error), color: contents[0].layers[0].color, beside: beside(contents) }]
  }
  const levelOf = async (level: number): Promise<ManifestLevel> => {
    const content = await contentOf(level)
    const glb = await writeGlb([content], settings)
    return { file: `${name}.lod${level}.glb`, glb, error: publishedError(model, glb.error), color: content.layers[0].color, beside: beside([content]) }
  }
  return neverBetter(await inOrder(count, levelOf, { atOnce, signal }))
}

/** Whether the picture has a say in which surface a level gets (`buildFront`). */
function choosesByPicture({ cut, solid, topology, lods }: Settings): boolean {
  return cut !== false && !solid && topology !== 'grid' && Array.isArray(lods)
}

/** A picture that slip was taken out of, as it is worn. */
function laidFrom(laid: { width: number; height: number }, { width, height }: { width: number; height: number }): LaidPicture {
  return { width, height, finer: Math.max(1, laid.width / width) }
}

/** The same, but does its work once, when it is first asked. */
function onceAsked<Result>(work: () => Promise<Result>): typeof work {
  let result: Promise<Result> | undefined
  return () => (result ??= work())
}

/** The pictures of a GLB that have files of their own. */
function beside(contents: readonly GlbContent[]): DepthTexture[] {
  const textures = new Map<string, DepthTexture>()
  for (const { layers } of contents) for (const { color } of layers) if (color?.file !== undefined) textures.set(color.file, { url: color.file, bytes: color.bytes.length })
  return [...textures.values()]
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
