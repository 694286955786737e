import { posix } from 'node:path'
import { createFilter, type HtmlTagDescriptor, type IndexHtmlTransformContext, type ResolvedConfig, type Rollup } from 'vite'
import { speaksOf } from './speaks-of.js'

/** What `depthmesh/three` imports when it loads its first level: without them, the level would wait for their round trip. */
const LOADERS = /\/three\/examples\/jsm\/(?:loaders\/GLTFLoader|libs\/meshopt_decoder\.module)\.js$/

/** Vite's own environment of pages. */
const CLIENT = 'client'

/** What is shown first of a map. */
export interface CoarsestLevel {
  /** The map's file, or the import of a shape. */
  map: string
  /** The name of its GLB in the bundle; `undefined` where it is of an earlier build of a watcher. */
  file: string | undefined
}

/** The links by which built pages ask for coarsest levels while their scripts still load. */
export interface Preloads {
  /** Told what a build emitted, once nothing is dropped any more. Warns where there is no page to write links into, and of patterns that no map of the pages matches, nor one that was built before. */
  found(environment: string, bundle: Rollup.OutputBundle, levels: readonly CoarsestLevel[], warn: (message: string) => void): void
  /** For the head of a page: the levels that its scripts speak of. */
  links(page: Pick<IndexHtmlTransformContext, 'path' | 'bundle' | 'chunk'>): HtmlTagDescriptor[]
}

/** @param patterns globs, relative to Vite's root, or RegExps, of maps; the import of a shape as it stands in the code */
export function createPreloads(patterns: readonly (string | RegExp)[], config: ResolvedConfig): Preloads {
  const matchers = patterns.map((pattern) => {
    const isFile = createFilter(pattern, undefined, { resolve: config.root })
    return (map: string): boolean => pattern === map || isFile(map)
  })
  /** Names in the bundle, by environment: several may be built at the same time. */
  const wanted = new Map<string, string[]>()
  /** Patterns that some environment has matched. */
  const matched = new Set<number>()

  return {
    found(environment, bundle, levels, warn) {
      const matching = levels.filter(({ map }) => matchers.some((matches) => matches(map)))
      wanted.set(environment, matching.flatMap(({ file }) => file ?? []))
      for (const { map } of levels) for (const [i, matches] of matchers.entries()) if (matches(map)) matched.add(i)
      if (environment !== CLIENT) return
      if (patterns.length > 0 && !Object.values(bundle).some(isPage)) {
        warn('preload: Vite writes no page of this build, so that no link is put into one. Where a framework or a server writes them, write it there: <link rel="preload" as="fetch" crossorigin href={asset.lods.at(-1).url}>')
        return
      }
      for (const [i, pattern] of patterns.entries()) {
        if (!matched.has(i)) warn(`preload: no map that is imported matches ${String(pattern)}. Globs are relative to Vite's root; a shape is named as it is imported.`)
      }
    },

    links({ path, bundle = {}, chunk }) {
      if (chunk === undefined) return []
      const scripts = chunksFrom([chunk], bundle, 'all')
      // (A page that takes the finest level alone has no use for the coarsest.)
      const levels = [...wanted.values()].flat().filter((file) => file in bundle && scripts.some(({ code }) => speaksOf(code, file)))
      const link = (rel: string, file: string, attrs: HtmlTagDescriptor['attrs'] = {}): HtmlTagDescriptor[] => {
        const href = urlIn(path.replace(/^\//, ''), file, config)
        return href === undefined ? [] : [{ tag: 'link', attrs: { rel, ...attrs, crossorigin: true, href }, injectTo: 'head' }]
      }
      // As `fetch` asks by itself: another mode would be another request.
      const links = [...new Set(levels)].flatMap((file) => link('preload', file, { as: 'fetch' }))
      if (links.length === 0 || config.build.modulePreload === false) return links
      const known = chunksFrom([chunk], bundle, 'imports')
      const loaders = chunksFrom(scripts.filter(({ facadeModuleId }) => LOADERS.test(facadeModuleId ?? '')), bundle, 'imports')
      return [...links, ...loaders.filter((loader) => !known.includes(loader)).flatMap(({ fileName }) => link('modulepreload', fileName))]
    },
  }
}

/** Whether an output is the script of a page that Vite itself writes. */
function isPage(output: Rollup.OutputAsset | Rollup.OutputChunk): boolean {
  return output.type === 'chunk' && output.facadeModuleId?.endsWith('.html') === true
}

/** Chunks and what they import, `all`: later too. */
function chunksFrom(entries: readonly Rollup.OutputChunk[], bundle: Rollup.OutputBundle, which: 'imports' | 'all'): Rollup.OutputChunk[] {
  const found = new Set(entries)
  for (const { imports, dynamicImports } of found) {
    for (const name of which === 'all' ? [...imports, ...dynamicImports] : imports) {
      const output = bundle[name]
      if (output?.type === 'chunk') found.add(output)
    }
  }
  return [...found]
}

/** The URL of an emitted file in a page, as Vite gives it; nothing where it is known at run time alone. */
function urlIn(page: string, file: string, { base, experimental: { renderBuiltUrl } }: ResolvedConfig): string | undefined {
  const rendered = renderBuiltUrl?.(file, { type: 'asset', hostId: page, hostType: 'html', ssr: false })
  if (typeof rendered === 'string' && rendered !== '') return encodeURI(rendered)
  if (typeof rendered === 'object' && rendered.runtime !== undefined) return undefined
  const isRelative = (typeof rendered === 'object' ? rendered.relative : undefined) ?? (base === '' || base === './')
  // (A base is encoded already.)
  return isRelative ? encodeURI(posix.relative(posix.dirname(page), file)) : base + encodeURI(file)
}
