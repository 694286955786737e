import { MAP_SETTINGS } from '../core/options.js'
import { sha256 } from './sha256.js'
import type { Sources } from './sources.js'
import type { ToolVersions } from './versions.js'

/** Bumped when what an entry holds changes its meaning. */
export const CACHE_FORMAT = 3

/**
 * The name of a bake's result: SHA-256 of all that its bytes depend on, and of nothing else. Paths and times are no part of it, so it is the same
 * in every checkout and in CI; the asset's name is, because GLBs carry it.
 */
export async function bakeKey(sources: Sources, tools: ToolVersions): Promise<string> {
  const { color: _, ...settings } = sources.settings
  const { name, shape } = sources
  return hashOf({ format: CACHE_FORMAT, tools, name, settings, ...(shape === undefined ? {} : { shape }) }, sources)
}

/** The name of the map that bakes of these sources have in common, whatever their budgets, textures or compression. */
export async function mapKey(sources: Sources, tools: ToolVersions): Promise<string> {
  const settings = Object.fromEntries(MAP_SETTINGS.map((name) => [name, sources.settings[name]]))
  return hashOf({ format: CACHE_FORMAT, tools, map: settings }, sources)
}

/** Hashes of the parts are hashed together, so that no two lists of parts run together and large ones are hashed side by side. */
async function hashOf(about: unknown, { depth, color }: Sources): Promise<string> {
  const parts = await Promise.all([sha256(Buffer.from(canonicalJson(about))), depth.hash(), ...(color === null ? [] : [color.hash()])])
  return (await sha256(Buffer.concat(parts))).toString('hex')
}

/** JSON with sorted keys: equal values give equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1))) : entry,
  )
}
