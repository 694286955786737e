/** Ctrl-C, and what process managers send. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const interrupt = new AbortController()
const stop = (): void => interrupt.abort()

/** From now on the first Ctrl-C aborts the signal it gives, so that work is left in order; a second one ends the process. */
export function listenForInterrupts(): AbortSignal {
  for (const name of SIGNALS) process.once(name, stop)
  return interrupt.signal
}

/**
 * Does work that keeps this thread busy, during which no handler could run: until it is done Ctrl-C ends the process at once, as it does
 * for programs without a handler. For work that leaves nothing half done: that writes no file.
 */
export async function endable<T>(work: () => Promise<T>): Promise<T> {
  for (const name of SIGNALS) process.off(name, stop)
  try {
    return await work()
  } finally {
    if (!interrupt.signal.aborted) listenForInterrupts()
  }
}
