import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeFolder } from '../../src/bake/make-folder.js'

/** A folder of Linux in which nobody makes anything: it answers ENOENT, as if it were not there itself. */
const UNMAKEABLE = '/proc/depthmesh-cannot-be/here'

describe('makeFolder', () => {
  let dir: string
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'depthmesh-'))))
  afterEach(() => rmSync(dir, { recursive: true }))

  it('makes what is missing, and says where that begins', async () => {
    expect(await makeFolder(join(dir, 'a', 'b', 'c'))).toBe(join(dir, 'a'))
    expect(statSync(join(dir, 'a', 'b', 'c')).isDirectory()).toBe(true)
    expect(await makeFolder(join(dir, 'a', 'b', 'd'))).toBe(join(dir, 'a', 'b', 'd'))
    expect(await makeFolder(join(dir, 'a', 'b', 'c'))).toBeUndefined()
  })

  it('lets several make the same at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(join(dir, 'a', 'b', 'c'))))
    expect(made).toContain(join(dir, 'a'))
    expect(existsSync(join(dir, 'a', 'b', 'c'))).toBe(true)
  })

  it('tells of a file in the way', async () => {
    writeFileSync(join(dir, 'file'), '')
    await expect(makeFolder(join(dir, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolder(join(dir, 'file', 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  it.runIf(existsSync('/proc/self'))('gives up where the system will not have a folder', async () => {
    await expect(makeFolder(UNMAKEABLE)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
