import { sourceCamera } from './camera.js'
import { cleanDepth } from './depth/clean.js'
import type { CleanStep } from './depth/clean/step.js'
import { encodeDepth, encodedSettings, encodeDisplacement } from './depth/encode.js'
import type { PreflightReport } from './depth/preflight.js'
import { writeObj } from './glb/obj.js'
import type { Pieces } from './glb/pieces.js'
import { writePixelGlb } from './glb/pixel-glb.js'
import { readUnwrapped } from './glb/read.js'
import { pixelSurface } from './mesh/pixel-surface.js'
import { pause } from './pause.js'
import { cutAway, readMap, settingsOf, type BakeSources, type MapOptions } from './pipeline.js'
import { padEdges } from './texture/color.js'
import { encodeNormals, encodePicture } from './texture/encode.js'
import { bakeNormals, normalPicture, type NormalMap } from './texture/normal.js'
import { bakeNormalsOnto } from './texture/onto.js'

/** JPEG quality of the colour picture in an exported mesh: the picture itself lies beside it. */
const EXPORT_QUALITY = 95

/** What a map is handed to other tools as. */
export interface ExportResult {
  files: ExportedFile[]
  /** What was done to the map. */
  cleaned: CleanStep[]
  preflight: PreflightReport
}

/** A file of an export. */
export interface ExportedFile {
  name: string
  /** Its bytes, in order. Meshes are made as their pieces are asked for: of 4096² a GLB is 740 MB, and an OBJ 1.9 GB. */
  pieces: Pieces
}

/** The parts of an export: see {@link exportDepthMap}. */
export type ExportPart = 'depth' | 'mesh' | 'obj' | 'normal' | 'displacement'

export interface ExportOptions extends MapOptions {
  /** Name of the colour picture beside the files, for OBJ's material. */
  colorFile?: string | undefined
  /** A GLB of the same place and size, retopologised elsewhere, that is to get the map's detail as a normal map over its own UVs. */
  onto?: Uint8Array | undefined
}

/**
 * A map at full resolution, for Blender, ZBrush, Photoshop and the like, and for the way back:
 *
 * - `depth`: `<name>.depth.png`, the cleaned map, 16 bits, and `<name>.depth.json`, with which it gives the same surface
 * - `mesh`: `<name>.glb`, a vertex a pixel, without extensions but the unlit material
 * - `obj`: `<name>.obj` in quads, and `<name>.mtl`
 * - `normal`: `<name>.normal.png`; `displacement`: `<name>.displacement.png`, linear in metres
 * - with `onto`: `<name>.onto.normal.png`, `normalMap.size` pixels a side
 *
 * @throws DepthMeshError, or `options.signal`'s reason
 */
export async function exportDepthMap(sources: BakeSources, parts: readonly ExportPart[], options: ExportOptions = {}): Promise<ExportResult> {
  const { name } = sources
  const settings = settingsOf(options)
  const read = await readMap(sources, settings, options)
  const { signal } = options
  await pause(signal)
  const { map, steps } = cleanDepth({ map: read.meant, raster: read.raster, report: read.report, picture: read.gray }, settings)
  await pause(signal)
  const visible = await cutAway(map, read.picture)

  const files: ExportedFile[] = []
  const addPieces = (file: string, pieces: Pieces) => files.push({ name: `${name}${file}`, pieces })
  const add = (file: string, bytes: Uint8Array) => addPieces(file, () => [bytes])
  const text = (value: object) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
  if (parts.includes('depth')) {
    add('.depth.png', await encodeDepth(visible))
    add('.depth.json', text(encodedSettings(visible, settings)))
  }
  await pause(signal)
  const surface = parts.includes('mesh') || parts.includes('obj') ? pixelSurface(visible, settings) : null
  if (surface && parts.includes('mesh')) {
    const color = read.picture ? await encodePicture(padEdges(read.picture), { format: 'jpeg', quality: EXPORT_QUALITY, size: Math.max(read.picture.width, read.picture.height) }) : null
    addPieces('.glb', await writePixelGlb({ name, surface, color, camera: sourceCamera(visible, settings) }, settings))
  }
  await pause(signal)
  if (surface && parts.includes('obj')) {
    const { obj, mtl } = writeObj({ name, surface, color: options.colorFile ?? null })
    addPieces('.obj', obj)
    add('.mtl', mtl)
  }
  const addNormals = async (file: string, map: NormalMap) => add(file, (await encodeNormals(normalPicture(map), { format: 'png', quality: 100 })).bytes)
  await pause(signal)
  const normals = parts.includes('normal') || options.onto ? bakeNormals(visible, Math.max(visible.width, visible.height), settings) : null
  await pause(signal)
  if (normals && parts.includes('normal')) await addNormals('.normal.png', normals)
  if (normals && options.onto) await addNormals('.onto.normal.png', bakeNormalsOnto({ map: visible, normals, targets: await readUnwrapped(options.onto) }, settings.normalMap.size, settings))
  await pause(signal)
  if (parts.includes('displacement')) {
    const { bytes, scale } = await encodeDisplacement(visible, settings)
    add('.displacement.png', bytes)
    add('.displacement.json', text({ black: 0, white: scale, unit: 'metre', direction: settings.projection === 'perspective' ? 'along the view axis, from the farthest surface toward the camera' : 'out of the base plane' }))
  }
  return { files, cleaned: steps, preflight: read.report }
}
