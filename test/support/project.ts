import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Vite from 'vite'
import type * as DepthMesh from '../../src/plugin/index.js'
import { gray16 } from './maps.js'

const repository = fileURLToPath(new URL('../../', import.meta.url))

/** The Vites that are supported, as they are called in devDependencies; the last is the newest. */
export const viteVersions = ['vite6', 'vite7', 'vite80', 'vite'].filter((name) => existsSync(join(repository, 'node_modules', name)))

/** One cache for all test projects, so that the same hill is baked once and not in every test. Its keys hold depthmesh's own code. */
export const testCache = { dir: join(repository, 'node_modules/.cache/depthmesh-tests') }

/** A project in a folder of its own, with the packed files of depthmesh and one Vite in its node_modules, as after `npm install`. */
export interface Project {
  root: string
  vite: typeof Vite
  depthmesh: typeof DepthMesh.default
  path(...names: string[]): string
  write(files: Record<string, string | Uint8Array>): void
  remove(name: string): void
  text(name: string): string
  bytes(name: string): Buffer
  /** Files below a folder, sorted. */
  list(folder: string): string[]
  /** `vite build` with the plugin, silent. */
  build(config?: Vite.InlineConfig, options?: DepthMesh.DepthMeshPluginOptions): Promise<void>
  /** Imports a file of a package from a copy of it in here, so that it meets the project's Vite and not another. */
  copied<T>(name: string, file: string): Promise<T>
  dispose(): void
}

/** Small levels, so that a bake takes a tenth of a second. */
export const smallLevels = { lods: [200, 50] } as const

/** A 32×32 hill with a flat top at `height`, 0..1, which tells one edit from the next. */
export function hill(height = 1): Promise<Uint8Array> {
  return gray16(32, 32, (x, y) => height * Math.min(1, Math.max(0, 1.5 - Math.hypot(x - 15.5, y - 15.5) / 12)))
}

export async function createProject(files: Record<string, string | Uint8Array>, viteName = 'vite'): Promise<Project> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'depthmesh-')))
  const modules = join(root, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (!name.startsWith('.') && !/^vite\d*$/.test(name)) symlinkSync(join(repository, 'node_modules', name), join(modules, name))
  }
  symlinkSync(join(repository, 'node_modules', viteName), join(modules, 'vite'))
  for (const name of ['dist', 'package.json', 'client.d.ts', 'schema.json']) cpSync(join(repository, name), join(modules, 'depthmesh', name), { recursive: true })

  const load = async <T>(path: string): Promise<T> => (await import(/* @vite-ignore */ pathToFileURL(join(modules, path)).href)) as T
  const vite = await load<typeof Vite>('vite/dist/node/index.js')
  const { default: depthmesh } = await load<typeof DepthMesh>('depthmesh/dist/plugin/index.js')

  const project: Project = {
    root,
    vite,
    depthmesh,
    path: (...names) => join(root, ...names),
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(root, name)), { recursive: true })
        writeFileSync(join(root, name), content)
      }
    },
    remove: (name) => rmSync(join(root, name), { recursive: true, force: true }),
    text: (name) => readFileSync(join(root, name), 'utf8'),
    bytes: (name) => readFileSync(join(root, name)),
    list(folder) {
      if (!existsSync(join(root, folder))) return []
      const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      return names.filter((name) => statSync(join(root, folder, name)).isFile()).map((name) => relative('', name)).sort()
    },
    async build(config = {}, options = {}) {
      await vite.build(vite.mergeConfig({ root, configFile: false, logLevel: 'silent', plugins: [depthmesh({ ...smallLevels, cache: testCache, ...options } as DepthMesh.DepthMeshPluginOptions)] }, config))
    },
    copied(name, file) {
      cpSync(realpathSync(join(repository, 'node_modules', name)), join(modules, '.copies', name), { recursive: true })
      return load(`.copies/${name}/${file}`)
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  }
  project.write({ 'package.json': JSON.stringify({ name: 'game', private: true, type: 'module' }), ...files })
  return project
}
