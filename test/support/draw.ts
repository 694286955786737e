import type { Page } from 'playwright-core'
import { launchBrowser } from './browser.js'
import { openSite } from './site.js'

const HTML = `<!doctype html><title>loading</title><link rel="icon" href="data:,"><script type="importmap">{ "imports": {
  "three": "/node_modules/three/build/three.module.js",
  "three/": "/node_modules/three/" } }</script><script type="module" src="/test/support/studio.js"></script>`

/** How to look at a GLB. Without `position`: through its own camera. */
export interface View {
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** Metres. */
  position?: [number, number, number]
  target?: [number, number, number]
  up?: [number, number, number]
  /** Degrees. */
  fovY?: number
  /** CSS colour of what the GLB leaves open; magenta unless given. */
  background?: string
  /** Direction toward a white sun; none leaves lit surfaces black. */
  light?: [number, number, number]
  ambient?: number
}

/** What was drawn: R, G, B per pixel, row 0 on top. */
export interface Drawing {
  width: number
  height: number
  pixels: Uint8Array
}

export interface Studio {
  page: Page
  draw(glb: Uint8Array, view: View): Promise<Drawing>
  close(): Promise<void>
}

declare const draw: (url: string, view: View) => Promise<string>

/** A headless browser with three in it. Fails on anything the page complains about. */
export async function openStudio(): Promise<Studio> {
  const files = new Map<string, Uint8Array | string>([['/index.html', HTML]])
  const site = await openSite(files)
  const browser = await launchBrowser()
  const page = await browser.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !/GPU stall|GL Driver|swiftshader/i.test(message.text())) problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(`${site.origin}/index.html`)
  await page.waitForFunction(() => document.title === 'ready')
  let number = 0
  return {
    page,
    async draw(glb, view) {
      const url = `/${number++}.glb`
      files.set(url, glb)
      const base64 = await page.evaluate(([url, view]) => draw(url, view), [url, view] as const)
      files.delete(url)
      if (problems.length > 0) throw new Error(problems.join('\n'))
      const { width, height } = view
      const bottomUp = Buffer.from(base64, 'base64')
      const pixels = new Uint8Array(width * height * 3)
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) for (let j = 0; j < 3; j++) pixels[(y * width + x) * 3 + j] = bottomUp[((height - 1 - y) * width + x) * 4 + j]
      }
      return { width, height, pixels }
    },
    async close() {
      await browser.close()
      await site.close()
    },
  }
}

/** Peak signal-to-noise ratio of two drawings of one size, dB; Infinity where they are the same. */
export function psnr(a: Drawing, b: Drawing): number {
  if (a.width !== b.width || a.height !== b.height) throw new Error(`expected drawings of one size, got ${a.width}×${a.height} and ${b.width}×${b.height}`)
  let sum = 0
  for (let i = 0; i < a.pixels.length; i++) sum += (a.pixels[i] - b.pixels[i]) ** 2
  return 10 * Math.log10(255 ** 2 / (sum / a.pixels.length))
}
