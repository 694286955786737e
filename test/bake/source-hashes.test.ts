import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { openCache, type BakeCache } from '../../src/bake/cache.js'
import { sha256 } from '../../src/bake/sha256.js'
import { WORTH_NOTING } from '../../src/bake/source-hashes.js'
import { SourceLog } from '../../src/bake/source-log.js'
import { readSources } from '../../src/bake/sources.js'
import { describeOnDisk } from '../support/disk.js'
import { temporaryFolder } from '../support/folder.js'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR

let folder: string
beforeEach(() => {
  folder = temporaryFolder({ 'a.png': randomBytes(1000), 'b.png': randomBytes(1000) })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR })
})
afterEach(() => void vi.useRealTimers())

/** Is this folder on what Linux calls tmpfs? */
const isInMemory = (folder: string): boolean => process.platform === 'linux' && existsSync(folder) && statfsSync(folder).type === 0x01021994

const pathOf = (name: string): string => join(folder, name)
const list = (): string => join(folder, 'cache/source-hashes')

function open(options: { maxAge?: number } = {}): { cache: BakeCache; troubles: string[] } {
  const troubles: string[] = []
  return { cache: openCache({ root: folder, dir: 'cache', ...options, onTrouble: (message) => troubles.push(message.replaceAll(folder, '.')) }), troubles }
}
/** As a build does it. */
async function read({ hashes }: BakeCache, name: string): Promise<string> {
  const { bytes, note } = await hashes.read(pathOf(name))
  note(await sha256(bytes))
  return (await sha256(readFileSync(pathOf(name)))).toString('hex')
}
const known = ({ hashes }: BakeCache, name: string): string | undefined => hashes.of(pathOf(name))?.toString('hex')

describeOnDisk('the list of known sources', () => {
  it('knows what a file hashed to, in other processes as soon as it is written, and holds no path', async () => {
    const { cache } = open()
    const hash = await read(cache, 'a.png')
    expect(known(cache, 'a.png')).toBe(hash)
    expect(known(open().cache, 'a.png')).toBeUndefined()
    await cache.sweep()
    expect(known(open().cache, 'a.png')).toBe(hash)
    for (const name of ['b.png', 'gone.png']) expect(known(open().cache, name)).toBeUndefined()
    expect(readFileSync(list(), 'utf8')).not.toContain('a.png')
  })

  it('reads a file that was known after all for those who still wait, when whoever asked first has left', async () => {
    writeFileSync(pathOf('hill.depth.png'), randomBytes(WORTH_NOTING))
    const { cache } = open()
    await read(cache, 'hill.depth.png')
    const leaving = new AbortController()
    const log = new SourceLog()
    const { depth } = await readSources(pathOf('hill.depth.png'), { projectRoots: [folder], maxFileBytes: 1e6, patient: false, hashes: cache.hashes, signal: leaving.signal }, log)
    // Builds that watch look at it, read or not.
    expect(log.dependencies.present).toEqual([pathOf('hill.depth.png')])
    leaving.abort()
    expect(Buffer.from(await depth.bytes())).toEqual(readFileSync(pathOf('hill.depth.png')))
  })

  it('knows what a folder of files hashed to, until one of them is written over, comes or goes', async () => {
    const { cache } = open()
    let reads = 0
    const hash = (files: string[]): string => {
      const read = (): Buffer => {
        reads++
        return createHash('sha256').update(Buffer.concat(files.filter((name) => existsSync(pathOf(name))).map((name) => readFileSync(pathOf(name))))).digest()
      }
      return cache.hashes.ofAll(folder, files, read).toString('hex')
    }
    const both = hash(['a.png', 'b.png'])
    expect([hash(['a.png', 'b.png']), reads]).toEqual([both, 1])
    expect(hash(['a.png'])).not.toBe(both)
    expect([hash(['a.png', 'b.png']), reads]).toEqual([both, 3])
    const { mtime } = statSync(pathOf('a.png'))
    writeFileSync(pathOf('a.png'), randomBytes(1000))
    utimesSync(pathOf('a.png'), mtime, mtime)
    const edited = hash(['a.png', 'b.png'])
    expect([edited === both, reads]).toEqual([false, 4])
    rmSync(pathOf('b.png'))
    expect([hash(['a.png', 'b.png']) === edited, reads]).toEqual([false, 5])
  })

  it('forgets what it is told to, here and, as soon as it is written, in other processes', async () => {
    const { cache } = open()
    for (const name of ['a.png', 'b.png']) await read(cache, name)
    await cache.sweep()
    cache.hashes.forget(pathOf('a.png'))
    expect([known(cache, 'a.png') !== undefined, known(cache, 'b.png') !== undefined]).toEqual([false, true])
    await cache.sweep()
    expect([known(open().cache, 'a.png') !== undefined, known(open().cache, 'b.png') !== undefined]).toEqual([false, true])
  })

  // Where a program may write through memory and leave a file's time of change as it was.
  it.skipIf(!isInMemory('/dev/shm'))('believes nothing of files that lie in memory', async () => {
    const memory = mkdtempSync('/dev/shm/depthmesh-')
    onTestFinished(() => rmSync(memory, { recursive: true }))
    writeFileSync(join(memory, 'hill.png'), randomBytes(1000))
    const { cache } = open()
    const { note } = await cache.hashes.read(join(memory, 'hill.png'))
    note(await sha256(readFileSync(join(memory, 'hill.png'))))
    expect(cache.hashes.of(join(memory, 'hill.png'))).toBeNull()
    await cache.sweep()
    expect(existsSync(list())).toBe(false)
  })

  it('keeps what two processes noted at the same time', async () => {
    const [first, second] = [open().cache, open().cache]
    const hashes = [await read(first, 'a.png'), await read(second, 'b.png')]
    await first.sweep()
    await second.sweep()
    const { cache } = open()
    expect([known(cache, 'a.png'), known(cache, 'b.png')]).toEqual(hashes)
  })

  it('forgets what was of no use for as long as results are kept, and is not written for nothing', async () => {
    const first = open({ maxAge: 10 }).cache
    for (const name of ['a.png', 'b.png']) await read(first, name)
    await first.sweep()
    const written = readFileSync(list(), 'utf8')
    const idle = open({ maxAge: 10 }).cache
    expect(known(idle, 'a.png')).toBeDefined()
    await idle.sweep()
    expect(readFileSync(list(), 'utf8')).toBe(written)

    for (const days of [6, 12]) {
      vi.setSystemTime(Date.now() + 6 * DAY)
      const later = open({ maxAge: 10 }).cache
      expect(known(later, 'a.png'), `after ${days} days`).toBeDefined()
      await later.sweep()
    }
    const { cache } = open({ maxAge: 10 })
    expect([known(cache, 'a.png') !== undefined, known(cache, 'b.png') !== undefined]).toEqual([true, false])
  })

  it('is verified and cleared with the cache, and is none of its results', async () => {
    const { cache, troubles } = open()
    await read(cache, 'a.png')
    await cache.sweep()
    expect(await cache.verify()).toMatchObject({ entries: 0, damaged: [] })
    truncateSync(list(), 100)
    expect((await open().cache.verify()).damaged).toEqual([{ file: 'source-hashes', reason: 'it has another checksum' }])
    await cache.clear()
    expect(existsSync(list())).toBe(false)
    expect(troubles).toEqual([])
  })

  it('is one warning when it cannot be read or written, and then as if there were none', async () => {
    mkdirSync(list(), { recursive: true })
    const { cache, troubles } = open()
    const hash = await read(cache, 'a.png')
    expect(known(cache, 'a.png')).toBe(hash)
    expect(troubles).toEqual(['The list of known sources ./cache/source-hashes is of no use (EISDIR); reading them again.'])
    writeFileSync(join(folder, 'file'), '')
    const blocked = openCache({ root: folder, dir: 'file/cache', onTrouble: (message) => troubles.push(message.replaceAll(folder, '.')) })
    await read(blocked, 'a.png')
    await blocked.sweep()
    expect(troubles.slice(1)).toEqual(['The cache ./file/cache cannot be written (ENOTDIR); baking without it. Name another folder in DEPTHMESH_CACHE_DIR.'])
  })
})
