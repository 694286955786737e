import { openCache, type BakeCache } from '../bake/cache.js'
import { nearestKey } from '../core/options.js'
import { EXIT, type Command } from './command.js'
import { cacheDirFlag, type Arguments } from './flags.js'
import { printJson } from './outcome.js'
import { UsageError } from './usage-error.js'

export const cacheCommand: Command = {
  name: 'cache',
  usage: 'stats | verify | clear [flags]',
  summary: 'the results kept on disk: how much there is, whether it is whole, away with it',
  details: [
    'stats: how many results there are, and their size. verify: reads every one of them and checks its sums; the exit code is 1 when one is damaged (it would be baked again, never used). clear: removes what the cache wrote, and nothing else.',
  ],
  flags: [cacheDirFlag],
  takesSettings: false,
  run: async (args) => {
    const cache = openCache({
      root: process.cwd(),
      ...(typeof args.flags.get('cache-dir') === 'string' ? { dir: String(args.flags.get('cache-dir')) } : {}),
      onTrouble: (message) => console.error(`warning: ${message}`),
    })
    return action(args)(cache, args)
  },
}

const ACTIONS = { stats, verify, clear }

function action({ positionals }: Arguments): (cache: BakeCache, args: Arguments) => Promise<number> {
  const names = Object.keys(ACTIONS)
  const [name, more] = positionals
  if (name === undefined) throw new UsageError(`cache: expected one of ${names.join(', ')}, got none.`)
  if (more !== undefined) throw new UsageError(`cache: expected one of ${names.join(', ')}, got ${positionals.length}.`)
  const found = Object.entries(ACTIONS).find(([known]) => known === name)?.[1]
  if (found !== undefined) return found
  const suggestion = nearestKey(name, names)
  throw new UsageError(`cache: expected one of ${names.join(', ')}, got ${JSON.stringify(name)}.${suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`}`)
}

async function stats(cache: BakeCache, { flags }: Arguments): Promise<number> {
  const found = await cache.stats()
  if (flags.has('json')) printJson(found)
  else console.log(`${found.dir}: ${amount(found)}`)
  return EXIT.ok
}

async function verify(cache: BakeCache, { flags }: Arguments): Promise<number> {
  const found = await cache.verify()
  if (flags.has('json')) printJson(found)
  else {
    for (const { file, reason } of found.damaged) console.error(`error: ${file}: ${reason}`)
    if (!flags.has('quiet')) console.log(`${found.dir}: ${amount(found)}, ${found.damaged.length === 0 ? 'all whole' : `${found.damaged.length} damaged. They will be baked again`}`)
  }
  return found.damaged.length === 0 ? EXIT.ok : EXIT.failed
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
