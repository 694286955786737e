import { existsSync, statSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { BuildEnvironmentOptions, InlineConfig, Rollup } from 'vite'
import type { DepthAsset } from '../../src/core/index.js'
import { namedPictures } from '../../src/core/glb/pictures.js'
import { temporaryFolder } from '../support/folder.js'
import { gray16, rgb8 } from '../support/maps.js'
import { createProject, hill, testCache, viteVersions, type Project } from '../support/project.js'

const page = '<!doctype html><script type="module" src="/main.js"></script>'
const main = `import url, { asset } from './art/hill.depth.png'\nglobalThis.game = { url, asset }\n`

interface Game {
  url: string
  asset: DepthAsset
}

let projects: Project[] = []
afterEach(() => {
  for (const project of projects) project.dispose()
  projects = []
})

async function gameProject(files: Record<string, string | Uint8Array> = {}, vite?: string): Promise<Project> {
  const project = await createProject({ 'index.html': page, 'main.js': main, 'art/hill.depth.png': await hill(), 'art/hill.color.png': await rgb8(32, 32, (x, y) => [x * 8, y * 8, 90]), ...files }, vite)
  projects.push(project)
  return project
}

/** A build of main.js alone, which Node can run too. */
const script = (config: InlineConfig = {}, outDir = 'dist'): InlineConfig => ({
  ...config,
  build: { minify: false, outDir, modulePreload: false, ...config.build, rollupOptions: { input: '/main.js', ...config.build?.rollupOptions } },
})

const glbs = (project: Project, folder = 'dist'): string[] => project.list(folder).filter((name) => name.endsWith('.glb'))
const entry = (project: Project, folder = 'dist'): string => {
  const found = project.list(folder).filter((name) => /main.*\.m?js$/.test(name))
  expect(found).toHaveLength(1)
  return `${folder}/${found[0]}`
}
/** What main.js of a build gives, run in Node. */
async function play(project: Project, folder = 'dist'): Promise<Game> {
  await import(/* @vite-ignore */ `${pathToFileURL(project.path(entry(project, folder))).href}?at=${performance.now()}`)
  return (globalThis as unknown as { game: Game }).game
}
const urls = ({ url, asset }: Game): string[] => {
  expect(url).toBe(asset.lods[0].url)
  return asset.lods.map((lod) => lod.url)
}

describe.each(viteVersions)('vite build with %s', (version) => {
  it('gives hashed GLBs whose URLs are right for every base, baked once, and bytes that stay the same', async () => {
    const project = await gameProject({}, version)
    const cache = { dir: 'cache' }
    await project.build(script({ base: '/' }, 'root'), { cache })
    const files = glbs(project, 'root')
    expect(files.map((name) => name.replace(/-[\w-]{8}\.glb$/, ''))).toEqual(['assets/hill.lod0', 'assets/hill.lod1'])
    for (const file of files) expect(project.bytes(`root/${file}`).subarray(0, 4).toString()).toBe('glTF')
    expect(urls(await play(project, 'root'))).toEqual(files.map((file) => `/${file}`))

    // From here on a bake would fail: it takes longer than a millisecond.
    const cached = { cache, limits: { jobSeconds: 0.001 } }
    for (const base of ['/sub/', 'https://cdn.example/v1/', '/a b/']) {
      await project.build(script({ base }, 'out'), cached)
      expect(urls(await play(project, 'out'))).toEqual(files.map((file) => encodeURI(`${base}${file}`)))
      for (const file of files) expect(project.bytes(`out/${file}`).equals(project.bytes(`root/${file}`))).toBe(true)
    }
    await project.build(script({ base: './' }, 'relative'), cached)
    for (const url of urls(await play(project, 'relative'))) expect(existsSync(fileURLToPath(url))).toBe(true)
  })

  it('follows renderBuiltUrl, assetFileNames and assetsDir', async () => {
    const project = await gameProject({}, version)
    type Render = NonNullable<NonNullable<InlineConfig['experimental']>['renderBuiltUrl']>
    const built = async (renderBuiltUrl: Render): Promise<string[]> => {
      await project.build(script({ experimental: { renderBuiltUrl } }))
      return urls(await play(project))
    }
    const [first] = await built((name) => `https://cdn.example/${name}`)
    expect(first).toMatch(/^https:\/\/cdn\.example\/assets\/hill\.lod0-[\w-]{8}\.glb$/)
    const [relative] = await built(() => ({ relative: true }))
    expect(existsSync(fileURLToPath(relative))).toBe(true)
    const [runtime] = await built((name) => ({ runtime: `("cdn:" + ${JSON.stringify(name)})` }))
    expect(runtime).toMatch(/^cdn:assets\/hill\.lod0-/)
    // Files are kept whose names the code does not speak of.
    await built((name) => `https://cdn.example/${Buffer.from(name).toString('hex')}`)
    expect(glbs(project)).toHaveLength(2)

    await project.build(script({ build: { assetsDir: 'static' } }, 'dir'))
    expect(glbs(project, 'dir')[0]).toMatch(/^static\/hill\.lod0-/)
    await project.build(script({ build: { rollupOptions: { output: { assetFileNames: 'models/[name][extname]' } } } }, 'names'))
    expect(glbs(project, 'names')).toEqual(['models/hill.lod0.glb', 'models/hill.lod1.glb'])
    expect(urls(await play(project, 'names'))).toEqual(['/models/hill.lod0.glb', '/models/hill.lod1.glb'])
  })

  it('lists every level in manifest.json under keys that stay the same', async () => {
    const project = await gameProject({}, version)
    await project.build(script({ build: { manifest: true } }))
    const manifest = JSON.parse(project.text('dist/.vite/manifest.json')) as Record<string, { file: string; assets?: string[] }>
    const files = glbs(project)
    expect(manifest['art/hill.depth.png'].file).toBe(files[0])
    expect(manifest['art/hill.depth.png?lod=1'].file).toBe(files[1])
    expect(manifest['main.js'].assets?.toSorted()).toEqual(files)

    project.write({ 'art/hill.depth.json': JSON.stringify({ container: 'msft_lod' }) })
    await project.build(script({ build: { manifest: true } }))
    expect(Object.keys(JSON.parse(project.text('dist/.vite/manifest.json')) as object).toSorted()).toEqual(['art/hill.depth.png', 'main.js'])
  })

  it('gives the server the URLs of the client, and no GLBs', async () => {
    const project = await gameProject({}, version)
    await project.build(script({ base: '/sub/' }, 'client'))
    await project.build(script({ base: '/sub/', build: { ssr: true } }, 'server'))
    expect(urls(await play(project, 'server'))).toEqual(urls(await play(project, 'client')))
    expect(glbs(project, 'server')).toEqual([])
    await project.build(script({ base: '/sub/', build: { ssr: true, ssrEmitAssets: true } }, 'emitted'))
    expect(glbs(project, 'emitted')).toEqual(glbs(project, 'client'))
  })

  it('gives servers depthmesh/three along, so that they start where only builds have depthmesh', async () => {
    const project = await gameProject({ 'main.js': `import { loadDepthBackground } from 'depthmesh/three'\nglobalThis.game = loadDepthBackground` }, version)
    await project.build(script({ build: { ssr: true } }, 'server'))
    const code = project.list('server').map((name) => project.text(`server/${name}`)).join()
    expect(code).toMatch(/from ?["']three["']/)
    expect(code).not.toMatch(/from ?["']depthmesh/)
    expect(await play(project, 'server')).toBeTypeOf('function')
  })

  it('says of which maps a server gives out URLs that lead nowhere', async () => {
    const only = `import url, { asset } from './art/only ü.depth.png'\nimport './worker.js'\nglobalThis.game = { url, asset }`
    const project = await gameProject({
      'main.js': `${main}new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`,
      'worker.js': `import url from './art/wörker 1.depth.png'\npostMessage(url)`,
      'server.js': `import './main.js'\n${only}`,
      'placeholder.js': `export { placeholder } from './art/bare.depth.png'`,
      'art/only ü.depth.png': await hill(0.4),
      'art/bare.depth.png': await hill(0.6),
      'art/wörker 1.depth.png': await hill(0.8),
    }, version)
    const { vite, depthmesh, root } = project
    const warned = async (ssr: BuildEnvironmentOptions, base = '/'): Promise<string[]> => {
      const warnings: string[] = []
      const logger = vite.createLogger('silent')
      logger.warn = (message) => void warnings.push(message)
      const builder = await vite.createBuilder({
        root,
        base,
        configFile: false,
        customLogger: logger,
        plugins: [depthmesh({ lods: [200, 50], cache: testCache })],
        environments: { client: { build: script({}, 'client').build ?? {} }, ssr: { build: { ...script({}, 'server').build, ssr: true, rollupOptions: { input: ['/server.js', '/placeholder.js'] }, ...ssr } } },
        builder: {},
      })
      await builder.buildApp()
      return warnings.filter((text) => text.includes('server alone'))
    }
    for (const base of ['/', './']) {
      expect(await warned({}, base)).toEqual([expect.stringContaining('art/only ü.depth.png: code of the server alone imports it, and the files of that are not kept, so that pages ask for GLBs that are not there. Import it in code that pages load too.')])
    }
    // A framework that keeps them moves them, as SvelteKit, Astro and React Router do.
    expect(await warned({ emitAssets: true })).toEqual([])
  })

  it('bakes once for environments that are built at the same time', async () => {
    const project = await gameProject({}, version)
    const { vite, depthmesh, root } = project
    const lines: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
    vi.stubEnv('DEBUG', 'depthmesh:*')
    try {
      const environment = (outDir: string) => ({ build: script({}, outDir).build ?? {} })
      const builder = await vite.createBuilder({
        root,
        configFile: false,
        logLevel: 'silent',
        plugins: [depthmesh({ lods: [200, 50], cache: false })],
        environments: { client: environment('client'), ssr: { build: { ...environment('server').build, ssr: true } } },
        builder: { sharedConfigBuild: true, buildApp: async (builder) => void (await Promise.all(Object.values(builder.environments).map((environment) => builder.build(environment)))) },
      })
      await builder.buildApp()
    } finally {
      write.mockRestore()
      vi.unstubAllEnvs()
    }
    expect(lines.filter((line) => line.startsWith('depthmesh:bake start'))).toHaveLength(1)
    expect(urls(await play(project, 'server'))).toEqual(urls(await play(project, 'client')))
  })

  it('keeps baking for one environment when another is done', async () => {
    const wide = await gray16(500, 500, (x, y) => 0.5 + 0.25 * Math.sin(x / 9) * Math.cos(y / 7))
    const project = await gameProject({ 'art/wide.depth.png': wide, 'server.js': `import url, { asset } from './art/wide.depth.png'\nglobalThis.game = { url, asset }` }, version)
    const { vite, depthmesh, root } = project
    const builder = await vite.createBuilder({
      root,
      configFile: false,
      logLevel: 'silent',
      plugins: [depthmesh({ lods: [200, 50], cache: false })],
      environments: { client: { build: script({}, 'client').build ?? {} }, ssr: { build: { ...script({ build: { ssr: true } }, 'server').build, rollupOptions: { input: '/server.js' } } } },
      builder: { sharedConfigBuild: true, buildApp: async (builder) => void (await Promise.all(Object.values(builder.environments).map((environment) => builder.build(environment)))) },
    })
    await builder.buildApp()
    expect(glbs(project, 'client')).toHaveLength(2)
    expect(project.list('server')).toHaveLength(1)
  })

  it('leaves nothing behind for an import that is not used, whose name is the end of one that is', async () => {
    const files = { 'main.js': `import './art/hill.depth.png'\nimport { lods } from './art/big-hill.depth.png'\nglobalThis.game = lods`, 'art/big-hill.depth.png': await hill(0.5) }
    const project = await gameProject(files, version)
    await project.build({ ...script({ build: { rollupOptions: { output: { assetFileNames: '[name][extname]' } } } }), base: './' })
    expect(glbs(project)).toEqual(['big-hill.lod0.glb', 'big-hill.lod1.glb'])
  })

  it('leaves nothing behind for an import that is not used', async () => {
    const project = await gameProject({ 'main.js': `import url from './art/hill.depth.png'\nglobalThis.game = 1\n` }, version)
    await project.build(script())
    expect(glbs(project)).toEqual([])
    expect(await play(project)).toBe(1)
  })

  it.runIf(/^vite(80)?$/.test(version))('keeps the GLB whose URL the bundler has moved into the importer, in place of the whole module', async () => {
    const project = await gameProject({ 'main.js': `import url from './art/high ü.depth.png'\nglobalThis.game = { url }`, 'art/high ü.depth.png': await hill() }, version)
    for (const base of ['/', './']) {
      await project.build(script({ base, build: { rollupOptions: { optimization: { inlineConst: true } } as object } }))
      const { url } = await play(project)
      expect(existsSync(base === '/' ? project.path(`dist${decodeURI(url)}`) : fileURLToPath(url))).toBe(true)
    }
  })

  it('keeps giving the picture to ?url, ?raw, ?inline, CSS, HTML and new URL()', async () => {
    const project = await gameProject(
      {
        'index.html': '<!doctype html><link rel="stylesheet" href="/style.css"><img src="/art/hill.depth.png"><script type="module" src="/main.js"></script>',
        'style.css': 'body { background: url(./art/hill.depth.png) }',
        'main.js': `
          import url from './art/hill.depth.png?url'
          import inline from './art/hill.depth.png?inline'
          import file from './art/hill.depth.png?no-inline'
          import raw from './art/hill.depth.png?raw'
          import exr from './art/hill.depth.exr?no-inline'
          import tif from './art/hill.depth.tif?no-inline'
          globalThis.game = [url, inline, file, raw.length, exr, tif, new URL('./art/hill.depth.png', import.meta.url).href]`,
        'art/hill.depth.exr': 'floats',
        'art/hill.depth.tif': 'levels',
      },
      version,
    )
    await project.build({ build: { assetsInlineLimit: 0, minify: false } })
    expect(glbs(project)).toEqual([])
    expect(project.list('dist').filter((name) => /\.(exr|tif)$/.test(name))).toHaveLength(2)
    const pictures = project.list('dist').filter((name) => name.endsWith('.png'))
    expect(pictures).toHaveLength(1)
    expect(project.bytes(`dist/${pictures[0]}`).equals(project.bytes('art/hill.depth.png'))).toBe(true)
    for (const file of project.list('dist').filter((name) => /\.(html|css)$/.test(name))) expect(project.text(`dist/${file}`)).toContain(pictures[0])
  })

  it('answers import.meta.glob, eager and lazy', async () => {
    const project = await gameProject(
      { 'art/mount.depth.png': await hill(0.5), 'main.js': `globalThis.game = { eager: import.meta.glob('./art/*.depth.png', { eager: true, import: 'default' }), lazy: import.meta.glob('./art/*.depth.png') }` },
      version,
    )
    await project.build(script())
    expect(glbs(project)).toHaveLength(4)
    const { eager, lazy } = (await play(project)) as unknown as { eager: Record<string, string>; lazy: Record<string, () => Promise<{ default: string }>> }
    expect(Object.keys(eager)).toEqual(['./art/hill.depth.png', './art/mount.depth.png'])
    for (const [key, load] of Object.entries(lazy)) expect((await load()).default).toBe(eager[key])
  })

  it('works in web workers of both formats without being registered', async () => {
    const project = await gameProject(
      {
        'main.js': `
          import Late from './worker.js?worker'
          import url from './art/hill.depth.png'
          export const start = () => [new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }), new Late(), url]
          globalThis.start = start`,
        'worker.js': `import url from './art/hill.depth.png'\npostMessage(url)`,
      },
      version,
    )
    for (const format of ['es', 'iife'] as const) {
      await project.build(script({ worker: { format, rollupOptions: { output: { entryFileNames: 'assets/[name].js' } } } }, format))
      const files = glbs(project, format)
      expect(files.map((name) => name.replace(/-[\w-]{8}\.glb$/, ''))).toEqual(['assets/hill.lod0', 'assets/hill.lod1'])
      expect(project.text(`${format}/assets/worker.js`)).toContain(`/${files[0]}`)
    }
  })

  describe('variants that share a picture', () => {
    /** Colours that take more bytes than UVs; `shade` tells one picture from another. */
    const noise = (shade: number): Promise<Uint8Array> => rgb8(96, 96, (x, y) => [(x * 7919 + y * 104729) % 251, (x * y * 31) % 253, shade])
    const trio = async (more: Record<string, string | Uint8Array> = {}) =>
      gameProject({ 'art/hill.color.png': await noise(9), 'art/hill.depth.json': JSON.stringify({ projection: 'orthographic', variants: 2, texture: { quality: 90 } }), ...more }, version)
    const pictures = (project: Project, folder = 'dist') => project.list(folder).filter((name) => name.endsWith('.webp'))
    /** The files that the levels of the variants name, found from where each lies. */
    const named = (project: Project, folder: string) =>
      glbs(project, folder).filter((name) => name.includes('variant')).map((name) => {
        const [uri] = namedPictures(project.bytes(`${folder}/${name}`))
        expect(uri).toMatch(/^[\w%./-]+$/)
        return fileURLToPath(new URL(uri, pathToFileURL(project.path(folder, name))))
      })

    it('name it where it ended up, whatever the folders and names, and change their own names when it changes', async () => {
      const project = await trio()
      const names = { assetFileNames: ({ names }: { names: string[] }) => (names[0].endsWith('.webp') ? 'img/[name] [hash][extname]' : 'models/deep/[name]-[hash][extname]') }
      for (const [folder, config] of Object.entries({
        plain: {},
        moved: { base: '/sub/', build: { assetsDir: 'static' } },
        relative: { base: './', build: { rollupOptions: { output: names } } },
      } as Record<string, InlineConfig>)) {
        await project.build(script(config, folder))
        const files = pictures(project, folder)
        expect(files).toHaveLength(1)
        const found = named(project, folder)
        expect(found).toHaveLength(4)
        for (const path of found) expect(path).toBe(project.path(folder, files[0]))
        const { asset } = await play(project, folder)
        for (const lod of asset.lods) expect(lod.textures).toBeUndefined()
        for (const { url, bytes, textures } of asset.variants.flatMap(({ lods }) => lods)) {
          expect(textures).toEqual([{ url: new URL(textures![0].url, 'http://a').href.startsWith('file:') ? pathToFileURL(project.path(folder, files[0])).href : `${folder === 'moved' ? '/sub/' : '/'}${files[0]}`, bytes: project.bytes(`${folder}/${files[0]}`).length }])
          const path = url.startsWith('file:') ? fileURLToPath(url) : project.path(folder, url.replace(/^\/(sub\/)?/, ''))
          expect(statSync(path).size).toBe(bytes)
        }
      }
      const before = glbs(project, 'plain')
      project.write({ 'art/hill.color.png': await noise(200) })
      await project.build(script({}, 'repainted'))
      for (const name of glbs(project, 'repainted')) expect(before).not.toContain(name)
      for (const path of named(project, 'repainted')) expect(path).toBe(project.path('repainted', pictures(project, 'repainted')[0]))
    })

    it('name it whatever the map is called', async () => {
      const name = 'bunte Hügel 100%'
      const project = await trio({ 'main.js': `import { asset } from './art/${name}.depth.png'\nglobalThis.game = { asset }`, [`art/${name}.depth.png`]: await hill(), [`art/${name}.color.png`]: await noise(9), [`art/${name}.depth.json`]: JSON.stringify({ projection: 'orthographic', variants: 2, texture: { quality: 90 } }) })
      await project.build(script({}, 'named'))
      const found = named(project, 'named')
      expect(found).toHaveLength(4)
      for (const path of found) expect(path).toBe(project.path('named', pictures(project, 'named')[0]))
    })

    it('leave nothing behind when they are not used or built for a server, and have a key of their own in manifest.json', async () => {
      const project = await trio({ 'none.js': `import url from './art/hill.depth.png'\nglobalThis.game = 1` })
      await project.build(script({ build: { rollupOptions: { input: '/none.js' } } }, 'none'))
      expect([...pictures(project, 'none'), ...glbs(project, 'none')]).toEqual([])
      await project.build(script({ build: { manifest: true } }, 'client'))
      await project.build(script({ build: { ssr: true } }, 'server'))
      expect([...pictures(project, 'server'), ...glbs(project, 'server')]).toEqual([])
      expect((await play(project, 'server')).asset.variants).toEqual((await play(project, 'client')).asset.variants)
      const manifest = JSON.parse(project.text('client/.vite/manifest.json')) as Record<string, { file: string }>
      expect(manifest['art/hill.depth.png?texture=0'].file).toBe(pictures(project, 'client')[0])
      expect(manifest['art/hill.depth.png?variant=2&lod=1'].file).toMatch(/hill\.variant2\.lod1-/)
    })

    it('name it in web workers and libraries too, where small assets are inlined', async () => {
      const project = await trio({
        'main.js': `export const start = () => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })\nglobalThis.start = start`,
        'worker.js': `import { variants } from './art/hill.depth.png'\npostMessage(variants)`,
        'lib.js': `export { asset } from './art/hill.depth.png'`,
      })
      await project.build(script({ build: { assetsInlineLimit: 1e7 } }, 'worker'))
      await project.build({ base: './', build: { assetsInlineLimit: 1e7, outDir: 'lib', lib: { entry: 'lib.js', formats: ['es'], fileName: 'lib' } } })
      for (const folder of ['worker', 'lib']) {
        expect(named(project, folder)).toHaveLength(4)
        for (const path of named(project, folder)) expect(path).toBe(project.path(folder, pictures(project, folder)[0]))
      }
    })
  })

  it('makes a library that can be moved, and warns when it cannot', async () => {
    const project = await gameProject({ 'main.js': `export { default as url, asset } from './art/hill.depth.png'` }, version)
    const lib = { entry: 'main.js', formats: ['es' as const], fileName: 'main' }
    const warnings: string[] = []
    const logger = project.vite.createLogger('silent')
    logger.warn = (message) => void warnings.push(message)
    await project.build({ base: './', customLogger: logger, build: { lib } })
    expect(warnings.filter((text) => text.includes('Library mode'))).toEqual([])
    const built = (await import(/* @vite-ignore */ pathToFileURL(project.path(entry(project))).href)) as Game
    for (const url of urls(built)) expect(existsSync(fileURLToPath(url))).toBe(true)

    await project.build({ customLogger: logger, build: { lib, outDir: 'rigid' } })
    expect(warnings.filter((text) => text.includes('Library mode'))).toHaveLength(1)
    expect(warnings.join('\n')).toContain(`Set base: './'.`)
  })

  it('bakes maps of packages, of linked packages, and of folders beside the root', async () => {
    const project = await gameProject(
      {
        'node_modules/art-pack/package.json': '{ "name": "art-pack", "main": "index.js", "type": "module" }',
        'node_modules/art-pack/index.js': `export { default as rock } from './rock.depth.png'`,
        'node_modules/art-pack/rock.depth.png': await hill(0.3),
        'app/main.js': `import { rock } from 'art-pack'\nimport hill from '../art/hill.depth.png'\nimport linked from './linked.depth.png'\nglobalThis.game = [rock, hill, linked]`,
      },
      version,
    )
    symlinkSync(project.path('art/hill.depth.png'), project.path('app/linked.depth.png'))
    for (const preserveSymlinks of [false, true]) {
      await project.build({ ...script({ root: project.path('app') }), resolve: { preserveSymlinks } })
      const [rock, beside, linked] = (await play(project, 'app/dist')) as unknown as string[]
      expect(rock).toMatch(/^\/assets\/rock\.lod0-/)
      expect(beside).toMatch(/^\/assets\/hill\.lod0-/)
      expect(linked).toMatch(preserveSymlinks ? /^\/assets\/linked\.lod0-/ : /^\/assets\/hill\.lod0-/)
    }
  })

  it('bakes maps with unusual names', async () => {
    const names = ['with space', 'Hügel-日本', '100%', '#1', 'a&b+c', "it's", 'v1.2']
    const files: Record<string, Uint8Array> = {}
    for (const [i, name] of names.entries()) files[`art/${name}.depth.png`] = await hill(1 - i / 10)
    const imports = names.map((name, i) => `import { asset as a${i} } from ${JSON.stringify(`./art/${name}.depth.png`)}`)
    const project = await gameProject({ ...files, 'main.js': `${imports.join('\n')}\nglobalThis.game = [${names.map((_, i) => `a${i}`).join()}]` }, version)
    await project.build(script())
    const assets = (await play(project)) as unknown as DepthAsset[]
    expect(assets.map(({ name }) => name)).toEqual(names)
    for (const { lods } of assets) {
      for (const { url } of lods) expect(existsSync(project.path(`dist${decodeURIComponent(new URL(url, 'http://localhost').pathname)}`)), url).toBe(true)
    }
  })
})

describe.each(viteVersions)('what is wrong with a map, in a build of %s,', (version) => {
  it('fails it with the file and the remedy', async () => {
    const project = await gameProject({ 'art/hill.depth.png': 'no picture' }, version)
    const error = (await project.build(script()).catch((error: unknown) => error)) as Rollup.RollupError
    expect(error.message).toContain('art/hill.depth.png: expected ')
    expect(error.message).toContain('depthmesh')
  })

  it('fails it with line, column and frame where it is a broken sidecar', async () => {
    const project = await gameProject({ 'art/hill.depth.json': '{\n  "near": 1,\n  "fovy": 2\n}' }, version)
    const error = (await project.build(script()).catch((error: unknown) => error)) as Rollup.RollupError
    expect(error.message).toContain('art/hill.depth.json:3:3: unknown key "fovy". Did you mean "fovY"?')
    expect(JSON.stringify(error.frame ?? error.message)).toContain('3 |   \\"fovy\\": 2')
  })

  it('is explained where it is a JPEG, which stays a picture for ?url', async () => {
    const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } }).jpeg().toBuffer()
    const project = await gameProject({ 'art/wall.depth.jpg': jpeg, 'main.js': `import { asset } from './art/wall.depth.jpg'\nglobalThis.game = { asset }` }, version)
    const error = (await project.build(script()).catch((error: unknown) => error)) as Rollup.RollupError
    expect(error.message).toContain('art/wall.depth.jpg: expected a PNG, TIFF or EXR, found a JPEG picture. Export the depth map again as a 16-bit gray PNG: JPEG keeps 8 bits and blurs silhouettes.')
    expect(error.message).not.toContain('is not exported')
    project.write({ 'main.js': `import url from './art/wall.depth.jpg?url'\nglobalThis.game = { url }` })
    await project.build(script())
    expect((await play(project)).url).toMatch(/^data:image\/jpeg|\.jpg$/)
  })

  it('is explained where it lies in public/', async () => {
    const project = await gameProject({ 'public/rock.depth.png': await hill(), 'main.js': `import url from '/rock.depth.png'\nglobalThis.game = { url }` }, version)
    const error = (await project.build(script()).catch((error: unknown) => error)) as Rollup.RollupError
    expect(error.message).toContain('public/rock.depth.png: lies in public/, whose files are copied as they are. Move it beside the code that imports it, or import "/rock.depth.png?url" to get the picture.')
  })

  it('is shown once where the pre-flight found it, for client and server together', async () => {
    // 16 bits that say little: 3.8 % of the scale.
    const narrow = await gray16(64, 64, (x, y) => 0.5 + 0.02 * Math.sin(x / 9) * Math.cos(y / 7))
    const project = await gameProject({ 'art/hill.depth.png': narrow, 'art/hill.color.jpg': 'second', 'a.js': `export { default } from './art/hill.depth.png'` }, version)
    const warnings: string[] = []
    const logger = project.vite.createLogger('silent')
    logger.warn = (message) => void warnings.push(message)
    const { vite, depthmesh, root } = project
    const builder = await vite.createBuilder({
      root,
      configFile: false,
      logLevel: 'warn',
      customLogger: logger,
      plugins: [depthmesh({ lods: [200, 50], cache: false })],
      environments: { client: { build: script({}, 'client').build ?? {} }, ssr: { build: { ...script({}, 'server').build, ssr: true } } },
      builder: { sharedConfigBuild: true },
    })
    await builder.buildApp()
    expect(warnings.filter((text) => /art\/hill\.depth\.png: 98 % of the levels lie within 3\.8 % of the scale/.test(text))).toHaveLength(1)
    expect(warnings.filter((text) => text.includes('hill.color.jpg is not'))).toHaveLength(1)
  })

  it('fails it where its sidecar names a picture outside of the project', async () => {
    const outside = temporaryFolder({ 'secret.png': await rgb8(32, 32, () => [1, 2, 3]) })
    const project = await gameProject({}, version)
    for (const color of [`../../${basename(outside)}/secret.png`, join(outside, 'secret.png'), 'link.png']) {
      project.write({ 'art/hill.depth.json': JSON.stringify({ color }) })
      if (color === 'link.png') symlinkSync(join(outside, 'secret.png'), project.path('art/link.png'))
      const error = (await project.build(script()).catch((error: unknown) => error)) as Rollup.RollupError
      expect(error.message).toContain(`art/hill.depth.json: color: expected a picture inside the project, got ${JSON.stringify(color)}. Copy the picture into the project.`)
    }
  })
})
