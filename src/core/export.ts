import { cleanDepth } from './depth/clean.js'
import type { CleanStep } from './depth/clean/step.js'
import { encodeDepth, encodedSettings, encodeDisplacement } from './depth/encode.js'
import type { PreflightReport } from './depth/preflight.js'
import { writeObj } from './glb/obj.js'
import { writeGlb } from './glb/write.js'
import { triangulateGrid } from './mesh/triangulate.js'
import { unproject } from './mesh/unproject.js'
import { parseSettings } from './options.js'
import { cutAway, readMap, sourceCamera, type BakedFile, type BakeOptions, type BakeSources } from './pipeline.js'
import { padEdges } from './texture/color.js'
import { encodeNormals, encodePicture } from './texture/encode.js'
import { bakeNormals, normalPicture } from './texture/normal.js'

/** JPEG quality of the colour picture in an exported mesh: the picture itself lies beside it. */
const EXPORT_QUALITY = 95

/** What a map is handed to other tools as. */
export interface ExportResult {
  files: BakedFile[]
  /** What was done to the map. */
  cleaned: CleanStep[]
  preflight: PreflightReport
}

/** The parts of an export: see {@link exportDepthMap}. */
export type ExportPart = 'depth' | 'mesh' | 'obj' | 'normal' | 'displacement'

/**
 * A map at full resolution, for Blender, ZBrush, Photoshop and the like, and for the way back:
 *
 * - `depth`: `<name>.depth.png`, the cleaned map, 16 bits, and `<name>.depth.json`, with which it gives the same surface
 * - `mesh`: `<name>.glb`, a vertex a pixel, without extensions but the unlit material
 * - `obj`: `<name>.obj` in quads, and `<name>.mtl`
 * - `normal`: `<name>.normal.png`; `displacement`: `<name>.displacement.png`, linear in metres
 *
 * @param colorFile name of the colour picture beside these files, for OBJ's material
 * @throws DepthMeshError
 */
export async function exportDepthMap(sources: BakeSources, parts: readonly ExportPart[], options: BakeOptions & { colorFile?: string | undefined } = {}): Promise<ExportResult> {
  const { name } = sources
  const settings = parseSettings([{ origin: 'settings', settings: options.settings ?? {} }])
  const read = await readMap(sources, settings, options)
  const { map, steps } = cleanDepth({ map: read.meant, raster: read.raster, report: read.report, picture: read.gray }, settings)
  const visible = await cutAway(map, read.picture)
  options.signal?.throwIfAborted()

  const files: BakedFile[] = []
  const add = (file: string, bytes: Uint8Array) => files.push({ name: `${name}${file}`, bytes })
  const text = (value: object) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
  if (parts.includes('depth')) {
    add('.depth.png', await encodeDepth(visible))
    add('.depth.json', text(encodedSettings(visible, settings)))
  }
  const mesh = parts.includes('mesh') || parts.includes('obj') ? unproject(triangulateGrid(visible, Infinity), visible, settings) : null
  if (mesh && parts.includes('mesh')) {
    const color = read.picture ? await encodePicture(padEdges(read.picture), { format: 'jpeg', quality: EXPORT_QUALITY, size: Math.max(read.picture.width, read.picture.height) }) : null
    const content = { name, layers: [{ role: 'front', mesh, color, normalMap: null } as const], camera: sourceCamera(visible, settings), map: visible, error: { metres: 0, pixels: 0 } }
    add('.glb', (await writeGlb(content, { ...settings, compression: 'none', shading: 'unlit' })).bytes)
  }
  if (mesh && parts.includes('obj')) {
    const { obj, mtl } = writeObj({ name, mesh, width: visible.width, height: visible.height, color: options.colorFile ?? null })
    add('.obj', obj)
    add('.mtl', mtl)
  }
  if (parts.includes('normal')) add('.normal.png', (await encodeNormals(normalPicture(bakeNormals(visible, Math.max(visible.width, visible.height), settings)), { format: 'png', quality: 100 })).bytes)
  if (parts.includes('displacement')) {
    const { bytes, scale } = await encodeDisplacement(visible, settings)
    add('.displacement.png', bytes)
    add('.displacement.json', text({ black: 0, white: scale, unit: 'metre', direction: settings.projection === 'perspective' ? 'along the view axis, from the farthest surface toward the camera' : 'out of the base plane' }))
  }
  return { files, cleaned: steps, preflight: read.report }
}
