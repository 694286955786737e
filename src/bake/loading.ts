/**
 * Where a worker stands that may still be loading what it bakes with, shared with whoever may stop it: a thread that is ended while it reads its modules leaves their files open for as long as
 * the process lives. Thirty edits, each of which overtook a bake that had just begun, left 376 open on Node 20.
 */
export type LoadPhase = Int32Array<SharedArrayBuffer>

const LOADING = 0
const LOADED = 1
const STOPPED = 2

export function newLoadPhase(): LoadPhase {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
}

/** Asks a worker to stop. False where it has loaded: then it has to be ended. */
export function stopLoading(phase: LoadPhase): boolean {
  return Atomics.compareExchange(phase, 0, LOADING, STOPPED) !== LOADED
}

/** Called by a worker that has loaded. False where it was stopped meanwhile: then it answers at once, and is ready for the next job. */
export function endLoading(phase: LoadPhase): boolean {
  return Atomics.compareExchange(phase, 0, LOADING, LOADED) !== STOPPED
}
