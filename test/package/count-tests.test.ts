import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'depthmesh-count-'))
afterAll(() => rmSync(folder, { recursive: true }))

function count(testResults: unknown): string {
  const report = join(folder, 'report.json')
  writeFileSync(report, JSON.stringify({ testResults }))
  return execFileSync(process.execPath, [fileURLToPath(new URL('../../scripts/count-tests.js', import.meta.url)), report], { encoding: 'utf8' })
}

describe('the closing line of .ci/run', () => {
  it('counts what passed, what failed and what did not run', () => {
    const tests = ['passed', 'passed', 'failed', 'skipped', 'pending', 'todo'].map((status) => ({ status }))
    expect(count([{ status: 'failed', assertionResults: tests }])).toBe('2 passed, 1 failed, 3 skipped\n')
  })

  it('counts a file that broke before its first test as a failure', () => {
    expect(count([{ status: 'passed', assertionResults: [{ status: 'passed' }] }, { status: 'failed', assertionResults: [] }])).toBe('1 passed, 1 failed, 0 skipped\n')
  })
})
