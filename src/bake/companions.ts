import { rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dependencies } from './source-log.js'
import { watchFiles } from './watch-files.js'

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
  writeFileSync(file, '')
  const watcher = watchFiles((news, path) => {
    if (news !== 'add') return
    appeared(path)
    writeFileSync(file, `${path} ${Date.now()}`)
  })

  return {
    file,
    listen({ missing }) {
      watcher.add(missing)
    },
    close() {
      watcher.close()
      rmSync(file, { force: true })
    },
  }
}
