import { closest, distance } from 'fastest-levenshtein'
import * as v from 'valibot'
import { DepthMeshError, formatError, type TextPosition } from './errors.js'
import type { SettingsInput } from './settings-input.js'

/** Largest share of a key's length that may differ for it to be suggested. Chosen so that `fov` finds `fovY` and `foo` finds nothing. */
const SUGGESTION_DISTANCE = 0.5

const UNKNOWN_KEY = 'unknown key'
const MISSING = 'expected a value'

/** A nanometre and a million kilometres: 32-bit floats hold what comes of lengths in between, squared too. */
const [LEAST_METRES, MOST_METRES] = [1e-9, 1e9]
/** Of a much smaller angle no tangent is left. */
const LEAST_DEGREES = 1e-6

// --- building blocks: every message reads "key: expected …, got …" -------------------------------------------------

const real = () => v.pipe(v.number('expected a number'), v.finite('expected a finite number'))
const positive = () => v.pipe(real(), v.gtValue(0, 'expected > 0'))
const metres = () => v.pipe(positive(), v.minValue(LEAST_METRES, 'expected at least 1e-9'), v.maxValue(MOST_METRES, 'expected at most 1e9'))
const fraction = () => v.pipe(real(), v.minValue(0, 'expected 0..1'), v.maxValue(1, 'expected 0..1'))
const whole = (min: number, max: number) =>
  v.pipe(
    v.number('expected a whole number'),
    v.integer('expected a whole number'),
    v.minValue(min, `expected at least ${min}`),
    v.maxValue(max, `expected at most ${max}`),
  )
const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `expected ${values.map((value) => JSON.stringify(value)).join(' | ')}`)
const flag = () => v.boolean('expected true | false')
const object = <const T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, (issue) => (issue.expected === 'never' ? UNKNOWN_KEY : issue.expected === 'Object' ? 'expected an object' : MISSING))

/** A documented key: `meaning` reaches the README's table, schema.json and `--help`; `fallback` is the default as people read it. */
const key = <const S extends v.GenericSchema>(schema: S, fallback: string, meaning: string) =>
  v.pipe(schema, v.description(meaning), v.metadata({ fallback }))

/** A documented key inside an object; its default stands in that of the object. */
const part = <const S extends v.GenericSchema>(schema: S, meaning: string) => v.optional(v.pipe(schema, v.description(meaning)))

const cleanStep = (meaning: string) => part(v.union([flag(), v.literal('auto')], 'expected true | false | "auto"'), meaning)

const cleanSteps = {
  holes: cleanStep('fill in what is unknown'),
  spikes: cleanStep('remove lone outliers'),
  noise: cleanStep('smooth sensor noise'),
  bands: cleanStep('smooth terraces, inside of what each level allows'),
  silhouettes: cleanStep('snap soft edges to one side'),
}

// --- the schema ----------------------------------------------------------------------------------------------------

/** The one schema of the settings: sidecar, plugin defaults and CLI flags. Every key is optional here; defaults stand in {@link DEFAULTS}. */
export const settingsEntries = {
  color: key(v.nullable(v.pipe(v.string('expected a path'), v.minLength(1, 'expected a path'))), '`<stem>.color.*`, `<stem>.*`', 'the colour picture, relative to the sidecar; stays inside the project. `null`: none'),
  projection: key(oneOf(['perspective', 'orthographic']), '`"perspective"`', '`perspective`: unprojected through a camera at the origin looking down −Z. `orthographic`: a relief (terrain, props, walls)'),
  encoding: key(oneOf(['disparity', 'depth', 'metric', 'terrain-rgb', 'terrarium']), '`"disparity"`', 'what the gray levels are linear in: `disparity` (1/depth: AI estimators, stereo), `depth` (a renderer’s normalised Z), `metric` (levels × `unit` = metres: sensors, EXR); `terrain-rgb` and `terrarium`: elevation tiles'),
  channel: key(v.nullable(v.pipe(v.string('expected a channel name'), v.minLength(1, 'expected a channel name'))), '`null`', 'the channel that holds depth where a file has several: `"r"`, `"g"`, `"b"`, or the name of an EXR channel'),
  white: key(oneOf(['near', 'far']), '`"near"`', 'whether white is `near` or `far`'),
  near: key(metres(), '`1`', 'metres of the nearest level (perspective; unused by `metric`)'),
  far: key(metres(), '`10`', 'metres of the farthest level (perspective; unused by `metric`)'),
  unit: key(v.nullable(metres()), '`0.001`', 'metres per level, for `metric` integers; floats are metres'),
  fovY: key(v.pipe(real(), v.gtValue(0, 'expected degrees between 0 and 180'), v.minValue(LEAST_DEGREES, 'expected at least 1e-6'), v.ltValue(180, 'expected degrees between 0 and 180')), '`45`', 'vertical field of view of the source camera, degrees'),
  width: key(metres(), '`10`', 'orthographic: metres across'),
  relief: key(metres(), '`1`', 'orthographic: metres from black to white'),
  black: key(v.nullable(oneOf(['far', 'cut', 'hole'])), '`"far"`', 'what pure black means: `far` (the farthest surface), `cut` (nothing there: a prop on black), `hole` (unknown: fill it in)'),
  gamma: key(positive(), '`1`', 'undo a gamma: the stored level is raised to this power'),
  levels: key(v.nullable(v.tuple([fraction(), fraction()], 'expected [black, white] in 0..1')), '`null`', '`[black, white]` points in 0..1 that are stretched to the full range'),
  depthInfluence: key(fraction(), '`1`', '0..1, how strictly the surface follows the map: below 1 blends toward its edge-preserving smooth form'),
  clean: key(
    v.union([v.literal('auto'), v.literal(false), object(cleanSteps)], `expected "auto" | false | an object with ${Object.keys(cleanSteps).join(', ')}`),
    '`"auto"`',
    '`auto` (each step only where its check fires), `false`, or an object per step: `holes`, `spikes`, `noise`, `bands`, `silhouettes`',
  ),
  orientation: key(oneOf(['wall', 'ground']), '`"wall"`', 'orthographic: `wall` stands in the XY plane facing +Z, `ground` lies in the XZ plane with +Y up (terrain)'),
  cut: key(v.union([v.literal(false), v.pipe(real(), v.gtValue(0, 'expected a fraction in 0..1, or false'), v.maxValue(1, 'expected a fraction in 0..1, or false'))], 'expected a fraction in 0..1, or false'), '`0.03`; orthographic: `false`', 'depth jump, as a fraction of the disparity range, at which the surface is cut; `false` keeps one sheet'),
  travel: key(v.nullable(v.pipe(real(), v.minValue(0, 'expected at least 0'), v.maxValue(MOST_METRES, 'expected at most 1e9'))), '`0.1 × near`', 'metres that the game camera may move away from the source view in any direction: sets how far the hidden layer reaches behind foreground edges and past the border, at most a quarter of the picture’s longer side (`0`: no hidden layer)'),
  lods: key(
    v.union([
      v.pipe(v.array(whole(2, 50_000_000)), v.minLength(1, 'expected at least one budget'), v.maxLength(8, 'expected at most 8 levels')),
      object({ error: v.pipe(v.array(positive()), v.minLength(1, 'expected at least one bound'), v.maxLength(8, 'expected at most 8 levels'), v.description('the largest error of each level’s bare mesh, source pixels')) }),
    ], 'expected triangle budgets like [100000, 25000], or { "error": [px, …] }'),
    '`[100000, 25000, 6000, 1500]`',
    'triangle budgets, fine → coarse; or `{ "error": [px, …] }`: the largest error of each level’s bare mesh in source pixels',
  ),
  topology: key(oneOf(['adaptive', 'grid']), '`"adaptive"`', '`adaptive` or `grid` (even quads)'),
  solid: key(flag(), '`false`', 'close the back and the sides: watertight'),
  shading: key(v.nullable(oneOf(['unlit', 'lit'])), '`"unlit"` with a colour picture, else `"lit"`', 'lit adds one shared normal map baked from the full-resolution depth'),
  texture: key(
    object({
      format: part(oneOf(['webp', 'avif', 'jpeg', 'png', 'ktx2']), 'its file format'),
      quality: part(whole(1, 100), '1..100, for formats that lose some'),
      size: part(whole(1, 16_384), 'its longer side at LOD 0, pixels'),
    }),
    '`{ "format": "webp", "quality": 80, "size": 2048 }`',
    'the colour texture: `webp`, `avif`, `jpeg`, `png`, `ktx2`; `size`: its longer side at LOD 0, pixels; smaller pictures get a higher `quality`, up to 90',
  ),
  normalMap: key(
    object({ size: part(whole(1, 16_384), 'its longer side, pixels'), quality: part(whole(1, 100), '1..100') }),
    '`{ "size": 1024, "quality": 90 }`',
    'the normal map of lit meshes; `size`: its longer side, pixels',
  ),
  compression: key(oneOf(['meshopt', 'khr_meshopt', 'quantize', 'none']), '`"meshopt"`', '`meshopt`, `khr_meshopt` (a little smaller, for three alone), `quantize` (engines without meshopt), `none`'),
  container: key(oneOf(['levels', 'msft_lod']), '`"levels"`', '`levels`: one GLB per level. `msft_lod`: one GLB with all of them, for Babylon.js'),
  variants: key(whole(0, 16), '`0`', 'how many deterministic variations of this map to bake'),
  seed: key(whole(0, 2 ** 32 - 1), '`1`', 'what the variations are drawn from'),
}

const settingsSchema = v.partial(object(settingsEntries))

export type { SettingsInput } from './settings-input.js'

type Given = v.InferOutput<typeof settingsSchema>

/** Finished settings: every key present, checked against each other. */
export interface Settings extends Required<{ [K in keyof Omit<Given, 'texture' | 'normalMap' | 'color'>]: Exclude<Given[K], undefined> }> {
  /** `undefined`: look for companions by stem. `null`: none. */
  color: string | null | undefined
  texture: { format: 'webp' | 'avif' | 'jpeg' | 'png' | 'ktx2'; quality: number; size: number }
  normalMap: { size: number; quality: number }
}

/** The defaults. `cut` depends on the projection; `unit` is a millimetre, and questioned unless somebody says so; `shading` on whether there is a colour picture; `travel` on `near`. `black` is far, and questioned unless somebody says so. */
export const DEFAULTS: Omit<Settings, 'cut'> = {
  color: undefined,
  projection: 'perspective',
  encoding: 'disparity',
  channel: null,
  white: 'near',
  near: 1,
  far: 10,
  unit: null,
  fovY: 45,
  width: 10,
  relief: 1,
  black: null,
  gamma: 1,
  levels: null,
  depthInfluence: 1,
  clean: 'auto',
  orientation: 'wall',
  travel: null,
  lods: [100_000, 25_000, 6_000, 1_500],
  topology: 'adaptive',
  solid: false,
  shading: null,
  texture: { format: 'webp', quality: 80, size: 2048 },
  normalMap: { size: 1024, quality: 90 },
  compression: 'meshopt',
  container: 'levels',
  variants: 0,
  seed: 1,
}

/** Default of `cut` in perspective: in the flat middle of 1.5–10 % of the range, where novel views score alike (docs/architecture.md). */
const DEFAULT_CUT = 0.03

/** Default of `travel`, as a share of `near`. */
export const DEFAULT_TRAVEL = 0.1

/** The settings that decide the map that is meshed, `texture` by its size; all others act on that map. */
export const MAP_SETTINGS = [
  'projection', 'encoding', 'channel', 'white', 'near', 'far', 'unit', 'fovY', 'width', 'relief', 'black', 'gamma', 'levels', 'depthInfluence', 'clean', 'cut', 'texture',
] as const satisfies readonly (keyof Settings)[]

/** Settings from one place: `origin` names it in errors (`canyon.depth.json`, `plugin options`, `--fov-y`). */
export interface SettingsLayer {
  origin: string
  settings: unknown
  /** Where a dotted key like `texture.size` stands, if they were read from a text. */
  positionOf?: ((key: string) => TextPosition | undefined) | undefined
}

/** One thing that is wrong in settings. */
export interface SettingsFault {
  /** Dotted: `texture.size`; the first that is known to stand somewhere says where. */
  keys: readonly string[]
  message: string
  hint?: string | undefined
}

/**
 * Checks each layer, lays later ones over earlier ones, fills in the defaults and checks the values against each other.
 *
 * @throws DepthMeshError `SETTINGS_INVALID`: names the layer and, of everything that is wrong in it, the key, what was expected, what was found.
 * @example
 * parseSettings([{ origin: 'canyon.depth.json', settings: { fovY: 60 } }]).near // 1
 */
export function parseSettings(layers: readonly SettingsLayer[]): Settings {
  let merged: SettingsInput = {}
  const checked = layers.map((layer) => ({ ...layer, settings: checkLayer(layer) }))
  for (const { settings } of checked) merged = mergeSettings(merged, settings)

  const settings: Settings = {
    ...DEFAULTS,
    ...defined(merged),
    cut: merged.cut ?? (merged.projection === 'orthographic' ? false : DEFAULT_CUT),
    texture: { ...DEFAULTS.texture, ...defined(merged.texture ?? {}) },
    normalMap: { ...DEFAULTS.normalMap, ...defined(merged.normalMap ?? {}) },
  }
  const conflicts = conflictsOf(settings)
  if (conflicts.length === 0) return settings
  // Who said one of them last can mend it.
  const ownerOf = ({ keys }: SettingsConflict) => checked.findLast((layer) => keys.some((key) => layer.settings[key] !== undefined))
  const owner = ownerOf(conflicts[0])
  const faults = conflicts.filter((conflict) => ownerOf(conflict) === owner).map(({ message, hint, keys }) => ({ keys: [namedIn(message), ...keys], message, hint }))
  throw settingsError(owner ?? { origin: 'settings' }, faults)
}

/** Lays `over` upon `under`; `texture`, `normalMap` and `clean` merge key by key. */
function mergeSettings(under: SettingsInput, over: SettingsInput): SettingsInput {
  const merged: SettingsInput = { ...under, ...defined(over) }
  if (under.texture && over.texture) merged.texture = { ...under.texture, ...defined(over.texture) }
  if (under.normalMap && over.normalMap) merged.normalMap = { ...under.normalMap, ...defined(over.normalMap) }
  if (typeof under.clean === 'object' && typeof over.clean === 'object') merged.clean = { ...under.clean, ...defined(over.clean) }
  return merged
}

/** The nearest of `known` to what was typed, if it is near enough to be meant. */
export function nearestKey(typed: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined
  const lower = typed.toLowerCase()
  const same = known.find((name) => name.toLowerCase() === lower || name.toLowerCase().startsWith(lower))
  if (same !== undefined) return same
  const best = closest(typed, known as string[])
  return distance(typed, best) <= Math.max(typed.length, best.length) * SUGGESTION_DISTANCE ? best : undefined
}

/**
 * Checks settings from one place by themselves: keys, types and ranges, not against each other.
 *
 * @throws DepthMeshError `SETTINGS_INVALID`: tells all that is wrong.
 */
export function checkSettings(origin: string, settings: unknown): SettingsInput {
  return checkLayer({ origin, settings })
}

function checkLayer(layer: SettingsLayer): SettingsInput {
  const faults = faultsOf(layer.settings)
  if (faults.length > 0) throw settingsError(layer, faults)
  const { $schema: _, ...given } = layer.settings as SettingsInput & { $schema?: unknown }
  return given
}

/** What is wrong in settings from one place by themselves, in the order of their keys. */
export function faultsOf(settings: unknown): SettingsFault[] {
  if (!isRecord(settings)) return [{ keys: [], message: `expected an object, got ${show(settings)}`, hint: 'Settings are a JSON object.' }]
  const { $schema: _, ...given } = settings
  const result = v.safeParse(settingsSchema, given, { abortPipeEarly: true })
  // (Of several keys that are unknown valibot tells one, and none that every object has, like `constructor`.)
  const unknown = unknownKeys(given)
  // What is missing is what a key beside it was meant to be.
  const isMeant = (path: string): boolean => unknown.some((key) => parentOf(key) === parentOf(path))
  const wrong = (result.issues ?? []).flatMap(innermost).filter(({ message, path }) => message !== UNKNOWN_KEY && !(message === MISSING && isMeant(path)))
  const faults = [...unknown.map(unknownKey), ...wrong.map(({ path, message, input }) => ({ keys: [path], message: `${path}: ${message}, got ${show(input)}`, hint: describeKey(path.split('.')[0]) }))]
  const order = Object.keys(given)
  const placeOf = ({ keys: [path] }: SettingsFault): number => order.indexOf(path.split('.')[0])
  return faults.sort((a, b) => placeOf(a) - placeOf(b))
}

/** One error that tells all that is wrong in settings from one place: a fault that is told alone comes back as the next one. */
export function settingsError({ origin, positionOf }: Pick<SettingsLayer, 'origin' | 'positionOf'>, faults: readonly SettingsFault[]): DepthMeshError {
  const placed = faults.map((fault) => ({ ...fault, position: positionOf && firstOf(fault.keys, positionOf) }))
  const [{ message, hint, position }] = placed
  if (placed.length === 1) return new DepthMeshError('SETTINGS_INVALID', message, { file: origin, hint, position })
  const lines = placed.map(({ message, hint, position: at }) => `  ${at === undefined ? '' : `${at.line}:${at.column}: `}${formatError(new DepthMeshError('SETTINGS_INVALID', message, { hint }))}`)
  return new DepthMeshError('SETTINGS_INVALID', [`${placed.length} faults:`, ...lines].join('\n'), { file: origin, position })
}

/** The key that a message about a value begins with. */
export function namedIn(message: string): string {
  return /^[\w.]+/.exec(message)?.[0] ?? ''
}

function firstOf(keys: readonly string[], positionOf: (key: string) => TextPosition | undefined): TextPosition | undefined {
  for (const key of keys) {
    const position = positionOf(key)
    if (position !== undefined) return position
  }
  return undefined
}

function unknownKeys(given: Record<string, unknown>): string[] {
  return Object.entries(given).flatMap(([name, value]) => {
    if (!Object.hasOwn(settingsEntries, name)) return [name]
    const inner = knownKeys([name])
    return inner.length === 0 || !isRecord(value) ? [] : Object.keys(value).filter((key) => !inner.includes(key)).map((key) => `${name}.${key}`)
  })
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}

function unknownKey(path: string): SettingsFault {
  const parts = path.split('.')
  const typed = parts.pop() ?? ''
  const known = knownKeys(parts)
  const suggestion = nearestKey(typed, known)
  return {
    keys: [path],
    message: `unknown key ${JSON.stringify(path)}`,
    hint: suggestion === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean ${JSON.stringify([...parts, suggestion].join('.'))}?`,
  }
}

/** The issue itself; or, where none of several alternatives fits, those inside the alternative that was meant: an object was, if an object was given, and then its keys are at fault. */
function innermost(issue: v.BaseIssue<unknown>): { path: string; message: string; input: unknown }[] {
  const path = v.getDotPath(issue) ?? ''
  // (A list is an object for valibot, too.)
  const kind = Array.isArray(issue.input) ? 'array' : 'object'
  const inner = (issue.issues ?? []).filter((alternative) => alternative.path?.[0].type === kind)
  if (inner.length === 0) return [{ path, message: issue.message, input: issue.input }]
  return inner.flatMap(innermost).map(({ path: rest, ...found }) => ({ path: `${path}.${rest}`, ...found }))
}

function knownKeys(path: readonly string[]): string[] {
  if (path.length === 0) return Object.keys(settingsEntries)
  if (path[0] === 'texture') return Object.keys(DEFAULTS.texture)
  if (path[0] === 'normalMap') return Object.keys(DEFAULTS.normalMap)
  if (path[0] === 'clean') return Object.keys(cleanSteps)
  return path[0] === 'lods' ? ['error'] : []
}

function describeKey(name: string): string {
  const schema = settingsEntries[name as keyof typeof settingsEntries]
  const meaning = schema === undefined ? undefined : v.getDescription(schema)
  return meaning === undefined ? `Remove "${name}".` : `${name}: ${meaning}.`
}

/** Whether a map holds metres, not levels: then its nearest and farthest pixels say how near and far, or how high, it is. */
export function holdsMetres({ encoding }: Pick<Settings, 'encoding'>): boolean {
  return encoding === 'metric' || encoding === 'terrain-rgb' || encoding === 'terrarium'
}

/** Values that can't stand together. */
export interface SettingsConflict {
  /** Whose values they are: one key may be at odds with itself. */
  keys: (keyof Settings)[]
  message: string
  hint: string
}

/** What of whole settings can't stand together, each value being right by itself. */
export function conflictsOf({ near, far, encoding, projection, gamma, levels, lods }: Settings): SettingsConflict[] {
  const conflicts: SettingsConflict[] = []
  const add = (keys: (keyof Settings)[], message: string, hint: string): void => void conflicts.push({ keys, message, hint })
  const isUsed = projection === 'perspective' && !holdsMetres({ encoding })
  if (isUsed && near >= far) add(['near', 'far'], `near: expected < far, got near ${near} and far ${far}`, 'near and far are metres from the camera.')
  if ((encoding === 'terrain-rgb' || encoding === 'terrarium') && projection === 'perspective') {
    add(['encoding', 'projection'], `projection: expected "orthographic" with encoding "${encoding}", got "perspective"`, 'Tiles hold heights above the sea, not distances from a camera.')
  }
  if (holdsMetres({ encoding }) && (gamma !== 1 || levels)) {
    const name = gamma === 1 ? 'levels' : 'gamma'
    add(['encoding', name], `${name}: expected none with encoding "${encoding}", got ${show({ gamma, levels }[name])}`, 'Metres are taken as stored.')
  }
  if (levels && levels[0] >= levels[1]) add(['levels'], `levels: expected black < white, got ${show(levels)}`, 'Use "white": "far" to turn a map over.')
  if (Array.isArray(lods)) {
    if (lods.some((budget, i) => i > 0 && budget >= lods[i - 1])) add(['lods'], `lods: expected budgets that fall, got ${show(lods)}`, 'List them from fine to coarse.')
  } else {
    const { error } = lods
    if (error.some((bound, i) => i > 0 && bound <= error[i - 1])) add(['lods'], `lods.error: expected bounds that grow, got ${show(error)}`, 'List them from fine to coarse.')
  }
  return conflicts
}

/** The keys of `value` that are set. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
