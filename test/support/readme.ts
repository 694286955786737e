import { readFileSync } from 'node:fs'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** The code of the README's block that names a file: ` ```js main.js `. */
export function readmeBlock(file: string): string {
  const block = new RegExp('^```\\w+ ' + file.replaceAll('.', '\\.') + '\\n([\\s\\S]*?)^```$', 'm').exec(readme)
  if (block === null) throw new Error(`expected a block for ${file} in README.md, found none`)
  return block[1]
}
