import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { cacheFolder, openCache, type CacheOptions } from '../../src/bake/cache.js'
import { CACHE_FORMAT } from '../../src/bake/key.js'
import type { BakeResult } from '../../src/core/index.js'
import { temporaryFolder } from '../support/folder.js'

// Plain JavaScript, since the writers that are killed run it too.
const { keyOf, resultOf } = (await import(new URL('../fixtures/cache-content.mjs', import.meta.url).href)) as { keyOf: (i: number) => string; resultOf: (i: number) => BakeResult }
const DAY = 24 * 60 * 60 * 1000

function open(dir: string, options: CacheOptions = {}, sweepAfter?: number) {
  const troubles: string[] = []
  return { cache: openCache({ root: dir, dir, ...options, sweepAfter, onTrouble: (message) => troubles.push(message.replaceAll(dir, '.')) }), troubles }
}
const entryOf = (dir: string, i: number): string => join(dir, `${keyOf(i)}.bake`)
const plain = (result: BakeResult | null) => result && { manifest: result.manifest, files: result.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]) }
/** As if the entry had last been used so many days ago. */
function age(dir: string, i: number, days: number): void {
  const then = new Date(Date.now() - days * DAY)
  utimesSync(entryOf(dir, i), then, then)
}

describe('the cache', () => {
  it('gives back what was put in, byte for byte, to other processes too', async () => {
    const dir = temporaryFolder()
    await open(dir).cache.put(keyOf(1), resultOf(1))
    const { cache, troubles } = open(dir)
    expect(plain(await cache.get(keyOf(1)))).toEqual(plain(resultOf(1)))
    expect(await cache.get(keyOf(2))).toBeNull()
    expect(readdirSync(dir)).toEqual([`${keyOf(1)}.bake`])
    expect(troubles).toEqual([])
  })

  it('keeps prepared maps apart from bakes, to the bit', async () => {
    const { cache, troubles } = open(temporaryFolder())
    const disparity = Float32Array.of(0, 0.25, NaN, 1, -0, 1e-30)
    const report = { width: 3, height: 2, bitDepth: 16, levels: 4, checks: [] }
    const prepared = { map: { width: 3, height: 2, disparity, near: 1, far: 10, relief: 1 }, report }
    await cache.putMap(keyOf(1), prepared)
    const found = await cache.getMap(keyOf(1))
    expect(found).toEqual(prepared)
    expect(Buffer.from(found!.map.disparity.buffer)).toEqual(Buffer.from(disparity.buffer))
    expect(await cache.get(keyOf(1))).toBeNull()
    await cache.put(keyOf(2), resultOf(2))
    expect(await cache.getMap(keyOf(2))).toBeNull()
    expect(troubles).toEqual([])
  })

  it.each([
    ['cut off', (file: string) => truncateSync(file, 400_000)],
    ['cut off', (file: string) => truncateSync(file, 100)],
    ['cut off', (file: string) => truncateSync(file, 0)],
    ['no cache entry', (file: string) => writeFileSync(file, 'x'.repeat(1000))],
    ['bytes left over', (file: string) => writeFileSync(file, '!', { flag: 'a' })],
    ['another checksum', (file: string) => flip(file, 700_000)],
    ['its header has another checksum', (file: string) => flip(file, 100)],
    [`it has format 1, not ${CACHE_FORMAT}`, (file: string) => rewriteHeader(file, (header) => ({ ...header, format: 1 }))],
    ['its manifest has no levels', (file: string) => rewriteHeader(file, ({ manifest, ...header }) => ({ ...header, manifest: { ...manifest, lods: [] } }))],
    ['its manifest has no levels', (file: string) => rewriteHeader(file, ({ manifest, ...header }) => ({ ...header, manifest: { ...manifest, variants: [{ lods: [] }] } }))],
    ['it has another shape', (file: string) => rewriteHeader(file, (header) => ({ ...header, parts: null }))],
  ])('finds an entry that is damaged (%s), says so once, and mends it with the next bake', async (reason, damage) => {
    const dir = temporaryFolder()
    const { cache, troubles } = open(dir)
    await cache.put(keyOf(1), resultOf(1))
    damage(entryOf(dir, 1))
    expect(await cache.get(keyOf(1))).toBeNull()
    expect(await cache.get(keyOf(1))).toBeNull()
    expect(troubles).toHaveLength(1)
    expect(troubles[0]).toContain(reason)
    expect(troubles[0]).toContain('baking again')
    expect((await cache.verify()).damaged).toHaveLength(1)
    await cache.put(keyOf(1), resultOf(1))
    expect(plain(await cache.get(keyOf(1)))).toEqual(plain(resultOf(1)))
  })

  it('does not serve one whole entry for another', async () => {
    const dir = temporaryFolder()
    const { cache, troubles } = open(dir)
    await cache.put(keyOf(1), resultOf(1))
    copyFileSync(entryOf(dir, 1), entryOf(dir, 2))
    expect(await cache.get(keyOf(2))).toBeNull()
    expect(troubles[0]).toContain('it belongs to another key')
  })

  it('serves no level whose shared picture is missing', async () => {
    const { cache, troubles } = open(temporaryFolder())
    const { manifest, files } = resultOf(1)
    const variant = { ...manifest, lods: manifest.lods.map((lod) => ({ ...lod, textures: [{ url: 'hill1.variants.color0.webp', bytes: 3 }] })) }
    const shared = { manifest: { ...manifest, variants: [variant] }, files: [...files, { name: 'hill1.variants.color0.webp', bytes: Uint8Array.of(1, 2, 3) }] }
    await cache.put(keyOf(1), shared)
    expect(plain(await cache.get(keyOf(1)))).toEqual(plain(shared))
    expect(troubles).toEqual([])
    await cache.put(keyOf(2), { ...shared, files })
    expect(await cache.get(keyOf(2))).toBeNull()
    expect(troubles[0]).toContain('its manifest names a part that is not there')
  })

  it.each(['../hill1.lod0.glb', 'art\\hill1.lod0.glb', '..', ''])('serves no part that is called %j', async (name) => {
    const { cache, troubles } = open(temporaryFolder())
    const { manifest, files } = resultOf(1)
    await cache.put(keyOf(1), { manifest, files: [...files, { name, bytes: Uint8Array.of(1) }] })
    expect(await cache.get(keyOf(1))).toBeNull()
    expect(troubles[0]).toContain('a part has no plain file name')
  })

  it('writes nothing when it is read-only', async () => {
    const dir = temporaryFolder()
    await open(dir).cache.put(keyOf(1), resultOf(1))
    age(dir, 1, 100)
    const before = statSync(entryOf(dir, 1)).mtimeMs
    const { cache, troubles } = open(dir, { readonly: true })
    expect(await cache.get(keyOf(1))).not.toBeNull()
    await cache.put(keyOf(2), resultOf(2))
    await cache.sweep()
    expect(readdirSync(dir)).toHaveLength(1)
    expect(statSync(entryOf(dir, 1)).mtimeMs).toBe(before)
    expect(troubles).toEqual([])
  })

  it('is one warning when its folder cannot be written', async () => {
    const dir = temporaryFolder({ file: 'a file' })
    const { cache, troubles } = open(join(dir, 'file', 'cache'))
    expect(await cache.get(keyOf(1))).toBeNull()
    await cache.put(keyOf(1), resultOf(1))
    await cache.put(keyOf(2), resultOf(2))
    await cache.sweep()
    expect(troubles).toEqual(['The cache . cannot be written (ENOTDIR); baking without it. Name another folder in DEPTHMESH_CACHE_DIR.'])
  })

  it.skipIf(process.platform === 'win32')('serves from a folder that may not be written, without a word where it is read-only, with one where not', async () => {
    const dir = temporaryFolder()
    await open(dir).cache.put(keyOf(1), resultOf(1))
    age(dir, 1, 1)
    const before = statSync(entryOf(dir, 1)).mtimeMs
    chmodSync(dir, 0o555)
    chmodSync(entryOf(dir, 1), 0o444)
    const content = fileURLToPath(new URL('../fixtures/cache-content.mjs', import.meta.url))
    // Nothing keeps root from writing: so the process that asks is nobody's.
    const script = `
      import { openCache } from ${JSON.stringify(new URL('../../dist/bake/cache.js', import.meta.url).href)}
      import { keyOf, resultOf } from ${JSON.stringify(pathToFileURL(content).href)}
      if (process.getuid() === 0) process.seteuid(65534)
      for (const readonly of [true, false]) {
        const troubles = []
        const cache = openCache({ root: '/', dir: ${JSON.stringify(dir)}, readonly, onTrouble: (message) => troubles.push(message) })
        const found = await cache.get(keyOf(1))
        for (const i of [2, 3]) await cache.put(keyOf(i), resultOf(i))
        await cache.sweep()
        console.log(JSON.stringify({ found: found !== null, troubles }))
      }`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    chmodSync(dir, 0o755)
    expect(stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown), stderr).toEqual([
      { found: true, troubles: [] },
      { found: true, troubles: [`The cache ${dir} cannot be written (EACCES); baking without it. Name another folder in DEPTHMESH_CACHE_DIR.`] },
    ])
    expect(readdirSync(dir)).toHaveLength(1)
    expect(statSync(entryOf(dir, 1)).mtimeMs).toBe(before)
  })

  it('is one warning when an entry cannot be read', async () => {
    const dir = temporaryFolder()
    const { cache, troubles } = open(dir)
    mkdirSync(entryOf(dir, 1))
    expect(await cache.get(keyOf(1))).toBeNull()
    expect(await cache.get(keyOf(1))).toBeNull()
    expect(troubles).toEqual([`The cache entry ./${keyOf(1)}.bake cannot be read (EISDIR); baking again.`])
  })

  it('removes what was not used for long, and what dead writers left', async () => {
    const dir = temporaryFolder()
    const { cache } = open(dir, { maxAge: 10 })
    for (const i of [1, 2]) await cache.put(keyOf(i), resultOf(i))
    age(dir, 1, 11)
    age(dir, 2, 9)
    const temp = join(dir, `${keyOf(1)}.00000000-0000-0000-0000-000000000000.tmp`)
    const fresh = join(dir, `${keyOf(1)}.00000000-0000-0000-0000-000000000001.tmp`)
    for (const file of [temp, fresh]) writeFileSync(file, 'half')
    utimesSync(temp, new Date(Date.now() - DAY), new Date(Date.now() - DAY))
    writeFileSync(join(dir, 'notes.txt'), 'not ours')
    await cache.sweep()
    expect(existsSync(entryOf(dir, 1))).toBe(false)
    expect(existsSync(entryOf(dir, 2))).toBe(true)
    expect([temp, fresh].map((file) => existsSync(file))).toEqual([false, true])
    expect(existsSync(join(dir, 'notes.txt'))).toBe(true)
  })

  it('sweeps a while after it was written to where nobody lets the process end in order', async () => {
    const dir = temporaryFolder()
    await open(dir).cache.put(keyOf(1), resultOf(1))
    age(dir, 1, 61)
    const { cache } = open(dir, {}, 300)
    await cache.put(keyOf(2), resultOf(2))
    expect(existsSync(entryOf(dir, 1))).toBe(true)
    await vi.waitFor(() => expect(existsSync(entryOf(dir, 1))).toBe(false), { timeout: 5000 })
    await cache.put(keyOf(3), resultOf(3))
    age(dir, 2, 61)
    await vi.waitFor(() => expect(existsSync(entryOf(dir, 2))).toBe(false), { timeout: 5000 })
    expect(existsSync(entryOf(dir, 3))).toBe(true)
  })

  it('removes the least recently used first, and never what is in use', async () => {
    const dir = temporaryFolder()
    const { cache } = open(dir, { maxBytes: 2_500_000 })
    for (const i of [1, 2, 3, 4]) await cache.put(keyOf(i), resultOf(i))
    await cache.sweep()
    expect((await cache.stats()).entries).toBe(4)

    for (const i of [1, 2, 3, 4]) age(dir, i, i)
    await cache.get(keyOf(4))
    await cache.sweep()
    expect([1, 2, 3, 4].map((i) => existsSync(entryOf(dir, i)))).toEqual([true, false, false, true])
  })

  it('lets go in time of what was used while the clock was ahead', async () => {
    const dir = temporaryFolder()
    const { cache } = open(dir, { maxAge: 10 })
    for (const i of [1, 2]) {
      await cache.put(keyOf(i), resultOf(i))
      age(dir, i, -1000)
    }
    await cache.get(keyOf(1))
    expect(statSync(entryOf(dir, 1)).mtimeMs).toBeLessThanOrEqual(Date.now())
    await cache.sweep()
    expect(statSync(entryOf(dir, 2)).mtimeMs).toBeLessThanOrEqual(Date.now())
  })

  it('keeps what a build of the last hour may still need, whatever it weighs', async () => {
    const dir = temporaryFolder()
    const { cache } = open(dir, { maxBytes: 1 })
    for (const i of [1, 2]) await cache.put(keyOf(i), resultOf(i))
    age(dir, 1, 50 / (24 * 60))
    age(dir, 2, 70 / (24 * 60))
    await cache.sweep()
    expect([1, 2].map((i) => existsSync(entryOf(dir, i)))).toEqual([true, false])
  })

  it.skipIf(process.platform === 'win32')('passes over what another process has taken away since it was listed', async () => {
    const dir = temporaryFolder()
    const { cache, troubles } = open(dir)
    // Names that lead to no file.
    for (const name of [`${keyOf(1)}.bake`, `${keyOf(1)}.00000000-0000-0000-0000-000000000000.tmp`]) symlinkSync('gone', join(dir, name))
    expect(await cache.stats()).toMatchObject({ entries: 0, bytes: 0 })
    await cache.sweep()
    expect(troubles).toEqual([])
  })

  it('clears what it wrote and nothing else', async () => {
    const dir = temporaryFolder({ 'notes.txt': 'not ours', [`${keyOf(1)}.bake.old`]: 'not ours' })
    const { cache } = open(dir)
    for (const i of [1, 2]) await cache.put(keyOf(i), resultOf(i))
    const stats = await cache.stats()
    expect(stats.entries).toBe(2)
    expect(stats.bytes).toBeGreaterThan(2_000_000)
    expect(await cache.clear()).toEqual(stats)
    expect(readdirSync(dir)).toEqual([`${keyOf(1)}.bake.old`, 'notes.txt'].toSorted())
  })

  it('lies in the nearest package unless it is told where', () => {
    const folder = temporaryFolder({ 'package.json': '{}', 'apps/game/src/a.txt': '' })
    const before = process.env.DEPTHMESH_CACHE_DIR
    delete process.env.DEPTHMESH_CACHE_DIR
    try {
      expect(cacheFolder(join(folder, 'apps/game'))).toBe(join(folder, 'node_modules/.cache/depthmesh'))
      process.env.DEPTHMESH_CACHE_DIR = 'elsewhere'
      // The same folder whatever Vite's root: what a shell's variable names lies where the shell is.
      expect(cacheFolder(folder)).toBe(join(process.cwd(), 'elsewhere'))
      expect(cacheFolder(folder, 'named')).toBe(join(folder, 'named'))
    } finally {
      if (before === undefined) delete process.env.DEPTHMESH_CACHE_DIR
      else process.env.DEPTHMESH_CACHE_DIR = before
    }
  })

  it('survives writers that are killed: nothing torn is served, nothing that was whole is lost', async () => {
    const dir = temporaryFolder()
    const keys = 6
    const script = fileURLToPath(new URL('../fixtures/cache-writer.mjs', import.meta.url))
    const writer = async () => {
      const child = spawn(process.execPath, [script, dir, String(keys)], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      return child
    }
    const whole = new Set<number>()
    // DEPTHMESH_KILLS=200 is the long form.
    for (let killed = 0; killed < Number(process.env.DEPTHMESH_KILLS ?? 8); killed += 2) {
      const writers = await Promise.all([writer(), writer()])
      await sleep(5 + ((killed * 7) % 40))
      for (const child of writers) child.kill('SIGKILL')
      await Promise.all(writers.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
      const { cache, troubles } = open(dir)
      for (let i = 0; i < keys; i++) {
        const found = await cache.get(keyOf(i))
        if (found === null) expect(whole.has(i), `entry ${i} was lost`).toBe(false)
        else {
          expect(plain(found)).toEqual(plain(resultOf(i)))
          whole.add(i)
        }
      }
      expect(troubles).toEqual([])
    }
    expect(whole.size).toBeGreaterThan(0)
  })
})

/** As another depthmesh may have written it, checksums and all. */
function rewriteHeader(file: string, change: (header: { manifest: object }) => object): void {
  const bytes = readFileSync(file)
  const end = 44 + bytes.readUInt32LE(8)
  const header = Buffer.from(JSON.stringify(change(JSON.parse(bytes.toString('utf8', 44, end)) as { manifest: object })))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 8), length, createHash('sha256').update(header).digest(), header, bytes.subarray(end)]))
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes[at] ^= 1
  writeFileSync(file, bytes)
}
