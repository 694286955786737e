import { createHash } from 'node:crypto'
import { readFileSync, statfsSync, statSync, type BigIntStats } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { debug } from './debug.js'
import { readAll } from './read.js'

/** Smaller files are read and hashed each time, bytes: that takes 0.15 ms. */
export const WORTH_NOTING = 2 ** 16

/**
 * A file that changed less than this before it was read is not noted, ms. What comes after may bear the same time: clocks of file systems tick every 4 ms, those of some every second. And a program
 * that writes through memory leaves a new time only with the first write after the system has put the last to disk: 35 s later, measured on ext4.
 */
const SETTLED_MS = 60_000

/** More files than this are not remembered, the latest used first. A million bytes and a half. */
const MOST_FILES = 10_000

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * File systems of Linux whose time of change is its own clock's, whatever programs set or copy: what `statfs` calls them. Others are read: network file systems tell a time that may be a minute old, FAT and
 * SFTP know none and tell the one that programs set, and memory (tmpfs) keeps it when a program writes through memory.
 */
const TRUSTED = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x794c7630, // overlayfs, which containers run on
])

const HEADER = /^depthmesh source hashes 1 ([0-9a-f]{64})$/

/**
 * What large sources hashed to when they were last read, so that a build that bakes nothing reads none of them: 50 maps of 1024² with their pictures are 208 MB. As git's index does, it believes that a file whose
 * inode, size, time of modification and time of change are the same holds the same; only of files that had been left alone for a minute when they were read, and only where the system keeps
 * the time of change to itself. It is advice and no part of any key: what it says is checked wherever a file is read after all, and without it every file is read.
 */
export interface SourceHashes {
  /** SHA-256 of what lies at an absolute path, or null where it has to be read. */
  of(path: string): Buffer | null
  /** Reads a file whole. Call `note` with its SHA-256. Rejects as `readFile` does. */
  read(path: string): Promise<{ bytes: Buffer; note: (hash: Buffer) => void }>
  /**
   * SHA-256 of several files of a folder, from `read` where they have to be read: for depthmesh's own core, whose files are part of every key.
   *
   * @param files names relative to the folder, in the order in which they are hashed
   */
  ofAll(folder: string, files: readonly string[], read: () => Buffer): Buffer
  /** Takes back what was said of a path. */
  forget(path: string): void
  /** Writes what is new. */
  save(): Promise<void>
  /** In a few words what is wrong with the file, if something is. */
  fault(): string | undefined
}

/** State, SHA-256, and the last day on which it was of use, counted from 1970. */
type Note = [state: string, hash: string, day: number]
type Notes = Map<string, Note>

export interface SourceHashesOptions {
  /** Where they are kept. */
  file: string
  /** Notes that were of no use for this long go, days. */
  maxAge: number
  /** Replaces the file. */
  write: (content: string) => Promise<void>
  /** Told what is wrong with the file. */
  onTrouble: (message: string) => void
}

export function openSourceHashes({ file, maxAge, write, onTrouble }: SourceHashesOptions): SourceHashes {
  let known: Notes | undefined
  /** Since the last save. `null`: taken back. */
  const changes = new Map<string, Note | null>()

  const load = (): Notes => {
    const found = loadNotes(file)
    if (typeof found !== 'string') return found
    onTrouble(`The list of known sources ${file} is of no use (${found}); reading them again.`)
    return new Map()
  }
  /** (A state is noted only where it may be believed; by its device and inodes it lies there still.) */
  const find = (key: string, state: string): Buffer | null => {
    known ??= load()
    const note = known.get(key)
    if (note?.[0] !== state) return null
    if (note[2] !== today()) change(key, [state, note[1], today()])
    return Buffer.from(note[1], 'hex')
  }
  const change = (key: string, note: Note | null): void => {
    known ??= load()
    if (note === null) known.delete(key)
    else known.set(key, note)
    changes.set(key, note)
  }

  return {
    of(path) {
      const found = statOf(path)
      const hash = found === null ? null : find(keyOf(path), stateOf(found))
      if (hash !== null) debug('cache', () => `known ${hash.toString('hex', 0, 4)} ${path}`)
      return hash
    },

    async read(path) {
      const handle = await open(path)
      try {
        const start = Date.now()
        const found = await handle.stat({ bigint: true })
        const settled = isSettled(path, found, start)
        const bytes = await readAll(handle, Number(found.size))
        // (Of one that changes meanwhile this would be a note of a state that is no more.)
        return { bytes, note: (hash) => settled && change(keyOf(path), [stateOf(found), hash.toString('hex'), today()]) }
      } finally {
        await handle.close()
      }
    },

    ofAll(folder, files, read) {
      const start = Date.now()
      const found = files.map((name) => ({ name, path: join(folder, name), stat: statOf(join(folder, name)) }))
      const state = hashOf(found.map(({ name, stat }) => `${name} ${stat === null ? '' : stateOf(stat)}`).join('\n'))
      const known = find(keyOf(folder), state)
      if (known !== null) return known
      const hash = read()
      if (found.every(({ path, stat }) => stat !== null && isSettled(path, stat, start))) change(keyOf(folder), [state, hash.toString('hex'), today()])
      return hash
    },

    forget: (path) => change(keyOf(path), null),

    async save() {
      if (changes.size === 0) return
      // Beside what other processes have noted meanwhile. That one of two that save at once loses its notes is no harm.
      const notes = load()
      for (const [key, note] of changes) {
        if (note === null) notes.delete(key)
        else notes.set(key, note)
      }
      changes.clear()
      await write(textOf(notes, maxAge))
    },

    fault() {
      const found = loadNotes(file)
      return typeof found === 'string' ? found : undefined
    },
  }
}

/** Is a file old enough by now, and its time of change to be believed? */
function isSettled(path: string, stat: BigIntStats, now: number): boolean {
  return now - Number(stat.ctimeMs) >= SETTLED_MS && isTrusted(path, stat)
}

/** One line with a checksum of the rest, which is JSON. */
function textOf(notes: Notes, maxAge: number): string {
  const kept = [...notes].filter(([, [, , day]]) => today() - day <= maxAge).sort(([, [, , a]], [, [, , b]]) => b - a)
  const json = JSON.stringify(kept.slice(0, MOST_FILES))
  return `depthmesh source hashes 1 ${hashOf(json)}\n${json}`
}

/** No notes where there is no file; or in a few words what is wrong with it. */
function loadNotes(file: string): Notes | string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ENOTDIR' ? new Map() : code
  }
  const end = text.indexOf('\n')
  const checksum = HEADER.exec(text.slice(0, end))?.[1]
  const json = text.slice(end + 1)
  if (checksum === undefined) return 'it is something else'
  if (hashOf(json) !== checksum) return 'it has another checksum'
  const notes = JSON.parse(json) as [string, Note][]
  return notes.every(isNote) ? new Map(notes) : 'it has another shape'
}

function isNote([key, [state, hash, day]]: [string, Note]): boolean {
  return typeof key === 'string' && typeof state === 'string' && /^[0-9a-f]{64}$/.test(hash) && Number.isInteger(day)
}

/** No path lies in the cache. */
function keyOf(path: string): string {
  return hashOf(path).slice(0, 32)
}

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

function statOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return null
  }
}

const trusted = new Map<bigint, boolean>()

/** Does the file system that a file lies on keep the time of change to itself? */
function isTrusted(path: string, { dev }: BigIntStats): boolean {
  const known = trusted.get(dev)
  if (known !== undefined) return known
  try {
    const found = process.platform === 'linux' && TRUSTED.has(statfsSync(path).type)
    trusted.set(dev, found)
    return found
  } catch {
    return false
  }
}

function today(): number {
  return Math.floor(Date.now() / DAY_MS)
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
