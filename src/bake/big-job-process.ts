import { Socket } from 'node:net'
import type { BigJob, BigJobAnswer, BigJobDraft } from './big-job.js'
import { DepthMeshError } from '../core/errors.js'
import type { BakeResult } from '../core/pipeline.js'
import { readFrame, writeFrame } from './frames.js'
import { createPool } from './pool.js'

// The process that `runBigJob` starts: one job in, its answer out, then it is ended.

/** Where answers go: not to stdout, which anything may print to. */
const ANSWERS = 3

// Ctrl-C reaches every process of a terminal: whoever asked decides what it means.
process.on('SIGINT', () => undefined)

// Whoever asked may be gone: while it sent the job, or at any time after.
const { job, file, jobSeconds, worker, wantsDraft } = (await readFrame(process.stdin).catch(() => process.exit())) as BigJob
process.stdin.on('end', () => process.exit()).resume()
const pool = createPool({ workers: 1, jobSeconds, worker: new URL(worker) })
const answers = new Socket({ fd: ANSWERS })
let sent = Promise.resolve()
const send = (answer: BigJobAnswer | BigJobDraft): Promise<void> => (sent = sent.then(() => writeFrame(answers, answer)))
const onDraft = wantsDraft ? (draft: BakeResult) => void send({ draft }) : undefined
await send(await pool.run(job, { file, pixels: 0, onDraft }).then((result): BigJobAnswer => ({ ok: true, result }), refusal))

function refusal(error: unknown): BigJobAnswer {
  const { code, message, hint, stack, file } = error instanceof DepthMeshError ? error : new DepthMeshError('INTERNAL', String(error))
  return { ok: false, code, message, hint, stack, file }
}
