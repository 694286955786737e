import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { replaceMarkedSection } from '../../scripts/marked-section.js'
import { settingsSchemaText } from '../../scripts/settings-schema.js'
import { settingsTable } from '../../scripts/settings-table.js'

/** `npm run generate` runs this file with --update, which writes what it expects. */
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

describe('what is generated from the settings schema (npm run generate)', () => {
  it('schema.json says what the schema says', async () => {
    await expect(settingsSchemaText()).toMatchFileSnapshot(file('schema.json'))
  })

  it("the README's settings say what the schema says", async () => {
    const readme = await readFile(file('README.md'), 'utf8')
    await expect(replaceMarkedSection(readme, 'settings', settingsTable())).toMatchFileSnapshot(file('README.md'))
  })
})
