import type { Arguments, Flag } from './flags.js'

/** Exit codes of the bin. */
export const EXIT = {
  ok: 0,
  /** A file failed, or a check fired. */
  failed: 1,
  wrongUsage: 2,
  /** What shells report for a command that Ctrl-C ended: 128 + SIGINT. */
  interrupted: 130,
} as const

/** The exit code of a command that has come to its end. */
export function exitCode(allWell: boolean, signal: AbortSignal): number {
  if (signal.aborted) return EXIT.interrupted
  return allWell ? EXIT.ok : EXIT.failed
}

/** One command of the bin. */
export interface Command {
  name: string
  /** What comes after the name in its usage line. */
  usage: string
  /** One line, for the list of commands. */
  summary: string
  /** More about it, for its own help: paragraphs. */
  details: readonly string[]
  /** Its flags beside the common ones. */
  flags: readonly Flag[]
  /** Whether it takes the settings' flags too. */
  takesSettings: boolean
  /** Does it and gives the exit code. */
  run: (args: Arguments, signal: AbortSignal) => Promise<number>
}
