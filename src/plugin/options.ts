import type { CacheOptions } from '../bake/cache.js'
import type { Limits } from '../bake/bake.js'
import { DEPTH_MAP } from '../bake/map-name.js'
import { DepthMeshError, formatError } from '../core/errors.js'
import { nearestKey, parseSettings, settingsEntries, type SettingsInput } from '../core/options.js'

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
  return include.length === 1 && include[0] === DEPTH_MAP
}

/** @throws DepthMeshError `SETTINGS_INVALID`: its message is whole, since it is shown while Vite reads its config. */
export function parsePluginOptions(options: DepthMeshPluginOptions): PluginOptions {
  try {
    const { include = DEPTH_MAP, preload = [], cache = {}, workers, limits = {}, ...settings } = options
    const known = [...PLUGIN_KEYS, ...Object.keys(settingsEntries)]
    for (const key of Object.keys(settings)) if (!known.includes(key)) throw unknownKey(key, nearestKey(key, known), known)
    parseSettings([{ origin: 'plugin options', settings }])
    if (workers !== undefined && !(Number.isInteger(workers) && workers > 0)) throw invalid('workers', 'a whole number > 0', workers)
    if (cache !== false) checkGroup('cache', cache)
    checkGroup('limits', limits)
    return { include: patternsOf('include', include), preload: patternsOf('preload', preload), settings, cache, workers, limits }
  } catch (error) {
    throw error instanceof DepthMeshError ? new DepthMeshError(error.code, formatError(error), { cause: error }) : error
  }
}

function patternsOf(key: string, value: unknown): (string | RegExp)[] {
  const patterns: unknown[] = Array.isArray(value) ? value : [value]
  for (const pattern of patterns) if (typeof pattern !== 'string' && !(pattern instanceof RegExp)) throw invalid(key, 'a glob or a RegExp', pattern)
  return patterns as (string | RegExp)[]
}

function checkGroup(name: keyof typeof GROUPS, value: unknown): void {
  const types: Record<string, string> = GROUPS[name]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(name, name === 'cache' ? 'an object or false' : 'an object', value)
  for (const [key, entry] of Object.entries(value)) {
    if (!(key in types)) {
      const near = nearestKey(key, Object.keys(types))
      throw unknownKey(`${name}.${key}`, near && `${name}.${near}`, Object.keys(types))
    }
    const fits = entry === undefined || (typeof entry === types[key] && (typeof entry !== 'number' || entry > 0))
    if (!fits) throw invalid(`${name}.${key}`, types[key] === 'number' ? 'a number > 0' : `a ${types[key]}`, entry)
  }
}

function unknownKey(key: string, near: string | undefined, known: readonly string[]): DepthMeshError {
  const hint = near === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean "${near}"?`
  return new DepthMeshError('SETTINGS_INVALID', `unknown key "${key}"`, { file: 'plugin options', hint })
}

function invalid(key: string, expected: string, got: unknown): DepthMeshError {
  return new DepthMeshError('SETTINGS_INVALID', `${key}: expected ${expected}, got ${JSON.stringify(got) ?? String(got)}`, { file: 'plugin options' })
}
