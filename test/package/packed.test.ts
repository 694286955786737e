import { execFile } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core'
import { publint } from 'publint'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as Three from 'three'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { gray16, rgb8 } from '../support/maps.js'
import { readmeBlock } from '../support/readme.js'
import { typescripts } from '../support/typescripts.js'

const run = promisify(execFile)
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const root = fileURLToPath(new URL('../../', import.meta.url))
const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string; files: string[]; exports: Record<string, string | { types: string }> }

/** The map is a ramp in disparity, 0 at its left edge and 1 at its right edge; the colours run from red to blue. */
const SIZE = 256
const NEAR = 2
const FAR = 6
const depthAt = (u: number) => 1 / (1 / FAR + u * (1 / NEAR - 1 / FAR))
const colorAt = (u: number) => [255 * (1 - u), 60, 255 * u] as const

let project: string
let tarball: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'depthmesh-packed-'))
  const { stdout } = await run(npm, ['pack', '--json', '--ignore-scripts', '--pack-destination', project], { cwd: root })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  tarball = join(project, filename)
  const versionOf = async (name: string) => (JSON.parse(await readFile(join(root, `node_modules/${name}/package.json`), 'utf8')) as { version: string }).version
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type: 'module' }))
  const packages = [`./${filename}`, `vite@${await versionOf('vite')}`, `three@${await versionOf('three')}`]
  await run(npm, ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], { cwd: project })

  await writeFile(join(project, 'vite.config.js'), readmeBlock('vite.config.js'))
  await writeFile(join(project, 'index.html'), '<!doctype html><body style="margin:0"><script type="module" src="/main.js"></script>')
  await writeFile(
    join(project, 'stage.js'),
    `import * as THREE from 'three'
     export const scene = new THREE.Scene()
     export const camera = new THREE.PerspectiveCamera(45, 1, 0.1, 100)
     export const renderer = new THREE.WebGLRenderer({ preserveDrawingBuffer: true })
     renderer.setSize(${SIZE}, ${SIZE})
     document.body.append(renderer.domElement)
     Object.assign(window, { THREE, scene, camera, renderer })`,
  )
  await writeFile(join(project, 'main.js'), `import { scene, camera, renderer } from './stage.js'\n${readmeBlock('main.js')}\nawait background.ready\nwindow.isReady = true`)
  await writeFile(join(project, 'canyon.depth.png'), await gray16(SIZE, SIZE, (x) => (x + 0.5) / SIZE))
  await writeFile(join(project, 'canyon.color.png'), await rgb8(SIZE, SIZE, (x) => colorAt((x + 0.5) / SIZE)))
  await writeFile(join(project, 'canyon.depth.json'), JSON.stringify({ near: NEAR, far: FAR, lods: [4000, 500] }))
  await run(process.execPath, ['node_modules/vite/bin/vite.js', 'build'], { cwd: project })
}, 300_000)

afterAll(() => rm(project, { recursive: true, force: true }))

const packaged = (path: string) => join(project, 'node_modules/depthmesh', path)

describe('the packed package in a fresh project', () => {
  it('holds every file that package.json promises', async () => {
    for (const file of [...own.files.filter((name) => !name.includes('*')), 'README.md', 'LICENSE', 'package.json']) expect((await stat(packaged(file))).size).toBeGreaterThan(0)
    for (const entry of Object.values(own.exports)) expect((await stat(packaged(typeof entry === 'string' ? entry : entry.types))).isFile()).toBe(true)
    expect(await readdir(packaged('.'))).not.toContain('src')
  })

  it('brings the pages that its README and they link to, but for their pictures', async () => {
    const pages = ['README.md', ...(await readdir(packaged('docs'))).map((page) => `docs/${page}`)]
    const links = (await Promise.all(pages.map(async (page) => {
      const targets = [...(await readFile(packaged(page), 'utf8')).matchAll(/\]\(([^)#:]+)[^):]*\)/g)].map(([, target]) => posix.join(posix.dirname(page), target))
      return targets.map((target) => `${page} → ${target}`)
    }))).flat()
    const missing = links.filter((link) => !existsSync(packaged(link.split(' → ')[1])) && !/\.(?:png|webp)$/.test(link))
    expect(links.length).toBeGreaterThan(50)
    expect(missing).toEqual(['README.md → CONTRIBUTING.md'])
  })

  it('brings its sources in its source maps, so that bundlers have nothing to warn about', async () => {
    const { sources, sourcesContent } = JSON.parse(await readFile(packaged('dist/three/load.js.map'), 'utf8')) as { sources: string[]; sourcesContent?: string[] }
    expect(sourcesContent).toHaveLength(sources.length)
  })

  it('runs its bin', async () => {
    const { stdout } = await run(npm, ['exec', '--no', '--', 'depthmesh', '--version'], { cwd: project })
    expect(stdout.trim()).toBe(own.version)
    if (process.platform !== 'win32') expect((await stat(packaged('dist/cli/index.js'))).mode & 0o111).toBe(0o111)
  })

  it('is a library in plain Node', async () => {
    await writeFile(join(project, 'bake.js'), `${readmeBlock('bake.js')}\nconsole.log(JSON.stringify(files.map(({ name }) => name)), manifest.camera.far)`)
    const { stdout } = await run(process.execPath, ['bake.js'], { cwd: project })
    expect(stdout).toBe('["canyon.lod0.glb","canyon.lod1.glb","canyon.lod2.glb","canyon.lod3.glb"] 50\n')
  })

  it('gives its JSON Schema', async () => {
    const { stdout } = await run(process.execPath, ['-e', "console.log(require.resolve('depthmesh/schema.json'))"], { cwd: project })
    expect(JSON.parse(await readFile(stdout.trim(), 'utf8'))).toMatchObject({ properties: { fovY: { default: 45 } } })
  })

  it('is packed as publint wants it', async () => {
    const { messages } = await publint({ pack: { tarball: arrayBufferOf(await readFile(tarball)) } })
    expect(messages).toEqual([])
  })

  it('has types that resolve as its code does (arethetypeswrong)', async () => {
    const entrypoints = Object.keys(own.exports).filter((entry) => entry !== './package.json' && entry !== './schema.json')
    const result = await checkPackage(createPackageFromTarballData(await readFile(tarball)), { entrypoints })
    if (!result.types) throw new Error('expected types in the package')
    // ESM alone, by contract: `require`, and TypeScript's node10 resolution, which knows no `exports`, are not offered.
    const isOffered = (problem: Problem): boolean =>
      !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)) && !('resolutionOption' in problem && problem.resolutionOption === 'node10')
    expect(result.problems.filter(isOffered)).toEqual([])
    for (const entry of entrypoints) {
      const { resolution } = result.entrypoints[entry].resolutions['node16-esm']
      expect(resolution?.fileName, entry).toMatch(/\.d\.ts$/)
    }
  })

  it.each(typescripts)("has types for the README's lines in %s", async (_version, tsc) => {
    await mkdir(join(project, 'typed'), { recursive: true })
    const stage = `import type { Camera, Scene, WebGLRenderer } from 'three'\ndeclare const scene: Scene\ndeclare const camera: Camera\ndeclare const renderer: WebGLRenderer\n`
    await writeFile(join(project, 'typed/main.ts'), `${stage}${readmeBlock('main.js').replace('./canyon', '../canyon')}`)
    await writeFile(join(project, 'typed/vite.config.ts'), readmeBlock('vite.config.js'))
    await writeFile(join(project, 'typed/bake.ts'), readmeBlock('bake.js'))
    await writeFile(join(project, 'typed/exports.ts'), `${readmeBlock('exports.js').replace('./canyon', '../canyon')}export default [url, lods, bounds, placeholder, camera, variants, asset]`)
    const compilerOptions = {
      target: 'ES2023',
      module: 'ESNext',
      moduleResolution: 'bundler',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['depthmesh/client', 'vite/client', 'node'],
      typeRoots: [join(project, 'node_modules'), join(root, 'node_modules/@types')],
      paths: { three: [join(root, 'node_modules/@types/three')] },
    }
    await writeFile(join(project, 'typed/tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }))
    const output = await run(process.execPath, [tsc, '-p', 'typed'], { cwd: project }).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    )
    expect(output).toBe('')
  })

  it("builds the README's five lines into a hashed GLB a level", async () => {
    const assets = await readdir(join(project, 'dist/assets'))
    const glbs = assets.filter((name) => name.endsWith('.glb'))
    expect(glbs).toHaveLength(2)
    for (const name of glbs) {
      expect(name).toMatch(/^canyon\.lod[01]-[\w-]{8}\.glb$/)
      expect((await readFile(join(project, 'dist/assets', name))).subarray(0, 4).toString()).toBe('glTF')
    }
    expect(assets.some((name) => name.endsWith('.png'))).toBe(false)
  })
})

describeInBrowser("the README's five lines in a browser", () => {
  let server: Server

  beforeAll(async () => {
    server = await serve(join(project, 'dist'))
  })

  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it('draw a picture that has depth', async () => {
    const browser = await launchBrowser()
    try {
      const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } })
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
      await page.waitForFunction('window.isReady', undefined, { timeout: 30_000 })
      await page.waitForTimeout(200)
      const picture = await sharp(await page.locator('canvas').screenshot()).removeAlpha().raw().toBuffer({ resolveWithObject: true })
      for (const u of [0.1, 0.5, 0.9]) {
        const x = Math.round(u * picture.info.width)
        const at = (Math.round(picture.info.height / 2) * picture.info.width + x) * 3
        const wanted = colorAt(u)
        for (let c = 0; c < 3; c++) expect(Math.abs(picture.data[at + c] - wanted[c])).toBeLessThan(16)

        const depth = await page.evaluate((ndc) => {
          const { THREE, scene, camera } = window as unknown as { THREE: typeof Three; scene: Three.Scene; camera: Three.Camera }
          const ray = new THREE.Raycaster()
          ray.setFromCamera(new THREE.Vector2(ndc, 0), camera)
          return -(ray.intersectObjects(scene.children, true)[0]?.point.z ?? NaN)
        }, u * 2 - 1)
        expect(Math.abs(depth / depthAt(u) - 1)).toBeLessThan(0.02)
      }
      expect(errors).toEqual([])
    } finally {
      await browser.close()
    }
  })
})

function arrayBufferOf({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
}

/** Serves a folder as a static host would. */
async function serve(folder: string): Promise<Server> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.glb': 'model/gltf-binary' }
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const file = join(folder, path === '/' ? 'index.html' : decodeURIComponent(path))
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream')
    createReadStream(file)
      .on('error', () => response.writeHead(404).end())
      .pipe(response)
  })
  await new Promise<void>((ready) => server.listen(0, ready))
  return server
}
