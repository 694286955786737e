import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createPool, type BakePool } from '../../src/bake/pool.js'

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
    const { thread, started, ended } = manifest as unknown as { thread: number; started: number; ended: number }
    return { name: manifest.name, thread, started, ended }
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

  it('hands on the code, the message and the hint of a refusal', async () => {
    const { pool } = open(1)
    const error: unknown = await pool.run({ sources: { name: 'refuse', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'x', pixels: 1 }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'INPUT_UNREADABLE', message: 'expected a PNG', hint: 'Save it again.' })
  })

  it('names the file whose worker died, while the others finish', async () => {
    const { run, refusal } = open(2)
    const others = [run('sleep', { tenths: 3 }), run('a'), run('b')]
    expect(await refusal('exit')).toEqual({ code: 'INTERNAL', text: 'exit.depth.png: the worker ended (worker exited with code: 7). This is a bug in depthmesh: please report it with the file that caused it.' })
    expect(await refusal('throw')).toMatchObject({ code: 'INTERNAL', text: expect.stringContaining('throw.depth.png: the worker ended (thrown)') as string })
    expect(await Promise.all(others)).toHaveLength(3)
    expect((await run('after')).name).toBe('after')
  })

  it('names the file that ran out of memory', () => {
    // A small heap, so that it is soon full: workers take the flag from the process.
    const script = `
      import { createPool } from ${JSON.stringify(new URL('../../dist/bake/pool.js', import.meta.url).href)}
      const pool = createPool({ workers: 1, jobSeconds: 60, worker: new URL(${JSON.stringify(worker.href)}) })
      await pool.run({ sources: { name: 'memory', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'huge.depth.png', pixels: 1 }).catch((error) => console.log(String(error)))
      const { manifest } = await pool.run({ sources: { name: 'after', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'after', pixels: 1 })
      console.log(manifest.name)`
    const { stdout } = spawnSync(process.execPath, ['--max-old-space-size=64', '--input-type=module', '-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    expect(stdout.trim().split('\n')).toEqual(['huge.depth.png: the worker ran out of memory. Bake a smaller map, or set "workers" to 1.', 'after'])
  })

  it('stops a job that hangs, at its deadline', async () => {
    // Long enough for the others to start their threads on a busy machine.
    const { run, refusal } = open(2, 4)
    const other = run('a')
    expect(await refusal('hang')).toEqual({ code: 'TIMEOUT', text: 'hang.depth.png: expected a bake within 4 s, stopped it then. Bake a smaller map, or raise limits.jobSeconds.' })
    expect((await other).name).toBe('a')
    expect((await run('after')).name).toBe('after')
  })

  it('stops a job that is aborted, running or waiting', async () => {
    const { run, refusal } = open(1)
    const running = new AbortController()
    const waiting = new AbortController()
    const results = [refusal('hang', { signal: running.signal }), refusal('a', { signal: waiting.signal }), run('b')] as const
    setTimeout(() => waiting.abort(), 50)
    setTimeout(() => running.abort(), 300)
    expect(await results[0]).toEqual({ code: 'ABORTED', text: 'hang.depth.png: stopped.' })
    expect(await results[1]).toEqual({ code: 'ABORTED', text: 'a.depth.png: stopped.' })
    expect((await results[2]).name).toBe('b')
    expect(await refusal('c', { signal: AbortSignal.abort() })).toMatchObject({ code: 'ABORTED' })
  })

  it('replaces a worker after a trap and after a big job', async () => {
    const { run, refusal } = open(1)
    const first = (await run('a')).thread
    expect(await refusal('trap')).toMatchObject({ code: 'INTERNAL', text: expect.stringContaining('unreachable') as string })
    const second = (await run('b', { pixels: 2 ** 24 })).thread
    expect(second).not.toBe(first)
    expect((await run('c')).thread).not.toBe(second)
  })

  it('hands no job to a worker that is being replaced', async () => {
    const { run } = open(2)
    const jobs = Array.from({ length: 12 }, (_, i) => run(i % 2 === 0 ? 'big' : 'small', { pixels: i % 2 === 0 ? 2 ** 24 : 1 }))
    expect(await Promise.all(jobs)).toHaveLength(12)
  })

  it('bounds the pixels in flight, not the jobs alone', async () => {
    const { run } = open(4)
    const [a, b, third, huge] = await Promise.all([8e6, 8e6, 8e6, 2 ** 27].map((pixels) => run('sleep', { pixels, tenths: 1 })))
    // Two fit at once; the third starts when one of them is done; one beyond the bound runs alone.
    expect(third.started).toBeGreaterThanOrEqual(Math.min(a.ended, b.ended))
    expect(huge.started).toBeGreaterThanOrEqual(Math.max(a.ended, b.ended, third.ended))
  })

  it('can be used again after it was closed, and closes what is running', async () => {
    const { pool, run, refusal } = open(1)
    const hanging = refusal('hang')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await pool.close()
    expect(await hanging).toMatchObject({ code: 'ABORTED' })
    expect((await run('a')).name).toBe('a')
  })

  it('lets the process end with idle workers, and without close', () => {
    const script = `
      import { createPool } from ${JSON.stringify(new URL('../../dist/bake/pool.js', import.meta.url).href)}
      const pool = createPool({ workers: 2, jobSeconds: 60, worker: new URL(${JSON.stringify(worker.href)}) })
      await pool.run({ sources: { name: 'a', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'a', pixels: 1 })
      console.log('done')`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 10_000 })
    expect(stdout).toBe('done\n')
    expect(status).toBe(0)
  })

  it('says so when its worker is not there', async () => {
    const pool = createPool({ jobSeconds: 1, worker: new URL('./nothing.js', worker) })
    const error: unknown = await pool.run({ sources: { name: 'a', depth: new Uint8Array() }, settings: {}, maxPixels: 1 }, { file: 'a', pixels: 1 }).catch((error: unknown) => error)
    expect(String(error)).toBe(`expected a worker at ${fileURLToPath(new URL('./nothing.js', worker))}, found no file. Build or install depthmesh again.`)
  })
})
