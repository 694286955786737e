/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** One error that tells all that is wrong with what was typed. */
export function usageError(faults: readonly string[]): UsageError {
  return new UsageError(faults.length === 1 ? faults[0] : [`${faults.length} faults:`, ...faults.map((fault) => `  ${fault}`)].join('\n'))
}
