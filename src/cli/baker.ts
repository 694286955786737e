import { createBaker, type Baker } from '../bake/bake.js'
import type { SettingsInput } from '../core/index.js'
import type { Arguments } from './flags.js'

/** A bake may take an hour: whoever waits at a terminal decides, and can press Ctrl-C. Seconds. */
const JOB_SECONDS = 3600

/** A baker as the flags describe it. Close it. */
export function openBaker({ flags }: Arguments, settings: SettingsInput, options: { patient?: boolean; readonly?: boolean } = {}): Baker {
  const dir = flags.get('cache-dir')
  return createBaker({
    overrides: [{ origin: 'command line', settings }],
    cache: flags.has('no-cache') ? false : { ...(typeof dir === 'string' ? { dir } : {}), readonly: options.readonly },
    patient: options.patient,
    limits: { jobSeconds: JOB_SECONDS },
    onWarning: (message) => {
      if (!flags.has('quiet') && !flags.has('json')) console.error(`warning: ${message}`)
    },
  })
}
