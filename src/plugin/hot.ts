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
  current: Promise<BakedAsset> | null
  secondLook: NodeJS.Timeout | undefined
}

/** The maps that a dev server has been asked for, and the files each of them stands on. */
export interface LiveMaps {
  /** The newest state of a map. Asked several times at once, it bakes once; edited meanwhile, it starts over: a stale state is never given out. */
  load(map: string): Promise<BakedAsset>
  /** Called for each event of the watcher, before Vite's own handling: restarts what the file concerns. */
  noticed(file: string): void
  /** The maps that a file, which may be new or gone, concerns. */
  ownersOf(file: string): string[]
  close(): void
}

/** @param changedAgain told of a file that changed after its last event. */
export function createLiveMaps(baker: Baker, changedAgain: (file: string) => void): LiveMaps {
  const maps = new Map<string, LiveMap>()

  const ownersOf = (file: string): string[] => {
    const key = keyOf(file)
    return [...maps.keys()].filter((map) => {
      const { present, missing } = baker.dependencies(map)
      return [map, ...present, ...missing].some((source) => keyOf(source) === key)
    })
  }

  const bakeNewest = async (map: string, live: LiveMap): Promise<BakedAsset> => {
    for (;;) {
      const { edits } = live
      live.stop = new AbortController()
      try {
        const asset = await baker.bake(map, { signal: live.stop.signal })
        if (live.edits === edits) return asset
      } catch (error) {
        if (live.edits === edits) throw error
      }
    }
  }

  const lookAgain = (map: string, file: string, stamp: string): void => {
    if (stamp !== stampOf(file) && baker.isStale(map)) changedAgain(file)
  }

  return {
    load(map) {
      const live = maps.get(map) ?? { edits: 0, stop: new AbortController(), current: null, secondLook: undefined }
      maps.set(map, live)
      live.current ??= bakeNewest(map, live).finally(() => {
        live.current = null
      })
      return live.current
    },

    noticed(file) {
      const stamp = stampOf(file)
      for (const map of ownersOf(file)) {
        const live = maps.get(map)
        if (live === undefined) continue
        live.edits++
        live.stop.abort()
        clearTimeout(live.secondLook)
        live.secondLook = setTimeout(() => lookAgain(map, file, stamp), SECOND_LOOK).unref()
      }
    },

    ownersOf,

    close() {
      for (const { stop, secondLook } of maps.values()) {
        clearTimeout(secondLook)
        stop.abort()
      }
    },
  }
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
