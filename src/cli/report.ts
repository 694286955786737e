import { basename, dirname, extname } from 'node:path'
import { openBaker } from './baker.js'
import { exitCode, type Command } from './command.js'
import { eachMap } from './each-map.js'
import { mapName, patternsOf } from './find-maps.js'
import { cacheDirFlag, noCacheFlag, type Arguments } from './flags.js'
import { endable } from './interrupt.js'
import { findMapsToWrite } from './maps-to-write.js'
import { printJson, reportFailures, reportWarnings } from './outcome.js'
import { settingsFromFlags } from './setting-flags.js'
import { UsageError } from './usage-error.js'
import { writeOutputs } from './write-outputs.js'

export const reportCommand: Command = {
  name: 'report',
  usage: '<file, folder or glob…> [flags]',
  summary: 'a page to look at: the map, what was found in it, every level in a viewer, its error and sizes',
  details: [
    'Bakes each depth map (or takes the result from the cache) and writes <name>.report.html into the working directory: one file that needs no network.',
    'It shows the map and what pre-flight found, what was mended, each level, also of variants, with its picture, as facets and as wires, how far it lies from the map, and what it weighs.',
  ],
  flags: [
    { name: 'output', value: '<file.html>', meaning: 'where the page of one map goes', fallback: '<name>.report.html' },
    cacheDirFlag,
    noCacheFlag,
  ],
  takesSettings: true,
  run: report,
}

async function report(args: Arguments, signal: AbortSignal): Promise<number> {
  const settings = settingsFromFlags(args.flags)
  const { maps, failures } = await findMapsToWrite(patternsOf(args))
  const output = outputFile(args, maps.length + failures.length)
  reportFailures(failures, args)
  const baker = openBaker(args, settings)
  try {
    const failed = await eachMap(maps, args, signal, async (file) => {
      const page = output ?? `${mapName(file)}.report.html`
      const baked = await baker.bake(file, { signal })
      const { result, warnings } = await baker.withSources(file, async (sources, options, files) => {
        const { reportDepthMesh } = await import('../core/report.js')
        const fileNames = { depth: basename(files.depth), color: files.color === null ? null : basename(files.color) }
        return endable(() => reportDepthMesh(sources, { ...options, baked, fileNames }))
      }, { signal })
      await writeOutputs(dirname(page), [{ name: basename(page), bytes: result.html }], { sources: baker.dependencies(file).present, signal })
      return () => {
        reportWarnings(warnings, args)
        const bytes = Buffer.byteLength(result.html)
        if (args.flags.has('json')) printJson({ file, ok: true, report: page, bytes, checks: result.manifest.preflight.checks })
        else if (!args.flags.has('quiet')) console.log(`${file} → ${page} (${(bytes / 2 ** 20).toFixed(1)} MiB)`)
      }
    })
    return exitCode(failures.length + failed === 0, signal)
  } finally {
    await baker.close()
  }
}

/** The file of `--output`. */
function outputFile({ flags }: Arguments, maps: number): string | undefined {
  const output = flags.get('output')
  if (typeof output !== 'string') return undefined
  if (maps > 1) throw new UsageError(`--output: expected one map, got ${maps}. Leave it out: each gets <name>.report.html.`)
  if (!/^\.html?$/i.test(extname(output))) throw new UsageError(`--output: expected a file that ends in .html, got ${JSON.stringify(output)}.`)
  return output
}
