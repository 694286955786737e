import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, realpathSync } from 'node:fs'
import { afterEach, expect, it, describe } from 'vitest'
import { gray16 } from '../support/maps.js'
import { createProject, hill, viteVersions, type Project } from '../support/project.js'

let project: Project
afterEach(() => project.dispose())

const config = (options = '{ lods: [200, 50] }'): string => `import depthmesh from 'depthmesh/vite'\nexport default { plugins: [depthmesh(${options})], build: { rollupOptions: { input: '/main.js' } } }`
const main = `import url from './hill.depth.png'\nglobalThis.game = url`

function run(script: string, parameters: string[], more: Record<string, string> = {}) {
  const { VITEST: _, FORCE_COLOR: __, DEBUG: ___, ...env } = process.env
  const child = spawn(process.execPath, [project.path('node_modules', script), ...parameters], { cwd: project.root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, NO_COLOR: '1', ...more } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode, output }))
  return { child, ended, output: () => output }
}

describe.each(viteVersions)('the command of %s', (version) => {
  it('builds, lists the GLBs with their sizes, and ends by itself', async () => {
    project = await createProject({ 'vite.config.js': config(), 'main.js': main, 'hill.depth.png': await hill() }, version)
    const { code, output } = await run('vite/bin/vite.js', ['build']).ended
    expect(code, output).toBe(0)
    expect(output).toMatch(/dist\/assets\/hill\.lod0-[\w-]{8}\.glb\s+[\d.]+ kB/)
    // No terminal: no progress.
    expect(output).not.toContain('depthmesh: baking')
  })

  it.each(['build', 'serve'])('ends within two seconds of Ctrl-C, in the middle of a bake (%s)', async (command) => {
    const slow = await gray16(2000, 2000, (x, y) => 0.5 + 0.25 * Math.sin(x / 9) * Math.cos(y / 7) + 0.2 * Math.sin((x * y) / 900))
    project = await createProject({ 'vite.config.js': config('{ lods: [1000000], cache: false }'), 'main.js': main, 'hill.depth.png': slow }, version)
    const parameters = command === 'serve' ? [command, '--host', '127.0.0.1', '--port', '0'] : [command]
    const { child, ended, output } = run('vite/bin/vite.js', parameters, { DEBUG: 'depthmesh:bake' })
    const until = async (text: string | RegExp): Promise<string> => {
      for (;;) {
        const match = output().match(text)
        if (match !== null) return match[0]
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    if (command === 'serve') void fetch(`${await until(/http:\/\/127\.0\.0\.1:\d+\//)}hill.depth.png?import`).catch(() => undefined)
    await until('depthmesh:bake start')
    const start = Date.now()
    child.kill('SIGINT')
    const { code, signal } = await ended
    expect(Date.now() - start).toBeLessThan(2000)
    expect(code === 0 && signal === null).toBe(false)
    expect(output()).not.toContain('depthmesh:bake baked')
  })

  it('runs in Vitest', async () => {
    project = await createProject(
      {
        'vite.config.js': config(),
        'hill.depth.png': await hill(),
        'hill.test.js': `
          import { expect, it } from 'vitest'
          import url, { asset, lods } from './hill.depth.png'
          it('imports a map', () => {
            expect(url).toBe(lods[0].url)
            expect(asset.lods).toHaveLength(2)
            expect(url).toContain('hill.lod0.glb')
          })`,
      },
      version,
    )
    // A copy of its own: from where the link leads it would find another Vite.
    const vitest = project.path('node_modules/vitest')
    const original = realpathSync(vitest)
    project.remove('node_modules/vitest')
    cpSync(original, vitest, { recursive: true })
    const { code, output } = await run('vitest/vitest.mjs', ['run', '--no-color']).ended
    expect(code, output).toBe(0)
    expect(output).toContain('1 passed')
  })
})

describe('the command', () => {
  it('ends with an error when a map is broken', async () => {
    project = await createProject({ 'vite.config.js': config(), 'main.js': main, 'hill.depth.png': 'no picture' })
    const { code, output } = await run('vite/bin/vite.js', ['build']).ended
    expect(code).toBe(1)
    expect(output).toContain('hill.depth.png: expected ')
  })

  it('says what it does with DEBUG=depthmesh:*, and is silent without', async () => {
    project = await createProject({ 'vite.config.js': config(`{ lods: [200, 50], cache: { dir: 'cache' } }`), 'main.js': main, 'hill.depth.png': await hill() })
    const lines = async (debug: string): Promise<string[]> => {
      const { output } = await run('vite/bin/vite.js', ['build'], { DEBUG: debug }).ended
      return output.split('\n').filter((line) => line.startsWith('depthmesh:'))
    }
    const key = '[0-9a-f]{8}'
    const file = project.path('hill.depth.png').replaceAll('.', '\\.')
    const [started, baked, ...more] = await lines('depthmesh:*')
    expect(started).toMatch(new RegExp(`^depthmesh:bake start ${key} ${file}$`))
    expect(baked).toMatch(new RegExp(`^depthmesh:bake baked ${key} ${file} \\d+ ms$`))
    expect(more).toEqual([])
    expect(await lines('other:*, depthmesh:cache')).toEqual([expect.stringMatching(new RegExp(`^depthmesh:cache hit ${key} ${file}$`)) as string])
    expect(await lines('depthmesh')).toEqual([])
  })
})
