import { afterEach, describe, expect, it } from 'vitest'
import { rgb8 } from '../support/maps.js'
import { createProject, hill, type Project } from '../support/project.js'

const page = '<!doctype html><script type="module" src="/main.js"></script>'
const main = `import url, { asset } from './art/hill.depth.png'\nwindow.game = { url, asset }\n`

let projects: Project[] = []
afterEach(() => {
  for (const project of projects) project.dispose()
  projects = []
})

async function gameProject(files: Record<string, string | Uint8Array> = {}): Promise<Project> {
  const project = await createProject({
    'index.html': page,
    'main.js': main,
    'art/hill.depth.png': await hill(),
    'art/hill.color.png': await rgb8(32, 32, (x, y) => [x * 8, y * 8, 90]),
    ...files,
  })
  projects.push(project)
  return project
}

const glbs = (project: Project, folder = 'dist'): string[] => project.list(folder).filter((name) => name.endsWith('.glb'))

describe('vite build', () => {
  it('writes a hashed GLB a level and points at it', async () => {
    const project = await gameProject()
    await project.build()
    const files = glbs(project)
    expect(files.map((name) => name.replace(/-[\w-]{8}\.glb$/, ''))).toEqual(['assets/hill.lod0', 'assets/hill.lod1'])
    const script = project.text(`dist/${project.list('dist').find((name) => name.endsWith('.js'))}`)
    for (const file of files) {
      expect(script).toContain(`/${file}`)
      expect(project.bytes(`dist/${file}`).subarray(0, 4).toString()).toBe('glTF')
    }
  })

  it('bakes nothing the second time and gives identical bytes', async () => {
    const project = await gameProject()
    await project.build({ build: { outDir: 'first' } })
    // A bake would take longer than a millisecond, and fail.
    await project.build({ build: { outDir: 'second' } }, { limits: { jobSeconds: 0.001 } })
    expect(project.list('second')).toEqual(project.list('first'))
    for (const name of project.list('first')) expect(project.bytes(`second/${name}`).equals(project.bytes(`first/${name}`))).toBe(true)
  })
})
