import type { DepthAsset, DepthManifest, DepthTexture } from '../core/glb/manifest.js'

/** Sent by a page to the dev server when it begins or ceases to listen to a map's edits. */
export const LISTENING_EVENT = 'depthmesh:listening'

/** What {@link LISTENING_EVENT} carries. */
export interface ListeningNews {
  topic: string
  listening: boolean
  /** Of the state that the page has. */
  key: string
}

/** What a dev module needs for hot updates. */
export interface HotOptions {
  /** Tells one state of the asset from the next. */
  key: string
  /** What the map is called in {@link ListeningNews}. */
  topic: string
}

export interface ModuleOptions {
  /** The JavaScript expression that gives the URL of a file of the bake. */
  urlOf: (file: string) => string
  /** Add the hot-update subscription. */
  hot: HotOptions | undefined
}

/**
 * Who wants to know of edits is handed from one instance of a dev module to the next in `import.meta.hot.data`. A new instance tells them when it evaluates,
 * which holds too where an importer accepts the module itself. When nobody listens the importers are asked, and in the end the page is reloaded.
 * A file that was saved as it was changes nothing; nor does a draft that nobody listens to: the whole follows. Vite looks for `import.meta.hot.accept(` in the text.
 */
const hotSource = ({ key, topic }: HotOptions, { draft, variants }: Pick<DepthManifest, 'draft' | 'variants'>): string => `
if (import.meta.hot) {
  const data = import.meta.hot.data
  const listeners = (data.listeners ??= new Set())
  const tellServer = () => import.meta.hot.send?.(${json(LISTENING_EVENT)}, { topic: ${json(topic)}, listening: listeners.size > 0, key: ${json(key)} })
  asset.hot = {
    subscribe(listener) {
      listeners.add(listener)
      if (listeners.size === 1) tellServer()
      return () => void (listeners.delete(listener) && listeners.size === 0 && tellServer())
    },
  }
${variants.length > 0 ? VARIANTS_HOT : ''}  const key = ${json(draft ? `${key} draft` : key)}
  data.changed = data.key !== undefined && data.key !== key${draft ? ' && listeners.size > 0' : ''}
  if (data.key === undefined || data.changed) data.key = key
  if (data.changed) for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(asset))
  import.meta.hot.accept(() => {
    if (data.changed && listeners.size === 0) import.meta.hot.invalidate('nobody subscribed to ' + asset.name)
  })
}
`

/** Each variant tells of its own next state; one that the next state of the map has no more stays as it is. */
const VARIANTS_HOT = `  for (const [i, variant] of variants.entries()) {
    variant.hot = { subscribe: (listener) => asset.hot.subscribe((next) => next.variants[i] && listener(next.variants[i])) }
  }
`

/** The ES module that an import of a depth map evaluates to. Its exports are the contract. */
export function assetModule(manifest: DepthManifest, { urlOf, hot }: ModuleOptions): string {
  const { preflight: _, lods, bounds, placeholder, camera, variants, ...rest } = manifest
  // (A name of its own for the first URL: `lods[0].url` would keep all levels in a bundle that uses none.)
  const finest = new Map([[lods[0].url, 'url']])
  return `const url = ${urlOf(lods[0].url)}
export default url
export const lods = ${lodsSource(lods, (file) => finest.get(file) ?? urlOf(file))}
export const bounds = ${json(bounds)}
export const placeholder = ${json(placeholder)}
export const camera = ${json(camera)}
export const variants = [${variants.map((variant) => assetSource(variant, urlOf)).join(', ')}]
export const asset = { ...${json(rest)}, lods, bounds, placeholder, camera, variants }
${hot === undefined ? '' : hotSource(hot, manifest)}`
}

function assetSource({ lods, variants, ...rest }: DepthAsset, urlOf: (file: string) => string): string {
  return `{ ...${json(rest)}, lods: ${lodsSource(lods, urlOf)}, variants: [${variants.map((variant) => assetSource(variant, urlOf)).join(', ')}] }`
}

function lodsSource(lods: DepthAsset['lods'], urlOf: (file: string) => string): string {
  const textureSource = ({ url, ...rest }: DepthTexture) => `{ url: ${urlOf(url)}, ...${json(rest)} }`
  const texturesSource = (textures: DepthTexture[] | undefined) => (textures ? `, textures: [${textures.map(textureSource).join(', ')}]` : '')
  return `[${lods.map(({ url, textures, ...rest }) => `{ url: ${urlOf(url)}, ...${json(rest)}${texturesSource(textures)} }`).join(', ')}]`
}

function json(value: unknown): string {
  return JSON.stringify(value)
}
