/**
 * node scripts/count-tests.js <vitest's JSON report>
 *
 * Prints `N passed, N failed, N skipped` on a line of its own. A file that failed before its first test counts as one failure.
 */
import { readFileSync } from 'node:fs'

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const count = { passed: 0, failed: 0, skipped: 0 }
for (const { status, assertionResults } of testResults) {
  for (const test of assertionResults) count[test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped']++
  if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) count.failed++
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
