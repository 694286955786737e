import type { CacheOptions } from '../bake/cache.js'
import type { Limits } from '../bake/bake.js'
import { DEPTH_MAP } from '../bake/map-name.js'
import { DepthMeshError, formatError } from '../core/errors.js'
import { faultsOf, nearestKey, parseSettings, settingsEntries, settingsError, type SettingsFault, type SettingsInput } from '../core/options.js'

const GROUPS = {
  cache: { dir: 'string', maxBytes: 'number', maxAge: 'number', readonly: 'boolean' },
  limits: { maxPixels: 'number', maxFileBytes: 'number', jobSeconds: 'number' },
} as const
const PLUGIN_KEYS = ['include', 'preload', 'cache', 'workers', 'limits']

/** Options of the Vite plugin: defaults of the settings, which each sidecar may override, and what concerns the plugin alone. */
export interface DepthMeshPluginOptions extends SettingsInput {
  /** Files to bake: globs (relative to Vite's root) or patterns. Default: `*.depth.png`, `*.depth.exr`, `*.depth.tif`, `*.depth.tiff`. */
  include?: string | RegExp | readonly (string | RegExp)[] | undefined
  /**
   * Maps that the player sees first: globs (relative to Vite's root) or patterns; a shape as it is imported. Built pages whose scripts use them ask for their coarsest GLB
   * (`<link rel="preload">`) while the scripts still load. Default: none.
   */
  preload?: string | RegExp | readonly (string | RegExp)[] | undefined
  /** The cache on disk; `false`: none. */
  cache?: CacheOptions | false | undefined
  /** Bakes at once, at most. Default: the cores, at most 4. */
  workers?: number | undefined
  /** What is refused or given up, lest one file takes the memory or the time of all. */
  limits?: Limits | undefined
}

/** Plugin options, checked and taken apart. */
export interface PluginOptions {
  include: readonly (string | RegExp)[]
  preload: readonly (string | RegExp)[]
  settings: SettingsInput
  cache: CacheOptions | false
  workers: number | undefined
  limits: Limits
}

/** Whether maps are what is named so by default. */
export function hasDefaultInclude({ include }: Pick<PluginOptions, 'include'>): boolean {
  return include[0] === DEPTH_MAP
}

/** @throws DepthMeshError `SETTINGS_INVALID`: its message is whole, since it is shown while Vite reads its config. */
export function parsePluginOptions(options: DepthMeshPluginOptions): PluginOptions {
  const { include = DEPTH_MAP, preload = [], cache = {}, workers, limits = {}, ...rest } = options
  const known = [...PLUGIN_KEYS, ...Object.keys(settingsEntries)]
  const unknown = Object.keys(rest).filter((key) => !known.includes(key))
  const settings: SettingsInput = Object.fromEntries(Object.entries(rest).filter(([key]) => known.includes(key)))
  const faults: SettingsFault[] = [
    ...unknown.map((key) => unknownKey(key, nearestKey(key, known), known)),
    ...faultsOf(settings),
    ...patternFaults('include', include),
    ...patternFaults('preload', preload),
    ...(cache === false ? [] : groupFaults('cache', cache)),
    ...(workers === undefined || (Number.isInteger(workers) && workers > 0) ? [] : [invalid('workers', 'a whole number > 0', workers)]),
    ...groupFaults('limits', limits),
  ]
  try {
    if (faults.length > 0) throw settingsError({ origin: 'plugin options' }, faults)
    parseSettings([{ origin: 'plugin options', settings }])
  } catch (error) {
    throw error instanceof DepthMeshError ? new DepthMeshError(error.code, formatError(error), { cause: error }) : error
  }
  return { include: [include].flat(), preload: [preload].flat(), settings, cache, workers, limits }
}

function patternFaults(key: string, value: unknown): SettingsFault[] {
  const patterns: unknown[] = Array.isArray(value) ? value : [value]
  return patterns.filter((pattern) => typeof pattern !== 'string' && !(pattern instanceof RegExp)).map((pattern) => invalid(key, 'a glob or a RegExp', pattern))
}

function groupFaults(name: keyof typeof GROUPS, value: unknown): SettingsFault[] {
  const types: Record<string, string> = GROUPS[name]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [invalid(name, name === 'cache' ? 'an object or false' : 'an object', value)]
  return Object.entries(value).flatMap(([key, entry]) => {
    if (!Object.hasOwn(types, key)) {
      const near = nearestKey(key, Object.keys(types))
      return [unknownKey(`${name}.${key}`, near && `${name}.${near}`, Object.keys(types))]
    }
    const fits = entry === undefined || (typeof entry === types[key] && (typeof entry !== 'number' || entry > 0))
    return fits ? [] : [invalid(`${name}.${key}`, types[key] === 'number' ? 'a number > 0' : `a ${types[key]}`, entry)]
  })
}

function unknownKey(key: string, near: string | undefined, known: readonly string[]): SettingsFault {
  return { keys: [key], message: `unknown key "${key}"`, hint: near === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean "${near}"?` }
}

function invalid(key: string, expected: string, got: unknown): SettingsFault {
  return { keys: [key], message: `${key}: expected ${expected}, got ${JSON.stringify(got) ?? String(got)}` }
}
