import { bakeMaps } from './bake-maps.js'
import { openBaker } from './baker.js'
import { EXIT, type Command } from './command.js'
import { patternsOf } from './find-maps.js'
import { cacheDirFlag, noCacheFlag, outFlag, outFolder, type Arguments } from './flags.js'
import { findMapsToWrite } from './maps-to-write.js'
import { reportFailures, reportOutcome, summaryTable, type Outcome } from './outcome.js'
import { settingsFromFlags } from './setting-flags.js'

export const bakeCommand: Command = {
  name: 'bake',
  usage: '<file, folder or glob…> --out <folder> [flags]',
  summary: 'depth maps → <name>.lod0.glb, <name>.lod1.glb, … and <name>.json',
  details: [
    'Bakes each depth map into one GLB per level of detail, fine to coarse, and a manifest that lists them with bounds, source camera, placeholder and pre-flight report.',
    'Settings stand in <name>.depth.json beside the map; the colour picture is found as <name>.color.* or <name>.*. Sources are never written to.',
  ],
  flags: [outFlag, cacheDirFlag, noCacheFlag],
  takesSettings: true,
  run: bake,
}

async function bake(args: Arguments, signal: AbortSignal): Promise<number> {
  const out = outFolder(args)
  const settings = settingsFromFlags(args.flags)
  const { maps, failures } = await findMapsToWrite(patternsOf(args))
  reportFailures(failures, args)
  const outcomes: Outcome[] = [...failures]
  const baker = openBaker(args, settings)
  try {
    await bakeMaps(maps, { baker, out, signal }, args, (outcome) => {
      outcomes.push(outcome)
      reportOutcome(outcome, out, args)
    })
  } finally {
    await baker.close()
  }
  if (signal.aborted) return EXIT.interrupted
  if (!args.flags.has('json') && !args.flags.has('quiet')) console.log(summaryTable(outcomes))
  return outcomes.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed
}
