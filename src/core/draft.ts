import { sourceCamera } from './camera.js'
import type { DisparityMap } from './depth/convention.js'
import { isEmpty } from './depth/gaps.js'
import { shrinkMap } from './depth/shrink.js'
import { createAsset } from './glb/manifest.js'
import { materialOf } from './glb/material.js'
import { writeGlb, type GlbLayer } from './glb/write.js'
import { levelError } from './mesh/error/error.js'
import { triangulateGrid } from './mesh/grid.js'
import { fillBackdropColor } from './mesh/hidden/backdrop-color.js'
import { buildBackdrop, type Backdrop } from './mesh/hidden/backdrop.js'
import { coverWith, pushBehind } from './mesh/hidden/behind.js'
import { hiddenLevels } from './mesh/hidden/hidden.js'
import { correctSlip } from './mesh/lay/correct-slip.js'
import { closeSolid } from './mesh/solid.js'
import { errorModel } from './mesh/surface/error-model.js'
import type { Surface } from './mesh/surface/surface.js'
import { dropUnused, mend } from './mesh/surface/topology.js'
import { findJumps } from './mesh/triangulate/cut.js'
import { measureLevel, triangulateLevels } from './mesh/triangulate/triangulate.js'
import { unproject } from './mesh/unproject.js'
import type { Settings } from './options.js'
import { pause } from './pause.js'
import { readPrepared, settingsOf, type BakeOptions, type BakeResult, type BakeSources } from './pipeline.js'
import { coverage, padEdges, shrinkPicture, type Picture } from './texture/color.js'
import { encodeNormals, encodePicture, encodePlaceholder, type EncodedImage } from './texture/encode.js'
import { bakeNormals, normalPicture } from './texture/normal.js'

/** Longer side of the map that a draft is made from, pixels. At 1024² the same draft takes 1.6 times as long, and looks the same. */
const MAP_SIZE = 512
/** What a draft's surface may have, triangles: the third of the default budgets, which 512² pixels suffice for. */
const TRIANGLES = 6000
/** The skirt around a view: from a map of so many pixels, with so many triangles at most. It is smooth, out of sight but for its inner rim, and takes 40 ms; from 512 pixels 110. */
const SKIRT = { size: 256, triangles: 500, fewest: 16, share: 0.17 }
/** Longer side of its colour texture, pixels. */
const TEXTURE_SIZE = 1024
/** Of its pictures. JPEG without mozjpeg's search takes 8 ms at 1024², WebP 150: a draft goes no farther than from one process to another. */
const ENCODING = { format: 'jpeg', quality: 85, quick: true } as const

/**
 * A first look at a bake, in a tenth of its time: one level, inserted in a smaller map and not refined, as one sheet wherever there is something (a cut without the
 * hidden layer behind it would show through) and the skirt around it, with small textures.
 *
 * Its manifest is true of what it has, but for the list of its levels: as many as the whole bake has at most, all of them the one file, so that what asks for the third finds it.
 *
 * @returns `null` where a draft could not stand for the whole: where there are variations, or next to nothing.
 * @throws DepthMeshError, or `options.signal`'s reason
 */
export async function draftDepthMesh(sources: BakeSources, options: BakeOptions = {}): Promise<BakeResult | null> {
  const settings = settingsOf(options)
  if (settings.variants > 0) return null
  const { name } = sources
  const { map, report, picture } = await readPrepared(sources, settings, options)
  await pause(options.signal)
  const small = shrinkMap(map, MAP_SIZE)
  if (isEmpty(small.disparity)) return null

  // (1) What needs no surface is encoded while there is none: in threads of its own.
  const material = materialOf(settings, picture !== null)
  const { lit } = material
  const baked = lit ? encodeNormals(normalPicture(bakeNormals(small, MAP_SIZE, { ...settings, cut: false })), ENCODING) : null
  const shrunk = picture && (await shrinkPicture(picture, TEXTURE_SIZE))
  const encoding = Promise.all([baked, shrunk ? encodePlaceholder(shrunk) : ''])
  encoding.catch(() => undefined) // (told where it is waited for)
  const padded = shrunk && padEdges(shrunk, coverage(small))

  // (2) The surface, counted in pixels of the map itself from here on: so its errors are those of what is shown.
  const model = errorModel(map, settings)
  const budget = Math.min(TRIANGLES, Array.isArray(settings.lods) ? settings.lods[0] : TRIANGLES)
  const skirt = await draftSkirt(map, settings, budget)
  const sheet = draftSheet(small, settings, budget - (skirt?.surface.triangles.length ?? 0) / 3)
  if (skirt) pushBehind(skirt.surface, coverWith(onto(skirt.map, small, sheet), skirt.map), skirt.map, skirt.backdrop)
  const front = measureLevel(onto(map, small, settings.solid ? await closeSolid({ ...sheet, ...NOT_MEASURED }, small, settings) : sheet), map, model)

  // (3) The file.
  await pause(options.signal)
  const worn = padded && correctSlip(padded, front, map, model)
  const color: EncodedImage | null = worn && (await encodePicture(worn, { ...ENCODING, size: TEXTURE_SIZE }))
  const [normalMap, placeholder] = await encoding
  const layers: GlbLayer[] = [{ role: 'front', mesh: unproject(front, map, settings), color, normalMap }]
  if (skirt) layers.push(await dressSkirt(skirt, padded, lit, settings))
  const size = { width: map.width, height: map.height }
  const camera = sourceCamera(map, settings)
  // (The error of the bare mesh: what slip its texture takes out would take half as long again to find, and there is no other level to choose.)
  const glb = await writeGlb([{ name, layers, camera, map, error: levelError(model, front) }], { ...settings, compression: 'none' })
  const file = `${name}.draft.glb`
  const levels = Array.from({ length: levelCount(settings) }, () => ({ file, glb, error: glb.error, color, beside: [] }))
  const asset = createAsset({ name, size, levels, camera, material, placeholder })
  return { manifest: { ...asset, draft: true, preflight: report }, files: [{ name: file, bytes: glb.bytes }] }
}

const NOT_MEASURED = { maxError: 0, rmsError: 0, pixelError: { max: 0, parallax: 0, rms: 0, p99: 0 } }

function draftSheet(small: DisparityMap, settings: Settings, budget: number): Surface {
  if (settings.topology === 'grid') {
    const { points, triangles } = triangulateGrid(small, budget)
    if (triangles.length > 0) return dropUnused(points, triangles)
  }
  const jumps = findJumps(small, false)
  const [{ points, triangles }] = triangulateLevels(small, { budgets: [budget] }, errorModel(small, settings), jumps)
  return jumps.count === 0 ? dropUnused(points, triangles) : mend({ points, triangles })
}

interface Skirt {
  map: DisparityMap
  backdrop: Backdrop
  /** On the backdrop's canvas. */
  surface: Surface
}

/** What a camera that moves sees beside the picture; `null` where the whole bake has none. */
async function draftSkirt(map: DisparityMap, settings: Settings, budget: number): Promise<Skirt | null> {
  const tiny = shrinkMap(map, SKIRT.size)
  const backdrop = buildBackdrop(tiny, { ...settings, cut: false })
  const triangles = Math.floor(Math.min(SKIRT.triangles, SKIRT.share * budget))
  if (backdrop === null || triangles < SKIRT.fewest) return null
  const [surface] = await hiddenLevels(backdrop, { budgets: [triangles] }, errorModel(tiny, settings))
  return surface && { map: tiny, backdrop, surface }
}

async function dressSkirt({ map, backdrop, surface }: Skirt, picture: Picture | null, lit: boolean, settings: Settings): Promise<GlbLayer> {
  const { left, top, map: { width, height } } = backdrop
  const color = picture && (await encodePicture(fillBackdropColor(await shrinkPicture(picture, SKIRT.size), map, backdrop), { ...ENCODING, size: 2 * SKIRT.size }))
  const normals = lit ? fillBackdropColor(normalPicture(bakeNormals(map, SKIRT.size, { ...settings, cut: false })), map, backdrop) : null
  return { role: 'backdrop', mesh: unproject(surface, map, settings, { left, top, width, height }), color, normalMap: normals && (await encodeNormals(normals, ENCODING)) }
}

/** A surface on one size of a map, on another: see `shrinkMap` for where the pixels lie. Half a pixel beyond their centres is the picture's edge in both. */
function onto(map: DisparityMap, small: DisparityMap, { points, triangles }: Surface): Surface {
  const along = (place: number, from: number, to: number): number => {
    if (place <= 0 || place >= from) return place <= 0 ? 0 : to
    return from > 1 ? 0.5 + ((place - 0.5) * (to - 1)) / (from - 1) : place * to
  }
  const moved = points.slice()
  for (let i = 0; i < moved.length; i += 3) {
    moved[i] = along(points[i], small.width, map.width)
    moved[i + 1] = along(points[i + 1], small.height, map.height)
  }
  return { points: moved, triangles }
}

/** How many levels the whole bake has at most. */
function levelCount({ container, lods }: Settings): number {
  return container === 'msft_lod' ? 1 : Array.isArray(lods) ? lods.length : lods.error.length
}
