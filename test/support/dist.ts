import type * as Bake from '../../src/bake/bake.js'

/** The built baker: its worker threads need JavaScript. `npm test` builds first. */
export const { createBaker } = (await import(/* @vite-ignore */ new URL('../../dist/bake/bake.js', import.meta.url).href)) as typeof Bake
