import { DepthMeshError } from '../core/errors.js'
import { checkSettings, parseSettings, type SettingsInput, type SettingsLayer } from '../core/options.js'
import { checkShapeRequest, SHAPE_LODS, SHAPE_SETTINGS, type ShapeRequest } from '../core/shape/request.js'
import { readFile } from './source-file.js'
import type { Sources } from './sources.js'

const NO_BYTES = new Uint8Array()

/**
 * What a bake of a shape starts from. Its budgets give way to the plugin's options, those to what the request says; what a shape is by nature gives way to nothing.
 *
 * @throws DepthMeshError naming the import
 */
export function shapeSources(request: ShapeRequest, { name, defaults = [] }: { name: string; defaults?: readonly SettingsLayer[] | undefined }): Sources {
  try {
    const whole = checkShapeRequest(request)
    const { shape, seed } = whole
    const given = checkSettings(name, whole.settings)
    const settings = parseSettings([
      { origin: 'the shape', settings: { lods: [...SHAPE_LODS] } },
      ...defaults.map(({ origin, settings }) => ({ origin, settings: aboutShapes(settings) })),
      { origin: name, settings: { ...given, seed, projection: 'orthographic', black: 'cut', clean: false } },
    ])
    const { width, relief } = given
    const size = { ...(width === undefined ? {} : { width }), ...(relief === undefined ? {} : { relief }) }
    const made = { ...whole, settings: { ...size, shading: settings.shading } }
    return { name: shape, depth: readFile(NO_BYTES), color: null, settings, files: { depth: name, color: null, sidecar: name }, warnings: [], shape: made }
  } catch (error) {
    throw error instanceof DepthMeshError ? error.inFile(name) : error
  }
}

/** Of plugin options, those that say something about shapes; not how large maps are. */
function aboutShapes(settings: unknown): SettingsInput {
  const kept = SHAPE_SETTINGS.filter((key) => key !== 'width' && key !== 'relief')
  return Object.fromEntries(Object.entries(settings as SettingsInput).filter(([key]) => (kept as readonly string[]).includes(key)))
}
