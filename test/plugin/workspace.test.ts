import type { AddressInfo } from 'node:net'
import type { ViteDevServer } from 'vite'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { DepthMeshPluginOptions } from '../../src/plugin/index.js'
import { rgb8 } from '../support/maps.js'
import { createProject, hill, smallLevels, testCache, viteVersions, type Project } from '../support/project.js'

/* A game in one package of a workspace, its maps in another, which lies outside of Vite's root. */

const sidecar = (settings: object): string => JSON.stringify({ projection: 'orthographic', ...settings })
const color = (): Promise<Uint8Array> => rgb8(32, 32, (x, y) => [x * 8, y * 8, 90])

let project: Project | undefined
afterEach(() => {
  project?.dispose()
  project = undefined
})

async function start(files: Record<string, string | Uint8Array>, vite: string, plugins: DepthMeshPluginOptions[] = [{}]): Promise<{ project: Project; server: ViteDevServer }> {
  const created = (project = await createProject({ 'pnpm-workspace.yaml': '', 'game/package.json': '{}', 'game/index.html': '', ...files }, vite))
  const server = await created.vite.createServer({
    root: created.path('game'),
    configFile: false,
    logLevel: 'silent',
    server: { port: 0, host: '127.0.0.1' },
    plugins: plugins.map((options) => created.depthmesh({ lods: [...smallLevels.lods], cache: testCache, ...options })),
  })
  await server.listen()
  onTestFinished(() => server.close())
  return { project: created, server }
}

/** The module of a map, as a page gets it. */
async function codeOf({ project, server }: { project: Project; server: ViteDevServer }, map: string): Promise<string> {
  return (await server.environments.client.transformRequest(`/@fs${project.path(map)}`))?.code ?? ''
}
const height = (code: string): number => Number(Number(/"max":\[[^,]+,[^,]+,([^\]]+)\]/.exec(code)?.[1]).toFixed(1))
const textureSize = (code: string): number => Number(/"textureSize":(\d+)/.exec(code)?.[1])

describe.each(viteVersions)('in a workspace, with %s', (vite) => {
  it('edits are followed of what a map in another package stands on: its settings, its picture, and what is there only later', async () => {
    const dev = await start({ 'art/hill.depth.png': await hill(), 'art/hill.depth.json': sidecar({ relief: 2, color: '../photos/hill.jpeg' }), 'art/hill.png': await color() }, vite)
    const { project } = dev
    await expect(codeOf(dev, 'art/hill.depth.png')).rejects.toThrow('expected a picture at hill.jpeg')
    project.write({ 'photos/hill.jpeg': await color() })
    await expect.poll(async () => height(await codeOf(dev, 'art/hill.depth.png').catch(() => '')), { timeout: 10_000 }).toBe(2)
    project.write({ 'art/hill.depth.json': sidecar({ relief: 4, color: null }) })
    await expect.poll(async () => height(await codeOf(dev, 'art/hill.depth.png')), { timeout: 10_000 }).toBe(4)
    project.write({ 'art/hill.depth.json': sidecar({ relief: 4 }) })
    await expect.poll(async () => textureSize(await codeOf(dev, 'art/hill.depth.png')), { timeout: 10_000 }).toBe(32)
    project.remove('art/hill.png')
    await expect.poll(async () => textureSize(await codeOf(dev, 'art/hill.depth.png')), { timeout: 10_000 }).toBe(0)
    project.write({ 'art/hill.color.png': await color() })
    await expect.poll(async () => textureSize(await codeOf(dev, 'art/hill.depth.png')), { timeout: 10_000 }).toBe(32)
    project.remove('art/hill.depth.png')
    await expect.poll(() => codeOf(dev, 'art/hill.depth.png').then(() => '', ({ message }: Error) => message), { timeout: 10_000 }).toContain('found no file')
    project.write({ 'art/hill.depth.png': await hill(0.5) })
    await expect.poll(async () => height(await codeOf(dev, 'art/hill.depth.png').catch(() => '')), { timeout: 10_000 }).toBe(2)
  })

  it('the levels of two depthmesh() are there, each for maps of its own', async () => {
    const dev = await start({ 'art/hill.depth.png': await hill(), 'props/rock.depth.png': await hill(0.5) }, vite, [{ include: '../art/*.depth.png' }, { include: '../props/*.depth.png', projection: 'orthographic' }])
    const { port } = dev.server.httpServer!.address() as AddressInfo
    const statusOf = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status
    for (const map of ['art/hill.depth.png', 'props/rock.depth.png']) {
      const [level] = /\/@depthmesh\/[^"]+/.exec(await codeOf(dev, map)) ?? []
      expect(await statusOf(level!), map).toBe(200)
    }
    expect(await statusOf('/@depthmesh/0123456789abcdef/hill.lod0.glb')).toBe(404)
  })
})
