import { normalizePath, type DevEnvironment, type EnvironmentModuleNode, type ViteDevServer } from 'vite'
import type { BakedAsset, Baker } from '../bake/bake.js'
import type { CompanionBell } from '../bake/companions.js'
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
  /** The modules to update in an environment when a file changed; undefined where that is no source of a map. */
  modulesOf(file: string, environment: DevEnvironment, found: EnvironmentModuleNode[]): EnvironmentModuleNode[] | undefined
}

/** What all servers of one plugin have in common: Nuxt has one for pages and one for what it renders. */
export interface DevHouse {
  files: DevFiles
  audience: Audience
}

export function createDevHouse(): DevHouse {
  return { files: createDevFiles(), audience: createAudience() }
}

/**
 * @param isDepthMap is this the id of a map's module?
 */
export function openDevSession(server: ViteDevServer, baker: Baker, { files, audience }: DevHouse, isDepthMap: (id: string) => boolean): DevSession {
  const { config } = server
  audience.hear(server.ws)
  const live = createLiveMaps(baker, {
    isListened: audience.isListening,
    onChangedAgain: (file) => server.watcher.emit('change', file),
    onWhole(map, environments) {
      for (const environment of environments) for (const module of modulesToUpdate(environment, [normalizePath(map)], [], isDepthMap)) void environment.reloadModule(module)
    },
  })
  for (const event of ['change', 'add', 'unlink'] as const) server.watcher.on(event, live.noticed)
  server.middlewares.use(files.middleware(config.server.headers))

  return {
    baker,
    live,

    publish(map, asset) {
      const paths = files.publish(map, asset.files)
      const base = `${config.server.origin ?? ''}${config.base}`.replace(/\/$/, '')
      return (file) => JSON.stringify(base + (paths.get(file) ?? ''))
    },

    hotOf: (map, { key }) => ({ key, topic: topicOf(map) }),

    modulesOf(file, environment, found) {
      const maps = live.ownersOf(file)
      return maps.length === 0 ? undefined : modulesToUpdate(environment, maps.map(normalizePath), found, isDepthMap)
    },
  }
}
