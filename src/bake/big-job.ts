import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants, getPriority, setPriority } from 'node:os'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { BakeResult } from '../core/pipeline.js'
import { readFrame, writeFrame } from './frames.js'
import { ownBuffers } from './transfer.js'
import type { BakeAnswer, BakeJob } from './worker.js'

const PROCESS = new URL('./big-job-process.js', import.meta.url)

/** Flags of this process that bound its memory, which hold for the other too. */
const BOUNDS = /^--max-/

/** What the process is asked. */
export interface BigJob {
  job: BakeJob
  file: string
  jobSeconds: number
  /** URL of the worker file. */
  worker: string
  /** Answer with a draft first. */
  wantsDraft: boolean
}

/** What it answers before the last: a draft, if one is wanted and to be had. */
export interface BigJobDraft {
  draft: BakeResult
}

/** What it answers: where the worker thread in it died, with the file that it was baking. */
export type BigJobAnswer = BakeAnswer & { file?: string | undefined }

export interface BigJobOptions extends Pick<BigJob, 'file' | 'jobSeconds'> {
  worker: URL
  /** Added to the process' niceness. */
  nice: number
  /** Ends the process. */
  signal: AbortSignal
  onDraft: ((draft: BakeResult) => void) | undefined
}

/**
 * Bakes in a process of its own that ends with the job, so that all it held goes back to the system. Threads share the C library's heap, in which freed pieces lie between
 * others: a build with maps of 4096² grew by 80 MB a map. And where memory runs out, it is that process that ends.
 *
 * The bake is a worker thread's there as well; so the process hears at once that this one has ended, and ends too.
 *
 * @param job its arrays are empty afterwards
 * @throws Error when the process ended without an answer.
 */
export async function runBigJob(job: BakeJob, { signal, worker, nice, onDraft, ...options }: BigJobOptions): Promise<BigJobAnswer> {
  signal.throwIfAborted()
  const flags = process.execArgv.filter((flag) => BOUNDS.test(flag))
  const child = spawn(process.execPath, [...flags, fileURLToPath(PROCESS)], { stdio: ['pipe', 'ignore', 'inherit', 'pipe'], windowsHide: true })
  if (nice > 0 && child.pid !== undefined) setPriority(child.pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + nice))
  const end = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', end)
  const ended = endOf(child)
  try {
    return await Promise.race([ask(child, { job, worker: worker.href, wantsDraft: onDraft !== undefined, ...options }, onDraft), ended])
  } catch {
    // A pipe that breaks says less than how the process ended.
    end()
    return await ended
  } finally {
    signal.removeEventListener('abort', end)
    end()
    // Only then its memory is free for the next.
    await ended.catch(() => undefined)
  }
}

async function ask({ stdin, stdio }: ChildProcess, question: BigJob, onDraft: BigJobOptions['onDraft']): Promise<BigJobAnswer> {
  if (stdin === null) throw new Error('expected a process with pipes')
  const answers = stdio[3] as Readable
  // (Each waits for its own end; without a listener a broken pipe would end this process.)
  for (const pipe of [stdin, answers]) pipe.on('error', () => undefined)
  await writeFrame(stdin, question)
  empty(question.job)
  for (;;) {
    const answer = (await readFrame(answers)) as BigJobAnswer | BigJobDraft
    if (!('draft' in answer)) return answer
    onDraft?.(answer.draft)
  }
}

/** Lets go of a job's arrays, whoever holds them. */
function empty({ sources: { depth, color }, prepared }: BakeJob): void {
  structuredClone(null, { transfer: ownBuffers([depth, ...(color ? [color] : []), ...(prepared ? [prepared.map.disparity] : [])]) })
}

async function endOf(child: ChildProcess): Promise<never> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  throw Object.assign(new Error(signal === null ? `process exited with code: ${code}` : `process ended by ${signal}`), { signal })
}
