import { readdir, readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { shapeNames, type SettingsInput } from '../../src/core/index.js'
import type { settingsEntries } from '../../src/core/options.js'
import { measuredTable } from '../../scripts/measured-table.js'
import { replaceMarkedSection } from '../../scripts/marked-section.js'
import { shapesList } from '../../scripts/shapes-list.js'
import { settingsInputText } from '../../scripts/settings-input.js'
import { settingsSchemaText } from '../../scripts/settings-schema.js'
import { settingsTable } from '../../scripts/settings-table.js'

/** `npm run generate` runs this file with --update, which writes what it expects. */
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

describe('what is generated from the settings schema and the benchmarks (npm run generate)', () => {
  it('schema.json says what the schema says', async () => {
    await expect(settingsSchemaText()).toMatchFileSnapshot(file('schema.json'))
  })

  it('the type of the settings, with what editors show of each, says what the schema says', async () => {
    await expect(settingsInputText()).toMatchFileSnapshot(file('src/core/settings-input.ts'))
    // (Looked at by `npm run typecheck`.)
    expectTypeOf<SettingsInput>().toEqualTypeOf<{ [K in keyof typeof settingsEntries]?: v.InferInput<(typeof settingsEntries)[K]> | undefined }>()
  })

  it("the README's settings say what the schema says, and its figures are those of the benchmarks", async () => {
    const readme = await readFile(file('README.md'), 'utf8')
    const measured = measuredTable(await readFile(file('docs/benchmarks.md'), 'utf8'))
    await expect(replaceMarkedSection(replaceMarkedSection(readme, 'settings', settingsTable()), 'measured', measured)).toMatchFileSnapshot(file('README.md'))
  })

  it('tells no figure that the benchmarks lack', async () => {
    const benchmarks = await readFile(file('docs/benchmarks.md'), 'utf8')
    expect(() => measuredTable('')).toThrow('docs/benchmarks.md has no table with a column “mean dB”')
    expect(() => measuredTable(benchmarks.replace('| depthmesh, LOD 3 |', '| depthmesh, LOD 4 |'))).toThrow('docs/benchmarks.md has no row “depthmesh, LOD 3”')
    expect(() => measuredTable(benchmarks.replace(/(?<=\| depthmesh \(refined\)[^|]*\| )\d+/g, 'none'))).toThrow('docs/benchmarks.md has no number where the README tells one')
  })
})

describe('the page of shapes (npm run generate)', () => {
  it('lists every shape of the library, with its pictures', async () => {
    const page = await readFile(file('docs/shapes.md'), 'utf8')
    await expect(replaceMarkedSection(page, 'shapes', shapesList())).toMatchFileSnapshot(file('docs/shapes.md'))
    const pictures = await Promise.all(shapeNames.map((name) => stat(file(`docs/images/shapes/${name}.webp`))))
    for (const { size } of pictures) expect(size).toBeGreaterThan(5_000)
    // A clone should stay small.
    expect(pictures.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(1_500_000)
    expect((await readdir(file('docs/images/shapes'))).sort()).toEqual(shapeNames.map((name) => `${name}.webp`).sort())
  })
})
