import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { lookAt } from './read.js'

/** A folder that changed less than this before it was listed may change again within the same tick of its clock, ms: FAT counts in steps of two seconds. */
const TICK = 2000

/** The names in a folder by their plain form. */
export type Names = ReadonlyMap<string, readonly string[]>

const listings = new Map<string, { changed: number; names: Promise<Names> }>()

/** The file beside a map that is called `wanted`: exactly so, else in another Unicode form, else in other capitals, where these do not tell two maps apart. */
export function companion(entries: Names, wanted: string, map: string): string | undefined {
  const found = entries.get(plainName(wanted)) ?? []
  const twins = new Set((entries.get(plainName(map)) ?? []).map((name) => name.normalize('NFC')))
  return found.find((name) => name === wanted) ?? found.find((name) => name.normalize('NFC') === wanted.normalize('NFC')) ?? (twins.size > 1 ? undefined : found[0])
}

/** The sidecar under a name that is written otherwise: decomposed where the map's is composed, or with other capitals. */
export async function findSidecar(mapPath: string, sidecar: string): Promise<string | undefined> {
  const entries = await listFolder(dirname(sidecar)).catch(() => null)
  const entry = entries && companion(entries, basename(sidecar), basename(mapPath))
  return entry ? join(dirname(sidecar), entry) : undefined
}

/** What is in a folder. Maps share one look as long as the folder stays as it is: a build reads a whole folder of them. */
export function listFolder(folder: string): Promise<Names> {
  const changed = lookAt(folder)?.mtimeMs ?? NaN
  const known = listings.get(folder)
  if (known?.changed === changed) return known.names
  const quiet = changed < Date.now() - TICK
  const names = readdir(folder).then(namesByPlainForm)
  const listing = { changed, names }
  listings.set(folder, listing)
  const forget = (): void => void (listings.get(folder) === listing && listings.delete(folder))
  names.then(quiet ? undefined : forget, forget)
  return names
}

/** A name without regard to capitals and to how its accents are stored. */
export function plainName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

function namesByPlainForm(names: readonly string[]): Names {
  const grouped = new Map<string, string[]>()
  for (const name of [...names].sort()) grouped.set(plainName(name), [...(grouped.get(plainName(name)) ?? []), name])
  return grouped
}
