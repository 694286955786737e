/**
 * What went wrong, for programs. The message is for people.
 *
 * - `INPUT_*`: the depth map. `COLOR_*`: the colour picture. `SETTINGS_*`: sidecar, plugin options or flags.
 * - `OUTPUT_*`: the folder that the command line writes to.
 * - `ABORTED`, `TIMEOUT`: the job was stopped. `INTERNAL`: a bug of depthmesh.
 */
export type DepthMeshErrorCode =
  | 'INPUT_MISSING'
  | 'INPUT_UNREADABLE'
  | 'INPUT_UNSUPPORTED'
  | 'INPUT_TOO_LARGE'
  | 'INPUT_NOTHING_TO_MESH'
  | 'COLOR_MISSING'
  | 'COLOR_UNREADABLE'
  | 'COLOR_MISMATCH'
  | 'COLOR_FORBIDDEN'
  | 'SETTINGS_UNREADABLE'
  | 'SETTINGS_INVALID'
  | 'OUTPUT_UNWRITABLE'
  | 'OUTPUT_EXISTS'
  | 'ABORTED'
  | 'TIMEOUT'
  | 'INTERNAL'

/** A place in a text file. */
export interface TextPosition {
  /** From 1. */
  line: number
  /** From 1. */
  column: number
  /** The lines around it with a mark under the column, as an editor or an overlay shows them. */
  frame: string
}

export interface DepthMeshErrorDetails {
  /** What the reader can do about it, one sentence. */
  hint?: string | undefined
  /** The file that is at fault, as the caller named it. */
  file?: string | undefined
  /** Where in `file`, if that is text. */
  position?: TextPosition | undefined
  cause?: unknown
}

/**
 * The one error class of depthmesh. `message` says what was expected and what was found;
 * `hint` says what to do; `file` says where.
 *
 * @example
 * throw new DepthMeshError('INPUT_UNREADABLE', 'expected a PNG, found a JPEG', { hint: 'Save it as a 16-bit gray PNG.' })
 */
export class DepthMeshError extends Error {
  readonly code: DepthMeshErrorCode
  // Own properties only where they say something: consoles print those of an error below its stack, `hint: undefined` too.
  declare readonly hint: string | undefined
  declare readonly file: string | undefined
  declare readonly position: TextPosition | undefined

  constructor(code: DepthMeshErrorCode, message: string, details: DepthMeshErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'DepthMeshError'
    this.code = code
    if (details.hint !== undefined) this.hint = details.hint
    if (details.file !== undefined) this.file = details.file
    if (details.position !== undefined) this.position = details.position
  }

  /** The same error, naming the file it is about, unless it names one already. */
  inFile(file: string): DepthMeshError {
    if (this.file !== undefined) return this
    return new DepthMeshError(this.code, this.message, { hint: this.hint, file, position: this.position, cause: this.cause })
  }

  /** `file: message. hint`: the whole of it, as the terminal and the overlay show it. */
  override toString(): string {
    return formatError(this)
  }
}

/** What to do where depthmesh itself is at fault. */
export const BUG_HINT = 'This is a bug in depthmesh: please report it with the file that caused it.'

/** `file: message. hint` on one line; where settings have several faults, each on a line of its own. Errors of other classes are marked as bugs of depthmesh. */
export function formatError(error: unknown): string {
  if (!(error instanceof DepthMeshError)) {
    const text = error instanceof Error ? error.message : String(error)
    return `${text}. ${BUG_HINT}`
  }
  const line = error.position === undefined ? '' : `:${error.position.line}:${error.position.column}`
  const where = error.file === undefined ? '' : `${error.file}${line}: `
  const what = error.message.replace(/[.\s]+$/, '')
  return error.hint === undefined ? `${where}${what}.` : `${where}${what}. ${error.hint}`
}
