import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DepthManifest } from '../../src/core/index.js'
import { gray16, rgb8 } from '../support/maps.js'
import { bin } from './run-cli.js'

interface Line {
  file: string
  ok: boolean
  error?: { message: string; line: number | null }
}

let folder: string
let child: ChildProcess

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-watch-'))
  await mkdir(join(folder, 'art'))
  await writeFile(join(folder, 'art/ramp.depth.png'), await gray16(32, 32, (x) => x / 32))
})

afterEach(async () => {
  child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** Starts `depthmesh watch` and gives what it says, a line at a time. */
function startWatching(...args: string[]): () => Promise<Line> {
  return startWatchingInto('out', ...args)
}

function startWatchingInto(out: string, ...args: string[]): () => Promise<Line> {
  child = spawn(process.execPath, [bin, 'watch', 'art', '--out', out, '--json', ...args], { cwd: folder, env: { ...process.env, DEPTHMESH_CACHE_DIR: join(folder, 'cache') } })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return async () => JSON.parse(String((await lines.next()).value)) as Line
}

const manifestOf = async (name: string) => JSON.parse(await readFile(join(folder, `out/${name}.json`), 'utf8')) as DepthManifest

describe('depthmesh watch', () => {
  it('bakes what is there, then what an edit changes, then what is new, and leaves whole files on Ctrl-C', async () => {
    const next = startWatching('--lods', '200')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: true })
    expect((await manifestOf('ramp')).camera).toMatchObject({ near: 1 })

    await writeFile(join(folder, 'art/ramp.depth.json'), '{ "near": 2 }')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: true })
    expect((await manifestOf('ramp')).camera).toMatchObject({ near: 2 })

    await writeFile(join(folder, 'art/ramp.depth.json'), '{\n  "near": 2,,\n}')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: false, error: { line: 2 } })
    expect((await manifestOf('ramp')).camera).toMatchObject({ near: 2 })

    await writeFile(join(folder, 'art/ramp.depth.json'), '{ "near": 3 }')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: true })
    expect((await manifestOf('ramp')).camera).toMatchObject({ near: 3 })

    await writeFile(join(folder, 'art/step.depth.png'), await gray16(32, 32, (x) => (x < 16 ? 0.2 : 0.9)))
    expect(await next()).toMatchObject({ file: 'art/step.depth.png', ok: true })

    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['ramp.json', 'ramp.lod0.glb', 'step.json', 'step.lod0.glb'])
  })

  it.each(['art', '.', 'art/maps'])('hears of maps and settings in or below the folder that it writes to (--out %s)', async (out) => {
    await mkdir(join(folder, 'art/maps'))
    const next = startWatchingInto(out, '--lods', '200')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: true })
    await writeFile(join(folder, 'art/maps/step.depth.png'), await gray16(32, 32, (x) => (x < 16 ? 0.2 : 0.9)))
    expect(await next()).toMatchObject({ file: 'art/maps/step.depth.png', ok: true })
    await writeFile(join(folder, 'art/ramp.depth.json'), '{ "near": 2 }')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: true })
    expect(JSON.parse(await readFile(join(folder, out, 'ramp.json'), 'utf8'))).toMatchObject({ camera: { near: 2 } })
    // What it wrote made it bake nothing: the next to be baked is the next edit.
    await writeFile(join(folder, 'art/maps/step.depth.json'), '{ "near": 3 }')
    expect(await next()).toMatchObject({ file: 'art/maps/step.depth.png', ok: true })
  })

  it('removes the levels that an edit of "lods" leaves over, and writes them again when they come back', async () => {
    const sidecar = (lods: readonly number[]) => writeFile(join(folder, 'art/ramp.depth.json'), JSON.stringify({ lods }))
    await sidecar([64, 32, 16, 8])
    const next = startWatching()
    const four = ['ramp.json', 'ramp.lod0.glb', 'ramp.lod1.glb', 'ramp.lod2.glb', 'ramp.lod3.glb']
    for (const [lods, files] of [[null, four], [[64], ['ramp.json', 'ramp.lod0.glb']], [[64, 32, 16, 8], four]] as const) {
      if (lods !== null) await sidecar(lods)
      expect(await next()).toMatchObject({ ok: true })
      expect((await readdir(join(folder, 'out'))).sort()).toEqual(files)
    }
  })

  it('bakes a map that another of its name was in the way of, once that one is gone', async () => {
    await mkdir(join(folder, 'art/maps'))
    await writeFile(join(folder, 'art/maps/ramp.depth.png'), await gray16(32, 32, (x) => (x < 16 ? 0.2 : 0.9)))
    const next = startWatching('--lods', '200')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: false, error: { message: expect.stringContaining('expected one map named "ramp"') } })
    expect(await next()).toMatchObject({ file: 'art/maps/ramp.depth.png', ok: true })
    await rm(join(folder, 'art/maps/ramp.depth.png'))
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: true })
    // As new as it was before.
    await writeFile(join(folder, 'art/ramp.depth.json'), '{ "near": 2 }')
    expect(await next()).toMatchObject({ file: 'art/ramp.depth.png', ok: true })
  })

  it('hears of a picture elsewhere that is there only later, goes and comes again', async () => {
    const picture = join(folder, 'photos/ramp.png')
    await writeFile(join(folder, 'package.json'), '{}')
    await writeFile(join(folder, 'art/ramp.depth.json'), '{ "color": "../photos/ramp.png" }')
    const next = startWatching('--lods', '200')
    expect(await next()).toMatchObject({ ok: false, error: { message: 'color: expected a picture at ramp.png, found no file' } })
    await mkdir(join(folder, 'photos'))
    for (const blue of [90, 10]) {
      await writeFile(picture, await rgb8(32, 32, (x, y) => [x * 8, y * 8, blue]))
      expect(await next()).toMatchObject({ ok: true })
      await rm(picture)
      expect(await next()).toMatchObject({ ok: false })
    }
  })
})
