import { statSync } from 'node:fs'
import { join } from 'node:path'
import { COLOR_EXTENSIONS, MAP_EXTENSIONS } from '../bake/map-name.js'
import { DepthMeshError } from '../core/errors.js'
import { sidecarPictures } from './sidecar-pictures.js'

/** Whose files are left as they are. */
export interface Spared {
  /** What was read for the outputs, wherever it lies. */
  sources: readonly string[]
  /** Names in the folder that look like sources but are what an earlier run wrote. */
  ours?: ReadonlySet<string> | undefined
}

const MAPS = MAP_EXTENSIONS.join('|')

/** Names by which a file is a source whatever lies beside it: a map, its settings, its colour picture. */
const SOURCE = new RegExp(`\\.(?:depth\\.(?:${MAPS}|json)|color\\.[^.]+)$`, 'i')

/** What a map and all that is found by its stem end with. */
const AFTER_STEM = new RegExp(`(?:\\.depth\\.(?:${MAPS}|json)|(?:\\.color)?\\.(?:${COLOR_EXTENSIONS.join('|')}))$`, 'i')

/** What may be somebody's colour picture. */
const PICTURE = new RegExp(`\\.(?:${COLOR_EXTENSIONS.join('|')})$`, 'i')

/** Does its name alone make a file a source? */
export function isNamedLikeSource(name: string): boolean {
  return SOURCE.test(name)
}

/** With the colour pictures, under any name, that sidecars of other maps name. They are looked for only where a picture that is there already is to be written or removed. */
export async function withSidecarPictures(folder: string, names: readonly string[], spared: Spared): Promise<Spared> {
  const isThere = (name: string): boolean => PICTURE.test(name) && statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
  return names.some(isThere) ? { ...spared, sources: [...spared.sources, ...(await sidecarPictures(folder))] } : spared
}

/**
 * Refuses to write over a source, and to write what would become one: a picture or settings that a map in the folder would take for its own.
 *
 * @throws DepthMeshError `OUTPUT_UNWRITABLE`
 */
export function refuseSources(folder: string, names: readonly string[], spared: Spared): void {
  const written = new Set(names)
  for (const name of names) {
    const file = join(folder, name)
    if (isSource(folder, name, spared)) {
      throw new DepthMeshError('OUTPUT_UNWRITABLE', 'expected a file of its own, found a source', { file, hint: 'Name another folder or file, or move this one away: sources are never written to.' })
    }
    const map = mapOf(folder, name, { ...spared, ours: new Set([...(spared.ours ?? []), ...written]) })
    if (map !== null && !spared.ours?.has(name)) {
      throw new DepthMeshError('OUTPUT_UNWRITABLE', `expected a place where it belongs to no map that is there already, found ${map}`, { file, hint: 'Name another folder or file: sources are left as they are.' })
    }
  }
}

/** Of the names of files that are no longer wanted those that nobody needs. */
export function withoutSources(folder: string, names: readonly string[], spared: Spared): string[] {
  return names.filter((name) => !isSource(folder, name, spared) && mapOf(folder, name, spared) === null)
}

/** Is there a file of this name that is a source? By what it is, too: names differ by links, and by case. */
function isSource(folder: string, name: string, { sources, ours }: Spared): boolean {
  const there = statSync(join(folder, name), { throwIfNoEntry: false, bigint: true })
  if (there === undefined) return false
  const isSame = (source: string): boolean => {
    const { dev, ino } = statSync(source, { throwIfNoEntry: false, bigint: true }) ?? {}
    return dev === there.dev && ino === there.ino
  }
  return (isNamedLikeSource(name) && !ours?.has(name)) || sources.some(isSame)
}

/** The map in the folder, not ours, to which a file of this name would belong. */
function mapOf(folder: string, name: string, { ours }: Spared): string | null {
  const stem = name.replace(AFTER_STEM, '')
  if (stem === name) return null
  const maps = MAP_EXTENSIONS.map((extension) => `${stem}.depth.${extension}`)
  return maps.find((map) => map !== name && !ours?.has(map) && statSync(join(folder, map), { throwIfNoEntry: false }) !== undefined) ?? null
}
