import { basename, dirname, isAbsolute, relative, resolve } from 'node:path'
import { DEFAULT_MAX_PIXELS } from '../core/depth/limits.js'
import { countPixels } from '../core/depth/map-size.js'
import type { DepthManifest } from '../core/glb/manifest.js'
import { DepthMeshError } from '../core/errors.js'
import type { SettingsLayer } from '../core/options.js'
import type { BakedFile, BakeResult, BakeSources, MapOptions } from '../core/pipeline.js'
import { nearestPackage, openCache, type CacheOptions } from './cache.js'
import { debug } from './debug.js'
import { createGate } from './gate.js'
import { joinJob, startJob, type DraftNews, type JobOutcome, type Jobs } from './jobs.js'
import { bakeKey, mapKey } from './key.js'
import type { BakePool } from './pool.js'
import { lookAt } from './read.js'
import type { ShapeRequest } from '../core/shape/request.js'
import { SourceChanged } from './source-file.js'
import type { SourceHashes } from './source-hashes.js'
import { SourceLog, type Dependencies } from './source-log.js'
import { readSources, type Sources } from './sources.js'
import { toolVersions } from './versions.js'

/** What is refused, so that a file by mistake or by malice cannot take the machine with it. */
export interface Limits {
  /** Pixels of a map. Default: 2^26. */
  maxPixels?: number | undefined
  /** Bytes of any source file. Default: 256 MiB. */
  maxFileBytes?: number | undefined
  /** Seconds that a bake may take; `Infinity`: as long as it takes. Default: 300. */
  jobSeconds?: number | undefined
}

/**
 * Bytes of maps, and of pictures about as large beside them, that are held at once, waiting for a worker too: a build asks for all of its maps at the same time,
 * and 50 of 4096² would be some 3 GB. One of those at a time, or four of 2048².
 */
const SOURCES_IN_FLIGHT = 2 ** 25

/**
 * How long workers wait for the next edit of a watched map, seconds. To start one takes 0.36 s, as long as a draft of 1024² itself; to keep one takes 50 to 150 MB.
 */
const PATIENT_IDLE_SECONDS = 600

/**
 * A watcher sweeps its cache this long after a bake, ms, when what it shows has long been read: Ctrl-C ends Vite's dev server at once, and where nobody builds, results of edits would pile up for ever.
 */
const SWEEP_AFTER_MS = 60_000

/**
 * Ends what is stuck, not what is slow: a photo of 2752 × 1536 is baked in 13 s alone, but an edit of it took more than 60 s where the page that showed it was drawn by the same two cores.
 */
const JOB_SECONDS = 300

const MAX_FILE_BYTES = 256 * 2 ** 20

export interface BakerOptions {
  /** Where relative paths start and the default cache is looked for. Default: the working directory. */
  root?: string | undefined
  /** Settings beneath each sidecar, lowest first (plugin options). */
  defaults?: readonly SettingsLayer[] | undefined
  /** Settings above each sidecar, lowest first (flags). */
  overrides?: readonly SettingsLayer[] | undefined
  /** Folders that `color` in a sidecar may not leave. Default: the package that the map lies in, else the map's own folder. */
  projectRoots?: readonly string[] | undefined
  /** `false`: bake always, keep nothing. */
  cache?: CacheOptions | false | undefined
  /** Bakes at once, at most. Default: the cores, at most 4. */
  workers?: number | undefined
  limits?: Limits | undefined
  /** Wait for files that look half-written, and long for the next edit: for watchers. Default: false. */
  patient?: boolean | undefined
  /** May this absolute path be read? Asked for every source, as written and where its links lead. */
  mayRead?: ((path: string) => boolean) | undefined
  /** Trouble that fails nothing, with the cache say: one line each. */
  onWarning?: ((message: string) => void) | undefined
  /** For progress. */
  onBake?: ((event: BakeEvent) => void) | undefined
  /** The bakes under way of other bakers, with the same cache and limits, which this one then shares. */
  jobs?: Jobs | undefined
}

/** News of a bake that is really done, not taken from the cache. */
export interface BakeEvent {
  /** The map, absolute. */
  file: string
  state: 'started' | 'baked' | 'failed'
}

export interface BakedAsset {
  /** URLs in it are names of `files`. */
  manifest: DepthManifest
  files: BakedFile[]
  dependencies: Dependencies
  /** Nothing was baked: the result was in the cache. */
  cached: boolean
  /** SHA-256 of all that the result depends on; that of a draft is the whole bake's. */
  key: string
  /** What a person should hear about the sources, beyond `manifest.preflight`: one line each. */
  warnings: string[]
}

export interface Baker {
  /**
   * Bakes a map with its companions, or takes the result from the cache. Equal bakes at the same time share one job; aborting one caller does not stop
   * it for the others.
   *
   * @param mapPath absolute or relative to `root`; errors name it as it stands here.
   * @param options.onDraft told of a draft (see `draftDepthMesh`) long before the bake is done. Not where the result is in the cache, nor after `signal` is aborted.
   *   It is kept nowhere.
   * @throws DepthMeshError naming the file that is at fault.
   */
  bake(mapPath: string, options?: { signal?: AbortSignal | undefined; onDraft?: ((draft: BakedAsset) => void) | undefined }): Promise<BakedAsset>
  /**
   * Reads a map's files and settings and hands them to `work`, on this thread: for looking at a map without baking it.
   *
   * @throws DepthMeshError naming the file that is at fault, also where `work` threw it.
   */
  withSources<T>(mapPath: string, work: (sources: BakeSources, options: MapOptions, files: Sources['files']) => Promise<T>, options?: { signal?: AbortSignal | undefined }): Promise<{ result: T; warnings: string[] }>
  /**
   * Bakes a shape of the library, or takes the result from the cache without making the shape.
   *
   * @param options.name what errors call it: the import that asks for it
   */
  bakeShape(request: ShapeRequest, options: { name: string; signal?: AbortSignal | undefined }): Promise<BakedAsset>
  /** The files that the last bake of a map looked at, failed or not. */
  dependencies(mapPath: string): Dependencies
  /** Have any of those files changed since? */
  isStale(mapPath: string): boolean
  /** Stops what is running, ends the workers, sweeps the cache. Safe to call twice; baking again starts anew. */
  close(): Promise<void>
}

/**
 * Makes a baker: sources → key → cache or worker → result. Starts nothing before the first bake.
 *
 * @example
 * const baker = createBaker({ overrides: [{ origin: '--fov-y', settings: { fovY: 40 } }] })
 * const { manifest, files } = await baker.bake('art/canyon.depth.png')
 * await baker.close()
 */
export function createBaker(options: BakerOptions = {}): Baker {
  const root = resolve(options.root ?? process.cwd())
  const { maxPixels = DEFAULT_MAX_PIXELS, maxFileBytes = MAX_FILE_BYTES, jobSeconds = JOB_SECONDS } = options.limits ?? {}
  const warn = options.onWarning ?? (() => undefined)
  const cache = options.cache === false ? null : openCache({ ...options.cache, root, onTrouble: warn, sweepAfter: options.patient ? SWEEP_AFTER_MS : undefined })
  /** (Loaded for the first bake: a build that has none goes without.) */
  let pool: Promise<BakePool> | undefined
  const openPool = (): Promise<BakePool> => {
    pool ??= import('./pool.js').then(({ createPool }) =>
      createPool({ workers: options.workers, jobSeconds, idleSeconds: options.patient ? PATIENT_IDLE_SECONDS : undefined, yielding: options.patient }))
    // what can't be loaded now (no more open files, say) may be later
    pool.catch(() => (pool = undefined))
    return pool
  }
  /** Watchers read what they bake: an edit counts more than 5 ms. */
  const hashes = options.patient ? undefined : cache?.hashes
  const door = createGate({ weight: SOURCES_IN_FLIGHT })
  let closing = new AbortController()
  const jobs: Jobs = options.jobs ?? new Map()
  const logs = new Map<string, SourceLog>()
  /** The picture that each map had when it last had one. */
  const pictures = new Map<string, string>()

  /** (One of its own for each: Node warns of ten listeners on one.) */
  const stoppedBy = (signal: AbortSignal | undefined): AbortSignal => AbortSignal.any(signal === undefined ? [closing.signal] : [signal, closing.signal])

  const read = (absolute: string, log: SourceLog, signal: AbortSignal | undefined, hashes?: SourceHashes): Promise<Sources> =>
    readSources(absolute, {
      defaults: options.defaults,
      overrides: options.overrides,
      projectRoots: options.projectRoots ?? [nearestPackage(dirname(absolute)) ?? dirname(absolute)],
      maxFileBytes,
      patient: options.patient ?? false,
      mayRead: options.mayRead,
      hashes,
      signal,
    }, log)

  const bakeAnew = async (key: string, sources: Sources, signal: AbortSignal, drafts: DraftNews): Promise<BakeResult> => {
    const { name, settings, shape, files: { depth: file } } = sources
    const [depth, color] = await Promise.all([sources.depth.bytes(), sources.color?.bytes()])
    const start = Date.now()
    debug('bake', () => `start ${key.slice(0, 8)} ${file}`)
    options.onBake?.({ file, state: 'started' })
    let state: BakeEvent['state'] = 'failed'
    try {
      const preparedKey = shape === undefined && cache ? await mapKey(sources, await toolVersions(hashes)) : null
      const known = preparedKey === null ? null : await cache?.getMap(preparedKey)
      const prepared = known && known.map.width * known.map.height <= maxPixels ? known : undefined
      const job = { sources: { name, depth, color }, settings, shape, maxPixels, prepared }
      const onDraft = (draft: BakeResult): void => {
        debug('bake', () => `draft ${key.slice(0, 8)} ${file} ${Date.now() - start} ms`)
        drafts.tell(draft)
      }
      const pixels = shape === undefined ? countPixels(depth) : shape.size ** 2
      const { manifest, files, prepared: fresh } = await (await openPool()).run(job, { file, pixels, signal, onDraft: drafts.isAwaited ? onDraft : undefined })
      if (preparedKey !== null && fresh !== null) await cache?.putMap(preparedKey, fresh)
      state = 'baked'
      // Through JSON, as the cache would: a hit can't be told from a miss.
      const result: BakeResult = { manifest: JSON.parse(JSON.stringify(manifest)) as DepthManifest, files }
      await cache?.put(key, result)
      return result
    } finally {
      debug('bake', () => `${state} ${key.slice(0, 8)} ${file} ${Date.now() - start} ms`)
      options.onBake?.({ file, state })
    }
  }

  const fromCacheOrAnew = async (key: string, sources: Sources, stop: AbortSignal, drafts: DraftNews): Promise<JobOutcome> => {
    const hit = await cache?.get(key)
    // An entry made under a higher limit is no reason to let the map through now: the bake will refuse it, in its own words.
    if (hit && hit.manifest.preflight.width * hit.manifest.preflight.height <= maxPixels) {
      debug('cache', () => `hit ${key.slice(0, 8)} ${sources.files.depth}`)
      return { result: hit, cached: true }
    }
    return { result: await bakeAnew(key, sources, stop, drafts), cached: false }
  }

  /** One job for all who ask for the same key at the same time. */
  const bakeOnce = async (key: string, sources: Sources, signal: AbortSignal, onDraft?: (draft: BakeResult) => void): Promise<JobOutcome> => {
    const start = () => startJob((stop, drafts) => fromCacheOrAnew(key, sources, stop, drafts), closing.signal)
    try {
      return await joinJob(jobs, key, start, { file: sources.files.depth, signal, onDraft })
    } catch (error) {
      throw nameFile(error, sources)
    }
  }

  return {
    async bake(mapPath, { signal, onDraft } = {}) {
      const absolute = resolve(root, mapPath)
      const log = new SourceLog()
      // What is known of the files stays known until they have been looked at again.
      if (!logs.has(absolute)) logs.set(absolute, log)
      const stop = stoppedBy(signal)
      const leave = await door.enter(lookAt(absolute)?.size ?? 0, stop, mapPath)
      const attempt = async (known: SourceHashes | undefined): Promise<BakedAsset> => {
        const sources = await read(absolute, log, stop, known).finally(() => logs.set(absolute, log))
        const warnings = [...sources.warnings, ...lostPicture(absolute, sources, pictures)]
        const key = await bakeKey(sources, await toolVersions(hashes))
        const assetOf = ({ manifest, files }: BakeResult, cached: boolean): BakedAsset => {
          return { manifest: structuredClone(manifest), files, dependencies: log.dependencies, cached, key, warnings }
        }
        const { result, cached } = await bakeOnce(key, sources, stop, onDraft && ((draft) => onDraft(assetOf(draft, false))))
        return assetOf(result, cached)
      }
      try {
        return await attempt(hashes).catch((error: unknown) => {
          if (error instanceof SourceChanged) return attempt(undefined)
          throw error
        })
      } catch (error) {
        throw isAbsolute(mapPath) ? error : nameRelative(error, root)
      } finally {
        leave()
      }
    },

    async bakeShape(request, { name, signal }) {
      // (Loaded here: what there is to know of shapes takes 10 ms of every start.)
      const { shapeSources } = await import('./shape-sources.js')
      const sources = shapeSources(request, { name, defaults: options.defaults })
      const key = await bakeKey(sources, await toolVersions(hashes))
      const { result, cached } = await bakeOnce(key, sources, stoppedBy(signal))
      return { manifest: structuredClone(result.manifest), files: result.files, dependencies: { present: [], missing: [] }, cached, key, warnings: [] }
    },

    async withSources(mapPath, work, { signal } = {}) {
      try {
        const sources = await read(resolve(root, mapPath), new SourceLog(), signal)
        const { name, depth, color, settings, files, warnings } = sources
        const options: MapOptions = { settings, maxPixels, ...(signal === undefined ? {} : { signal }) }
        const result = await work({ name, depth: await depth.bytes(), color: await color?.bytes() }, options, files).catch((error: unknown) => {
          throw nameFile(error, sources)
        })
        return { result, warnings }
      } catch (error) {
        throw isAbsolute(mapPath) ? error : nameRelative(error, root)
      }
    },

    dependencies(mapPath) {
      return logs.get(resolve(root, mapPath))?.dependencies ?? { present: [], missing: [] }
    },

    isStale(mapPath) {
      return logs.get(resolve(root, mapPath))?.isStale() ?? false
    },

    async close() {
      closing.abort()
      closing = new AbortController()
      await (await pool?.catch(() => undefined))?.close()
      await cache?.sweep()
    },
  }
}

/** Without a picture a map is lit unless settings say otherwise: nobody should wonder why it is black all at once. Who says `"color": null` knows. */
function lostPicture(map: string, { files, settings }: Sources, pictures: Map<string, string>): string[] {
  if (files.color !== null) pictures.set(map, files.color)
  else if (settings.color === null) pictures.delete(map)
  const lost = pictures.get(map)
  if (files.color !== null || lost === undefined) return []
  const black = settings.shading === 'unlit' ? '' : ', lit: a scene without lights shows it black'
  return [`${basename(map)}: has no colour picture any more (it was ${basename(lost)}) and is baked without one${black}. Put it back, or say "color": null in ${basename(files.sidecar)} if none is meant.`]
}

/** Errors from inside the core know no files: their codes tell which one they are about. */
function nameFile(error: unknown, { files }: Sources): unknown {
  if (!(error instanceof DepthMeshError)) return error
  if (error.code.startsWith('COLOR_')) return error.inFile(files.color ?? files.depth)
  return error.inFile(files.depth)
}

/** Paths below `root` as the caller writes them. */
function nameRelative(error: unknown, root: string): unknown {
  if (!(error instanceof DepthMeshError) || error.file === undefined || !isAbsolute(error.file)) return error
  const { code, message, hint, position, cause } = error
  return new DepthMeshError(code, message, { hint, file: relative(root, error.file), position, cause })
}
