import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those around it that are missing.
 *
 * Not by `mkdir` with `recursive`: where a file system says ENOENT of a folder whose parent is there (/proc, the mount points of an automounter), Node 20 makes the parent and tries
 * again, for ever and on a whole core.
 *
 * @returns the outermost folder that was made; `undefined` where all were there
 * @throws what the system says
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const folder = resolve(path)
  const parent = dirname(folder)
  let outermost: string | undefined
  try {
    await mkdir(folder)
  } catch (error) {
    if (await isFolder(folder)) return undefined
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error
    outermost = await makeFolder(parent)
    // Once more, and not again: what is missing now is not the parent. (Another process may have been faster.)
    await mkdir(folder).catch(async (still: unknown) => {
      if (!(await isFolder(folder))) throw still
    })
  }
  return outermost ?? folder
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false)
}
