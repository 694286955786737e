import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import type { InlineConfig, ViteDevServer } from 'vite'
import { onTestFinished } from 'vitest'
import type { DepthMeshPluginOptions } from '../../src/plugin/index.js'
import { createProject, smallLevels, testCache, type Project } from './project.js'

/** A running dev server of a project of its own. It is closed when the test ends that started it, unless it is closed by then. */
export interface DevServer {
  project: Project
  server: ViteDevServer
  /** Of the page, with a slash at its end. */
  address: string
  /** What was logged. */
  errors: string[]
  warnings: string[]
  close(): Promise<void>
}

export async function startServer(files: Record<string, string | Uint8Array>, { config = {}, options = {}, plugins = [], vite }: { config?: InlineConfig; options?: DepthMeshPluginOptions; plugins?: InlineConfig['plugins'] | ((project: Project) => Promise<InlineConfig['plugins']>); vite?: string } = {}): Promise<DevServer> {
  const project = await createProject({ 'index.html': '<!doctype html><script type="module" src="/main.js"></script>', ...files }, vite)
  const errors: string[] = []
  const warnings: string[] = []
  const logger = project.vite.createLogger('silent')
  logger.error = (message) => void errors.push(message)
  logger.warn = (message) => void warnings.push(message)
  logger.warnOnce = (message) => void warnings.push(message)
  const server = await project.vite.createServer(
    project.vite.mergeConfig(
      {
        root: project.root,
        configFile: false,
        customLogger: logger,
        clearScreen: false,
        server: { port: 0, host: '127.0.0.1' },
        plugins: [...((typeof plugins === 'function' ? await plugins(project) : plugins) ?? []), project.depthmesh({ lods: [...smallLevels.lods], cache: testCache, ...options })],
      },
      config,
    ),
  )
  await server.listen()
  const { port } = server.httpServer!.address() as AddressInfo
  let closing: Promise<void> | undefined
  const close = () => (closing ??= server.close().then(() => project.dispose()))
  onTestFinished(close)
  return { project, server, errors, warnings, address: `http://127.0.0.1:${port}/`, close }
}

/** A page of a game that counts its loads, across reloads, in `loads()`. It is closed when the test ends. */
export async function openPage(browser: Browser, address: string): Promise<Page & { loads(): number }> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  let loads = 0
  page.on('load', () => loads++)
  await page.goto(address)
  return Object.assign(page, { loads: () => loads })
}
