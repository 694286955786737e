import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { typescripts } from '../support/typescripts.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'depthmesh-types-'))
  await mkdir(join(project, 'node_modules'))
  await symlink(root, join(project, 'node_modules/depthmesh'), 'junction')
  await symlink(join(root, 'node_modules/vite'), join(project, 'node_modules/vite'), 'junction')
})

afterAll(() => rm(project, { recursive: true, force: true }))

/** What tsc says about a source file in a project set up as the README says, or as a framework does. */
async function typeErrors(tsc: string, source: string, files: { include?: string[]; files?: string[] } = {}): Promise<string> {
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { target: 'ES2022', module: 'ESNext', moduleResolution: 'bundler', strict: true, noEmit: true, skipLibCheck: true, types: ['depthmesh/client', 'vite/client'] },
      include: ['main.ts'],
      ...files,
    }),
  )
  await writeFile(join(project, 'main.ts'), source)
  return run(process.execPath, [tsc, '-p', project]).then(
    () => '',
    (error: Error & { stdout: string }) => {
      // Nothing said: the compiler itself failed.
      if (error.stdout === '') throw error
      return error.stdout
    },
  )
}

it.each(typescripts)('what makes no use of a prepared map takes none, in %s', async (_version, tsc) => {
  const takers = ['bakeDepthMesh', 'draftDepthMesh']
  const others = ['prepareMap', 'checkDepthMap', 'drawDepthMapCheck', 'reportDepthMesh']
  const source = `
    import { ${[...takers, ...others].join(', ')}, exportDepthMap, type BakeSources, type PreparedMap } from 'depthmesh'
    export const all = (sources: BakeSources, prepared: PreparedMap, signal: AbortSignal) => [
      ${takers.map((name) => `${name}(sources, { signal, prepared }),`).join('\n')}
      ${others.map((name) => `// @ts-expect-error it reads the map itself\n${name}(sources, { signal, prepared }),`).join('\n')}
      // @ts-expect-error it reads the map itself
      exportDepthMap(sources, [], { signal, prepared }),
    ]`
  expect(await typeErrors(tsc, source)).toBe('')
})

describe.each(typescripts)('types of an imported depth map in %s', (_version, tsc) => {
  it('gives each export its exact type, whatever the file is', async () => {
    const checks = ['png', 'exr', 'tif', 'tiff'].map(
      (extension) => `
        import url${extension}, * as all${extension} from './canyon.depth.${extension}'
        export const asset${extension}: DepthAsset = all${extension}.asset
        export const exact${extension}: [
          Same<typeof url${extension}, string>,
          Same<typeof all${extension}.lods, DepthLod[]>,
          Same<typeof all${extension}.bounds, { min: [number, number, number]; max: [number, number, number] }>,
          Same<typeof all${extension}.placeholder, string>,
          Same<typeof all${extension}.camera, SourceCamera | null>,
          Same<typeof all${extension}.variants, DepthAsset[]>,
          Same<typeof all${extension}.asset, DepthAsset>,
        ] = [true, true, true, true, true, true, true]`,
    )
    const source = `
      import type { DepthAsset, DepthLod, SourceCamera } from 'depthmesh'
      type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
      ${checks.join('\n')}`
    expect(await typeErrors(tsc, source)).toBe('')
  })

  it('wins by files over those that a framework has written, which come before types', async () => {
    await writeFile(join(project, 'framework.d.ts'), '/// <reference types="vite/client" />\n')
    await writeFile(join(project, 'depthmesh.d.ts'), '/// <reference types="depthmesh/client" />\n')
    const source = `export { lods } from './canyon.depth.png'`
    const include = ['framework.d.ts', 'main.ts']
    expect(await typeErrors(tsc, source, { include })).toContain(`'"*.png"' has no exported member 'lods'`)
    expect(await typeErrors(tsc, source, { include, files: ['depthmesh.d.ts'] })).toBe('')
  })

  it('refuses an export that does not exist', async () => {
    expect(await typeErrors(tsc, `import { lod } from './canyon.depth.png'\nexport default lod`)).toContain("no exported member named 'lod'. Did you mean 'lods'?")
  })

  it('gives a shape of the library the same exports', async () => {
    const source = `
      import type { DepthAsset } from 'depthmesh'
      import url, { asset, lods } from 'depthmesh:rock?seed=3'
      export const all: [string, DepthAsset, DepthAsset['lods']] = [url, asset, lods]
      // @ts-expect-error there is no such export
      export { lod } from 'depthmesh:tree'`
    expect(await typeErrors(tsc, source)).toBe('')
  })

  it('is plain data, which frameworks let a loader on the server return, and which is still an asset on the page', async () => {
    const source = `
      import type { DepthAsset, LiveDepthAsset } from 'depthmesh'
      import { loadDepthBackground } from 'depthmesh/three'
      import { asset } from './canyon.depth.png'
      type Plain = string | number | boolean | null | undefined
      type Functions = (...args: never[]) => unknown
      /** Says no to a function anywhere, as TanStack Start does. */
      type Sendable<T> = T extends Plain ? T : T extends Functions ? { refused: 'function' } : { [K in keyof T]: Sendable<T[K]> }
      /** What arrives: without functions, as in React Router. */
      type Arrived<T> = T extends Plain ? T : T extends Functions ? undefined : { [K in keyof T]: Arrived<T[K]> }
      declare function serverFunction<T>(load: () => Sendable<T> & T): T
      declare function loaderData<T>(load: () => T): Arrived<T>

      export const sent: DepthAsset = serverFunction(() => asset)
      export const arrived: DepthAsset = loaderData(() => ({ title: 'Canyon', asset })).asset
      export const shown = loadDepthBackground(loaderData(() => asset))
      // In dev the asset that a page itself imports tells of edits.
      const live: LiveDepthAsset = asset
      export const stop = live.hot?.subscribe((next) => next.lods[0].url.length)
      // @ts-expect-error a function can't be sent
      serverFunction(() => ({ asset, now: () => 1 }))`
    expect(await typeErrors(tsc, source)).toBe('')
  })

  it('leaves plain pictures and ?url to Vite', async () => {
    const source = `
      import picture from './canyon.png'
      import original from './canyon.depth.png?url'
      export const both: string[] = [picture, original]
      // @ts-expect-error a plain picture has no levels of detail
      export { lods } from './canyon.png'`
    expect(await typeErrors(tsc, source)).toBe('')
  })
})
