import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { watch as watchFolders } from 'chokidar'
import type { Baker } from '../bake/bake.js'
import { watchFiles } from '../bake/watch-files.js'
import { bakeMaps } from './bake-maps.js'
import { openBaker } from './baker.js'
import { EXIT, type Command } from './command.js'
import { findMaps, patternsOf, statsOf } from './find-maps.js'
import { cacheDirFlag, noCacheFlag, outFlag, outFolder, type Arguments } from './flags.js'
import { splitClashes } from './maps-to-write.js'
import { reportFailure, reportFailures, reportOutcome, summaryTable, type Outcome } from './outcome.js'
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
  const watcher = watchFolders(patterns.map(watchedFolder), { ignoreInitial: true, ignored: (path) => IGNORED.test(path) })
  const changes = createChanges(signal)
  // What maps stand on may lie elsewhere, or come there.
  const companions = watchFiles(changes.note)
  const seen: Seen = { maps: new Set(), clashes: new Set() }
  const chatty = !args.flags.has('json') && !args.flags.has('quiet')
  try {
    await new Promise<void>((ready) => watcher.once('ready', ready))
    watcher.on('all', changes.note)
    for (let first = true; !signal.aborted; first = false) {
      const outcomes = await bakeWhatChanged(baker, seen, args, { out, signal, first })
      for (const { file } of outcomes) {
        const { present, missing } = baker.dependencies(file)
        companions.add([...present, ...missing])
        if (baker.isStale(file)) changes.note()
      }
      if (chatty && outcomes.length > 0 && !signal.aborted) console.log(summaryTable(outcomes))
      if (chatty && first && !signal.aborted) console.log(`watching ${patterns.join(', ')}; Ctrl-C ends`)
      await changes.next()
    }
  } finally {
    await watcher.close()
    companions.close()
    await baker.close()
  }
  return EXIT.ok
}

/** What is known from before. */
interface Seen {
  /** That were baked, or failed. */
  maps: Set<string>
  /** That others of their names are in the way of. */
  clashes: Set<string>
}

/** Bakes maps that are new or whose files are not what they were. */
async function bakeWhatChanged(baker: Baker, seen: Seen, args: Arguments, { out, signal, first }: { out: string; signal: AbortSignal; first: boolean }): Promise<Outcome[]> {
  const found = await findMaps(args.positionals)
  if (first) reportFailures(found.failures, args)
  const { maps, clashes } = splitClashes(found.maps)
  for (const clash of clashes) {
    if (!seen.clashes.has(clash.file)) reportFailure(clash, args)
    // Once nothing is in its way it is baked as if it were new: what lies there is the other's.
    seen.maps.delete(clash.file)
  }
  seen.clashes = new Set(clashes.map(({ file }) => file))
  const work = maps.filter((file) => !seen.maps.has(file) || baker.isStale(file))
  const outcomes: Outcome[] = []
  for (const file of work) seen.maps.add(file)
  await bakeMaps(work, { baker, out, signal }, args, (outcome) => {
    outcomes.push(outcome)
    reportOutcome(outcome, out, args)
  })
  return outcomes
}

/** The folder to watch for a pattern: companions stand beside the map, and maps may appear. */
function watchedFolder(pattern: string): string {
  const stats = statsOf(pattern)
  if (stats?.isDirectory()) return resolve(pattern)
  if (stats?.isFile()) return dirname(resolve(pattern))
  const fixed = pattern.replaceAll('\\', '/').split('/')
  const firstDynamic = fixed.findIndex((part) => /[*?{}[\]()!]/.test(part))
  return resolve(fixed.slice(0, firstDynamic < 0 ? -1 : firstDynamic).join('/') || '.')
}

interface Changes {
  note(): void
  /** Waits until something was noted since its last call and then nothing for a while, or until the end. */
  next(): Promise<void>
}

function createChanges(signal: AbortSignal): Changes {
  const state = { changed: false, wake: () => {} }
  signal.addEventListener('abort', () => state.wake(), { once: true })
  return {
    note() {
      state.changed = true
      state.wake()
    },
    async next() {
      if (!state.changed && !signal.aborted) await new Promise<void>((wake) => (state.wake = wake))
      do {
        state.changed = false
        await sleep(QUIET_MS, undefined, { signal }).catch(() => {})
      } while (state.changed && !signal.aborted)
    },
  }
}
