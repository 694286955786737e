/** Whether a script holds this name, and not as the end of a longer one. */
export function speaksOf(code: string, name: string): boolean {
  for (let at = code.indexOf(name); at >= 0; at = code.indexOf(name, at + 1)) if (!/[\w.%-]/.test(code[at - 1] ?? '')) return true
  return false
}
