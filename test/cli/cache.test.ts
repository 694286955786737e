import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gray16 } from '../support/maps.js'
import { jsonLines, runCli } from './run-cli.js'

let folder: string
const run = (...args: string[]) => runCli(args, folder, { DEPTHMESH_CACHE_DIR: join(folder, 'kept') })
const bake = (...args: string[]) => run('bake', 'ramp.depth.png', '--out', 'out', '--lods', '200', '--json', ...args)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-cache-'))
  await writeFile(join(folder, 'ramp.depth.png'), await gray16(32, 32, (x) => x / 32))
})

afterAll(() => rm(folder, { recursive: true }))

describe('the cache on the command line', () => {
  it('gives the same bytes without baking again, counts, finds damage and clears', async () => {
    expect(jsonLines(await bake())).toMatchObject([{ cached: false }])
    const fresh = await readFile(join(folder, 'out/ramp.lod0.glb'))
    expect(jsonLines(await bake())).toMatchObject([{ cached: true }])
    expect(await readFile(join(folder, 'out/ramp.lod0.glb'))).toEqual(fresh)

    expect((await run('cache', 'stats')).stdout).toMatch(/kept: 1 result, \d+\.\d MiB\n$/)
    expect(jsonLines(await run('cache', 'stats', '--json'))).toMatchObject([{ dir: join(folder, 'kept'), entries: 1 }])
    expect(await run('cache', 'verify')).toMatchObject({ code: 0, stdout: expect.stringMatching(/all whole\n$/) })

    const [entry] = await readdir(join(folder, 'kept'))
    const bytes = await readFile(join(folder, 'kept', entry))
    bytes[bytes.length - 1] ^= 1
    await writeFile(join(folder, 'kept', entry), bytes)
    await writeFile(join(folder, 'kept/mine.txt'), 'not the cache’s')
    const verified = await run('cache', 'verify')
    expect(verified.code).toBe(1)
    expect(verified.stderr).toContain(`error: ${entry}: `)
    expect(jsonLines(await bake())).toMatchObject([{ ok: true, cached: false }])

    expect((await run('cache', 'clear')).stdout).toMatch(/removed 1 result, /)
    expect(await readdir(join(folder, 'kept'))).toEqual(['mine.txt'])
  })

  it('bakes maps again and compares with what is kept', async () => {
    await run('bake', 'ramp.depth.png', '--out', 'out')
    const args = ['cache', 'verify', 'ramp.depth.png']
    expect(await run(...args)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ramp\.depth\.png: \d files, the same again$/m) })
    expect(jsonLines(await run(...args, '--json'))[1]).toEqual({ file: 'ramp.depth.png', ok: true, kept: true, differing: [] })
    await run('cache', 'clear')
    expect((await run(...args)).stdout).toMatch(/^ramp\.depth\.png: not kept$/m)
    expect(jsonLines(await run('cache', 'stats', '--json'))).toMatchObject([{ entries: 0 }])
  })

  it('is left alone with --no-cache, and lies where --cache-dir says', async () => {
    await bake('--no-cache')
    expect(jsonLines(await run('cache', 'stats', '--json'))).toMatchObject([{ entries: 0 }])
    await bake('--cache-dir', 'elsewhere')
    expect(jsonLines(await run('cache', 'stats', '--cache-dir', 'elsewhere', '--json'))).toMatchObject([{ entries: 1 }])
  })

  it.each([
    [['cache'], 'depthmesh: cache: expected one of stats, verify, clear, got none.\n'],
    [['cache', 'claer'], 'depthmesh: cache: expected one of stats, verify, clear, got "claer". Did you mean "clear"?\n'],
    [['cache', 'stats', 'verify'], 'depthmesh: cache: expected one of stats, verify, clear, got 2 words. Only verify takes maps.\n'],
    [['cache', 'stats', '--near', '2'], 'depthmesh: unknown flag --near.'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await run(...args)
    expect(stderr.slice(0, message.length)).toBe(message)
    expect(code).toBe(2)
  })
})
