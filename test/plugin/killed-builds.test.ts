import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { runCli } from '../cli/run-cli.js'
import { createProject, hill } from '../support/project.js'

const MAPS = 4
/** DEPTHMESH_KILLS=200 is the long form. */
const KILLS = Number(process.env.DEPTHMESH_KILLS ?? 8)

it('serves nothing wrong and loses nothing when builds that share a cache are killed', async () => {
  const names = Array.from({ length: MAPS }, (_, i) => `hill${i}`)
  const project = await createProject({
    'main.js': `${names.map((name) => `import ${name} from './${name}.depth.png'`).join('\n')}\nconsole.log(${names.join()})`,
    'vite.config.js': `import depthmesh from 'depthmesh/vite'
const { OUT, NO_CACHE } = process.env
export default {
  logLevel: 'warn',
  plugins: [depthmesh({ projection: 'orthographic', clean: false, lods: [200, 50], cache: NO_CACHE ? false : { dir: 'cache' } })],
  build: { outDir: OUT, assetsInlineLimit: 0, rollupOptions: { input: 'main.js' } },
}`,
  })
  for (const [i, name] of names.entries()) project.write({ [`${name}.depth.png`]: await hill(0.5 + i / 10) })
  const vite = project.path('node_modules/vite/bin/vite.js')
  const start = (OUT: string, env: NodeJS.ProcessEnv = {}): ChildProcess => spawn(process.execPath, [vite, 'build'], { cwd: project.root, env: { ...process.env, OUT, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = async (child: ChildProcess): Promise<void> => void (child.exitCode ?? child.signalCode ?? (await once(child, 'exit')))
  /** Everything that a build which is let be writes, and what it says. */
  const whole = async (out: string, env?: NodeJS.ProcessEnv) => {
    const child = start(out, env)
    let said = ''
    child.stderr?.on('data', (text: Buffer) => (said += text.toString()))
    await once(child, 'close')
    return { code: child.exitCode, said, files: project.list(out).map((name) => [name, Buffer.from(project.bytes(`${out}/${name}`)).toString('base64')]) }
  }
  try {
    const before = Date.now()
    expect(await whole('first')).toMatchObject({ code: 0, said: expect.not.stringContaining('[depthmesh]') })
    const duration = Date.now() - before
    const damaged: string[] = []
    let unfinished = 0
    for (let killed = 0; killed < KILLS; killed += 2) {
      // Each round bakes anew, with other settings.
      for (const name of names) project.write({ [`${name}.depth.json`]: JSON.stringify({ relief: 2 + killed }) })
      const kept = project.list('cache')
      const builds = [start('left'), start('right')]
      // Any time from before the first bake to the end: two at once take longer than one.
      await sleep(duration * (0.3 + 1.2 * ((killed * 0.309) % 1)))
      unfinished += builds.filter(({ exitCode }) => exitCode === null).length
      for (const child of builds) child.kill('SIGKILL')
      await Promise.all(builds.map(ended))
      expect(project.list('cache')).toEqual(expect.arrayContaining(kept.filter((name) => !name.endsWith('.tmp'))))
      const verified = await runCli(['cache', 'verify', '--cache-dir', 'cache'], project.root)
      if (verified.code !== 0) damaged.push(verified.stdout + verified.stderr)
    }
    expect(damaged).toEqual([])
    expect(unfinished).toBeGreaterThan(0)
    const shared = await whole('shared')
    expect(shared).toMatchObject({ code: 0, said: expect.not.stringContaining('[depthmesh]') })
    expect(shared.files.length).toBeGreaterThan(MAPS)
    expect(shared.files).toEqual((await whole('alone', { NO_CACHE: '1' })).files)
  } finally {
    project.dispose()
  }
}, 120_000 + 4000 * KILLS)
