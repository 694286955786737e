import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { replaceMarkedSection } from '../../scripts/marked-section.js'
import { settingsSchemaText } from '../../scripts/settings-schema.js'
import { settingsTable, unbuiltSentence } from '../../scripts/settings-table.js'

/** `npm run generate` runs this file with --update, which writes what it expects. */
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

describe('what is generated from the settings schema (npm run generate)', () => {
  it('schema.json says what the schema says', async () => {
    await expect(settingsSchemaText()).toMatchFileSnapshot(file('schema.json'))
  })

  it("the README's settings say what the schema says, and what is not built", async () => {
    const readme = await readFile(file('README.md'), 'utf8')
    await expect(replaceMarkedSection(replaceMarkedSection(readme, 'settings', settingsTable()), 'unbuilt', unbuiltSentence())).toMatchFileSnapshot(file('README.md'))
  })
})
