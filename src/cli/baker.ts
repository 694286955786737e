import { createBaker, type Baker } from '../bake/bake.js'
import type { SettingsInput } from '../core/index.js'
import type { Arguments } from './flags.js'

/** A baker as the flags describe it. Close it. */
export function openBaker({ flags }: Arguments, settings: SettingsInput, options: { patient?: boolean; readonly?: boolean } = {}): Baker {
  const dir = flags.get('cache-dir')
  return createBaker({
    overrides: [{ origin: 'command line', settings }],
    cache: flags.has('no-cache') ? false : { ...(typeof dir === 'string' ? { dir } : {}), readonly: options.readonly },
    patient: options.patient,
    onWarning: (message) => {
      if (!flags.has('quiet') && !flags.has('json')) console.error(`warning: ${message}`)
    },
  })
}
