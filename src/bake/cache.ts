import { randomUUID } from 'node:crypto'
import { existsSync, utimesSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { BakeResult, PreparedMap } from '../core/pipeline.js'
import { bakeEntry, decodeEntry, encodeEntry, mapEntry, type Entry } from './entry.js'
import { makeFolder } from './make-folder.js'
import { lookAt, readBytes } from './read.js'
import { openSourceHashes, type SourceHashes } from './source-hashes.js'

/** Enough for some 500 assets of four levels. */
const DEFAULT_MAX_BYTES = 2 * 1024 ** 3
/** A branch that nobody has built for two months is not coming back soon. */
const DEFAULT_MAX_AGE_DAYS = 60
/** Whatever was used within the hour may belong to a build that is running: it stays, even beyond `maxBytes`. */
const LIVE_MS = 60 * 60 * 1000
/** A writer needs seconds; a temporary file this old was left by one that died. */
const STALE_TEMP_MS = 60 * 60 * 1000
/** An entry's time of use is renewed at most this often. */
const TOUCH_MS = 60 * 1000

const ENTRY = /^([0-9a-f]{64})\.bake$/
const SOURCE_HASHES = 'source-hashes'
const TEMP = /^(?:[0-9a-f]{64}|source-hashes)\.[0-9a-f-]{36}\.tmp$/

export interface CacheOptions {
  /** Folder. Default: `DEPTHMESH_CACHE_DIR`, else `node_modules/.cache/depthmesh` of the nearest package. */
  dir?: string | undefined
  /** Oldest entries beyond this go, bytes. Default: 2 GiB. */
  maxBytes?: number | undefined
  /** Entries not used for this long go, days. Default: 60. */
  maxAge?: number | undefined
  /** Use what is there, write nothing. */
  readonly?: boolean | undefined
}

export interface CacheStats {
  dir: string
  entries: number
  bytes: number
}

/** Results of bakes, and maps prepared for them, on disk, by key. Nothing here throws: trouble is told once, and then it is as if nothing had been cached. */
export interface BakeCache {
  readonly dir: string
  /** The verified result, or null. */
  get(key: string): Promise<BakeResult | null>
  put(key: string, result: BakeResult): Promise<void>
  /** The verified map, or null. */
  getMap(key: string): Promise<PreparedMap | null>
  putMap(key: string, prepared: PreparedMap): Promise<void>
  /** What large sources hashed to when they were last read. */
  readonly hashes: SourceHashes
  /** Writes what is new of `hashes`. Removes what is too old, what is too much, and what dead writers left. */
  sweep(): Promise<void>
  stats(): Promise<CacheStats>
  /** Reads every entry. `damaged` are file names with the reason. */
  verify(): Promise<CacheStats & { damaged: { file: string; reason: string }[] }>
  /** Removes what the cache wrote, and nothing else. */
  clear(): Promise<CacheStats>
}

/**
 * Opens the cache of a folder; touches nothing before it is used.
 *
 * One file an entry, written beside its place and renamed into it, verified whole on every read: a process that is killed leaves an entry or none,
 * and two that write the same key leave either's, which are equal. There is no lock and no fsync: a power cut can tear an entry, the checksum finds it, and the next bake replaces it.
 * A damaged entry is replaced, never deleted: between reading and deleting it another process may have mended it.
 *
 * @param root where a relative `dir` starts and the nearest package is looked for.
 * @param sweepAfter sweeps this long after an entry was written, ms: for servers, which nobody lets end in order.
 */
export function openCache(options: CacheOptions & { root: string; onTrouble: (message: string) => void; sweepAfter?: number | undefined }): BakeCache {
  const dir = cacheFolder(options.root, options.dir)
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
  const maxAgeDays = options.maxAge ?? DEFAULT_MAX_AGE_DAYS
  const maxAge = maxAgeDays * 24 * 60 * 60 * 1000
  const told = new Set<string>()
  let writable = options.readonly !== true
  let ready: Promise<void> | undefined

  const tell = (message: string): void => {
    if (told.has(message)) return
    told.add(message)
    options.onTrouble(message)
  }

  const list = async (): Promise<{ file: string; key: string; bytes: number; used: number }[]> => {
    const names = await readdir(dir).catch(() => [])
    return names.flatMap((file) => {
      const key = ENTRY.exec(file)?.[1]
      const found = key === undefined ? null : lookAt(join(dir, file))
      return key === undefined || found === null ? [] : [{ file, key, bytes: found.size, used: found.mtimeMs }]
    })
  }

  const read = async (key: string): Promise<Entry | null> => {
    const path = join(dir, `${key}.bake`)
    const found = lookAt(path)
    let bytes: Buffer
    try {
      bytes = await readBytes(path, found?.size ?? 0)
    } catch (error) {
      if (!isMissing(error)) tell(`The cache entry ${path} cannot be read (${reasonOf(error)}); baking again.`)
      return null
    }
    const entry = await decodeEntry(bytes, key)
    if (typeof entry === 'string') {
      tell(`The cache entry ${path} is damaged (${entry}); baking again.`)
      return null
    }
    if (writable && found !== null) touch(path, found.mtimeMs)
    return entry
  }

  const write = async (name: string, content: () => Uint8Array[] | string | Promise<Uint8Array[]>): Promise<void> => {
    if (!writable) return
    const path = join(dir, name)
    const temp = join(dir, `${name.replace(/\.bake$/, '')}.${randomUUID()}.tmp`)
    try {
      ready ??= makeFolder(dir).then(() => undefined)
      await ready
      await writeFile(temp, await content(), { flag: 'wx' })
      await replace(temp, path)
    } catch (error) {
      await rm(temp, { force: true }).catch(() => undefined)
      // (On a read-only mount mkdir says ENOENT, not EROFS.) One failure is enough: a full disk stays full, and each asset would say so again.
      writable = false
      tell(`The cache ${dir} cannot be written (${reasonOf(error)}); baking without it. Name another folder in DEPTHMESH_CACHE_DIR.`)
    }
  }
  let sweeping: NodeJS.Timeout | undefined
  const writeEntry = async (key: string, entry: Entry): Promise<void> => {
    await write(`${key}.bake`, () => encodeEntry(key, entry))
    if (options.sweepAfter !== undefined && writable) sweeping ??= setTimeout(() => void cache.sweep(), options.sweepAfter).unref()
  }
  const hashes = openSourceHashes({ file: join(dir, SOURCE_HASHES), maxAge: maxAgeDays, write: (content) => write(SOURCE_HASHES, () => content), onTrouble: tell })

  const cache: BakeCache = {
    dir,

    async get(key) {
      const entry = await read(key)
      return entry && bakeEntry.from(entry)
    },

    put: (key, result) => writeEntry(key, bakeEntry.of(result)),

    async getMap(key) {
      const entry = await read(key)
      return entry && mapEntry.from(entry)
    },

    putMap: (key, prepared) => writeEntry(key, mapEntry.of(prepared)),

    hashes,

    async sweep() {
      clearTimeout(sweeping)
      sweeping = undefined
      if (!writable) return
      await hashes.save()
      const now = Date.now()
      const entries = (await list()).sort((a, b) => b.used - a.used)
      let kept = 0
      for (const { file, bytes, used } of entries) {
        if (used > now) touch(join(dir, file), used)
        const live = now - used < LIVE_MS
        if (live || (now - used <= maxAge && kept + bytes <= maxBytes)) kept += bytes
        else await rm(join(dir, file), { force: true }).catch(() => undefined)
      }
      for (const name of await readdir(dir).catch(() => [])) {
        if (!TEMP.test(name)) continue
        const found = lookAt(join(dir, name))
        if (found !== null && now - found.mtimeMs > STALE_TEMP_MS) await rm(join(dir, name), { force: true }).catch(() => undefined)
      }
    },

    async stats() {
      const entries = await list()
      return { dir, entries: entries.length, bytes: sum(entries) }
    },

    async verify() {
      const entries = await list()
      const damaged: { file: string; reason: string }[] = []
      for (const { file, key } of entries) {
        const bytes = await readFile(join(dir, file)).catch((error: unknown) => reasonOf(error))
        const entry = typeof bytes === 'string' ? bytes : await decodeEntry(bytes, key)
        if (typeof entry === 'string') damaged.push({ file, reason: entry })
      }
      const fault = hashes.fault()
      if (fault !== undefined) damaged.push({ file: SOURCE_HASHES, reason: fault })
      return { dir, entries: entries.length, bytes: sum(entries), damaged }
    },

    async clear() {
      const entries = await list()
      for (const name of await readdir(dir).catch(() => [])) {
        if (ENTRY.test(name) || TEMP.test(name) || name === SOURCE_HASHES) await rm(join(dir, name), { force: true })
      }
      return { dir, entries: entries.length, bytes: sum(entries) }
    },
  }
  return cache
}

/**
 * `dir`, seen from `root`, else `DEPTHMESH_CACHE_DIR`, seen from the working directory (so that the plugin, whose root may be another folder, and the command line mean the same one), else
 * `node_modules/.cache/depthmesh` of the package that `root` lies in, else the user's cache folder.
 */
export function cacheFolder(root: string, dir?: string): string {
  if (dir !== undefined && dir !== '') return resolve(root, dir)
  const named = process.env.DEPTHMESH_CACHE_DIR
  if (named !== undefined && named !== '') return resolve(named)
  const folder = nearestPackage(root)
  return folder === null ? join(userCacheFolder(), 'depthmesh') : join(folder, 'node_modules', '.cache', 'depthmesh')
}

/** The nearest folder from `start` upwards with a package.json, or null. */
export function nearestPackage(start: string): string | null {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (dirname(folder) === folder) return null
  }
}

function userCacheFolder(): string {
  if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches')
  return process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
}

/** Renames over what is there. On Windows that fails while someone reads it; then an equal entry is in place already. */
async function replace(temp: string, path: string): Promise<void> {
  try {
    await rename(temp, path)
  } catch (error) {
    const busy = ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (!busy || !existsSync(path)) throw error
    await rm(temp, { force: true })
  }
}

/** Marks an entry as used, also one of the future, which a clock that was put back left: it would be in use until then. That it can't be marked, on a file of another user say, is no trouble: it is only swept earlier. */
function touch(path: string, used: number): void {
  const now = new Date()
  if (Math.abs(now.getTime() - used) <= TOUCH_MS) return
  try {
    utimesSync(path, now, now)
  } catch {
    // As said.
  }
}

function sum(entries: readonly { bytes: number }[]): number {
  return entries.reduce((total, { bytes }) => total + bytes, 0)
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error))
}
