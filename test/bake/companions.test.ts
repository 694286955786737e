import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createCompanionBell } from '../../src/bake/companions.js'
import { temporaryFolder } from '../support/folder.js'

it('rings when a companion appears, after it has told of it, and leaves nothing behind', async () => {
  const folder = temporaryFolder()
  vi.stubEnv('TMPDIR', temporaryFolder())
  onTestFinished(() => void vi.unstubAllEnvs())
  const heard: string[] = []
  const bell = createCompanionBell((path) => heard.push(`${path} ${readFileSync(bell.file, 'utf8')}`))
  onTestFinished(() => bell.close())
  const sidecar = join(folder, 'hill.depth.json')
  bell.listen({ present: [], missing: [sidecar] })
  expect(readFileSync(bell.file, 'utf8')).toBe('')
  writeFileSync(sidecar, '{}')
  await vi.waitFor(() => expect(readFileSync(bell.file, 'utf8')).toContain(sidecar), { timeout: 10_000 })
  expect(heard).toEqual([`${sidecar} `])
  // Edits are the bundler's to see.
  const rung = readFileSync(bell.file, 'utf8')
  writeFileSync(sidecar, '{ "fovY": 40 }')
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(readFileSync(bell.file, 'utf8')).toBe(rung)
  bell.close()
  expect(existsSync(bell.file)).toBe(false)
})
