/**
 * One line on stderr where `DEBUG` asks for it, as in `DEBUG=depthmesh:*` or `DEBUG=depthmesh:bake,vite:*`. Text is made only when it is shown.
 */
export function debug(topic: string, text: () => string): void {
  const patterns = process.env.DEBUG
  if (patterns === undefined || patterns === '') return
  const name = `depthmesh:${topic}`
  const wanted = patterns.split(/[\s,]+/).some((pattern) => pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))))
  if (wanted) process.stderr.write(`${name} ${text()}\n`)
}
