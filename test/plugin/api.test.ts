import type { Plugin, ResolvedConfig } from 'vite'
import { afterEach, expect, it } from 'vitest'
import type { DepthMeshApi } from '../../src/plugin/index.js'
import { startServer } from '../support/dev.js'
import { createProject, hill, smallLevels, testCache, viteVersions, type Project } from '../support/project.js'

let project: Project | undefined
afterEach(() => {
  project?.dispose()
  project = undefined
})

const apiOf = ({ plugins }: ResolvedConfig): DepthMeshApi => plugins.find(({ name }) => name === 'depthmesh')?.api as DepthMeshApi
const kinds = ['/art/hill.depth.png', '/art/hill.depth.exr?v=1', '/art/hill.depth.png?url', '/art/hill.png', '/art/hill.depth.png?raw']

it.each(viteVersions)('tells other plugins what is a depth map, and bakes for them what an import would give (%s)', async (vite) => {
  project = await createProject({ 'main.js': `import url from './hill.depth.png'\nconsole.log(url)`, 'hill.depth.png': await hill() }, vite)
  const { path } = project
  let found: unknown
  const other: Plugin = {
    name: 'other',
    async buildEnd() {
      const api = apiOf(this.environment.getTopLevelConfig())
      const { manifest, files, cached } = await api.bake(path('hill.depth.png'))
      found = { kinds: kinds.map(api.isDepthMap), name: manifest.name, cached, bytes: files.map(({ bytes }) => Buffer.from(bytes).toString('base64')) }
    },
  }
  await project.vite.build({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    plugins: [project.depthmesh({ lods: [...smallLevels.lods], cache: testCache }), other],
    build: { rollupOptions: { input: '/main.js' } },
  })
  const { list, bytes } = project
  const emitted = list('dist').filter((name) => name.endsWith('.glb')).map((name) => bytes(`dist/${name}`).toString('base64'))
  expect(found).toEqual({ kinds: [true, true, false, false, false], name: 'hill', cached: true, bytes: emitted })
})

it.each(viteVersions)('is there in dev too, and refuses as an import would (%s)', async (vite) => {
  const dev = await startServer({ 'hill.depth.png': await hill(), 'broken.depth.png': 'no picture' }, { vite })
  const api = apiOf(dev.server.config)
  expect((await api.bake('hill.depth.png')).manifest.lods).toHaveLength(2)
  await expect(api.bake('broken.depth.png')).rejects.toMatchObject({ code: 'INPUT_UNREADABLE', file: 'broken.depth.png' })
  await expect(api.bake('hill.depth.png', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
})
