import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { globSync } from 'tinyglobby'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MESH = join(ROOT, 'src/core/mesh')
/** As docs/architecture.md lists them, the topmost first. */
const ROOMS = [...readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8').matchAll(/^\| `src\/core\/mesh\/(\w+)\/` \|/gm)].map(([, room]) => room)

/** The rooms of mesh/ that a file imports from; `undefined` for what lies beside them. */
function importedRooms(file: string): (string | undefined)[] {
  const imports = [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, from]) => join(dirname(file), from))
  return imports.filter((path) => path.startsWith(MESH)).map((path) => /^\/(\w+)\//.exec(path.slice(MESH.length))?.[1])
}

describe('the rooms of src/core/mesh', () => {
  it('are those that architecture lists', () => {
    const folders = new Set(globSync('*/*.ts', { cwd: MESH }).map((file) => dirname(file)))
    expect([...folders].sort()).toEqual([...ROOMS].sort())
  })

  it.each(ROOMS)('%s uses itself and rooms below it alone', (room) => {
    const allowed = ROOMS.slice(ROOMS.indexOf(room))
    const files = globSync('*.ts', { cwd: join(MESH, room) })
    const others = files.flatMap((file) => importedRooms(join(MESH, room, file)).filter((used) => used === undefined || !allowed.includes(used)).map((used) => `${file} → ${used}`))
    expect(others).toEqual([])
  })
})
