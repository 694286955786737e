import { setTimeout as sleep } from 'node:timers/promises'
import type { DevEnvironment, ViteDevServer } from 'vite'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { startServer, type DevServer } from '../support/dev.js'
import { gray16 } from '../support/maps.js'
import { viteVersions, type Project } from '../support/project.js'

/* Nuxt's dev has a server for pages and another for what it renders, which share one plugin. Other frameworks have one server with two environments. */

const sidecar = (relief: number): string => JSON.stringify({ projection: 'orthographic', relief })
/** Waves, which take long enough to bake that both ask for them meanwhile. */
const waves = (): Promise<Uint8Array> => gray16(320, 320, (x, y) => 0.5 + 0.25 * Math.sin(x / 9) + 0.25 * Math.cos(y / 7))

let lines: string[]

beforeEach(() => {
  lines = []
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
  vi.stubEnv('DEBUG', 'depthmesh:bake')
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const count = (state: string): number => lines.filter((line) => line.startsWith(`depthmesh:bake ${state} `)).length
const start = async (vite = 'vite'): Promise<DevServer> =>
  startServer({ 'waves.depth.png': await waves(), 'waves.depth.json': sidecar(2) }, { vite, options: { lods: [15_000, 1000, 200], cache: { dir: 'cache' } } })
/** Another server with the same plugin. */
async function startSecond({ project, server }: DevServer): Promise<ViteDevServer> {
  const plugins = server.config.plugins.filter(({ name }) => name === 'depthmesh')
  const second = await project.vite.createServer({ root: project.root, configFile: false, logLevel: 'silent', appType: 'custom', server: { middlewareMode: true, ws: false }, plugins })
  onTestFinished(() => second.close())
  return second
}
/** The height in the module of the map, as code of pages or of a server gets it. */
async function heightIn(server: ViteDevServer, environment: 'client' | 'ssr'): Promise<number> {
  const { code = '' } = (await server.environments[environment].transformRequest('/waves.depth.png')) ?? {}
  return Math.round(Number(/"max":\[[^,]+,[^,]+,([^\]]+)\]/.exec(code)?.[1]))
}
/** Edits the settings, until none of these has the module of before. */
async function edit({ path, write }: Project, relief: number, environments: readonly DevEnvironment[]): Promise<void> {
  write({ 'waves.depth.json': sidecar(relief) })
  const modules = (): unknown[] => environments.flatMap(({ moduleGraph }) => [...(moduleGraph.getModulesByFile(path('waves.depth.png')) ?? [])].map(({ transformResult }) => transformResult))
  await expect.poll(modules, { timeout: 20_000, interval: 5 }).toEqual(environments.map(() => null))
}
/** Until so many bakes have begun. */
const untilStarted = (bakes: number): Promise<unknown> => expect.poll(() => count('start'), { timeout: 20_000, interval: 5 }).toBe(bakes)

describe.each(viteVersions)('a map that is edited while a page is rendered (%s)', (vite) => {
  it('is baked once by one server with two environments', async () => {
    const { project, server } = await start(vite)
    expect(await Promise.all([heightIn(server, 'client'), heightIn(server, 'ssr')])).toEqual([2, 2])
    await edit(project, 4, [server.environments.client, server.environments.ssr])
    expect(await Promise.all([heightIn(server, 'client'), heightIn(server, 'ssr')])).toEqual([4, 4])
    expect([count('start'), count('baked')]).toEqual([2, 2])
  })

  it('is baked once by two servers', async () => {
    const first = await start(vite)
    const second = await startSecond(first)
    expect(await Promise.all([heightIn(first.server, 'client'), heightIn(second, 'ssr')])).toEqual([2, 2])
    await edit(first.project, 4, [first.server.environments.client, second.environments.ssr])
    expect(await Promise.all([heightIn(first.server, 'client'), heightIn(second, 'ssr')])).toEqual([4, 4])
    expect([count('start'), count('baked')]).toEqual([2, 2])
  })
})

it('a server that closes while it bakes for another leaves the bake to it', async () => {
  const first = await start()
  const second = await startSecond(first)
  const rendered = heightIn(second, 'ssr').catch(() => 'stopped')
  await untilStarted(1)
  const shown = heightIn(first.server, 'client')
  await sleep(50)
  await second.close()
  expect(await rendered).toBe('stopped')
  expect(await shown).toBe(2)
  expect([count('start'), count('failed'), count('baked')]).toEqual([2, 1, 1])
})
