import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { Piscina } from 'piscina'
import { BUG_HINT, DepthMeshError } from '../core/errors.js'
import type { BakeResult } from '../core/pipeline.js'
import { runBigJob, type BigJobAnswer } from './big-job.js'
import { aborted, createGate } from './gate.js'
import { newLoadPhase, stopLoading } from './loading.js'
import { ownBuffers } from './transfer.js'
import type { BakeAnswer, BakeJob, BakeOutcome } from './worker.js'

/** More bakes at once than this are bounded by memory, not by cores. */
const MOST_WORKERS = 4
/**
 * Pixels of all maps that are being baked at once; a larger one is baked alone. With a picture and a hidden layer a bake holds up to 40 bytes a pixel: 720 MB of 4096², beside
 * 230 MB of a process with Vite, where a build may take 1,500. So one map of 4096² at a time, or four of 2048².
 */
const PIXELS_IN_FLIGHT = 2 ** 24
/** A map beyond this is baked in a process of its own, which takes 0.3 s to start. Sixteen maps of 2048² in threads stay below 1,050 MB. Pixels. */
const BIG_JOB = 2 ** 23
/** How long a worker waits for more work before it ends, seconds. */
const IDLE_SECONDS = 30
/**
 * By how much a bake gives way where others wait for the same cores, as `nice` counts: of two cores that a browser shares, a dev server then waits 50 ms for its turn
 * instead of 160 while it bakes.
 */
const NICE = 10
/** Linux has priorities of threads; elsewhere one would be the whole server's. */
const NICE_THREAD = process.platform === 'linux' ? NICE : 0

/** How long a worker that is stopped may go on loading before it is ended all the same, ms: 100 times what it takes. */
const LOADING_MS = 30_000

/** The longest that a timer of Node waits, ms: 25 days. A longer one would go off at once. */
const LONGEST_TIMER = 2 ** 31 - 1

export interface PoolOptions {
  /** Bakes at once, at most. */
  workers?: number | undefined
  /** A bake may take this long, seconds; `Infinity`: as long as it takes. */
  jobSeconds: number
  /** How long a worker waits for more work before it ends, seconds. Default: 30. */
  idleSeconds?: number | undefined
  /** Lets everything else on the machine go first: for servers. Default: false. */
  yielding?: boolean | undefined
  /** Another worker file: for tests. */
  worker?: URL | undefined
}

export interface JobOptions {
  /** The map: for errors. */
  file: string
  /** Its size, pixels. */
  pixels: number
  signal?: AbortSignal | undefined
  /** Asks for a draft on the way; called once, or not at all where there is none to be had. */
  onDraft?: ((draft: BakeResult) => void) | undefined
}

export interface BakePool {
  /**
   * Takes the job's sources and its prepared map along: their arrays are empty afterwards.
   *
   * @throws DepthMeshError what the bake threw; `ABORTED`, `TIMEOUT`; `INTERNAL` when the worker died.
   */
  run(job: Omit<BakeJob, 'drafts' | 'lastWords' | 'loading'>, options: JobOptions): Promise<BakeOutcome>
  /** Stops what is running. The pool can be used again afterwards. */
  close(): Promise<void>
}

/**
 * Bakes off the main thread, in worker threads that are kept, and big maps in processes that are not: one job a worker, since a crash takes all of its jobs along; pixels in flight bounded,
 * since 16 small maps fit where one large one does; a deadline and an abort on every job, since a hang without one never lets the process end.
 */
export function createPool({ workers, jobSeconds, idleSeconds = IDLE_SECONDS, yielding = false, worker = new URL('./worker.js', import.meta.url) }: PoolOptions): BakePool {
  const slots = Math.max(1, workers ?? Math.min(MOST_WORKERS, availableParallelism()))
  const gate = createGate({ slots, weight: PIXELS_IN_FLIGHT })
  let threads: Promise<Piscina> | undefined
  let closing = new AbortController()

  const start = async (): Promise<Piscina> => {
    if (!existsSync(worker)) throw new DepthMeshError('INTERNAL', `expected a worker at ${fileURLToPath(worker)}, found no file`, { hint: 'Build or install depthmesh again.' })
    const { Piscina } = await import('piscina')
    const pool = new Piscina({
      filename: fileURLToPath(worker),
      minThreads: 0,
      maxThreads: slots,
      concurrentTasksPerWorker: 1,
      idleTimeout: idleSeconds * 1000,
      atomics: 'disabled',
      execArgv: [],
      niceIncrement: yielding ? NICE_THREAD : 0,
    })
    // A worker that dies between jobs is replaced by the next; without a listener its death would be the process's.
    pool.on('error', () => undefined)
    return pool
  }

  const runInThread = async (job: BakeJob, signal: AbortSignal, onDraft: ((draft: BakeResult) => void) | undefined): Promise<BigJobAnswer> => {
    threads ??= start()
    const pool = await threads
    signal.throwIfAborted()
    const loading = newLoadPhase()
    const ending = new AbortController()
    const end = (): void => ending.abort()
    let patience: NodeJS.Timeout | undefined
    const stop = (): void => {
      if (stopLoading(loading)) patience = setTimeout(end, LOADING_MS).unref()
      else end()
    }
    signal.addEventListener('abort', stop, { once: true })
    const { sources: { depth, color }, prepared } = job
    const transferList: (ArrayBuffer | MessagePort)[] = ownBuffers([depth, ...(color ? [color] : []), ...(prepared ? [prepared.map.disparity] : [])])
    const line = onDraft && openLine(onDraft)
    if (line) transferList.push(line.sender)
    const lastWords = new MessageChannel()
    transferList.push(lastWords.port2)
    try {
      return (await pool.run({ ...job, drafts: line?.sender, lastWords: lastWords.port2, loading }, { signal: ending.signal, transferList })) as BakeAnswer
    } catch (cause) {
      const left = receiveMessageOnPort(lastWords.port1) as { message: BakeAnswer } | undefined
      if (left === undefined) throw cause
      return left.message
    } finally {
      signal.removeEventListener('abort', stop)
      clearTimeout(patience)
      line?.close()
      lastWords.port1.close()
    }
  }

  return {
    async run(job, { file, pixels, signal, onDraft }) {
      const stop = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      const release = await gate.enter(pixels, stop, file)
      try {
        const deadline = deadlineIn(jobSeconds)
        const until = deadline === null ? stop : AbortSignal.any([stop, deadline])
        const tell = onDraft && ((draft: BakeResult): void => void (until.aborted || onDraft(draft)))
        const answer = await (pixels > BIG_JOB ? runBigJob(job, { file, jobSeconds, worker, nice: yielding ? NICE : 0, signal: until, onDraft: tell }) : runInThread(job, until, tell)).catch((cause: unknown) => {
          throw stop.aborted ? aborted(file) : deadline?.aborted ? tooSlow(file, jobSeconds) : cause instanceof DepthMeshError ? cause : died(file, cause)
        })
        if (answer.ok) return answer.result
        throw answer.code !== 'ABORTED' ? failed(answer) : stop.aborted ? aborted(file) : tooSlow(file, jobSeconds)
      } finally {
        release()
      }
    },

    async close() {
      closing.abort()
      closing = new AbortController()
      const ending = threads
      threads = undefined
      await (await ending)?.destroy()
    },
  }
}

/** (Node takes whole milliseconds alone.) */
function deadlineIn(seconds: number): AbortSignal | null {
  return seconds === Infinity ? null : AbortSignal.timeout(Math.min(Math.ceil(seconds * 1000), LONGEST_TIMER))
}

/** A line of its own from a job to here, since a task of piscina answers but once. */
function openLine(onDraft: (draft: BakeResult) => void): { sender: MessagePort; close(): void } {
  const { port1, port2 } = new MessageChannel()
  port1.once('message', onDraft)
  return { sender: port2, close: () => port1.close() }
}

function failed({ code, message, hint, stack, file }: Extract<BigJobAnswer, { ok: false }>): DepthMeshError {
  const error = new DepthMeshError(code, message, { hint, file })
  // Where a bug is matters; where a refusal of an input was thrown does not.
  if (code === 'INTERNAL' && stack !== undefined) error.stack = stack
  return error
}

function tooSlow(file: string, jobSeconds: number): DepthMeshError {
  return new DepthMeshError('TIMEOUT', `expected a bake within ${jobSeconds} s, stopped it then`, { file, hint: 'Bake a smaller map, or raise limits.jobSeconds.' })
}

function died(file: string, cause: unknown): DepthMeshError {
  const { code, message, signal } = cause as NodeJS.ErrnoException & { signal?: string }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new DepthMeshError('INTERNAL', 'the worker ran out of memory', { file, hint: 'Bake a smaller map, or set "workers" to 1.', cause })
  }
  // Ctrl-C before it listened.
  if (signal === 'SIGINT') return aborted(file)
  if (signal === 'SIGKILL') {
    return new DepthMeshError('INTERNAL', 'the worker was killed from outside', { file, hint: 'Systems do that where memory runs out: bake a smaller map, or set "workers" to 1.', cause })
  }
  return new DepthMeshError('INTERNAL', `the worker ended (${message})`, { file, hint: BUG_HINT, cause })
}
