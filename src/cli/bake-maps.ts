import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Baker } from '../bake/bake.js'
import { DepthMeshError } from '../core/errors.js'
import type { Arguments } from './flags.js'
import { failure, type Baked, type Outcome } from './outcome.js'
import { createProgress } from './progress.js'
import { isNamedLikeSource } from './spare-sources.js'
import { levelsOf, writeOutputs } from './write-outputs.js'

export interface BakeJob {
  baker: Baker
  /** The folder that takes the files. */
  out: string
  signal: AbortSignal
}

/** Bakes maps, a few at once, into a folder, and shows how far it is; tells what became of each in the order it was done. Stops between maps once the signal is aborted. */
export async function bakeMaps(maps: readonly string[], job: BakeJob, { flags }: Arguments, onDone: (outcome: Outcome) => void): Promise<void> {
  const progress = createProgress(flags.has('quiet') || flags.has('json'))
  const queue = [...maps]
  const running = new Set<string>()
  const write = inTurn()
  let done = 0
  const show = (file: string | undefined): void => void (file !== undefined && progress.show(done, maps.length, file))
  const next = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined && !job.signal.aborted; file = queue.shift()) {
      running.add(file)
      show(file)
      const outcome = await bakeMap(file, job, write)
      running.delete(file)
      done++
      progress.clear()
      if (job.signal.aborted) return
      // (The table comes when all are done: of many maps that may be minutes later.)
      if (outcome.ok && maps.length > 1) progress.leave(doneLine(outcome, done, maps.length))
      onDone(outcome)
      show([...running][0])
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(queue.length, availableParallelism()) }, next))
  } finally {
    progress.clear()
  }
}

/** `[3/16] art/canyon.depth.png, 4 levels, 2.1 s` */
function doneLine({ file, manifest: { lods }, cached, milliseconds }: Baked, done: number, of: number): string {
  return `[${done}/${of}] ${file}, ${lods.length} ${lods.length === 1 ? 'level' : 'levels'}, ${cached ? 'from the cache' : `${(milliseconds / 1000).toFixed(1)} s`}`
}

/** Bakes one map and writes its files. Never throws: trouble is an outcome. */
async function bakeMap(file: string, { baker, out, signal }: BakeJob, write: InTurn): Promise<Outcome> {
  const started = performance.now()
  try {
    const { manifest, files, cached, warnings } = await baker.bake(file, { signal })
    await write(async () => {
      const manifestName = `${manifest.name}.json`
      const earlier = await levelsOf(join(out, manifestName))
      if (earlier === null && !isNamedLikeSource(manifestName)) refuseForeign(join(out, manifestName))
      const written = new Set(files.map(({ name }) => name))
      await refuseLevelsOfOthers(file, { out, manifestName, written })
      await writeOutputs(out, [...files, { name: manifestName, bytes: `${JSON.stringify(manifest, null, 2)}\n` }], {
        sources: baker.dependencies(file).present,
        // (Of a map that is called canyon.depth it is canyon.depth.json.)
        ours: earlier === null ? undefined : new Set([manifestName]),
        stale: earlier?.filter((name) => !written.has(name)),
        signal,
      })
    })
    return { file, ok: true, manifest, cached, milliseconds: performance.now() - started, warnings }
  } catch (error) {
    return failure(file, error)
  }
}

/** A map may be called like what is in the folder already: `package`. */
function refuseForeign(file: string): void {
  if (!existsSync(file)) return
  throw new DepthMeshError('OUTPUT_UNWRITABLE', 'expected no such file, or the manifest of an earlier bake, found another', { file, hint: 'Name another folder in --out, or move this file away.' })
}

/** The variant of one map may be called like another map: `rock.variant1`. */
async function refuseLevelsOfOthers(file: string, { out, manifestName, written }: { out: string; manifestName: string; written: ReadonlySet<string> }): Promise<void> {
  for (const name of written) {
    const parts = name.split('.')
    for (const manifest of parts.map((_, i) => `${parts.slice(0, i).join('.')}.json`)) {
      if (manifest === manifestName || !existsSync(join(out, manifest)) || !(await levelsOf(join(out, manifest)))?.includes(name)) continue
      throw new DepthMeshError('OUTPUT_UNWRITABLE', `expected files of its own, found ${name} of ${manifest}`, { file, hint: 'Bake them into different folders.' })
    }
  }
}

type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** Does one thing after the other, so that each sees what the one before has written. */
function inTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
}
