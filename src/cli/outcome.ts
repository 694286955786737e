import { join } from 'node:path'
import { BUG_HINT, DepthMeshError, formatError } from '../core/errors.js'
import type { DepthAsset, DepthManifest } from '../core/index.js'
import type { Arguments } from './flags.js'
import { preflightCounts, preflightList } from './preflight-list.js'
import { textTable } from './text-table.js'

/** What became of one map. */
export type Outcome = Baked | Failure

export interface Baked {
  file: string
  ok: true
  manifest: DepthManifest
  cached: boolean
  milliseconds: number
  warnings: readonly string[]
}

export interface Failure {
  file: string
  ok: false
  error: DepthMeshError
}

/** Any error about a file, as one of ours that names the file. */
export function failure(file: string, error: unknown): Failure {
  if (error instanceof DepthMeshError) return { file, ok: false, error: error.inFile(file) }
  const message = error instanceof Error ? error.message : String(error)
  return { file, ok: false, error: new DepthMeshError('INTERNAL', message, { file, hint: BUG_HINT, cause: error }) }
}

/** Says what went wrong with a file: a line on standard error, or a JSON line on standard output. */
export function reportFailure({ file, error }: Failure, { flags }: Arguments): void {
  if (flags.has('json')) {
    printJson({ file, ok: false, error: { code: error.code, message: error.message, hint: error.hint ?? null, file: error.file ?? file, line: error.position?.line ?? null, column: error.position?.column ?? null } })
    return
  }
  console.error(`error: ${formatError(error)}`)
  if (error.position !== undefined) console.error(error.position.frame)
  if (flags.has('verbose')) console.error(error.cause instanceof Error ? error.cause.stack : error.stack)
}

/** Says it of each. */
export function reportFailures(failures: readonly Failure[], args: Arguments): void {
  for (const each of failures) reportFailure(each, args)
}

/** What a person wants to know at once: failures and suspicions. A program gets it all. */
export function reportOutcome(outcome: Outcome, out: string, args: Arguments): void {
  if (!outcome.ok) {
    reportFailure(outcome, args)
    return
  }
  const { file, manifest, cached, milliseconds, warnings } = outcome
  if (args.flags.has('json')) {
    const lods = manifest.lods.map(({ url, triangles, vertices, bytes }) => ({ file: join(out, url), triangles, vertices, bytes }))
    printJson({ file, ok: true, name: manifest.name, manifest: join(out, `${manifest.name}.json`), cached, milliseconds: Math.round(milliseconds), lods, warnings, checks: manifest.preflight.checks })
    return
  }
  if (args.flags.has('quiet')) return
  reportWarnings(warnings, args)
  const worrying = manifest.preflight.checks.filter(({ severity }) => severity !== 'info' || args.flags.has('verbose'))
  if (worrying.length > 0) console.error(preflightList(file, { ...manifest.preflight, checks: worrying }))
}

/** Trouble that failed nothing. */
export function reportWarnings(warnings: readonly string[], { flags }: Arguments): void {
  if (flags.has('json') || flags.has('quiet')) return
  for (const warning of warnings) console.error(`warning: ${warning}`)
}

/** One stable JSON object on a line of its own. */
export function printJson(value: object): void {
  console.log(JSON.stringify(value))
}

/** Of all levels, those of variants and the pictures that these share included: each file once. */
function bytesOf({ lods, variants }: DepthAsset): number {
  const files = [lods, ...variants.map((variant) => variant.lods)].flat().flatMap((lod) => [lod, ...(lod.textures ?? [])])
  return [...new Map(files.map(({ url, bytes }) => [url, bytes])).values()].reduce((sum, bytes) => sum + bytes, 0)
}

/** The table that ends a bake: a row a map. */
export function summaryTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    if (!outcome.ok) return [outcome.file, 'failed', '', '', '', '', '']
    const { lods, preflight } = outcome.manifest
    return [
      outcome.file,
      String(lods.length),
      lods.map(({ triangles }) => count(triangles)).join(' / '),
      count(Math.ceil(bytesOf(outcome.manifest) / 1024)),
      count(Math.round(outcome.milliseconds)),
      outcome.cached ? 'yes' : 'no',
      preflightCounts(preflight.checks),
    ]
  })
  return textTable(['file', 'levels', 'triangles', 'KiB', 'ms', 'cached', 'pre-flight'], rows, new Set(['KiB', 'ms']))
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
