import { normalizePath, type DevEnvironment, type EnvironmentModuleNode } from 'vite'
import type { BakedAsset, Baker } from '../bake/bake.js'
import { stampOf } from '../bake/read.js'

/** How long after an event a file is looked at again, ms: chokidar drops events within 50 ms of the previous one, so the last write of a burst may go unreported. */
const SECOND_LOOK = 70

interface LiveMap {
  /** Counts the edits of its sources. */
  edits: number
  /** Of the bake under way. */
  stop: AbortController
  bake: LiveBake | null
  /** Key of the newest state that was given out whole. */
  shown: string | null
  secondLook: NodeJS.Timeout | undefined
}

/** A bake that somebody waits for. */
interface LiveBake {
  whole: Promise<BakedAsset>
  /** What there is first: a draft, or the whole. */
  first: Deferred<BakedAsset>
  /** `first` is a draft. */
  drafted: boolean
  /** Who was given the draft, and is owed the whole. */
  owed: Set<DevEnvironment>
  settled: boolean
}

/** The maps that a dev server has been asked for, and the files each of them stands on. */
export interface LiveMaps {
  /**
   * The newest state of a map. Asked several times at once, it bakes once; edited meanwhile, it starts over: a stale state is never given out.
   *
   * @param taker who may be given a draft, and be told then when the whole is there; without it none is given.
   */
  load(map: string, taker?: DevEnvironment): Promise<BakedAsset>
  /** Called for each event of the watcher, before Vite's own handling: restarts what the file concerns. */
  noticed(file: string): void
  /** The maps that a file, which may be new or gone, concerns. */
  ownersOf(file: string): string[]
  /** The maps among these of which there is a newer state than the one of this key, given out already or not. */
  newerThan(key: unknown, isMeant: (map: string) => boolean): string[]
  close(): void
}

export interface LiveMapsOptions {
  /** Is somebody told of a map's edits? For others a draft would be a reload more. */
  isListened: (map: string) => boolean
  /** Told of a file that changed after its last event. */
  onChangedAgain: (file: string) => void
  /** Told when a map of which drafts were given out is there, or has failed: `load` gives it now. */
  onWhole: (map: string, takers: readonly DevEnvironment[]) => void
}

export function createLiveMaps(baker: Baker, { isListened, onChangedAgain, onWhole }: LiveMapsOptions): LiveMaps {
  const maps = new Map<string, LiveMap>()

  const ownersOf = (file: string): string[] => {
    const key = keyOf(file)
    return [...maps.keys()].filter((map) => {
      const { present, missing } = baker.dependencies(map)
      return [map, ...present, ...missing].some((source) => keyOf(source) === key)
    })
  }

  const bakeNewest = async (map: string, live: LiveMap, onDraft: (draft: BakedAsset) => void): Promise<BakedAsset> => {
    for (;;) {
      const { edits } = live
      live.stop = new AbortController()
      try {
        const asset = await baker.bake(map, { signal: live.stop.signal, onDraft: edits > 0 && isListened(map) ? onDraft : undefined })
        if (live.edits === edits) return asset
      } catch (error) {
        if (live.edits === edits) throw error
      }
    }
  }

  const start = (map: string, live: LiveMap): LiveBake => {
    const giveDraft = (draft: BakedAsset): void => {
      // A file that was saved as it was has nothing new to show.
      if (draft.key === live.shown) return
      bake.drafted = true
      bake.first.resolve(draft)
    }
    const bake: LiveBake = { whole: bakeNewest(map, live, giveDraft), first: deferred(), drafted: false, owed: new Set(), settled: false }
    const settle = (): void => {
      bake.settled = true
      if (bake.owed.size === 0) live.bake = null
      else onWhole(map, [...bake.owed])
    }
    bake.whole.then(
      (asset) => {
        live.shown = asset.key
        bake.first.resolve(asset)
        settle()
      },
      (error: unknown) => {
        bake.first.reject(error)
        settle()
      },
    )
    return bake
  }

  const lookAgain = (map: string, file: string, stamp: string): void => {
    if (stamp !== stampOf(file) && baker.isStale(map)) onChangedAgain(file)
  }

  return {
    async load(map, taker) {
      const live = maps.get(map) ?? { edits: 0, stop: new AbortController(), bake: null, shown: null, secondLook: undefined }
      maps.set(map, live)
      const bake = (live.bake ??= start(map, live))
      if (taker === undefined) return bake.whole
      if (bake.settled) {
        bake.owed.delete(taker)
        if (bake.owed.size === 0) live.bake = null
        return bake.whole
      }
      const asset = await bake.first.promise
      if (asset.manifest.draft) bake.owed.add(taker)
      return asset
    },

    noticed(file) {
      const stamp = stampOf(file)
      for (const map of ownersOf(file)) {
        const live = maps.get(map)
        if (live === undefined) continue
        live.edits++
        live.stop.abort()
        if (live.bake) forgetDraft(live, live.bake)
        clearTimeout(live.secondLook)
        live.secondLook = setTimeout(() => lookAgain(map, file, stamp), SECOND_LOOK).unref()
      }
    },

    ownersOf,

    newerThan(key, isMeant) {
      return [...maps].flatMap(([map, { shown }]) => (isMeant(map) && (baker.isStale(map) || (shown !== null && shown !== key)) ? [map] : []))
    },

    close() {
      for (const { stop, secondLook } of maps.values()) {
        clearTimeout(secondLook)
        stop.abort()
      }
    },
  }
}

/** After an edit nobody is given the draft of the state before, nor owed its whole: they will ask again. */
function forgetDraft(live: LiveMap, bake: LiveBake): void {
  if (bake.settled) live.bake = null
  bake.owed.clear()
  if (bake.drafted) bake.first = deferred()
  bake.drafted = false
}

interface Deferred<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (reason: unknown) => void
}

function deferred<T>(): Deferred<T> {
  const parts = {} as Deferred<T>
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
  // Maybe nobody waits for it.
  parts.promise.catch(() => undefined)
  return parts
}

/**
 * The modules to update in one environment when a source of `maps` changed: the modules of the maps, and the others that Vite found for the file itself
 * (`canyon.depth.png?url`, a colour picture that is imported as a picture too).
 */
export function modulesToUpdate(environment: DevEnvironment, maps: readonly string[], found: readonly EnvironmentModuleNode[], isMapModule: (id: string) => boolean): EnvironmentModuleNode[] {
  const modules = new Set(found.filter(({ id }) => id !== null))
  for (const map of maps) {
    for (const module of environment.moduleGraph.getModulesByFile(map) ?? []) {
      if (module.id === null || !isMapModule(module.id)) continue
      modules.add(module)
      // What Vite invalidates for an update it still takes from a load that has begun before: the page would be given the old state as the new one, for good.
      environment.moduleGraph.invalidateModule(module)
      // Not analysed: its first load failed, and Vite would stop here, so the page never recovered. Accepted by an importer: that is the user's wish.
      const importers = [...module.importers]
      if (module.isSelfAccepting === undefined || importers.some(({ acceptedHmrDeps }) => acceptedHmrDeps.has(module))) module.isSelfAccepting = false
    }
  }
  return [...modules]
}

/** Whatever case an extension has, whatever Unicode form a name. */
function keyOf(file: string): string {
  return normalizePath(file).normalize('NFC').toLowerCase()
}
