import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { BakeResult } from '../../src/core/index.js'
import type { BakePool } from '../../src/bake/pool.js'
import { createPool } from '../support/dist.js'
import { temporaryFolder } from '../support/folder.js'
import { gray16 } from '../support/maps.js'

/** Beyond this many pixels a job gets a process of its own. */
const BIG = 2 ** 23 + 1

const worker = new URL('../fixtures/strange-worker.mjs', import.meta.url)
const pools: BakePool[] = []
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close()
})

function open(workers: number, jobSeconds = 20) {
  const pool = createPool({ workers, jobSeconds, worker })
  pools.push(pool)
  const run = async (name: string, { pixels = 1, signal, tenths = 0 }: { pixels?: number; signal?: AbortSignal; tenths?: number } = {}) => {
    const { manifest } = await pool.run({ sources: { name, depth: new Uint8Array([tenths * 10]) }, settings: {}, maxPixels: 1e6 }, { file: `${name}.depth.png`, pixels, signal })
    const { thread, process, started, ended } = manifest as unknown as { thread: number; process: number; started: number; ended: number }
    return { name: manifest.name, thread, process, started, ended }
  }
  const refusal = async (...parameters: Parameters<typeof run>) => {
    const error: unknown = await run(...parameters).catch((error: unknown) => error)
    return { code: (error as { code: string }).code, text: String(error) }
  }
  return { pool, run, refusal }
}

describe('the pool', () => {
  it('keeps its workers between jobs', async () => {
    const { run } = open(1)
    expect((await run('a')).thread).toBe((await run('b')).thread)
  })

  it('keeps a worker that is stopped while it loads, which would leave its modules open', async () => {
    const { run, refusal } = open(1)
    const { thread } = await run('a')
    const stop = new AbortController()
    const stopped = refusal('load', { signal: stop.signal, tenths: 5 })
    await sleep(200)
    stop.abort()
    expect(await stopped).toEqual({ code: 'ABORTED', text: expect.stringContaining('load.depth.png: stopped') as string })
    expect((await run('b')).thread).toBe(thread)
  })

  it.runIf(process.platform === 'linux')('leaves no file open where edit after edit overtakes a bake that has just begun', async () => {
    const pool = createPool({ workers: 1, jobSeconds: 20 })
    pools.push(pool)
    for (let i = 0; i < 12; i++) {
      const stop = new AbortController()
      const job = pool.run({ sources: { name: 'a', depth: await gray16(64, 64, (x) => x / 64) }, settings: {}, maxPixels: 1e6 }, { file: 'a.depth.png', pixels: 4096, signal: stop.signal })
      await sleep(60 + i * 20)
      stop.abort()
      await job.catch(() => undefined)
    }
    const open = readdirSync('/proc/self/fd').flatMap((fd) => linkOf(`/proc/self/fd/${fd}`) ?? [])
    expect(open.filter((file) => /\/dist\/core\//.test(file))).toEqual([])
  })

  it('replaces a worker after a trap', async () => {
    const { run, refusal } = open(1)
    const first = (await run('a')).thread
    expect(await refusal('trap')).toMatchObject({ code: 'INTERNAL', text: expect.stringContaining('unreachable') as string })
    expect((await run('b')).thread).not.toBe(first)
  })

  it.each([3e6, 1e7, Infinity, 20.0005])('lets a job take its time within %d s, in a thread and in a process', async (jobSeconds) => {
    const { run } = open(1, jobSeconds)
    for (const pixels of [1, BIG]) expect((await run('sleep', { pixels, tenths: 1 })).name).toBe('sleep')
  })

  it('hands no job to a worker that is being replaced', async () => {
    const { run, refusal } = open(2)
    const jobs = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? refusal('trap') : run('small')))
    expect(await Promise.all(jobs)).toHaveLength(12)
  })

  it('bakes big maps in a process of their own, one after another', async () => {
    const { run } = open(4)
    const [a, b, small] = await Promise.all([run('a', { pixels: BIG }), run('sleep', { pixels: BIG, tenths: 1 }), run('c')])
    expect(small.process).toBe(process.pid)
    expect(new Set([a.process, b.process, process.pid]).size).toBe(3)
    expect(b.started).toBeGreaterThanOrEqual(a.ended)
    for (const { process: ended } of [a, b]) expect(() => process.kill(ended, 0)).toThrow('ESRCH')
  })

  it.each([['thread', 1], ['process', BIG]])('takes a job’s arrays along to a %s, and brings those of its result back', async (_, pixels) => {
    const { pool } = open(1)
    const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7)
    const prepared = { map: { width: 2, height: 1, disparity: Float32Array.of(0.5, NaN), near: 1, far: Infinity, relief: 0 }, report: { width: 2, height: 1, bitDepth: 16, levels: 2, checks: [] } }
    const job = { sources: { name: 'echo', depth: bytes(3_000_001), color: bytes(5) }, settings: { gamma: 2 }, maxPixels: 1, prepared }
    const { manifest, files, prepared: returned } = await pool.run(job, { file: 'x', pixels })
    expect(manifest).toMatchObject({ settings: { gamma: 2 } })
    expect(files.map(({ name, bytes }) => [name, Buffer.compare(bytes, Uint8Array.from({ length: bytes.length }, (_, i) => i * 7)), bytes.length])).toEqual([['depth', 0, 3_000_001], ['color', 0, 5]])
    expect(returned).toEqual({ ...prepared, map: { ...prepared.map, disparity: Float32Array.of(0.5, NaN) } })
    expect([job.sources.depth.length, job.sources.color.length, prepared.map.disparity.length]).toEqual([0, 0, 0])
  })

  it.runIf(process.platform === 'linux').each([['thread', 1], ['process', BIG]])('lets others go first from a %s where it is told to, and only there', async (_, pixels) => {
    const niceness = async (yielding: boolean) => {
      const pool = createPool({ workers: 1, jobSeconds: 20, worker, yielding })
      pools.push(pool)
      const { manifest } = await pool.run({ sources: { name: 'nice', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'a', pixels })
      return (manifest as unknown as { nice: number }).nice
    }
    const own = getPriority()
    expect(await niceness(false)).toBe(own)
    expect(await niceness(true)).toBe(Math.min(19, own + 10))
    expect(getPriority()).toBe(own)
  })

  it('bounds the pixels in flight, not the jobs alone', async () => {
    const { run } = open(4)
    const [a, b, third, huge] = await Promise.all([8e6, 8e6, 8e6, 2 ** 27].map((pixels) => run('sleep', { pixels, tenths: 1 })))
    // Two fit at once; the third starts when one of them is done; one beyond the bound runs alone.
    expect(third.started).toBeGreaterThanOrEqual(Math.min(a.ended, b.ended))
    expect(huge.started).toBeGreaterThanOrEqual(Math.max(a.ended, b.ended, third.ended))
  })

  it.each([['a thread', 1], ['a process of its own', BIG]])('hands on a draft from %s while the job goes on, to who asks for it, but not from a job that was stopped', async (_, pixels) => {
    const { pool } = open(1)
    const seen: string[] = []
    const job = (name: string, signal?: AbortSignal) => {
      const onDraft = ({ manifest, files: [{ bytes }] }: BakeResult) => void seen.push(`${manifest.name} ${bytes.join()}`)
      return pool.run({ sources: { name, depth: new Uint8Array([30]) }, settings: {}, maxPixels: 1 }, { file: name, pixels, signal, onDraft })
    }
    await job('sleep').then(() => seen.push('whole'))
    expect(seen.splice(0)).toEqual(['draft of sleep 1,2,3', 'whole'])
    const stop = new AbortController()
    const stopped = job('sleep', stop.signal)
    stop.abort()
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' })
    await job('throw').catch(() => undefined)
    expect((await pool.run({ sources: { name: 'b', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'b', pixels })).manifest.name).toBe('b')
    expect(seen.filter((text) => !text.startsWith('draft of throw'))).toEqual([])
  })

  it('says so when its worker is not there', async () => {
    const pool = createPool({ jobSeconds: 1, worker: new URL('./nothing.js', worker) })
    const error: unknown = await pool.run({ sources: { name: 'a', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'a', pixels: 1 }).catch((error: unknown) => error)
    expect(String(error)).toBe(`expected a worker at ${fileURLToPath(new URL('./nothing.js', worker))}, found no file. Build or install depthmesh again.`)
  })
})

describe.each([['thread', 1], ['process', BIG]])('a job in a %s', (kind, pixels) => {
  it('hands on the code, the message and the hint of a refusal', async () => {
    const { pool } = open(1)
    const error: unknown = await pool.run({ sources: { name: 'refuse', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'x', pixels }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'INPUT_UNREADABLE', message: 'expected a PNG', hint: 'Save it again.' })
    expect(error).not.toHaveProperty('file')
  })

  it('is named where its worker died, while the others finish', async () => {
    const { run, refusal } = open(2)
    const others = [run('sleep', { tenths: 3 }), run('a'), run('b')]
    expect(await refusal('exit', { pixels })).toEqual({ code: 'INTERNAL', text: 'exit.depth.png: the worker ended (worker exited with code: 7). This is a bug in depthmesh: please report it with the file that caused it.' })
    expect(await refusal('throw', { pixels })).toMatchObject({ code: 'INTERNAL', text: expect.stringContaining('throw.depth.png: the worker ended (thrown)') as string })
    expect(await Promise.all(others)).toHaveLength(3)
    expect((await run('after', { pixels })).name).toBe('after')
  })

  it('is named where it ran out of memory', () => {
    // A small heap, so that it is soon full: workers take the flag from the process.
    const script = `
      import { createPool } from ${JSON.stringify(new URL('../../dist/bake/pool.js', import.meta.url).href)}
      const pool = createPool({ workers: 1, jobSeconds: 60, worker: new URL(${JSON.stringify(worker.href)}) })
      await pool.run({ sources: { name: 'memory', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'huge.depth.png', pixels: ${pixels} }).catch((error) => console.log(String(error)))
      const { manifest } = await pool.run({ sources: { name: 'after', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'after', pixels: ${pixels} })
      console.log(manifest.name)`
    const { stdout } = spawnSync(process.execPath, ['--max-old-space-size=64', '--input-type=module', '-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(stdout.trim().split('\n')).toEqual(['huge.depth.png: the worker ran out of memory. Bake a smaller map, or set "workers" to 1.', 'after'])
  })

  it('is stopped at its deadline where it hangs', async () => {
    // Long enough for the others to start their threads on a busy machine.
    const { run, refusal } = open(2, 4)
    const other = run('a')
    expect(await refusal('hang', { pixels })).toEqual({ code: 'TIMEOUT', text: 'hang.depth.png: expected a bake within 4 s, stopped it then. Bake a smaller map, or raise limits.jobSeconds.' })
    expect((await other).name).toBe('a')
    expect((await run('after', { pixels })).name).toBe('after')
  })

  it('is stopped where it is aborted, running or waiting', async () => {
    const { run, refusal } = open(1)
    const running = new AbortController()
    const waiting = new AbortController()
    const results = [refusal('hang', { pixels, signal: running.signal }), refusal('a', { pixels, signal: waiting.signal }), run('b', { pixels })] as const
    setTimeout(() => waiting.abort(), 50)
    setTimeout(() => running.abort(), 300)
    expect(await results[0]).toEqual({ code: 'ABORTED', text: 'hang.depth.png: stopped.' })
    expect(await results[1]).toEqual({ code: 'ABORTED', text: 'a.depth.png: stopped.' })
    expect((await results[2]).name).toBe('b')
    expect(await refusal('c', { pixels, signal: AbortSignal.abort() })).toMatchObject({ code: 'ABORTED' })
  })

  it('is stopped where the pool is closed, which can be used again afterwards', async () => {
    const { pool, run, refusal } = open(1)
    const hanging = refusal('hang', { pixels })
    await new Promise((resolve) => setTimeout(resolve, 200))
    await pool.close()
    expect(await hanging).toMatchObject({ code: 'ABORTED' })
    expect((await run('a', { pixels })).name).toBe('a')
  })

  it('lets the process end when it is done, without close', () => {
    const script = `
      import { createPool } from ${JSON.stringify(new URL('../../dist/bake/pool.js', import.meta.url).href)}
      const pool = createPool({ workers: 2, jobSeconds: 60, worker: new URL(${JSON.stringify(worker.href)}) })
      await pool.run({ sources: { name: 'a', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'a', pixels: ${pixels} })
      console.log('done')`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 10_000 })
    expect(stdout).toBe('done\n')
    expect(status).toBe(0)
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('ends within two seconds when whoever asked is ended by %s, though it hangs', async (signal) => {
    const script = `
      import { createPool } from ${JSON.stringify(new URL('../../dist/bake/pool.js', import.meta.url).href)}
      const pool = createPool({ workers: 1, jobSeconds: 60, worker: new URL(${JSON.stringify(worker.href)}) })
      pool.run({ sources: { name: 'hang-named', depth: new TextEncoder().encode(process.argv[1]) }, settings: {}, maxPixels: 1 }, { file: 'a', pixels: ${pixels} })`
    const folder = await temporaryFolder({})
    const note = join(folder, 'pid')
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script, note], { stdio: 'ignore', detached: true })
    await until(20, () => existsSync(note) && readFileSync(note, 'utf8') !== '')
    const pid = Number(readFileSync(note, 'utf8'))
    expect(pid === parent.pid).toBe(kind === 'thread')
    // Ctrl-C reaches all processes of a terminal; the others one alone.
    if (signal === 'SIGINT') process.kill(-(parent.pid as number), signal)
    else parent.kill(signal)
    if (parent.exitCode === null && parent.signalCode === null) await once(parent, 'exit')
    await until(2, () => isGone(pid))
  })
})

describe('a process of a big job', () => {
  it('that is killed from outside names the file', async () => {
    const { run, refusal } = open(1)
    expect(await refusal('kill', { pixels: BIG })).toEqual({ code: 'INTERNAL', text: 'kill.depth.png: the worker was killed from outside. Systems do that where memory runs out: bake a smaller map, or set "workers" to 1.' })
    expect((await run('after', { pixels: BIG })).name).toBe('after')
  })
})

async function until(seconds: number, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !isSo(); await new Promise((resolve) => setTimeout(resolve, 20))) if (Date.now() > end) throw new Error(`expected it within ${seconds} s`)
}

/** (One that nobody has asked about yet is gone, too: Linux calls it a zombie.) */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform === 'linux' && /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

/** Where a link leads; nothing where it is gone by now. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
