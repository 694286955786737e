import { openCache, type BakeCache } from '../bake/cache.js'
import { BUG_HINT } from '../core/errors.js'
import { nearestKey } from '../core/options.js'
import { openBaker } from './baker.js'
import { EXIT, exitCode, type Command } from './command.js'
import { eachMap } from './each-map.js'
import { findMaps } from './find-maps.js'
import { cacheDirFlag, type Arguments } from './flags.js'
import { printJson, reportFailures } from './outcome.js'
import { UsageError } from './usage-error.js'

export const cacheCommand: Command = {
  name: 'cache',
  usage: 'stats | verify [<file, folder or glob…>] | clear [flags]',
  summary: 'the results kept on disk: how much there is, whether it is whole, away with it',
  details: [
    'stats: how many results there are, and their size.',
    'verify: reads every one of them and checks its sums; with maps, bakes these again and compares the bytes. The exit code is 1 when a result is damaged (it would be made again, never used) or differs.',
    'clear: removes what the cache wrote, and nothing else.',
  ],
  flags: [cacheDirFlag],
  takesSettings: false,
  run: async (args, signal) => {
    const dir = args.flags.get('cache-dir')
    const cache = openCache({ root: process.cwd(), ...(typeof dir === 'string' ? { dir } : {}), onTrouble: (message) => console.error(`warning: ${message}`) })
    return action(args)(cache, args, signal)
  },
}

type Action = (cache: BakeCache, args: Arguments, signal: AbortSignal) => Promise<number>

const ACTIONS: Record<string, Action> = { stats, verify, clear }

function action({ positionals }: Arguments): Action {
  const names = Object.keys(ACTIONS)
  const [name, ...maps] = positionals
  if (name === undefined) throw new UsageError(`cache: expected one of ${names.join(', ')}, got none.`)
  if (maps.length > 0 && name !== 'verify') throw new UsageError(`cache: expected one of ${names.join(', ')}, got ${positionals.length} words. Only verify takes maps.`)
  if (Object.hasOwn(ACTIONS, name)) return ACTIONS[name]
  const suggestion = nearestKey(name, names)
  throw new UsageError(`cache: expected one of ${names.join(', ')}, got ${JSON.stringify(name)}.${suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`}`)
}

async function stats(cache: BakeCache, { flags }: Arguments): Promise<number> {
  const found = await cache.stats()
  if (flags.has('json')) printJson(found)
  else console.log(`${found.dir}: ${amount(found)}`)
  return EXIT.ok
}

async function verify(cache: BakeCache, args: Arguments, signal: AbortSignal): Promise<number> {
  const { flags } = args
  const found = await cache.verify()
  if (flags.has('json')) printJson(found)
  else {
    for (const { file, reason } of found.damaged) console.error(`error: ${file}: ${reason}`)
    if (!flags.has('quiet')) console.log(`${found.dir}: ${amount(found)}, ${found.damaged.length === 0 ? 'all whole' : `${found.damaged.length} damaged. They will be made again`}`)
  }
  const same = await compareWithFresh(args, signal)
  return exitCode(found.damaged.length === 0 && same, signal)
}

/** Bakes maps again and compares with what is kept. Maps that are not kept are told apart. */
async function compareWithFresh(args: Arguments, signal: AbortSignal): Promise<boolean> {
  const [, ...patterns] = args.positionals
  if (patterns.length === 0) return true
  const { maps, failures } = await findMaps(patterns)
  reportFailures(failures, args)
  const kept = openBaker(args, {}, { readonly: true })
  const fresh = openBaker({ ...args, flags: new Map([...args.flags, ['no-cache', true]]) }, {})
  let differ = 0
  try {
    const failed = await eachMap(maps, args, signal, async (file) => {
      const old = await kept.bake(file, { signal })
      const now = old.cached ? await fresh.bake(file, { signal }) : old
      const differing = now.files.filter(({ bytes }, i) => !Buffer.from(bytes).equals(old.files[i]?.bytes ?? Buffer.of())).map(({ name }) => name)
      if (differing.length > 0) differ++
      return () => {
        if (args.flags.has('json')) printJson({ file, ok: differing.length === 0, kept: old.cached, differing })
        else if (differing.length > 0) console.error(`error: ${file}: expected the bytes that are kept, got others in ${differing.join(', ')}. ${BUG_HINT}`)
        else if (!args.flags.has('quiet')) console.log(`${file}: ${old.cached ? `${now.files.length} files, the same again` : 'not kept'}`)
      }
    })
    return failures.length + failed + differ === 0
  } finally {
    await kept.close()
    await fresh.close()
  }
}

async function clear(cache: BakeCache, { flags }: Arguments): Promise<number> {
  const found = await cache.clear()
  if (flags.has('json')) printJson(found)
  else if (!flags.has('quiet')) console.log(`${found.dir}: removed ${amount(found)}`)
  return EXIT.ok
}

function amount({ entries, bytes }: { entries: number; bytes: number }): string {
  return `${entries.toLocaleString('en-US')} ${entries === 1 ? 'result' : 'results'}, ${(bytes / 2 ** 20).toFixed(1)} MiB`
}
