import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every document whose blocks are run. */
export const documents = ['README.md', 'CONTRIBUTING.md', 'examples/game/README.md', 'examples/engines/README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]

/** A fenced block of a document. */
export interface Block {
  document: string
  /** Line of its fence, from 1. */
  line: number
  /** What stands behind the fence: ` ```js main.js ` is `js` and `main.js`. */
  language: string
  file: string
  code: string
  /** The title that it stands under. */
  section: string
}

/** The fenced blocks of a document, in order. */
export function blocksOf(document: string, text: string = readFileSync(join(root, document), 'utf8')): Block[] {
  const blocks: Block[] = []
  let open: Block | null = null
  let section = ''
  for (const [i, line] of text.split('\n').entries()) {
    const fence = /^\s*(?:```|~~~)(\S*)\s*(.*)$/.exec(line)
    if (open === null && fence === null) section = /^#+ (.*)$/.exec(line)?.[1] ?? section
    else if (open === null && fence !== null) open = { document, line: i + 1, language: fence[1], file: fence[2].trim(), code: '', section }
    else if (open !== null && fence !== null) {
      blocks.push(open)
      open = null
    } else if (open !== null) open.code += `${line}\n`
  }
  if (open !== null) throw new Error(`${document}:${open.line}: expected the block to be closed`)
  return blocks
}

/** `README.md, line 12 (js main.js)` */
export function nameOf({ document, line, language, file }: Block): string {
  return `${document}, line ${line} (${[language, file].filter((part) => part !== '').join(' ')})`
}

/** The commands of a shell block, without their comments. */
export function commandsOf({ code }: Block): string[] {
  return code.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '')
}

/** A command's words, as a shell splits them. */
export function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain)
}
