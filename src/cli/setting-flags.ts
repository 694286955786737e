import * as v from 'valibot'
import { conflictsOf, DEFAULTS, faultsOf, namedIn, settingsEntries, type Settings, type SettingsInput } from '../core/options.js'
import { plain, readSettingText, settingPlaces, type SettingPlace } from '../core/setting-text.js'
import type { Flag } from './flags.js'
import { usageError } from './usage-error.js'

/** A flag that mirrors a key of the sidecar: `--fov-y` is `fovY`, `--texture.size` is `size` in `texture`. */
export interface SettingFlag extends Flag, Pick<SettingPlace, 'path' | 'leaves'> {}

/** One flag for every key of the schema, one more for every key inside an object. */
export const settingFlags: readonly SettingFlag[] = [...settingPlaces(Object.keys(settingsEntries) as (keyof typeof settingsEntries)[]).values()].map(flagOf)

/**
 * Settings from the flags as typed, each checked by itself, and against others that were typed: what the sidecar says beside them is not known yet.
 *
 * @throws UsageError in the words of the command line: `--fov-y: expected a number, got "wide"`.
 */
export function settingsFromFlags(typed: ReadonlyMap<string, string | true>): SettingsInput {
  const settings: Record<string, unknown> = {}
  const faults: string[] = []
  for (const flag of settingFlags) {
    const text = typed.get(flag.name)
    if (text === undefined) continue
    const [key, inner] = flag.path
    const value = text === true ? true : readSettingText(text, flag.leaves)
    const given = inner === undefined ? value : { [inner]: value }
    const wrong = faultsOf({ [key]: given })
    faults.push(...wrong.map((fault) => asFlag(flag.name, fault)))
    if (inner === undefined || settings[key] === undefined) settings[key] = given
    else if (isObject(settings[key])) Object.assign(settings[key], given)
    else faults.push(`--${flag.name}: expected to stand alone, found --${kebab(key)} beside it. Use one of the two.`)
  }
  if (faults.length > 0) throw usageError(faults)
  const conflicts = conflictsOf({ ...DEFAULTS, ...settings } as Settings).filter(({ keys }) => keys.every((key) => key in settings))
  if (conflicts.length > 0) throw usageError(conflicts.map((conflict) => asFlag(kebab(namedIn(conflict.message)), conflict)))
  return settings
}

/** `lods: expected …` in the words of the command line. */
function asFlag(flag: string, { message, hint }: { message: string; hint?: string | undefined }): string {
  const [, expectation = message] = /^[\w.]+: (.*)$/.exec(message) ?? []
  return `--${flag}: ${expectation}.${hint === undefined ? '' : ` ${plain(hint)}`}`
}

function flagOf({ path, schema, leaves }: SettingPlace): SettingFlag {
  const [key, inner] = path
  const name = path.map(kebab).join('.')
  if (inner !== undefined) {
    const fallback = defaultOf(key, inner)
    const meaning = meaningOf(leaves[0]) || meaningOf((schema as { wrapped?: v.GenericSchema }).wrapped ?? schema)
    return { name, path, leaves, value: valueName(leaves), meaning: `${key}: ${meaning}`, ...(fallback === undefined ? {} : { fallback }) }
  }
  const value = isSwitch(leaves) ? null : valueName(leaves)
  const { fallback } = v.getMetadata(schema) as { fallback: string }
  return { name, path, leaves, value, meaning: meaningOf(schema), fallback: asTyped(fallback), negatable: value === null }
}

function meaningOf(schema: v.GenericSchema): string {
  return plain(v.getDescription(schema) ?? '')
}

/** The default of a key inside an object. */
function defaultOf(key: string, inner: string): string | undefined {
  const object = Object.entries(DEFAULTS).find(([name]) => name === key)?.[1]
  const value: unknown = typeof object === 'object' && object !== null ? Object.entries(object).find(([name]) => name === inner)?.[1] : undefined
  return value === undefined ? undefined : String(value)
}

/** A default as one would type it: `"near"` is near, `[4, 2]` is 4,2. */
function asTyped(fallback: string): string {
  return plain(fallback).replaceAll('"', '').replace(/^\[(.*)\]$/, (_, list: string) => list.replaceAll(' ', ''))
}

function isSwitch(leaves: readonly v.GenericSchema[]): boolean {
  return leaves.length === 1 && leaves[0].type === 'boolean'
}

/** How help names the value: `near|far`, `<number>`, `<number,…>`. */
function valueName(leaves: readonly v.GenericSchema[]): string {
  return leaves.map(leafName).join('|')
}

function leafName(leaf: v.GenericSchema): string {
  const { options, literal } = leaf as v.GenericSchema & { options?: readonly string[]; literal?: unknown }
  if (options !== undefined) return options.join('|')
  if (literal !== undefined) return String(literal)
  if (leaf.type === 'boolean') return 'true|false'
  if (leaf.type === 'null') return 'null'
  if (leaf.type === 'string') return '<text>'
  if (leaf.type === 'tuple') return '<number,number>'
  if (leaf.type === 'array') return '<number,…>'
  return '<number>'
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
