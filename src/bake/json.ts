import { DepthMeshError, type TextPosition } from '../core/errors.js'
import { LFS_POINTER } from '../core/lfs-pointer.js'

/** Lines shown above and below the faulty one. */
const FRAME_CONTEXT = 2

/** One JSON token; sticky, so that it matches at `lastIndex` only. */
// oxlint-disable-next-line no-control-regex -- JSON forbids them in texts
const TOKEN = /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true\b|false\b|null\b/y

/** A line that git leaves where two sides of a merge differ. (No text in JSON goes over a line.) */
const CONFLICT = /^(?:<{7}|>{7})(?= |$)/m

interface Fault {
  offset: number
  message: string
  hint: string
}

/**
 * Reads JSON as `JSON.parse` does, but says where it went wrong: V8 gives a position for some mistakes only, and none before Node 22 in lines.
 *
 * @throws DepthMeshError `SETTINGS_UNREADABLE` with `position`.
 */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const { offset, message, hint } = findFault(text)
    throw new DepthMeshError('SETTINGS_UNREADABLE', message, { file, hint, position: positionAt(text, offset), cause })
  }
}

/** Where a dotted path like `texture.size` or `lods.0` stands in text that is JSON, if it has it. */
export function positionOfKey(text: string, path: string): TextPosition | undefined {
  const offset = placesIn(text).get(path)
  return offset === undefined ? undefined : positionAt(text, offset)
}

/** Offsets of keys, and of values in lists, by their dotted paths. Of a key that stands there twice the last counts, as it does for `JSON.parse`. */
function placesIn(text: string): Map<string, number> {
  const places = new Map<string, number>()
  const tokens = [...text.matchAll(new RegExp(TOKEN, 'g'))]
  let next = 0
  const walk = (path: string): void => {
    const within = (name: string | number): string => (path === '' ? String(name) : `${path}.${name}`)
    const [opening] = tokens[next++]
    if (opening !== '{' && opening !== '[') return
    for (let count = 0; tokens[next][0] !== '}' && tokens[next][0] !== ']'; count++) {
      const { 0: first, index } = tokens[next]
      const name = within(opening === '{' ? (JSON.parse(first) as string) : count)
      places.set(name, index)
      if (opening === '{') next += 2
      walk(name)
      if (tokens[next][0] === ',') next++
    }
    next++
  }
  walk('')
  return places
}

/** Line and column of an offset, with the lines around it. */
export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/)
  const line = before.length
  const column = before[line - 1].length + 1
  const lines = text.split(/\r\n|\n|\r/)
  const first = Math.max(1, line - FRAME_CONTEXT)
  const last = Math.min(lines.length, line + FRAME_CONTEXT)
  const gutter = String(last).length
  const frame: string[] = []
  for (let i = first; i <= last; i++) {
    frame.push(`${String(i).padStart(gutter)} | ${lines[i - 1]}`.trimEnd())
    if (i === line) frame.push(`${' '.repeat(gutter)} | ${' '.repeat(column - 1)}^`)
  }
  return { line, column, frame: frame.join('\n') }
}

/** Walks the grammar to the first token that does not fit. Runs only once `JSON.parse` has refused. */
function findFault(text: string): Fault {
  if (LFS_POINTER.test(text)) return { offset: 0, message: 'expected settings, found a Git LFS pointer, not the file it stands for', hint: 'Run "git lfs pull" to fetch it.' }
  const conflict = CONFLICT.exec(text)
  if (conflict !== null) return { offset: conflict.index, message: 'found a merge conflict', hint: 'Keep one of its sides, and remove the lines with <<<<<<<, ======= and >>>>>>>.' }
  let offset = 0
  let token = ''
  let start = 0

  const next = (expected: string): void => {
    while (offset < text.length && ' \t\n\r'.includes(text[offset])) offset++
    start = offset
    if (offset === text.length) throw fault(`expected ${expected}, found the end of the file`, 'Finish it, or save it again.')
    TOKEN.lastIndex = offset
    const match = TOKEN.exec(text)
    if (match === null) throw unknownToken(expected)
    token = match[0]
    offset = TOKEN.lastIndex
  }
  const fault = (message: string, hint: string): Fault => ({ offset: start, message, hint })
  const unknownToken = (expected: string): Fault => {
    const rest = text.slice(start)
    if (rest.startsWith('//') || rest.startsWith('/*')) return fault(`expected ${expected}, found a comment`, 'JSON has no comments: remove it.')
    if (rest.startsWith("'")) return fault(`expected ${expected}, found a single quote`, 'JSON quotes with ".')
    if (rest.startsWith('"')) return fault('found a text that is not closed on its line', 'Close it with ".')
    const word = /^[\w$.+-]+/.exec(rest)?.[0] ?? String.fromCodePoint(text.codePointAt(start) ?? 0)
    return fault(`expected ${expected}, found ${word}`, /^[A-Za-z_$]/.test(word) ? `Write ${JSON.stringify(word)}, in double quotes.` : 'Remove it.')
  }
  const is = (symbol: string): boolean => token === symbol
  const value = (expected: string): void => {
    if (is('{')) {
      next('a key or }')
      while (!is('}')) {
        if (!token.startsWith('"')) throw fault(`expected a key in double quotes, found ${token}`, 'Keys are texts: "near": 1.')
        next(':')
        if (!is(':')) throw fault(`expected : after the key, found ${token}`, 'Write "key": value.')
        next('a value')
        value('a value')
        next(', or }')
        if (is('}')) return
        if (!is(',')) throw fault(`expected , or }, found ${token}`, 'Put a comma between two keys.')
        next('a key')
        if (is('}')) throw fault('found a comma before }', 'Remove the last comma.')
      }
    } else if (is('[')) {
      next('a value or ]')
      while (!is(']')) {
        value('a value')
        next(', or ]')
        if (is(']')) return
        if (!is(',')) throw fault(`expected , or ], found ${token}`, 'Put a comma between two values.')
        next('a value')
        if (is(']')) throw fault('found a comma before ]', 'Remove the last comma.')
      }
    } else if (/^[}\],:]$/.test(token)) {
      throw fault(`expected ${expected}, found ${token}`, 'Put a value here.')
    }
  }

  try {
    next('an object like { "near": 1 }')
    value('an object')
    while (offset < text.length && ' \t\n\r'.includes(text[offset])) offset++
    start = offset
    return fault('found more text after the end of the JSON', 'Remove it.')
  } catch (found) {
    return found as Fault
  }
}
