import type { BakeResult } from '../core/pipeline.js'
import { aborted } from './gate.js'

/** Bakes under way, by key. */
export type Jobs = Map<string, Job>

/** One bake under way, for all who wait for it. */
export interface Job {
  outcome: Promise<JobOutcome>
  callers: number
  stop: AbortController
  /** Aborted when the baker closes that has begun it. */
  closing: AbortSignal
  done: boolean
  drafts: DraftNews
}

export interface JobOutcome {
  result: BakeResult
  /** Nothing was baked: the result was in the cache. */
  cached: boolean
}

/** Who waits for a job. */
export interface Caller {
  /** The map: for errors. */
  file: string
  /** Aborted when this caller gives up. */
  signal: AbortSignal
  onDraft?: DraftListener | undefined
}

type DraftListener = (draft: BakeResult) => void

/** Callers that wait for a job's draft, and the draft once it is there. */
export class DraftNews {
  readonly #waiting = new Set<DraftListener>()
  #draft: BakeResult | null = null

  get isAwaited(): boolean {
    return this.#waiting.size > 0
  }

  tell(draft: BakeResult): void {
    this.#draft = draft
    for (const listener of this.#waiting) listener(draft)
  }

  /** Tells it at once where the draft is there already. */
  add(listener: DraftListener): void {
    this.#waiting.add(listener)
    if (this.#draft) listener(this.#draft)
  }

  remove(listener: DraftListener): void {
    this.#waiting.delete(listener)
  }
}

/**
 * @param work is stopped by the signal it is given
 * @param closing aborted when the baker closes that begins it
 */
export function startJob(work: (stop: AbortSignal, drafts: DraftNews) => Promise<JobOutcome>, closing: AbortSignal): Job {
  const stop = new AbortController()
  const drafts = new DraftNews()
  const job: Job = { outcome: work(stop.signal, drafts), callers: 0, stop, closing, done: false, drafts }
  // Noted before any caller goes on, so that the last one stops nothing that has ended; and every caller may have left by the time it fails.
  const end = (): void => void (job.done = true)
  job.outcome.then(end, end)
  return job
}

/**
 * Waits for the job of a key together with whoever else waits for it; the last to leave stops it.
 *
 * @param start begins it where nobody has yet
 * @throws what the job throws; DepthMeshError `ABORTED` when this caller gives up
 */
export async function joinJob(jobs: Jobs, key: string, start: () => Job, caller: Caller): Promise<JobOutcome> {
  const job = jobs.get(key) ?? start()
  jobs.set(key, job)
  const forget = (): void => void (jobs.get(key) === job && jobs.delete(key))
  const { file, signal, onDraft } = caller
  // A caller who has left hears no more of it, also where the job goes on for others.
  const listener = onDraft && ((draft: BakeResult): void => void (signal.aborted || onDraft(draft)))
  if (listener) job.drafts.add(listener)
  job.callers++
  try {
    return await untilAborted(job.outcome, signal, file)
  } catch (error) {
    if (signal.aborted || !job.closing.aborted) throw error
    // Another baker had begun it and has closed: those who still wait do it themselves.
    forget()
  } finally {
    if (listener) job.drafts.remove(listener)
    if (--job.callers === 0) {
      if (!job.done) job.stop.abort()
      forget()
    }
  }
  return joinJob(jobs, key, start, caller)
}

/** A caller who gives up leaves; the job goes on for the others. */
function untilAborted<T>(outcome: Promise<T>, signal: AbortSignal, file: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(aborted(file))
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
