import type { Arguments } from './flags.js'
import { failure, reportFailure } from './outcome.js'
import { createProgress } from './progress.js'

/**
 * Does something with each map in turn and shows how far it is. `work` gives a function that says what came of it; a map that fails is reported and does not
 * stop the others.
 *
 * @returns how many failed
 */
export async function eachMap(maps: readonly string[], args: Arguments, signal: AbortSignal, work: (file: string) => Promise<() => void>): Promise<number> {
  const progress = createProgress(args.flags.has('quiet') || args.flags.has('json'))
  let failed = 0
  for (const [i, file] of maps.entries()) {
    if (signal.aborted) break
    progress.show(i, maps.length, file)
    try {
      const say = await work(file)
      progress.clear()
      say()
    } catch (error) {
      progress.clear()
      if (signal.aborted) break
      failed++
      reportFailure(failure(file, error), args)
    }
  }
  return failed
}
