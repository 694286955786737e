import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { gray16 } from '../support/maps.js'
import { createProject } from '../support/project.js'
import { temporaryFolder } from '../support/folder.js'
import { bin } from './run-cli.js'

/** Gives a command a terminal of its own (util-linux). */
const SCRIPT = '/usr/bin/script'

/** Takes a few seconds to bake. */
const rough = (): Promise<Uint8Array> => gray16(640, 640, (x, y) => 0.5 + 0.2 * Math.sin(x / 9) * Math.cos(y / 7) + 0.1 * Math.sin((x * y) / 800))

/** What a person sees; standard output and error come together there. */
async function onTerminal(command: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { CI: _, ...own } = process.env
  const { stdout } = await promisify(execFile)(SCRIPT, ['-qec', command, '/dev/null'], { cwd, env: { ...own, DEPTHMESH_CACHE_DIR: join(cwd, 'cache'), ...env } })
  return stdout
}

describe.skipIf(!existsSync(SCRIPT))('on a real terminal', () => {
  it('depthmesh bake shows a bar that is wiped before the results, and none in CI', async () => {
    const folder = temporaryFolder({ 'a.depth.png': await rough(), 'package.json': '{}' })
    const command = `'${process.execPath}' '${bin}' bake a.depth.png --out out --no-cache --lods 2000,500`
    const seen = await onTerminal(command, folder)
    expect(seen).toContain(`\r\u001B[K[${'─'.repeat(20)}] 0/1 a.depth.png`)
    // Whatever follows the last drawing of the bar follows a wiped line.
    expect(seen.slice(seen.lastIndexOf('─'))).toContain('\r\u001B[K')
    const inCi = await onTerminal(command, folder, { CI: 'true' })
    expect(inCi).toContain('a.depth.png')
    expect(inCi).not.toContain('─')
  }, 30_000)

  it('depthmesh bake says which of several maps is done when it is, above the bar, and nothing of it in a pipe', async () => {
    const folder = temporaryFolder({ 'a.depth.png': await gray16(32, 32, (x) => x / 32), 'b.depth.png': await gray16(32, 32, (_, y) => y / 32), 'package.json': '{}' })
    const command = `'${process.execPath}' '${bin}' bake a.depth.png b.depth.png --out out --lods 100`
    const first = await onTerminal(command, folder)
    for (const done of [1, 2]) expect(first).toMatch(new RegExp(`\r\\u001B\\[K\\[${done}/2\\] [ab]\\.depth\\.png, 1 level, \\d+\\.\\d s\r?\n`))
    expect(first.indexOf('[2/2]')).toBeLessThan(first.indexOf('triangles'))
    expect(await onTerminal(command, folder)).toContain('a.depth.png, 1 level, from the cache')
    for (const piped of [`${command} 2>&1 | cat`, `${command} --quiet`, `${command} --json`]) expect(await onTerminal(piped, folder)).not.toContain('/2]')
  }, 30_000)

  it.each(['build', 'dev server'])('a %s of Vite rewrites one line while it bakes, and leaves one behind', async (kind) => {
    const project = await createProject({
      'index.html': '<script type="module" src="/main.js"></script>',
      'main.js': "import url from './hill.depth.png'\nconsole.log(url)",
      'hill.depth.png': await rough(),
      'vite.config.js': "import depthmesh from 'depthmesh/vite'\nexport default { plugins: [depthmesh({ cache: false, lods: [20000, 2000] })] }",
      // As a page asks for it.
      'serve.js': `
        import { createServer } from 'vite'
        const server = await createServer({ server: { port: 0 } })
        console.log((await server.transformRequest('/hill.depth.png')).code.match(/hill\\.lod0/)[0])
        await server.close()`,
    })
    try {
      const vite = join(project.root, 'node_modules/vite/bin/vite.js')
      const command = `'${process.execPath}' ${kind === 'build' ? `'${vite}' build` : 'serve.js'}`
      const seen = await onTerminal(command, project.root)
      expect(seen).toContain('\r\u001B[2Kdepthmesh: baking hill.depth.png, 0 done, 1 s')
      expect(seen).toMatch(/depthmesh: baked 1 depth map in \d+\.\d s/)
      const inCi = await onTerminal(command, project.root, { CI: 'true' })
      expect(inCi).not.toContain('depthmesh: baking')
      expect(inCi).toContain('hill.lod0')
    } finally {
      project.dispose()
    }
  }, 60_000)
})
