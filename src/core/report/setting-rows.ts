import * as v from 'valibot'
import { parseSettings, settingsEntries, type Settings } from '../options.js'
import { plain } from '../setting-text.js'

/** A setting as a report lists it. */
export interface SettingRow {
  key: string
  /** As JSON; what is left to depthmesh as words. */
  value: string
  meaning: string
  /** Whether it is not the default. */
  changed: boolean
}

/** Every setting, in the schema's order, with its meaning. */
export function settingRows(settings: Settings): SettingRow[] {
  const defaults = parseSettings([{ origin: 'defaults', settings: { projection: settings.projection } }])
  return Object.entries(settingsEntries).map(([name, schema]) => {
    const key = name as keyof typeof settingsEntries
    const { fallback } = v.getMetadata(schema as v.GenericSchema) as { fallback: string }
    const same = JSON.stringify(settings[key]) === JSON.stringify(key === 'projection' ? 'perspective' : defaults[key])
    const open = settings[key] === undefined || (settings[key] === null && same)
    return { key: name, value: open ? plain(fallback) : JSON.stringify(settings[key]), meaning: plain(v.getDescription(schema as v.GenericSchema) ?? ''), changed: !same }
  })
}
