import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { normalizePath, type BuildEnvironment, type Environment, type ResolvedConfig, type Rollup } from 'vite'
import type { BakedAsset } from '../bake/bake.js'
import { isGlb, namedPictures, renamePictures } from '../core/glb/pictures.js'
import type { DepthManifest } from '../core/glb/manifest.js'
import type { CoarsestLevel } from './preload.js'
import { speaksOf } from './speaks-of.js'

/** The files that builds emit, by environment and module. */
export interface Emissions {
  /** Emits each file of a bake once; gives the expression of its URL, which Vite fills in for every base and `renderBuiltUrl`. */
  emit(context: Rollup.PluginContext & { environment: Environment }, module: EmittingModule, asset: BakedAsset): (file: string) => string
  /** Takes the files of modules that ended up in no chunk out of the bundle: a tree-shaken import leaves nothing behind. */
  dropUnused(context: Rollup.PluginContext & { environment: BuildEnvironment | Environment }, bundle: Rollup.OutputBundle): void
  /** The maps whose files the scripts of a bundle ask for. */
  askedFor(context: Rollup.PluginContext & { environment: BuildEnvironment | Environment }, bundle: Rollup.OutputBundle): string[]
  /** Makes levels name their pictures as they are called by now, from wherever they lie. To be done when nothing is dropped any more. */
  linkPictures(context: Rollup.PluginContext & { environment: BuildEnvironment | Environment }, bundle: Rollup.OutputBundle): void
  /** What is shown first of each map. */
  coarsestLevels(context: Rollup.PluginContext & { environment: BuildEnvironment | Environment }): CoarsestLevel[]
}

/** Whose files are emitted. */
export interface EmittingModule {
  id: string
  /** The map's file, or the import of a shape. */
  map: string
  /** What Vite's manifest.json calls it. */
  original: string
}

/** What a module emitted. */
interface EmittedMap {
  /** The map's file, or the import of a shape. */
  map: string
  outputs: Emitted[]
  /** Reference of the coarsest level. */
  coarsest: string
}

/** A file that was emitted. */
interface Emitted {
  reference: string
  /** By what a level calls them until they have their names: references of the pictures that it names. */
  pictures: Map<string, string>
}

/** Hex digits of a picture's SHA-256 in what a level calls it until it has its name, so that the hash in the level's own name follows what is in the picture. */
const HASH_LENGTH = 16

export function createEmissions(config: ResolvedConfig): Emissions {
  // From 8.3 on Vite resolves these references itself; before, its own placeholder is the one that respects base and renderBuiltUrl.
  const documented = config.plugins.some((plugin) => plugin.name === 'vite:asset' && 'resolveFileUrl' in plugin)
  const emitted = new WeakMap<Environment, Map<string, EmittedMap>>()

  return {
    emit(context, { id, map, original }, { manifest, files }) {
      const keys = manifestKeys(manifest, normalizePath(original))
      const references = new Map<string, string>()
      const stand = new Map<string, string>()
      const outputs: Emitted[] = []
      const add = (name: string, source: Uint8Array, pictures = new Map<string, string>()): void => {
        const reference = context.emitFile({ type: 'asset', name, originalFileName: keys.get(name) ?? original, source })
        references.set(name, reference)
        outputs.push({ reference, pictures })
      }
      for (const { name, bytes } of files) {
        if (isGlb(name)) continue
        stand.set(encodeURIComponent(name), `${createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH)}-${encodeURIComponent(name)}`)
        add(name, bytes)
      }
      for (const { name, bytes } of files) {
        if (!isGlb(name)) continue
        if (stand.size === 0) {
          add(name, bytes)
          continue
        }
        const pictures = namedPictures(bytes).map((uri) => [stand.get(uri) ?? uri, references.get(decodeURIComponent(uri)) ?? ''] as const)
        add(name, renamePictures(bytes, (uri) => stand.get(uri) ?? uri), new Map(pictures))
      }
      const modules = emitted.get(context.environment) ?? new Map<string, EmittedMap>()
      modules.set(id, { map, outputs, coarsest: references.get(manifest.lods.at(-1)?.url ?? '') ?? '' })
      emitted.set(context.environment, modules)
      return (file) => {
        const reference = references.get(file)
        if (reference === undefined) return '""'
        // (Marked, since with a relative base it becomes a `new URL()`, which no bundler would drop where nobody uses it.)
        return documented ? `/* @__PURE__ */ (() => import.meta.ROLLDOWN_FILE_URL_${reference})()` : `"__VITE_ASSET__${reference}__"`
      }
    },

    dropUnused(context, bundle) {
      const modules = emitted.get(context.environment)
      if (modules === undefined) return
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk')
      const used = new Set(chunks.flatMap(({ moduleIds }) => moduleIds))
      // A bundler may have moved a constant URL into the importer and dropped the module.
      const isMentioned = (name: string | undefined): boolean => name !== undefined && chunks.some(({ code }) => speaksOf(code, name))
      const kept = [...modules].flatMap(([id, { outputs }]) => outputs.filter(({ reference }) => used.has(id) || isMentioned(nameOf(context, reference))))
      const names = new Set(kept.map(({ reference }) => nameOf(context, reference)))
      for (const { reference } of [...modules.values()].flatMap(({ outputs }) => outputs)) {
        const name = nameOf(context, reference)
        if (name !== undefined && !names.has(name)) delete bundle[name]
      }
    },

    askedFor(context, bundle) {
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk')
      const isAsked = (name: string | undefined): boolean => name !== undefined && chunks.some(({ code }) => speaksOf(code, name))
      const modules = [...(emitted.get(context.environment)?.values() ?? [])]
      return modules.filter(({ outputs }) => outputs.some(({ reference }) => isAsked(nameOf(context, reference)))).map(({ map }) => map)
    },

    linkPictures(context, bundle) {
      for (const { reference, pictures } of [...(emitted.get(context.environment)?.values() ?? [])].flatMap(({ outputs }) => outputs)) {
        const name = pictures.size === 0 ? undefined : nameOf(context, reference)
        const output = name === undefined ? undefined : bundle[name]
        if (name === undefined || output?.type !== 'asset') continue
        const placeOf = (uri: string): string => {
          const picture = pictures.get(uri)
          return picture === undefined ? uri : posix.relative(posix.dirname(name), context.getFileName(picture)).split('/').map(encodeURIComponent).join('/')
        }
        output.source = renamePictures(Buffer.from(output.source), placeOf)
      }
    },

    coarsestLevels(context) {
      const modules = [...(emitted.get(context.environment)?.values() ?? [])]
      return modules.map(({ map, coarsest }) => ({ map, file: nameOf(context, coarsest) }))
    },
  }
}

/** What an emitted file is called by now; nothing where it belongs to an earlier build of a watcher, of a module that is not imported any more. */
function nameOf(context: Rollup.PluginContext, reference: string): string | undefined {
  try {
    return context.getFileName(reference)
  } catch {
    return undefined
  }
}

/** Keys of the files in Vite's manifest.json, stable across builds: the map's path, or a shape's import, for LOD 0, with `?lod=1` and so on for the others, `?texture=0` for a picture that variants share. */
function manifestKeys(manifest: DepthManifest, original: string): Map<string, string> {
  const keys = new Map<string, string>()
  const keyOf = (query: string): string => (query === '' ? original : `${original}${original.includes('?') ? '&' : '?'}${query}`)
  for (const [variant, { lods }] of [manifest, ...manifest.variants].entries()) {
    for (const [lod, { url, textures = [] }] of lods.entries()) {
      const query = [variant > 0 ? `variant=${variant}` : '', lod > 0 ? `lod=${lod}` : ''].filter(Boolean).join('&')
      if (!keys.has(url)) keys.set(url, keyOf(query))
      for (const { url } of textures) keys.set(url, keyOf(`texture=${/color(\d+)\.\w+$/.exec(url)?.[1] ?? lod}`))
    }
  }
  return keys
}
