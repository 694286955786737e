import { readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { settingsEntries } from '../../src/core/options.js'
import { gray16 } from '../support/maps.js'
import { runCli } from './run-cli.js'

const run = (...args: string[]) => runCli(args, tmpdir())
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

describe('depthmesh on the command line', () => {
  it('lists its commands', async () => {
    const { code, stdout } = await run('--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}bake +depth maps → /m)
    expect(stdout).toMatch(/^ {2}check +pre-flight report/m)
  })

  it('shows its help, as wrong usage, when called with nothing', async () => {
    const { code, stdout } = await run()
    expect(code).toBe(2)
    expect(stdout).toContain('usage: depthmesh <command>')
  })

  it('gives every command a page, by --help, -h and help', async () => {
    const { stdout } = await run('--help')
    const commands = [...stdout.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name)
    expect(commands.length).toBeGreaterThanOrEqual(2)
    for (const command of commands) {
      const page = await run(command, '--help')
      expect(page).toMatchObject({ code: 0, stderr: '' })
      expect(page.stdout).toContain(`usage: depthmesh ${command} `)
      expect(page.stdout).toContain('--json')
    }
    expect((await run('bake', '-h')).stdout).toBe((await run('help', 'bake')).stdout)
  })

  it('has a flag for every key of the settings', async () => {
    const { stdout } = await run('bake', '--help')
    for (const key of Object.keys(settingsEntries)) expect(stdout).toContain(`  --${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
    expect(stdout).toContain('--fov-y <number>')
    expect(stdout).toContain('(default 45)')
    expect(stdout).toContain('--texture.size <number>')
  })

  it('keeps its help within 110 columns', async () => {
    for (const line of (await run('bake', '--help')).stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110)
  })

  it('says its version', async () => {
    for (const flag of ['--version', '-v']) expect(await run(flag)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect((await run('--help')).stdout).toContain('--version')
  })

  it('suggests a map for a name that nothing has', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'depthmesh-usage-'))
    await writeFile(join(folder, 'canyon.depth.png'), await gray16(16, 12, (x) => x / 16))
    const { code, stderr } = await run('check', join(folder, 'canyon.depht.png'))
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: ${join(folder, 'canyon.depht.png')}: expected a file, a folder or a glob, found nothing there. Did you mean ${join(folder, 'canyon.depth.png')}?\n` })
    // (As long as what all maps' names end in, and otherwise nothing like it.)
    expect((await run('check', join(folder, 'valley.depth.png'))).stderr).toBe(`error: ${join(folder, 'valley.depth.png')}: expected a file, a folder or a glob, found nothing there. Check the name.\n`)
    await rm(folder, { recursive: true })
  })

  it('says of names that lead nowhere that nothing is there, and goes on with the others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'depthmesh-usage-'))
    const path = (name: string) => join(folder, name)
    await writeFile(path('canyon.depth.png'), await gray16(16, 12, (x) => x / 16))
    await symlink('loop.depth.png', path('loop.depth.png'))
    const lost = ['loop.depth.png', 'canyon.depth.png/x.depth.png', `${'x'.repeat(300)}.depth.png`].map(path)
    const long = path(`{${Array.from({ length: 80 }, (_, i) => `map${i}`).join()},canyon}.depth.png`)
    const { code, stdout, stderr } = await run('check', ...lost, long)
    expect({ code, errors: stderr.split('\n').map((line) => line.replace(/(?<=nothing there\. ).*/, '…')) }).toEqual({ code: 1, errors: [...lost.map((name) => `error: ${name}: expected a file, a folder or a glob, found nothing there. …`), ''] })
    expect(stdout).toContain(`${path('canyon.depth.png')}: 16 × 12`)
    await rm(folder, { recursive: true })
  })

  it.each([
    [['bkae', 'x'], 'depthmesh: unknown command "bkae". Did you mean "bake"?\n'],
    [['--fov-y', '3'], 'depthmesh: expected a command before --fov-y. Commands: bake, check'],
    [['bake', 'x', '--lod', '3'], 'depthmesh: unknown flag --lod. Did you mean --lods?\n'],
    [['bake', 'x', '--fovY', '3'], 'depthmesh: unknown flag --fovY. Did you mean --fov-y?\n'],
    [['bake', 'x', '--fovY', '3', '--json=yes', '--rleief', '2'], 'depthmesh: 3 faults:\n  unknown flag --fovY. Did you mean --fov-y?\n  --json: expected no value, got "yes". Leave the value out.\n  unknown flag --rleief. Did you mean --relief?\n'],
    [['check', 'x', '--fov-y', 'wide', '--relief', '10cm'], 'depthmesh: 2 faults:\n  --fov-y: expected a number, got "wide". fovY: vertical field of view of the source camera, degrees.\n  --relief: expected a number, got "10cm". relief: orthographic: metres from black to white.\n'],
    [['bake', 'x', '--out'], 'depthmesh: --out: expected <folder>, got nothing. out: where the files go; made when missing.\n'],
    [['bake', 'x', '--near', '--out', 'y'], 'depthmesh: --near: expected <number>, got nothing.'],
    [['bake', 'x', '--json=yes', '--out', 'y'], 'depthmesh: --json: expected no value, got "yes". Leave the value out.\n'],
    [['bake', 'x'], 'depthmesh: expected --out <folder>, got none. Say where the files go.\n'],
    [['bake', '--out', 'y'], 'depthmesh: expected a file, a folder or a glob, got none.\n'],
    [['check'], 'depthmesh: expected a file, a folder or a glob, got none.\n'],
    [['bake', 'x', '--out', 'y', '--fov-y', 'wide'], 'depthmesh: --fov-y: expected a number, got "wide". fovY: vertical field of view of the source camera, degrees.\n'],
    [['bake', 'x', '--out', 'y', '--near', '-1'], 'depthmesh: --near: expected > 0, got -1.'],
    [['bake', 'x', '--out', 'y', '--texture.format', 'gif'], 'depthmesh: --texture.format: expected "webp" | "avif" | "jpeg" | "png" | "ktx2", got "gif".'],
    [['bake', 'x', '--out', 'y', '--clean', 'false', '--clean.holes', 'true'], 'depthmesh: --clean.holes: expected to stand alone, found --clean beside it. Use one of the two.\n'],
    [['bake', 'x', '--out', 'y', '--lods', '100,200,50000'], 'depthmesh: --lods: expected budgets that fall, got [100,200,50000]. List them from fine to coarse.\n'],
    [['check', 'x', '--levels', '0.5,0.2'], 'depthmesh: --levels: expected black < white, got [0.5,0.2]. Use "white": "far" to turn a map over.\n'],
    [['export', 'x', '--out', 'y', '--near', '5', '--far', '2'], 'depthmesh: --near: expected < far, got near 5 and far 2. near and far are metres from the camera.\n'],
    [['report', 'x', '--encoding', 'metric', '--gamma', '2.2'], 'depthmesh: --gamma: expected none with encoding "metric", got 2.2. Metres are taken as stored.\n'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await run(...args)
    expect(stderr.slice(0, message.length)).toBe(message)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})
