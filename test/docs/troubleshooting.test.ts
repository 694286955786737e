import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = read('docs/troubleshooting.md')
const sections = page.split(/\n(?=### )/).slice(1).map((text) => ({ title: text.slice(4, text.indexOf('\n')), text }))

/** What people say of meshes from depth maps, whoever made them, in words that the title of its entry has. */
const COMPLAINTS = [
  'Stretched sheets hang behind edges',
  'Jagged silhouettes',
  'Halos',
  'terraces (8-bit banding)',
  '16 bits in the file, and terraces all the same',
  'inside out',
  'disparity or linear depth',
  'Millions of triangles, colours on vertices',
  'swap in a larger one',
]

it.each(COMPLAINTS)('has an entry for: %s', (complaint) => {
  const entries = sections.filter(({ title }) => title.includes(complaint))
  expect(entries).toHaveLength(1)
  expect(entries[0].text.length).toBeGreaterThan(150)
})

it('names every check of pre-flight, and no other', () => {
  const known = [...(/export type CheckId =\n([^]*?)\n\n/.exec(read('src/core/depth/preflight/check.ts'))?.[1] ?? '').matchAll(/'([\w-]+)'/g)].map(([, id]) => id)
  expect(known.length).toBeGreaterThan(15)
  for (const id of known) expect(page, id).toContain(`\`${id}\``)
})

it('names every code of an error, and no other', () => {
  const known = [...(/export type DepthMeshErrorCode =\n([^]*?)\n\n/.exec(read('src/core/errors.ts'))?.[1] ?? '').matchAll(/'(\w+)'/g)].map(([, code]) => code)
  expect(known.length).toBeGreaterThan(10)
  const table = page.split('| code | what is wrong |')[1]
  expect([...table.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code).sort()).toEqual(known.sort())
})
