import { nearestKey } from '../core/options.js'

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Of a word that is none of those known: the nearest of them, else all. */
export function unknownWord(what: string, typed: string, known: readonly string[]): UsageError {
  const near = nearestKey(typed, known)
  const all = `${what.charAt(0).toUpperCase()}${what.slice(1)}s: ${known.join(', ')}.`
  return new UsageError(`unknown ${what} ${JSON.stringify(typed)}. ${near === undefined ? all : `Did you mean ${JSON.stringify(near)}?`}`)
}

/** One error that tells all that is wrong with what was typed. */
export function usageError(faults: readonly string[]): UsageError {
  return new UsageError(faults.length === 1 ? faults[0] : [`${faults.length} faults:`, ...faults.map((fault) => `  ${fault}`)].join('\n'))
}
