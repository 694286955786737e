import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gray16, rgb8 } from '../support/maps.js'
import { jsonLines, runCli } from './run-cli.js'

let folder: string
const run = (...args: string[]) => runCli(args, folder)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-export-'))
  await mkdir(join(folder, 'art'))
  await writeFile(join(folder, 'art/hill.depth.png'), await gray16(48, 32, (x, y) => 0.2 + 0.6 * Math.exp(-((x - 24) ** 2 + (y - 16) ** 2) / 90)))
  await writeFile(join(folder, 'art/hill.png'), await rgb8(48, 32, (x) => [x * 5, 80, 30]))
  await writeFile(join(folder, 'art/hill.depth.json'), '{ "near": 2, "far": 9 }')
})

afterAll(() => rm(folder, { recursive: true }))

describe('depthmesh export', () => {
  it('writes every part and a copy of the picture, and what it wrote bakes', async () => {
    const { code, stdout, stderr } = await run('export', 'art/hill.depth.png', '--out', 'all')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const names = ['color.png', 'depth.json', 'depth.png', 'displacement.json', 'displacement.png', 'export.json', 'glb', 'mtl', 'normal.png', 'obj'].map((name) => `hill.${name}`)
    expect((await readdir(join(folder, 'all'))).sort()).toEqual(names)
    for (const name of names) if (name !== 'hill.export.json') expect(stdout).toContain(join('all', name))
    const [baked] = jsonLines<{ ok: boolean }>(await run('bake', 'all', '--out', 'baked', '--json', '--no-cache'))
    expect(baked).toMatchObject({ ok: true })
    expect(JSON.parse(await readFile(join(folder, 'baked/hill.json'), 'utf8'))).toMatchObject({ camera: { near: 2, far: 9 }, preflight: { width: 48, height: 32 } })
  })

  it('writes some parts only, and lists them for programs', async () => {
    const result = await run('export', 'art', '--out', 'some', '--only', 'normal,depth', '--json')
    expect(jsonLines(result)).toEqual([{ file: join('art', 'hill.depth.png'), ok: true, files: ['depth.png', 'depth.json', 'normal.png', 'color.png'].map((name) => join('some', `hill.${name}`)), cleaned: expect.any(Array) }])
  })

  const refused = (file: string) => ({ code: 1, stdout: '', stderr: `error: ${file}: expected a file of its own, found a source. Name another folder or file, or move this one away: sources are never written to.\n` })

  it.each(['art', 'linked'])('never writes over its sources (--out %s)', async (out) => {
    await symlink('art', join(folder, 'linked')).catch(() => undefined)
    const before = await readFile(join(folder, 'art/hill.depth.png'))
    expect(await run('export', 'art/hill.depth.png', '--out', out, '--white', 'far')).toEqual(refused(join(out, 'hill.depth.png')))
    expect(await readFile(join(folder, 'art/hill.depth.png'))).toEqual(before)
    expect(await readdir(join(folder, 'art'))).toHaveLength(3)
  })

  it('never writes over another map of that name, nor beside one', async () => {
    await mkdir(join(folder, 'taken/new'), { recursive: true })
    for (const [name, file] of [['taken/new/hill.depth.png', 'art/hill.depth.png'], ['taken/new/hill.png', 'art/hill.png'], ['taken/hill.depth.png', 'art/hill.depth.png']]) await copyFile(join(folder, file), join(folder, name))
    const before = await readFile(join(folder, 'taken/hill.depth.png'))
    const args = ['export', 'taken/new/hill.depth.png', '--out', 'taken', '--white', 'far'] as const
    expect(await run(...args)).toEqual(refused(join('taken', 'hill.depth.png')))
    expect(await run(...args, '--only', 'mesh')).toMatchObject({ code: 1, stderr: expect.stringContaining(`${join('taken', 'hill.color.png')}: expected a place where it belongs to no map that is there already, found hill.depth.png.`) })
    expect(await readFile(join(folder, 'taken/hill.depth.png'))).toEqual(before)
    expect((await readdir(join(folder, 'taken'))).sort()).toEqual(['hill.depth.png', 'new'])
  })

  it('writes again what it wrote, until somebody edits it', async () => {
    const again = (...args: string[]) => run('export', 'art/hill.depth.png', '--out', 'again', ...args)
    expect(await again('--only', 'depth')).toMatchObject({ code: 0 })
    const first = await readFile(join(folder, 'again/hill.depth.png'))
    expect(await again('--only', 'mesh')).toMatchObject({ code: 0, stderr: '' })
    expect(await again('--only', 'depth', '--white', 'far')).toMatchObject({ code: 0, stderr: '' })
    expect(await readFile(join(folder, 'again/hill.depth.png'))).not.toEqual(first)
    for (const name of ['hill.depth.json', 'hill.color.png', 'hill.depth.png']) {
      const written = await readFile(join(folder, 'again', name))
      const edited = Buffer.concat([written, Buffer.from(' ')])
      await writeFile(join(folder, 'again', name), edited)
      expect(await again()).toEqual(refused(join('again', name)))
      expect(await readFile(join(folder, 'again', name))).toEqual(edited)
      await writeFile(join(folder, 'again', name), written)
    }
    expect(await again()).toMatchObject({ code: 0, stderr: '' })
  })

  it('bakes onto a mesh that was made elsewhere', async () => {
    await run('export', 'art/hill.depth.png', '--out', 'low', '--only', 'mesh')
    const args = ['export', 'art/hill.depth.png', '--out', 'onto', '--only', 'none', '--normal-map.size', '64', '--bake-onto']
    expect((await run(...args, 'low/hill.glb')).stderr).toContain('found no normals. Unwrap the mesh, and switch normals and UVs on in the glTF export.')
    expect(await run(...args, 'nowhere.glb')).toMatchObject({ code: 2, stderr: 'depthmesh: --bake-onto: expected a GLB, found none that can be read at nowhere.glb (ENOENT).\n' })
    await run('bake', 'art/hill.depth.png', '--out', 'lit', '--shading', 'lit', '--no-cache')
    expect(await run(...args, 'lit/hill.lod0.glb')).toMatchObject({ code: 0, stderr: '' })
    expect(await sharp(join(folder, 'onto/hill.onto.normal.png')).metadata()).toMatchObject({ width: 64, height: 64 })
  })

  it('refuses a part that it does not know', async () => {
    expect(await run('export', 'art', '--out', 'x', '--only', 'depth,uvs')).toMatchObject({ code: 2, stderr: 'depthmesh: --only: expected some of depth, mesh, obj, normal, displacement, or none, got "uvs".\n' })
  })
})
