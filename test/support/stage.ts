import type { BrowserContextOptions, Page } from 'playwright-core'
import type * as Three from 'three'
import type { BakeResult, DepthAsset } from '../../src/core/index.js'
import type { loadDepthBackground } from '../../src/three/index.js'
import { launchBrowser } from './browser.js'
import { openSite } from './site.js'

/** What test/three/stage.js puts on the page: `declare const stage: Stage` where a test runs there. */
export interface Stage {
  THREE: typeof Three
  scene: Three.Scene
  camera: Three.PerspectiveCamera
  renderer: Three.WebGLRenderer
  bitmaps: ImageBitmap[]
  loadDepthBackground: typeof loadDepthBackground
  gltfLoader(): { loadAsync(url: string): Promise<{ scene: Three.Object3D }> }
  ktx2Loader(): ReturnType<Stage['gltfLoader']> & { dispose(): void }
  /** A `WebGPURenderer`, on WebGL: as much of it as `WebGLRenderer` has too. */
  webGpuRenderer(): Promise<Three.WebGLRenderer>
  /** From now on what is fetched comes in parts, and its last 8 bytes once the result is called. */
  holdTheLine(): () => void
  /** A stand-in for the plugin's subscription. */
  hot(): Hot
  /** Draws a frame; which of red, green and blue is strongest in the middle, or `none`. */
  look(): string
  memory(): { geometries: number; textures: number; programs: number; openBitmaps: number }
}

interface Hot {
  listeners: Set<unknown>
  subscribe(listener: (next: DepthAsset) => void): () => void
  emit(next: DepthAsset): void
}

const HTML = `<!doctype html><title>loading</title><script type="importmap">{ "imports": {
  "three": "/node_modules/three/build/three.module.js",
  "three/": "/node_modules/three/",
  "depthmesh/three": "/dist/three/index.js" } }</script><script type="module" src="/test/three/stage.js"></script>`

/** A browser whose pages each have a stage, and whatever was baked for them. */
export interface Theatre {
  origin: string
  /** Paths that the newest page has asked for since it was ready. */
  requests: string[]
  /** What the newest page complained of: errors that nobody caught, and what three says. */
  problems: string[]
  /** Puts the files of a bake beside the pages; the URLs of the asset lead there. */
  serve(baked: BakeResult): DepthAsset
  /** A page whose stage is ready. */
  openPage(options?: BrowserContextOptions): Promise<Page>
  close(): Promise<void>
}

export async function openTheatre(): Promise<Theatre> {
  const files = new Map<string, Uint8Array | string>([['/index.html', HTML]])
  const { origin, requests, close } = await openSite(files)
  const browser = await launchBrowser()
  const fromPages = (asset: DepthAsset): DepthAsset => ({ ...asset, lods: asset.lods.map((lod) => ({ ...lod, url: `/${lod.url}` })), variants: asset.variants.map(fromPages) })
  const theatre: Theatre = {
    origin,
    requests,
    problems: [],
    serve(baked) {
      for (const { name, bytes } of baked.files) files.set(`/${name}`, bytes)
      return fromPages(baked.manifest)
    },
    async openPage(options = {}) {
      const page = await browser.newPage(options)
      const problems: string[] = (theatre.problems = [])
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => message.text().startsWith('THREE.') && problems.push(message.text()))
      await page.goto(`${origin}/index.html`)
      await page.waitForFunction(() => document.title === 'ready')
      requests.length = 0
      return page
    },
    async close() {
      await browser.close()
      await close()
    },
  }
  return theatre
}
