import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { startServer } from '../support/dev.js'
import { createProject, hill, type Project } from '../support/project.js'

/* What becomes of a build and of a dev server when workers die on them. */

let project: Project | undefined
afterEach(() => project?.dispose())

/** Makes the worker of a project's depthmesh end, hang or run out of memory where a map is called so. */
function sabotage({ path, write }: Project): void {
  renameSync(path('node_modules/depthmesh/dist/bake/worker.js'), path('node_modules/depthmesh/dist/bake/real-worker.js'))
  write({
    'node_modules/depthmesh/dist/bake/worker.js': `
      import bake from './real-worker.js'
      export default function (job) {
        const { name } = job.sources
        if (name === 'crash') process.exit(7)
        for (let hoard = []; name === 'hungry'; ) hoard.push(Array(100_000).fill(hoard.length))
        while (name === 'hang');
        return bake(job)
      }`,
  })
}
const maps = async (...names: string[]): Promise<Record<string, Uint8Array>> =>
  Object.fromEntries(await Promise.all(names.map(async (name, i) => [`${name}.depth.png`, await hill(1 - i / 10)] as const)))

const CRASHED = 'crash.depth.png: the worker ended (worker exited with code: 7). This is a bug in depthmesh: please report it with the file that caused it.'
const HUNG = 'hang.depth.png: expected a bake within 10 s, stopped it then. Bake a smaller map, or raise limits.jobSeconds.'
const HUNGRY = 'hungry.depth.png: the worker ran out of memory. Bake a smaller map, or set "workers" to 1.'

it('a build names each map whose worker crashed, hung or ran out of memory, finishes the others, and ends', async () => {
  const names = ['hang', 'crash', 'hungry', 'good', 'mount']
  project = await createProject({
    ...(await maps(...names)),
    'main.js': `${names.map((name) => `import ${name} from './${name}.depth.png'`).join('\n')}\nconsole.log(${names.join()})`,
    'vite.config.js': `import depthmesh from 'depthmesh/vite'\nexport default { plugins: [depthmesh({ lods: [200, 50], clean: false, workers: 2, cache: { dir: 'cache' }, limits: { jobSeconds: 10 } })], build: { rollupOptions: { input: '/main.js' } } }`,
  })
  sabotage(project)
  const { VITEST: _, ...env } = process.env
  // A small heap, so that it is soon full: workers take the flag from the process.
  const child = spawn(process.execPath, ['--max-old-space-size=300', project.path('node_modules/vite/bin/vite.js'), 'build'], { cwd: project.root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, NO_COLOR: '1' } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  await once(child, 'close')
  expect(child.exitCode, output).toBe(1)
  for (const message of [CRASHED, HUNG, HUNGRY]) expect(output).toContain(message)
  expect(project.list('cache').filter((name) => name.endsWith('.bake'))).toHaveLength(2)
})

it('a dev server names each map whose worker crashed or hung, and serves the others meanwhile', async () => {
  const names = ['hang', 'crash', 'good', 'mount']
  const { server } = await startServer(await maps(...names), {
    options: { workers: 2, cache: false, limits: { jobSeconds: 10 } },
    plugins: (project) => {
      sabotage(project)
      return Promise.resolve([])
    },
  })
  const ended: string[] = []
  const outcomes = await Promise.all(
    names.map((name) =>
      server.transformRequest(`/${name}.depth.png`).then(
        (module) => (ended.push(name), module?.code ?? ''),
        (error: Error) => (ended.push(name), error.message),
      ),
    ),
  )
  expect(outcomes[0]).toContain(HUNG)
  expect(outcomes[1]).toContain(CRASHED)
  for (const [i, name] of [[2, 'good'], [3, 'mount']] as const) expect(outcomes[i]).toMatch(new RegExp(`/@depthmesh/[0-9a-f]{32}/${name}\\.lod1\\.glb`))
  expect(ended.at(-1)).toBe('hang')
})
