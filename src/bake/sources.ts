import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PNG_SIGNATURE } from '../core/depth/sniff.js'
import { DepthMeshError } from '../core/errors.js'
import { nearestKey, parseSettings, type Settings, type SettingsLayer } from '../core/options.js'
import type { WholeRequest } from '../core/shape/request.js'
import { findSidecar } from './beside.js'
import { colorByStem, mayBeColor, namedColor } from './color-file.js'
import { aborted } from './gate.js'
import { parseJson, positionOfKey } from './json.js'
import { DEPTH_MAP } from './map-name.js'
import { lookAt, readBytes, stampOf, unreadable } from './read.js'
import { knownFile, readFile, type SourceFile } from './source-file.js'
import { WORTH_NOTING, type SourceHashes } from './source-hashes.js'
import { SourceLog } from './source-log.js'

/** How long a file that changed a moment ago may look unfinished before it is taken as it is, ms: PNGs say where they end, others hardly do. */
const PATIENCE_PNG = 1500
const PATIENCE_OTHER = 400
/** How often an unfinished file is looked at, ms. */
const RETRY = 30

/** The last 12 bytes of every whole PNG: an empty IEND chunk with its checksum. */
const IEND = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])

export interface SourceOptions {
  /** Settings beneath the sidecar, lowest first: plugin options. */
  defaults?: readonly SettingsLayer[] | undefined
  /** Settings above the sidecar: flags. */
  overrides?: readonly SettingsLayer[] | undefined
  /** Folders that `color` may not leave. */
  projectRoots: readonly string[]
  /** Refuse larger files, bytes. */
  maxFileBytes: number
  /** Wait for files that are being written. */
  patient: boolean
  /** May this real path be read at all? */
  mayRead?: ((path: string) => boolean) | undefined
  /** What files held when they were last read: those that are the same still are not read. */
  hashes?: SourceHashes | undefined
  signal?: AbortSignal | undefined
}

/** What a bake starts from. */
export interface Sources {
  /** `canyon` of `canyon.depth.png`. */
  name: string
  depth: SourceFile
  color: SourceFile | null
  settings: Settings
  /** The files as the caller named the map: for errors. */
  files: { depth: string; color: string | null; sidecar: string }
  warnings: string[]
  /** A shape of the library instead of files: its bytes are made in the worker, if the cache does not know it. */
  shape?: WholeRequest | undefined
}

/** Stem and names of an asset's files: `canyon` of `canyon.depth.png`, whose sidecar is `canyon.depth.json`. */
export function assetNames(mapPath: string): { name: string; folder: string; sidecar: string } {
  const folder = dirname(mapPath)
  const name = basename(mapPath).replace(/(\.depth)?\.[^.]+$/i, '')
  return { name, folder, sidecar: join(folder, `${name}.depth.json`) }
}

/**
 * Reads a map, its sidecar and its colour picture: what of them is not known already. Never writes.
 *
 * @param mapPath as the caller names it; errors name it, and its companions, in the same way.
 * @throws DepthMeshError `INPUT_MISSING`, `INPUT_UNREADABLE`, `INPUT_TOO_LARGE`, `COLOR_*`, `SETTINGS_*`, `ABORTED`.
 */
export async function readSources(mapPath: string, options: SourceOptions, log: SourceLog = new SourceLog()): Promise<Sources> {
  const { name, folder, sidecar: usual } = assetNames(mapPath)
  const warnings: string[] = []

  // (1) The map.
  await checkReadable(mapPath, options)
  const depth = await readPicture(mapPath, options, log)
  if (depth === null) throw await missingMap(mapPath, folder)

  // (2) The sidecar, and with it the settings.
  const sidecar = lookAt(usual) === null ? ((await findSidecar(mapPath, usual)) ?? usual) : usual
  if (sidecar !== usual) log.missing(usual)
  await checkReadable(sidecar, options)
  const layer = await readSidecar(sidecar, options, log)
  const settings = parseSettings([...(options.defaults ?? []), ...(layer === null ? [] : [layer]), ...(options.overrides ?? [])])

  // (3) The colour picture.
  const named = layer !== null && typeof (layer.settings as { color?: unknown }).color === 'string'
  const color =
    typeof settings.color === 'string'
      ? await namedColor(settings.color, folder, named ? sidecar : mapPath, options.projectRoots)
      : settings.color === null
        ? null
        : await colorByStem(mapPath, name, folder, warnings, log)
  if (color !== null) await checkReadable(color, options)
  const picture = color === null ? null : await readPicture(color, options, log)
  if (color !== null && picture === null) {
    log.missing(color)
    throw await missingColor(color, named ? sidecar : mapPath)
  }
  return { name, depth, color: picture, settings, files: { depth: mapPath, color, sidecar }, warnings }
}

async function readSidecar(sidecar: string, options: SourceOptions, log: SourceLog): Promise<SettingsLayer | null> {
  const bytes = await readWhole(sidecar, options, log, { isWhole: isJson })
  if (bytes === null) {
    log.missing(sidecar)
    return null
  }
  const text = decodeText(bytes, sidecar)
  return { origin: sidecar, settings: parseJson(text, sidecar), positionOf: (key) => positionOfKey(text, key) }
}

/** Asks on the path as written first, so that nothing outside can be probed for existence, then on where links lead. */
async function checkReadable(path: string, { mayRead }: SourceOptions): Promise<void> {
  if (mayRead === undefined) return
  const real = mayRead(resolve(path)) ? await realpath(path).catch(() => null) : undefined
  if (real === null || (real !== undefined && mayRead(real))) return
  throw new DepthMeshError('INPUT_UNREADABLE', 'lies outside of the folders that may be served', { file: path, hint: 'Move it into the project, or add its folder to server.fs.allow.' })
}

/** A map or its picture, or null if there is none. */
async function readPicture(path: string, options: SourceOptions, log: SourceLog): Promise<SourceFile | null> {
  const { hashes, maxFileBytes } = options
  const stamp = stampOf(path)
  const size = sizeOf(stamp)
  if (hashes === undefined || stamp === '' || size < WORTH_NOTING || size > maxFileBytes) {
    const bytes = await readWhole(path, options, log, { required: true })
    return bytes && readFile(bytes)
  }
  const hash = hashes.of(path)
  if (hash !== null) {
    log.present(path, stamp)
    // (Read for everyone who waits for the bake by then, whoever asked first.)
    return knownFile(hash, { read: () => readWhole(path, { ...options, signal: undefined }, log), onChange: () => hashes.forget(path) })
  }
  let note: ((hash: Buffer) => void) | undefined
  const read = async (): Promise<Buffer> => {
    const found = await hashes.read(path)
    note = found.note
    return found.bytes
  }
  const bytes = await readWhole(path, options, log, { read })
  return bytes && readFile(bytes, note)
}

/** The bytes of a file, or null if there is none: one that is required is waited for a little, since some programs save by deleting first. */
async function readWhole(
  path: string,
  options: SourceOptions,
  log: SourceLog,
  { required = false, isWhole = looksWhole, read = readBytes }: { required?: boolean; isWhole?: (bytes: Buffer) => boolean; read?: typeof readBytes } = {},
): Promise<Uint8Array | null> {
  const start = Date.now()
  for (;;) {
    if (options.signal?.aborted) throw aborted(path)
    const stamp = stampOf(path)
    if (stamp === '') {
      if (!required || !options.patient || Date.now() - start > PATIENCE_OTHER) return null
      await sleep(RETRY)
      continue
    }
    const size = sizeOf(stamp)
    if (size > options.maxFileBytes) {
      throw new DepthMeshError('INPUT_TOO_LARGE', `expected at most ${megabytes(options.maxFileBytes)}, found ${megabytes(size)}`, { file: path, hint: 'Shrink it, or raise limits.maxFileBytes.' })
    }
    const bytes = await read(path, size).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null
      throw unreadable(path, cause)
    })
    if (bytes !== null) log.present(path, stamp)
    if (!options.patient && bytes !== null) return bytes
    if (bytes !== null && stampOf(path) === stamp) {
      const patience = isPng(bytes) ? PATIENCE_PNG : PATIENCE_OTHER
      const age = Date.now() - Number(stamp.split(' ')[1])
      if (isWhole(bytes) || age > patience || Date.now() - start > patience) return bytes
    }
    if (Date.now() - start > PATIENCE_PNG) return bytes
    await sleep(RETRY)
  }
}

/** Of a stamp. */
function sizeOf(stamp: string): number {
  return Number(stamp.split(' ')[0])
}

function looksWhole(bytes: Buffer): boolean {
  if (isPng(bytes)) return bytes.subarray(-12).equals(IEND)
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9
  if (bytes.subarray(0, 4).toString('latin1') === 'RIFF' && bytes.length >= 8) return bytes.length >= bytes.readUInt32LE(4) + 8
  return !bytes.subarray(-512).every((byte) => byte === 0)
}

function isPng(bytes: Buffer): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder().decode(bytes))
    return true
  } catch {
    return false
  }
}

/** Without the byte order mark that some editors begin with. */
function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new DepthMeshError('SETTINGS_UNREADABLE', 'expected UTF-8 text', { file, hint: 'Save it as UTF-8.', cause })
  }
}

async function missingMap(mapPath: string, folder: string): Promise<DepthMeshError> {
  return new DepthMeshError('INPUT_MISSING', 'expected a depth map, found no file', { file: mapPath, hint: await suggestion(mapPath, folder, mayBeMap(mapPath)) })
}

async function missingColor(color: string, origin: string): Promise<DepthMeshError> {
  return new DepthMeshError('COLOR_MISSING', `color: expected a picture at ${basename(color)}, found no file`, { file: origin, hint: await suggestion(color, dirname(color), mayBeColor) })
}

/** What may stand in for a missing map: no sidecar, no colour picture; where the name says that it is a map, what does so too. */
function mayBeMap(missing: string): (name: string) => boolean {
  const named = DEPTH_MAP.test(missing)
  return (name) => (named ? DEPTH_MAP.test(name) : /\.(?:png|exr|tiff?)$/i.test(name) && !/\.color\.[^.]+$/i.test(name))
}

async function suggestion(path: string, folder: string, mayBe: (name: string) => boolean): Promise<string> {
  const entries = await readdir(folder).catch(() => null)
  if (entries === null) return 'Its folder does not exist either.'
  const near = nearestKey(basename(path), entries.filter(mayBe))
  return near === undefined ? 'Check its name.' : `Did you mean ${near}?`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}
