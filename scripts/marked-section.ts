/**
 * Replaces what stands between `<!-- name -->` and `<!-- /name -->` in a Markdown text.
 *
 * @throws Error when the text has no such pair.
 */
export function replaceMarkedSection(text: string, name: string, body: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const from = text.indexOf(open)
  const to = text.indexOf(close)
  if (from < 0 || to < from) throw new Error(`expected ${open} … ${close} in the text, found ${from < 0 ? 'no opening' : 'no closing'} marker`)
  return `${text.slice(0, from + open.length)}\n${body}\n${text.slice(to)}`
}
