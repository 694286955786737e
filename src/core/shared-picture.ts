import type { DisparityMap } from './depth/convention.js'
import { shadingOf } from './glb/material.js'
import type { GlbImage } from './glb/write.js'
import type { PixelError } from './mesh/error/error.js'
import { bentError, type BentSlip } from './mesh/lay/bent-error.js'
import { bendUvs, type Bend } from './mesh/lay/bent-uvs.js'
import { splitBent } from './mesh/lay/split-bent.js'
import type { ErrorModel } from './mesh/surface/error-model.js'
import type { PlaneMesh } from './mesh/triangulate/triangulate.js'
import type { Settings } from './options.js'
import { padEdges, type Mask, type Picture } from './texture/color.js'
import { encodeForLevel, encodePicture, firstPixelBytes, qualityAt, textureSize, type EncodedImage } from './texture/encode.js'

/** Slip that level by level may cost, pixels of the map, 99 of 100 places: what their triangles may be off by. */
const MOST_SLIP = [1, 2, 4, 8]
/** UVs are stored in steps of this share of that, which may slip by as much more. */
const UV_SHARE = 1 / 8
/**
 * Triangles of a budget that are left for splitting what slips by more, times the budget's square root: 1 % of 20,000, 9 % of 500, 18 % of 120. Of rocks, towers and cliffs at 2,000, 500 and
 * 120 triangles a level needs 20 to 120, 7 to 60 and 4 to 25, which brings slips of 1.5 to 19 px at the 99th percentile below 1, 2 and 4. What does not suffice is spent on the worst.
 */
const SPLIT_ROOM = 2
/** Bytes that UVs of their own take a triangle, 0.9 to 1.9 under meshopt; those of a picture that is not bent repeat positions (see `packMeshes`). */
const UV_BYTES = { meshopt: 1.5, khr_meshopt: 1.5, quantize: 2, none: 0 }

export interface Worn {
  front: PlaneMesh
  image: GlbImage
  /** Into the picture, two numbers a vertex. */
  uvs: Float32Array
  /** The error that counts, of the surface as it ships in this picture. */
  error: Pick<PixelError, 'max' | 'p99'>
}

/** The variation of the map that is to wear it. */
export interface Wearer {
  map: DisparityMap
  model: ErrorModel
  bend: Bend
  /** Of that bend. */
  slipAt: BentSlip
}

/** A map's picture in files of its own, one a level size, that all of its variations wear. */
export interface SharedPicture {
  /**
   * A variation's level in it, and the surface that wears it: with a few more triangles, up to `budget`, where the picture would slip. `null` where a level is better off with a
   * picture of its own.
   */
  worn(front: PlaneMesh, wearer: Wearer, options: { level: number; budget: number }): Promise<Worn | null>
  /** The files that are worn so far. */
  files(): { name: string; bytes: Uint8Array }[]
}

export interface SharedPictureSources {
  /** The map's name. */
  name: string
  picture: Picture
  /** Where the map has a surface. */
  mask: Mask | undefined
  /** Of the map's own levels, fine → coarse. */
  triangles: readonly number[]
}

/**
 * Whether variations of a map can wear its picture as it is: a variation bends and mirrors the picture, so only UVs change. Not in perspective, where slip is taken out of each level's
 * own picture, and not where normals are a second picture, in the variation's own frame.
 */
export function canShare(settings: Settings, picture: Picture | null): picture is Picture {
  return picture !== null && settings.variants > 1 && settings.projection === 'orthographic' && shadingOf(settings, true) === 'unlit'
}

/** Budgets for surfaces that leave room for the triangles that splitting adds; of a handful nothing is left (see `buildLevels`). */
export function budgetsBeforeSplitting(settings: Settings): Settings['lods'] {
  const { lods } = settings
  return maySplit(settings) && Array.isArray(lods) ? lods.map((budget) => budget - Math.floor(SPLIT_ROOM * Math.sqrt(budget))) : lods
}

/** Even quads stay even, sides of solids straight, and 16-bit integers on their lattice. */
function maySplit({ topology, solid, compression }: Settings): boolean {
  return topology === 'adaptive' && !solid && compression !== 'quantize'
}

/**
 * Encodes the picture when a level first asks for it. A level gets it where it slips by no more than the level may be off, and where it saves bytes: `n` variations with pictures of
 * their own take `n` pictures, sharing one picture and `n` times the UVs.
 */
export function sharePicture({ name, picture, mask, triangles }: SharedPictureSources, settings: Settings): SharedPicture {
  const { format } = settings.texture
  const { variants } = settings
  const quality = qualityAt(settings.texture, picture)
  const images = new Map<number, Promise<EncodedImage>>()
  const files = new Map<string, EncodedImage>()
  let padded: Picture | undefined

  const useAt = (level: number) => ({ ...settings.texture, quality, role: 'color' as const, firstPixel: firstPixelBytes(settings, false), level, triangles, textures: 1 })
  const sizeAt = (level: number): number => Math.min(textureSize(useAt(level)), Math.max(picture.width, picture.height))
  const imageAt = (level: number): Promise<EncodedImage> => {
    const worn = (padded ??= padEdges(picture, mask))
    const image = images.get(level) ?? encodeForLevel(useAt(level), (size, quality) => encodePicture(worn, { format, quality, size }))
    images.set(level, image)
    return image
  }
  /** Small pictures, which are not scaled down, come out alike at several levels: those share the finest one's file. */
  const finestAlike = async (level: number): Promise<number> => {
    const { bytes } = await imageAt(level)
    for (let finer = 0; finer < level; finer++) if (sizeAt(finer) === sizeAt(level) && Buffer.compare((await imageAt(finer)).bytes, bytes) === 0) return finer
    return level
  }

  return {
    async worn(front, { map, model, bend, slipAt }, { level, budget }) {
      if (level >= triangles.length) return null
      const image = await imageAt(level)
      if (variants * UV_BYTES[settings.compression] * triangles[level] > (variants - 1) * image.bytes.length) return null
      const most = MOST_SLIP[Math.min(level, MOST_SLIP.length - 1)]
      const split = maySplit(settings) ? splitBent(front, map, { bend, most, budget }) : front
      const uvs = bendUvs(split, map, { bend, step: most * UV_SHARE })
      const { error, slip } = bentError(split, map, model, { uvs, slipAt })
      if (slip > most * (1 + UV_SHARE)) return null
      const file = `${name}.variants.color${await finestAlike(level)}.${extensionOf(image)}`
      files.set(file, image)
      return { front: split, image: { ...image, file }, uvs, error }
    },
    files: () => [...files].map(([name, { bytes }]) => ({ name, bytes })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function extensionOf({ mimeType }: EncodedImage): string {
  return mimeType === 'image/jpeg' ? 'jpg' : mimeType.slice('image/'.length)
}
