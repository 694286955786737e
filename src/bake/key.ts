import { createHash, type Hash } from 'node:crypto'
import { setImmediate as pause } from 'node:timers/promises'
import { MAP_SETTINGS } from '../core/options.js'
import type { Sources } from './sources.js'
import type { ToolVersions } from './versions.js'

/** Bumped when what an entry holds changes its meaning. */
export const CACHE_FORMAT = 2

/** Bytes hashed before the event loop gets a turn: about 20 ms. */
const SLICE = 16 * 1024 * 1024

/**
 * The name of a bake's result: SHA-256 of all that its bytes depend on, and of nothing else. Paths and times are no part of it, so it is the same
 * in every checkout and in CI; the asset's name is, because GLBs carry it.
 */
export async function bakeKey(sources: Sources, tools: ToolVersions): Promise<string> {
  const { color: _, ...settings } = sources.settings
  return hashOf({ format: CACHE_FORMAT, tools, name: sources.name, settings }, sources)
}

/** The name of the map that bakes of these sources have in common, whatever their budgets, textures or compression. */
export async function mapKey(sources: Sources, tools: ToolVersions): Promise<string> {
  const settings = Object.fromEntries(MAP_SETTINGS.map((name) => [name, sources.settings[name]]))
  return hashOf({ format: CACHE_FORMAT, tools, map: settings }, sources)
}

async function hashOf(about: unknown, { depth, color }: Sources): Promise<string> {
  const hash = createHash('sha256')
  await part(hash, Buffer.from(canonicalJson(about)))
  await part(hash, depth)
  if (color !== null) await part(hash, color)
  return hash.digest('hex')
}

/** Each part with its length in front, so that no two lists of parts run together. */
async function part(hash: Hash, bytes: Uint8Array): Promise<void> {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  hash.update(length)
  for (let at = 0; at < bytes.length; at += SLICE) {
    if (at > 0) await pause()
    hash.update(bytes.subarray(at, at + SLICE))
  }
}

/** JSON with sorted keys: equal values give equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1))) : entry,
  )
}
