import { symlinkSync } from 'node:fs'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { basename, join } from 'node:path'
import type { RunnableDevEnvironment } from 'vite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DepthAsset } from '../../src/core/index.js'
import { createDevFiles } from '../../src/plugin/dev-server.js'
import { startServer, type DevServer } from '../support/dev.js'
import { temporaryFolder } from '../support/folder.js'
import { namedPictures } from '../../src/core/glb/pictures.js'
import { gray16, rgb8 } from '../support/maps.js'
import { hill, viteVersions } from '../support/project.js'

let dev: DevServer

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** A request as it is: fetch would tidy the path. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(dev.address)
    request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }))
    })
      .on('error', reject)
      .end()
  })
}

/** The URLs in a module as the browser gets it. */
async function levels(path = '/hill.depth.png?import'): Promise<string[]> {
  const { status, body } = await ask(path)
  expect(status, body.toString()).toBe(200)
  return [...new Set(body.toString().match(/\/@depthmesh\/[^"]+/g))]
}

describe.each(viteVersions)('files of the dev server of %s', (vite) => {
  it('are immutable, answer conditions and ranges, and carry server.headers', async () => {
    dev = await startServer({ 'hill.depth.png': await hill() }, { vite, config: { server: { headers: { 'X-Game': 'yes' } } } })
    const [url] = await levels()
    const whole = await ask(url)
    expect(whole.status).toBe(200)
    expect(whole.body.subarray(0, 4).toString()).toBe('glTF')
    expect(whole.headers).toMatchObject({ 'content-type': 'model/gltf-binary', 'cache-control': 'public, max-age=31536000, immutable', 'accept-ranges': 'bytes', 'x-content-type-options': 'nosniff', 'x-game': 'yes', 'content-length': String(whole.body.length) })

    const head = await ask(url, {}, 'HEAD')
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(whole.body.length)])
    const etag = String(whole.headers.etag)
    expect(await ask(url, { 'If-None-Match': etag })).toMatchObject({ status: 304, body: Buffer.alloc(0) })
    expect(await ask(url, { 'If-None-Match': `"other", W/${etag}` })).toMatchObject({ status: 304 })
    expect(await ask(url, { 'If-None-Match': '*' })).toMatchObject({ status: 304, headers: { etag, 'x-game': 'yes' } })
    expect(await ask(url, { 'If-None-Match': '"other"' })).toMatchObject({ status: 200 })

    const size = whole.body.length
    for (const [range, start, end] of [['bytes=0-3', 0, 3], ['bytes=10-', 10, size - 1], ['bytes=-5', size - 5, size - 1], [`bytes=4-${size * 2}`, 4, size - 1]] as const) {
      const part = await ask(url, { Range: range })
      expect(part.status).toBe(206)
      expect(part.headers['content-range']).toBe(`bytes ${start}-${end}/${size}`)
      expect(part.body.equals(whole.body.subarray(start, end + 1))).toBe(true)
    }
    for (const range of [`bytes=${size}-`, 'bytes=5-2', 'bytes=-0']) expect(await ask(url, { Range: range })).toMatchObject({ status: 416, headers: { 'content-range': `bytes */${size}` } })
    for (const range of ['bytes=-', 'lines=1-2', 'bytes=0-1,4-5']) expect((await ask(url, { Range: range })).body.length).toBe(size)
    expect((await ask(url, { Range: 'bytes=0-3', 'If-Range': '"other"' })).status).toBe(200)
    expect((await ask(url, { Range: 'bytes=0-3', 'If-Range': etag })).status).toBe(206)
  })

  it('are found by their exact name alone, and read only', async () => {
    dev = await startServer({ 'hill.depth.png': await hill(), 'secret.txt': 'secret' }, { vite })
    const [url] = await levels()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await ask(url, { Origin: 'http://localhost:1' }, method)).body.toString()).not.toContain('glTF')
    expect(await ask(url, {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
    const other = url.replace(/[0-9a-f]{32}/, (hash) => hash.split('').reverse().join(''))
    for (const path of [other, `${url}/`, `${url}.bak`, url.replace('hill', 'mount'), '/@depthmesh/', '/@depthmesh/../secret.txt', '/@depthmesh/%2e%2e/secret.txt', '/@depthmesh//etc/passwd', '/@depthmesh/__proto__/constructor']) {
      const { status, body } = await ask(path)
      expect([404, 400, 403], path).toContain(status)
      expect(body.toString()).not.toContain('secret')
    }
  })

  it('are never made by a request: only what a module was loaded for is there', async () => {
    dev = await startServer({ 'hill.depth.png': await hill() }, { vite, options: { cache: { dir: 'cache' } } })
    const { project } = dev
    const [url] = await levels()
    const baked = project.list('cache')
    expect(baked.length).toBeGreaterThan(0)
    project.write({ 'mount.depth.png': await hill(0.5) })
    for (const path of [url.replace('hill', 'mount'), '/@depthmesh/mount.depth.png', '/mount.depth.png', '/mount.depth.png?lod=1']) {
      expect((await ask(path, { Accept: 'model/gltf-binary' })).body.subarray(0, 4).toString(), path).not.toBe('glTF')
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(project.list('cache')).toEqual(baked)
  })

  it('never come from outside of what the server may read', async () => {
    const outside = temporaryFolder({ 'secret.depth.png': await hill(), 'secret.png': 'picture', 'secret.depth.json': '{ "projection": "orthographic", "relief": 77 }' })
    dev = await startServer({ 'hill.depth.png': await hill(), '.env.depth.png': await hill(), 'mount.depth.png': await hill(), 'tree.depth.png': await hill() }, { vite })
    const { project } = dev
    symlinkSync(join(outside, 'secret.depth.png'), project.path('link.depth.png'))
    symlinkSync(join(outside, 'secret.depth.json'), project.path('mount.depth.json'))
    symlinkSync(join(outside, 'secret.png'), project.path('tree.png'))
    const { root } = project
    const secret = join(outside, 'secret.depth.png')
    for (const path of [
      `/@fs${secret}?import`,
      `/@fs${secret}?import&t=1`,
      `/@fs/${secret}?import`,
      `${secret}?import`,
      `/@id/${secret}`,
      `/@id/${secret}?import`,
      `/@id/__x00__${secret}?import`,
      '/link.depth.png?import',
      '/mount.depth.png?import',
      '/tree.depth.png?import',
      '/.env.depth.png?import',
      `/@fs${root}/.env.depth.png?import`,
      `/@fs${root}/../${outside.split('/').at(-1)}/secret.depth.png?import`,
      `/..${secret}?import`,
      `/@fs${join(outside, 'not-there.depth.png')}?import`,
    ]) {
      const { status, body } = await ask(path, { 'Sec-Fetch-Dest': 'script' })
      const text = body.toString()
      expect(text.includes('@depthmesh/') || text.includes('triangles') || text.includes('77'), `${path}: ${status} ${text.slice(0, 200)}`).toBe(false)
    }
    expect(await levels()).toHaveLength(2)
    expect(await levels(`/@fs${root}/hill.depth.png?import`)).toHaveLength(2)
  })

  it('wear no picture from outside of the project, whatever the sidecar says', async () => {
    const outside = temporaryFolder({ 'secret.png': await rgb8(32, 32, () => [1, 2, 3]) })
    dev = await startServer({ 'hill.depth.png': await hill() }, { vite })
    const { project } = dev
    symlinkSync(join(outside, 'secret.png'), project.path('link.png'))
    for (const color of [`../${basename(outside)}/secret.png`, join(outside, 'secret.png'), 'link.png']) {
      project.write({ 'hill.depth.json': JSON.stringify({ color }) })
      dev.server.environments.client.moduleGraph.invalidateAll()
      await expect(dev.server.transformRequest('/hill.depth.png')).rejects.toThrow(`hill.depth.json: color: expected a picture inside the project, got ${JSON.stringify(color)}. Copy the picture into the project.`)
    }
  })

  it('tell of a broken map with a stack that says so, which is what some frameworks print, and without our own frames', async () => {
    dev = await startServer({ 'hill.depth.png': 'no picture' }, { vite })
    const error: unknown = await dev.server.transformRequest('/hill.depth.png').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ message: expect.stringMatching(/^hill\.depth\.png: expected a PNG, /), plugin: 'depthmesh' })
    const { message, stack } = error as Error
    expect(stack).toBe(`Error: ${message}\n`)
  })

  it('name the picture that variants share where it is, once for all of them', async () => {
    const noise = await rgb8(96, 96, (x, y) => [(x * 7919 + y * 104729) % 251, (x * y * 31) % 253, 9])
    const settings = JSON.stringify({ projection: 'orthographic', variants: 2, texture: { quality: 90 } })
    dev = await startServer({ 'a hill.depth.png': await hill(), 'a hill.color.png': noise, 'a hill.depth.json': settings }, { vite, config: { base: '/sub/' } })
    const urls = await levels('/sub/a%20hill.depth.png?import')
    const [picture, ...none] = urls.filter((url) => url.endsWith('.webp'))
    expect(none).toEqual([])
    const shared = await ask(`/sub${picture}`)
    expect(shared).toMatchObject({ status: 200, headers: { 'content-type': 'image/webp' } })
    const variants = urls.filter((url) => url.includes('variant') && url.endsWith('.glb'))
    expect(variants).toHaveLength(4)
    for (const url of variants) {
      const { body } = await ask(`/sub${url}`)
      const [uri] = namedPictures(body)
      expect(new URL(uri, `http://host/sub${url}`).pathname).toBe(`/sub${picture}`)
    }
  })

  it('come with the same URL to code that runs on the server', async () => {
    dev = await startServer({ 'hill.depth.png': await hill(), 'main.js': `export { default as url } from './hill.depth.png'` }, { vite, config: { server: { origin: 'http://game.example' } } })
    const { url } = (await dev.server.ssrLoadModule('/main.js')) as { url: string }
    expect(url).toMatch(/^http:\/\/game\.example\/@depthmesh\/[0-9a-f]{32}\/hill\.lod0\.glb$/)
    expect((await ask(new URL(url).pathname)).body.subarray(0, 4).toString()).toBe('glTF')
  })

  it('are handed out by all servers of one plugin: Nuxt has one for pages, and another that renders them', async () => {
    dev = await startServer({ 'hill.depth.png': await hill() }, { vite })
    const { project: { root, vite: { createServer } }, server } = dev
    const plugins = server.config.plugins.filter(({ name }) => name === 'depthmesh')
    const renderer = await createServer({ root, configFile: false, logLevel: 'silent', appType: 'custom', server: { middlewareMode: true, ws: false }, plugins })
    onTestFinished(() => renderer.close())
    const { default: url } = (await renderer.ssrLoadModule('/hill.depth.png')) as { default: string }
    const { status, body } = await ask(url)
    expect([status, body.subarray(0, 4).toString()]).toEqual([200, 'glTF'])
    expect((await levels())[0]).toBe(url)
  })

  it('come as plain data to code that runs on the server, which a framework can send to a page', async () => {
    dev = await startServer({ 'hill.depth.png': await hill(), 'hill.depth.json': JSON.stringify({ variants: 1 }), 'main.js': `export { asset } from './hill.depth.png'` }, { vite })
    // (`ssrLoadModule` knows no hot updates.)
    const { asset } = await (dev.server.environments.ssr as RunnableDevEnvironment).runner.import<{ asset: DepthAsset }>('/main.js')
    // (It throws where there is a function.)
    expect(structuredClone(asset)).toEqual(JSON.parse(JSON.stringify(asset)))
    expect(asset.variants).toHaveLength(1)
  })

  it('show warnings about a map once, not on every load, and again when what they tell of comes back', async () => {
    // 16 bits that say little: 3.8 % of the scale.
    const narrow = await gray16(64, 64, (x, y) => 0.5 + 0.02 * Math.sin(x / 9) * Math.cos(y / 7))
    // (In a library, whose dev server serves from "/" like any other.)
    const lib = { entry: 'main.js', formats: ['es' as const] }
    dev = await startServer({ 'hill.depth.png': narrow, 'hill.color.png': await hill(), 'hill.color.jpg': 'b' }, { vite, config: { build: { lib } } })
    const loadAgain = async (): Promise<string[]> => {
      dev.warnings.length = 0
      dev.server.environments.client.moduleGraph.invalidateAll()
      await levels()
      return dev.warnings.map((text) => /hill\.color\.jpg is not|hill\.depth\.png: 98 % of the levels lie within 3\.8 % of the scale/.exec(text)?.[0] ?? text).toSorted()
    }
    const [narrowness, second] = ['hill.depth.png: 98 % of the levels lie within 3.8 % of the scale', 'hill.color.jpg is not']
    expect(dev.warnings).toEqual([])
    expect(await loadAgain()).toEqual([second, narrowness])
    expect(await loadAgain()).toEqual([])
    dev.project.remove('hill.color.jpg')
    expect(await loadAgain()).toEqual([])
    dev.project.write({ 'hill.color.jpg': 'b' })
    expect(await loadAgain()).toEqual([second])
  })
})

it('keeps the last four states of a map, however often each is asked for, and what another map still has', () => {
  const files = createDevFiles()
  const publish = (map: string, state: number): string => files.publish(map, [{ name: 'a.webp', bytes: Uint8Array.of(state) }]).get('a.webp')!
  const isThere = (url: string): boolean => {
    let status = 0
    const response = { writeHead: (code: number) => ((status = code), response), end: () => response }
    files.middleware({}, true)({ url, method: 'GET', headers: {} } as IncomingMessage, response as unknown as ServerResponse, () => undefined)
    return status === 200
  }
  const urls = [1, 2, 3, 4].map((state) => publish('hill', state))
  // Pages and the server that renders them ask for the same state, time and again.
  for (const state of [4, 4, 4]) publish('hill', state)
  expect(urls.map(isThere)).toEqual([true, true, true, true])
  expect(publish('lake', 1)).toBe(urls[0])
  for (const state of [5, 6]) publish('hill', state)
  expect(urls.map(isThere)).toEqual([true, false, true, true])
  // What comes back is the newest.
  publish('hill', 3)
  for (const state of [7, 8, 9]) publish('hill', state)
  expect(urls.map(isThere)).toEqual([true, false, true, false])
})
