import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { watch as watchFiles, type FSWatcher } from 'chokidar'
import type { Baker } from '../bake/bake.js'
import { bakeMaps, splitClashes } from './bake-maps.js'
import { openBaker } from './baker.js'
import { EXIT, type Command } from './command.js'
import { findMaps, patternsOf } from './find-maps.js'
import { cacheDirFlag, noCacheFlag, outFlag, outFolder, type Arguments } from './flags.js'
import { failure, reportFailure, reportOutcome, summaryTable, type Outcome } from './outcome.js'
import { settingsFromFlags } from './setting-flags.js'

/** How long files must be quiet before they are looked at, ms: chokidar drops events within 50 ms of the last one, so that the last write may go unseen. */
const QUIET_MS = 80

/**
 * Folders that hold nobody's sources, and what bakes write: temporary files, levels and manifests, but no `*.depth.json`. Not the folder of `--out`, which may be one that maps lie in.
 * (Of what is left, pictures that variants share, an event costs a look at the maps.)
 */
const IGNORED = /[/\\](?:node_modules|\.git)$|\.tmp$|\.glb$|(?<!\.depth)\.json$/i

export const watchCommand: Command = {
  name: 'watch',
  usage: '<file, folder or glob…> --out <folder> [flags]',
  summary: 'bakes, and bakes again what an edit of a map, its picture or its settings changes',
  details: ['Bakes like `depthmesh bake`, then waits: maps that appear are baked, edits are baked again, until Ctrl-C. Maps that go away leave what they gave.'],
  flags: [outFlag, cacheDirFlag, noCacheFlag],
  takesSettings: true,
  run: watch,
}

async function watch(args: Arguments, signal: AbortSignal): Promise<number> {
  const out = outFolder(args)
  const patterns = patternsOf(args)
  const baker = openBaker(args, settingsFromFlags(args.flags), { patient: true })
  const watcher = watchFiles(patterns.map(watchedFolder), { ignoreInitial: true, ignored: (path) => IGNORED.test(path) })
  const chatty = !args.flags.has('json') && !args.flags.has('quiet')
  try {
    await new Promise<void>((ready) => watcher.once('ready', ready))
    const nextChange = changes(watcher, signal)
    const seen = new Set<string>()
    while (!signal.aborted) {
      const first = seen.size === 0
      const outcomes = await bakeWhatChanged(baker, seen, args, out, signal)
      for (const { file } of outcomes) watcher.add(baker.dependencies(file).present)
      if (chatty && outcomes.length > 0 && !signal.aborted) console.log(summaryTable(outcomes))
      if (chatty && first && !signal.aborted) console.log(`watching ${patterns.join(', ')}; Ctrl-C ends`)
      await nextChange()
    }
  } finally {
    await watcher.close()
    await baker.close()
  }
  return EXIT.ok
}

/** Bakes maps that are new or whose files are not what they were. */
async function bakeWhatChanged(baker: Baker, seen: Set<string>, args: Arguments, out: string, signal: AbortSignal): Promise<Outcome[]> {
  const found = await findMaps(args.positionals)
  if (seen.size === 0) for (const error of found.errors) reportFailure(failure(error.file ?? '', error), args)
  const { maps, clashes } = splitClashes(found.maps)
  for (const clash of clashes) {
    if (!seen.has(clash.file)) reportFailure(clash, args)
    seen.add(clash.file)
  }
  const work: string[] = []
  for (const file of maps) if (!seen.has(file) || (await baker.isStale(file))) work.push(file)
  const outcomes: Outcome[] = []
  for (const file of work) seen.add(file)
  await bakeMaps(work, { baker, out, signal }, args, (outcome) => {
    outcomes.push(outcome)
    reportOutcome(outcome, out, args)
  })
  return outcomes
}

/** The folder to watch for a pattern: companions stand beside the map, and maps may appear. */
function watchedFolder(pattern: string): string {
  const stats = statSync(pattern, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return resolve(pattern)
  if (stats?.isFile()) return dirname(resolve(pattern))
  const fixed = pattern.replaceAll('\\', '/').split('/')
  const firstDynamic = fixed.findIndex((part) => /[*?{}[\]()!]/.test(part))
  return resolve(fixed.slice(0, firstDynamic < 0 ? -1 : firstDynamic).join('/') || '.')
}

/** Gives a function that waits until something has changed since its last call and then nothing for a while, or until the end. */
function changes(watcher: FSWatcher, signal: AbortSignal): () => Promise<void> {
  const state = { changed: false, wake: () => {} }
  watcher.on('all', () => {
    state.changed = true
    state.wake()
  })
  signal.addEventListener('abort', () => state.wake(), { once: true })
  return async () => {
    if (!state.changed && !signal.aborted) await new Promise<void>((wake) => (state.wake = wake))
    do {
      state.changed = false
      await sleep(QUIET_MS, undefined, { signal }).catch(() => {})
    } while (state.changed && !signal.aborted)
  }
}
