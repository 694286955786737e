import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gray16 } from '../support/maps.js'
import { bin } from './run-cli.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-interrupt-'))
  // Large and rough: whatever is done with it takes many seconds.
  await writeFile(join(folder, 'rough.depth.png'), await gray16(3072, 3072, (x, y) => 0.5 + 0.3 * Math.sin(x / 9) * Math.cos(y / 7) + 0.1 * Math.sin((x * 7 + y * 13) % 97)))
})

afterAll(() => rm(folder, { recursive: true }))

describe('Ctrl-C', () => {
  // The moments are those at which the map is read, looked over, meshed or put into files; on a slow machine they are earlier in the work.
  it.each([
    ['bake', ['rough.depth.png', '--out', 'out-bake', '--no-cache'], 1500],
    ['watch', ['rough.depth.png', '--out', 'out-watch', '--no-cache'], 1500],
    ['export', ['rough.depth.png', '--out', 'out-export'], 1500],
    ['export', ['rough.depth.png', '--out', 'out-export'], 4000],
    ['check', ['rough.depth.png', '--picture', 'found.png'], 500],
    ['report', ['rough.depth.png', '--no-cache', '--output', 'page.html'], 2500],
    ['new', ['rock', '--size', '4096'], 1000],
  ])('ends %s %j after %i ms within two seconds and leaves nothing behind', async (command, args, delay) => {
    const before = await readdir(folder)
    const child = spawn(process.execPath, [bin, command, ...args], { cwd: folder, stdio: 'ignore' })
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })))
    await sleep(delay)
    expect(child.exitCode, 'it is still at work').toBe(null)
    const start = Date.now()
    child.kill('SIGINT')
    const { code, signal } = await ended
    expect(Date.now() - start).toBeLessThan(2000)
    // A shell says 130 for both; `watch` ends by Ctrl-C as it should.
    expect(command === 'watch' ? [0] : [130, 'SIGINT']).toContain(signal ?? code)
    expect(await readdir(folder)).toEqual(before)
  })

  it('ends an export within two seconds while a large file is written, and leaves none of it', async () => {
    const child = spawn(process.execPath, [bin, 'export', 'rough.depth.png', '--out', 'out-large/deep', '--only', 'obj'], { cwd: folder, stdio: 'ignore' })
    const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
    const before = await readdir(folder)
    const out = join(folder, 'out-large/deep')
    const written = async () => (await readdir(out).catch(() => [])).reduce((bytes, name) => bytes + statSync(join(out, name)).size, 0)
    while ((await written()) < 2 ** 20) await sleep(20)
    const start = Date.now()
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(Date.now() - start).toBeLessThan(2000)
    expect(await readdir(folder)).toEqual(before)
  })
})
