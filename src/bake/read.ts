import { readFileSync, statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { DepthMeshError } from '../core/errors.js'

/**
 * Files up to this size are read on the spot, bytes: 20 KB take 15 µs of a local disk then, 100 µs by way of libuv's threads, and a build that bakes nothing reads
 * three a map. Larger ones are worth a thread.
 */
const ON_THE_SPOT = 2 ** 20

/**
 * The bytes of a file of this size. Rejects as `readFile` does, which would read half a MB at a time.
 */
export async function readBytes(path: string, size: number): Promise<Buffer> {
  if (size <= ON_THE_SPOT) return readFileSync(path)
  const file = await open(path)
  try {
    return await readAll(file, size)
  } finally {
    await file.close()
  }
}

/** The bytes of an open file of this size; fewer, where it has become shorter. */
export async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size)
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(bytes, at, size - at, at)
    at += bytesRead
    if (bytesRead === 0 || at === size) return bytes.subarray(0, at)
  }
}

/** Size in bytes and time of the last change, ms, of whatever lies there; null if nothing does or nobody may look. */
export function lookAt(path: string): { size: number; mtimeMs: number; ino: number } | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null
  } catch {
    return null
  }
}

/** One state of a file, `size mtime inode`, or '' where there is none: cheap to compare, never part of a cache key. */
export function stampOf(path: string): string {
  const found = lookAt(path)
  return found === null ? '' : `${found.size} ${found.mtimeMs} ${found.ino}`
}

/** What is wrong with a source that is there but can't be read. */
export function unreadable(file: string, cause: NodeJS.ErrnoException): DepthMeshError {
  return new DepthMeshError('INPUT_UNREADABLE', `cannot be read (${cause.code ?? cause.message})`, { file, hint: 'Check that it is a file and that you may read it.', cause })
}
