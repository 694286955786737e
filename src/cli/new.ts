import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DepthMeshError } from '../core/errors.js'
import type { MadeShape } from '../core/shape.js'
import { SHAPE_LODS, SHAPE_SETTINGS, SHAPE_SIZE } from '../core/shape/request.js'
import { SHAPES } from '../core/shape/shapes.js'
import { EXIT, type Command } from './command.js'
import type { Arguments, Flag } from './flags.js'
import { endable } from './interrupt.js'
import { failure, printJson, reportFailure } from './outcome.js'
import { settingFlags, settingsFromFlags } from './setting-flags.js'
import { unknownWord, UsageError } from './usage-error.js'
import { writeOutputs } from './write-outputs.js'

const shapes = Object.keys(SHAPES)
const settings: readonly string[] = SHAPE_SETTINGS
/** Where a shape brings a default of its own. */
const OWN_DEFAULTS: Record<string, string> = { width: 'the shape’s', relief: 'the shape’s', cut: 'false', lods: SHAPE_LODS.join(), shading: 'unlit' }
const seedFlag: Flag = { name: 'seed', value: '<number>', meaning: 'another seed, another of its kind; the same seed, the same bytes', fallback: '1' }

/** What every map's name ends with. */
const MAP_SUFFIX = '.depth.png'

export const newCommand: Command = {
  name: 'new',
  usage: '<shape> [flags]',
  summary: 'a prepared depth map from the shape library: rock, tree, building, …',
  details: [
    'Writes <name>.depth.png (16 bits), <name>.color.png and <name>.depth.json, ready to be imported or baked. An existing file is left alone.',
    `Shapes: ${Object.entries(SHAPES).map(([name, { summary }]) => `${name} (${summary})`).join(', ')}.`,
    'The settings among the flags are written into <name>.depth.json. With --shading lit the picture holds colours without light.',
  ],
  flags: [
    seedFlag,
    { name: 'size', value: '<number>', meaning: `longer side of the pictures, pixels, ${SHAPE_SIZE.least}..${SHAPE_SIZE.most}`, fallback: String(SHAPE_SIZE.fallback) },
    { name: 'name', value: '<text>', meaning: 'what the files are called', fallback: 'the shape' },
    { name: 'out', value: '<path>', meaning: 'the folder the files go to, or the map itself, *.depth.png; made when missing', fallback: 'here' },
    { name: 'force', value: null, meaning: 'overwrite existing files' },
    ...settingFlags.filter(({ path }) => settings.includes(path[0])).map((flag) => ({ ...flag, ...(flag.name in OWN_DEFAULTS ? { fallback: OWN_DEFAULTS[flag.name] } : {}) })),
  ],
  takesSettings: false,
  run: makeNew,
}

async function makeNew(args: Arguments, signal: AbortSignal): Promise<number> {
  const shape = chosenShape(args)
  const { seed = 1, ...given } = settingsFromFlags(args.flags)
  const size = chosenSize(args)
  const { folder, name } = chosenPlace(args, shape)
  if (/[/\\]/.test(name)) throw new UsageError(`--name: expected a name without folders, got ${JSON.stringify(name)}. --out says which folder.`)

  const names = [`${name}.color.png`, `${name}.depth.json`, `${name}.depth.png`]
  const files = names.map((file) => join(folder, file))
  let made: MadeShape
  try {
    if (!args.flags.has('force')) await refuseExisting(files)
    const { makeShape } = await import('../core/shape.js')
    made = await endable(() => makeShape({ shape, seed, size, settings: given }))
    // Variations are drawn from the same seed.
    const sidecar = { ...made.settings, ...(given.variants === undefined ? {} : { seed }) }
    const contents = [made.color, `${JSON.stringify(sidecar, null, 2)}\n`, made.depth]
    await writeOutputs(folder, names.map((file, i) => ({ name: file, bytes: contents[i] })), { sources: [], ours: args.flags.has('force') ? new Set(names) : undefined, signal })
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    reportFailure(failure(files[2], error), args)
    return EXIT.failed
  }
  if (args.flags.has('json')) printJson({ ok: true, shape, seed, width: made.width, height: made.height, files })
  else if (!args.flags.has('quiet')) console.log(`${shape}, seed ${seed}, ${made.width} × ${made.height} → ${files.join(', ')}`)
  return EXIT.ok
}

function chosenShape({ positionals }: Arguments): string {
  const [shape, more] = positionals
  if (shape === undefined) throw new UsageError(`expected a shape, got none. Shapes: ${shapes.join(', ')}.`)
  if (more !== undefined) throw new UsageError(`expected one shape, got ${positionals.join(' ')}. Call it once for each; --name names the files.`)
  if (shapes.includes(shape)) return shape
  throw unknownWord('shape', shape, shapes)
}

/** Where the files go, and what they are called: `--out props`, `--out props --name boulder` and `--out props/boulder.depth.png` all say it. */
function chosenPlace(args: Arguments, shape: string): { folder: string; name: string } {
  const out = textFlag(args, 'out') ?? '.'
  const named = textFlag(args, 'name')
  if (!out.endsWith(MAP_SUFFIX)) return { folder: out, name: named ?? shape }
  const name = basename(out, MAP_SUFFIX)
  if (name === '') throw new UsageError(`--out: expected a name before ${MAP_SUFFIX}, got ${JSON.stringify(out)}.`)
  if (named !== undefined && named !== name) throw new UsageError(`--name: expected ${JSON.stringify(name)}, as --out says, or none; got ${JSON.stringify(named)}.`)
  return { folder: dirname(out), name }
}

function chosenSize(args: Arguments): number {
  const text = textFlag(args, 'size')
  if (text === undefined) return SHAPE_SIZE.fallback
  const size = Number(text)
  if (Number.isInteger(size) && size >= SHAPE_SIZE.least && size <= SHAPE_SIZE.most) return size
  throw new UsageError(`--size: expected a whole number ${SHAPE_SIZE.least}..${SHAPE_SIZE.most}, got ${JSON.stringify(text)}.`)
}

function textFlag({ flags }: Arguments, name: string): string | undefined {
  const value = flags.get(name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Before any work is done. @throws DepthMeshError `OUTPUT_EXISTS` */
async function refuseExisting(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const exists = await stat(file).then(() => true, () => false)
    if (exists) throw new DepthMeshError('OUTPUT_EXISTS', 'expected no file of this name, found one', { file, hint: 'Choose another --name or --out, or overwrite it with --force.' })
  }
}
