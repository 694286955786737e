import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DepthManifest } from '../../src/core/index.js'
import { namedPictures } from '../../src/core/glb/pictures.js'
import { gray16, rgb8 } from '../support/maps.js'
import { bin, jsonLines, runCli } from './run-cli.js'

let folder: string
let out: string
const run = (...args: string[]) => runCli(args, folder, { DEPTHMESH_CACHE_DIR: join(folder, 'cache') })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-cli-'))
  await mkdir(join(folder, 'art/props'), { recursive: true })
  const hill = await gray16(64, 48, (x, y) => 0.2 + 0.6 * Math.exp(-((x - 32) ** 2 + (y - 24) ** 2) / 200))
  await writeFile(join(folder, 'art/hill.depth.png'), hill)
  await writeFile(join(folder, 'art/hill.color.png'), await rgb8(64, 48, (x, y) => [x * 4, y * 5, 90]))
  await writeFile(join(folder, 'art/hill.depth.json'), JSON.stringify({ near: 2, far: 20, lods: [400, 100] }))
  await writeFile(join(folder, 'art/props/wall.depth.png'), await gray16(40, 40, (x) => 0.1 + (0.8 * x) / 40))
  await writeFile(join(folder, 'art/torn.depth.png'), hill.subarray(0, hill.length / 2))
})

beforeEach(async () => {
  out = await mkdtemp(join(folder, 'out-'))
})

afterAll(() => rm(folder, { recursive: true }))

const manifestOf = async (name: string) => JSON.parse(await readFile(join(out, `${name}.json`), 'utf8')) as DepthManifest

describe('depthmesh bake', () => {
  it('writes a GLB a level and a manifest that lists them', async () => {
    const { code, stdout, stderr } = await run('bake', 'art/hill.depth.png', '--out', out)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect((await readdir(out)).sort()).toEqual(['hill.json', 'hill.lod0.glb', 'hill.lod1.glb'])
    const manifest = await manifestOf('hill')
    expect(manifest).toMatchObject({ name: 'hill', camera: { fovY: 45, aspect: 64 / 48, near: 2, far: 20 }, preflight: { width: 64, height: 48 } })
    for (const lod of manifest.lods) {
      const bytes = await readFile(join(out, lod.url))
      expect(bytes.subarray(0, 4).toString()).toBe('glTF')
      expect(bytes.length).toBe(lod.bytes)
    }
    expect(manifest.lods[0].triangles).toBeLessThanOrEqual(400)
    expect(manifest.lods[1].triangles).toBeLessThanOrEqual(100)
    expect(stdout).toMatch(/^file +levels +triangles +KiB +ms +cached/)
    expect(stdout).toMatch(/^art\/hill\.depth\.png +2 +\d+ \/ \d+ +[\d,]+ +[\d,]+ +no/m)
  })

  it('lets flags win over the sidecar', async () => {
    expect((await run('bake', 'art/hill.depth.png', '--out', out, '--lods', '50', '--far', '30')).code).toBe(0)
    const manifest = await manifestOf('hill')
    expect(manifest.camera).toMatchObject({ near: 2, far: 30 })
    expect(manifest.lods).toHaveLength(1)
  })

  it('bakes the others when one file is broken, and ends with 1', async () => {
    const { code, stdout, stderr } = await run('bake', 'art/**/*.depth.png', '--out', out)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: art\/torn\.depth\.png: expected .+/m)
    expect(stdout).toMatch(/^art\/torn\.depth\.png +failed$/m)
    expect((await readdir(out)).filter((name) => name.endsWith('.json')).sort()).toEqual(['hill.json', 'wall.json'])
  })

  it('finds every map below a folder', async () => {
    const { code } = await run('bake', 'art/props', '--out', out, '--quiet')
    expect(code).toBe(0)
    expect((await manifestOf('wall')).name).toBe('wall')
  })

  it('gives programs one JSON object a file', async () => {
    const result = await run('bake', 'art', '--out', out, '--json')
    expect(result.code).toBe(1)
    const lines = jsonLines<{ file: string; ok: boolean; cached?: boolean; lods?: { file: string; triangles: number }[]; error?: { code: string; message: string; hint: string; file: string } }>(result)
    const byFile = new Map(lines.map((line) => [line.file, line]))
    expect([...byFile.keys()].sort()).toEqual(['art/hill.depth.png', 'art/props/wall.depth.png', 'art/torn.depth.png'])
    expect(byFile.get('art/hill.depth.png')).toMatchObject({ ok: true, name: 'hill', manifest: join(out, 'hill.json'), cached: expect.any(Boolean), checks: expect.any(Array), warnings: expect.any(Array) })
    expect(byFile.get('art/hill.depth.png')?.lods?.[1].file).toBe(join(out, 'hill.lod1.glb'))
    expect(byFile.get('art/torn.depth.png')).toMatchObject({ ok: false, error: { code: 'INPUT_UNREADABLE', file: 'art/torn.depth.png', hint: expect.any(String) } })
    expect(result.stderr).toBe('')
  })

  it('says nothing with --quiet but what failed', async () => {
    expect(await run('bake', 'art/hill.depth.png', '--out', out, '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' })
    const { stdout, stderr } = await run('bake', 'art/torn.depth.png', '--out', out, '--quiet')
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^error: art\/torn\.depth\.png: /)
  })

  it('removes the levels that an earlier bake wrote and this one does not, and nothing else', async () => {
    await run('bake', 'art/hill.depth.png', '--out', out, '--variants', '1')
    expect((await readdir(out)).filter((name) => name.endsWith('.glb'))).toHaveLength(4)
    await writeFile(join(out, 'hill.lod7.glb'), 'not ours')
    await run('bake', 'art/hill.depth.png', '--out', out, '--lods', '100')
    expect((await readdir(out)).sort()).toEqual(['hill.json', 'hill.lod0.glb', 'hill.lod7.glb'])
  })

  it('removes nothing that the earlier manifest did not name as a level, no source, nor anything outside of the folder', async () => {
    const level = (url: string) => ({ url, triangles: 1, vertices: 3, bytes: 1 })
    const kept = ['rock.lod1.glb', 'hill.depth.png', 'notes.txt', 'rock.json']
    for (const name of kept) await writeFile(join(out, name), 'not ours')
    await mkdir(join(out, 'sub'))
    await writeFile(join(out, 'sub/hill.lod1.glb'), 'not ours')
    await writeFile(join(folder, 'hill.lod1.glb'), 'not ours')
    await writeFile(join(out, 'hill.lod3.glb'), 'ours')
    await writeFile(join(out, 'hill.json'), JSON.stringify({ lods: ['../hill.lod1.glb', 'sub/hill.lod1.glb', 'notes.txt', 'rock.json', 'hill.depth.png', 'hill.lod3.glb'].map(level), variants: [] }))
    expect((await run('bake', 'art/hill.depth.png', '--out', out, '--lods', '100')).code).toBe(0)
    expect((await readdir(out)).sort()).toEqual([...kept, 'hill.json', 'hill.lod0.glb', 'sub'].sort())
    expect([...await readdir(join(out, 'sub')), ...(await readdir(folder)).filter((name) => name.endsWith('.glb'))]).toEqual(['hill.lod1.glb', 'hill.lod1.glb'])
    await rm(join(folder, 'hill.lod1.glb'))
  })

  it('writes the picture that variants share beside their levels, and removes it with them', async () => {
    await mkdir(join(folder, 'shared'), { recursive: true })
    await writeFile(join(folder, 'shared/rock.depth.png'), await gray16(64, 64, (x, y) => 0.2 + 0.6 * Math.exp(-((x - 32) ** 2 + (y - 32) ** 2) / 200)))
    await writeFile(join(folder, 'shared/rock.color.png'), await rgb8(64, 64, (x, y) => [(x * 7919 + y * 104729) % 251, (x * y * 31) % 253, x * 4]))
    const bake = (...more: string[]) => run('bake', 'shared/rock.depth.png', '--out', out, '--projection', 'orthographic', '--lods', '200', '--texture.quality', '95', ...more)
    for (const cached of ['no', 'yes']) {
      const { code, stdout } = await bake('--variants', '2')
      expect(code).toBe(0)
      const kibibytes = Math.ceil((await Promise.all((await readdir(out)).filter((name) => !name.endsWith('.json')).map(async (name) => (await readFile(join(out, name))).length))).reduce((a, b) => a + b) / 1024)
      expect(stdout).toMatch(new RegExp(`^shared/rock\\.depth\\.png +1 +[0-9]+ +${kibibytes} .* ${cached}`, 'm'))
      expect((await readdir(out)).sort()).toEqual(['rock.json', 'rock.lod0.glb', 'rock.variant1.lod0.glb', 'rock.variant2.lod0.glb', 'rock.variants.color0.webp'])
      for (const { lods: [{ url, textures }] } of (await manifestOf('rock')).variants) {
        expect(textures).toEqual([{ url: 'rock.variants.color0.webp', bytes: (await readFile(join(out, 'rock.variants.color0.webp'))).length }])
        expect(namedPictures(await readFile(join(out, url)))).toEqual(['rock.variants.color0.webp'])
      }
    }
    await bake()
    expect((await readdir(out)).sort()).toEqual(['rock.json', 'rock.lod0.glb'])
  })

  it('lets no map write over what another wrote as its variant', async () => {
    await mkdir(join(folder, 'like'), { recursive: true })
    for (const name of ['rock', 'rock.variant1']) await copyFile(join(folder, 'art/props/wall.depth.png'), join(folder, `like/${name}.depth.png`))
    await writeFile(join(folder, 'like/rock.depth.json'), '{ "variants": 1 }')
    const { code, stderr } = await run('bake', 'like', '--out', out, '--lods', '100')
    expect(code).toBe(1)
    expect(stderr.match(/^error: like\/rock(?:\.variant1)?\.depth\.png: expected files of its own, found rock\.variant1\.lod0\.glb of rock(?:\.variant1)?\.json\. Bake them into different folders\.$/gm)).toHaveLength(1)
    // By separate runs too, while each may be baked again.
    const codes = await Promise.all(['rock', 'rock.variant1'].map(async (name) => (await run('bake', `like/${name}.depth.png`, '--out', out, '--lods', '100')).code))
    expect(codes.toSorted()).toEqual([0, 1])
  })

  it('never writes to its sources', async () => {
    const digest = async () => {
      const files = (await readdir(join(folder, 'art'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
      return Promise.all(files.map(async ({ parentPath, name }) => [name, createHash('sha256').update(await readFile(join(parentPath, name))).digest('hex')]))
    }
    const before = await digest()
    await run('bake', 'art', '--out', out)
    expect(await digest()).toEqual(before)
  })

  it('never writes its manifest over settings, nor as the settings of a map', async () => {
    for (const name of ['wall.depth.png', 'wall.depth.depth.png']) await copyFile(join(folder, 'art/props/wall.depth.png'), join(out, name))
    const bake = (to: string) => run('bake', join(out, 'wall.depth.depth.png'), '--out', to, '--lods', '100')
    const become = await bake(out)
    expect(become.code).toBe(1)
    expect(become.stderr).toContain(`error: ${join(out, 'wall.depth.json')}: expected a place where it belongs to no map that is there already, found wall.depth.png. Name another folder or file: sources are left as they are.\n`)
    await writeFile(join(out, 'wall.depth.json'), '{ "near": 2 }')
    const over = await bake(out)
    expect(over.code).toBe(1)
    expect(over.stderr).toContain(`error: ${join(out, 'wall.depth.json')}: expected a file of its own, found a source. Name another folder or file, or move this one away: sources are never written to.\n`)
    expect((await readdir(out)).sort()).toEqual(['wall.depth.depth.png', 'wall.depth.json', 'wall.depth.png'])
    expect(await readFile(join(out, 'wall.depth.json'), 'utf8')).toBe('{ "near": 2 }')
    // Where it is nobody's settings it is a manifest like any, the second time too.
    for (const attempt of [1, 2]) expect((await bake(join(out, 'meshes'))).code, `${attempt}`).toBe(0)
  })

  it('never writes its manifest over a file of others, whatever the map is called', async () => {
    await copyFile(join(folder, 'art/props/wall.depth.png'), join(out, 'package.depth.png'))
    await writeFile(join(out, 'package.json'), '{ "name": "game" }')
    const { code, stderr } = await run('bake', join(out, 'package.depth.png'), '--out', out, '--lods', '100')
    expect(code).toBe(1)
    expect(stderr).toContain(`error: ${join(out, 'package.json')}: expected no such file, or the manifest of an earlier bake, found another. Name another folder in --out, or move this file away.\n`)
    expect((await readdir(out)).sort()).toEqual(['package.depth.png', 'package.json'])
    expect(await readFile(join(out, 'package.json'), 'utf8')).toBe('{ "name": "game" }')
  })

  it('refuses two maps that would write the same files', async () => {
    await mkdir(join(folder, 'twins/a'), { recursive: true })
    await mkdir(join(folder, 'twins/b'), { recursive: true })
    for (const twin of ['a', 'b']) await writeFile(join(folder, `twins/${twin}/wall.depth.png`), await gray16(16, 16, (x) => x / 16))
    const { code, stderr } = await run('bake', 'twins', '--out', out)
    expect(code).toBe(1)
    expect(stderr).toContain(
      'error: twins/b/wall.depth.png: expected one map named "wall", found twins/a/wall.depth.png too: they would write the same files. Bake them into different folders.',
    )
    expect((await manifestOf('wall')).name).toBe('wall')
  })

  it.each([
    ['nowhere.depth.png', 'error: nowhere.depth.png: expected a file, a folder or a glob, found nothing there. Check the name.\n'],
    ['art/*.depth.exr', 'error: art/*.depth.exr: expected depth maps (*.depth.png, *.depth.exr, *.depth.tif), found none. Put the pattern in quotes, so that the shell leaves it alone.\n'],
    ['art/hill.color.png', 'error: art/hill.color.png: expected a name that ends in .depth.png, .depth.exr, .depth.tif or .depth.tiff. Rename it: its colour picture and its settings are found by that name.\n'],
  ])('says what is wrong with %s', async (pattern, message) => {
    const { code, stderr } = await run('bake', pattern, '--out', out)
    expect({ code, stderr }).toEqual({ code: 1, stderr: message })
  })

  it('names the place in the sidecar where values there are at odds, also beside flags', async () => {
    await writeFile(join(folder, 'art/props/wall.depth.json'), '{\n  "lods": [100, 200]\n}')
    const { code, stderr } = await run('bake', 'art/props/wall.depth.png', '--out', out, '--fov-y', '40')
    await rm(join(folder, 'art/props/wall.depth.json'))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: art\/props\/wall\.depth\.json:2:3: lods: expected budgets that fall, got \[100,200\]\. List them from fine to coarse\.\n/)
  })

  it('stops on Ctrl-C and leaves whole files only', async () => {
    await mkdir(join(folder, 'slow'))
    await writeFile(join(folder, 'slow/quick.depth.png'), await gray16(16, 16, (x) => x / 16))
    await writeFile(join(folder, 'slow/vast.depth.png'), await gray16(2048, 2048, (x, y) => 0.5 + 0.5 * Math.sin(x * 0.37) * Math.cos(y * 0.41)))
    const child = spawn(process.execPath, [bin, 'bake', 'slow', '--out', out, '--json', '--no-cache'], { cwd: folder })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    await new Promise((resolve) => child.stdout.once('data', resolve)) // the quick one is done
    const asked = performance.now()
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(performance.now() - asked).toBeLessThan(10_000)
    const files = (await readdir(out)).sort()
    expect(files.filter((name) => !name.startsWith('quick.'))).toEqual([])
    expect(files).toContain('quick.json')
  })

  it('names the folder that it can not write to', async () => {
    await writeFile(join(folder, 'in-the-way'), '')
    const { code, stderr } = await run('bake', 'art/hill.depth.png', '--out', 'in-the-way')
    expect(code).toBe(1)
    expect(stderr).toContain('error: in-the-way: expected a folder, found a file. Name another folder.\n')
  })

  // (Node's own mkdir with `recursive` never comes back from there.)
  it.runIf(existsSync('/proc/self'))('names the folder that the system will not have', async () => {
    const { code, stderr } = await run('bake', 'art/hill.depth.png', '--out', '/proc/meshes')
    expect(code).toBe(1)
    expect(stderr).toContain('error: /proc/meshes: expected a folder that can be written to, got ENOENT. Check --out, its rights and the space on the disk.\n')
  })
})
