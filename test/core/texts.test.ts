import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What reads the files and settings that people give: here things go wrong that they have to be told. */
const READS = /core\/(depth|texture)\/|core\/(options|pipeline|export|errors)\.ts/

/** Texts of settings: the README's table shows them, which test/docs/generated.test.ts compares. */
const DOCUMENTED = new Set(['key', 'part', 'cleanStep', 'description'])

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
}

/** What a person reads: two words and more. Escapes are taken out, since a test may say it in a regular expression. */
const isProse = (text: string) => (text.match(/[A-Za-z’'"-]{2,}/g) ?? []).length >= 2 && /\s/.test(text)
const plain = (text: string) => text.replaceAll('\\', '').replace(/\s+/g, ' ').trim()

/** Every text in a source: strings, and the fixed parts of templates. */
function textsIn(file: string): string[] {
  const { program, errors } = parseSync(file, readFileSync(`${root}${file}`, 'utf8'))
  if (errors.length > 0) throw new Error(`${file} can't be parsed`)
  const texts: string[] = []
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk)
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return
    const { type, value, callee, ...rest } = node as { type?: string; value?: unknown; callee?: { name?: string; property?: { name?: string } } } & Record<string, unknown>
    if (type === 'ImportDeclaration' || type === 'TSLiteralType') return
    if (type === 'Literal' && typeof value === 'string') texts.push(value)
    if (type === 'TemplateElement') texts.push((value as { cooked: string }).cooked)
    const args = rest.arguments as { type: string }[] | undefined
    if (args !== undefined && DOCUMENTED.has(callee?.name ?? callee?.property?.name ?? '')) return args.filter((argument) => argument.type !== 'Literal').forEach(walk)
    if (typeof value === 'object') walk(value)
    walk(callee)
    Object.values(rest).forEach(walk)
  }
  walk(program.body)
  return texts.map(plain).filter(isProse)
}

describe('every text about what a person gave', () => {
  const tests = plain(filesIn('test', '.test.ts').filter((file) => !file.endsWith('core/texts.test.ts')).map((file) => readFileSync(`${root}${file}`, 'utf8')).join('\n'))

  it.each(filesIn('src/core', '.ts').filter((file) => READS.test(file)))('stands in a test: %s', (file) => {
    expect(textsIn(file).filter((text) => !tests.includes(text))).toEqual([])
  })
})
