import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { makeFolder } from '../bake/make-folder.js'
import { DepthMeshError } from '../core/errors.js'
import type { DepthAsset } from '../core/index.js'
import { refuseSources, withSidecarPictures, withoutSources, type Spared } from './spare-sources.js'

/** A file to write: its name in the folder and its bytes, or the pieces of a large one, each made when it is its turn. */
export type Output = { name: string } & ({ bytes: Uint8Array | string } | { pieces: () => Iterable<Uint8Array> })

export interface WriteOptions extends Spared {
  /** Names of files in the folder that an earlier run left, and that go away. */
  stale?: readonly string[] | undefined
  signal: AbortSignal
}

/**
 * Writes files into a folder so that nobody ever sees half of one: each goes to a temporary name first, and only when all are
 * whole do they get their names, in order. List the file that names the others last. Sources are never written over.
 *
 * @throws DepthMeshError `OUTPUT_UNWRITABLE`, or the signal's reason; nothing is left behind then.
 */
export async function writeOutputs(folder: string, outputs: readonly Output[], { stale = [], signal, ...known }: WriteOptions): Promise<void> {
  const suffix = `.${randomUUID()}.tmp`
  const temporary = outputs.map(({ name }) => join(folder, name + suffix))
  let made: string | undefined
  try {
    const names = outputs.map(({ name }) => name)
    const spared = await withSidecarPictures(folder, [...names, ...stale], known)
    refuseSources(folder, names, spared)
    made = await makeFolder(folder)
    for (const [i, output] of outputs.entries()) {
      signal.throwIfAborted()
      if ('bytes' in output) await writeFile(temporary[i], output.bytes, { flag: 'wx', flush: true })
      else await writePieces(temporary[i], output.pieces(), signal)
    }
    signal.throwIfAborted()
    for (const [i, { name }] of outputs.entries()) await rename(temporary[i], join(folder, name))
    for (const name of withoutSources(folder, stale, spared)) await rm(join(folder, name), { force: true })
  } catch (error) {
    await Promise.all(temporary.map((path) => rm(path, { force: true }).catch(() => {})))
    if (made !== undefined) await removeEmpty(folder, made)
    throw signal.aborted || error instanceof DepthMeshError ? error : unwritable(folder, error)
  }
}

/** What levels and the pictures they name end with. */
const LEVEL_FILE = /\.(?:glb|webp|avif|jpg|png|ktx2)$/

/** Removes a folder and those around it, up to `last`, where there is nothing in them. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      await rmdir(path)
    } catch {
      return // Somebody has put something there.
    }
    if (path === resolve(last)) return
  }
}

/** (Between two pieces the process hears Ctrl-C.) */
async function writePieces(path: string, pieces: Iterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'wx')
  try {
    for (const piece of pieces) {
      signal.throwIfAborted()
      await file.writeFile(piece)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The levels, also of variations, and the pictures that they name, that an earlier bake's manifest lists; `null` where there is no manifest of ours. */
export async function levelsOf(manifestPath: string): Promise<string[] | null> {
  try {
    const { lods, variants } = JSON.parse(await readFile(manifestPath, 'utf8')) as Pick<DepthAsset, 'lods' | 'variants'>
    const names = [...lods, ...variants.flatMap((variant) => variant.lods)].flatMap(({ url, textures = [] }) => [url, ...textures.map(({ url }) => url)])
    return [...new Set(names)].filter((url) => url === basename(url) && LEVEL_FILE.test(url))
  } catch {
    return null
  }
}

function unwritable(folder: string, cause: unknown): DepthMeshError {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST' || code === 'ENOTDIR') return new DepthMeshError('OUTPUT_UNWRITABLE', 'expected a folder, found a file', { file: folder, hint: 'Name another folder.', cause })
  return new DepthMeshError('OUTPUT_UNWRITABLE', `expected a folder that can be written to, got ${code ?? message}`, { file: folder, hint: 'Check --out, its rights and the space on the disk.', cause })
}
