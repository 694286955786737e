import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isNamedLikeSource } from './spare-sources.js'
import type { Output } from './write-outputs.js'

/**
 * Which files of a folder an earlier export wrote, with the SHA-256 of each: `<name>.export.json`. Those of an export look like sources, and become sources once somebody edits them;
 * what still is as it was written may be written again.
 */
export interface ExportRecord {
  /** Its files that are as they were written. */
  untouched: ReadonlySet<string>
  /** The record of what is written now, `null` where nothing of it looks like a source. */
  of(outputs: readonly Output[]): Output | null
}

/** Reads what the last export of a map of this name into the folder wrote. */
export async function readExportRecord(folder: string, name: string): Promise<ExportRecord> {
  const file = `${name}.export.json`
  const earlier = await readSums(join(folder, file))
  const untouched = new Set<string>()
  for (const [written, sum] of earlier) {
    const bytes = await readFile(join(folder, written)).catch(() => null)
    if (bytes !== null && sumOf([bytes]) === sum) untouched.add(written)
  }
  return {
    untouched,
    of(outputs) {
      const sums = new Map([...earlier].filter(([name]) => untouched.has(name)))
      const sourceLike = outputs.filter(({ name }) => isNamedLikeSource(name))
      for (const output of sourceLike) sums.set(output.name, sumOf('bytes' in output ? [output.bytes] : output.pieces()))
      return sourceLike.length === 0 ? null : { name: file, bytes: `${JSON.stringify(Object.fromEntries([...sums].sort()), null, 2)}\n` }
    },
  }
}

async function readSums(path: string): Promise<[name: string, sum: unknown][]> {
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'))
    // (A name without folders: nothing else is read.)
    return Object.entries(record as object).filter(([name]) => isNamedLikeSource(name) && !/[/\\]/.test(name))
  } catch {
    return []
  }
}

function sumOf(pieces: Iterable<Uint8Array | string>): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
