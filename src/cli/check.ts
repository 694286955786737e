import type { PreflightReport } from '../core/index.js'
import { openBaker } from './baker.js'
import { EXIT, type Command } from './command.js'
import { findMaps } from './find-maps.js'
import type { Arguments } from './flags.js'
import { failure, printJson, reportFailure } from './outcome.js'
import { preflightList } from './preflight-list.js'
import { createProgress } from './progress.js'
import { settingsFromFlags } from './setting-flags.js'
import { UsageError } from './usage-error.js'

export const checkCommand: Command = {
  name: 'check',
  usage: '<file, folder or glob…> [flags]',
  summary: 'pre-flight report: what is wrong or suspicious in a map, and what to do about it',
  details: [
    'Looks at each depth map without baking it, and lists what was found, why it matters, what to do, and the settings that would mend it.',
    'The exit code is 1 when something is wrong; with --strict also when something is suspicious.',
  ],
  flags: [{ name: 'strict', value: null, meaning: 'suspicious is as bad as wrong' }],
  takesSettings: true,
  run: check,
}

async function check(args: Arguments, signal: AbortSignal): Promise<number> {
  if (args.positionals.length === 0) throw new UsageError('expected a file, a folder or a glob, got none.')
  const settings = settingsFromFlags(args.flags)
  const { maps, errors } = await findMaps(args.positionals)
  for (const error of errors) reportFailure(failure(error.file ?? '', error), args)
  let bad = errors.length > 0
  const progress = createProgress(args.flags.has('quiet') || args.flags.has('json'))
  const baker = openBaker(args, settings)
  try {
    for (const [i, file] of maps.entries()) {
      if (signal.aborted) break
      progress.show(i, maps.length, file)
      try {
        const { report, warnings } = await baker.check(file, { signal })
        progress.clear()
        if (!args.flags.has('json') && !args.flags.has('quiet')) for (const warning of warnings) console.error(`warning: ${warning}`)
        print(file, report, args)
        bad ||= report.checks.some(({ severity }) => severity === 'error' || (severity === 'warning' && args.flags.has('strict')))
      } catch (error) {
        progress.clear()
        if (signal.aborted) break
        reportFailure(failure(file, error), args)
        bad = true
      }
    }
  } finally {
    progress.clear()
    await baker.close()
  }
  if (signal.aborted) return EXIT.interrupted
  return bad ? EXIT.failed : EXIT.ok
}

function print(file: string, report: PreflightReport, { flags }: Arguments): void {
  if (flags.has('json')) printJson({ file, ok: true, report })
  else if (!flags.has('quiet')) console.log(preflightList(file, report))
  else if (report.checks.some(({ severity }) => severity === 'error')) console.log(preflightList(file, { ...report, checks: report.checks.filter(({ severity }) => severity === 'error') }))
}
