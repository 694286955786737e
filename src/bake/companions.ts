import { existsSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Dependencies } from './sources.js'

/** Tells a watcher that sees changes of files, but no new ones, of companions that appear. */
export interface CompanionBell {
  /** A temporary file that changes whenever one does: let it be watched. */
  file: string
  /** What to listen for, beside all that was given before. */
  listen(dependencies: Dependencies): void
  close(): void
}

/**
 * For `vite build --watch` and bundled dev on Rolldown, which does not see files that are created, and with a whole folder to watch builds for ever once its own output lies in there.
 * Nothing but a temporary file is written.
 *
 * @param appeared told of each companion, before the bell is rung
 */
export function createCompanionBell(appeared: (file: string) => void = () => undefined): CompanionBell {
  const file = join(tmpdir(), `depthmesh-${randomUUID()}`)
  const awaited = new Set<string>()
  const watchers = new Map<string, FSWatcher>()
  writeFileSync(file, '')

  const noticed = (folder: string, name: string | null): void => {
    const path = name === null ? undefined : join(folder, name)
    if (path === undefined || !awaited.has(path) || !existsSync(path)) return
    appeared(path)
    writeFileSync(file, `${path} ${Date.now()}`)
  }

  return {
    file,
    listen({ missing }) {
      for (const path of missing) {
        awaited.add(path)
        const folder = dirname(path)
        if (watchers.has(folder) || !existsSync(folder)) continue
        const watcher = watch(folder, { persistent: false }, (_event, name) => noticed(folder, name))
        // A folder that is deleted has nothing more to tell.
        watcher.on('error', () => watcher.close())
        watchers.set(folder, watcher)
      }
    },
    close() {
      for (const watcher of watchers.values()) watcher.close()
      rmSync(file, { force: true })
    },
  }
}
