import { normalizePath, type BuildEnvironment, type Environment, type ResolvedConfig, type Rollup } from 'vite'
import type { BakedAsset } from '../bake/bake.js'
import type { DepthManifest } from '../core/glb/manifest.js'

/** The files that builds emit, by environment and module. */
export interface Emissions {
  /** Emits each file of a bake once; gives the expression of its URL, which Vite fills in for every base and `renderBuiltUrl`. */
  emit(context: Rollup.PluginContext & { environment: Environment }, id: string, original: string, asset: BakedAsset): (file: string) => string
  /** Takes the files of modules that ended up in no chunk out of the bundle: a tree-shaken import leaves nothing behind. */
  dropUnused(context: Rollup.PluginContext & { environment: BuildEnvironment | Environment }, bundle: Rollup.OutputBundle): void
}

export function createEmissions(config: ResolvedConfig): Emissions {
  // From 8.3 on Vite resolves these references itself; before, its own placeholder is the one that respects base and renderBuiltUrl.
  const documented = config.plugins.some((plugin) => plugin.name === 'vite:asset' && 'resolveFileUrl' in plugin)
  const emitted = new WeakMap<Environment, Map<string, string[]>>()

  return {
    emit(context, id, original, { manifest, files }) {
      const keys = manifestKeys(manifest, normalizePath(original))
      const urls = new Map<string, string>()
      const references: string[] = []
      for (const { name, bytes } of files) {
        const reference = context.emitFile({ type: 'asset', name, originalFileName: keys.get(name) ?? original, source: bytes })
        references.push(reference)
        urls.set(name, documented ? `import.meta.ROLLDOWN_FILE_URL_${reference}` : `"__VITE_ASSET__${reference}__"`)
      }
      const modules = emitted.get(context.environment) ?? new Map<string, string[]>()
      emitted.set(context.environment, modules.set(id, references))
      return (file) => urls.get(file) ?? '""'
    },

    dropUnused(context, bundle) {
      const modules = emitted.get(context.environment)
      if (modules === undefined) return
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk')
      const used = new Set(chunks.flatMap(({ moduleIds }) => moduleIds))
      const namesOf = (references: string[]): string[] => references.map((reference) => context.getFileName(reference))
      const kept = new Set([...modules].filter(([id]) => used.has(id)).flatMap(([, references]) => namesOf(references)))
      for (const [id, references] of modules) {
        if (used.has(id)) continue
        // A bundler may have moved a constant URL into the importer and dropped the module.
        for (const name of namesOf(references)) if (!kept.has(name) && !chunks.some(({ code }) => code.includes(encodeURI(name)))) delete bundle[name]
      }
    },
  }
}

/** Keys of the files in Vite's manifest.json, stable across builds: the map's path, or a shape's import, for LOD 0, with `?lod=1` and so on for the others. */
function manifestKeys(manifest: DepthManifest, original: string): Map<string, string> {
  const keys = new Map<string, string>()
  for (const [variant, { lods }] of [manifest, ...manifest.variants].entries()) {
    for (const [lod, { url }] of lods.entries()) {
      const query = [variant > 0 ? `variant=${variant}` : '', lod > 0 ? `lod=${lod}` : ''].filter(Boolean).join('&')
      if (!keys.has(url)) keys.set(url, query === '' ? original : `${original}${original.includes('?') ? '&' : '?'}${query}`)
    }
  }
  return keys
}
