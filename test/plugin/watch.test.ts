import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { InlineConfig, Rollup } from 'vite'
import { namedPictures } from '../../src/core/glb/pictures.js'
import { temporaryFolder } from '../support/folder.js'
import { gray16, rgb8 } from '../support/maps.js'
import { createProject, hill, smallLevels, testCache, viteVersions, type Project } from '../support/project.js'

/** The file watcher that Rollup brings along takes no notice of a file that changes again within 50 ms, which these small maps are baked in. */
const BETWEEN_EDITS = 150

let project: Project
let watcher: Rollup.RollupWatcher
afterEach(async () => {
  await watcher.close()
  project.dispose()
})

async function edit(files: Parameters<Project['write']>[0]): Promise<void> {
  await sleep(BETWEEN_EDITS)
  project.write(files)
}

/** Starts `vite build --watch`, and counts what comes of it from then on. */
async function watchBuild(config: InlineConfig = {}): Promise<{ builds: number; errors: string[] }> {
  const { vite, root } = project
  watcher = (await vite.build({
    ...config,
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [project.depthmesh({ lods: [...smallLevels.lods], cache: testCache })],
    build: { watch: {}, emptyOutDir: true, minify: false, rollupOptions: { input: '/main.js', output: { entryFileNames: 'main.js' } } },
  })) as Rollup.RollupWatcher
  const seen = { builds: 0, errors: [] as string[] }
  watcher.on('event', (event) => {
    if (event.code === 'BUNDLE_END') seen.builds++
    if (event.code === 'ERROR') seen.errors.push(event.error.message)
  })
  return seen
}

/** Waits until a file of the output says something. */
function written(path: string, pattern: RegExp): Promise<void> {
  return vi.waitFor(() => expect(project.text(path)).toMatch(pattern), { timeout: 20_000, interval: 50 })
}

/** Once the first build is there: settings that are created, and then edited, come to the output. */
async function followsSettings(seen: { builds: number }, output: (pattern: RegExp) => Promise<void>): Promise<void> {
  await output(/"?fovY"?:\s*45/)
  // The bundle is written before Rollup watches what it came from.
  await vi.waitFor(() => expect(seen.builds).toBe(1), { timeout: 20_000, interval: 50 })
  await sleep(200)
  await edit({ 'hill.depth.json': '{ "fovY": 77 }' })
  await output(/"?fovY"?:\s*77/)
  await edit({ 'hill.depth.json': '{ "fovY": 66 }' })
  await output(/"?fovY"?:\s*66/)
}

describe.each(viteVersions)('vite build --watch with %s', (version) => {
  it('follows edits, and companions that are created and deleted, then rests, and leaves no temporary file behind', async () => {
    project = await createProject({ 'main.js': `import { asset } from './hill.depth.png'\nglobalThis.game = asset`, 'hill.depth.png': await hill() }, version)
    const temporary = temporaryFolder()
    vi.stubEnv('TMPDIR', temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    const seen = await watchBuild()
    const output = (pattern: RegExp): Promise<void> => written('dist/main.js', pattern)
    await followsSettings(seen, output)
    await edit({ 'hill.depth.json': '{ "fovY": 5' })
    await vi.waitFor(() => expect(seen.errors.join()).toContain('hill.depth.json:1:12: expected , or }'), { timeout: 20_000, interval: 50 })
    await edit({ 'hill.depth.json': '{ "fovY": 55 }' })
    await output(/"?fovY"?:\s*55/)
    await sleep(BETWEEN_EDITS)
    project.remove('hill.depth.json')
    await output(/"?fovY"?:\s*45/)
    await edit({ 'hill.depth.png': await gray16(48, 32, (x) => x / 48) })
    await output(/"?aspect"?:\s*1\.5/)

    await sleep(1500)
    const before = seen.builds
    await sleep(1000)
    expect(seen.builds).toBe(before)
    await watcher.close()
    expect(readdirSync(temporary)).toEqual([])
  })

  it('keeps naming the picture that variants share as it is painted anew, and forgets it when the map is imported no more', async () => {
    const noise = (shade: number): Promise<Uint8Array> => rgb8(96, 96, (x, y) => [(x * 7919 + y * 104729) % 251, (x * y * 31) % 253, shade])
    const settings = JSON.stringify({ projection: 'orthographic', variants: 2, texture: { quality: 90 } })
    project = await createProject({ 'main.js': `import { asset } from './hill.depth.png'\nglobalThis.game = asset`, 'hill.depth.png': await hill(), 'hill.color.png': await noise(9), 'hill.depth.json': settings }, version)
    const seen = await watchBuild()
    const built = (count: number): Promise<void> => vi.waitFor(() => expect(seen.builds).toBeGreaterThanOrEqual(count), { timeout: 20_000, interval: 50 })
    const files = (): string[] => project.list('dist/assets').filter((name) => /\.(glb|webp)$/.test(name))
    const pictures: string[] = []
    for (const shade of [9, 200]) {
      if (shade === 200) await edit({ 'hill.color.png': await noise(shade) })
      await built(pictures.length + 1)
      await vi.waitFor(() => expect(files().filter((name) => name.endsWith('.webp') && !pictures.includes(name))).toHaveLength(1), { timeout: 20_000, interval: 50 })
      await sleep(500)
      const [picture] = files().filter((name) => name.endsWith('.webp') && !pictures.includes(name))
      const code = project.text('dist/main.js')
      const levels = files().filter((name) => name.includes('.variant') && name.endsWith('.glb') && code.includes(name))
      expect(levels).toHaveLength(4)
      for (const level of levels) expect(namedPictures(project.bytes(`dist/assets/${level}`))).toEqual([picture])
      pictures.push(picture)
    }
    const before = seen.builds
    await edit({ 'main.js': 'globalThis.game = 1' })
    await built(before + 1)
    await vi.waitFor(() => expect(files()).toEqual([]), { timeout: 20_000, interval: 50 })
    expect(seen.errors).toEqual([])
  })

  // (Vite 6 watches nothing that a worker imports, its own scripts neither.)
  it.skipIf(version === 'vite6')('follows edits, and settings that are created, of a map that only a worker imports', async () => {
    project = await createProject({ 'main.js': `new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`, 'worker.js': `import { asset } from './hill.depth.png'\npostMessage(asset)`, 'hill.depth.png': await hill() }, version)
    const seen = await watchBuild({ worker: { format: 'es', rollupOptions: { output: { entryFileNames: 'worker.js' } } } })
    const output = (pattern: RegExp): Promise<void> => written('dist/worker.js', pattern)
    await followsSettings(seen, output)
    await edit({ 'hill.depth.png': await gray16(48, 32, (x) => x / 48) })
    await output(/"?aspect"?:\s*1\.5/)
    const code = project.text('dist/worker.js')
    for (const level of code.match(/hill\.lod\d[\w-]*\.glb/g)!) expect(project.list('dist/assets')).toContain(level)
    await sleep(1500)
    const before = seen.builds
    await sleep(1000)
    expect(seen.builds).toBe(before)
  })
})
