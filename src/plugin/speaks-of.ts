import { posix } from 'node:path'

/** Whether a script holds the name of an emitted file, as it is called or as URLs have it, and not as the end of a longer one. (With a relative base Vite writes some names as they are.) */
export function speaksOf(code: string, file: string): boolean {
  const name = posix.basename(file)
  return holds(code, name) || holds(code, encodeURI(name))
}

function holds(code: string, name: string): boolean {
  for (let at = code.indexOf(name); at >= 0; at = code.indexOf(name, at + 1)) if (!/[\p{L}\p{N}_.% -]/u.test(code[at - 1] ?? '')) return true
  return false
}
