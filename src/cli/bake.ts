import { join } from 'node:path'
import { bakeMaps, splitClashes } from './bake-maps.js'
import { openBaker } from './baker.js'
import { EXIT, type Command } from './command.js'
import { findMaps } from './find-maps.js'
import { cacheDirFlag, noCacheFlag, outFlag, type Arguments } from './flags.js'
import { failure, printJson, reportFailure, summaryTable, type Outcome } from './outcome.js'
import { preflightList } from './preflight-list.js'
import { createProgress } from './progress.js'
import { settingsFromFlags } from './setting-flags.js'
import { UsageError } from './usage-error.js'

export const bakeCommand: Command = {
  name: 'bake',
  usage: '<file, folder or glob…> --out <folder> [flags]',
  summary: 'depth maps → <name>.lod0.glb, <name>.lod1.glb, … and <name>.json',
  details: [
    'Bakes each depth map into one GLB a level of detail, fine to coarse, and a manifest that lists them with bounds, source camera, placeholder and pre-flight report.',
    'Settings stand in <name>.depth.json beside the map; the colour picture is found as <name>.color.* or <name>.*. Sources are never written to.',
  ],
  flags: [outFlag, cacheDirFlag, noCacheFlag],
  takesSettings: true,
  run: bake,
}

async function bake(args: Arguments, signal: AbortSignal): Promise<number> {
  const out = outFolder(args)
  if (args.positionals.length === 0) throw new UsageError('expected a file, a folder or a glob, got none.')
  const settings = settingsFromFlags(args.flags)
  const found = await findMaps(args.positionals)
  const { maps, clashes } = splitClashes(found.maps)
  const outcomes: Outcome[] = [...found.errors.map((error) => failure(error.file ?? '', error)), ...clashes]
  for (const outcome of outcomes) if (!outcome.ok) reportFailure(outcome, args)

  const progress = createProgress(args.flags.has('quiet') || args.flags.has('json'))
  let done = 0
  const baker = openBaker(args, settings)
  try {
    const job = { baker, out, signal }
    await bakeMaps(maps, job, (file) => progress.show(done, maps.length, file), (outcome) => {
      done++
      outcomes.push(outcome)
      progress.clear()
      reportOutcome(outcome, out, args)
    })
  } finally {
    progress.clear()
    await baker.close()
  }
  if (signal.aborted) return EXIT.interrupted
  if (!args.flags.has('json') && !args.flags.has('quiet')) console.log(summaryTable(outcomes))
  return outcomes.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed
}

/** The folder of `--out`. */
export function outFolder({ flags }: Arguments): string {
  const out = flags.get('out')
  if (typeof out !== 'string' || out === '') throw new UsageError('expected --out <folder>, got none. Say where the files go.')
  return out
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
  for (const warning of warnings) console.error(`warning: ${warning}`)
  const worrying = manifest.preflight.checks.filter(({ severity }) => severity !== 'info' || args.flags.has('verbose'))
  if (worrying.length > 0) console.error(preflightList(file, { ...manifest.preflight, checks: worrying }))
}
