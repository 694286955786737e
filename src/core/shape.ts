import { encodeLevels } from './depth/encode.js'
import type { SettingsInput } from './options.js'
import { renderShape } from './shape/render.js'
import { checkShapeRequest, findShape, SHAPE_LODS, type ShapeRequest } from './shape/request.js'
import { encodePicture } from './texture/encode.js'

/** A prepared depth map, as `depthmesh new` writes it. */
export interface MadeShape {
  /** Pixels. */
  width: number
  height: number
  /** 16-bit gray PNG. */
  depth: Uint8Array
  /** The colour picture on black, PNG. */
  color: Uint8Array
  /** What its sidecar says. */
  settings: SettingsInput
}

/**
 * Makes a shape of the library: the same bytes for the same request.
 *
 * @throws DepthMeshError `INPUT_MISSING` for an unknown shape, `SETTINGS_INVALID` for a seed or a size that can't be
 * @example
 * const { depth, color, settings } = await makeShape({ shape: 'rock', seed: 3 })
 * await bakeDepthMesh({ name: 'rock', depth, color }, { settings })
 */
export async function makeShape(request: ShapeRequest): Promise<MadeShape> {
  const { shape, seed, size, settings } = checkShapeRequest(request)
  const { design, closed } = findShape(shape)
  const { width, height, across, relief, levels, picture } = renderShape(design(seed), { size, closed, baked: settings.shading !== 'lit' })
  const scale = (settings.width ?? across) / across
  return {
    width,
    height,
    depth: await encodeLevels({ width, height, levels }),
    color: (await encodePicture({ ...picture, channels: 3 }, { format: 'png', quality: 100, size })).bytes,
    // Clean already: what looks like a spike or a terrace here is a spine or a ledge.
    settings: { projection: 'orthographic', black: 'cut', width: inMillimetres(across * scale), relief: inMillimetres(relief * scale), clean: false, lods: [...SHAPE_LODS], ...settings },
  }
}

function inMillimetres(metres: number): number {
  return Math.round(metres * 1000) / 1000
}
