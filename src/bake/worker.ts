import type { MessagePort } from 'node:worker_threads'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import { BUG_HINT, DepthMeshError, type DepthMeshErrorCode } from '../core/errors.js'
import type { SettingsInput } from '../core/options.js'
import type { WholeRequest } from '../core/shape/request.js'
import type * as pipeline from '../core/pipeline.js'
import type { BakeOptions, BakeResult, BakeSources, PreparedMap } from '../core/pipeline.js'
import type * as libraries from '../core/texture/libraries.js'
import { debug } from './debug.js'
import { endLoading, type LoadPhase } from './loading.js'
import { ownBuffers } from './transfer.js'

/** One bake, as a worker gets it. Its large arrays are handed over. */
export interface BakeJob {
  sources: BakeSources
  settings: SettingsInput
  /** A shape to make first: its map and its picture take the place of those in `sources`, its size in metres that in `settings`. */
  shape?: WholeRequest | undefined
  /** Refuse pictures larger than this, pixels. */
  maxPixels: number
  /** The map, if an earlier bake has prepared it. */
  prepared?: PreparedMap | undefined
  /** Where a draft is sent as soon as there is one; without it none is made. */
  drafts?: MessagePort | undefined
  /** Where a worker whose WebAssembly was stopped half-way leaves its answer before it ends itself: had it answered, it would be given the next job as well. */
  lastWords?: MessagePort | undefined
  /** Told when all is loaded. */
  loading?: LoadPhase | undefined
}

/** What a worker made of it. */
export interface BakeOutcome extends BakeResult {
  /** The map that was prepared on the way, where that was worth keeping: where something had to be mended. */
  prepared: PreparedMap | null
}

/** What comes back. Errors travel as data: a thrown one loses its code on the way. */
export type BakeAnswer =
  | { ok: true; result: BakeOutcome }
  | { ok: false; code: DepthMeshErrorCode; message: string; hint: string | undefined; stack: string | undefined }

/** Bakes one map. Runs in a worker thread. */
export default async function bakeInWorker(job: BakeJob): Promise<BakeAnswer> {
  try {
    const { bakeDepthMesh, prepareMap, keepNoPictures, useOneImageThread } = await loadStages(job)
    if (job.loading !== undefined && !endLoading(job.loading)) return { ok: false, code: 'ABORTED', message: 'stopped', hint: undefined, stack: undefined }
    useOneImageThread()
    keepNoPictures()
    const { maxPixels, drafts } = job
    const request = job.shape === undefined ? job : await withShape(job, job.shape)
    const { settings } = request
    let { sources } = request
    const prepared = job.prepared ?? (await prepareMap(sources, { settings, maxPixels }))
    if (drafts !== undefined) await sendDraft(drafts, sources, { settings, maxPixels, prepared })
    // What was decoded is all that counts from here on: the files of a map of 4096² and of its picture are 60 MB.
    if (prepared.picture !== undefined) sources = request.sources = { name: sources.name, depth: new Uint8Array() }
    const { manifest, files } = await bakeDepthMesh(sources, { settings, maxPixels, prepared })
    const { map, report } = prepared
    const keep = job.prepared === undefined && (report.cleaned?.length ?? 0) > 0
    const result: BakeOutcome = { manifest, files, prepared: keep ? { map, report } : null }
    return handOver({ ok: true, result }, [...files.map(({ bytes }) => bytes), ...(keep ? [map.disparity] : [])])
  } catch (error) {
    const answer = refusalOf(error)
    const { lastWords } = job
    if (!isTrap(error) || lastWords === undefined) return answer
    lastWords.postMessage(answer, [])
    process.exit(1)
  }
}

type Stages = Pick<typeof pipeline, 'bakeDepthMesh' | 'prepareMap'> & Pick<typeof libraries, 'keepNoPictures' | 'useOneImageThread'>

/** Loaded here and not at the top: a worker that fails while it starts (sharp without its binary) could not say why. And all at once: what is loaded later may be cut off. */
async function loadStages({ drafts, shape }: BakeJob): Promise<Stages> {
  const { bakeDepthMesh, prepareMap } = await import('../core/pipeline.js')
  const { keepNoPictures, useOneImageThread } = await import('../core/texture/libraries.js')
  if (drafts !== undefined) await import('../core/draft.js')
  if (shape !== undefined) await import('../core/shape.js')
  return { bakeDepthMesh, prepareMap, keepNoPictures, useOneImageThread }
}

function refusalOf(error: unknown): BakeAnswer {
  const known = error instanceof DepthMeshError
  const thrown = error instanceof Error ? error : new Error(String(error))
  return {
    ok: false,
    code: known ? error.code : 'INTERNAL',
    message: thrown.message,
    hint: known ? error.hint : BUG_HINT,
    stack: thrown.stack,
  }
}

/** A draft that comes to nothing is no reason to fail: the whole follows. */
async function sendDraft(drafts: MessagePort, sources: BakeSources, options: BakeOptions): Promise<void> {
  try {
    const { draftDepthMesh } = await import('../core/draft.js')
    const draft = await draftDepthMesh(sources, options)
    if (draft !== null) drafts.postMessage(draft, ownBuffers(draft.files.map(({ bytes }) => bytes)))
  } catch (error) {
    if (isTrap(error)) throw error
    debug('bake', () => `no draft of ${sources.name}: ${String(error)}`)
  }
}

/** Has WebAssembly stopped where it stood? */
function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || (error instanceof Error && error.cause instanceof WebAssembly.RuntimeError)
}

async function withShape({ sources: { name }, settings }: BakeJob, shape: WholeRequest): Promise<Pick<BakeJob, 'sources' | 'settings'>> {
  const { makeShape } = await import('../core/shape.js')
  const { depth, color, settings: { width, relief } } = await makeShape(shape)
  return { sources: { name, depth, color }, settings: { ...settings, ...(width === undefined ? {} : { width }), ...(relief === undefined ? {} : { relief }) } }
}

function handOver<T extends object>(value: T, arrays: readonly ArrayBufferView[]): T {
  return move({ [transferableSymbol]: ownBuffers(arrays), [valueSymbol]: value } as never) as T
}
