import { normalizePath, type DevEnvironment, type EnvironmentModuleNode, type ViteDevServer } from 'vite'
import type { BakedAsset, Baker } from '../bake/bake.js'
import type { CompanionBell } from '../bake/companions.js'
import { watchFiles } from '../bake/watch-files.js'
import { createAudience, topicOf, type Audience } from './audience.js'
import { createDevFiles, type DevFiles } from './dev-server.js'
import { createLiveMaps, modulesToUpdate, type LiveMaps } from './hot.js'
import type { HotOptions } from './module.js'

/** A running dev server's own part of the plugin. (Builds do without the modules of it.) */
export interface DevSession {
  baker: Baker
  live: LiveMaps
  bell?: CompanionBell
  /** Serves the files of a map's newest state; gives the expression of each file's URL. */
  publish(map: string, asset: BakedAsset): (file: string) => string
  /** What a page that follows the map's edits goes by. */
  hotOf(map: string, asset: BakedAsset): HotOptions
  /** Looks at what a map stands on outside of the root, in another package of a workspace say, where Vite's watcher looks only at files that Vite itself has read. */
  watchOutside(map: string): void
  close(): Promise<void>
  /** The modules to update in an environment when a file changed; undefined where that is no source of a map. */
  modulesOf(file: string, environment: DevEnvironment, found: EnvironmentModuleNode[]): EnvironmentModuleNode[] | undefined
}

/** What all servers of one plugin have in common: Nuxt has one for pages and one for what it renders. */
export interface SharedDev {
  files: DevFiles
  audience: Audience
}

export function createSharedDev(): SharedDev {
  return { files: createDevFiles(), audience: createAudience() }
}

export interface DevSessionOptions {
  baker: Baker
  shared: SharedDev
  /** Is this the id of a map's module? */
  isDepthMap: (id: string) => boolean
  /** Is no other `depthmesh()` after this one in the list of plugins? */
  isLast: boolean
}

export function openDevSession(server: ViteDevServer, { baker, shared: { files, audience }, isDepthMap, isLast }: DevSessionOptions): DevSession {
  const { config } = server
  const updatePages = (map: string, environments: readonly DevEnvironment[]): void => {
    for (const environment of environments) for (const module of modulesToUpdate(environment, [normalizePath(map)], [], isDepthMap)) void environment.reloadModule(module)
  }
  // A page passes over updates of modules that it has fetched and not run yet, for as long as another map still bakes: an edit meanwhile would be lost.
  audience.hear(server.ws, (topic, key) => {
    const pages = Object.values(server.environments).filter(({ config: { consumer } }) => consumer === 'client')
    for (const map of live.newerThan(key, (map) => topicOf(map) === topic)) updatePages(map, pages)
  })
  const live: LiveMaps = createLiveMaps(baker, {
    isListened: audience.isListening,
    onChangedAgain: (file) => server.watcher.emit('change', file),
    onWhole: updatePages,
  })
  for (const event of ['change', 'add', 'unlink'] as const) server.watcher.on(event, live.noticed)
  server.middlewares.use(files.middleware(config.server.headers, isLast))

  const outsiders = watchFiles((news, file) => void server.watcher.emit(news, file))

  const session: DevSession = {
    baker,
    live,

    publish(map, asset) {
      const paths = files.publish(map, asset.files)
      const base = `${config.server.origin ?? ''}${config.base}`.replace(/\/$/, '')
      return (file) => JSON.stringify(base + (paths.get(file) ?? ''))
    },

    hotOf: (map, { key }) => ({ key, topic: topicOf(map) }),

    watchOutside(map) {
      if (config.server.watch === null) return
      const { present, missing } = baker.dependencies(map)
      const outside = [...present, ...missing].filter((file) => !normalizePath(file).startsWith(`${config.root.replace(/\/$/, '')}/`))
      // (Nobody has looked since it was read.)
      if (outsiders.add(outside) && baker.isStale(map)) server.watcher.emit('change', map)
    },

    async close() {
      live.close()
      outsiders.close()
      session.bell?.close()
      await baker.close()
    },

    modulesOf(file, environment, found) {
      const maps = live.ownersOf(file)
      return maps.length === 0 ? undefined : modulesToUpdate(environment, maps.map(normalizePath), found, isDepthMap)
    },
  }
  return session
}
