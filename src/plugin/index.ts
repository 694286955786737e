import { relative } from 'node:path'
import { createFilter, isFileLoadingAllowed, normalizePath, searchForWorkspaceRoot, type Plugin, type ResolvedConfig } from 'vite'
import { createBaker, type BakedAsset, type Baker } from '../bake/bake.js'
import { DepthMeshError, formatError } from '../core/errors.js'
import type { DepthManifest } from '../core/glb/manifest.js'
import { createDevFiles, type DevFiles } from './dev-server.js'
import { createLiveMaps, modulesToUpdate, type LiveMaps } from './hot.js'
import { assetModule } from './module.js'
import { parsePluginOptions, type DepthMeshPluginOptions, type PluginOptions } from './options.js'

export type { DepthMeshPluginOptions } from './options.js'

const NAME = 'depthmesh'

/** What the plugin offers to other plugins, as `plugin.api`. */
export interface DepthMeshApi {
  /** Is this the id of a module that an import of a depth map gives? */
  isDepthMap(id: string): boolean
  /** Bakes a map as an import would, cache included. */
  bake(file: string, options?: { signal?: AbortSignal | undefined }): Promise<BakedAsset>
}

/** What all instances of one `depthmesh()` share: those of the client, of SSR and of workers. */
interface Shared {
  options: PluginOptions
  baker?: Baker
  live?: LiveMaps
  files?: DevFiles
  /** Warnings that were shown. */
  told: Set<string>
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
  return createPlugin({ options: parsePluginOptions(options), told: new Set() })
}

function createPlugin(shared: Shared): Plugin<DepthMeshApi> {
  let config: ResolvedConfig
  let isIncluded: (id: string) => boolean = () => false

  /** `?url`, `?raw`, `?inline` and the rest keep giving the picture; `?v=` and `?t=` are Vite's own marks. */
  const isDepthMap = (id: string): boolean => {
    const [file, query] = splitId(id)
    return isIncluded(file) && (query === '' || /^(?:&?(?:import|[vt]=[^&]*))*$/.test(query))
  }
  const bakerOf = (): Baker => (shared.baker ??= openBaker(config, shared.options))

  return {
    name: NAME,
    // Before vite:asset, which takes every PNG.
    enforce: 'pre',
    // One instance for all environments of a build: client and server share its bakes.
    sharedDuringBuild: true,

    api: {
      isDepthMap,
      bake: (file, options) => bakerOf().bake(file, options),
    },

    config() {
      // Workers are built with plugins of their own.
      return { worker: { plugins: () => [createPlugin(shared)] } }
    },

    configResolved(resolved) {
      config = resolved
      isIncluded = createFilter([...shared.options.include], undefined, { resolve: config.root })
      if (config.command === 'build' && config.build.lib && config.base === '/') {
        warnOnce(shared, config, `Library mode with base "/" gives URLs like "/canyon.glb", which hold on no other site. Set base: './'.`)
      }
    },

    configureServer(server) {
      const files = createDevFiles(server.config.server.headers)
      shared.files = files
      shared.live = createLiveMaps(bakerOf(), (file) => server.watcher.emit('change', file))
      for (const event of ['change', 'add', 'unlink'] as const) server.watcher.on(event, (file) => shared.live?.noticed(file))
      server.middlewares.use(files.middleware)
    },

    load: {
      async handler(id) {
        if (!isDepthMap(id)) return null
        const [file] = splitId(id)
        try {
          const isDev = config.command === 'serve' && this.environment.config.isBundled !== true
          const asset = await (isDev && shared.live ? shared.live.load(file) : bakerOf().bake(file))
          for (const warning of warningsOf(asset, relative(config.root, file))) if (isNew(shared, warning)) this.warn(warning)
          const urlOf = isDev && shared.files ? devUrls(shared.files, file, asset, config) : emittedUrls(asset, normalizePath(relative(config.root, file)), config, (emitted) => this.emitFile(emitted))
          if (!isDev) for (const source of asset.dependencies.present) this.addWatchFile(source)
          return { code: assetModule(asset.manifest, { urlOf, hot: isDev }), map: null, moduleSideEffects: false, moduleType: 'js' }
        } catch (error) {
          return this.error(toShownError(error, id, config.root))
        }
      },
    },

    hotUpdate({ file, modules, server }) {
      const maps = shared.live?.ownersOf(file) ?? []
      if (maps.length === 0) return undefined
      return modulesToUpdate(server.environments[this.environment.name], maps.map(normalizePath), modules, isDepthMap)
    },

    async closeBundle() {
      if (config.build.watch && config.command === 'build') return
      shared.live?.close()
      const { baker } = shared
      delete shared.baker
      await baker?.close()
    },
  }
}

function openBaker(config: ResolvedConfig, { settings, cache, workers, limits }: PluginOptions): Baker {
  const serving = config.command === 'serve'
  return createBaker({
    root: config.root,
    defaults: [{ origin: 'plugin options', settings }],
    projectRoots: [config.root, searchForWorkspaceRoot(config.root)],
    cache,
    workers,
    limits,
    patient: serving,
    // Vite's own check covers its own kinds of requests; a plugin that loads files checks for itself.
    mayRead: serving ? (path) => isFileLoadingAllowed(config, normalizePath(path)) : undefined,
    onWarning: (message) => config.logger.warnOnce(`[depthmesh] ${message}`),
  })
}

function devUrls(files: DevFiles, map: string, asset: BakedAsset, config: ResolvedConfig): (file: string) => string {
  const paths = files.publish(map, asset.files)
  const base = `${config.server.origin ?? ''}${config.base}`.replace(/\/$/, '')
  return (file) => JSON.stringify(base + (paths.get(file) ?? ''))
}

/** Emits each file once; Vite puts the URL in, for every base and `renderBuiltUrl`. */
function emittedUrls(asset: BakedAsset, original: string, config: ResolvedConfig, emit: (file: { type: 'asset'; name: string; originalFileName: string; source: Uint8Array }) => string): (file: string) => string {
  // From 8.3 on Vite resolves these references itself; before, its own placeholder is the one that respects base and renderBuiltUrl.
  const documented = config.plugins.some((plugin) => plugin.name === 'vite:asset' && 'resolveFileUrl' in plugin)
  const keys = manifestKeys(asset.manifest, original)
  const urls = new Map<string, string>()
  for (const { name, bytes } of asset.files) {
    const reference = emit({ type: 'asset', name, originalFileName: keys.get(name) ?? original, source: bytes })
    urls.set(name, documented ? `import.meta.ROLLDOWN_FILE_URL_${reference}` : `"__VITE_ASSET__${reference}__"`)
  }
  return (file) => urls.get(file) ?? '""'
}

/** Keys of the files in Vite's manifest.json, stable across builds: the map's path for LOD 0, with `?lod=1` and so on for the others. */
function manifestKeys(manifest: DepthManifest, original: string): Map<string, string> {
  const keys = new Map<string, string>()
  for (const [variant, { lods }] of [manifest, ...manifest.variants].entries()) {
    for (const [lod, { url }] of lods.entries()) {
      const query = [variant > 0 ? `variant=${variant}` : '', lod > 0 ? `lod=${lod}` : ''].filter(Boolean).join('&')
      if (!keys.has(url)) keys.set(url, query === '' ? original : `${original}?${query}`)
    }
  }
  return keys
}

function warningsOf({ manifest, warnings }: BakedAsset, file: string): string[] {
  const checks = manifest.preflight.checks.filter(({ severity }) => severity !== 'info')
  return [...warnings, ...checks.map(({ found, why, advice }) => `${normalizePath(file)}: ${[found, why, advice].map(sentence).join(' ')}`)]
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function isNew({ told }: Shared, warning: string): boolean {
  if (told.has(warning)) return false
  told.add(warning)
  return true
}

function warnOnce(shared: Shared, config: ResolvedConfig, warning: string): void {
  if (isNew(shared, warning)) config.logger.warn(`[depthmesh] ${warning}`)
}

interface ShownError {
  message: string
  id: string
  plugin: string
  pluginCode?: string
  frame?: string
  loc?: { file: string; line: number; column: number }
  stack?: string
}

/** As the overlay and the terminal show errors: the file at fault, the place in it, the remedy; a stack only where it is a bug. */
function toShownError(error: unknown, id: string, root: string): ShownError {
  const stack = error instanceof Error ? error.stack : undefined
  if (!(error instanceof DepthMeshError)) return { message: formatError(error), id, plugin: NAME, ...(stack === undefined ? {} : { stack }) }
  const { code, message, hint, position } = error
  const file = normalizePath(error.file ?? splitId(id)[0])
  return {
    message: formatError(new DepthMeshError(code, message, { hint, file: normalizePath(relative(root, file)), position })),
    id: file,
    plugin: NAME,
    pluginCode: code,
    stack: code === 'INTERNAL' && stack !== undefined ? stack : '',
    ...(position === undefined ? {} : { frame: `${position.frame}\n`, loc: { file, line: position.line, column: position.column } }),
  }
}

function splitId(id: string): [file: string, query: string] {
  const at = id.indexOf('?')
  return at < 0 ? [id, ''] : [id.slice(0, at), id.slice(at + 1)]
}
