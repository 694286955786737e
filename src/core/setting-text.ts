import type * as v from 'valibot'
import { null as nullSchema } from 'valibot'
import { settingsEntries } from './options.js'

/** Leaves of a schema: optionals, nullables and unions taken apart. (A valibot pipe carries the fields of its first schema.) */
export function leavesOf(schema: v.GenericSchema): v.GenericSchema[] {
  const { type, wrapped, options } = schema as v.GenericSchema & { wrapped?: v.GenericSchema; options?: v.GenericSchema[] }
  if (wrapped !== undefined) return type === 'nullable' ? [...leavesOf(wrapped), nullSchema()] : leavesOf(wrapped)
  return type === 'union' && options !== undefined ? options.flatMap(leavesOf) : [schema]
}

/** Does a leaf stand for an object with keys of its own? */
export function hasEntries(schema: v.GenericSchema): schema is v.GenericSchema & { entries: v.ObjectEntries } {
  return schema.type === 'strict_object'
}

/** Every place in some of the settings where a value may stand that can be written as text: `fovY`, and `texture.size` for a key inside an object. */
export function settingPaths(keys: readonly (keyof typeof settingsEntries)[]): Map<string, { path: readonly [string] | readonly [string, string]; leaves: readonly v.GenericSchema[] }> {
  const paths = new Map<string, { path: readonly [string] | readonly [string, string]; leaves: readonly v.GenericSchema[] }>()
  for (const key of keys) {
    const leaves = leavesOf(settingsEntries[key])
    const own = leaves.filter((leaf) => !hasEntries(leaf))
    if (own.length > 0) paths.set(key, { path: [key], leaves: own })
    for (const leaf of leaves) if (hasEntries(leaf)) for (const [inner, schema] of Object.entries(leaf.entries)) paths.set(`${key}.${inner}`, { path: [key, inner], leaves: leavesOf(schema as v.GenericSchema) })
  }
  return paths
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
