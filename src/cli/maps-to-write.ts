import { DepthMeshError } from '../core/errors.js'
import { findMaps, mapName, type FoundMaps } from './find-maps.js'
import { failure, type Failure } from './outcome.js'

/** Finds the depth maps that files, folders and globs name, for a command that writes files called like the maps: two maps of one name can't both have them. */
export async function findMapsToWrite(patterns: readonly string[]): Promise<FoundMaps> {
  const found = await findMaps(patterns)
  const { maps, clashes } = splitClashes(found.maps)
  return { maps, failures: [...found.failures, ...clashes] }
}

/** Maps of one name would overwrite each other's files: all but the first fail. */
export function splitClashes(maps: readonly string[]): { maps: string[]; clashes: Failure[] } {
  const owners = new Map<string, string>()
  const clashes: Failure[] = []
  for (const file of maps) {
    const name = mapName(file).toLowerCase()
    const owner = owners.get(name)
    if (owner === undefined) owners.set(name, file)
    else clashes.push(failure(file, clash(file, owner)))
  }
  return { maps: [...owners.values()], clashes }
}

function clash(file: string, owner: string): DepthMeshError {
  return new DepthMeshError('OUTPUT_UNWRITABLE', `expected one map named "${mapName(file)}", found ${owner} too: they would write the same files`, {
    file,
    hint: 'Bake them into different folders.',
  })
}
