import type * as Bake from '../../src/bake/bake.js'
import type * as Pool from '../../src/bake/pool.js'

const built = (path: string): Promise<unknown> => import(/* @vite-ignore */ new URL(`../../dist/${path}`, import.meta.url).href)

/** The built baker: its worker threads need JavaScript. `npm test` builds first. */
export const { createBaker } = (await built('bake/bake.js')) as typeof Bake
/** The built pool, for the processes of big jobs. */
export const { createPool } = (await built('bake/pool.js')) as typeof Pool
