import { faultsOf, nearestKey, settingsError, type SettingsFault } from '../core/options.js'
import { readSettingText, settingPlaces } from '../core/setting-text.js'
import { SHAPE_SETTINGS, type ShapeRequest } from '../core/shape/request.js'
import { SHAPE_IMPORT } from './shape-id.js'

/** Keys that Vite adds. */
const MARKS = new Set(['import', 't', 'v'])

/**
 * What an import asks for: `depthmesh:rock?seed=3&size=512&lods=3000,500&texture.size=256`.
 *
 * @throws DepthMeshError `SETTINGS_INVALID` naming the import, for a key that is unknown or says nothing about shapes
 */
export function parseShapeImport(source: string): ShapeRequest {
  const [shape, query = ''] = source.replace(SHAPE_IMPORT, '').split('?', 2)
  const places = settingPlaces(SHAPE_SETTINGS)
  const known = ['seed', 'size', ...places.keys()]
  const request: ShapeRequest = { shape }
  const settings: Record<string, unknown> = {}
  const faults: SettingsFault[] = []
  for (const [key, text] of new URLSearchParams(query)) {
    if (MARKS.has(key)) continue
    const setting = places.get(key)
    if (key === 'seed' || key === 'size') request[key] = text.trim() === '' ? NaN : Number(text)
    else if (setting === undefined) faults.push(unknownKey(key, known))
    else {
      const [outer, inner] = setting.path
      // `?solid` is `?solid=true`.
      const value = text === '' && setting.leaves.some(({ type }) => type === 'boolean') ? true : readSettingText(text, setting.leaves)
      settings[outer] = inner === undefined ? value : { ...(settings[outer] as object | undefined), [inner]: value }
    }
  }
  faults.push(...faultsOf(settings))
  if (faults.length > 0) throw settingsError({ origin: source }, faults)
  return { ...request, settings }
}

function unknownKey(key: string, known: readonly string[]): SettingsFault {
  const near = nearestKey(key, known)
  return { keys: [key], message: `unknown key ${JSON.stringify(key)}`, hint: near === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean ${JSON.stringify(near)}?` }
}
