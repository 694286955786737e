import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Rollup } from 'vite'
import { gray16 } from '../support/maps.js'
import { createProject, hill, smallLevels, testCache, viteVersions, type Project } from '../support/project.js'

let project: Project
let watcher: Rollup.RollupWatcher
afterEach(async () => {
  await watcher.close()
  project.dispose()
})

describe.each(viteVersions)('vite build --watch with %s', (version) => {
  it('follows edits, and companions that are created and deleted, and then rests', async () => {
    project = await createProject({ 'main.js': `import { asset } from './hill.depth.png'\nglobalThis.game = asset`, 'hill.depth.png': await hill() }, version)
    const { vite, root } = project
    watcher = (await vite.build({
      root,
      configFile: false,
      logLevel: 'silent',
      plugins: [project.depthmesh({ lods: [...smallLevels.lods], cache: testCache })],
      build: { watch: {}, minify: false, rollupOptions: { input: '/main.js', output: { entryFileNames: 'main.js' } } },
    })) as Rollup.RollupWatcher
    let builds = 0
    const errors: string[] = []
    watcher.on('event', (event) => {
      if (event.code === 'BUNDLE_END') builds++
      if (event.code === 'ERROR') errors.push(event.error.message)
    })
    const output = (pattern: RegExp): Promise<void> => vi.waitFor(() => expect(project.text('dist/main.js')).toMatch(pattern), { timeout: 20_000, interval: 50 })
    await output(/"?fovY"?:\s*45/)
    // The bundle is written before Rollup watches what it came from.
    await vi.waitFor(() => expect(builds).toBe(1), { timeout: 20_000, interval: 50 })
    await sleep(200)
    project.write({ 'hill.depth.json': '{ "fovY": 77 }' })
    await output(/"?fovY"?:\s*77/)
    project.write({ 'hill.depth.json': '{ "fovY": 66 }' })
    await output(/"?fovY"?:\s*66/)
    project.write({ 'hill.depth.json': '{ "fovY": 5' })
    await vi.waitFor(() => expect(errors.join()).toContain('hill.depth.json:1:12: expected , or }'), { timeout: 20_000, interval: 50 })
    project.write({ 'hill.depth.json': '{ "fovY": 55 }' })
    await output(/"?fovY"?:\s*55/)
    project.remove('hill.depth.json')
    await output(/"?fovY"?:\s*45/)
    project.write({ 'hill.depth.png': await gray16(48, 32, (x) => x / 48) })
    await output(/"?aspect"?:\s*1\.5/)

    await sleep(1500)
    const before = builds
    await sleep(1000)
    expect(builds).toBe(before)
  })
})
