import { parseArgs } from 'node:util'
import { nearestKey } from '../core/options.js'
import { UsageError, usageError } from './usage-error.js'

/** A flag as help shows it and as the parser knows it. */
export interface Flag {
  /** Without the dashes. */
  name: string
  /** How help names its value; `null`: a switch. */
  value: string | null
  meaning: string
  /** Its default as people read it. */
  fallback?: string
  /** A switch that can be turned off too: `--solid=false`. */
  negatable?: boolean
}

/** What was typed after the command. */
export interface Arguments {
  positionals: string[]
  /** By name, without the dashes; `true` for a switch without a value. */
  flags: ReadonlyMap<string, string | true>
}

/** Flags of every command. */
export const commonFlags: readonly Flag[] = [
  { name: 'json', value: null, meaning: 'one JSON object per line on standard output, for programs' },
  { name: 'quiet', value: null, meaning: 'errors only' },
  { name: 'verbose', value: null, meaning: 'more about each file, and stack traces of bugs' },
  { name: 'help', value: null, meaning: 'this page' },
]

/** Flags of the commands that read or write the cache. */
export const cacheDirFlag: Flag = { name: 'cache-dir', value: '<folder>', meaning: 'where results are kept', fallback: 'DEPTHMESH_CACHE_DIR, else node_modules/.cache/depthmesh' }
export const noCacheFlag: Flag = { name: 'no-cache', value: null, meaning: 'bake afresh and keep nothing' }

/** Flag of the commands that write files. */
export const outFlag: Flag = { name: 'out', value: '<folder>', meaning: 'where the files go; made when missing' }

/**
 * Splits a command line by the flags a command knows.
 *
 * @throws UsageError for all unknown flags (with the nearest known one), missing values, values where none belongs.
 */
export function parseFlags(argv: readonly string[], known: readonly Flag[]): Arguments {
  const byName = new Map(known.map((flag) => [flag.name, flag]))
  const options = Object.fromEntries(known.map(({ name, value }) => [name, { type: value === null ? 'boolean' : 'string', ...(name === 'help' ? { short: 'h' } : {}) } as const]))
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true })
  const positionals: string[] = []
  const flags = new Map<string, string | true>()
  const faults: string[] = []
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'positional' && !answers(token.value, tokens[i - 1], byName)) positionals.push(token.value)
    if (token.kind !== 'option') continue
    const flag = byName.get(token.name)
    if (flag === undefined) faults.push(unknownFlag(token.rawName, known))
    else if (flag.value === null) {
      const negated = flag.negatable === true && token.value !== undefined
      if (token.value !== undefined && !negated) faults.push(`${token.rawName}: expected no value, got ${JSON.stringify(token.value)}. Leave the value out.`)
      const next = tokens[i + 1]
      const answer = next?.kind === 'positional' && answers(next.value, token, byName) ? next.value : undefined
      flags.set(flag.name, token.value ?? answer ?? true)
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith('--'))) faults.push(`${token.rawName}: expected ${flag.value}, got nothing. ${flag.name}: ${flag.meaning}.`)
    else flags.set(flag.name, token.value)
  }
  if (faults.length > 0) throw usageError(faults)
  return { positionals, flags }
}

/**
 * The folder of `--out`.
 *
 * @throws UsageError
 */
export function outFolder({ flags }: Arguments): string {
  const out = flags.get('out')
  if (typeof out !== 'string' || out === '') throw new UsageError('expected --out <folder>, got none. Say where the files go.')
  return out
}

/** `--solid true`: the word after a switch that the sidecar would give a value to is that value, and no file. */
function answers(word: string, before: { kind: string; name?: string; value?: string | undefined } | undefined, byName: ReadonlyMap<string, Flag>): boolean {
  if (word !== 'true' && word !== 'false') return false
  return before?.kind === 'option' && before.value === undefined && byName.get(before.name ?? '')?.negatable === true
}

function unknownFlag(typed: string, known: readonly Flag[]): string {
  const suggestion = nearestKey(typed.replace(/^-+/, ''), known.map(({ name }) => name))
  return `unknown flag ${typed}. ${suggestion === undefined ? '--help lists the flags.' : `Did you mean --${suggestion}?`}`
}
