import { countFindings, SEVERITY_WORDS } from '../core/depth/preflight/check.js'
import type { PreflightCheck, PreflightReport } from '../core/index.js'

/** The pre-flight report of one map, as a list for people. */
export function preflightList(file: string, report: PreflightReport): string {
  const { width, height, bitDepth, levels, checks } = report
  const head = `${file}: ${width} × ${height}, ${bitDepth === 32 ? '32-bit float' : `${bitDepth}-bit`}, ${levels.toLocaleString('en-US')} levels`
  if (checks.length === 0) return `${head}\n  nothing to complain about`
  return [head, ...checks.map(checkText)].join('\n')
}

/** `2 suspicious, 1 note`, `3 notes`; empty when nothing fired. */
export function preflightCounts(checks: readonly PreflightCheck[]): string {
  return countFindings(checks).map(({ words }) => words).join(', ')
}

function checkText({ id, severity, found, why, advice, settings }: PreflightCheck): string {
  const lines = [`  ${SEVERITY_WORDS[severity]}: ${found} (${id})`, `    ${why}`, `    ${advice}`]
  if (settings !== undefined) lines.push(`    settings: ${JSON.stringify(settings)}`)
  return lines.join('\n')
}
