import { createHash } from 'node:crypto'
import { existsSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DepthMeshPluginOptions } from '../../src/plugin/index.js'
import { startServer } from '../support/dev.js'
import { createProject, hill, smallLevels, viteVersions, type Project } from '../support/project.js'

/* The cache as builds and dev servers meet it; test/bake/cache.test.ts is about the cache alone. */

const DAY = 24 * 60 * 60 * 1000
const MAIN = `import { asset } from './hill.depth.png'\nglobalThis.game = asset\n`

let projects: Project[] = []
afterEach(() => {
  vi.unstubAllEnvs()
  for (const project of projects) project.dispose()
  projects = []
})

async function hillProject(files: Record<string, string | Uint8Array> = {}, vite?: string): Promise<Project> {
  const project = await createProject({ 'main.js': MAIN, 'hill.depth.png': await hill(), ...files }, vite)
  projects.push(project)
  return project
}
/** A map that nothing is to be cleaned of has one entry: its bake. */
const SETTINGS = { clean: false } as const
type Cache = DepthMeshPluginOptions['cache']
/** No bake: one takes longer than a millisecond. */
const NO_BAKES = { jobSeconds: 0.001 }

/** Builds; gives what it wrote, and what it warned of. */
async function build(project: Project, cache: Cache, limits = {}): Promise<{ files: string[][]; warnings: string[] }> {
  const warnings: string[] = []
  const logger = project.vite.createLogger('silent')
  logger.warnOnce = (message) => void warnings.push(message.replaceAll(project.root, '.'))
  await project.build({ customLogger: logger, build: { rollupOptions: { input: '/main.js' } } }, { cache, limits, ...SETTINGS })
  return { warnings, files: project.list('dist').map((name) => [name, createHash('sha256').update(project.bytes(`dist/${name}`)).digest('hex')]) }
}
const entries = (project: Project, folder = 'cache'): string[] => project.list(folder).filter((name) => name.endsWith('.bake'))
/** As if entries had last been used so many days ago. */
function age(project: Project, days: number): void {
  const then = new Date(Date.now() - days * DAY)
  for (const name of entries(project)) utimesSync(project.path('cache', name), then, then)
}
function damage(project: Project): void {
  for (const name of entries(project)) {
    const bytes = project.bytes(`cache/${name}`)
    bytes[bytes.length - 1] ^= 1
    writeFileSync(project.path('cache', name), bytes)
  }
}
const CACHE = { dir: 'cache' }

describe.each(viteVersions)('the cache of builds and dev servers with %s', (vite) => {
  it('is verified and mended, with one warning', async () => {
    const project = await hillProject({}, vite)
    const first = await build(project, CACHE)
    damage(project)
    const mended = await build(project, CACHE)
    expect(mended.files).toEqual(first.files)
    expect(mended.warnings).toEqual([expect.stringMatching(/^\[depthmesh\] The cache entry \.\/cache\/[0-9a-f]{64}\.bake is damaged \(hill\.lod1\.glb has another checksum\); baking again\.$/) as string])
    expect(await build(project, CACHE, NO_BAKES)).toEqual({ files: first.files, warnings: [] })
  })

  it('is mended by a dev server too, which serves the map meanwhile', async () => {
    const dev = await startServer({ 'hill.depth.png': await hill() }, { vite, options: { cache: CACHE, ...SETTINGS } })
    const load = async (): Promise<string | undefined> => {
      dev.server.environments.client.moduleGraph.invalidateAll()
      return (await dev.server.transformRequest('/hill.depth.png'))?.code.match(/\/@depthmesh\/[^"]+/)?.[0]
    }
    const url = await load()
    expect(url).toContain('hill.lod0.glb')
    damage(dev.project)
    expect(await load()).toBe(url)
    expect(await load()).toBe(url)
    expect(dev.warnings.filter((text) => text.includes('is damaged'))).toHaveLength(1)
  })
})

describe('the cache of builds', () => {
  it('knows a map by what is in it, wherever and from whenever it is', async () => {
    const [here, there] = [await hillProject(), await hillProject()]
    const cache = { dir: here.path('cache') }
    const { files } = await build(here, cache)
    utimesSync(there.path('hill.depth.png'), new Date('2020-01-01'), new Date('2020-01-01'))
    expect(await build(there, cache, NO_BAKES)).toEqual({ files, warnings: [] })
  })

  it('lies where the environment says, unless an option says it', async () => {
    const project = await hillProject()
    vi.stubEnv('DEPTHMESH_CACHE_DIR', project.path('by-environment'))
    await build(project, {})
    expect([entries(project, 'by-environment'), entries(project, 'node_modules/.cache')]).toEqual([[expect.anything()], []])
    await build(project, { dir: 'by-option' })
    expect([entries(project, 'by-environment'), entries(project, 'by-option')]).toEqual([[expect.anything()], [expect.anything()]])
    vi.stubEnv('DEPTHMESH_CACHE_DIR', undefined)
    await build(project, {})
    expect(entries(project, 'node_modules/.cache/depthmesh')).toHaveLength(1)
  })

  it('lies in the project that is built, where one depthmesh() builds several', async () => {
    const map = await hill()
    const { vite, path, depthmesh, list } = await hillProject(Object.fromEntries(['one', 'two'].flatMap((root) => [[`${root}/main.js`, MAIN], [`${root}/hill.depth.png`, map]])))
    const plugins = [depthmesh({ lods: [...smallLevels.lods], ...SETTINGS, cache: CACHE })]
    for (const root of ['one', 'two']) await vite.build({ root: path(root), configFile: false, logLevel: 'silent', plugins, build: { rollupOptions: { input: '/main.js' } } })
    for (const root of ['one', 'two']) expect(list(`${root}/cache`).filter((name) => name.endsWith('.bake'))).toHaveLength(1)
  })

  it('is read and not written where it is read-only', async () => {
    const project = await hillProject()
    await build(project, CACHE)
    age(project, 100)
    const [name] = entries(project)
    const before = statSync(project.path('cache', name)).mtimeMs
    project.write({ 'mount.depth.png': await hill(0.5), 'main.js': `${MAIN}import mount from './mount.depth.png'\nconsole.log(mount)` })
    expect((await build(project, { ...CACHE, readonly: true })).warnings).toEqual([])
    expect(project.list('cache')).toEqual([name])
    expect(statSync(project.path('cache', name)).mtimeMs).toBe(before)
    project.write({ 'main.js': MAIN })
    await build(project, { ...CACHE, readonly: true }, NO_BAKES)
  })

  it('is one warning where it cannot be written, and the build is whole', async () => {
    const project = await hillProject({ file: '', 'mount.depth.png': await hill(0.5), 'main.js': `${MAIN}import mount from './mount.depth.png'\nconsole.log(mount)` })
    const { files, warnings } = await build(project, { dir: 'file/cache' })
    expect(files.filter(([name]) => name.endsWith('.glb'))).toHaveLength(4)
    expect(warnings).toEqual(['[depthmesh] The cache ./file/cache cannot be written (ENOTDIR); baking without it. Name another folder in DEPTHMESH_CACHE_DIR.'])
  })

  it('lets go of what was not used for long, then of the oldest, but of nothing that a build has just used', async () => {
    const project = await hillProject({ 'mount.depth.png': await hill(0.5) })
    await build(project, CACHE)
    age(project, 3)
    const [old] = entries(project)
    project.write({ 'main.js': MAIN.replace('hill', 'mount') })
    await build(project, CACHE)
    expect(entries(project)).toHaveLength(2)
    await build(project, { ...CACHE, maxAge: 1 }, NO_BAKES)
    expect(existsSync(project.path('cache', old))).toBe(false)
    expect(entries(project)).toHaveLength(1)

    project.write({ 'main.js': MAIN })
    await build(project, { ...CACHE, maxBytes: 1 })
    expect(entries(project)).toHaveLength(2)
    age(project, 1)
    await build(project, { ...CACHE, maxBytes: 1 }, NO_BAKES)
    expect(entries(project)).toEqual([old])
  })
})
