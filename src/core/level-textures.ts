import type { DisparityMap } from './depth/convention.js'
import { fillBackdropColor } from './mesh/hidden/backdrop-color.js'
import type { Backdrop } from './mesh/hidden/backdrop.js'
import { clearFringes } from './mesh/hidden/fringe.js'
import { correctSlip } from './mesh/lay/correct-slip.js'
import type { ErrorModel } from './mesh/surface/error-model.js'
import type { Surface } from './mesh/surface/surface.js'
import type { PlaneMesh } from './mesh/triangulate/triangulate.js'
import type { Canvas } from './mesh/unproject.js'
import type { Settings } from './options.js'
import { pause } from './pause.js'
import { coverage, padEdges, shrinkPicture, type Picture } from './texture/color.js'
import { encodeForLevel, encodeNormals, encodePicture, firstPixelBytes, qualityAt, textureSize, type EncodedImage, type EncodingUse } from './texture/encode.js'
import { bakeNormals, normalPicture, shrinkNormals, type NormalMap } from './texture/normal.js'

/** The hidden layer's pictures are smooth: at half the resolution of the front's its colours cost 6 KiB instead of 20 and no dB (25.57 both). */
const BACKDROP_TEXTURE = 0.5
/** What it weighs then against the front's: 9–15 % on three photos, with room to spare. */
const BACKDROP_WEIGHT = 0.25
/** How many times its weight its colours may come to at the coarsest level, whose bytes are counted: few photos take more than once, with AVIF or a high quality up to three times. */
const BACKDROP_HEAVIEST = 2

/** Texture slip is taken out of a picture so many times as fine as the level's texture: resampled at its own size it would blur. */
const OVERSAMPLED = 2

/** What the textures of all levels are made from. */
export interface TextureSources {
  map: DisparityMap
  backdrop: Backdrop | null
  /** The colour picture, varied as the map is; `null` where there is none, or no level wears one of its own. */
  picture: Picture | null
  /** Whether normal maps are worn. */
  lit: boolean
  /** Of all levels, fine → coarse. */
  triangles: readonly number[]
}

/** Pictures of the whole hidden layer. */
interface HiddenPictures {
  color: Picture | null
  normals: Picture | null
}

/** How the pictures of all levels are fitted and encoded. */
interface Fitting extends Pick<TextureSources, 'triangles'> {
  /** Of the map, pixels. */
  size: { width: number; height: number }
  /** What all pictures of a level weigh, in weights of one of the front's. */
  textures: number
  /** What they may weigh together at the coarsest level, bytes. */
  firstPixel: number
  /** Of colours at LOD 0, 1..100. */
  colorQuality: number
  settings: Settings
  model: ErrorModel
}

/** What the levels of a map wear. Pictures of the whole map are made once; of these each level gets its own, sized for it, with the slip of its own triangles taken out. */
export class LevelTextures {
  private readonly encodeOnce: (picture: Picture, size: number, quality: number) => Promise<EncodedImage>

  private constructor(
    private readonly fitting: Fitting,
    /** Of what the map shows; it goes on beyond the surface's edges. */
    private readonly color: Picture | null,
    private readonly normals: NormalMap | null,
    /** What the hidden layer's pictures cover; `null` where there is no such layer. */
    readonly canvas: Canvas | null,
    private readonly hidden: () => Promise<HiddenPictures>,
  ) {
    const { format } = fitting.settings.texture
    this.encodeOnce = onceEach((picture, size, quality) => encodePicture(picture, { format, quality, size }))
  }

  static async of({ map, backdrop, picture, lit, triangles }: TextureSources, settings: Settings, model: ErrorModel, signal?: AbortSignal): Promise<LevelTextures> {
    const size = { width: map.width, height: map.height }
    const padded = picture && padEdges(picture, coverage(map))
    // (Where nobody can look behind an edge, nothing moves beside it.)
    const color = padded && backdrop && settings.cut !== false ? clearFringes(padded, map, settings.cut) : padded
    await pause(signal)
    const normals = lit ? bakeNormals(map, settings.normalMap.size, settings) : null
    const canvas = backdrop && { left: backdrop.left, top: backdrop.top, width: backdrop.map.width, height: backdrop.map.height }
    const textures = ((color ? 1 : 0) + (normals ? 1 : 0)) * (canvas ? 1 + BACKDROP_WEIGHT : 1)
    const colorQuality = qualityAt(settings.texture, color ?? size)
    return new LevelTextures({ size, triangles, textures, firstPixel: firstPixelBytes(settings, lit), colorQuality, settings, model }, color, normals, canvas, hiddenOnce(backdrop, { color, normals, size }, settings))
  }

  /** The colours of a level's front, finer than they will be encoded; `null` without any. */
  async fitColor(front: PlaneMesh, level: number): Promise<Picture | null> {
    const { size, model } = this.fitting
    return this.color && correctSlip(await shrinkPicture(this.color, OVERSAMPLED * textureSize(this.colorUse(level))), front, size, model)
  }

  /** @param fitted as {@link fitColor} gives it for the level. */
  encodeColor(fitted: Picture, level: number): Promise<EncodedImage> {
    return encodeForLevel(this.colorUse(level), (size, quality) => this.encodeOnce(fitted, size, quality))
  }

  /** The normal map of a level's front; `null` where none is worn. */
  async normalsOf(front: PlaneMesh, level: number): Promise<EncodedImage | null> {
    const { normals, fitting: { size, model, settings: { texture: { format } } } } = this
    if (!normals) return null
    return encodeForLevel(this.normalUse(level), (longer, quality) => encodeNormals(correctSlip(normalPicture(shrinkNormals(normals, longer)), front, size, model), { format, quality }))
  }

  /** Makes the pictures that the hidden layers of all levels are cut from, if nobody has yet. */
  async makeHidden(): Promise<void> {
    await this.hidden()
  }

  /**
   * The pictures of a level's hidden layer.
   *
   * @param color the front's, which says how fine its own are.
   */
  async hiddenOf(surface: Surface, level: number, color: { width: number; height: number } | null): Promise<{ color: EncodedImage | null; normalMap: EncodedImage | null }> {
    const { canvas, fitting: { size: { width, height }, textures, settings: { texture, normalMap }, model } } = this
    if (!canvas) return { color: null, normalMap: null }
    const hidden = await this.hidden()
    const scale = BACKDROP_TEXTURE * (Math.max(canvas.width, canvas.height) / Math.max(width, height))
    const colorSize = Math.ceil((color ? Math.max(color.width, color.height) : 0) * scale)
    const laid = hidden.color ? correctSlip(hidden.color, surface, canvas, model) : null
    const colorUse = { ...this.colorUse(level), quality: texture.quality, textures: textures / BACKDROP_WEIGHT / BACKDROP_HEAVIEST }
    const colors = laid ? await encodeForLevel(colorUse, (size, quality) => encodePicture(laid, { format: texture.format, quality, size: Math.min(size, colorSize) })) : null
    const normalUse = { ...this.normalUse(level), size: Math.round(normalMap.size * scale), textures: textures / BACKDROP_WEIGHT }
    const fitted = hidden.normals ? correctSlip(hidden.normals, surface, canvas, model) : null
    const normals = fitted ? await encodeForLevel(normalUse, (size, quality) => encodeNormals(fitted, { format: texture.format, quality, size })) : null
    return { color: colors, normalMap: normals }
  }

  private colorUse(level: number): EncodingUse {
    const { triangles, textures, firstPixel, colorQuality, settings: { texture } } = this.fitting
    return { ...texture, quality: colorQuality, firstPixel, level, triangles, textures, role: 'color' }
  }

  private normalUse(level: number): EncodingUse {
    const { triangles, textures, firstPixel, settings: { texture: { format }, normalMap } } = this.fitting
    return { ...normalMap, format, firstPixel, level, triangles, textures, role: 'normals' }
  }
}

/** The hidden layer's pictures, made when they are first asked for. Its depth and its sources, of 4096² 150 MB, have said all they have to say then. */
function hiddenOnce(backdrop: Backdrop | null, { color, normals, size }: { color: Picture | null; normals: NormalMap | null; size: { width: number; height: number } }, { texture, normalMap }: Settings): () => Promise<HiddenPictures> {
  let layer = backdrop
  const make = async (): Promise<HiddenPictures> => {
    if (!layer) return { color: null, normals: null }
    const colors = color && fillBackdropColor(await shrinkPicture(color, texture.size * BACKDROP_TEXTURE), size, layer)
    // The hidden layer goes on with the shading of what it continues, as with its colours: both show through a cut, beside the front.
    const shading = normals && fillBackdropColor(normalPicture(shrinkNormals(normals, normalMap.size * BACKDROP_TEXTURE)), size, layer)
    layer = null
    return { color: colors, normals: shading }
  }
  let made: Promise<HiddenPictures> | undefined
  return () => (made ??= make())
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
