import { sourceCamera } from './camera.js'
import type { DisparityMap } from './depth/convention.js'
import { createAsset, neverBetter, type DepthAsset, type DepthTexture, type ManifestLevel } from './glb/manifest.js'
import { materialOf } from './glb/material.js'
import { writeGlb, type GlbContent, type GlbLayer } from './glb/write.js'
import { inOrder } from './in-order.js'
import { LevelTextures } from './level-textures.js'
import { measureContrast } from './mesh/error/contrast.js'
import { levelError, publishedError } from './mesh/error/error.js'
import { buildBackdrop } from './mesh/hidden/backdrop.js'
import { slipOfBend } from './mesh/lay/bent-error.js'
import { shippedError, type LaidPicture } from './mesh/lay/shipped-error.js'
import { buildLevels, type LevelSurfaces } from './mesh/levels.js'
import { forgetLoops } from './mesh/pixels/pixels.js'
import { errorModel, type ErrorModel } from './mesh/surface/error-model.js'
import { unproject } from './mesh/unproject.js'
import type { Settings } from './options.js'
import { pause } from './pause.js'
import { budgetsBeforeSplitting, type SharedPicture, type Wearer, type Worn } from './shared-picture.js'
import { grayAt, shrinkPicture, type Picture } from './texture/color.js'
import { encodePlaceholder, textureSize } from './texture/encode.js'
import { varyPicture } from './texture/vary.js'
import type { Variation } from './variation.js'

/** A variation of a picture this long, pixels, does for its placeholder. */
const SMALL = 256

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
export async function bakeChain(sources: ChainSources, settings: Settings, signal?: AbortSignal): Promise<BakedChain> {
  const { name, map, picture, variation } = sources
  await pause(signal)
  const model = errorModel(map, settings)
  const material = materialOf(settings, picture !== null)
  const { surfaces, textures } = await makeSurfaces(sources, settings, { model, lit: material.lit, signal })
  const triangles = surfaces.map(trianglesOf)
  const placeholder = picture ? await encodePlaceholder(variation ? varyPicture(await shrinkPicture(picture, SMALL), variation) : picture) : ''
  const camera = sourceCamera(map, settings)
  const contentOf = async (level: number): Promise<GlbContent> => ({ name, camera, map, ...(await fillLevel(surfaces[level], level, textures, { map, settings, model, signal })) })
  const atOnce = map.width * map.height > LARGE_PIXELS ? LEVELS_AT_ONCE.large : LEVELS_AT_ONCE.usual
  const levels = await writeLevels(surfaces.length, { name, contentOf, atOnce, signal }, { settings, model })
  const size = { width: map.width, height: map.height }
  return { asset: createAsset({ name, size, levels, camera, material, placeholder }), files: levels.map(({ file, glb }) => ({ name: file, bytes: glb.bytes })), triangles }
}

/** A level's surfaces, and what its front wears of the picture that all variations share. */
interface Level extends LevelSurfaces {
  worn: Worn | null
}

/** backdrop ▶ triangulate ▶ cut ▶ refine ▶ lod, and what all levels wear. (Who holds the backdrop holds 150 MB of a map of 4096²: it stays in here.) */
async function makeSurfaces({ map, picture, variation, shared = null }: ChainSources, settings: Settings, { model, lit, signal }: { model: ErrorModel; lit: boolean; signal: AbortSignal | undefined }): Promise<{ surfaces: Level[]; textures: LevelTextures }> {
  const varied = (picture: Picture): Picture => (variation ? varyPicture(picture, variation) : picture)
  const backdrop = buildBackdrop(map, settings)
  await pause(signal)
  const contrast = picture && choosesByPicture(settings) ? measureContrast(await grayAt(varied(picture), map)) : null
  const budgeted = shared ? { ...settings, lods: budgetsBeforeSplitting(settings) } : settings
  const bare = await buildLevels(map, backdrop, budgeted, model, { contrast, signal, textureSize: (level, triangles) => textureSize({ ...settings.texture, role: 'color', level, triangles }) }).finally(() => forgetLoops(map))
  await pause(signal)
  const surfaces =
    shared && variation
      ? await wearShared(bare, shared, { map, model, bend: variation.source, slipAt: slipOfBend(variation.source, map) }, settings, signal)
      : bare.map((level) => ({ ...level, worn: null }))
  await pause(signal)
  const needsOwn = backdrop !== null || surfaces.some(({ worn }) => !worn)
  const textures = await LevelTextures.of({ map, backdrop, picture: picture && needsOwn ? varied(picture) : null, lit, triangles: surfaces.map(trianglesOf) }, settings, model, signal)
  return { surfaces, textures }
}

interface Filling {
  map: DisparityMap
  settings: Settings
  model: ErrorModel
  signal: AbortSignal | undefined
}

/** unproject ▶ color · normal ▶ encode: what a level's file says of its surfaces. */
async function fillLevel({ front, backdrop, worn }: Level, level: number, textures: LevelTextures, { map, settings, model, signal }: Filling): Promise<Pick<GlbContent, 'layers' | 'error'>> {
  await pause(signal)
  const fitted = worn ? null : await textures.fitColor(front, level)
  // (The hidden layer's pictures are made while the first picture is encoded, which waits for nothing.)
  const [color] = await Promise.all([fitted ? textures.encodeColor(fitted, level) : (worn?.image ?? null), textures.makeHidden()])
  await pause(signal)
  const normalMap = await textures.normalsOf(front, level)
  await pause(signal)
  const laid = [fitted && color ? laidFrom(fitted, color) : null, normalMap ? laidFrom(normalMap, normalMap) : null].filter((picture) => picture !== null)
  const error = levelError(model, { maxError: front.maxError, pixelError: worn?.error ?? shippedError(front, map, model, laid) })
  await pause(signal)
  const mesh = unproject(front, map, settings)
  const layers: GlbLayer[] = [{ role: 'front', mesh: worn ? { ...mesh, uvs: worn.uvs } : mesh, color, normalMap }]
  if (backdrop && textures.canvas) {
    await pause(signal)
    const pictures = await textures.hiddenOf(backdrop, level, color)
    layers.push({ role: 'backdrop', mesh: unproject(backdrop, map, settings, textures.canvas), ...pictures })
  }
  await pause(signal)
  return { layers, error }
}

/** What each level wears of the shared picture, nothing where it does not fit; levels that wear it are split where it would slip. */
async function wearShared(bare: readonly LevelSurfaces[], shared: SharedPicture, wearer: Wearer, { lods }: Settings, signal: AbortSignal | undefined): Promise<Level[]> {
  const levels: Level[] = []
  for (const [level, surfaces] of bare.entries()) {
    await pause(signal)
    const finer = level === 0 ? Infinity : trianglesOf(levels[level - 1]) - 1
    const hidden = trianglesOf(surfaces) - surfaces.front.triangles.length / 3
    const budget = Math.min(Array.isArray(lods) ? lods[level] : Infinity, finer) - hidden
    const worn = await shared.worn(surfaces.front, wearer, { level, budget })
    levels.push({ ...surfaces, front: worn?.front ?? surfaces.front, worn })
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

/** The pictures of a GLB that have files of their own. */
function beside(contents: readonly GlbContent[]): DepthTexture[] {
  const textures = new Map<string, DepthTexture>()
  for (const { layers } of contents) for (const { color } of layers) if (color?.file !== undefined) textures.set(color.file, { url: color.file, bytes: color.bytes.length })
  return [...textures.values()]
}
