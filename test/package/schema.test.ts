import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { getLanguageService, TextDocument, type LanguageService } from 'vscode-json-languageservice'

const SCHEMA = fileURLToPath(new URL('../../schema.json', import.meta.url))

/** Asks what editors ask (VS Code and those that took its language server) of a sidecar that names the schema as the README says. */
describe('a sidecar in an editor', () => {
  let service: LanguageService

  beforeAll(() => {
    service = getLanguageService({ schemaRequestService: () => readFile(SCHEMA, 'utf8') })
    service.configure({ schemas: [{ uri: 'file:///node_modules/depthmesh/schema.json' }], validate: true })
  })

  /** @param text `|` is where the cursor stands */
  const open = (text: string) => {
    const body = `{ "$schema": "./node_modules/depthmesh/schema.json", ${text.replace('|', '')} }`
    const document = TextDocument.create('file:///canyon.depth.json', 'json', 1, body)
    return { document, parsed: service.parseJSONDocument(document), cursor: document.positionAt(body.length - 2 - (text.length - 1 - text.indexOf('|'))) }
  }
  const completions = async (text: string): Promise<string[]> => {
    const { document, parsed, cursor } = open(text)
    return (await service.doComplete(document, cursor, parsed))?.items.map(({ label }) => label) ?? []
  }
  const problems = async (text: string): Promise<string[]> => {
    const { document, parsed } = open(`${text}|`)
    return (await service.doValidation(document, parsed)).map(({ message }) => String(message))
  }

  it('is offered every setting, and no other', async () => {
    const keys = await completions('"|"')
    expect(keys).toEqual(expect.arrayContaining(['projection', 'encoding', 'near', 'far', 'lods', 'texture', 'variants', 'color']))
    const { properties } = JSON.parse(await readFile(SCHEMA, 'utf8')) as { properties: Record<string, unknown> }
    expect([...keys, '$schema'].sort()).toEqual(Object.keys(properties).sort())
  })

  it('is offered the values of a setting, also inside of one', async () => {
    expect(await completions('"projection": |')).toEqual(['"perspective"', '"orthographic"'])
    expect(await completions('"texture": { "|" }')).toEqual(expect.arrayContaining(['format', 'quality', 'size']))
  })

  it('is told what a setting means, with its default', async () => {
    const { document, parsed, cursor } = open('"fovY|": 40')
    const hover = await service.doHover(document, cursor, parsed)
    expect(JSON.stringify(hover?.contents)).toMatch(/vertical field of view.*Default: `45`/)
  })

  it('has mistakes underlined', async () => {
    expect(await problems('"near": 2')).toEqual([])
    expect(await problems('"nera": 2')).toEqual([expect.stringContaining('nera')])
    expect(await problems('"projection": "isometric"')).toEqual([expect.stringContaining('"orthographic"')])
    expect(await problems('"lods": [0]')).toHaveLength(1)
  })
})
