import { afterEach, describe, expect, it } from 'vitest'
import type { InlineConfig } from 'vite'
import type { DepthMeshPluginOptions } from '../../src/plugin/options.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { createProject, hill, viteVersions, type Project } from '../support/project.js'
import { openSite } from '../support/site.js'

let projects: Project[] = []
afterEach(() => {
  for (const project of projects) project.dispose()
  projects = []
})

const page = (script: string) => `<!doctype html><title>A</title><script type="module" src="/${script}"></script>`
/** Four maps on two pages: the first page loads one later, the second takes the finest level of one alone. */
const files = async () => ({
  'index.html': page('main.js'),
  'rooms/two.html': page('two.js'),
  'main.js': `import { asset } from './art/hill.depth.png'\nglobalThis.game = [asset, () => import('./later.js')]`,
  'later.js': `export { lods } from './art/mount.depth.png'`,
  'two.js': `import { lods } from './art/lake.depth.png'\nimport url from './art/dune.depth.png'\nglobalThis.game = [lods, url]`,
  'art/hill.depth.png': await hill(),
  'art/mount.depth.png': await hill(0.5),
  'art/lake.depth.png': await hill(0.3),
  'art/dune.depth.png': await hill(0.7),
})
const bothPages = { rollupOptions: { input: ['/index.html', '/rooms/two.html'] } }

describe.each(viteVersions)('preload with %s', (version) => {
  const projectOf = async (given: Record<string, string | Uint8Array>): Promise<Project> => {
    const project = await createProject(given, version)
    projects.push(project)
    return project
  }
  /** Builds, and gives what the links of each page ask for, and what was warned of. */
  const built = async (project: Project, preload: DepthMeshPluginOptions['preload'], config: InlineConfig = {}, options: DepthMeshPluginOptions = {}) => {
    const warnings: string[] = []
    const logger = project.vite.createLogger('silent')
    logger.warn = (message) => void warnings.push(message)
    await project.build({ ...config, customLogger: logger, build: { ...bothPages, ...config.build } }, { ...options, preload })
    const links = (name: string) => [...project.text(`dist/${name}`).matchAll(/<link rel="preload" as="fetch" crossorigin href="([^"]+)">/g)].map(([, href]) => href)
    return { index: links('index.html'), two: links('rooms/two.html'), warnings: warnings.filter((text) => text.includes('preload')) }
  }
  const coarsest = (project: Project, name: string): string => {
    const found = project.list('dist').filter((file) => file.includes(`${name}.lod1`))
    expect(found).toHaveLength(1)
    return found[0]
  }

  it('asks for the coarsest GLB of the maps that are named, on the pages that use it, later too', async () => {
    const project = await projectOf(await files())
    expect(await built(project, [])).toEqual({ index: [], two: [], warnings: [] })
    const { index, two, warnings } = await built(project, 'art/*.depth.png')
    expect(index.toSorted()).toEqual([`/${coarsest(project, 'hill')}`, `/${coarsest(project, 'mount')}`])
    expect(two).toEqual([`/${coarsest(project, 'lake')}`])
    expect(warnings).toEqual([])
    expect(await built(project, /mount/)).toEqual({ index: [`/${coarsest(project, 'mount')}`], two: [], warnings: [] })
  })

  it('finds it from every base and by renderBuiltUrl', async () => {
    const project = await projectOf(await files())
    const hill = async (config: InlineConfig) => (await built(project, ['**/hill.depth.png', '**/lake.depth.png'], config)).index[0]
    expect(await hill({ base: '/a b/' })).toBe(`/a%20b/${coarsest(project, 'hill')}`)
    expect(await hill({ base: 'https://cdn.example/v1/' })).toBe(`https://cdn.example/v1/${coarsest(project, 'hill')}`)
    const { index, two } = await built(project, ['**/hill.depth.png', '**/lake.depth.png'], { base: './' })
    expect([index, two]).toEqual([[coarsest(project, 'hill')], [`../${coarsest(project, 'lake')}`]])
    expect(await hill({ experimental: { renderBuiltUrl: (name) => `https://cdn.example/${name}` } })).toBe(`https://cdn.example/${coarsest(project, 'hill')}`)
    expect(await hill({ experimental: { renderBuiltUrl: () => ({ relative: true }) } })).toBe(coarsest(project, 'hill'))
    // Known when the page runs, and not before.
    expect(await hill({ experimental: { renderBuiltUrl: (name) => (name.endsWith('.glb') ? { runtime: `cdn(${JSON.stringify(name)})` } : undefined) } })).toBeUndefined()
  })

  it('asks for what loads the first level too, where that comes later than the page, unless Vite is told to preload no modules', async () => {
    const project = await projectOf({
      'index.html': page('main.js'),
      'rooms/two.html': '',
      'main.js': `import { asset } from './art/hill.depth.png'\nglobalThis.game = async () => (await import('depthmesh/three')).loadDepthBackground(asset)`,
      'art/hill.depth.png': await hill(),
    })
    const modules = async (preload: DepthMeshPluginOptions['preload'], build: InlineConfig['build'] = {}): Promise<string[]> => {
      await built(project, preload, { build })
      return [...project.text('dist/index.html').matchAll(/<link rel="modulepreload" crossorigin href="\/assets\/([^"]+)-[\w-]{8}\.js">/g)].map(([, name]) => name)
    }
    expect(await modules('art/*')).toEqual(expect.arrayContaining(['GLTFLoader', 'meshopt_decoder.module']))
    expect(await modules('**/lake.depth.png')).not.toContain('GLTFLoader')
    expect(await modules('art/*', { modulePreload: false })).toEqual([])
  })

  it('asks for nothing on a page that takes the finest level alone, with a relative base too', async () => {
    const project = await projectOf(await files())
    for (const base of ['/', './']) expect((await built(project, '**/dune.depth.png', { base })).two, base).toEqual([])
  })

  it('tells names apart of which one ends like the others, which URLs may spell another way', async () => {
    const project = await projectOf({
      'index.html': page('main.js'),
      'rooms/two.html': page('two.js'),
      'main.js': `import { lods } from './art/big-rock.depth.png'\nimport { asset } from './art/big ü rock.depth.png'\nglobalThis.game = [lods, asset]`,
      'two.js': `import { lods } from './art/rock.depth.png'\nglobalThis.game = lods`,
      'art/big-rock.depth.png': await hill(0.4),
      'art/big ü rock.depth.png': await hill(0.5),
      'art/rock.depth.png': await hill(0.6),
    })
    for (const [base, toIndex, toTwo] of [['/', '/', '/'], ['./', '', '../']]) {
      const { index, two } = await built(project, 'art/*', { base, build: { rollupOptions: { ...bothPages.rollupOptions, output: { assetFileNames: 'assets/[name][extname]' } } } })
      expect([index.toSorted(), two]).toEqual([[`${toIndex}assets/big%20%C3%BC%20rock.lod1.glb`, `${toIndex}assets/big-rock.lod1.glb`], [`${toTwo}assets/rock.lod1.glb`]])
    }
  })

  it('takes shapes by their import, and a file with all levels whole', async () => {
    const shape = 'depthmesh:rock?seed=3&size=64&lods=200,50'
    const project = await projectOf({
      ...(await files()),
      'main.js': `import { asset } from ${JSON.stringify(shape)}\nglobalThis.game = asset`,
      'two.js': `import { asset } from './art/hill.depth.png'\nglobalThis.game = asset`,
      'art/hill.depth.json': JSON.stringify({ container: 'msft_lod' }),
    })
    const { index, two } = await built(project, [shape, '**/hill.depth.png'])
    expect(index).toEqual([`/${coarsest(project, 'rock')}`])
    expect(two).toEqual([expect.stringMatching(/^\/assets\/hill-[\w-]+\.glb$/)])
  })

  it('says how to ask for it where another writes the pages', async () => {
    const project = await projectOf(await files())
    const warnings: string[] = []
    const logger = project.vite.createLogger('silent')
    logger.warn = (message) => void warnings.push(message)
    await project.build({ customLogger: logger, build: { rollupOptions: { input: '/main.js' } } }, { preload: '**/hill.depth.png' })
    expect(warnings.filter((text) => text.includes('preload'))).toEqual([expect.stringContaining('preload: Vite writes no page of this build')])
    expect(warnings.join()).toContain('write it there: <link rel="preload" as="fetch" crossorigin href={asset.lods.at(-1).url}>')
  })

  it('touches no page where nothing is to be preloaded, since SvelteKit warns of plugins that do', async () => {
    const { depthmesh } = await projectOf({})
    expect(depthmesh()).not.toHaveProperty('transformIndexHtml')
    expect(depthmesh({ preload: '**/hill.depth.png' })).toHaveProperty('transformIndexHtml')
  })

  it('says which pattern matches nothing', async () => {
    const project = await projectOf(await files())
    const { index, warnings } = await built(project, ['**/hill.depth.png', '**/hil.depth.png'])
    expect(index).toHaveLength(1)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain("preload: no map that is imported matches **/hil.depth.png. Globs are relative to Vite's root; a shape is named as it is imported.")
  })
})

describeInBrowser('a preloaded level in a built page', () => {
  it('is asked for once, whoever loads it', async () => {
    const project = await createProject({
      'index.html': `${page('main.js')}<link rel="icon" href="data:,">`,
      'main.js': `
        import { Scene } from 'three'
        import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js'
        import { MeshoptDecoder } from 'three/examples/jsm/libs/meshopt_decoder.module.js'
        import { loadDepthBackground } from 'depthmesh/three'
        import { asset } from './art/hill.depth.png'
        import { lods } from './art/mount.depth.png'
        const scene = new Scene()
        const background = await loadDepthBackground(asset, { scene })
        await background.ready
        await new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).loadAsync(lods.at(-1).url)
        document.title = 'shown'`,
      'art/hill.depth.png': await hill(),
      'art/mount.depth.png': await hill(0.5),
    })
    projects.push(project)
    await project.build({ build: { target: 'es2022' } }, { preload: 'art/*' })
    const site = await openSite(new Map(project.list('dist').map((name) => [`/${name}`, project.bytes(`dist/${name}`)])))
    const browser = await launchBrowser()
    try {
      const tab = await browser.newPage()
      const said: string[] = []
      tab.on('console', (message) => said.push(message.text()))
      await tab.goto(`${site.origin}/index.html`)
      await tab.waitForFunction(() => document.title === 'shown')
      const loaded = site.requests.filter((path) => path.endsWith('.glb'))
      expect(loaded.map((path) => path.replace(/-[\w-]{8}\.glb$/, '')).toSorted()).toEqual(['/assets/hill.lod0', '/assets/hill.lod1', '/assets/mount.lod1'])
      expect(said).toEqual([])
    } finally {
      await browser.close()
      await site.close()
    }
  })
})
