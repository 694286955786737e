import type { DepthAsset, DepthManifest } from '../core/glb/manifest.js'

export interface ModuleOptions {
  /** The JavaScript expression that gives the URL of a file of the bake. */
  urlOf: (file: string) => string
  /** Add the hot-update subscription. */
  hot: boolean
}

/**
 * Handed from one instance of a dev module to the next in `import.meta.hot.data`: who wants to know of edits. The new instance tells them when it evaluates,
 * which holds too where an importer accepts the module itself. When nobody listens the importers are asked, and in the end the page is reloaded.
 * Vite looks for `import.meta.hot.accept(` in the text.
 */
const HOT = `
if (import.meta.hot) {
  const listeners = (import.meta.hot.data.listeners ??= new Set())
  asset.hot = {
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(asset))
  import.meta.hot.accept(() => {
    if (listeners.size === 0) import.meta.hot.invalidate('nobody subscribed to ' + asset.name)
  })
}
`

/** The ES module that an import of a depth map evaluates to. Its exports are the contract. */
export function assetModule(manifest: DepthManifest, { urlOf, hot }: ModuleOptions): string {
  const { preflight: _, lods, bounds, placeholder, camera, variants, ...rest } = manifest
  return `export const lods = ${lodsSource(lods, urlOf)}
export const bounds = ${json(bounds)}
export const placeholder = ${json(placeholder)}
export const camera = ${json(camera)}
export const variants = [${variants.map((variant) => assetSource(variant, urlOf)).join(', ')}]
export const asset = { ...${json(rest)}, lods, bounds, placeholder, camera, variants }
export default lods[0].url
${hot ? HOT : ''}`
}

function assetSource({ lods, variants, ...rest }: DepthAsset, urlOf: (file: string) => string): string {
  return `{ ...${json(rest)}, lods: ${lodsSource(lods, urlOf)}, variants: [${variants.map((variant) => assetSource(variant, urlOf)).join(', ')}] }`
}

function lodsSource(lods: DepthAsset['lods'], urlOf: (file: string) => string): string {
  return `[${lods.map(({ url, ...rest }) => `{ url: ${urlOf(url)}, ...${json(rest)} }`).join(', ')}]`
}

function json(value: unknown): string {
  return JSON.stringify(value)
}
