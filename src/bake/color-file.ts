import { realpath } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, resolve } from 'node:path'
import { DepthMeshError } from '../core/errors.js'
import { companion, listFolder, plainName } from './beside.js'
import { COLOR_EXTENSIONS } from './map-name.js'
import type { SourceLog } from './source-log.js'

/**
 * The colour picture that is found by a map's name: `<stem>.color.*`, else `<stem>.*`; `null` where there is none. Extensions in any case, names in any Unicode form (macOS stores them decomposed).
 *
 * @param warnings told where several fit
 */
export async function colorByStem(mapPath: string, name: string, folder: string, warnings: string[], log: SourceLog): Promise<string | null> {
  const entries = await listFolder(folder)
  const map = basename(mapPath)
  for (const stem of [`${name}.color`, name]) {
    const found: string[] = []
    for (const extension of COLOR_EXTENSIONS) {
      const wanted = `${stem}.${extension}`
      const entry = companion(entries, wanted, map)
      if (entry === undefined) log.missing(join(folder, wanted))
      else if (plainName(entry) !== plainName(map)) found.push(entry)
    }
    if (found.length > 1) warnings.push(`${basename(mapPath)}: ${found[0]} is used as the colour picture; ${found.slice(1).join(', ')} is not. Keep one, or name it with "color" in ${name}.depth.json.`)
    if (found.length > 0) return join(folder, found[0])
  }
  return null
}

/**
 * The picture that `color` names, which need not be there: looked for inside the project only, whatever links say.
 *
 * @param origin the file that names it: for errors
 * @throws DepthMeshError `COLOR_FORBIDDEN`
 */
export async function namedColor(color: string, folder: string, origin: string, projectRoots: readonly string[]): Promise<string> {
  const path = isAbsolute(color) ? color : join(folder, color)
  const forbidden = (): DepthMeshError =>
    new DepthMeshError('COLOR_FORBIDDEN', `color: expected a picture inside the project, got ${JSON.stringify(color)}`, { file: origin, hint: 'Copy the picture into the project.' })
  if (!projectRoots.some((root) => isInside(root, resolve(path)))) throw forbidden()
  const real = await realpath(path).catch(() => null)
  if (real === null) return path
  const roots = await Promise.all(projectRoots.map((root) => realpath(root).catch(() => resolve(root))))
  if (!roots.some((root) => isInside(root, real))) throw forbidden()
  return path
}

/** Whether a name may be that of a colour picture: for suggestions. */
export function mayBeColor(name: string): boolean {
  return COLOR_EXTENSIONS.some((extension) => plainName(name).endsWith(`.${extension}`)) && !/\.depth\.[^.]+$/i.test(name)
}

function isInside(root: string, path: string): boolean {
  const way = relative(resolve(root), path)
  return way !== '' && !isAbsolute(way) && way !== '..' && !/^\.\.[/\\]/.test(way)
}
