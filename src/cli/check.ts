import { basename, dirname, extname } from 'node:path'
import type { BakeSources, MapOptions, PreflightReport } from '../core/index.js'
import { openBaker } from './baker.js'
import { exitCode, type Command } from './command.js'
import { eachMap } from './each-map.js'
import { findMaps, patternsOf } from './find-maps.js'
import type { Arguments } from './flags.js'
import { endable } from './interrupt.js'
import { printJson, reportFailures, reportWarnings } from './outcome.js'
import { preflightList } from './preflight-list.js'
import { settingsFromFlags } from './setting-flags.js'
import { UsageError } from './usage-error.js'
import { writeOutputs } from './write-outputs.js'

export const checkCommand: Command = {
  name: 'check',
  usage: '<file, folder or glob…> [flags]',
  summary: 'pre-flight report: what is wrong or suspicious in a map, and what to do about it',
  details: [
    'Looks at each depth map without baking it, and lists what was found, why it matters, what to do, and the settings that would mend it.',
    'The exit code is 1 when something is wrong; with --strict also when something is suspicious.',
  ],
  flags: [
    { name: 'strict', value: null, meaning: 'suspicious is as bad as wrong' },
    { name: 'picture', value: '<file.png>', meaning: 'draws one map with what was found on it: jumps yellow, soft silhouettes blue, spikes red, holes magenta' },
  ],
  takesSettings: true,
  run: check,
}

async function check(args: Arguments, signal: AbortSignal): Promise<number> {
  const settings = settingsFromFlags(args.flags)
  const picture = pictureFile(args)
  const { maps, failures } = await findMaps(patternsOf(args))
  const count = maps.length + failures.length
  if (picture !== undefined && count > 1) throw new UsageError(`--picture: expected one map, got ${count}. Check them one by one.`)
  reportFailures(failures, args)
  let fired = false
  const baker = openBaker(args, settings)
  try {
    const failed = await eachMap(maps, args, signal, async (file) => {
      const { result, warnings } = await baker.withSources(file, async (sources, options, { depth, color }) => {
        const seen = await endable(() => (picture === undefined ? look : draw)(sources, options))
        return { ...seen, files: color === null ? [depth] : [depth, color] }
      }, { signal })
      const { report, drawing, files } = result
      if (drawing !== null && picture !== undefined) await writeOutputs(dirname(picture), [{ name: basename(picture), bytes: drawing }], { sources: files, signal })
      fired ||= report.checks.some(({ severity }) => severity === 'error' || (severity === 'warning' && args.flags.has('strict')))
      return () => {
        reportWarnings(warnings, args)
        print(file, report, picture, args)
      }
    })
    return exitCode(!fired && failures.length + failed === 0, signal)
  } finally {
    await baker.close()
  }
}

/** The file of `--picture`. */
function pictureFile({ flags }: Arguments): string | undefined {
  const picture = flags.get('picture')
  if (typeof picture !== 'string') return undefined
  if (extname(picture).toLowerCase() === '.png') return picture
  throw new UsageError(`--picture: expected a file that ends in .png, got ${JSON.stringify(picture)}. What is drawn is a PNG: try ${JSON.stringify(`${picture.slice(0, picture.length - extname(picture).length)}.png`)}.`)
}

interface Look {
  report: PreflightReport
  drawing: Uint8Array | null
}

// The core is loaded when it is needed: its libraries take longer than `--help` should.

async function look(sources: BakeSources, options: MapOptions): Promise<Look> {
  const { checkDepthMap } = await import('../core/pipeline.js')
  return { report: await checkDepthMap(sources, options), drawing: null }
}

async function draw(sources: BakeSources, options: MapOptions): Promise<Look> {
  const { drawDepthMapCheck } = await import('../core/pipeline.js')
  const { report, picture } = await drawDepthMapCheck(sources, options)
  return { report, drawing: picture }
}

function print(file: string, report: PreflightReport, picture: string | undefined, { flags }: Arguments): void {
  if (flags.has('json')) printJson({ file, ok: true, report, ...(picture === undefined ? {} : { picture }) })
  else if (!flags.has('quiet')) console.log([preflightList(file, report), ...(picture === undefined ? [] : [`${file} → ${picture}`])].join('\n'))
  else if (report.checks.some(({ severity }) => severity === 'error')) console.log(preflightList(file, { ...report, checks: report.checks.filter(({ severity }) => severity === 'error') }))
}
