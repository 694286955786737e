import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../cli/run-cli.js'
import { gray16 } from '../support/maps.js'

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
const commands = [...readme.matchAll(/^npx depthmesh (.*?)(?: {2,}#.*)?$/gm)].map(([, command]) => command)

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-readme-'))
  await mkdir(join(folder, 'art'))
  await writeFile(join(folder, 'art/canyon.depth.png'), await gray16(64, 48, (x, y) => 0.1 + (0.8 * (y * 64 + x)) / (64 * 48)))
})

afterAll(() => rm(folder, { recursive: true }))

describe("the README's commands", () => {
  it('are there', () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual(['bake', 'check', 'report', 'watch', 'export', 'cache'])
  })

  // `watch` never ends by itself: its flags are tried by `bake`, which has the same, and the rest by test/cli/watch.test.ts.
  it.each(commands.map((command) => command.replace(/^watch/, 'bake')))('%s', async (command) => {
    const args = command.split(' ').map((part) => part.replaceAll("'", ''))
    expect(await runCli(args, folder, { DEPTHMESH_CACHE_DIR: join(folder, 'cache') })).toMatchObject({ code: 0 })
  })
})
