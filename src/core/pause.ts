/**
 * Stops between two pieces of work that keep the thread busy, so that an abort can be heard: by a timer, by what arrives. Without a signal there is nothing to hear.
 *
 * @throws the signal's reason once it is aborted.
 */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return
  signal.throwIfAborted()
  // The event loop comes to immediates before it comes to timers: one turn later it has been everywhere.
  await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
  signal.throwIfAborted()
}
