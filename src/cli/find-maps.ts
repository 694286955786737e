import { statSync, type Stats } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { FOREIGN_EXTENSIONS, FOREIGN_MAP, refuseMap } from '../bake/foreign-map.js'
import { DEPTH_MAP, MAP_EXTENSIONS } from '../bake/map-name.js'
import { DepthMeshError } from '../core/errors.js'
import { nearestKey } from '../core/options.js'
import type { Arguments } from './flags.js'
import { failure, type Failure } from './outcome.js'
import { UsageError } from './usage-error.js'

/** Every depth map below a folder. */
const MAPS_BELOW = `**/*.depth.{${MAP_EXTENSIONS.join()}}`
/** And what people take for one. */
const FOREIGN_BELOW = `**/*.depth.{${FOREIGN_EXTENSIONS.join()}}`

/** Folders that hold nobody's sources. */
export const IGNORED = ['**/node_modules/**', '**/.git/**']

/** What the patterns name: maps to work on, and why others are none. */
export interface FoundMaps {
  /** As typed, or below what was typed; in order, each once. */
  maps: string[]
  failures: Failure[]
}

/**
 * What was typed to name maps.
 *
 * @throws UsageError where nothing was.
 */
export function patternsOf({ positionals }: Arguments): readonly string[] {
  if (positionals.length === 0) throw new UsageError('expected a file, a folder or a glob, got none.')
  return positionals
}

/** Finds the depth maps that files, folders and globs name. */
export async function findMaps(patterns: readonly string[]): Promise<FoundMaps> {
  const maps = new Map<string, string>()
  const failures: Failure[] = []
  const refuse = (file: string, error: DepthMeshError): void => void failures.push(failure(file, error))
  for (const pattern of patterns) {
    const stats = statsOf(pattern)
    if (stats?.isFile()) {
      if (DEPTH_MAP.test(pattern)) maps.set(resolve(pattern), pattern)
      else refuse(pattern, await refuseMap(pattern))
      continue
    }
    const all = stats?.isDirectory() ? await glob([MAPS_BELOW, FOREIGN_BELOW], { cwd: pattern, absolute: true, ignore: IGNORED, caseSensitiveMatch: false }) : await globFiles(pattern)
    const asTyped = (file: string): string => (isAbsolute(pattern) ? resolve(file) : relative('.', file))
    const found = all.filter((file) => DEPTH_MAP.test(file)).sort()
    for (const file of found) maps.set(resolve(file), asTyped(file))
    const known = new Set(found.map(stemOf))
    // Beside a map of the same name it may be a preview of it.
    const foreign = all.filter((file) => FOREIGN_MAP.test(file) && !known.has(stemOf(file))).sort()
    for (const file of foreign.map(asTyped)) refuse(file, await refuseMap(file))
    if (found.length + foreign.length === 0) refuse(pattern, await nothingFound(pattern, stats?.isDirectory() ?? false))
  }
  return { maps: [...maps.values()], failures }
}

/** What is known of a file or a folder; nothing of what is none, a glob say, or can't be reached. */
export function statsOf(pattern: string): Stats | undefined {
  try {
    return statSync(pattern, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** `canyon` of `art/canyon.depth.png`. */
export function mapName(file: string): string {
  return basename(file).replace(DEPTH_MAP, '')
}

async function globFiles(pattern: string): Promise<string[]> {
  const posix = pattern.replaceAll('\\', '/')
  return isDynamicPattern(posix) ? glob(posix, { absolute: true, ignore: IGNORED }) : []
}

/** `art/canyon` of `art/canyon.depth.png`. */
function stemOf(file: string): string {
  return resolve(file).replace(/\.depth\.\w+$/i, '')
}

async function nothingFound(pattern: string, isFolder: boolean): Promise<DepthMeshError> {
  const wanted = 'expected depth maps (*.depth.png, *.depth.exr, *.depth.tif), found none'
  if (isFolder) return new DepthMeshError('INPUT_MISSING', wanted, { file: pattern, hint: 'Name another folder.' })
  if (isDynamicPattern(pattern)) return new DepthMeshError('INPUT_MISSING', wanted, { file: pattern, hint: 'Put the pattern in quotes, so that the shell leaves it alone.' })
  return new DepthMeshError('INPUT_MISSING', 'expected a file, a folder or a glob, found nothing there', { file: pattern, hint: await nearest(pattern) })
}

/** What may have been meant by a name that nothing has. */
async function nearest(path: string): Promise<string> {
  const entries = await readdir(dirname(path), { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => entry.isDirectory() || DEPTH_MAP.test(entry.name)).map(({ name }) => name)
  // (What all maps' names end in would make any two alike.)
  const alike = names.filter((name) => nearestKey(firstPart(path), [firstPart(name)]) !== undefined)
  const near = nearestKey(basename(path), alike)
  return near === undefined ? 'Check the name.' : `Did you mean ${join(dirname(path), near)}?`
}

/** `canyon` of `art/canyon.depth.png`. */
function firstPart(path: string): string {
  return basename(path).split('.', 1)[0]
}
