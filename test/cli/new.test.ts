import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeShape, shapeNames } from '../../src/core/index.js'
import { jsonLines, runCli } from './run-cli.js'

let folder: string
const run = (...args: string[]) => runCli(args, folder)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-new-'))
})

afterAll(() => rm(folder, { recursive: true }))

describe('depthmesh new', () => {
  it('writes map, picture and sidecar: in every process the same bytes, and they bake', async () => {
    expect(await run('new', 'rock', '--seed', '3', '--size', '128', '--out', 'art')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^rock, seed 3, 128 × \d+ → art.rock\.color\.png, art.rock\.depth\.json, art.rock\.depth\.png\n$/),
    })
    const made = await makeShape({ shape: 'rock', seed: 3, size: 128 })
    expect(new Uint8Array(await readFile(join(folder, 'art/rock.depth.png')))).toEqual(new Uint8Array(made.depth))
    expect(new Uint8Array(await readFile(join(folder, 'art/rock.color.png')))).toEqual(new Uint8Array(made.color))
    expect(JSON.parse(await readFile(join(folder, 'art/rock.depth.json'), 'utf8'))).toEqual(made.settings)
    expect(await run('check', 'art', '--strict')).toMatchObject({ code: 0 })
    expect(await run('bake', 'art', '--out', 'baked', '--no-cache', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('takes the map that is to be written as well as its folder', async () => {
    const [line] = jsonLines(await run('new', 'hill', '--size', '64', '--out', join('mapped', 'mound.depth.png'), '--json'))
    expect(line).toMatchObject({ ok: true, files: ['mound.color.png', 'mound.depth.json', 'mound.depth.png'].map((file) => join('mapped', file)) })
    expect(await run('new', 'hill', '--size', '64', '--name', 'dune', '--out', join('mapped', 'mound.depth.png'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('depthmesh: --name: expected "mound", as --out says, or none; got "dune".'),
    })
    expect(await run('new', 'hill', '--out', '.depth.png')).toMatchObject({ code: 2, stderr: expect.stringContaining('depthmesh: --out: expected a name before .depth.png, got ".depth.png".') })
  })

  it('takes a name, and the settings that say something about a shape', async () => {
    const [line] = jsonLines(await run('new', 'tower', '--name', 'keep', '--size', '64', '--out', 'named', '--width', '4', '--lods', '500,100', '--variants', '2', '--seed', '9', '--json'))
    const files = ['keep.color.png', 'keep.depth.json', 'keep.depth.png'].map((name) => join('named', name))
    expect(line).toMatchObject({ ok: true, shape: 'tower', seed: 9, height: 64, files })
    expect(JSON.parse(await readFile(join(folder, 'named/keep.depth.json'), 'utf8'))).toMatchObject({ width: 4, lods: [500, 100], variants: 2, seed: 9, black: 'cut' })
  })

  it('leaves existing files alone, all of them, unless it is forced', async () => {
    await run('new', 'pine', '--size', '64', '--out', 'kept')
    await rm(join(folder, 'kept/pine.depth.png'))
    await writeFile(join(folder, 'kept/pine.color.png'), 'mine')
    expect(await run('new', 'pine', '--size', '64', '--out', 'kept')).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: ${join('kept', 'pine.color.png')}: expected no file of this name, found one. Choose another --name or --out, or overwrite it with --force.\n`,
    })
    expect((await readdir(join(folder, 'kept'))).sort()).toEqual(['pine.color.png', 'pine.depth.json'])
    expect(await readFile(join(folder, 'kept/pine.color.png'), 'utf8')).toBe('mine')
    expect(await run('new', 'pine', '--size', '64', '--out', 'kept', '--force')).toMatchObject({ code: 0 })
    expect(await readdir(join(folder, 'kept'))).toHaveLength(3)
  })

  it('never makes settings and a picture for a map that is there already', async () => {
    await mkdir(join(folder, 'owned'))
    await writeFile(join(folder, 'owned/pine.depth.exr'), 'mine')
    const { code, stderr } = await run('new', 'pine', '--size', '64', '--out', 'owned')
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: ${join('owned', 'pine.color.png')}: expected a place where it belongs to no map that is there already, found pine.depth.exr. Name another folder or file: sources are left as they are.\n` })
    expect(await readdir(join(folder, 'owned'))).toEqual(['pine.depth.exr'])
  })

  it('lists every shape in its help', async () => {
    const { stdout } = await run('new', '--help')
    for (const name of shapeNames) expect(stdout.replaceAll('\n', ' ')).toContain(`${name} (`)
  })

  it.each([
    [['new'], `depthmesh: expected a shape, got none. Shapes: ${shapeNames.join(', ')}.\n`],
    [['new', 'pilar'], 'depthmesh: unknown shape "pilar". Did you mean "pillar"?\n'],
    [['new', 'rock', 'tree'], 'depthmesh: expected one shape, got rock tree. Call it once for each; --name names the files.\n'],
    [['new', 'rock', '--size', '10'], 'depthmesh: --size: expected a whole number 32..4096, got "10".\n'],
    [['new', 'rock', '--seed', '-1'], 'depthmesh: --seed: expected at least 0, got -1.'],
    [['new', 'rock', '--name', '../rock'], 'depthmesh: --name: expected a name without folders, got "../rock". --out says which folder.\n'],
    [['new', 'rock', '--encoding', 'depth'], 'depthmesh: unknown flag --encoding.'],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { code, stderr } = await run(...args)
    expect(stderr.slice(0, message.length)).toBe(message)
    expect(code).toBe(2)
  })
})
