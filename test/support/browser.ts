import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'
import { describe } from 'vitest'

const CANDIDATES = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

/** Path of a Chromium, if this machine has one. */
export const chromiumPath = CANDIDATES.find((path): path is string => path !== undefined && existsSync(path))

if (chromiumPath === undefined && process.env.DEPTHMESH_REQUIRE_BROWSER) {
  throw new Error('DEPTHMESH_REQUIRE_BROWSER is set, but no Chromium was found. Install it (Debian: apt-get install -y chromium) or name it in CHROMIUM_PATH.')
}

/** A `describe` that says why it is skipped where there is no Chromium. */
export function describeInBrowser(title: string, body: () => void): void {
  const missing = chromiumPath === undefined
  describe.skipIf(missing)(missing ? `${title} (skipped: no Chromium; install one or set CHROMIUM_PATH)` : title, body)
}

/** Headless Chromium with software WebGL (SwiftShader), so that pictures are the same on every machine. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      '--no-sandbox',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--ignore-gpu-blocklist',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
