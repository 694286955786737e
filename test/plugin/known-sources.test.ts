import { createHash } from 'node:crypto'
import { existsSync, lutimesSync, readFileSync, renameSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startServer } from '../support/dev.js'
import { describeOnDisk } from '../support/disk.js'
import { rgb8 } from '../support/maps.js'
import { pngChunk } from '../support/png.js'
import { createProject, hill, smallLevels, viteVersions, type Project } from '../support/project.js'

/* Builds that know what large sources hold without reading them, and the ways in which they might be fooled. */

/** Of each picture, bytes: so many that what else a build reads is little beside it. */
const SIZE = 4_000_000
/** More than the minute for which a file has to be left alone, ms: the clock that is moved stands still. */
const LONG = 60 * 60 * 1000
const LAST_YEAR = new Date('2025-06-01T12:00:00Z')
const MAIN = `import { asset } from './hill.depth.png'\nglobalThis.game = asset\n`
const LIST = 'cache/source-hashes'

let project: Project
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  project.dispose()
})

/** The same picture in a file of `SIZE`. */
function padded(png: Uint8Array): Uint8Array {
  const comment = Buffer.alloc(SIZE - png.length - 12, 'x')
  comment.write('Comment\0')
  return Buffer.concat([png.subarray(0, -12), pngChunk('tEXt', comment), png.subarray(-12)])
}
const map = async (height = 1): Promise<Uint8Array> => padded(await hill(height))
const picture = async (blue = 90): Promise<Uint8Array> => padded(await rgb8(32, 32, (x, y) => [x * 8, y * 8, blue]))

/** A project whose pictures are of last year, by the time that programs can set. */
async function oldProject(vite?: string): Promise<void> {
  project = await createProject({ 'main.js': MAIN, 'hill.depth.png': await map(), 'hill.color.png': await picture() }, vite)
  for (const name of ['hill.depth.png', 'hill.color.png']) utimesSync(project.path(name), LAST_YEAR, LAST_YEAR)
}

/** As if the minute had passed in which a file is too young to be believed. */
function waitLong(): void {
  vi.setSystemTime(Date.now() + LONG)
}

interface Built {
  files: string[][]
  /** By the whole process, bytes. */
  read: number
  warnings: string[]
}

/** Builds; gives what it wrote, how much it read, and what it said. */
async function build({ outDir = 'dist', cache = { dir: 'cache' } as { dir: string; readonly?: boolean } | false, limits = {} } = {}): Promise<Built> {
  const warnings: string[] = []
  const { vite, root, list, bytes } = project
  const logger = vite.createLogger('silent')
  logger.warnOnce = (message) => void warnings.push(message.replaceAll(project.root, '.'))
  const before = bytesRead()
  await vite.build({ root, configFile: false, logLevel: 'silent', customLogger: logger, plugins: [project.depthmesh({ ...smallLevels, lods: [...smallLevels.lods], cache, limits })], build: { outDir, rollupOptions: { input: '/main.js' } } })
  return { read: bytesRead() - before, warnings, files: list(outDir).map((name) => [name, createHash('sha256').update(bytes(`${outDir}/${name}`)).digest('hex')]) }
}
/** No bake: one takes longer than a millisecond. */
const warmBuild = (): Promise<Built> => build({ limits: { jobSeconds: 0.001 } })
const bytesRead = (): number => Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])

/** A list that says something else of the map and its picture, as whole as the first. */
function falsify(hash: string): void {
  const [, json] = project.text(LIST).split('\n')
  const sources = ['hill.depth.png', 'hill.color.png'].map((name) => createHash('sha256').update(project.bytes(name)).digest('hex'))
  expect(sources.every((source) => json.includes(source))).toBe(true)
  const changed = sources.reduce((text, source) => text.replace(source, hash), json)
  writeFileSync(project.path(LIST), `depthmesh source hashes 1 ${createHash('sha256').update(changed).digest('hex')}\n${changed}`)
}

describeOnDisk('a build that bakes nothing', () => {
  it.each(viteVersions)('reads no byte of large sources that are as they were (%s)', async (version) => {
    await oldProject(version)
    waitLong()
    const first = await build()
    expect(first.read).toBeGreaterThan(2 * SIZE)
    const warm = await warmBuild()
    expect(warm.files).toEqual(first.files)
    expect(warm.read).toBeLessThan(SIZE)
    expect(warm.warnings).toEqual([])
  })

  it('believes nothing of a file that changed less than a minute before it was read, nor of one from the future', async () => {
    await oldProject()
    const first = await build()
    expect(existsSync(project.path(LIST))).toBe(false)
    vi.setSystemTime(Date.now() - LONG)
    const second = await warmBuild()
    expect(second.files).toEqual(first.files)
    expect(second.read).toBeGreaterThan(2 * SIZE)
    expect(existsSync(project.path(LIST))).toBe(false)
  })

  it.each([
    ['a map that was written over, with its time put back', 'hill.depth.png', async () => put(await map(0.5))],
    ['a map that was replaced by a file of the same size and time', 'hill.depth.png', async () => {
      put(await map(0.5), 'new.png')
      renameSync(project.path('new.png'), project.path('hill.depth.png'))
    }],
    ['a map that was deleted and restored', 'hill.depth.png', async () => {
      project.remove('hill.depth.png')
      put(await map(0.5))
    }],
    ['a picture that is a link now, as old as the picture was', 'hill.color.png', async () => {
      put(await picture(200), 'other.png')
      project.remove('hill.color.png')
      symlinkSync('other.png', project.path('hill.color.png'))
      lutimesSync(project.path('hill.color.png'), LAST_YEAR, LAST_YEAR)
    }],
  ])('notices %s', async (_what, file, edit) => {
    await oldProject()
    waitLong()
    const first = await build()
    const before = statSync(project.path(file), { bigint: true })
    await edit()
    const after = statSync(project.path(file), { bigint: true })
    expect([after.size, after.mtimeNs]).toEqual([before.size, before.mtimeNs])
    const edited = await build()
    expect(edited.files).not.toEqual(first.files)
    expect(edited.files).toEqual((await build({ outDir: 'fresh', cache: false })).files)
    waitLong()
    await warmBuild()
    const known = await warmBuild()
    expect(known.files).toEqual(edited.files)
    expect(known.read).toBeLessThan(SIZE)
  })

  it('reads sources after all when the result is gone, and bakes them', async () => {
    await oldProject()
    waitLong()
    const first = await build()
    for (const name of project.list('cache').filter((name) => name.endsWith('.bake'))) project.remove(`cache/${name}`)
    expect((await build()).files).toEqual(first.files)
    expect((await warmBuild()).read).toBeLessThan(SIZE)
  })

  it.each([
    ['it has another checksum', () => put(`${project.text(LIST).slice(0, -1)} `, LIST)],
    ['it is something else', () => put('', LIST)],
    ['it has another shape', () => falsify('no hash')],
  ])('mends a list that is damaged (%s), with one warning', async (reason, damage) => {
    await oldProject()
    waitLong()
    const first = await build()
    damage()
    const healed = await warmBuild()
    expect(healed.warnings).toEqual([`[depthmesh] The list of known sources ./${LIST} is of no use (${reason}); reading them again.`])
    expect(healed.files).toEqual(first.files)
    const warm = await warmBuild()
    expect(warm.warnings).toEqual([])
    expect(warm.read).toBeLessThan(SIZE)
  })

  it('takes back what a list says wrongly, as soon as a file is read', async () => {
    await oldProject()
    waitLong()
    const first = await build()
    const kept = project.list('cache')
    falsify('ab'.repeat(32))
    expect((await warmBuild()).files).toEqual(first.files)
    // Not under the key that it would have had.
    expect(project.list('cache')).toEqual(kept)
    await warmBuild()
    expect((await warmBuild()).read).toBeLessThan(SIZE)
  })

  it('writes no list where the cache is read-only, and uses the one that is there', async () => {
    await oldProject()
    await build()
    waitLong()
    const before = project.list('cache')
    const readonly = { cache: { dir: 'cache', readonly: true } }
    expect((await build(readonly)).read).toBeGreaterThan(2 * SIZE)
    expect(project.list('cache')).toEqual(before)
    await build()
    expect(project.list('cache')).toEqual([...before, 'source-hashes'])
    expect((await build(readonly)).read).toBeLessThan(SIZE)
  })
})

describeOnDisk('a dev server', () => {
  it('reads its sources, whatever a build has noted of them', async () => {
    const lines: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
    vi.stubEnv('DEBUG', 'depthmesh:cache')
    const known = (): string[] => lines.splice(0).filter((line) => line.startsWith('depthmesh:cache known'))
    const dev = await startServer({ 'main.js': MAIN, 'hill.depth.png': await map(), 'hill.color.png': await picture() }, { options: { cache: { dir: 'cache' } } })
    project = dev.project
    try {
      waitLong()
      await build()
      await build()
      expect(known()).toHaveLength(2)
      expect((await dev.server.transformRequest('/hill.depth.png'))?.code).toContain('hill.lod1.glb')
      expect(lines.some((line) => line.startsWith('depthmesh:cache hit'))).toBe(true)
      expect(known()).toEqual([])
    } finally {
      write.mockRestore()
      vi.unstubAllEnvs()
      await dev.close()
    }
  })
})

/** Writes into a file that is there, or anew, and leaves it as old as it was. */
function put(content: string | Uint8Array, name = 'hill.depth.png'): void {
  writeFileSync(project.path(name), content)
  utimesSync(project.path(name), LAST_YEAR, LAST_YEAR)
}
