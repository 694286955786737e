import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { refuseMap } from '../../src/bake/foreign-map.js'
import { readBytes } from '../../src/bake/read.js'
import { openSourceHashes } from '../../src/bake/source-hashes.js'
import { temporaryFolder } from '../support/folder.js'

const MB = 2 ** 20

it.each([0, 1000, MB, MB + 1, 3 * MB])('reads a file of %i bytes whole', async (size) => {
  const bytes = randomBytes(size)
  const folder = temporaryFolder({ 'hill.png': bytes })
  expect((await readBytes(join(folder, 'hill.png'), size)).equals(bytes)).toBe(true)
})

it('gives what is there of a file that has become shorter', async () => {
  const bytes = randomBytes(2 * MB)
  const folder = temporaryFolder({ 'hill.png': bytes })
  expect((await readBytes(join(folder, 'hill.png'), 3 * MB)).equals(bytes)).toBe(true)
})

it.each([1000, 2 * MB])('rejects as Node does where a file of %i bytes is gone', async (size) => {
  await expect(readBytes(join(temporaryFolder(), 'hill.png'), size)).rejects.toMatchObject({ code: 'ENOENT' })
})

// A build of many maps would run out of them.
it.skipIf(!existsSync('/proc/self/fd'))('holds no file open that it has read', async () => {
  const folder = temporaryFolder({ 'hill.png': randomBytes(2 * MB), 'hill.depth.jpg': 'no picture' })
  await readBytes(join(folder, 'hill.png'), 2 * MB)
  await openSourceHashes({ file: join(folder, 'list'), maxAge: 1, write: async () => {}, onTrouble: () => {} }).read(join(folder, 'hill.png'))
  await refuseMap(join(folder, 'hill.depth.jpg'))
  const held = readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      return []
    }
  })
  expect(held.filter((path) => path.startsWith(folder))).toEqual([])
})
