import type * as v from 'valibot'
import { null as nullSchema } from 'valibot'
import { settingsEntries } from './options.js'

/** Leaves of a schema: optionals, nullables and unions taken apart. (A valibot pipe carries the fields of its first schema.) */
function leavesOf(schema: v.GenericSchema): v.GenericSchema[] {
  const { type, wrapped, options } = schema as v.GenericSchema & { wrapped?: v.GenericSchema; options?: v.GenericSchema[] }
  if (wrapped !== undefined) return type === 'nullable' ? [...leavesOf(wrapped), nullSchema()] : leavesOf(wrapped)
  return type === 'union' && options !== undefined ? options.flatMap(leavesOf) : [schema]
}

/** Does a leaf stand for an object with keys of its own? */
function hasEntries(schema: v.GenericSchema): schema is v.GenericSchema & { entries: v.ObjectEntries } {
  return schema.type === 'strict_object'
}

/** A place in the settings where a value may stand that can be written as text. */
export interface SettingPlace {
  /** A key, and where its value is an object the key inside. */
  path: readonly [string] | readonly [string, string]
  schema: v.GenericSchema
  /** What the schema allows there, unions and wrappers unfolded; no objects. */
  leaves: readonly v.GenericSchema[]
}

/** Every such place of some settings, by its dotted path: `fovY`, and `texture.size` for a key inside an object. */
export function settingPlaces(keys: readonly (keyof typeof settingsEntries)[]): Map<string, SettingPlace> {
  const places = new Map<string, SettingPlace>()
  for (const key of keys) {
    const schema = settingsEntries[key]
    const leaves = leavesOf(schema)
    const own = leaves.filter((leaf) => !hasEntries(leaf))
    if (own.length > 0) places.set(key, { path: [key], schema, leaves: own })
    for (const { entries } of leaves.filter(hasEntries)) {
      for (const [inner, innerSchema] of Object.entries(entries) as [string, v.GenericSchema][]) {
        places.set(`${key}.${inner}`, { path: [key, inner], schema: innerSchema, leaves: leavesOf(innerSchema) })
      }
    }
  }
  return places
}

/** A setting's text without Markdown's backticks, for terminals and pages. */
export function plain(text: string): string {
  return text.replaceAll('`', '')
}

/** Text of a flag or a query as the value that a sidecar would hold. What it can't read stays text, for the schema to refuse. */
export function readSettingText(text: string, leaves: readonly v.GenericSchema[]): unknown {
  const allows = (type: string) => leaves.some((leaf) => leaf.type === type)
  if (text === 'null' && allows('null')) return null
  if (allows('string')) return text
  const value = text.includes(',') ? text.split(',').map(readScalar) : readScalar(text)
  return typeof value === 'number' && !allows('number') && allows('array') ? [value] : value
}

function readScalar(text: string): unknown {
  if (text === 'true') return true
  if (text === 'false') return false
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}
