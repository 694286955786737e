import { watch, type FSWatcher } from 'node:fs'
import { dirname, join } from 'node:path'
import { debug } from './debug.js'
import { lookAt, stampOf } from './read.js'

/** Looks at single files by way of their folders: before they are there too, and after they were gone. */
export interface FileWatch {
  /**
   * What to look at, beside all that was given before. Absolute paths.
   *
   * @returns whether some of it is new
   */
  add(files: readonly string[]): boolean
  close(): void
}

export type FileNews = 'add' | 'change' | 'unlink'

/** @param onNews told of each file that has come, changed or gone */
export function watchFiles(onNews: (news: FileNews, file: string) => void): FileWatch {
  /** Files by how they were when they were last looked at. */
  const stamps = new Map<string, string>()
  /** By their folders: what lies there under the name of one later is another, which has to be watched anew. */
  const watchers = new Map<string, { watcher: FSWatcher; inode: number }>()

  const look = (file: string): void => {
    const [before, now] = [stamps.get(file), stampOf(file)]
    if (before === now) return
    stamps.set(file, now)
    onNews(before === '' ? 'add' : now === '' ? 'unlink' : 'change', file)
  }
  const noticed = (folder: string, name: string | null): void => {
    for (const [watched, { inode }] of watchers) if (lookAt(watched)?.ino !== inode) forget(watched)
    for (const file of stamps.keys()) {
      if (!watchers.has(dirname(file))) listen(dirname(file))
      else if (dirname(file) !== folder || (name !== null && file !== join(folder, name))) continue
      look(file)
    }
  }
  /** As long as a folder is not there, to the nearest around it that is. */
  const listen = (folder: string): void => {
    if (watchers.has(folder)) return
    const found = lookAt(folder)
    if (found === null) {
      if (dirname(folder) !== folder) listen(dirname(folder))
      return
    }
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => noticed(folder, name))
      watchers.set(folder, { watcher, inode: found.ino })
      watcher.on('error', () => forget(folder))
    } catch (error) {
      // The system has no more watches to give, say: it is as if nothing ever changed there.
      debug('watch', () => `${folder} ${String(error)}`)
    }
  }
  const forget = (folder: string): void => {
    watchers.get(folder)?.watcher.close()
    watchers.delete(folder)
  }

  return {
    add(files) {
      const fresh = files.filter((file) => !stamps.has(file))
      for (const file of fresh) stamps.set(file, stampOf(file))
      for (const file of files) listen(dirname(file))
      return fresh.length > 0
    },
    close() {
      for (const folder of watchers.keys()) forget(folder)
    },
  }
}
