import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createFilter, isFileLoadingAllowed, normalizePath, searchForWorkspaceRoot, type DevEnvironment, type Environment, type IndexHtmlTransformContext, type Plugin, type ResolvedConfig, type Rollup } from 'vite'
import { createBaker, type BakedAsset, type Baker } from '../bake/bake.js'
import { DepthMeshError } from '../core/errors.js'
import { FOREIGN_MAP, isBesideMap, refuseMap } from '../bake/foreign-map.js'
import type { Jobs } from '../bake/jobs.js'
import { stampOf } from '../bake/read.js'
import type { Dependencies } from '../bake/source-log.js'
import type { CompanionBell } from '../bake/companions.js'
import type { SharedDev, DevSession } from './dev-session.js'
import { createEmissions, type Emissions } from './emit.js'
import type { LiveMaps } from './hot.js'
import { assetModule } from './module.js'
import { hasDefaultInclude, parsePluginOptions, type DepthMeshPluginOptions, type PluginOptions } from './options.js'
import { createPreloads, type Preloads } from './preload.js'
import { SHAPE_IMPORT, shapeId, shapeImportOf } from './shape-id.js'
import { createProgress } from './progress.js'
import { shownError, shownPath, warningsOf } from './report.js'

export type { DepthMeshPluginOptions } from './options.js'

/** What the plugin offers to other plugins, as `plugin.api`. */
export interface DepthMeshApi {
  /** Is this the id of a module that an import of a depth map gives? */
  isDepthMap(id: string): boolean
  /** Bakes a map as an import would, cache included. */
  bake(file: string, options?: { signal?: AbortSignal | undefined }): Promise<BakedAsset>
}

const NAME = 'depthmesh'

/** In names of files that is what Vite, up to 8.3 at least, does not encode where it writes the URLs of modules: `import './a#1.js'` finds nothing either. */
const LOST_IN_URLS = /[#%]/

/**
 * Bundled into servers, which would import it when they run, although it is installed for builds: a server that was installed without development's packages
 * would not start.
 */
const THREE_IMPORT = /^depthmesh\/three$/
const THREE_FILE = fileURLToPath(new URL('../three/index.js', import.meta.url))

/** What all instances of one `depthmesh()` share: those of the client, of SSR and of workers. */
interface Shared {
  options: PluginOptions
  baker?: Baker
  /** Builds under way: they share the baker, and the last one closes it. */
  building: Set<Environment>
  /** By the environments of each running server: a server that restarts overlaps with its successor. */
  serving: WeakMap<Environment, DevSession>
  /** What those servers have in common. */
  dev?: SharedDev
  /** Bakes under way, which they have in common too: an edit that is asked for by a page and by what renders it is baked once. */
  jobs: Jobs
  bell?: CompanionBell
  /** Maps whose files builds of pages hold, once there was one. */
  onPages?: Set<string>
  /** Warnings that were shown. */
  told: Set<string>
  /** By map: those of its newest state that were shown. */
  toldOf: Map<string, readonly string[]>
}

/**
 * Makes `import canyon from './canyon.depth.png'` give GLBs.
 *
 * @param options defaults for every map's settings, and what concerns the plugin alone
 * @throws DepthMeshError for an unknown option or a wrong value
 * @example
 * // vite.config.js
 * export default { plugins: [depthmesh({ fovY: 60 })] }
 */
export default function depthmesh(options: DepthMeshPluginOptions = {}): Plugin<DepthMeshApi> {
  return createPlugin({ options: parsePluginOptions(options), building: new Set(), serving: new WeakMap(), jobs: new Map(), told: new Set(), toldOf: new Map() })
}

function createPlugin(shared: Shared): Plugin<DepthMeshApi> {
  let config: ResolvedConfig
  let emissions: Emissions
  let preloads: Preloads
  let isIncluded: (id: string) => boolean = () => false

  const isDepthMap = (id: string): boolean => {
    const [file, query] = splitId(id)
    return isIncluded(file) && isPlain(query)
  }
  /** `canyon.depth.jpg`: as a picture its import would have none of the names that an import of a map has. */
  const isForeignMap = (id: string): boolean => {
    const [file, query] = splitId(id)
    if (!FOREIGN_MAP.test(file) || !isPlain(query) || !hasDefaultInclude(shared.options) || isIncluded(file)) return false
    return (config.command === 'build' || isFileLoadingAllowed(config, normalizePath(file))) && stampOf(file) !== '' && !isBesideMap(file)
  }
  const closeBaker = async (): Promise<void> => {
    const { baker } = shared
    delete shared.baker
    await baker?.close()
  }
  /** The module of a shape: nothing that it stands on can be edited. */
  const loadShape = async (context: Rollup.PluginContext & { environment: Environment }, id: string, source: string) => {
    const session = shared.serving.get(context.environment)
    try {
      // (Loaded here: what there is to know of shapes takes 10 ms of every start.)
      const { parseShapeImport } = await import('./shape-import.js')
      const asset = await (session?.baker ?? bakerOf()).bakeShape(parseShapeImport(source), { name: source })
      const urlOf = session ? session.publish(id, asset) : emissions.emit(context, { id, map: source, original: source }, asset)
      return { code: assetModule(asset.manifest, { urlOf, hot: undefined }), map: null, moduleSideEffects: false, moduleType: 'js' as const }
    } catch (error) {
      return context.error(shownError(error, source, config))
    }
  }
  const bakerOf = (): Baker => (shared.baker ??= openBaker(config, shared))

  const api: DepthMeshApi = {
    isDepthMap,
    bake: (file, options) => bakerOf().bake(file, options),
  }

  return {
    name: NAME,
    // Before vite:asset, which takes every PNG.
    enforce: 'pre',
    // One instance for all environments of a build: client and server share its bakes.
    sharedDuringBuild: true,

    api,

    config() {
      return {
        // PNGs are assets for Vite by themselves: `?url`, CSS and `new URL()` treat the others alike.
        assetsInclude: ['**/*.depth.exr', '**/*.depth.tif', '**/*.depth.tiff'],
        // Workers are built with plugins of their own.
        worker: { plugins: () => [createPlugin(shared)] },
      }
    },

    configResolved(resolved) {
      config = resolved
      emissions = createEmissions(config)
      preloads = createPreloads(shared.options.preload, config)
      isIncluded = createFilter([...shared.options.include], undefined, { resolve: config.root })
      if (config.command === 'build' && config.build.lib && config.base === '/') {
        warnOnce(shared, config, `Library mode with base "/" gives URLs like "/canyon.glb", which hold on no other site. Set base: './'.`)
      }
    },

    async configureServer(server) {
      const { createSharedDev, openDevSession } = await import('./dev-session.js')
      shared.dev ??= createSharedDev()
      const isLast = server.config.plugins.findLast(({ name }) => name === NAME)?.api === api
      const session = openDevSession(server, { baker: openBaker(server.config, shared), shared: shared.dev, isDepthMap, isLast })
      for (const environment of Object.values(server.environments)) shared.serving.set(environment, session)
    },

    buildStart() {
      if (config.command === 'build') shared.building.add(this.environment)
    },

    resolveId: {
      filter: { id: [SHAPE_IMPORT, THREE_IMPORT, LOST_IN_URLS] },
      handler(source, importer) {
        if (SHAPE_IMPORT.test(source)) return shapeId(source)
        if (THREE_IMPORT.test(source)) return config.command === 'build' && this.environment.config.consumer === 'server' ? THREE_FILE : null
        const [file] = splitId(importer === undefined ? source : resolve(dirname(importer), source))
        if (servedByVite(this.environment) === undefined || !LOST_IN_URLS.test(file) || !isDepthMap(file) || stampOf(file) === '') return null
        const warning = `${shownPath(config.root, file)}: its name holds # or %, which Vite's dev server leaves in URLs as they are, so that a page asks for another file. Rename it. (In builds it is found.)`
        if (isNew(shared, warning)) this.warn(warning)
        return null
      },
    },

    load: {
      // Before `enforce: 'pre'` plugins that take every PNG, and come earlier in a framework's list: Astro's makes pictures' metadata of them.
      order: 'pre',
      async handler(id) {
        const shape = shapeImportOf(id)
        if (shape !== null) return loadShape(this, id, shape)
        const [file] = splitId(id)
        if (isForeignMap(id)) return this.error(shownError(asPicture(await refuseMap(file)), file, config))
        if (!isDepthMap(id)) return null
        const session = shared.serving.get(this.environment)
        try {
          const asset = await (session ? session.live.load(file, servedByVite(this.environment)) : bakerOf().bake(file))
          for (const warning of newWarnings(shared, file, asset, config)) this.warn(warning)
          const urlOf = session ? session.publish(file, asset) : emissions.emit(this, { id, map: file, original: relative(config.root, file) }, asset)
          // On a server nobody listens, and frameworks send what their servers import to pages as plain data, which a function is not.
          const hot = this.environment.config.consumer === 'client' ? session?.hotOf(file, asset) : undefined
          // (Bundlers see that by themselves, unless another plugin adds to the code.)
          return { code: assetModule(asset.manifest, { urlOf, hot }), map: null, moduleSideEffects: false, moduleType: 'js' }
        } catch (error) {
          return this.error(shownError(error, file, config))
        } finally {
          // After a failure too: mending the sidecar, say, has to be seen.
          if (session && !isBundledDev(this.environment)) session.watchOutside(file)
          // (A worker is bundled as if nobody watched, and what it says it stands on is watched for the whole.)
          else if (session || this.meta.watchMode || (config.isWorker && config.build.watch !== null)) {
            for (const source of await watchList((session?.baker ?? bakerOf()).dependencies(file), session ?? shared, 'rolldownVersion' in this.meta)) this.addWatchFile(source)
          }
        }
      },
    },

    /** In bundled dev the bundler watches, and asks for its modules again; Vite's watcher and `hotUpdate` have no part in it. */
    watchChange(file) {
      if (isBundledDev(this.environment)) shared.serving.get(this.environment)?.live.noticed(file)
    },

    hotUpdate({ file, modules, server }) {
      return shared.serving.get(this.environment)?.modulesOf(file, server.environments[this.environment.name], modules)
    },

    generateBundle(_options, bundle) {
      emissions.dropUnused(this, bundle)
      emissions.linkPictures(this, bundle)
      const { name, config: { consumer, build } } = this.environment
      if (config.command !== 'build') return
      const tell = (message: string): void => void (isNew(shared, message) && this.warn(message))
      const asked = emissions.askedFor(this, bundle)
      if (consumer === 'client') shared.onPages = new Set([...(shared.onPages ?? []), ...asked])
      // (Nothing is known where pages are built later, or by another process.)
      else if (!build.emitAssets && shared.onPages) for (const map of asked) if (!shared.onPages.has(map)) tell(lostFiles(shownPath(config.root, map)))
      if (consumer === 'client' && !config.isWorker) preloads.found(name, bundle, emissions.coarsestLevels(this), tell)
    },

    // Not there where it has nothing to do: SvelteKit, whose pages do not pass here, warns of every plugin that has this hook.
    ...(shared.options.preload.length === 0
      ? {}
      : {
          transformIndexHtml: {
            order: 'post' as const,
            handler: (_html: string, page: IndexHtmlTransformContext) => preloads.links(page),
          },
        }),

    closeWatcher() {
      shared.bell?.close()
      delete shared.bell
      return closeBaker()
    },

    /** Runs after failed builds too, and in some versions twice. */
    async closeBundle() {
      await shared.serving.get(this.environment)?.close()
      shared.building.delete(this.environment)
      if (shared.building.size === 0 && !(this.meta.watchMode && config.command === 'build')) await closeBaker()
    },
  }
}

/** As with every file that a server's code imports: Vite leaves it to the build of the pages. */
function lostFiles(map: string): string {
  return `${map}: code of the server alone imports it, and the files of that are not kept, so that pages ask for GLBs that are not there. Import it in code that pages load too.`
}

/** The same, and how the picture itself is imported. */
function asPicture(refused: DepthMeshError): DepthMeshError {
  const { code, message, file, hint = '' } = refused
  return new DepthMeshError(code, message, { file, hint: `${hint} (As a picture it is imported with "?url".)`.trim(), cause: refused })
}

function openBaker(config: ResolvedConfig, { options: { settings, cache, workers, limits }, jobs }: Shared): Baker {
  const serving = config.command === 'serve'
  const quiet = process.env.CI !== undefined || (config.logLevel ?? 'info') !== 'info'
  return createBaker({
    root: config.root,
    defaults: [{ origin: 'plugin options', settings }],
    projectRoots: [config.root, searchForWorkspaceRoot(config.root)],
    cache,
    workers,
    limits,
    jobs,
    patient: serving,
    // Vite's own check covers its own kinds of requests; a plugin that loads files checks for itself.
    mayRead: serving ? (path) => isFileLoadingAllowed(config, normalizePath(path)) : undefined,
    onBake: createProgress({ logger: config.logger, root: config.root, terminal: quiet ? null : process.stderr }),
    onWarning: (message) => config.logger.warnOnce(`[depthmesh] ${message}`),
  })
}

/** What a bundler that watches looks at: Rollup sees files that are created, Rolldown has to be told. */
async function watchList(dependencies: Dependencies, owner: { bell?: CompanionBell; live?: LiveMaps }, isRolldown: boolean): Promise<string[]> {
  if (!isRolldown) return [...dependencies.present, ...dependencies.missing]
  const { createCompanionBell } = await import('../bake/companions.js')
  owner.bell ??= createCompanionBell((file) => owner.live?.noticed(file))
  owner.bell.listen(dependencies)
  return [...dependencies.present, owner.bell.file]
}

/** The pages that Vite itself serves, module by module: they may be given drafts. */
function servedByVite(environment: Environment): DevEnvironment | undefined {
  return environment.mode === 'dev' && environment.config.consumer === 'client' && !isBundledDev(environment) ? environment : undefined
}

/** Does a bundler serve the pages of this environment (`experimental.bundledDev` of Vite 8)? Not every version names one to every hook; up to 8.2 such an environment is another class. */
function isBundledDev(environment: Environment | undefined): boolean {
  if (environment === undefined) return false
  return 'memoryFiles' in environment || ('bundledDev' in environment && environment.bundledDev !== undefined)
}

/** Each is shown once for as long as it holds, and again when it comes back: a picture that is taken away twice is missed twice. */
function newWarnings({ toldOf }: Shared, file: string, asset: BakedAsset, config: ResolvedConfig): string[] {
  const warnings = warningsOf(asset, file, config)
  const told = toldOf.get(file) ?? []
  toldOf.set(file, warnings)
  return warnings.filter((warning) => !told.includes(warning))
}

function isNew({ told }: Shared, warning: string): boolean {
  if (told.has(warning)) return false
  told.add(warning)
  return true
}

function warnOnce(shared: Shared, config: ResolvedConfig, warning: string): void {
  if (isNew(shared, warning)) config.logger.warn(`[depthmesh] ${warning}`)
}

/** `?url`, `?raw`, `?inline` and the rest keep giving the picture; `?v=` and `?t=` are Vite's own marks. */
function isPlain(query: string): boolean {
  return query === '' || /^(?:&?(?:import|[vt]=[^&]*))*$/.test(query)
}

function splitId(id: string): [file: string, query: string] {
  const at = id.indexOf('?')
  return at < 0 ? [id, ''] : [id.slice(0, at), id.slice(at + 1)]
}
