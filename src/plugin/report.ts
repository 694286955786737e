import { isAbsolute, join, relative } from 'node:path'
import { normalizePath, type ResolvedConfig } from 'vite'
import type { BakedAsset } from '../bake/bake.js'
import { stampOf } from '../bake/read.js'
import { DepthMeshError, formatError } from '../core/errors.js'

/** An error as Vite's overlay and Rollup's terminal output take it. */
export interface ShownError {
  message: string
  /** The file at fault. */
  id: string
  plugin: string
  pluginCode?: string
  frame?: string
  loc?: { file: string; line: number; column: number }
  stack?: string
}

/** The file at fault, relative to the root; the place in it; the remedy. A stack only where it is a bug. */
export function shownError(error: unknown, map: string, config: ResolvedConfig): ShownError {
  const plugin = 'depthmesh'
  const stack = error instanceof Error ? error.stack : undefined
  if (!(error instanceof DepthMeshError)) return { message: formatError(error), id: map, plugin, ...(stack === undefined ? {} : { stack }) }
  const { code, message, hint, position, file: at = map } = publicError(error, map, config) ?? error
  const file = normalizePath(at)
  const text = formatError(new DepthMeshError(code, message, { hint, file: shownPath(config.root, at), position }))
  return {
    message: text,
    id: file,
    plugin,
    pluginCode: code,
    stack: code === 'INTERNAL' && stack !== undefined ? stack : withoutFrames(text, config),
    ...(position === undefined ? {} : { frame: `${position.frame}\n`, loc: { file, line: position.line, column: position.column } }),
  }
}

/** Dev servers of frameworks that print stacks (Vike) would print nothing of an empty one. Builds print the message before the stack, and would print it twice. */
function withoutFrames(message: string, { command }: ResolvedConfig): string {
  return command === 'serve' ? `Error: ${message}\n` : ''
}

/** A file as people see it: relative to the root. The import of a shape is no file. */
export function shownPath(root: string, file: string): string {
  return isAbsolute(file) ? normalizePath(relative(root, file)) : file
}

/** Lines that a person should read: about the sources, and what the pre-flight found. */
export function warningsOf({ manifest, warnings }: BakedAsset, map: string, config: ResolvedConfig): string[] {
  const file = shownPath(config.root, map)
  const checks = manifest.preflight.checks.filter(({ severity }) => severity !== 'info')
  return [...warnings, ...checks.map(({ found, why, advice }) => `${file}: ${[found, why, advice].map(sentence).join(' ')}`)]
}

/** `import '/rock.depth.png'` names a file of public/: for Vite its id is the URL, and no file has that name. */
function publicError(error: DepthMeshError, map: string, { publicDir }: ResolvedConfig): DepthMeshError | undefined {
  if (error.code !== 'INPUT_MISSING' || publicDir === '') return undefined
  const file = join(publicDir, map)
  if (stampOf(file) === '') return undefined
  return new DepthMeshError('INPUT_MISSING', 'lies in public/, whose files are copied as they are', {
    file,
    hint: `Move it beside the code that imports it, or import "${map}?url" to get the picture.`,
  })
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
